"""The recorder behind the web: what was acknowledged is on the disk, and reaches the registry as it was tapped."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import EventName
from vertebroplasty.web.house import House, Settings
from vertebroplasty.web.recorder import recordings
from vertebroplasty.web.recorder.recordings import Asked, Recordings
from vertebroplasty.web.recorder.time_out import TimeOut

FORM = {
    "patient": "P-1", "procedure_id": "X-1", "levels": ["L2"], "levels_again": ["L2"], "side": "left",
    "allergies": "none", "agents": "none", "consent": True, "surgical_backup": True,
}  # fmt: skip
ANSWERS = TimeOut(**{key: value for key, value in FORM.items() if key != "levels_again"})


def asked(key, event, **more):
    return Asked(key=f"tap-{key:05d}", event=EventName(event), level="L2", ago_s=0.0, **more)


def test_a_recording_is_the_same_after_a_restart(tmp_path):
    before = Recordings(tmp_path)
    recording = before.begin(ANSWERS)
    before.tap(recording.id, asked(1, "mix-start"))
    before.tap(recording.id, asked(2, "inject-start"))
    before.tap(recording.id, asked(3, "stop"))
    before.undo(recording.id, "tap-00003")
    written = before.tap(recording.id, asked(4, "sample", injected_ml=0.5))
    assert Recordings(tmp_path).find(recording.id) == written
    text = (tmp_path / f"{recording.id}.jsonl").read_text()
    assert "tap-00003" in text  # the file keeps what was undone
    (stop,) = written.undone_stops
    assert stop.tap.key == "tap-00003"
    assert stop.tap.at <= stop.undone_at <= datetime.now(UTC)


def test_a_recording_of_an_earlier_version_has_one_side_for_all_levels(tmp_path):
    recordings = Recordings(tmp_path)
    recording = recordings.begin(ANSWERS)
    file = tmp_path / f"{recording.id}.jsonl"
    head = json.loads(file.read_text())
    del head["time_out"]["sides"]
    file.write_text(json.dumps(head) + "\n")
    assert recordings.find(recording.id).time_out.side_of("L2") == "left"


def test_a_tap_that_waited_for_the_server_keeps_its_moment(tmp_path):
    recordings = Recordings(tmp_path)
    recording = recordings.begin(ANSWERS)
    time.sleep(0.3)
    late = Asked(key="tap-00001", event=EventName.MIX_START, level="L2", ago_s=0.25)
    (tap,) = recordings.tap(recording.id, late).taps
    assert 0.03 < tap.clock_s < 0.25
    with pytest.raises(Refused, match="too long"):
        recordings.tap(recording.id, Asked(key="tap-00002", event=EventName.STOP, level="L2", ago_s=601.0))


def test_a_tap_reads_the_file_once(tmp_path, monkeypatch):
    kept = Recordings(tmp_path)
    recording = kept.begin(ANSWERS)
    read = []
    monkeypatch.setattr(Path, "read_bytes", lambda file: pytest.fail(f"{file.name} was read once more"))
    monkeypatch.setattr(recordings, "read_lines", lambda file: read.append(file) or file.read_text().splitlines())
    assert kept.clock_s(kept.tap(recording.id, asked(1, "mix-start"))) >= 0.0
    assert len(read) == 1


def test_what_a_crash_tore_is_cut_off_before_the_next_line(tmp_path):
    kept = Recordings(tmp_path)
    recording = kept.begin(ANSWERS)
    file = tmp_path / f"{recording.id}.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"tap": {"key')
    assert [tap.key for tap in kept.tap(recording.id, asked(1, "mix-start")).taps] == ["tap-00001"]
    assert file.read_bytes().startswith(whole + b'{"tap": {"key": "tap-00001"')


def test_after_the_machine_was_restarted_the_wall_clock_goes_on(tmp_path):
    recordings = Recordings(tmp_path)
    recording = recordings.begin(ANSWERS)
    file = tmp_path / f"{recording.id}.jsonl"
    head = json.loads(file.read_text())
    head |= {"boot": "another", "monotonic_s": 1e9, "at": "2026-01-01T00:00:00+00:00"}
    file.write_text(json.dumps(head) + "\n")
    assert recordings.clock_s(recordings.find(recording.id)) > 86400.0


KILLED = """
    import sys
    from pathlib import Path
    from vertebroplasty.registry.vocabulary import EventName
    from vertebroplasty.web.recorder.recordings import Asked, Recordings
    recordings, recording = Recordings(Path(sys.argv[1])), sys.argv[2]
    for n in range(100_000):
        event = EventName.MIX_START if n % 2 else EventName.STYLET
        recordings.tap(recording, Asked(key=f"tap-{n:05d}", event=event, level="L2", ago_s=0.0))
        print(n, flush=True)
"""


def test_a_killed_server_loses_no_acknowledged_tap(tmp_path):
    recordings = Recordings(tmp_path)
    recording = recordings.begin(ANSWERS)
    words = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), recording.id]
    for _ in range(2):
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ}) as server:
            said = [server.stdout.readline() for _ in range(12)]
            server.send_signal(signal.SIGKILL)
            said += server.stdout.read().split()
        acknowledged = {f"tap-{int(each):05d}" for each in said if each.strip().isdigit()}
        assert acknowledged <= {tap.key for tap in recordings.find(recording.id).taps}


def test_a_line_that_a_crash_tore_does_not_spoil_those_that_follow(tmp_path):
    recordings = Recordings(tmp_path)
    recording = recordings.begin(ANSWERS)
    recordings.tap(recording.id, asked(1, "mix-start"))
    with (tmp_path / f"{recording.id}.jsonl").open("a") as file:
        file.write('{"tap": {"key": "tap-00002", "ev')
    recordings.tap(recording.id, asked(3, "inject-start"))
    assert [tap.key for tap in recordings.find(recording.id).taps] == ["tap-00001", "tap-00003"]


def test_a_file_that_is_none_of_ours_is_passed_over(tmp_path):
    (tmp_path / "p-evil.jsonl").write_text('{"time_out": {"patient": "Jane Doe"}}\n')
    (tmp_path / "p-torn.jsonl").write_text('{"time_out"')
    recordings = Recordings(tmp_path)
    assert recordings.all() == []
    with pytest.raises(Refused, match="no such recording"):
        recordings.find("p-evil")
    with pytest.raises(Refused, match="no such recording"):
        recordings.find("../p-evil")


@pytest.fixture
def registry_house(tmp_path):
    address = f"sqlite:///{tmp_path / 'r.db'}"
    with open_registry(address, create=True):
        pass
    made = House.built(Settings(state=tmp_path / "state", db=address))
    yield made
    made.close()


def test_a_procedure_is_recorded_from_time_out_to_registry(registry_house, let_in):
    client = let_in(registry_house)
    assert "gives no guidance" in client.get("/recorder").text
    page = client.post("/recorder/time-outs", json=FORM).json()["next"]
    assert client.get(page).status_code == 200

    def tap(n, event, **more):
        body = {"key": f"t-0000000{n}", "event": event, "level": "L2", "ago_s": 0.0} | more
        return client.post(f"{page}/taps", json=body)

    assert tap(0, "sample", injected_ml=1.0).status_code == 400
    for n, (event, more) in enumerate(
        (("mix-start", {}), ("inject-start", {}), ("sample", {"injected_ml": 1.5}), ("stop", {})), start=1
    ):
        assert tap(n, event, **more).status_code == 200
    assert client.post(f"{page}/reason", json={"key": "t-00000004", "reason": "epidural-leak"}).status_code == 200
    refused = tap(5, "sample", injected_ml=2.0)
    assert (refused.status_code, refused.json()["where"]) == (400, "reason")
    assert client.post(f"{page}/registry", json={}).json()["where"] == "who"
    client.post("/registry/who", json={"who": "nurse1"})
    answer = client.post(f"{page}/registry", json={})
    assert answer.status_code == 200, answer.text
    with open_registry(registry_house.settings.db) as registry:
        procedure = registry.get("procedure", "X-1").record
        assert procedure.levels[0].cement.total_ml == 1.5
        assert [event.event for event in procedure.events] == ["mix-start", "inject-start", "sample", "stop"]
        assert registry.get("patient", "P-1").record.sex is None
        assert registry.verify().intact
    assert client.post(f"{page}/registry", json={}).status_code == 400
    moved = client.get(answer.json()["next"])
    assert moved.status_code == 303
    assert "X-1" not in moved.headers["location"]
    there = client.get(moved.headers["location"])
    assert "<h1>Procedure X-1</h1>" in there.text


def test_a_procedure_that_is_not_in_the_registry_yet_has_no_page_there(registry_house, let_in):
    client = let_in(registry_house)
    page = client.post("/recorder/time-outs", json=FORM).json()["next"]
    assert client.get(f"{page}/procedure").status_code == 404


def test_the_page_shows_each_side_and_the_stops_undone(registry_house, let_in):
    client = let_in(registry_house)
    form = FORM | {"levels": ["L2", "L3"], "levels_again": ["L3", "L2"], "sides": {"L3": "both"}}
    page = client.post("/recorder/time-outs", json=form).json()["next"]
    assert "<strong>L2 left, L3 both</strong>" in client.get(page).text
    for n, event in enumerate(("mix-start", "stop")):
        client.post(f"{page}/taps", json={"key": f"t-0000000{n}", "event": event, "level": "L3", "ago_s": 0.0})
    told = client.post(f"{page}/undo", json={"key": "t-00000001"}).json()
    (undone,) = told["undone"]
    assert undone["level"] == "L3"
    assert undone["at"] <= undone["undone_at"]


def test_the_list_counts_from_the_mixing_in_use_as_the_big_clock_does(registry_house, let_in):
    client = let_in(registry_house)
    page = client.post("/recorder/time-outs", json=FORM).json()["next"]
    for n, (event, ago_s) in enumerate((("leak", 0.0), ("mix-start", 0.0), ("stylet", 0.0), ("mix-start", 0.0))):
        body = {"key": f"t-0000000{n}", "event": event, "level": "L2", "ago_s": ago_s}
        told = client.post(f"{page}/taps", json=body | ({"site": "epidural"} if event == "leak" else {})).json()
    before, first, stylet, second = (tap["since_mix_s"] for tap in told["taps"])
    assert (before, first, second) == (None, 0.0, 0.0)
    assert stylet >= 0.0
    assert told["mixed_s"] == told["taps"][3]["clock_s"]


def test_the_same_procedure_from_a_second_recording_is_refused(registry_house, let_in):
    client = let_in(registry_house)
    client.post("/registry/who", json={"who": "nurse1"})
    for expected in (200, 400):
        page = client.post("/recorder/time-outs", json=FORM).json()["next"]
        client.post(f"{page}/taps", json={"key": "t-00000001", "event": "mix-start", "level": "L2", "ago_s": 0})
        assert client.post(f"{page}/registry", json={}).status_code == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "x"}, {"event": "phase"}, {"event": "explode"}, {"level": "L2" * 50}, {"ago_s": -1}, {"ago_s": "NaN"},
        {"injected_ml": -1}, {"site": "heart"}, {"remark": ""}, {"more": 1}, {"remark": "x" * 3000},
    ],
    ids=str,
)  # fmt: skip
def test_a_malformed_tap_is_answered_with_an_error(client, changed):
    page = client.post("/recorder/time-outs", json=FORM).json()["next"]
    body = {"key": "t-00000001", "event": "mix-start", "level": "L2", "ago_s": 0.0} | changed
    answer = client.post(f"{page}/taps", json=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]
    assert client.get(f"{page}/state").json()["taps"] == []


def test_a_name_is_no_pseudonym(client):
    assert client.post("/recorder/time-outs", json=FORM | {"patient": "Jane Doe"}).status_code == 422


def test_only_pages_of_recordings_are_found(client, tmp_path):
    assert client.get("/recorder/p-0000000000000000").status_code == 404
    assert client.get("/recorder/..%2f..%2fkey").status_code in (400, 404)
    assert not Path(tmp_path / "state" / "recordings").exists()
