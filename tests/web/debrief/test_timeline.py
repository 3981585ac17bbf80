"""The drawing's geometry and the log in words, on sessions short enough to reckon by hand."""

import pytest

from vertebroplasty.rehearsal.debrief import Pour
from vertebroplasty.web.debrief.happenings import happenings
from vertebroplasty.web.debrief.moments import evenly_by_volume, poured_by
from vertebroplasty.web.debrief.sheet import axis_times, clock, ml_marks, stretches
from vertebroplasty.web.debrief.timeline import Flag, PhaseBand, Span, Timeline, acts_of, pictures_of, poured_curve
from vertebroplasty.web.debrief.words import in_words
from vertebroplasty.web.texts.texts import texts_in

POURED = (
    Pour(begin_s=100.0, end_s=110.0, volume_ml=1.0, phase="pasty", pushed=True),
    Pour(begin_s=200.0, end_s=220.0, volume_ml=1.0, phase="closing", pushed=True),
)


def line(**changed):
    usual = {
        "begin_s": 0.0,
        "end_s": 400.0,
        "bands": (PhaseBand(phase="pasty", begin_s=50.0, end_s=400.0),),
        "curve": poured_curve(POURED, 400.0),
        "pictures": (),
        "acts": (),
        "flags": (Flag(key="stop", t_s=230.0),),
        "top_ml": 2.0,
    }
    return Timeline(**(usual | changed))


def test_volume_by_a_moment_grows_evenly_within_a_push():
    assert [poured_by(POURED, t) for t in (99.0, 105.0, 150.0, 210.0, 500.0)] == pytest.approx(
        [0.0, 0.5, 1.0, 1.5, 2.0]
    )


def test_even_volumes_pass_over_the_pause():
    assert evenly_by_volume(POURED, 5) == pytest.approx([100.0, 105.0, 200.0, 210.0, 220.0])
    assert evenly_by_volume((), 5) == evenly_by_volume(POURED, 0) == []


def test_the_curve_stands_still_between_pushes():
    wanted = ((0.0, 0.0), (100.0, 0.0), (110.0, 1.0), (200.0, 1.0), (220.0, 2.0), (400.0, 2.0))
    assert poured_curve(POURED, 400.0) == wanted


def test_shares_run_from_begin_to_end_and_no_farther():
    found = line(begin_s=100.0, end_s=300.0)
    assert [found.share(t) for t in (0.0, 100.0, 150.0, 300.0, 999.0)] == [0.0, 0.0, 0.25, 1.0, 1.0]


def test_the_injection_is_drawn_again_where_it_is_short():
    whole, closer = stretches(line())
    assert whole[0] == "whole"
    assert closer[0] == "injection"
    assert closer[1].begin_s == pytest.approx(100.0 - 0.02 * 300.0)
    assert len(stretches(line(curve=((0.0, 0.0), (400.0, 2.0))))) == 1  # it fills the session
    assert len(stretches(line(curve=((0.0, 0.0), (400.0, 0.0))))) == 1  # nothing was pushed


def test_axis_marks_are_round_and_few():
    assert axis_times(line()) == [60.0 * n for n in range(7)]
    assert axis_times(line(begin_s=95.0, end_s=130.0)) == [95.0, 100.0, 105.0, 110.0, 115.0, 120.0, 125.0, 130.0]
    assert ml_marks(line()) == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert [clock(t) for t in (0.0, 59.6, 425.0)] == ["0:00", "1:00", "7:05"]


def test_marks_that_would_touch_are_one():
    taken = tuple(Span(kind="ap", begin_s=10.0 + 0.125 * n, end_s=10.0 + 0.125 * n) for n in range(80))
    assert line().drawn(taken) == (Span(kind="ap", begin_s=10.0, end_s=taken[-1].end_s),)
    apart = (Span(kind="ap", begin_s=10.0, end_s=10.0), Span(kind="lateral", begin_s=10.1, end_s=10.1))
    assert line().drawn(apart) == apart


LOG = (
    {"t_s": 0.0, "event": "start"},
    {"t_s": 1.0, "action": "move-needle", "needle": 1},
    {"t_s": 1.0, "event": "impossible", "said": "too far"},
    {"t_s": 2.0, "action": "move-needle", "needle": 1},
    {"t_s": 42.0, "action": "image", "frames": 1},
    {"t_s": 42.1, "event": "picture", "view": "ap", "true": True, "frames": 1, "second": {"view": "lateral"}},
    {"t_s": 42.3, "event": "picture", "view": "ap", "true": True, "frames": 2, "second": {"view": "lateral"}},
    {"t_s": 50.0, "action": "push"},
    {"t_s": 51.0, "event": "pushed", "begin_s": 50.0, "volume_ml": 0.1, "phase": "pasty"},
    {"t_s": 52.0, "event": "pushed", "begin_s": 51.0, "volume_ml": 0.15, "phase": "pasty"},
    {"t_s": 52.0, "event": "leak", "site": "epidural"},
    {"t_s": 53.0, "event": "stop", "injected_ml": 0.25},
)


def test_what_belongs_together_is_one_line_in_every_language():
    told = happenings(LOG)
    assert [each.key for each in told] == [
        "move_needle", "impossible", "move_needle", "picture", "pushed", "leak", "stop",
    ]  # fmt: skip
    words = [in_words(texts_in("en"), each) for each in told]
    assert words[3] == "picture AP, lateral, 3 frames"
    assert words[4] == "0.25 ml pushed, cement pasty"
    assert words[5] == "a picture showed cement: epidural space"
    assert told[4].begin_s, told[4].end_s == (50.0, 52.0)
    for language in ("fr", "de"):
        assert all("{" not in in_words(texts_in(language), each) for each in told)


def test_balloon_and_phlebogram_tell_their_ml_and_advice_the_angle_as_on_the_gantry():
    told = happenings((
        {"t_s": 1.0, "event": "phlebogram", "needle": 1, "volume_ml": 3.0},
        {"t_s": 2.0, "event": "balloon", "needle": 2, "volume_ml": 1.8},
        {"t_s": 3.0, "event": "advice", "said": "For a true AP turn the C-arm by 5.0° (to lao 175.0°)."},
    ))  # fmt: skip
    words = [in_words(texts_in("en"), each) for each in told]
    assert words[:2] == [
        "3.00 ml of contrast injected through needle 1",
        "balloon inflated to 1.80 ml through needle 2",
    ]
    assert told[2].said == "For a true AP turn the C-arm by 5.0° (to left 5.0°)."


def test_what_could_not_be_done_is_not_drawn():
    assert acts_of(LOG) == (Span(kind="needle", begin_s=2.0, end_s=42.0),)
    assert [span.kind for span in pictures_of(LOG)] == ["ap", "lateral", "ap", "lateral"]
