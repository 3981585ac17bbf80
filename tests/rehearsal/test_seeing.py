"""The truth stays hidden: a leak is seen on a picture only, and only in a view that shows it."""

import json
from dataclasses import replace

import pytest

from vertebroplasty.cement.actions import CArm, Image, Mix, MoveNeedle, Push, Wait
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.rehearsal.debrief import debrief
from vertebroplasty.rehearsal.monitor import monitor
from vertebroplasty.rehearsal.seeing import could_be_seen_from_ml
from vertebroplasty.rehearsal.session import log_lines, start, step


def turned(view):
    return CArm(lao_deg=view.lao_deg, cranial_deg=view.cranial_deg)


@pytest.fixture(scope="module")
def leaking(cases):
    """Two thirds of the planned volume pushed blindly into the breached vertebra; AP shows nothing, lateral all."""
    case = cases["breach"]
    sites = case.seen_from_ml["ap"]
    table = {"ap": dict.fromkeys(sites, float("inf")), "lateral": dict.fromkeys(sites, 0.001)}
    case = replace(case, seen_from_ml=table)
    path = case.paths[0]
    entry, tip = (tuple(float(x) for x in p) for p in (path.entry_lps_mm, path.tip_lps_mm))
    state = start(case, 0)
    for action in (
        MoveNeedle(needle=1, entry_lps_mm=entry, tip_lps_mm=tip), Mix(product="pmma-medium"), Wait(duration_s=330.0),
        *(Push(rate_ml_per_s=0.05, volume_ml=0.5) for _ in range(5)),
    ):  # fmt: skip
        state = step(state, action)
    assert state.bone.leaked_ml.get("paravertebral", 0.0) > 0.01
    return state


def test_a_leak_is_hidden_until_a_picture_shows_it(leaking):
    frame = leaking.case.vertebra.frame
    assert leaking.seen == monitor(leaking).seen == ()
    assert "paravertebral" not in json.dumps([dict(e) for e in leaking.log])
    ap = step(step(leaking, turned(true_ap(frame))), Image(frames=1))
    assert ap.log[-1]["view"] == "ap"
    assert ap.seen == ()
    lateral = step(step(leaking, turned(true_lateral(frame))), Image(frames=1))
    assert "paravertebral" in lateral.seen
    assert "Now seen: paravertebral" in lateral.said
    again = step(lateral, Image(frames=1))
    assert [e for e in again.log if e.get("event") == "leak"] == [e for e in lateral.log if e.get("event") == "leak"]


def test_a_view_between_the_two_shows_what_the_worse_one_shows(leaking):
    oblique = step(step(leaking, CArm(lao_deg=135.0, cranial_deg=0.0)), Image(frames=1))
    assert oblique.log[-1]["view"] == "oblique"
    assert oblique.seen == ()


def test_what_could_have_been_seen_counts_from_the_better_view(leaking):
    assert set(could_be_seen_from_ml(leaking.case).values()) == {0.001}
    told = debrief(leaking)
    assert told.first_seen_s is None
    first = next(leak for leak in told.leaks if leak.site.value == "paravertebral")
    assert leaking.mixed_s + first.first_time_s < told.first_visible_s < leaking.now_s
    assert told.stop_delay_s == pytest.approx(leaking.now_s - told.first_visible_s)  # it was pushed on to the end


def test_the_log_tells_nothing_of_the_truth_but_the_hash(leaking):
    words = "\n".join(log_lines(leaking))
    assert "leaked" not in words
    assert "in_body" not in words
