"""A session: one action after another, each on a new state; what cannot be done is said and changes nothing."""

import pickle
from dataclasses import replace

import pytest

from rehearsal_play import MIX, PASTE_S, acted, placed, ready
from vertebroplasty.cement.actions import (
    Balloon,
    CArm,
    Help,
    Image,
    Mix,
    MoveNeedle,
    Pause,
    Phlebogram,
    Push,
    Stop,
    Stylet,
    Wait,
    Withdraw,
)  # fmt: skip
from vertebroplasty.errors import Refused
from vertebroplasty.rehearsal.monitor import monitor
from vertebroplasty.rehearsal.session import made_ready, start, step

SOME = Push(rate_ml_per_s=0.05, volume_ml=0.2)


def said(state):
    """What the last action could not do; empty if it could."""
    return state.said if state.log[-1].get("event") == "impossible" else ""


def test_a_state_is_never_changed_by_what_follows_it(easy):
    begin = ready(easy)
    pushed = step(begin, SOME)
    hashes = begin.state_sha256, pushed.state_sha256
    later = acted(
        pushed, SOME, Image(frames=3), placed(easy, 2, needle=2), replace(SOME, needle=2), MIX,
        Wait(duration_s=PASTE_S), SOME, Stylet(), Withdraw(), Stop(),
    )  # fmt: skip
    assert later.bone.injected_ml > pushed.bone.injected_ml > begin.bone.injected_ml == 0.0
    assert (begin.state_sha256, pushed.state_sha256) == hashes


def test_made_ready_it_is_the_same_session(easy):
    """What was worked out beforehand changes neither log nor hash nor the first push, whatever comes between."""
    plain = acted(start(easy, 0), placed(easy), MIX)
    made = made_ready(acted(made_ready(step(start(easy, 0), placed(easy))), MIX))
    assert made.bone.first is not None
    assert (made.state_sha256, made.log) == (plain.state_sha256, plain.log)
    ways = (
        (), (placed(easy, 2),), (placed(easy, 2, needle=2),), (Withdraw(), placed(easy)),
        (Balloon(needle=1, volume_ml=1.0),),
    )  # fmt: skip
    for between in ways:
        rest = (*between, Wait(duration_s=PASTE_S), SOME, SOME)
        assert acted(made, *rest).state_sha256 == acted(plain, *rest).state_sha256
    both = (placed(easy, 2, needle=2), Wait(duration_s=PASTE_S), replace(SOME, needle=1))  # not the one used last
    assert acted(made_ready(step(made, both[0])), *both[1:]).state_sha256 == acted(plain, *both).state_sha256


def test_what_cannot_be_made_ready_is_left_as_it_is(easy):
    path = easy.paths[0]
    beside = path.entry_lps_mm - 15.0 * path.path.direction_lps
    wrong = MoveNeedle(
        needle=1, entry_lps_mm=tuple(map(float, beside)), tip_lps_mm=tuple(map(float, path.entry_lps_mm)))  # fmt: skip
    for state in (start(easy, 0), step(start(easy, 0), wrong), step(ready(easy), SOME)):
        again = made_ready(state)
        assert again.bone is state.bone
        assert again.log is state.log


def test_two_ways_on_from_one_state_do_not_touch_each_other(easy):
    begin = step(ready(easy), SOME)
    one, other = acted(begin, SOME, SOME), acted(begin, Wait(duration_s=30.0), SOME)
    assert acted(begin, SOME, SOME).state_sha256 == one.state_sha256 != other.state_sha256


def test_a_session_kept_and_taken_up_again_goes_on_the_same(easy):
    begin = step(ready(easy), SOME)
    rest = (SOME, Image(frames=1), Stylet(), Withdraw())
    kept = pickle.loads(pickle.dumps(begin))
    assert kept.state_sha256 == begin.state_sha256
    assert acted(kept, *rest).state_sha256 == acted(begin, *rest).state_sha256


def test_the_seed_draws_another_bone_and_nothing_else(easy):
    pressures = []
    for seed in (0, 0, 1):
        state = step(ready(easy, seed), SOME)
        pressures.append(state.log[-1]["pressure_kpa"])
    assert pressures[0] == pressures[1] != pressures[2]
    with pytest.raises(Refused, match="seed is -1"):
        start(easy, -1)


def test_what_takes_how_long(easy):
    begin = start(easy, 0)
    assert step(begin, Image(frames=8)).now_s == pytest.approx(1.0)  # 8 frames a second
    assert step(begin, CArm(lao_deg=90.0, cranial_deg=0.0)).now_s == pytest.approx(2.0 + 90.0 / 15.0)
    assert step(begin, CArm(lao_deg=-170.0, cranial_deg=0.0)).now_s == pytest.approx(2.0 + 10.0 / 15.0)  # the short way
    assert step(begin, Help()).now_s == step(begin, Pause()).now_s == 0.0
    state = ready(easy)
    assert step(state, SOME).now_s - state.now_s == pytest.approx(4.0)  # 0.2 ml at 0.05 ml/s


def test_the_clock_of_the_cement_begins_with_mixing(easy):
    state = acted(start(easy, 0), placed(easy), Wait(duration_s=500.0))
    assert state.phase is None
    state = acted(state, MIX, Wait(duration_s=PASTE_S))
    assert monitor(state).phase == "pasty"
    assert state.clock_s == pytest.approx(PASTE_S + 30.0)
    assert step(state, MIX).clock_s == pytest.approx(30.0)  # before any is pushed, mixing begins anew


def test_nothing_comes_without_mixing_or_without_a_needle(easy):
    assert "No cement has been mixed" in said(acted(start(easy, 0), placed(easy), SOME))
    assert "Needle 1 is not in place" in said(acted(start(easy, 0), MIX, SOME))
    out = acted(ready(easy), SOME, Stylet(), Withdraw())
    for action in (SOME, Stylet(), Withdraw(), Balloon(needle=1, volume_ml=1.0), Phlebogram(needle=1, volume_ml=1.0)):
        after = step(out, action)
        assert "Needle 1 is not in place" in said(after)
        assert after.bone is out.bone
        assert after.now_s == out.now_s


def test_a_stop_is_for_good_and_a_pause_is_not(easy):
    state = acted(ready(easy), SOME, Pause(), SOME)
    assert state.bone.injected_ml == pytest.approx(0.4)
    state = acted(state, Stop(), SOME)
    assert "You have stopped" in said(state)
    assert state.bone.injected_ml == pytest.approx(0.4)
    assert "stopped already" in said(step(state, Stop()))
    assert "nothing to stop" in said(step(ready(easy), Stop()))
    assert step(state, Stylet()).log[-1]["reinserted"]  # what the cannula holds may still be driven in


def test_time_never_runs_backwards(easy):
    state = step(start(easy, 0), Wait(duration_s=10.0))
    back = step(state, Image(frames=1, t_s=9.0))
    assert "lies in the past" in back.said
    assert back.log == state.log
    assert back.now_s == state.now_s
    ahead = step(state, Image(frames=8, t_s=20.0))
    assert ahead.now_s == pytest.approx(21.0)
    assert [e["t_s"] for e in ahead.log] == sorted(e["t_s"] for e in ahead.log)
    over = acted(state, Wait(duration_s=7000.0), Wait(duration_s=7000.0))
    assert "wait for less" in said(over)
    assert over.now_s == state.now_s + 7000.0


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (Wait(duration_s=float("nan")), "duration_s must be a number"),
        (Image(frames=0), "frames must be above zero"),
        (Image(frames=601), "too many at once"),
        (CArm(lao_deg=200.0, cranial_deg=0.0), "lao_deg is 200"),
        (Mix(product="honey"), "no cement called honey"),
        (Mix(product="event"), "a word that a log keeps"),
        (Mix(product="pmma-medium", needle=1), "leave its needle out"),
        (MoveNeedle(needle=5, entry_lps_mm=(0, 0, 0), tip_lps_mm=(0, 9, 0)), "4 needles at most"),
        (MoveNeedle(needle=1, entry_lps_mm=(0, 0, 0), tip_lps_mm=(0, 1e6, 0)), "more than 400 mm"),
        (MoveNeedle(needle=1, entry_lps_mm=(0, 0, 0), tip_lps_mm=(0, 0, 0)), "coincide"),
        (Push(rate_ml_per_s=0.05, volume_ml=1.5), "holds 1 ml at most"),
        (Push(rate_ml_per_s=5.0, duration_s=60.0), "holds 1 ml at most"),
        (Push(rate_ml_per_s=0.001, volume_ml=0.5), "lasts 120 s at most"),
        (Push(rate_ml_per_s=0.05, volume_ml=0.1, needle=3), "Needle 3 is not in place"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(easy, action, sentence):
    state = ready(easy)
    after = step(state, action)
    assert sentence in after.said
    assert after.bone is state.bone
    assert (after.now_s, after.view.lao_deg, after.frames) == (state.now_s, state.view.lao_deg, state.frames)


def test_a_needle_may_be_put_where_no_cement_can_leave_it(easy):
    path = easy.paths[0]
    beside = path.entry_lps_mm - 15.0 * path.path.direction_lps
    wrong = MoveNeedle(
        needle=1, entry_lps_mm=tuple(map(float, beside)), tip_lps_mm=tuple(map(float, path.entry_lps_mm)))  # fmt: skip
    state = acted(start(easy, 0), wrong, MIX, Wait(duration_s=PASTE_S), SOME)
    assert "does not lie in cancellous bone" in said(state)
    assert acted(state, placed(easy), SOME).bone.injected_ml == pytest.approx(0.2)


def test_an_advanced_needle_leaves_no_track_and_one_set_anew_does(easy):
    path = easy.paths[0]
    entry, tip = path.entry_lps_mm, path.tip_lps_mm
    half = MoveNeedle(
        needle=1, entry_lps_mm=tuple(map(float, entry)), tip_lps_mm=tuple(map(float, entry + 0.5 * (tip - entry)))
    )
    advanced = acted(start(easy, 0), half, placed(easy))
    assert advanced.bone.needles.left == []
    assert len(acted(advanced, half).bone.needles.left) == 1  # drawn back, the channel before it stays open
    assert len(acted(advanced, placed(easy, 2)).bone.needles.left) == 1


def test_a_push_too_fast_for_the_cement_may_be_tried_again_more_slowly(easy):
    late = acted(ready(easy), Wait(duration_s=120.0))
    stuck = step(late, Push(rate_ml_per_s=5.0, volume_ml=0.5))
    assert stuck.log[-1]["ended"] == "pressure-limit"
    assert "push more slowly" in stuck.said
    assert step(stuck, SOME).bone.injected_ml > stuck.bone.injected_ml


def test_hardened_cement_is_pushed_no_more_until_mixed_again(easy):
    late = acted(ready(easy), SOME, Wait(duration_s=400.0))
    assert "pasty phase of the cement has ended" in said(step(late, SOME))
    hard = acted(late, Stylet(), Withdraw())
    assert not next(e for e in hard.log if e.get("event") == "stylet")["reinserted"]
    assert hard.bone.injected_ml > late.bone.injected_ml  # its column stayed in the track
    again = acted(late, MIX, placed(easy, 2, needle=2), Wait(duration_s=PASTE_S), replace(SOME, needle=2))
    assert said(again) == ""


def test_two_needles_may_be_pushed_together(easy):
    right = next(n for n, p in enumerate(easy.paths, 1) if p.side != easy.paths[0].side)
    state = acted(ready(easy), placed(easy, right, needle=2), Push(needles=(1, 2), rate_ml_per_s=0.1, volume_ml=0.4))
    assert said(state) == ""
    assert state.bone.injected_ml == pytest.approx(0.4)


def test_a_balloon_before_the_cement_makes_room(easy):
    open_bone = acted(start(easy, 0), placed(easy), Balloon(needle=1, volume_ml=2.0))
    assert open_bone.log[-1]["volume_ml"] > 0.5
    state = acted(open_bone, MIX, Wait(duration_s=PASTE_S), SOME)
    assert state.bone.cavities[0].mask[state.bone.content_ml > 0.0].mean() > 0.5  # it fills the cavity first


def test_help_says_the_view_the_needle_and_the_cement(easy):
    words = step(start(easy, 0), Help()).said
    for part in ("true AP", "The planner would go in on the", "No cement has been mixed"):
        assert part in words
    assert "push in small portions" in step(ready(easy), Help()).said
