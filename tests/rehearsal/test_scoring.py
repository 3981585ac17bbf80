"""The score: the planner's own run lies within a band on three bones, and every fault costs in its own element."""

import json
from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.cement.actions import CArm, Image, Mix, MoveNeedle, Push, Stop, Stylet, Wait, Withdraw
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.geometry.frame import unit
from vertebroplasty.rehearsal.automatic import automatic
from vertebroplasty.rehearsal.debrief import Pour, debrief
from vertebroplasty.rehearsal.marks_placement import AGAINST, OPEN
from vertebroplasty.rehearsal.scoring import ELEMENTS, score
from vertebroplasty.rehearsal.session import replayed, start, step
from vertebroplasty.selection.strictness import Verdict

FLAWLESS = ("selection", "placement", "timing")


def placed(path, *, aside_mm=0.0):
    shift = aside_mm * unit(np.cross(path.path.direction_lps, [0.0, 0.0, 1.0]))
    entry, tip = (tuple(float(x) for x in p + shift) for p in (path.entry_lps_mm, path.tip_lps_mm))
    return MoveNeedle(needle=1, entry_lps_mm=entry, tip_lps_mm=tip)


def acted(state, *actions):
    for action in actions:
        state = step(state, action)
    return state


def hasty(case, *, aside_mm=0.0, wait_s=330.0):
    """No picture at all, one big push after another, no stylet."""
    pushes = (Push(rate_ml_per_s=0.05, volume_ml=1.0),) * 3
    return acted(
        start(case, 0), placed(case.paths[0], aside_mm=aside_mm), Mix(product="pmma-medium"), Wait(duration_s=wait_s),
        *pushes, Stop(), Withdraw(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "outcome", "fluoroscopy", "ml"),
    [
        ("easy", (0.99, 1.0), (0.99, 1.0), (2.9, 3.0)),
        ("breach", (0.90, 0.995), (0.85, 0.995), (1.0, 2.6)),  # it leaks, is seen, and is stopped early
        ("cleft", (0.98, 1.0), (0.98, 1.0), (2.8, 3.0)),
    ],
)
def test_the_planners_run_scores_within_a_band(planned, name, outcome, fluoroscopy, ml):
    found = score(planned[name])
    for element in FLAWLESS:
        assert found.elements[element].value == pytest.approx(1.0), element
    assert outcome[0] <= found.elements["outcome"].value <= outcome[1]
    assert fluoroscopy[0] <= found.elements["fluoroscopy"].value <= fluoroscopy[1]
    assert ml[0] <= found.told.in_body_ml <= ml[1] + 1e-9


def test_a_stylet_put_back_after_the_stop_is_no_delay_but_its_cement_is_told(cases, planned):
    lines = [e for e in planned["breach"].log if "action" in e]
    before = [e for e in lines if e["action"] not in ("stylet", "withdraw")]
    stopped = next(n for n, e in enumerate(before) if e["action"] == "stop")
    careful, hasty = (
        replayed(cases["breach"], 0, [json.dumps(e) for e in (*before[: stopped + 1], stylet)])
        for stylet in ({"action": "stylet", "volume_ml": 0.001}, {"action": "stylet"})
    )
    assert debrief(hasty).stop_delay_s == debrief(careful).stop_delay_s
    assert debrief(careful).stylet_after_ml < 0.01
    assert debrief(hasty).stylet_after_ml > 0.3  # what an 11 G cannula holds, less what hardened paste keeps back


def test_the_planners_run_stops_at_the_leak_it_sees(planned):
    state = planned["breach"]
    told = debrief(state)
    seen = next(e for e in state.log if e.get("event") == "leak")
    stop = next(e for e in state.log if e.get("event") == "stop")
    assert told.first_visible_s <= told.first_seen_s == seen["t_s"]
    assert told.stop_delay_s == pytest.approx(stop["t_s"] - seen["t_s"])
    assert told.stop_delay_s < 1.0
    assert not [e for e in state.log if e.get("event") == "pushed" and e["t_s"] > seen["t_s"]]
    assert told.stylet_after_ml < 0.01  # the cannula is drawn over the stylet
    assert 0.0 < told.poured_after_visible_ml < 1.0  # AP, which shows it first, is taken once in five portions


def test_a_hasty_operator_scores_worse_in_every_element_it_neglects(cases, planned):
    case = cases["breach"]
    good, bad = score(planned["breach"]).elements, score(hasty(case)).elements
    for name in ("selection", "timing", "fluoroscopy", "outcome"):
        assert bad[name].value < good[name].value, name
    assert bad["fluoroscopy"].value < 0.5
    told = [item.what for item in bad["fluoroscopy"].items]
    assert any("advanced without ap and lateral" in what for what in told)
    assert any("0 of 3 pushes followed by a picture" in what for what in told)
    assert any("never on a picture" in what for what in told)
    assert any("stylet not back" in item.what for item in bad["timing"].items)


def test_liquid_cement_costs_timing_by_its_share(easy):
    early = acted(
        start(easy, 0), placed(easy.paths[0]), Mix(product="pmma-medium"), Push(rate_ml_per_s=0.05, volume_ml=0.3),
        Wait(duration_s=330.0), Push(rate_ml_per_s=0.05, volume_ml=0.9), Stylet(),
    )  # fmt: skip
    first = score(early).elements["timing"].items[0]
    whole = early.bone.injected_ml
    assert first.effect == pytest.approx(1.0 - 0.3 / whole)
    assert first.t_s == pytest.approx(next(e for e in early.log if e.get("event") == "pushed")["begin_s"])


def test_a_needle_beside_the_plan_costs_placement(easy):
    beside = score(acted(start(easy, 0), placed(easy.paths[0], aside_mm=4.0))).elements["placement"]
    assert beside.value < 0.9
    assert any("4.0 mm" in item.what and item.effect == pytest.approx(0.5) for item in beside.items)  # 2 mm of a hand
    twice = acted(start(easy, 0), placed(easy.paths[0], aside_mm=4.0), placed(easy.paths[0]))
    passes = [item for item in score(twice).elements["placement"].items if "2 passes" in item.what]
    assert passes[0].effect == 0.5
    assert passes[0].t_s == pytest.approx(40.0)  # the second needle was set after the first had been placed


def test_advancing_along_the_line_is_no_second_pass(planned):
    state = planned["easy"]
    assert sum(e.get("action") == "move-needle" for e in state.log) == 2
    assert "needle 1: 1 pass" in [item.what for item in score(state).elements["placement"].items]


def test_every_verdict_is_for_it_against_it_or_open():
    assert sorted((*AGAINST, *OPEN, "indicated")) == sorted(verdict.value for verdict in Verdict)


def test_to_go_on_against_the_screening_costs_selection(easy):
    against = replace(easy, verdict="absolute-contraindication", because="Absolute contraindication: infection.")
    bad = score(hasty(against)).elements["selection"]
    assert bad.items[0].effect == 0.0
    assert "infection" in bad.items[0].because
    assert score(automatic(against, 0)).elements["selection"].value == 1.0  # it looks and leaves it
    open_case = replace(easy, verdict="relative-contraindication", because="Relative contraindication.")
    assert score(hasty(open_case)).elements["selection"].items[0].effect is None


def test_a_view_off_true_is_counted(easy):
    frame = easy.vertebra.frame
    ap, lateral = true_ap(frame), true_lateral(frame)
    state = acted(
        start(easy, 0), CArm(lao_deg=ap.lao_deg, cranial_deg=ap.cranial_deg), Image(frames=1),
        CArm(lao_deg=lateral.lao_deg + 5.0, cranial_deg=lateral.cranial_deg), Image(frames=1), placed(easy.paths[0]),
    )  # fmt: skip
    items = {item.what: item for item in score(state).elements["fluoroscopy"].items}
    assert items["1 of 2 frames in a true AP or lateral"].effect == 0.5
    assert items["needle 1 advanced seen"].effect == 1.0  # 5° off a true lateral is still a lateral


def test_compared_with_the_planners_run_and_with_the_past(cases, planned):
    lavish = acted(planned["easy"], Image(frames=48))
    found = score(lavish, reference=planned["easy"], strength_ratios=(1.2, 1.6), past={"outcome": [0.5, 0.7]})
    dose = next(item for item in found.elements["fluoroscopy"].items if "mGy" in item.what)
    assert 0.0 < dose.effect < 0.6  # 48 lateral frames beside the 24 of that run
    strength = found.elements["outcome"].items[-1]
    assert strength.effect == pytest.approx(0.75)
    assert found.past["outcome"].mean == pytest.approx(0.6)
    assert found.past["outcome"].difference == pytest.approx(found.elements["outcome"].value - 0.6)
    with pytest.raises(Refused, match="another case or seed"):
        score(lavish, reference=planned["cleft"])
    with pytest.raises(Refused, match="names luck"):
        score(lavish, past={"luck": [1.0]})


def test_every_item_has_its_reason_and_its_moment_within_the_session(planned):
    for state in planned.values():
        found = score(state, reference=state).elements
        assert tuple(found) == ELEMENTS
        for item in (item for element in found.values() for item in element.items):
            assert item.because
            assert item.t_s is None or 0.0 <= item.t_s <= state.now_s
            assert item.effect is None or 0.0 <= item.effect <= 1.0


def test_a_session_in_which_nothing_was_done_is_not_judged(easy):
    found = score(start(easy, 0))
    assert found.elements["timing"].value is found.elements["placement"].value is None
    assert found.told.injected_ml == 0.0
    assert found.told.stop_delay_s is None


def test_a_push_is_taken_as_even():
    pour = Pour(begin_s=10.0, end_s=20.0, volume_ml=1.0, phase="pasty", pushed=True)
    assert [pour.after(t) for t in (5.0, 10.0, 17.5, 20.0, 30.0)] == pytest.approx([1.0, 1.0, 0.25, 0.0, 0.0])
    assert Pour(begin_s=10.0, end_s=10.0, volume_ml=0.1, phase="", pushed=True).after(10.0) == 0.1
