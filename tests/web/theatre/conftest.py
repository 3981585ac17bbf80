"""One synthetic case, opened once; a house for every test."""

import json
import struct
from contextlib import contextmanager

import numpy as np
import pytest
from starlette.testclient import TestClient

from vertebroplasty.case.opened import open_built_in
from vertebroplasty.web.app import build_app
from vertebroplasty.web.house import House, Settings
from vertebroplasty.web.safety import Guard

LEVEL = "L2"


@pytest.fixture(scope="session")
def opened():
    return open_built_in("breach", lambda share, what: None)


class Desk:
    """A server in this process and a browser's cookie for it."""

    def __init__(self, folder, opened):
        self.house = House.built(Settings(state=folder))
        self.house.library.keep("breach", LEVEL, opened)
        self.guard = Guard(host="127.0.0.1", port=8765, key=b"k" * 32)
        self.client = TestClient(build_app(self.house, self.guard), base_url=self.guard.origin, follow_redirects=False)
        name, value = self.guard.new_cookie()
        self.client.cookies.set(name, value)
        self.token = self.guard.session(value).csrf_token

    def begun(self, seed=3, **chosen) -> str:
        wanted = {"case": "breach", "level": LEVEL, "seed": seed, **chosen}
        answer = self.client.post("/rehearsals", json=wanted, headers={"X-CSRF-Token": self.token})
        assert answer.status_code == 200, answer.text
        address = answer.json()["next"]
        assert self.client.get(address).status_code == 200
        return address.rsplit("/", 1)[1]

    @contextmanager
    def window(self, rehearsal_id):
        headers = {"origin": self.guard.origin, "host": "127.0.0.1:8765"}
        with self.client.websocket_connect(f"/theatre/{rehearsal_id}/socket", headers=headers) as socket:
            yield Window(socket)


class Window:
    """The page's end of the socket; `hello` is what it was greeted with."""

    def __init__(self, socket):
        self.socket, self.seq = socket, 0
        self.hello, self.pictures = self.answer()

    def answer(self):
        data = self.socket.receive_bytes()
        (length,) = struct.unpack(">I", data[:4])
        header, at, pictures = json.loads(data[4 : 4 + length]), 4 + length, []
        for frame in header.get("frames", ()):
            pixels = frame["size"] ** 2
            pictures.append(np.frombuffer(data[at : at + pixels], np.uint8).reshape(frame["size"], frame["size"]))
            at += pixels
        assert at == len(data)
        return header, pictures

    def say(self, *actions, **message):
        self.seq += 1
        self.socket.send_text(json.dumps({"seq": self.seq, "actions": list(actions), **message}))
        header, self.pictures = self.answer()
        return header


@pytest.fixture
def desk(tmp_path, opened):
    made = Desk(tmp_path / "state", opened)
    yield made
    made.house.close()


@pytest.fixture
def again(tmp_path, opened):
    """Another start of the server on the same state folder."""
    made = []

    def start():
        made.append(Desk(tmp_path / "state", opened))
        return made[-1]

    yield start
    for each in made:
        each.house.close()
