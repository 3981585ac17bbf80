"""Needles keep clear of screws and old cement: drawn ones of known place, and those of the synthetic spine."""

import numpy as np
import pytest

from hand_made import PEDICLE_RIGHT_MM, PEDICLE_UP_MM, HandMade
from vertebroplasty.geometry.gauges import gauge
from vertebroplasty.needle import dense_matter
from vertebroplasty.needle.dense_matter import distance_to_dense_matter, meets_dense_matter
from vertebroplasty.needle.planner import critique_in, plan, plan_in
from vertebroplasty.phantom import LevelShape, OldCement, Screw, SpinePhantom

RADIUS_11G = gauge(11).outer_mm / 2
METAL_HU = 3000.0


def ball(centre, radius):
    return lambda local: np.linalg.norm(local - np.array(centre), axis=-1) < radius


def rod(right, up, radius, back=-60.0, front=8.0):
    """A cylinder along the anterior axis."""
    return lambda local: (
        (np.hypot(local[..., 0] - right, local[..., 2] - up) < radius)
        & (local[..., 1] > back)
        & (local[..., 1] < front)
    )


def straight(vertebra, right, up=PEDICLE_UP_MM):
    entry, tip = (vertebra.frame.to_world(np.array([right, y, up])) for y in (-40.0, 8.0))
    return critique_in(vertebra, entry, tip, 11)


def test_without_metal_nothing_is_measured():
    assert distance_to_dense_matter(HandMade().vertebra().level) is None
    nothing = np.zeros((3, 3))
    assert not meets_dense_matter(None, nothing, nothing + 1.0, gauge(11)).any()


def test_the_distance_is_that_to_the_surface_of_a_drawn_ball():
    vertebra = HandMade(paint=((ball((5, 0, 0), 6), METAL_HU),), spacing=(0.7,) * 3).vertebra()
    field = distance_to_dense_matter(vertebra.level)
    for away in (8.0, 10.0, 14.0):
        point = vertebra.frame.to_world(np.array([5.0 - away, 0.0, 0.0]))
        assert field.at(point[None])[0] == pytest.approx(away - 6.0, abs=0.7)  # a voxel is in or out


def test_a_screw_in_the_left_pedicle_refuses_the_left_side_only():
    vertebra = HandMade(paint=((rod(-PEDICLE_RIGHT_MM, PEDICLE_UP_MM, 3.0), METAL_HU),))
    result = plan_in(vertebra.vertebra())
    (refused,) = result.refused
    assert refused.side == "left"
    assert "Metal or old cement lies on the best path through the left pedicle" in refused.reason
    assert {path.side for path in result.paths} == {"right"}


def test_a_path_that_avoids_the_cement_remains_and_is_the_next_best():
    """Old cement at the left needle's tip: another tip is chosen, at least 1 mm of it away."""
    plain = HandMade().vertebra()
    left = next(path for path in plan_in(plain).paths if path.side == "left")
    centre = plain.frame.to_local(left.tip_lps_mm)
    vertebra = HandMade(paint=((ball(centre, 4.0), METAL_HU),)).vertebra()
    moved = next(path for path in plan_in(vertebra).paths if path.side == "left")
    along = np.linspace(0, 1, 200)[:, None] * (moved.tip_lps_mm - moved.entry_lps_mm) + moved.entry_lps_mm
    nearest = np.linalg.norm(vertebra.frame.to_local(along) - centre, axis=1).min()
    assert nearest >= 4.0 + RADIUS_11G + 1.0 - 0.5  # half a voxel
    assert "is passed at 1 mm" in moved.why
    assert moved.worst_clearance_mm >= 1.0


@pytest.mark.parametrize(("gap", "meets"), [(0.0, True), (2.0, False)])
def test_an_own_path_is_refused_within_1_mm_of_metal_and_stays_listed(gap, meets):
    """A rod beside the needle's way through the pedicle; half a voxel either way is not decided here."""
    beside = PEDICLE_RIGHT_MM + RADIUS_11G + 1.0 + gap + 2.0 - 0.5
    vertebra = HandMade(paint=((rod(beside, PEDICLE_UP_MM, 2.0, front=-17.0), METAL_HU),)).vertebra()
    result = straight(vertebra, PEDICLE_RIGHT_MM)
    assert len(result.paths) == 1
    assert [each.reason for each in result.refused] == (["Metal or old cement lies on this path."] if meets else [])


@pytest.mark.parametrize(("behind", "meets"), [(3.0, True), (12.0, False)])
def test_a_screw_head_on_the_bone_counts_up_to_5_mm_before_the_entry(behind, meets):
    paint = ((ball((PEDICLE_RIGHT_MM, -40 - behind - 3.0, PEDICLE_UP_MM), 3.0), METAL_HU),)
    dense_beside = (ball((0.0, -44.0, 0.0), 3.0), METAL_HU)  # on the arch, so that the level has metal near it
    result = straight(HandMade(paint=(*paint, dense_beside)).vertebra(), PEDICLE_RIGHT_MM)
    assert bool(result.refused) is meets


def test_both_faults_of_an_own_path_are_said():
    vertebra = HandMade(paint=((rod(-8.0, PEDICLE_UP_MM, 2.0), METAL_HU),)).vertebra()
    (refused,) = straight(vertebra, -9.0).refused
    assert "The clearance is" in refused.reason
    assert "Metal or old cement" in refused.reason


def test_many_lines_are_read_as_one_by_one(monkeypatch):
    vertebra = HandMade(paint=((ball((5, 0, 0), 6), METAL_HU),)).vertebra()
    field = distance_to_dense_matter(vertebra.level)
    right = np.linspace(-20, 20, 41)
    entries, tips = (
        vertebra.frame.to_world(np.stack([right, np.full(41, y), np.zeros(41)], axis=1)) for y in (-40.0, 8.0)
    )
    together = meets_dense_matter(field, entries, tips, gauge(11))
    # The ball spans -1 to 11; with the needle and 1 mm around it -3.5 to 13.5, known to a voxel.
    assert not together[(right < -4.6) | (right > 14.6)].any()
    assert together[(right > -2.5) & (right < 12.5)].all()
    monkeypatch.setattr(dense_matter, "LINES_AT_ONCE", 7)
    assert np.array_equal(meets_dense_matter(field, entries, tips, gauge(11)), together)


def test_a_pedicle_too_narrow_anyway_is_refused_for_its_width_not_for_the_metal_in_it():
    left_rod = rod(-PEDICLE_RIGHT_MM, PEDICLE_UP_MM, 2.0)
    plain, with_rod = (
        plan_in(HandMade(radius={"left": 2.3, "right": 4.5}, paint=paint).vertebra()).refused
        for paint in ((), ((left_rod, METAL_HU),))
    )
    assert [each.reason for each in with_rod] == [each.reason for each in plain]
    assert "4.6 mm wide at its isthmus" in plain[0].reason


# --- the synthetic spine


def test_a_pedicle_screw_of_the_synthetic_spine_refuses_its_side():
    _, spine = SpinePhantom(levels={"L2": LevelShape(screw=Screw(side="left"))}).build()
    result = plan(spine["L2"])
    assert {path.side for path in result.paths} == {"right"}
    (refused,) = result.refused
    assert "Metal or old cement lies on the best path through the left pedicle" in refused.reason


def test_a_small_ball_of_old_cement_in_the_middle_leaves_paths_beside_it():
    centre = (0.0, 4.0, 0.0)
    shape = LevelShape(old_cement=OldCement(centre_mm=centre, radius_mm=5.0))
    phantom = SpinePhantom(levels={"L2": shape})
    _, spine = phantom.build()
    result = plan(spine["L2"])
    assert result.paths
    for path in result.paths:
        along = np.linspace(0, 1, 200)[:, None] * (path.tip_lps_mm - path.entry_lps_mm) + path.entry_lps_mm
        nearest = np.linalg.norm(phantom.frame("L2").to_local(along) - np.array(centre), axis=1).min()
        assert nearest >= 5.0 + RADIUS_11G + 1.0 - 0.5  # half a voxel
