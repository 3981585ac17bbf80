"""Played against a wall clock: what is held becomes actions, and their log replays to the same state."""

import math
import pickle

import numpy as np
import pytest

from random_actions import broken_invariants, random_message
from rehearsal_play import MIX, PASTE_S, placed, ready
from vertebroplasty.cement.actions import CArm, Mix, MoveNeedle, Pause, Stop, Wait
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S
from vertebroplasty.rehearsal import session
from vertebroplasty.rehearsal.monitor import monitor
from vertebroplasty.rehearsal.pacing import Plunger, begun, paced
from vertebroplasty.rehearsal.picture import cement_over_time
from vertebroplasty.rehearsal.session import log_lines, replayed, start, step

USUAL = Plunger(rate_ml_per_s=0.05)
FRAME_S = 1 / 15


def told(p, name):
    return [e for e in p.state.log if e.get("action") == name]


def held(p, seconds, **how):
    """Messages of a fifteenth of a second for a time."""
    for _ in range(round(seconds / FRAME_S)):
        p = paced(p, elapsed_s=FRAME_S, **how)
    return p


@pytest.fixture(scope="module")
def paste(easy):
    """Needle in, cement paste."""
    return begun(ready(easy))


def same_when_replayed(p, seed=0):
    return replayed(p.state.case, seed, log_lines(p.state)).state_sha256 == p.state.state_sha256


def test_time_that_passes_is_written_by_the_next_action_only(easy):
    p = held(begun(start(easy, 0)), 10.0)
    assert p.now_s == pytest.approx(10.0)
    assert p.ahead_s == p.now_s
    assert len(p.state.log) == 1  # the start
    p = paced(p, elapsed_s=2.0, actions=(CArm(lao_deg=90.0, cranial_deg=0.0, t_s=3.0), Pause()))
    (turned,) = told(p, "c-arm")
    assert turned["t_s"] == pytest.approx(12.0)  # whatever moment it states
    assert p.now_s == pytest.approx(12.0 + 2.0 + 90.0 / 15.0)  # turning takes its own time
    assert p.ahead_s == 0.0
    assert same_when_replayed(p)


def test_a_syringe_held_gives_its_rate_times_the_time(paste):
    p = held(paste, 4.0, push=USUAL)
    assert p.state.bone.injected_ml == pytest.approx(0.05 * 4.0)
    assert p.now_s - paste.now_s == pytest.approx(4.0)
    assert len(told(p, "push")) == 60
    whole = step(paste.state, USUAL.pushed(4.0))
    # one push of 4 s solves the pressure four times, these sixty times: the front is the same to a drop
    apart = np.abs(p.state.bone.content_ml - whole.bone.content_ml).sum()
    assert apart < 0.05 * whole.bone.injected_ml
    assert same_when_replayed(p)


def test_when_cement_came_is_told_the_same_however_it_was_pushed(paste):
    (_, whole), (_, held_) = (
        cement_over_time(state)
        for state in (step(paste.state, USUAL.pushed(4.0)), held(paste, 4.0, push=USUAL).state)
    )  # fmt: skip
    both = np.isfinite(whole) & np.isfinite(held_)
    assert both.sum() > 0.9 * np.isfinite(whole).sum()
    assert np.abs(whole[both] - held_[both]).max() < 1.0  # one push is looked at each second, when its portion ends
    history = held(paste, 4.0, push=USUAL).state.bone.operation.run.history
    assert len(history) == 61  # a push that goes on from the one before remembers nothing twice


def test_the_clock_runs_on_the_monitor_between_two_actions(paste):
    p = held(paste, 3.0)
    seen = monitor(p.state, at_s=p.now_s)
    assert seen.now_s == p.now_s
    assert seen.clock_s == pytest.approx(PASTE_S + 30.0 + 3.0)
    assert monitor(p.state).clock_s == pytest.approx(PASTE_S + 30.0)
    late = monitor(p.state, at_s=p.now_s + 2000.0)
    assert (monitor(p.state).phase, late.phase) == ("pasty", "set")
    assert monitor(p.state, at_s=0.0).now_s == p.state.now_s


@pytest.mark.parametrize("message_s", [1 / 15, 0.01, 0.5, 1.0, 7.3])
def test_the_beam_pulses_eight_times_a_second_however_the_messages_come(easy, message_s):
    p, n = begun(start(easy, 0)), 30
    for _ in range(n):
        p = paced(p, elapsed_s=message_s, pedal=True)
    frames = sum(e["frames"] for e in told(p, "image"))
    assert frames == math.ceil(n * message_s * FRAMES_PER_S - 1e-6)  # the first as the pedal goes down
    assert p.now_s == pytest.approx(n * message_s)  # live frames take no time of their own
    assert p.state.frames == frames
    assert p.state.dose_mgy == pytest.approx(frames * easy.entrance_mgy["ap"])
    assert all(e["live"] for e in told(p, "image"))
    assert same_when_replayed(p)


def test_a_tap_on_the_pedal_is_one_frame_each_time(easy):
    p = begun(start(easy, 0))
    for _ in range(5):
        p = paced(paced(p, elapsed_s=0.02, pedal=True), elapsed_s=0.02)
    assert p.state.frames == 5


def test_pushed_under_the_beam_both_are_written_and_counted(paste):
    p = held(paste, 2.0, push=USUAL, pedal=True)
    assert p.state.bone.injected_ml == pytest.approx(0.1)
    assert p.state.frames - paste.state.frames == 16
    assert p.now_s - paste.now_s == pytest.approx(2.0)
    times = [e["t_s"] for e in p.state.log]
    assert times == sorted(times)
    assert same_when_replayed(p)


def test_both_planes_together_cost_both_doses(easy):
    p = begun(start(easy, 0))
    with pytest.raises(Refused, match="second plane is not set"):
        paced(p, elapsed_s=1.0, pedal=True, planes=2)
    p = paced(p, elapsed_s=0.0, actions=(CArm(lao_deg=90.0, cranial_deg=0.0, plane=2),))
    p = paced(p, elapsed_s=1.0, pedal=True, planes=2)
    assert p.state.frames == 16
    assert p.state.dose_mgy == pytest.approx(8 * (easy.entrance_mgy["ap"] + easy.entrance_mgy["lateral"]))
    assert same_when_replayed(p)


def test_a_plunger_held_in_vain_is_written_once_until_let_go(easy):
    p = held(begun(start(easy, 0)), 3.0, push=USUAL)
    assert len(told(p, "push")) == 1
    assert "No cement has been mixed" in p.state.said
    assert p.now_s == pytest.approx(3.0)  # time passes all the same
    p = held(held(p, 1.0), 1.0, push=USUAL)  # let go, and held again
    assert len(told(p, "push")) == 2
    p = paced(p, elapsed_s=0.0, actions=(placed(easy), MIX, Wait(duration_s=PASTE_S)))
    p = held(p, 1.0, push=USUAL)
    assert p.state.bone.injected_ml == pytest.approx(0.05)
    assert p.stalled is None
    assert same_when_replayed(p)


def test_paste_that_ends_under_the_thumb_stops_by_itself(paste):
    spans = paste.state.clock.phases()
    p = begun(step(paste.state, Wait(duration_s=spans[-2].start_s - paste.state.clock_s - 1.0)))
    p = held(p, 30.0, push=USUAL)
    assert p.stalled == USUAL
    assert "pasty phase of the cement has ended" in p.state.said
    assert len([e for e in p.state.log if e.get("event") == "impossible"]) <= 1
    assert p.now_s == pytest.approx(paste.now_s + spans[-2].start_s - paste.state.clock_s - 1.0 + 30.0)
    assert same_when_replayed(p)


def test_a_message_that_comes_late_pushes_what_one_push_may_hold(paste):
    p = paced(paste, elapsed_s=60.0, push=USUAL)
    assert p.state.bone.injected_ml == pytest.approx(1.0)  # not 3 ml
    assert p.now_s - paste.now_s == pytest.approx(60.0)
    assert same_when_replayed(p)


def test_stop_comes_after_what_was_pushed_until_then(paste):
    p = paced(paste, elapsed_s=0.4, push=USUAL, actions=(Stop(),))
    assert p.state.bone.injected_ml == pytest.approx(0.02)
    assert p.state.stopped_s == pytest.approx(paste.now_s + 0.4)
    after = held(p, 1.0, push=USUAL)
    assert after.state.bone.injected_ml == p.state.bone.injected_ml
    assert "You have stopped" in after.state.said


def test_a_pressure_may_be_held_as_well(paste):
    p = held(paste, 1.0, push=Plunger(pressure_kpa=1500.0))
    assert p.state.bone.injected_ml > 0.0
    assert monitor(p.state, at_s=p.now_s).pressure_kpa == pytest.approx(1500.0, rel=0.05)
    assert same_when_replayed(p)


@pytest.mark.parametrize("elapsed_s", [-1.0, 60.1, math.nan, math.inf])
def test_a_time_that_is_none_is_refused_and_nothing_happens(paste, elapsed_s):
    with pytest.raises(Refused, match="give 0 to 60 seconds"):
        paced(paste, elapsed_s=elapsed_s, push=USUAL)


@pytest.mark.parametrize("push", [Plunger(), Plunger(rate_ml_per_s=0.1, pressure_kpa=5.0)])
def test_a_plunger_is_held_at_a_rate_or_a_pressure(paste, push):
    with pytest.raises(Refused, match="either rate_ml_per_s or pressure_kpa"):
        paced(paste, elapsed_s=0.1, push=push)


def test_two_hours_end_it(paste):
    p = paced(paste, elapsed_s=0.0, actions=(Wait(duration_s=6700.0),))
    for _ in range(5):
        p = paced(p, elapsed_s=60.0, pedal=True)
    assert p.now_s == session.LONGEST_S
    assert "session is over" in p.state.said
    frames = p.state.frames
    assert paced(p, elapsed_s=60.0, pedal=True).state.frames == frames
    assert same_when_replayed(p)


def test_a_log_that_is_full_takes_no_more(paste, monkeypatch):
    monkeypatch.setattr(session, "MOST_ACTIONS", paste.state.actions + 3)
    p = held(paste, 1.0, push=USUAL)
    assert p.state.actions == session.MOST_ACTIONS
    assert "a log holds" in p.state.said
    assert p.now_s - paste.now_s == pytest.approx(1.0)
    assert same_when_replayed(p)


def test_kept_and_taken_up_again_it_goes_on_the_same(paste):
    p = held(paste, 1.0, push=USUAL, pedal=True)
    one, other = (held(q, 1.0, push=USUAL, pedal=True) for q in (p, pickle.loads(pickle.dumps(p))))
    assert one.state.state_sha256 == other.state.state_sha256
    assert one.now_s == other.now_s


@pytest.mark.parametrize("seed", range(3))
def test_random_messages_break_no_invariant_and_the_log_replays(cases, seed):
    case = cases[("easy", "breach", "cleft")[seed]]
    rng, p = np.random.default_rng(seed), begun(start(case, seed))
    path = case.paths[0]
    entry, tip = (tuple(float(x) for x in end) for end in (path.entry_lps_mm, path.tip_lps_mm))
    opening = (MoveNeedle(needle=1, entry_lps_mm=entry, tip_lps_mm=tip), Mix(product="pmma-medium"))
    p = paced(p, elapsed_s=1.0, actions=(*opening, Wait(duration_s=300.0)))
    for n in range(120):
        message = random_message(rng, case)
        try:
            after = paced(p, **message)
        except Refused:
            continue
        assert after.now_s >= p.now_s
        assert after.state.now_s <= after.now_s
        assert not broken_invariants(p.state, after.state), (n, message)
        p = after
    assert p.state.bone.injected_ml > 0.0
    assert same_when_replayed(p, seed)
