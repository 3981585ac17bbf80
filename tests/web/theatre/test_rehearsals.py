"""Rehearsals on disk: begun, found again, and taken up after a crash as they were."""

import json

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.rehearsal.pacing import begun
from vertebroplasty.rehearsal.session import replayed, start
from vertebroplasty.web.log_file import add_lines, read_lines
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.theatre.rehearsals import Rehearsals
from vertebroplasty.web.theatre.restoring import restored
from web.theatre.test_socket import MIX, PUSH, lateral, placed

NOISE_GREY = 40.0  # two held pictures of one moment differ by less than this in all but 0.5 % of their pixels


def apart(one, other):
    """By how much two pictures differ where they differ most, single pixels left out."""
    return float(np.percentile(np.abs(one.astype(float) - other), 99.5))


def test_a_rehearsal_is_found_again_by_its_id_and_nothing_else_is(tmp_path):
    rehearsals = Rehearsals(tmp_path)
    made = rehearsals.begin("breach", "L2", 7, synthetic=True)
    found = Rehearsals(tmp_path).find(made)
    assert (found.case_id, found.level, found.seed, found.synthetic) == ("breach", "L2", 7, True)
    for name in ("r-0000000000000000", "../secret", made + "/..", ""):
        with pytest.raises(NotFound, match="no such rehearsal"):
            rehearsals.find(name)
    assert [each.id for each in rehearsals.all()] == [made]


def test_the_choice_of_a_guided_rehearsal_outlives_a_restart(tmp_path):
    rehearsals = Rehearsals(tmp_path)
    for guided in (False, True):
        made = rehearsals.begin("breach", "L2", 7, guided=guided)
        assert Rehearsals(tmp_path).find(made).guided is guided


def test_a_spoilt_record_is_refused(tmp_path):
    rehearsals = Rehearsals(tmp_path)
    made = rehearsals.begin("breach", "L2", 7)
    (tmp_path / f"{made}.json").write_text("{", encoding="utf-8")
    with pytest.raises(Refused, match="cannot be read"):
        rehearsals.find(made)


def test_a_killed_server_loses_nothing_that_it_acknowledged(desk, opened, tmp_path):
    """Every answer's entries are on disk when it comes; a copy of the files taken then replays to the same hash."""
    rehearsal = desk.begun()
    file = tmp_path / "state" / "rehearsals" / f"{rehearsal}.jsonl"
    with desk.window(rehearsal) as window:
        for message in (
            {"actions": (placed(opened), MIX)},
            {"actions": ({"action": "wait", "duration_s": 240.0}, lateral(opened))},
            {"elapsed_s": 1.3, "push": PUSH, "pedal": True},
            {"elapsed_s": 0.7, "push": PUSH, "actions": ({"action": "stop"},)},
            {"elapsed_s": 9.0},
        ):
            actions = message.pop("actions", ())
            window.say(*actions, **message)
            live = desk.house.rehearsals.live(rehearsal)
            lines = read_lines(file)
            assert replayed(opened.rehearsal, 3, lines).state_sha256 == live.paced.state.state_sha256
        now_s = live.paced.now_s
    assert len(desk.house.rehearsals.log_of(rehearsal)) == len(read_lines(file)) - 1  # how late it was is no action
    record = desk.house.rehearsals.find(rehearsal)
    found = restored(lambda share, what: None, opened.rehearsal, record, read_lines(file)).paced
    assert found.now_s == pytest.approx(now_s)  # the clock of the cement ran on


def test_another_start_of_the_server_takes_the_session_up(desk, again, opened):
    rehearsal = desk.begun()
    with desk.window(rehearsal) as window:
        window.say(placed(opened), MIX)
        before = desk.house.rehearsals.live(rehearsal).paced
    other = again()
    waiting = other.client.get(f"/theatre/{rehearsal}")
    assert waiting.status_code == 202
    while other.client.get(f"/theatre/{rehearsal}").status_code == 202:
        pass
    after = other.house.rehearsals.live(rehearsal).paced
    assert after.state.state_sha256 == before.state.state_sha256
    with other.window(rehearsal) as window:
        assert window.hello["monitor"]["needles"].keys() == {"1"}
        assert window.say(elapsed_s=0.1, pedal=True)["frames"]


def test_the_last_pictures_are_on_the_monitors_again_as_of_the_moments_they_were_taken(desk, again, opened):
    """Lateral while pushing, then AP; a millilitre pushed in the dark later is on neither; no dose, no entry."""
    rehearsal = desk.begun()
    turned = {"action": "c-arm", "lao_deg": 180.0, "cranial_deg": 0.0, "plane": 1}
    with desk.window(rehearsal) as window:
        window.say(placed(opened), MIX, {"action": "wait", "duration_s": 240.0})
        window.say(lateral(opened))
        window.say(elapsed_s=2.0, push=PUSH, pedal=True)
        window.say(elapsed_s=0.1)
        window.say(turned, {"action": "image", "frames": 1})
        window.say(elapsed_s=10.0, push=PUSH)
        before = desk.house.rehearsals.live(rehearsal)
        window.say(lateral(opened))
        dark = before.paced.state
    lines = desk.house.rehearsals.log_of(rehearsal)
    other = again()
    while other.client.get(f"/theatre/{rehearsal}").status_code == 202:
        pass
    with other.window(rehearsal) as window:
        greeted = {
            each["monitor"]: (each, grey) for each, grey in zip(window.hello["frames"], window.pictures, strict=True)
        }
        assert greeted.keys() == {"left", "right"}
        for monitor, shot in before.shots.items():
            told, grey = greeted[monitor]
            assert told == json.loads(json.dumps(shot.told))
            assert not told["live"]
            assert apart(grey, shot.grey) < NOISE_GREY
        after = other.house.rehearsals.live(rehearsal).paced.state
        assert (after.dose_mgy, after.frames, after.state_sha256) == (dark.dose_mgy, dark.frames, dark.state_sha256)
        assert other.house.rehearsals.log_of(rehearsal) == lines
        window.say(elapsed_s=0.2, pedal=True)
        window.say(elapsed_s=0.1)
        assert apart(window.pictures[0], before.shots["right"].grey) > 2.0 * NOISE_GREY


def test_a_last_line_torn_by_a_crash_is_mended(tmp_path, opened):
    rehearsals = Rehearsals(tmp_path)
    record = rehearsals.find(rehearsals.begin("breach", "L2", 3))
    live = rehearsals.take_up(record, opened.rehearsal, begun(start(opened.rehearsal, 3)))
    file = tmp_path / f"{record.id}.jsonl"
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole + '{"t_s": 0.0, "acti', encoding="utf-8")
    assert read_lines(file) == whole.splitlines()
    other = Rehearsals(tmp_path)
    other.take_up(record, opened.rehearsal, live.paced)
    assert file.read_text(encoding="utf-8") == whole


def test_a_spoilt_log_is_refused(tmp_path):
    rehearsals = Rehearsals(tmp_path)
    made = rehearsals.begin("breach", "L2", 7)
    (tmp_path / f"{made}.jsonl").write_text('{"t_s": 0.0, "event": "start"}\nnothing\n', encoding="utf-8")
    with pytest.raises(Refused, match="log of this rehearsal cannot be read"):
        rehearsals.log_of(made)


def test_a_log_without_its_file_is_empty(tmp_path):
    assert read_lines(tmp_path / "none.jsonl") == []
    add_lines(tmp_path / "none.jsonl", (), for_good=False)
    assert not (tmp_path / "none.jsonl").exists()
    add_lines(tmp_path / "one.jsonl", ({"t_s": 1.0, "event": "x"},), for_good=True)
    assert json.loads(read_lines(tmp_path / "one.jsonl")[0]) == {"t_s": 1.0, "event": "x"}


def test_what_is_begun_must_be_there(desk):
    headers = {"X-CSRF-Token": desk.token}
    for wanted, said in (
        ({"case": "nobody", "level": "L2"}, "no such case"),
        ({"case": "breach", "level": "L5"}, "about L2"),
    ):
        answer = desk.client.post("/rehearsals", json=wanted, headers=headers)
        assert answer.status_code == 400
        assert said in answer.json()["error"]
    for wanted in ({"case": "../x", "level": "L2"}, {"case": "breach", "level": "L2", "seed": -1}, {}):
        assert desk.client.post("/rehearsals", json=wanted, headers=headers).status_code == 422
    assert desk.client.get("/theatre/r-0000000000000000").status_code == 404
