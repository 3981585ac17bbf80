"""Nobody reaches a page from a wrong address, from another site, without a session or without the page's token."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from guarded_app import FETCH, VISIT, Clock, called, client_of, guarded, loopback_guard

ORIGIN = {"origin": "http://127.0.0.1:8765"}
UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@pytest.fixture
def inside():
    guard = loopback_guard()
    app, seen = guarded(guard)
    client = client_of(app, guard)
    client.seen = seen
    return client


@pytest.fixture
def outside():
    guard = loopback_guard()
    app, seen = guarded(guard)
    client = client_of(app, guard, inside=False)
    client.seen = seen
    return client


# --- Where to: the Host header


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765"])
def test_our_own_addresses(host, inside):
    assert inside.get("/", headers={"host": host}).status_code == 200


FOREIGN_HOSTS = [
    "evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:87650", "localhost.:8765",
    "[::1]:8765", "127.0.0.1:8765.evil.example", "evil@127.0.0.1:8765", "", "127.1:8765", "0.0.0.0:8765",
]  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_name_pointed_at_us_by_someone_else(host, inside):
    """DNS rebinding: the browser believes it talks to evil.example, and says so in Host."""
    answer = inside.get("/", headers={"host": host})
    assert (answer.status_code, inside.seen.times) == (421, 0)
    assert "does not answer to that address" in answer.json()["error"]


def test_two_hosts_are_none(inside):
    headers = [("host", "127.0.0.1:8765"), ("host", "evil.example")]
    assert inside.get("/", headers=headers).status_code == 400
    assert inside.seen.times == 0


def test_even_open_pages_answer_only_at_our_address(outside):
    for path in ("/health", "/static/page.js", "/enter"):
        assert outside.get(path, headers={"host": "evil.example"}).status_code == 421


ODD_PATHS = ["", "case/1", "//case/1", "/case/\0", "/case/a\\b", "/\n"]
ODD_PATHS += ["/static/../case/1", "/static/./x", "/static/.."]


@pytest.mark.parametrize("path", ODD_PATHS)
def test_odd_paths(path, inside):
    """Sent as they are: a client of the usual kind would tidy them first."""
    headers = [(b"host", b"127.0.0.1:8765"), (b"cookie", inside.headers["cookie"].encode())]
    sent = called(inside.app, "GET", path, headers)
    assert (sent[0]["status"], inside.seen.times) == (400, 0)
    assert b"no page has" in sent[1]["body"]


# --- From where: Origin and Sec-Fetch-Site


@pytest.mark.parametrize("method", UNSAFE)
def test_a_change_from_our_own_page(method, inside):
    assert inside.request(method, "/thing", headers=FETCH | ORIGIN).json() == {"done": True}
    assert inside.request(method, "/thing").status_code == 200  # a program that is no browser


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1:9999", "http://127.0.0.1", ""]
)
def test_a_change_from_another_origin(method, origin, inside):
    assert inside.request(method, "/thing", headers={"origin": origin}).status_code == 403
    assert inside.seen.times == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site", "unheard-of"])
@pytest.mark.parametrize("method", ["GET", *UNSAFE])
def test_another_site_reaches_nothing(method, site, inside):
    """Another port of 127.0.0.1 is "same-site": it is sent our strict cookie and must be refused all the same."""
    path = "/" if method == "GET" else "/thing"
    assert inside.request(method, path, headers=FETCH | {"sec-fetch-site": site}).status_code == 403
    framed = VISIT | {"sec-fetch-site": site, "sec-fetch-dest": "iframe"}
    assert inside.request(method, path, headers=framed).status_code == 403
    assert inside.get("/static/page.js", headers=FETCH | {"sec-fetch-site": site}).status_code == 403
    assert inside.seen.times == 0


def test_another_site_may_link_to_a_page_but_not_post_to_one(inside):
    assert inside.get("/", headers=VISIT | {"sec-fetch-site": "cross-site"}).status_code == 200
    assert inside.post("/thing", headers=VISIT | {"sec-fetch-site": "cross-site"}).status_code == 403


# --- By what right: the session and the page's token


@pytest.mark.parametrize(
    "path", ["/", "/case/1", "/fault/refused", "/nowhere", "/static", "/healthy", "/enter/", "/login/x"]
)
def test_without_a_session_no_page(path, outside):
    answer = outside.get(path, headers=FETCH)
    assert (answer.status_code, outside.seen.times) == (401, 0)
    assert answer.json()["error"].startswith("This window has not been let in")
    shown = outside.get(path, headers=VISIT)
    assert shown.status_code == 401
    assert "not a medical device" in shown.text
    assert "<h1>This page cannot be shown</h1>" in shown.text


def test_open_pages(outside):
    assert outside.get("/health").json() == {"alive": True}
    assert outside.get("/static/page.js").status_code == 200
    assert outside.post("/health").status_code == 401
    assert outside.delete("/static/page.js").status_code == 401


@pytest.mark.parametrize("method", UNSAFE)
def test_a_change_needs_the_token_of_the_page(method, inside):
    token = inside.headers.pop("x-csrf-token")
    guard = loopback_guard()
    other = client_of(guarded(guard)[0], guard).headers["x-csrf-token"]
    for wrong in (
        None,
        "",
        token[:-1],
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        token.upper() + "Z",
        other,
        "\xff",
    ):
        headers = {} if wrong is None else {"x-csrf-token": wrong.encode("latin-1")}
        answer = inside.request(method, "/thing", headers=headers)
        assert (answer.status_code, inside.seen.times) == (403, 0)
        assert "out of date" in answer.json()["error"]
    assert inside.request(method, "/thing", headers={"x-csrf-token": token}).status_code == 200


def test_a_cookie_ends_after_twelve_hours_unless_used():
    clock = Clock()
    guard = loopback_guard(wall_clock=clock)
    client = client_of(guarded(guard)[0], guard)
    clock.now += 5.9 * 3600
    assert "set-cookie" not in client.get("/").headers
    clock.now += 0.2 * 3600
    answer = client.get("/")
    prolonged = answer.headers["set-cookie"].partition(";")[0]
    clock.now += 6 * 3600
    assert client.get("/").status_code == 401
    client.headers["cookie"] = prolonged
    assert client.get("/").status_code == 200
    assert client.post("/thing").status_code == 200  # the page that was open keeps its token


def test_a_cookie_outlives_a_restart_but_no_change_of_key_port_or_password():
    first = loopback_guard()
    _, value = first.new_cookie()
    assert loopback_guard().session(value) == first.session(value) is not None
    assert loopback_guard(key=bytes(32)).session(value) is None
    assert loopback_guard(port=8766).session(value) is None
    locked = loopback_guard(password="one long password")
    assert locked.session(value) is None
    _, signed = locked.new_cookie()
    assert loopback_guard(password="one long password").session(signed) is not None
    assert loopback_guard(password="another long password").session(signed) is None


def test_a_false_cookie_beside_ours_does_no_harm(inside):
    """Another server on this host can set a cookie of our name; it cannot keep the user out with it."""
    inside.headers["cookie"] = f"vertebroplasty-8765=planted; {inside.headers['cookie']}; vertebroplasty-8765=too"
    assert inside.get("/").status_code == 200


# --- Sockets


def refused_socket(client: TestClient, **headers) -> bool:
    host = {"host": "127.0.0.1:8765"}
    try:
        with client.websocket_connect("/socket", headers=host | headers) as socket:
            socket.send_text("hello")
            socket.receive_text()
    except WebSocketDisconnect as closed:
        return closed.code == 1008
    return False


def test_a_socket_needs_host_origin_and_session(inside, outside):
    assert not refused_socket(inside, **ORIGIN)
    assert inside.seen.times == 1
    assert refused_socket(inside)
    assert refused_socket(inside, origin="http://evil.example")
    assert refused_socket(inside, origin="null")
    assert refused_socket(inside, origin="http://127.0.0.1:9999")
    assert refused_socket(inside, **ORIGIN, host="evil.example:8765")
    assert refused_socket(outside, **ORIGIN)
    assert (inside.seen.times, outside.seen.times) == (1, 0)


# --- Anything at all

NAMES = [
    "origin",
    "x-csrf-token",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "accept",
    "authorization",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-original-url",
    "x-http-method-override",
    "referer",
    "upgrade",
]
VALUES = st.sampled_from(
    ["http://127.0.0.1:8765", "none", "same-origin", "navigate", "document", "text/html", "localhost", "/health", "GET"]
)
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=80)
SIGNED = st.from_regex(r"[0-9a-f]{32}\.[0-9]{1,12}\.[0-9a-f]{64}", fullmatch=True)
FUZZ = settings(max_examples=500, deadline=None)


PLACES = st.one_of(
    st.sampled_from(["/", "/case/1", "/thing", "/upload/ct", "/socket", "/fault/refused"]),
    st.text(st.sampled_from("/.\\%;:@ \0\nacest1"), max_size=12).map("/".__add__),
    st.sampled_from(["/static/", "/health/", "/enter/", "/login/"]).flatmap(
        lambda start: st.text(st.sampled_from("/.case1thing"), max_size=12).map(start.__add__)
    ),
)
METHODS = st.sampled_from(["GET", "HEAD", *UNSAFE, "TRACE", "BREW"])
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), st.one_of(VALUES, TEXT)), max_size=8)
HOST = (b"host", b"127.0.0.1:8765")


def sent_as(fields) -> list[tuple[bytes, bytes]]:
    return [HOST, *((name.encode(), value.encode("latin-1")) for name, value in fields)]


@pytest.fixture(scope="module")
def fuzzed():
    guard = loopback_guard()
    app, seen = guarded(guard)
    return app, seen, guard


@FUZZ
@given(method=METHODS, path=PLACES, fields=FIELDS, cookie=st.one_of(st.none(), TEXT, SIGNED))
def test_no_headers_without_a_session_reach_a_page(method, path, fields, cookie, fuzzed):
    app, seen, _ = fuzzed
    if cookie is not None:
        fields = [*fields, ("cookie", f"vertebroplasty-8765={cookie}")]
    status = called(app, method, path, sent_as(fields))[0]["status"]
    is_open = path.startswith("/static/") and method in ("GET", "HEAD")
    assert status in ((200, 400, 403, 404, 405) if is_open else (400, 401, 403))
    assert (seen.times, seen.bytes) == (0, 0)


@FUZZ
@given(method=st.sampled_from(UNSAFE), fields=FIELDS)
def test_no_headers_without_the_token_change_anything(method, fields, fuzzed):
    app, seen, guard = fuzzed
    name, value = guard.new_cookie()
    sent = called(app, method, "/thing", sent_as([*fields, ("cookie", f"{name}={value}")]))
    assert (sent[0]["status"], seen.times) == (403, 0)


@FUZZ
@given(data=st.data())
def test_no_altered_cookie_passes(data):
    guard = loopback_guard()
    _, value = guard.new_cookie()
    place = data.draw(st.integers(0, len(value) - 1))
    put = data.draw(st.sampled_from("0123456789abcdef.-٣ "))
    altered = value[:place] + put + value[place + 1 :]
    assert (guard.session(altered) is not None) == (altered == value)
    assert guard.session(value[:place]) is None
