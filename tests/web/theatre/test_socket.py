"""The socket: one answer for one message; what the trainee may know and nothing else; other windows; nonsense."""

import random
import time

import numpy as np
import pytest

from vertebroplasty.rehearsal.session import replayed

MIX = {"action": "mix", "product": "pmma-medium"}
PUSH = {"rate_ml_per_s": 0.1}
FUZZ_S = 6.0


def placed(opened, n=0, needle=1):
    path = opened.rehearsal.paths[n]
    entry, tip = (tuple(float(v) for v in p) for p in (path.entry_lps_mm, path.tip_lps_mm))
    return {"action": "move-needle", "needle": needle, "entry_lps_mm": entry, "tip_lps_mm": tip}


def lateral(opened, plane=1):
    from vertebroplasty.fluoroscopy.views import true_lateral

    view = true_lateral(opened.rehearsal.vertebra.frame)
    return {"action": "c-arm", "lao_deg": view.lao_deg, "cranial_deg": view.cranial_deg, "plane": plane}


def test_a_window_is_greeted_with_the_session_so_far(desk):
    with desk.window(desk.begun()) as window:
        assert window.hello["ok"]
        assert window.hello["monitor"]["now_s"] == 0.0
        assert [each["event"] for each in window.hello["events"]] == ["start"]
        assert window.hello["frames"] == []


def test_the_pedal_gives_live_pictures_and_the_last_one_is_held_when_it_is_let_go(desk):
    with desk.window(desk.begun()) as window:
        live = window.say(elapsed_s=0.1, pedal=True)
        assert [(f["monitor"], f["live"]) for f in live["frames"]] == [("left", True)]
        first = window.pictures[0]
        assert first.shape == (512, 512)
        assert first.std() > 10  # anatomy, not a grey field
        window.say(elapsed_s=0.1, pedal=True)
        assert (window.pictures[0] != first).mean() > 0.3  # fresh noise
        hold = window.say(elapsed_s=0.1)
        assert [(f["monitor"], f["live"]) for f in hold["frames"]] == [("left", False)]
        assert np.abs(np.diff(window.pictures[0].astype(float))).mean() < np.abs(np.diff(first.astype(float))).mean()
        assert window.say(elapsed_s=0.1)["frames"] == []


def test_the_picture_goes_to_the_monitor_of_its_view_and_both_tubes_to_both(desk, opened):
    with desk.window(desk.begun()) as window:
        window.say(lateral(opened))
        assert window.say(elapsed_s=0.1, pedal=True)["frames"][0]["monitor"] == "right"
        window.say({"action": "c-arm", "lao_deg": 180.0, "cranial_deg": 0.0}, lateral(opened, plane=2))
        both = window.say(elapsed_s=0.1, pedal=True, planes=2)
        assert [(f["monitor"], f["plane"]) for f in both["frames"]] == [("left", 1), ("right", 2)]


def test_the_projection_falls_where_the_needle_is_drawn(desk, opened):
    """The matrix that overlays are drawn by puts the tip where the detector does."""
    with desk.window(desk.begun()) as window:
        frame = window.say(elapsed_s=0.1, pedal=True)["frames"][0]
        state = desk.house.rehearsals.paced(next(iter(desk.house.rehearsals._live))).state
        tip = opened.rehearsal.paths[0].tip_lps_mm
        from vertebroplasty.fluoroscopy.detector import Detector
        from vertebroplasty.fluoroscopy.image import FIELD_MM, SIZE

        view = state.view
        detector = Detector(view=view, size=SIZE, pixel_mm=FIELD_MM / SIZE * view.sid_mm / view.sod_mm)
        row, column = detector.to_pixel(tip[None])[0]
        found = np.asarray(frame["matrix"]) @ [*tip, 1.0]
        assert found[:2] / found[2] == pytest.approx([column, row], abs=1e-6)
        assert frame["pixel_mm"] == pytest.approx(FIELD_MM / SIZE)


def leaking(window, opened):
    """Pushed blind through a breach until cement lies outside, the tube lateral; what was answered."""
    window.say(placed(opened), MIX)
    window.say({"action": "wait", "duration_s": 240.0}, lateral(opened))
    return [window.say(elapsed_s=4.0, push=PUSH) for _ in range(8)]


def test_a_leak_in_view_is_told_at_once_in_a_guided_rehearsal_and_not_before_a_picture(desk, opened):
    with desk.window(desk.begun(guided=True)) as window:
        blind = leaking(window, opened)
        live = next(iter(desk.house.rehearsals._live.values()))
        assert sum(live.paced.state.bone.leaked_ml.values()) > 0.1
        assert all(each["monitor"]["seen"] == [] for each in blind)
        assert not any("leak" in str(each) for each in blind)
        seen = window.say(elapsed_s=0.2, pedal=True)
        told = seen["monitor"]["seen"]
        assert told
        assert told == list(live.paced.state.seen) == [each["site"] for each in seen["events"] if "site" in each]
        assert seen["monitor"]["said"] == f"Now seen: {', '.join(told)}."
        assert "leaked_ml" not in str(seen)


def test_unguided_nothing_but_the_picture_tells_of_a_leak_until_help_is_asked_for(desk, opened):
    """Neither live nor by a single picture nor to a window that comes later; the log on disk holds it all the same."""
    rehearsal = desk.begun()
    with desk.window(rehearsal) as window:
        leaking(window, opened)
        before = window.say(elapsed_s=0.1)
        answers = [window.say(elapsed_s=0.2, pedal=True), window.say(elapsed_s=0.2)]
        live = desk.house.rehearsals.live(rehearsal)
        seen = live.paced.state.seen
        assert seen
        answers += [window.say({"action": "image", "frames": 1}), window.say(elapsed_s=1.0, push=PUSH, pedal=True)]
        assert [each["frames"] != [] for each in answers] == [True] * 4
        with desk.window(rehearsal) as later:
            for each in (*answers, later.hello):
                words = str({**each, "frames": []})
                assert not [site for site in (*seen, "leak", "Now seen", "'site'") if site in words]
                assert each["monitor"]["seen"] == []
            assert answers[0]["entries"] - before["entries"] == 2  # the action and its picture, as of any other
            assert seen[0] in later.say({"action": "help"})["monitor"]["said"]
    lines = desk.house.rehearsals.log_of(rehearsal)
    assert sum('"event": "leak"' in line for line in lines) == len(live.paced.state.seen)


def test_a_picture_that_shows_a_leak_hides_no_other_answer(desk, opened):
    """Of one message: what could not be done before or after the picture is said."""
    with desk.window(desk.begun()) as window:
        leaking(window, opened)
        told = window.say({"action": "image", "frames": 1}, {"action": "withdraw", "needle": 3})
        assert "3" in told["monitor"]["said"]
        assert told["monitor"]["said"] == told["events"][-1]["said"]
        assert "Now seen" not in str(told)


def test_help_tells_the_angle_as_it_is_read_on_the_gantry(desk):
    with desk.window(desk.begun()) as window:
        for lao_deg, cranial_deg, words in ((-150.0, 12.0, "(to right "), (90.0, -20.0, "(to cranial ")):
            turned = {"action": "c-arm", "lao_deg": lao_deg, "cranial_deg": cranial_deg, "plane": 1}
            told = window.say(turned, {"action": "help"})
            assert words in told["monitor"]["said"]
            assert told["events"][-1]["said"] == told["monitor"]["said"]
            assert "lao" not in told["monitor"]["said"]
            assert told["events"][0]["lao_deg"] == lao_deg  # documents speak DICOM


def test_waiting_passes_faster_but_not_with_a_hand_on_something(desk):
    with desk.window(desk.begun()) as window:
        assert window.say(elapsed_s=1.0, factor=20)["monitor"]["now_s"] == pytest.approx(20.0)
        assert window.say(elapsed_s=1.0, factor=20, pedal=True)["monitor"]["now_s"] == pytest.approx(21.0)
        assert window.say(elapsed_s=30.0, factor=20)["monitor"]["now_s"] == pytest.approx(81.0)  # 60 s at most


def test_what_cannot_be_done_is_said_and_the_session_goes_on(desk):
    with desk.window(desk.begun()) as window:
        assert "Nothing has been pushed" in window.say({"action": "stop"})["monitor"]["said"]
        refused = window.say({"action": "fly"})
        assert not refused["ok"]
        assert "mix, wait, push" in refused["error"]
        planes = window.say(elapsed_s=0.1, pedal=True, planes=2)
        assert "second plane is not set" in planes["error"]
        told = window.say({"action": "image", "frames": 1, "t_s": 5000.0})
        assert told["error"] == "The server tells the time of an action."
        assert window.say(elapsed_s=0.1)["ok"]


def test_a_second_window_takes_over_and_the_first_is_told(desk):
    rehearsal = desk.begun()
    with desk.client, desk.window(rehearsal) as first:
        first.say(elapsed_s=1.0)
        with desk.window(rehearsal) as second:
            told, _ = first.answer()
            assert told["code"] == "taken"
            assert second.hello["monitor"]["now_s"] == pytest.approx(1.0)
            assert second.say(elapsed_s=1.0)["ok"]


def test_a_session_that_is_not_in_memory_asks_for_a_reload(desk, again):
    rehearsal = desk.begun()
    with again().window(rehearsal) as window:
        assert window.hello["code"] == "reload"


def test_nonsense_gets_an_answer_and_changes_nothing(desk):
    """Time-boxed: broken JSON, wrong types, huge and infinite numbers, deep nesting, binary; the session lives."""
    rng = random.Random(8)
    whole = (
        '{"seq": 1, "elapsed_s": 0.1, "push": {"rate_ml_per_s": 0.05}, "pedal": true, "actions": [{"action": "mix"}]}'
    )
    values = ["1e999", "NaN", "-1", "null", '"x"', "[]", "{}", "true", "99999999999999999999", "[" * 3000, '"\\ud800"']
    with desk.window(desk.begun()) as window:
        end, sent = time.monotonic() + FUZZ_S, 0
        while time.monotonic() < end:
            kind = rng.randrange(5)
            if kind == 0:
                text = whole[: rng.randrange(len(whole))]
            elif kind == 1:
                at = rng.randrange(len(whole))
                text = whole[:at] + chr(rng.randrange(1, 0x3000)) + whole[at + 1 :]
            elif kind == 2:
                key = rng.choice(["seq", "elapsed_s", "factor", "push", "pedal", "planes", "actions", "path"])
                text = f'{{"seq": 2, "{key}": {rng.choice(values)}}}'
            elif kind == 3:
                name = rng.choice(["mix", "push", "c-arm", "image", "move-needle", "wait", "phlebogram"])
                key = rng.choice(["product", "needle", "lao_deg", "frames", "entry_lps_mm", "duration_s", "event"])
                text = f'{{"seq": 3, "actions": [{{"action": "{name}", "{key}": {rng.choice(values)}}}]}}'
            else:
                text = "x" * rng.randrange(20_000)
            if rng.random() < 0.1:
                window.socket.send_bytes(text.encode())
            else:
                window.socket.send_text(text)
            window.answer()
            sent += 1
        assert sent > 50
        healthy = window.say(elapsed_s=0.5)
        assert healthy["ok"]
        assert healthy["monitor"]["injected_ml"] == 0.0
    live = next(iter(desk.house.rehearsals._live.values()))
    lines = desk.house.rehearsals.log_of(live.record.id)
    assert replayed(live.case, 3, lines).state_sha256 == live.paced.state.state_sha256
