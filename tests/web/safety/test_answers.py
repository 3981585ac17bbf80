"""What comes back: headers on everything, one sentence for every fault, nothing of the patient in answer or log."""

import asyncio
import logging
import tomllib
from html import escape
from pathlib import Path
from string import Formatter

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import vertebroplasty.web.safety
from guarded_app import FETCH, SECRET, VISIT, called, client_of, guarded, loopback_guard
from vertebroplasty.web.safety.access_log import AccessLine, NothingPersonal, plain_path
from vertebroplasty.web.safety.body_limit import BodyLimit, in_words
from vertebroplasty.web.safety.browser_headers import DOCUMENT_POLICY, HEADERS
from vertebroplasty.web.safety.faults import AnswerBrokeOff
from vertebroplasty.web.safety.sentences import ENGLISH, english

MEBI = 1 << 20


@pytest.fixture
def inside() -> TestClient:
    guard = loopback_guard()
    app, seen = guarded(guard)
    client = client_of(app, guard)
    client.seen = seen
    return client


# --- Headers


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/static/page.js", 200), ("/health", 200), ("/nowhere", 404), ("/fault/unforeseen", 500),
     ("/fault/refused", 400), ("/enter", 303), ("/thing", 405)],
)  # fmt: skip
def test_every_answer_carries_the_headers(path, status, inside):
    for answer in (inside.get(path), inside.get(path, headers={"host": "evil"})):
        assert answer.status_code in (status, 421)
        for name, value in HEADERS.items():
            assert answer.headers.get_list(name) == [value]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert (answer.headers.get("cache-control") == "no-store") == (not path.startswith("/static/"))


def test_the_policy_forbids_everything_foreign_and_inline():
    directives = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert directives["default-src"] == directives["object-src"] == directives["base-uri"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["form-action"] == directives["script-src"] == directives["style-src"] == "'self'"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert "http" not in HEADERS["Content-Security-Policy"]


def test_no_page_weakens_its_policy_but_to_the_one_of_documents(inside):
    ours = HEADERS["Content-Security-Policy"]
    for kind, policy in (("weak", ours), ("near", ours), ("document", DOCUMENT_POLICY)):
        answer = inside.get(f"/policy/{kind}")
        assert answer.headers.get_list("content-security-policy") == [policy]
        assert answer.headers.get_list("x-frame-options") == ["DENY"]


def test_a_document_may_style_itself_and_nothing_more():
    directives = {part.split(" ")[0]: part.partition(" ")[2] for part in DOCUMENT_POLICY.split("; ")}
    assert directives == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "sandbox": "",
    }


# --- Faults


FAULTS = [
    ("refused", 400, {"error": "The level is not in the CT: choose another.", "where": "level"}),
    ("missing", 404, {"error": "There is no such case: open the list.", "where": "case"}),
    ("state", 409, {"error": "The needle is not in: place it first.", "where": "needle"}),
    ("tampered", 409, {"error": "The registry was changed.", "where": "registry", "problems": ["Record 3 is new."]}),
    ("http", 418, {"error": ENGLISH["bad-request"], "where": ""}),
    ("unforeseen", 500, {"error": ENGLISH["fault"], "where": ""}),
]


@pytest.mark.parametrize(("kind", "status", "body"), FAULTS)
def test_a_fault_is_one_sentence(kind, status, body, inside, caplog):
    answer = inside.get(f"/fault/{kind}", headers=FETCH)
    assert (answer.status_code, answer.json()) == (status, body)
    shown = inside.get(f"/fault/{kind}", headers=VISIT)
    assert (shown.status_code, shown.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert all(escape(sentence) in shown.text for sentence in [body["error"], *body.get("problems", [])])
    assert SECRET not in answer.text + shown.text + caplog.text
    assert "Traceback" not in answer.text + shown.text
    assert ("ValueError at " in caplog.text and "guarded_app.py" in caplog.text) == (kind == "unforeseen")


def test_a_value_of_the_wrong_kind_is_named_and_not_repeated(inside):
    answer = inside.post("/field", json={"age": SECRET})
    assert (answer.status_code, answer.json()) == (422, {"error": ENGLISH["bad-field"], "where": "body.age"})
    assert inside.post("/field", json={SECRET: "x"}).json()["where"] == "body"
    assert inside.post("/field", content=b"{").status_code == 422


def test_an_address_or_method_that_is_not_there(inside):
    assert inside.get("/<script>").json()["error"] == ENGLISH["no-page"]
    assert "<script>" not in inside.get("/<script>", headers=VISIT).text
    assert inside.get("/thing").json()["error"] == ENGLISH["no-method"]


def test_half_an_answer_is_cut_not_closed(inside, caplog):
    with pytest.raises(AnswerBrokeOff) as caught:
        inside.get("/half")
    assert caught.value.__suppress_context__
    assert "Fault after the answer had begun: ValueError at " in caplog.text
    assert SECRET not in caplog.text


def test_a_fault_in_a_socket_closes_it(inside, caplog):
    headers = {"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:8765"}
    with inside.websocket_connect("/socket", headers=headers) as socket:
        socket.send_text("fault")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1011
    assert "Fault in a socket: ValueError at " in caplog.text
    assert SECRET not in caplog.text


def test_a_window_that_closes_is_no_fault(inside, caplog):
    headers = {"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:8765"}
    with inside.websocket_connect("/socket", headers=headers):
        pass
    body = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]
    fields = [(name.encode(), value.encode()) for name, value in inside.headers.items()]
    fields.append((b"host", b"127.0.0.1:8765"))
    assert called(inside.app, "POST", "/upload/ct", fields, body) == []
    assert caplog.text == ""


# --- Bodies


def pieces(total: int, size: int = 1 << 16):
    for start in range(0, total, size):
        yield bytes(min(size, total - start))


@pytest.mark.parametrize(("path", "most"), [("/thing", MEBI), ("/upload/ct", 4 * MEBI)])
def test_a_body_as_large_as_allowed_and_one_byte_more(path, most, inside):
    """Sent in pieces without a length, and whole with one."""
    assert inside.post(path, content=pieces(most)).status_code == 200
    assert inside.post(path, content=bytes(most)).status_code == 200
    assert inside.seen.bytes == 2 * most
    for content in (pieces(most + 1), bytes(most + 1)):
        answer = inside.post(path, content=content)
        assert answer.status_code == 413
        words = f"What was sent is larger than the {most // MEBI} MiB allowed here: send less."
        assert answer.json() == {"error": words, "where": ""}


def test_a_length_that_lies_is_not_believed(inside):
    answer = inside.post("/thing", content=pieces(2 * MEBI), headers={"content-length": "10"})
    assert answer.status_code == 413


def test_the_longest_prefix_counts_and_whole_names_only():
    limit = BodyLimit(None, english, {"/a": 5, "/a/b/": 7})
    assert [limit.most(path) for path in ("/a", "/a/x", "/a/b", "/a/b/c", "/ab", "/")] == [5, 5, 7, 7, MEBI, MEBI]
    assert [in_words(size) for size in (5, 1024, 3 * MEBI, 2 << 30)] == ["5 bytes", "1 KiB", "3 MiB", "2 GiB"]


async def read_all(scope, receive, send):
    """A page that reads its body, waits for the browser to go, and answers."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"read"})


def answered(page, waits: list[float], pause_s: float) -> list[dict]:
    """What `page` answers to a body whose pieces arrive after these waits."""
    sent, left = [], list(waits)

    async def receive():
        await asyncio.sleep(left.pop(0))
        return {"type": "http.request", "body": b"x", "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/thing", "headers": []}
    asyncio.run(BodyLimit(page, english, {}, pause_s)(scope, receive, send))
    return sent


def test_a_body_that_stops_coming_is_given_up():
    assert answered(read_all, [0.0, 0.02, 0.02, 0.02], 5.0)[0]["status"] == 200
    sent = answered(read_all, [0.0, 5.0], 0.05)
    assert sent[0]["status"] == 408
    assert b"Nothing more arrived" in sent[1]["body"]


def test_waiting_for_the_browser_to_go_is_no_pause():
    async def waits(scope, receive, send):
        await receive()
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    arrivals = [0.0, 0.3]
    sent = []

    async def receive():
        await asyncio.sleep(arrivals.pop(0))
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/thing", "headers": []}
    asyncio.run(BodyLimit(waits, english, {}, 0.05)(scope, receive, send))
    assert sent[0]["status"] == 200


def test_a_page_that_swallows_the_refusal_does_not_hide_it():
    async def swallows(scope, receive, send):
        try:
            await read_all(scope, receive, send)
        except Exception:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"fine"})

    assert answered(swallows, [0.0, 5.0], 0.05)[0]["status"] == 408


# --- The log


def line(name: str, message: str, *args, exc_info=None) -> str:
    record = logging.LogRecord(name, logging.INFO, "file", 1, message, args, exc_info)
    assert NothingPersonal().filter(record)
    return AccessLine("%(message)s").format(record)


def test_the_log_holds_method_path_and_status():
    access = '%s - "%s %s HTTP/%s" %d'
    assert line("uvicorn.access", access, "1.2.3.4:5", "GET", "/enter?token=abc", "1.1", 303) == "GET /enter 303"
    for status in (401, 404, 405, 422):
        told = line(
            "uvicorn.access", access, "1.2.3.4:5", "GET", "/registry/record/patient/Maria-Musterfrau", "1.1", status
        )
        assert told == f"GET /registry/* {status}"
    assert line("uvicorn.access", access, "1.2.3.4:5", "GET", "/jobs", "1.1", 404) == "GET /jobs 404"
    assert line("uvicorn.access", access, "1.2.3.4:5", "GET", "/jobs/j-1", "1.1", 200) == "GET /jobs/j-1 200"
    assert plain_path("/cases/demo-l2/a.b?name=x") == "/cases/demo-l2/a.b"
    assert plain_path("/M%C3%BCller^Hans/" + "a" * 65 + "/ok") == "/*/*/ok"
    assert plain_path("/a\n2026 GET /forged 200") == "/*/forged 200".replace("forged 200", "*")


def test_the_log_of_sockets_and_faults():
    socket = line("uvicorn.error", '%s - "WebSocket %s" [accepted]', ("127.0.0.1", 9), "/socket?name=x")
    assert socket == "('127.0.0.1', 9) - \"WebSocket /socket\" [accepted]"
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        fault = line(
            "uvicorn.error", "Exception in ASGI application\n", exc_info=(ValueError, error, error.__traceback__)
        )
    assert fault.startswith("Exception in ASGI application: ValueError at ")
    assert SECRET not in fault
    assert "Traceback" not in fault


# --- The sentences


ROOM = Path(vertebroplasty.web.safety.__file__).parent
WORDS = {"language", "refused-title", "start-page", "entered-title", "login-title", "password", "sign-in"}


def test_every_sentence_ends_and_is_used():
    code = "".join(path.read_text(encoding="utf-8") for path in ROOM.glob("*.py") if path.name != "sentences.py")
    assert [key for key in ENGLISH if f'"{key}"' not in code] == []
    assert [key for key, text in ENGLISH.items() if not text.endswith(".") and key not in WORDS] == []


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_sentence_stands_in_every_language():
    """The same keys, the same English, and every language fills in the same names."""
    table = tomllib.loads((ROOM.parent / "texts" / "safety.toml").read_text(encoding="utf-8"))
    assert {key: languages["en"] for key, languages in table.items()} == dict(ENGLISH)
    for key, languages in table.items():
        assert set(languages) == {"en", "fr", "de"}
        assert {frozenset(names_in(text)) for text in languages.values()} == {frozenset(names_in(ENGLISH[key]))}
