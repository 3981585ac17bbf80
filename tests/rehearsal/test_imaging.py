"""One tube or two: what either shows has been seen, both cost dose, and only live frames take no time."""

import json
from dataclasses import replace

import numpy as np
import pytest

from rehearsal_play import acted, placed, ready
from vertebroplasty.cement.actions import CArm, Image, Push
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.rehearsal.monitor import monitor
from vertebroplasty.rehearsal.picture import picture
from vertebroplasty.rehearsal.scoring import score
from vertebroplasty.rehearsal.session import log_lines, replayed, start, step
from vertebroplasty.rehearsal.state import views_taken


def at(view, plane=1):
    return CArm(lao_deg=view.lao_deg, cranial_deg=view.cranial_deg, plane=plane)


def biplane(case):
    """AP in the first plane, lateral in the second."""
    frame = case.vertebra.frame
    return at(true_ap(frame)), at(true_lateral(frame), 2)


def test_one_tube_is_written_as_it_always_was():
    assert CArm(lao_deg=90.0, cranial_deg=0.0).as_json() == {"action": "c-arm", "lao_deg": 90.0, "cranial_deg": 0.0}
    assert Image(frames=2).as_json() == {"action": "image", "frames": 2}
    assert Image(frames=2, live=True, planes=2).as_json() == {
        "action": "image", "frames": 2, "live": True, "planes": 2,
    }  # fmt: skip


def test_live_frames_cost_dose_and_no_time(easy):
    begin = start(easy, 0)
    still, live = step(begin, Image(frames=8)), step(begin, Image(frames=8, live=True))
    assert (still.now_s, live.now_s) == (1.0, 0.0)
    assert still.frames == live.frames == 8
    assert still.dose_mgy == live.dose_mgy == pytest.approx(8 * easy.entrance_mgy["ap"])
    assert live.log[-1]["live"]
    assert "live" not in still.log[-1]


def test_the_second_plane_is_turned_on_its_own(easy):
    begin = start(easy, 0)
    assert begin.second is None
    assert monitor(begin).second_view is None
    with pytest.raises(Refused, match="second plane is not set"):
        begin.view_of(2)
    with pytest.raises(Refused, match="no plane 3"):
        begin.view_of(3)
    after = step(begin, CArm(lao_deg=75.0, cranial_deg=0.0, plane=2))
    assert after.second == (75.0, 0.0)
    assert after.now_s == pytest.approx(2.0 + 15.0 / 15.0)  # it waits at the lateral, 90°
    assert (after.view.lao_deg, after.view_of(1).lao_deg, after.view_of(2).lao_deg) == (180.0, 180.0, 75.0)
    assert monitor(after).second_view.nearest == "lateral"
    assert "lao_deg is 200" in step(begin, CArm(lao_deg=200.0, cranial_deg=0.0, plane=2)).said
    assert replayed(easy, 0, log_lines(after)).state_sha256 == after.state_sha256


def test_both_planes_without_a_second_one_are_impossible(easy):
    after = step(start(easy, 0), Image(frames=1, planes=2))
    assert after.log[-1]["event"] == "impossible"
    assert "second plane is not set" in after.said
    assert (after.frames, after.dose_mgy) == (0, 0.0)


def test_a_picture_of_both_names_both_views_and_takes_both_doses(easy):
    state = acted(start(easy, 0), *biplane(easy))
    after = step(state, Image(frames=4, planes=2))
    event = after.log[-1]
    assert views_taken(event) == [("ap", True), ("lateral", True)]
    assert after.frames == 8
    assert monitor(after).fluoroscopy_s == 1.0  # of both tubes together
    assert after.now_s - state.now_s == pytest.approx(0.5)
    assert after.dose_mgy == pytest.approx(4 * (easy.entrance_mgy["ap"] + easy.entrance_mgy["lateral"]))
    assert views_taken(step(state, Image(frames=4)).log[-1]) == [("ap", True)]


def test_what_either_plane_shows_has_been_seen(cases):
    case = cases["breach"]
    sites = case.seen_from_ml["ap"]
    for shows, hides in (("ap", "lateral"), ("lateral", "ap")):
        table = {hides: dict.fromkeys(sites, float("inf")), shows: dict.fromkeys(sites, 0.001)}
        state = acted(
            ready(replace(case, seen_from_ml=table)), *biplane(case),
            *(Push(rate_ml_per_s=0.05, volume_ml=0.5) for _ in range(4)),
        )  # fmt: skip
        assert state.bone.leaked_ml["paravertebral"] > 0.01
        assert ("paravertebral" in step(state, Image(frames=1)).seen) == (shows == "ap")
        both = step(state, Image(frames=1, planes=2))
        assert "paravertebral" in both.seen
        assert json.loads(log_lines(both)[-2])["site"] in both.seen


def test_one_picture_of_both_planes_is_both_views_before_an_advance(easy):
    both = acted(start(easy, 0), *biplane(easy), Image(frames=1, planes=2), placed(easy))
    one = acted(start(easy, 0), *biplane(easy), Image(frames=1), placed(easy))
    for state, share in ((both, 1.0), (one, 0.5)):
        found = score(state).elements
        assert found["selection"].items[-1].effect == share
        assert found["fluoroscopy"].items[0].effect == share
    assert any(
        item.what == "2 of 2 frames in a true AP or lateral" for item in score(both).elements["fluoroscopy"].items
    )


def test_the_picture_of_the_second_plane_is_taken_in_its_pose(easy):
    state = acted(start(easy, 0), *biplane(easy))
    shown = [picture(state, plane, size=32) for plane in (1, 2)]
    assert [image.view.lao_deg for image in shown] == [state.lao_deg, state.second[0]]
    swapped = acted(start(easy, 0), at(true_lateral(easy.vertebra.frame)))
    np.testing.assert_array_equal(picture(swapped, size=32).transmission, shown[1].transmission)


def test_pushed_in_drops_under_the_beam_every_drop_is_looked_at(easy):
    drop = Push(rate_ml_per_s=0.05, volume_ml=0.01)
    live = Image(frames=1, live=True)

    def looked(*actions):
        items = score(acted(ready(easy), *actions)).elements["fluoroscopy"].items
        return next(item.effect for item in items if "followed by a picture" in item.what)

    assert looked(*(drop, drop, drop, live) * 3) == 1.0  # no more than 0.05 ml between two looks
    assert looked(*(drop,) * 10, live) == pytest.approx(0.6)  # the last 0.05 ml before it, and the drop itself
    assert looked(*(drop,) * 10) == 0.0
