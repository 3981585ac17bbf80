"""Files on their way to a real server: one request at a time writes a part, and what breaks off leaves nothing."""

import asyncio
import http.client
import json
import os
import subprocess
import time
import zipfile
from contextlib import closing

import pytest

pytest.importorskip("fastapi", reason="web: pip install vertebroplasty[web]")

from browsing import Server

PIECE, PIECES, PAUSE_S, GONE_S = 1000, 4, 0.1, 10.0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("server"))
    made.start()
    yield made
    made.stop()


def headers(server):
    from vertebroplasty.web.safety import Guard, secret_key

    guard = Guard(host="127.0.0.1", port=server.port, key=secret_key(server.state))
    name, value = guard.new_cookie()
    return {
        "Cookie": f"{name}={value}", "X-CSRF-Token": guard.session(value).csrf_token, "Origin": server.origin,
        "Accept": "application/json", "Content-Type": "application/json",
    }  # fmt: skip


def answered(connection):
    with closing(connection):
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def asked(server, method, address, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, address, body, headers(server))
    return answered(connection)


def begun(server):
    status, said = asked(server, "POST", "/cases/uploads")
    assert status == 200, said
    return json.loads(said)["id"]


class Slow:
    """A request that sends its file in pieces of one letter."""

    def __init__(self, server, address, letter, declared=PIECE * PIECES):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.connection.putrequest("POST", address)
        for name, value in headers(server).items():
            self.connection.putheader(name, value)
        self.connection.putheader("Content-Length", str(declared))
        self.connection.endheaders()
        self.letter = letter

    def send(self):
        self.connection.send(self.letter * PIECE)
        time.sleep(PAUSE_S)


def holds(folder):
    return sorted(each.name for each in folder.iterdir())


def test_two_requests_never_mix_their_bytes(server):
    upload = begun(server)
    folder = server.state / "cases" / upload
    first = Slow(server, f"/uploads/{upload}/ct", b"a")
    first.send()
    second = Slow(server, f"/uploads/{upload}/ct", b"b")
    for _ in range(PIECES - 1):
        second.send()
        assert holds(folder) == ["arriving-ct"]
        first.send()
    second.send()
    status, said = answered(second.connection)
    assert status == 409
    assert "This file is being sent already: wait until it has arrived, or cancel that." in said
    assert answered(first.connection)[0] == 200
    assert (folder / "received-ct").read_bytes() == b"a" * PIECE * PIECES
    assert holds(folder) == ["received-ct"]
    other = Slow(server, f"/uploads/{upload}/ct", b"c", declared=PIECE)
    other.send()
    assert answered(other.connection)[0] == 200  # one after the other is no conflict
    assert (folder / "received-ct").read_bytes() == b"c" * PIECE


def test_nothing_is_read_while_a_file_is_on_its_way(server):
    upload = begun(server)
    slow = Slow(server, f"/uploads/{upload}/ct", b"a")
    slow.send()
    status, said = asked(server, "POST", f"/cases/uploads/{upload}/done", b"{}")
    assert (status, "still on its way" in said) == (409, True)
    slow.connection.close()


def test_what_breaks_off_leaves_nothing_and_may_be_sent_again(server):
    upload = begun(server)
    folder = server.state / "cases" / upload
    slow = Slow(server, f"/uploads/{upload}/ct", b"a")
    slow.send()
    assert holds(folder) == ["arriving-ct"]
    slow.connection.close()
    until = time.monotonic() + GONE_S
    while holds(folder) and time.monotonic() < until:
        time.sleep(0.05)
    assert holds(folder) == []
    assert asked(server, "POST", f"/uploads/{upload}/ct", b"whole")[0] == 200
    assert holds(folder) == ["received-ct"]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MiB, where this machine lets us have one."""
    place = tmp_path / "state"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("no right to mount a disk here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_too_small_is_said_before_anything_is_sent(small_disk, tmp_path):
    server = Server(tmp_path)
    server.start()
    try:
        status, said = asked(server, "POST", "/cases/uploads", b'{"bytes": 1}')
    finally:
        server.stop()
    assert status == 507
    assert "Less than 1 GiB would stay free on the server's disk" in said
    assert not list((small_disk / "cases").iterdir())


def test_a_disk_that_is_full_is_one_sentence(small_disk, monkeypatch):
    """Without a reserve the disk itself says no: while a file arrives, and while a zip is unpacked."""
    from vertebroplasty.errors import DiskFull
    from vertebroplasty.files import free_space
    from vertebroplasty.web.cases.folders import HowToRead
    from vertebroplasty.web.cases.unfinished import Room
    from vertebroplasty.web.cases.upload import Part, begin, looked_at, received

    monkeypatch.setattr(free_space, "RESERVE_BYTES", -(1 << 40))
    folder = small_disk / begin(small_disk)
    room = Room(uploads=small_disk, kept=frozenset({folder.name}))

    async def chunks():
        for _ in range(5):
            yield bytes(1 << 20)

    with pytest.raises(DiskFull, match=r"The disk is full, so nothing of this was kept: free some space on it"):
        asyncio.run(received(folder, Part.CT, chunks(), room))
    assert holds(folder) == []
    with zipfile.ZipFile(folder / "received-ct", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1", bytes(6 << 20))
    (folder / "received-seg").write_bytes(b"")
    with pytest.raises(DiskFull, match="The disk is full"):
        looked_at(lambda *_: None, folder, HowToRead(), room)
    assert holds(folder) == ["dicom", "received-ct", "received-seg"]
    assert holds(folder / "dicom") == []
