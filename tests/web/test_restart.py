"""A server killed at random moments, and started again: what it acknowledged is there, and the same cookie lets in."""

import json
import random
import socket
import threading
import time

import pytest

pytest.importorskip("fastapi", reason="web: pip install vertebroplasty[web]")

from websockets.exceptions import WebSocketException

from theatre_play import HELD, TheatreServer, Visitor, opened_case
from vertebroplasty.rehearsal.session import replayed
from vertebroplasty.web.log_file import CLOCK, entries_of, read_lines

SEED, MOST_KILLS, FEWEST_KILLS, KILLING_S = 3, 3, 2, 20.0
LATEST_S = 1.5  # after the first message that a server was sent
GONE = (WebSocketException, OSError)


@pytest.fixture(scope="module")
def case():
    return opened_case()


@pytest.fixture
def server(tmp_path):
    made = TheatreServer(tmp_path)
    made.start()
    yield made
    made.stop()


def played_until_killed(server, window, waits, rng):
    """Syringe and pedal held, and waits of lengths that no other has; those that were acknowledged."""
    killer = threading.Timer(rng.uniform(0.05, LATEST_S), server.kill)
    killer.start()
    acknowledged = []
    try:
        for wait_s in waits:
            action = {"action": "wait", "duration_s": wait_s}
            assert window.say(action, elapsed_s=0.05, push=HELD, pedal=rng.random() < 0.5)["ok"]
            acknowledged.append(wait_s)
    except GONE:
        pass
    killer.join()
    window.close()
    return acknowledged


def test_a_rehearsal_outlives_the_server_with_all_that_was_acknowledged(server, case):
    """Killed in the middle of messages, again and again; the log holds them, and replays to what is restored."""
    visitor, rng, port = Visitor(server), random.Random(11), server.port
    rehearsal = visitor.begun(SEED)
    log = server.state / "rehearsals" / f"{rehearsal}.jsonl"
    window = visitor.window(rehearsal)
    window.prepare(case)
    waits = iter([0.001 * n for n in range(1, 5000)])
    acknowledged, kills, begin = [], 0, time.monotonic()
    while kills < FEWEST_KILLS or (kills < MOST_KILLS and time.monotonic() - begin < KILLING_S):
        acknowledged += played_until_killed(server, window, waits, rng)
        kills += 1
        entries = [each for each in entries_of(read_lines(log)) if each.get("event") != CLOCK]
        assert len(entries) >= window.entries
        told = [each["duration_s"] for each in entries if each.get("action") == "wait"]
        lost = [wait_s for wait_s in acknowledged if wait_s not in told]
        assert lost == []
        assert len(told) <= 1 + len(acknowledged) + kills  # the first is for the paste; one a kill was not acknowledged
        server.start()
        assert server.port == port
        assert visitor.ask("GET", "/cases")[0] == 200  # with the cookie of the first start
        visitor.waited(f"/theatre/{rehearsal}")
        restored = visitor.told("GET", f"/hash-of/{rehearsal}")["state_sha256"]
        assert restored == replayed(case.rehearsal, SEED, read_lines(log)).state_sha256
        window = visitor.window(rehearsal)
        assert window.hello["monitor"]["injected_ml"] > 0.0
        assert window.entries == len([each for each in entries if each.get("event") != "leak"])  # not told, unguided
    assert acknowledged
    assert window.say({"action": "stop"}, elapsed_s=0.1)["monitor"]["stopped"]
    window.close()


def test_the_last_image_is_held_again_after_a_kill_without_dose_or_entry(server, case):
    visitor = Visitor(server)
    rehearsal = visitor.begun(SEED)
    log = server.state / "rehearsals" / f"{rehearsal}.jsonl"
    window = visitor.window(rehearsal)
    window.prepare(case)
    window.say(elapsed_s=1.0, push=HELD, pedal=True)
    held = window.say(elapsed_s=0.1)
    assert [each["live"] for each in held["frames"]] == [False]
    server.kill()
    window.close()
    lines = read_lines(log)
    server.start()
    visitor.waited(f"/theatre/{rehearsal}")
    window = visitor.window(rehearsal)
    assert window.hello["frames"] == held["frames"]
    assert window.hello["monitor"]["dose_mgy"] == held["monitor"]["dose_mgy"]
    assert read_lines(log) == lines
    window.close()


def half_sent(visitor, address, content):
    """A connection whose body is announced whole and sent by half."""
    found = socket.create_connection(("127.0.0.1", visitor.server.port), timeout=10)
    cookie = "; ".join(f"{each.name}={each.value}" for each in visitor.cookies)
    head = (
        f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1:{visitor.server.port}\r\nCookie: {cookie}\r\n"
        f"X-CSRF-Token: {visitor.token}\r\nContent-Length: {2 * len(content)}\r\n\r\n"
    )
    found.sendall(head.encode() + content)
    return found


def test_an_upload_that_the_server_died_in_breaks_nothing(server):
    """Killed while one body is half there, another upload only begun, and a third being read."""
    visitor = Visitor(server)
    half, begun, being_read = (str(visitor.told("POST", "/cases/uploads")["id"]) for _ in range(3))
    for part in ("ct", "seg"):
        assert visitor.ask("POST", f"/uploads/{being_read}/{part}", bytes(344) + b"n+1\0" + bytes(4000))[0] == 200
    uploads = server.state / "cases"
    with half_sent(visitor, f"/uploads/{half}/ct", b"\x1f\x8b" + bytes(300_000)):
        end = time.monotonic() + 20
        while not list((uploads / half).iterdir()) and time.monotonic() < end:
            time.sleep(0.02)
        visitor.told("POST", f"/cases/uploads/{being_read}/done", labels="verse")
        server.kill()
    assert list((uploads / half).iterdir())
    server.start()
    status, page = visitor.ask("GET", "/cases")
    assert status == 200
    assert not [each for each in (half, begun, being_read) if f'id="{each}"' in page.decode()]
    assert visitor.ask("POST", f"/uploads/{half}/ct", b"again")[0] == 200  # it can be sent anew
    for upload in (half, begun, being_read):
        assert json.loads(visitor.ask("DELETE", f"/cases/uploads/{upload}")[1]) == {"id": upload}
    assert not list(uploads.iterdir())
