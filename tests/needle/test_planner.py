"""Plans on vertebrae drawn by formula: clearances follow from the cylinder, and left, right and pose change nothing."""

import numpy as np
import pytest

from hand_made import PEDICLE_RIGHT_MM, PEDICLE_UP_MM, HandMade, rotation
from real_spine import real_spine
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.gauges import gauge
from vertebroplasty.needle.judged import gertzbein_robbins
from vertebroplasty.needle.planner import critique_in, plan, plan_in

RADIUS_11G = gauge(11).outer_mm / 2


def world(vertebra, *local):
    return vertebra.frame.to_world(np.array(local, float))


def straight(vertebra, side, right=0.0, up=0.0, gauge_number=11):
    """A needle parallel to the pedicle, moved within it by `right` and `up` mm."""
    x, z = side * PEDICLE_RIGHT_MM + right, PEDICLE_UP_MM + up
    return critique_in(vertebra, world(vertebra, x, -40, z), world(vertebra, x, 8, z), gauge_number)


@pytest.fixture(scope="module")
def drawn():
    return HandMade().vertebra()


def vars_of(clearance):
    return [getattr(clearance, name) for name in clearance.__slots__]


def by_side(result):
    """The most robust needle of each side."""
    return {path.side: path for path in reversed(result.paths)}


# --- planning


def test_the_best_path_through_a_cylinder_keeps_its_radius_less_the_needles(drawn):
    result = plan_in(drawn)
    assert [path.rank for path in result.paths] == list(range(1, len(result.paths) + 1))
    for path in by_side(result).values():
        assert path.rank <= 2
        assert path.worst_clearance_mm == pytest.approx(4.5 - RADIUS_11G, abs=0.5)
        assert path.worst_clearance_mm <= 4.5 - RADIUS_11G + 0.05  # none can have more: the ray stop is 0.02 mm
        assert path.gertzbein_robbins == "A"


def test_the_tip_lies_in_the_anterior_third_and_the_entry_on_the_cortex(drawn):
    for path in plan_in(drawn).paths:
        right, anterior, up = drawn.frame.to_local(path.tip_lps_mm)
        assert 16 - 0.34 * 32 <= anterior <= 16 - 0.24 * 32
        assert abs(right) <= PEDICLE_RIGHT_MM + 0.5
        assert abs(up) <= 0.3 * 28
        entry = drawn.frame.to_local(path.entry_lps_mm)
        assert HandMade().bone_distance(entry) == pytest.approx(0.0, abs=0.1)  # trilinear in a field of 1 mm
        assert path.length_mm == pytest.approx(np.linalg.norm(path.tip_lps_mm - path.entry_lps_mm))


def test_both_sides_make_a_pair(drawn):
    (pair,) = plan_in(drawn).pairs
    assert pair.ranks == (1, 2)
    assert "tips" in pair.why


def test_a_narrow_pedicle_is_refused_with_its_width_and_what_the_needle_needs():
    vertebra = HandMade(radius={"left": 2.4, "right": 4.5}).vertebra()
    result = plan_in(vertebra)
    (refused,) = result.refused
    assert refused.side == "left"
    assert "4.8 mm wide at its isthmus, 11G needs 3.05 + 2 × 1.0 mm" in refused.reason
    assert {path.side for path in result.paths} == {"right"}
    assert result.pairs == ()


def test_a_thinner_needle_passes_where_a_thick_one_is_refused():
    vertebra = HandMade(radius={"left": 2.4, "right": 2.4}, spacing=(0.7,) * 3).vertebra()
    assert len(plan_in(vertebra, gauge_number=8).refused) == 2
    thin = plan_in(vertebra, gauge_number=13)
    assert thin.refused == ()
    assert thin.paths[0].worst_clearance_mm == pytest.approx(2.4 - gauge(13).outer_mm / 2, abs=0.25)


def test_the_mirrored_patient_has_the_mirrored_plan():
    one = by_side(plan_in(HandMade(radius={"left": 3.5, "right": 5.0}).vertebra()))
    other = by_side(plan_in(HandMade(radius={"left": 5.0, "right": 3.5}).vertebra()))
    for side, opposite in (("left", "right"), ("right", "left")):
        assert one[side].worst_clearance_mm == pytest.approx(other[opposite].worst_clearance_mm, abs=1e-3)
        assert one[side].convergence_deg == pytest.approx(other[opposite].convergence_deg, abs=0.1)
        mirrored = other[opposite].tip_lps_mm * (-1, 1, 1)
        assert one[side].tip_lps_mm == pytest.approx(mirrored, abs=1e-6)
        a, b = one[side].clearance_mm, other[opposite].clearance_mm
        assert (a.medial, a.lateral) == pytest.approx((b.medial, b.lateral), abs=1e-3)
    assert one["right"].rank == other["left"].rank == 1


def test_turning_the_patient_turns_the_plan_and_nothing_else(drawn):
    turned = HandMade(rotation=rotation(17, -8, 6), centre=(40.0, 25.0, -300.0), half_fov=(65, 95, 50)).vertebra()
    upright, moved = by_side(plan_in(drawn)), by_side(plan_in(turned))
    for side in ("left", "right"):
        assert moved[side].worst_clearance_mm == pytest.approx(upright[side].worst_clearance_mm, abs=0.2)
        for point in ("entry_lps_mm", "tip_lps_mm"):
            here = turned.frame.to_local(getattr(moved[side], point))
            there = drawn.frame.to_local(getattr(upright[side], point))
            assert here == pytest.approx(there, abs=1.5)  # the score is flat within half a voxel of the optimum
        assert moved[side].convergence_deg == pytest.approx(upright[side].convergence_deg, abs=2.0)
        assert moved[side].depth_from_skin_mm == pytest.approx(
            upright[side].depth_from_skin_mm, abs=2.5
        )  # tip and skin voxel


def test_the_same_question_has_the_same_answer(drawn):
    first, second = plan_in(drawn), plan_in(drawn)
    for a, b in zip(first.paths, second.paths, strict=True):
        assert np.array_equal(a.tip_lps_mm, b.tip_lps_mm)
        assert a.breach_probability == b.breach_probability


def test_what_is_not_searched_for_is_refused(drawn):
    with pytest.raises(Refused, match="not offered on L3"):
        plan_in(drawn, approach="anterolateral")
    with pytest.raises(Refused, match="no approach"):
        plan_in(drawn, approach="through-the-disc")
    with pytest.raises(Refused, match="not in the table"):
        plan_in(drawn, gauge_number=16)


def test_a_level_without_pedicles_says_so(drawn):
    from dataclasses import replace

    result = plan_in(replace(drawn, pedicles={}))
    assert result.paths == ()
    assert [each.reason for each in result.refused] == [
        "No left pedicle was found on L3.",
        "No right pedicle was found on L3.",
    ]


# --- own paths


@pytest.mark.parametrize(("right", "up"), [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.2), (0.0, -1.2)])
def test_each_direction_of_a_moved_needle_follows_from_the_cylinder(drawn, right, up):
    (path,) = straight(drawn, -1, right, up).paths
    free = 4.5 - RADIUS_11G
    clearance = path.clearance_mm
    # On the left side medial is to the right.  A quarter turn may hold a surface nearer than the one straight ahead.
    assert path.worst_clearance_mm == pytest.approx(free - np.hypot(right, up), abs=0.1)
    expected = {"medial": right, "lateral": -right, "superior": up, "inferior": -up}
    for name, towards in expected.items():
        if towards > 0:
            assert getattr(clearance, name) == pytest.approx(free - towards, abs=0.1)
        else:
            assert getattr(clearance, name) >= free - np.hypot(right, up) - 0.1
    assert clearance.canal == pytest.approx(clearance.medial, abs=0.15)
    assert clearance.anterior == pytest.approx(16 - 8, abs=0.1)


def test_a_needle_through_the_medial_wall_is_a_breach_of_known_depth(drawn):
    result = straight(drawn, -1, right=4.0)
    (path,) = result.paths
    depth = 4.0 + RADIUS_11G - 4.5
    assert path.worst_clearance_mm == pytest.approx(-depth, abs=0.15)
    assert path.clearance_mm.medial == path.worst_clearance_mm
    assert path.gertzbein_robbins == "B"
    (refused,) = result.refused
    assert "below 1.0 mm" in refused.reason


@pytest.mark.parametrize(
    ("breach", "grade"),
    [(0.0, "A"), (0.1, "B"), (1.99, "B"), (2.0, "C"), (3.99, "C"), (4.0, "D"), (5.99, "D"), (6.0, "E"), (9.0, "E")],
)
def test_gertzbein_robbins_grades_at_their_borders(breach, grade):
    assert gertzbein_robbins(breach) == grade


def test_an_own_entry_off_the_cortex_is_moved_onto_it_and_said(drawn):
    (path,) = critique_in(drawn, world(drawn, -13, -48, 6), world(drawn, -13, 8, 6)).paths
    assert drawn.frame.to_local(path.entry_lps_mm) == pytest.approx([-13, -40, 6], abs=0.05)
    assert "8 mm from the cortex" in path.why


def test_entry_and_tip_given_the_wrong_way_round_are_named_as_such(drawn):
    back, front = world(drawn, -13, -40, 6), world(drawn, -13, 14, 6)
    assert not critique_in(drawn, back, front).refused
    (refused,) = critique_in(drawn, front, back).refused
    assert "swap entry and tip" in refused.reason


def test_a_line_that_misses_the_bone_is_refused(drawn):
    with pytest.raises(Refused, match="meets no bone"):
        critique_in(drawn, world(drawn, -45, -40, 6), world(drawn, -45, 8, 6))


def test_a_needle_beside_the_pedicle_is_parapedicular_and_one_from_the_side_posterolateral(drawn):
    beside = critique_in(drawn, world(drawn, -21.0, -14, 0), world(drawn, -6, 8, 0)).paths[0]
    assert beside.approach == "parapedicular"
    from_side = critique_in(drawn, world(drawn, -23, -5, 0), world(drawn, -2, 6, 0)).paths[0]
    assert from_side.approach == "posterolateral"


# --- angles, views, skin, hand


def test_angles_are_those_of_the_drawn_direction(drawn):
    entry, tip = np.array([-13.0, -40, 8]), np.array([-3.0, 8, 2])
    left = critique_in(drawn, drawn.frame.to_world(entry), drawn.frame.to_world(tip)).paths[0]
    mirror = np.array([-1, 1, 1])
    right = critique_in(drawn, drawn.frame.to_world(entry * mirror), drawn.frame.to_world(tip * mirror)).paths[0]
    convergence = np.degrees(np.arctan2(10, 48))
    caudal = -np.degrees(np.arcsin(6 / np.sqrt(10**2 + 48**2 + 6**2)))
    for path in (left, right):
        assert path.convergence_deg == pytest.approx(convergence, abs=1e-6)
        assert path.cranio_caudal_deg == pytest.approx(caudal, abs=1e-6)
    assert left.c_arm["barrel"].lao_deg == pytest.approx(180 - convergence)
    assert right.c_arm["barrel"].lao_deg == pytest.approx(-(180 - convergence))
    assert left.c_arm["barrel"].cranial_deg == pytest.approx(-caudal)  # pointing to the feet: detector towards the head
    assert left.c_arm["ap"].lao_deg == pytest.approx(180)
    assert left.c_arm["lateral"].lao_deg == pytest.approx(90)


def test_down_the_barrel_entry_and_tip_fall_on_one_point():
    vertebra = HandMade(rotation=rotation(14, 9, -5), half_fov=(62, 90, 48)).vertebra()
    (path,) = straight(vertebra, 1).paths
    angles = path.c_arm["barrel"]
    view = CArmView(
        lao_deg=angles.lao_deg, cranial_deg=angles.cranial_deg,
        isocentre_lps_mm=(path.entry_lps_mm + path.tip_lps_mm) / 2,
    )  # fmt: skip
    on_image = view.project(np.stack([path.entry_lps_mm, path.tip_lps_mm]))
    assert on_image[0] == pytest.approx(on_image[1], abs=1e-9)
    assert view.to_detector @ path.path.direction_lps == pytest.approx(-1.0)  # the hub's side


def test_true_ap_and_lateral_follow_the_vertebra_not_the_table():
    drawing = HandMade(rotation=rotation(14, 9, -5), half_fov=(62, 90, 48))
    (path,) = straight(drawing.vertebra(), 1).paths
    for name, towards in (("ap", -drawing.frame().anterior), ("lateral", -drawing.frame().right)):
        angles = path.c_arm[name]
        view = CArmView(lao_deg=angles.lao_deg, cranial_deg=angles.cranial_deg, isocentre_lps_mm=np.zeros(3))
        assert view.to_detector == pytest.approx(towards)


def test_the_depth_from_the_skin_is_known_where_the_skin_is_scanned(drawn):
    (path,) = straight(drawn, 1).paths
    assert path.depth_from_skin_mm == pytest.approx(70 + 8, abs=1.0)  # skin drawn 70 mm behind the centre
    assert drawn.frame.to_local(path.skin_lps_mm) == pytest.approx([13, -70, 6], abs=1.0)
    narrow = HandMade(half_fov=(40, 50, 25)).vertebra()
    (path,) = straight(narrow, 1).paths
    assert path.skin_lps_mm is None
    assert path.depth_from_skin_mm is None
    assert "no skin" in path.why


def test_the_breach_probability_is_that_of_the_error_model_in_a_cylinder(drawn):
    (path,) = straight(drawn, 1).paths
    # Aimed along the axis, the needle is off by a + s·tan(b) at depth s: convex in s, so it leaves the cylinder first
    # at either end of the pedicle, 5 mm past the entry or where the body begins 24 mm past it.
    a, b = np.random.default_rng(5).normal(size=(2, 200_000, 2)) * np.array([1.0, np.radians(1.5)])[:, None, None]
    off = np.maximum(*(np.linalg.norm(a + s * np.tan(b), axis=1) for s in (5.0, 24.0)))
    expected = np.mean(off > 4.5 - RADIUS_11G)
    assert 0.01 < expected < 0.2
    sigma = np.sqrt(expected * (1 - expected) / 2000)
    assert path.breach_probability == pytest.approx(expected, abs=3 * sigma + 0.01)  # the field's 0.05 mm: 0.01


def test_checkpoints_run_from_the_entry_to_the_tip(drawn):
    (path,) = straight(drawn, 1).paths
    depths = [int(sentence.split(" mm")[0]) for sentence in path.checkpoints]
    assert depths == sorted(depths)
    assert depths[0] == 0
    assert depths[-1] == 48
    assert 24 in depths  # the posterior wall
    assert "0 mm lateral" in path.checkpoints[0] or "0 mm medial" in path.checkpoints[0]


def test_a_straight_medial_path_warns_that_ap_shows_the_medial_edge_before_the_wall(drawn):
    path = critique_in(drawn, world(drawn, -15, -40, 6), world(drawn, 0, -2, 6)).paths[0]
    (edge,) = [sentence for sentence in path.checkpoints if "medial edge, before" in sentence]
    depth = int(edge.split(" mm")[0])
    assert depth == pytest.approx((15 - 8.5) / 15 * path.length_mm, abs=0.6)  # medial edge 8.5 mm from the midline


# --- the real vertebra


def test_the_real_level_takes_an_11g_needle_on_both_sides(data):
    level = real_spine(data)["L3"]
    vertebra = find_vertebra(level)
    result = plan(level)
    assert result.refused == ()
    assert {path.side for path in result.paths} == {"left", "right"}
    for path in result.paths:
        assert 1.0 <= path.worst_clearance_mm <= 9.3 / 2 - RADIUS_11G + 0.3  # pedicles 9.1 and 9.3 mm wide
        right, anterior, _ = vertebra.frame.to_local(path.tip_lps_mm)
        assert abs(right) < 16  # along the pedicles, which converge by some 10 degrees
        assert anterior > 0.15 * vertebra.anterior_wall.at_zero_mm
        assert 5 < path.convergence_deg <= 25.0
        assert all(value is None or value >= 1.0 for value in vars_of(path.clearance_mm))
        assert path.skin_lps_mm is None
