"""A server in a process of its own whose case is open from the start, and a player at its socket."""

import json
import pickle
import struct
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from functools import cache
from http.cookiejar import CookieJar
from pathlib import Path

from websockets.sync.client import connect

from browsing import Server
from vertebroplasty.case.opened import OpenedCase, open_built_in
from vertebroplasty.fluoroscopy.views import true_lateral

CASE, LEVEL, ANSWER_S, JOB_S = "breach", "L2", 60.0, 240.0
MIX = {"action": "mix", "product": "pmma-medium"}
PASTE = {"action": "wait", "duration_s": 240.0}
STOP = {"action": "stop"}
HELD = {"rate_ml_per_s": 0.02}
CSRF = '<meta name="csrf-token" content="'
SERVE_AN_OPEN_CASE = """
import pickle, sys
from pathlib import Path
from vertebroplasty.web import app as roof
from vertebroplasty.web.house import House, Settings
from vertebroplasty.web.serving import Place, serve_house

state, port, case, name, level = sys.argv[1:]
built, build_app = House.built, roof.build_app


def with_the_case(settings):
    made = built(settings)
    made.library.keep(name, level, pickle.loads(Path(case).read_bytes()))
    return made


def with_hashes(house, guard):
    app = build_app(house, guard)

    @app.get("/hash-of/{rehearsal_id}")
    def told(rehearsal_id: str) -> dict[str, str]:
        return {"state_sha256": house.rehearsals.paced(rehearsal_id).state.state_sha256}

    return app


House.built, roof.build_app = with_the_case, with_hashes
serve_house(Settings(state=Path(state)), Place(port=int(port)), tell=print)
"""


class TheatreServer(Server):
    """A server that has one case open as it starts, and tells the hash of a rehearsal's state besides."""

    script = SERVE_AN_OPEN_CASE

    def __init__(self, folder: Path) -> None:
        file = folder / "case.pickle"
        file.write_bytes(_pickled())
        super().__init__(folder, str(file), CASE, LEVEL)


def opened_case() -> OpenedCase:
    """The case that is played on, as it is when nobody has looked at it."""
    made: OpenedCase = pickle.loads(_pickled())
    return made


@cache
def _pickled() -> bytes:
    """Opened once in a process."""
    return pickle.dumps(open_built_in(CASE, lambda share, what: None))


def placed(case: OpenedCase) -> dict[str, object]:
    """The first needle on the plan's path."""
    path = case.rehearsal.paths[0]
    entry, tip = path.entry_lps_mm.tolist(), path.tip_lps_mm.tolist()
    return {"action": "move-needle", "needle": 1, "entry_lps_mm": entry, "tip_lps_mm": tip}


def lateral(case: OpenedCase, plane: int = 1) -> dict[str, object]:
    """A tube turned to the true lateral view."""
    view = true_lateral(case.rehearsal.vertebra.frame)
    return {"action": "c-arm", "lao_deg": view.lao_deg, "cranial_deg": view.cranial_deg, "plane": plane}


class Visitor:
    """A browser without a screen: it comes in by the printed address and keeps its cookie, whatever the server does."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        _, entered = self.ask("GET", server.entry_url.removeprefix(server.origin))
        self.token = entered.decode().partition(CSRF)[2].partition('"')[0]
        assert self.token, "the printed address let nobody in"

    def ask(self, method: str, path: str, content: bytes | None = None) -> tuple[int, bytes]:
        """Status and body of an answer; redirections are followed."""
        headers = {} if method == "GET" else {"X-CSRF-Token": self.token, "Content-Type": "application/json"}
        asked = urllib.request.Request(self.server.origin + path, content, headers, method=method)
        try:
            with self._opener.open(asked, timeout=ANSWER_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def told(self, method: str, path: str, **content: object) -> dict[str, object]:
        """What a script is answered."""
        body = None if method == "GET" else json.dumps(content).encode()
        status, answer = self.ask(method, path, body)
        assert status == 200, (method, path, status, answer[:500])
        found: dict[str, object] = json.loads(answer)
        return found

    def waited(self, address: str) -> bytes:
        """A page, once the work that it waits for is done."""
        end = time.monotonic() + JOB_S
        while time.monotonic() < end:
            status, found = self.ask("GET", address)
            if status == 200:
                return found
            assert status == 202, (address, status, found[:500])
            time.sleep(0.2)
        raise AssertionError(f"{address} was still waiting after {JOB_S:g} s")

    def begun(self, seed: int) -> str:
        """A new rehearsal, its theatre open."""
        address = str(self.told("POST", "/rehearsals", case=CASE, level=LEVEL, seed=seed)["next"])
        self.waited(address)
        return address.rsplit("/", 1)[1]

    def window(self, rehearsal_id: str) -> "Player":
        """The theatre's socket."""
        cookie = "; ".join(f"{each.name}={each.value}" for each in self.cookies)
        return Player(
            f"{self.server.origin.replace('http', 'ws', 1)}/theatre/{rehearsal_id}/socket", cookie, self.server
        )


class Player:
    """The page's end of a theatre's socket; `entries` is how long a log the server has acknowledged."""

    def __init__(self, address: str, cookie: str, server: Server) -> None:
        self._open = ExitStack()
        self.socket = self._open.enter_context(connect(
            address, origin=server.origin, additional_headers={"Cookie": cookie}, max_size=None, compression=None,
            open_timeout=ANSWER_S,
        ))  # fmt: skip
        self.seq, self.entries = 0, 0
        self.hello = self.answer()

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._open.close()

    def answer(self) -> dict[str, object]:
        """The next answer."""
        data = self.socket.recv(ANSWER_S)
        (length,) = struct.unpack(">I", data[:4])
        header: dict[str, object] = json.loads(data[4 : 4 + length])
        self.entries = header.get("entries", self.entries)
        return header

    def say(self, *actions: dict[str, object], **message: object) -> dict[str, object]:
        """Send a message and wait for what is answered."""
        self.seq += 1
        self.socket.send(json.dumps({"seq": self.seq, "actions": list(actions), **message}))
        return self.answer()

    def prepare(self, case: OpenedCase, *, biplane: bool = False) -> None:
        """Needle in, cement a paste, the tube lateral (with both: the first from behind)."""
        views = (lateral(case, 2), {"action": "c-arm", "lao_deg": 180.0, "cranial_deg": 0.0}) if biplane else ()
        for action in (placed(case), MIX, PASTE, *(views or (lateral(case),))):
            assert self.say(action)["ok"]
