"""Every route of the app is sent nonsense: an answer each time, nothing written elsewhere, and the server goes on.

The routes are read off the app itself, so one that is added is tried as well.  The app is called as the server calls
it, with addresses as they come over the wire.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="web: pip install vertebroplasty[web]")


from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import registry_records
from odd_requests import ODD_VALUES, ORDINARY, QUERIES, Asking, asked, complaint, routes_of
from theatre_play import CASE, HELD, LEVEL, MIX, PASTE, lateral, opened_case, placed
from vertebroplasty.errors import VertebroplastyError
from vertebroplasty.registry.entry.reading import record_json
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import EventName
from vertebroplasty.rehearsal.session import replayed
from vertebroplasty.web.app import build_app
from vertebroplasty.web.cases.upload import looked_at
from vertebroplasty.web.house import House, Settings
from vertebroplasty.web.safety import Guard
from vertebroplasty.web.work import jobs
from vertebroplasty.web.work.process import Answer
from web.recorder.test_recordings import ANSWERS, FORM
from web.theatre.conftest import Window

IDS = ("pseudonym", "procedure_id", "follow_up_id")
FUZZ_S, SOCKET_S, WINDOWS_TURNS = 22.0, 6.0, 25
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chmod", "shutil.rmtree")


class Watch:
    """What this process writes, renames and removes while it is looked at."""

    def __init__(self):
        self.on, self.paths = False, set()
        sys.addaudithook(self._hook)  # hooks stay for good: this one sleeps when it is off

    def _hook(self, event, given):
        if not self.on:
            return
        if event == "open" and isinstance(given[0], str | bytes) and isinstance(given[2], int) and given[2] & WRITES:
            self.paths.add(os.path.abspath(os.fsdecode(given[0])))
        elif event in CHANGES:
            self.paths |= {os.path.abspath(os.fsdecode(each)) for each in given[:2] if isinstance(each, str | bytes)}


@pytest.fixture(scope="module")
def opened():
    return opened_case()


@pytest.fixture(scope="module")
def watch():
    return Watch()


@pytest.fixture(scope="module")
def stage(tmp_path_factory, opened):
    """A house with a registry, an open case, and one of everything that has an id; uploads are read in this process."""
    folder = tmp_path_factory.mktemp("deep") / "er"
    folder.mkdir()
    db = f"sqlite:///{folder / 'registry.db'}"
    with open_registry(db, create=True) as registry:
        for record in (registry_records.patient(), registry_records.procedure(), registry_records.follow_up()):
            registry.add(record, by="fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "performed", read_here)
        house = House.built(Settings(state=folder / "state", db=db))
        house.library.keep(CASE, LEVEL, opened)
        guard = Guard(host="127.0.0.1", port=8765, key=b"k" * 32)
        yield SimpleNamespace(case=opened, folder=folder, house=house, guard=guard, app=build_app(house, guard))
        house.close()


def read_here(work, arguments, tell, stop):
    """Long work stands still, reading uploads aside, which is done without a process of its own."""
    if work is not looked_at:
        return Answer(sentence="Not now.")
    try:
        return Answer(result=work(tell, *arguments))
    except VertebroplastyError as refusal:
        return Answer(sentence=refusal.message)


def known_parts(stage):
    """Ids and words that stand for something, by the name of the parameter."""
    house = stage.house
    rehearsal = house.rehearsals.begin(CASE, LEVEL, 3, synthetic=True)
    recording = house.recordings.begin(ANSWERS).id
    upload = "u-" + "a" * 16
    (house.library.uploads / upload).mkdir(parents=True, exist_ok=True)
    return {
        "case_id": [CASE, "easy", upload], "level": [LEVEL, "T12"], "rehearsal_id": [rehearsal],
        "recording_id": [recording], "upload_id": [upload], "view": ["ap", "lateral"], "number": ["0", "1"],
        "kind": ["patient", "procedure", "follow-up"], "record_id": ["P1", "X1", "F1"], "form": ["patient", "imaging"],
        "part": ["ct", "seg", "patient", "leak", "complication"], "name": ["ap_before"],
    }  # fmt: skip


def good_fields(case):
    """Fields of bodies as the pages send them, by their names."""
    kept = [registry_records.patient(), registry_records.procedure(), registry_records.follow_up()]
    records = [{key: value for key, value in record_json(each).items() if key != "kind"} for each in kept]
    fresh = [{**each, next(key for key in each if key in IDS): f"N{n}"} for n, each in enumerate(records)]
    needle = placed(case)
    return {
        **{key: [value] for key, value in FORM.items()}, "record": [*records, *fresh], "version": [1, 2, 3],
        "why": ["seen again"], "part": [{"site": "epidural", "modality": "ct"}, {"kind": "infection"}],
        "at_level": ["L1", "L2"], "meaning": ["reviewed"], "case": [CASE], "level": [LEVEL], "seed": [3, None],
        "entry_lps_mm": [needle["entry_lps_mm"]], "tip_lps_mm": [needle["tip_lps_mm"]], "gauge": [11, 13],
        "key": ["tap-00001", "tap-00002"], "event": [each.value for each in EventName], "ago_s": [0.0, 1.5],
        "injected_ml": [0.5, None], "site": ["epidural", None], "remark": ["seen", None], "reason": ["leak", "pain"],
        "operator": ["O1"], "p0": [0.1], "p1": [0.3], "series": ["S1", None], "language": ["en", "fr"],
        "labels": ["verse", None], "who": ["O1"], "not_a_duplicate": ["another", None],
    }  # fmt: skip


def test_every_route_answers_nonsense_with_a_sentence_and_lives_on(stage, watch, monkeypatch, caplog):
    """All routes in turn, with their own methods and others, until the time is over; a fault names what was asked."""
    monkeypatch.chdir(stage.folder)
    found = sorted({each for each in routes_of(stage.app.routes) if each[0] != "WS"}, key=str)
    assert len(found) > 50
    asking = Asking(stage.guard, 8, known_parts(stage), good_fields(stage.case))
    statuses, wrong, tried = Counter(), Counter(), set()
    shown = {}

    async def one(method, template, model, odd):
        method = method if asking.rng.random() < 0.95 else asking.rng.choice(ORDINARY)
        path, query = asking.path(template, odd=odd), asking.rng.choice(QUERIES)
        path, _, extra = path.partition("?")
        given = path.partition("#")[0], extra.encode() or query, asking.headers(), asking.body(model)
        try:
            answer = await asked(stage.app, method, *given)
            told = complaint(*answer, stage.folder)
            statuses[answer[0]] += 1
        except Exception as error:
            told = f"it raised {type(error).__name__}"
        tried.add(template)
        if told:
            wrong[method, template, told] += 1
            shown.setdefault((method, template, told), (given[0][:90], given[1][:60], given[3][:300]))

    async def all_of_them():
        end, turn = time.monotonic() + FUZZ_S, 0
        while turn < 1 or time.monotonic() < end:
            for method, template, model in found:
                if time.monotonic() > end and turn:
                    break
                await one(method, template, model, turn % 3 > 0)
            turn += 1
        asking.rng = random.Random(0)
        plain = [(b"host", b"127.0.0.1:8765"), (b"cookie", asking.cookie.encode())]
        return turn, (await asked(stage.app, "GET", "/cases", b"", plain, b""))[0]

    watch.paths.clear()
    watch.on = True
    try:
        turns, alive = asyncio.run(all_of_them())
    finally:
        watch.on = False
    faults = {line for line in caplog.messages if "Fault" in line}
    assert not wrong, "\n".join([*(f"{n} x {each}: {shown[each]}" for each, n in wrong.items()), *faults])
    assert not faults
    assert alive == 200
    assert tried == {template for _, template, _ in found}
    assert {200, 400, 401, 404, 405, 422} <= set(statuses), statuses
    assert not strangers(watch.paths, stage.folder)
    print(f"{turns} rounds, {dict(statuses)}")


def strangers(paths, folder):
    """Files that were written outside the state folder and the registry, compiled code aside."""
    ours = (str(folder / "state"), str(folder / "registry.db"), "/dev/null")
    return [path for path in paths if not path.startswith(ours) and "__pycache__" not in path]


def test_the_watch_sees_what_is_written_elsewhere(watch, tmp_path):
    """The check above can fail."""
    watch.paths.clear()
    watch.on = True
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "x").write_text("x", encoding="utf-8")
    (tmp_path / "escaped").write_text("x", encoding="utf-8")
    watch.on = False
    assert strangers(watch.paths, tmp_path) == [str(tmp_path / "escaped")]


def test_the_theatres_socket_answers_nonsense_and_its_log_still_replays(stage, opened, caplog):
    """With needle and paste in place: broken, flawed and hasty messages, one answer each, none of them a fault."""
    good = {
        "seq": [1], "elapsed_s": [0.1, 0.5], "factor": [1, 5], "push": [HELD, None, {"pressure_kpa": 300.0}],
        "pedal": [True, False], "planes": [1, 1, 2],
        "actions": [[], [], [lateral(opened)], [placed(opened)], [{"action": "image", "frames": 1}], [MIX, PASTE]],
    }  # fmt: skip
    asking = Asking(stage.guard, 9, {}, good)
    rehearsal = stage.house.rehearsals.begin(CASE, LEVEL, 3, synthetic=True)
    with theatre(stage, asking, rehearsal) as window:
        for action in (placed(opened), MIX, PASTE, lateral(opened)):
            assert window.say(action)["ok"]
        end, answers = time.monotonic() + SOCKET_S, Counter()
        while time.monotonic() < end:
            hasty = asking.rng.choice((1, 1, 1, 12))  # more than one is sent before the first is answered
            for _ in range(hasty):
                said(window.socket, asking)
            for _ in range(hasty):
                header, _ = window.answer()
                assert header["ok"] or (header["code"] == "refused" and header["error"].strip()), header
                answers[header["ok"]] += 1
        assert min(answers[True], answers[False]) > 5
        before = window.say(elapsed_s=0.0)["monitor"]
        after = window.say(elapsed_s=0.5, pedal=True)
        assert after["ok"]
        assert after["frames"]
        assert after["monitor"]["now_s"] == pytest.approx(before["now_s"] + 0.5)
    assert not [line for line in caplog.messages if "ault" in line or "failed" in line]
    live = stage.house.rehearsals.live(rehearsal)
    lines = stage.house.rehearsals.log_of(rehearsal)
    assert replayed(opened.rehearsal, 3, lines).state_sha256 == live.paced.state.state_sha256


def said(socket, asking):
    """One message: as a page sends it, with a flaw or two, cut, or nothing of the kind."""
    rng = asking.rng
    whole = {name: asking.field(name, good=True) for name in asking.good}
    kind = rng.randrange(6)
    if kind == 0:
        whole = {name: rng.choice(values) for name, values in asking.good.items()}
    elif kind == 1:
        whole[rng.choice(("path", "t_s", "", "seed", "x" * 300))] = rng.choice(ODD_VALUES)
    text = json.dumps(whole) if kind < 4 else json.dumps(rng.choice(ODD_VALUES))
    if kind == 3:
        text = text[: rng.randrange(len(text))]
    if kind == 5:
        socket.send_bytes(rng.choice((b"", b"\xff\xfe", text.encode(), b"\0" * 9000)))
    else:
        socket.send_text(text)


@contextmanager
def theatre(stage, asking, rehearsal):
    """A window at the socket of a rehearsal that has been taken up."""
    client = TestClient(stage.app, base_url=stage.guard.origin, follow_redirects=False)
    client.headers["cookie"] = asking.cookie
    client.get(f"/theatre/{rehearsal}")
    headers = {"origin": stage.guard.origin, "host": "127.0.0.1:8765"}
    with client.websocket_connect(f"/theatre/{rehearsal}/socket", headers=headers) as socket:
        yield Window(socket)


@pytest.mark.parametrize("odd", ["r-0000000000000000", "..%2f..%2fetc", "%00", "x" * 5000, "r-%C3%A4", "%2e%2e"])
def test_a_socket_of_no_rehearsal_is_closed(stage, odd):
    with pytest.raises(WebSocketDisconnect), theatre(stage, Asking(stage.guard, 1, {}, {}), odd):
        pass
    asking = Asking(stage.guard, 1, {}, {})
    client = TestClient(stage.app, base_url=stage.guard.origin)
    assert client.get("/cases", headers={"cookie": asking.cookie}).status_code == 200


def test_uploads_thrown_away_in_the_middle_of_other_requests_are_no_fault(stage, caplog):
    """Two windows: one deletes what the other lists, sends and looks at."""
    uploads, statuses = stage.house.library.uploads, Counter()
    asking = Asking(stage.guard, 10, {}, {})
    headers = [
        (b"host", b"127.0.0.1:8765"),
        (b"cookie", asking.cookie.encode()),
        (b"x-csrf-token", asking.token.encode()),
    ]

    async def ask(method, path, body=b""):
        answer = await asked(stage.app, method, path, b"", headers, body)
        statuses[int(answer[0])] += 1
        return answer[2]

    async def complete(number):
        folder = uploads / f"u-{number:016x}"
        for name in ("ct.nii.gz", "seg/labels.nii", "case.json"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text('{"levels": ["L2"]}', encoding="utf-8")
        here = f"/cases/{folder.name}"
        picture, answers = f"{here}/L2/picture.png", ask("POST", f"{here}/patient", b"{}")
        await asyncio.gather(
            ask("GET", "/cases"), ask("DELETE", here), answers, ask("GET", picture), ask("DELETE", here)
        )

    async def begun():
        upload = json.loads(await ask("POST", "/cases/uploads"))["id"]
        sent = [ask("POST", f"/uploads/{upload}/ct", b"x" * size) for size in (10, 100_000)]
        await asyncio.gather(*sent, ask("DELETE", f"/cases/uploads/{upload}"), ask("GET", "/cases"))

    async def all_of_them():
        for number in range(WINDOWS_TURNS):
            await asyncio.gather(complete(2 * number), complete(2 * number + 1), begun(), begun(), begun())

    asyncio.run(all_of_them())
    assert not [line for line in caplog.messages if "Fault" in line]
    assert max(statuses) < 500
    assert {200, 404} <= set(statuses)
