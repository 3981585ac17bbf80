"""A first plan from three points: the drawn vertebra's pedicles and thirds are met, and nothing is said of walls."""

import numpy as np
import pytest

from hand_made import HALF, PEDICLE_RIGHT_MM, PEDICLE_UP_MM, HandMade, rotation
from vertebroplasty.errors import Refused
from vertebroplasty.needle.three_points import ThreePoints, first_plan

ISTHMUS_MM = -22.0
POSES = [{}, {"rotation": rotation(yaw=12.0, pitch=-9.0, roll=5.0)}, {"rotation": rotation(pitch=10.0)}]


def shown(vertebra, *, body=(0.0, 0.0, 0.0), left=None):
    """The three points as an exact hand would show them."""
    world = vertebra.frame.to_world
    places = {
        "left_lps_mm": left or (-PEDICLE_RIGHT_MM, ISTHMUS_MM, PEDICLE_UP_MM),
        "right_lps_mm": (PEDICLE_RIGHT_MM, ISTHMUS_MM, PEDICLE_UP_MM),
        "body_lps_mm": body,
    }
    return ThreePoints(**{name: world(np.array(place, float)) for name, place in places.items()})


@pytest.mark.parametrize("pose", POSES)
def test_the_paths_pass_the_shown_pedicles_and_end_in_the_anterior_third(pose):
    vertebra = HandMade(**pose).vertebra()
    points = shown(vertebra)
    plan = first_plan(vertebra.level.ct, points)
    assert [path.path.side for path in plan.paths] == ["left", "right"]
    for path, point in zip(plan.paths, (points.left_lps_mm, points.right_lps_mm), strict=True):
        needle = path.path
        assert np.linalg.norm(np.cross(point - needle.entry_lps_mm, needle.direction_lps)) < 1e-9
        right, anterior, up = vertebra.frame.to_local(needle.tip_lps_mm)
        assert HALF[1] / 3 < anterior < HALF[1] - 3.0  # in the anterior third, short of the cortex
        assert abs(right) < PEDICLE_RIGHT_MM  # towards the midline, on its own side
        assert (right < 0) == (needle.side == "left")
        assert abs(up) < 3.0
        entry = vertebra.frame.to_local(needle.entry_lps_mm)
        assert HandMade().bone_distance(entry) == pytest.approx(0.0, abs=1.5)  # steps of 0.5 mm in voxels of 1 mm
        assert 0.0 < path.convergence_deg <= 20.0 + 1e-9


@pytest.mark.parametrize("pose", POSES)
def test_the_endplates_give_the_tilt_and_the_cortex_the_depth(pose):
    vertebra = HandMade(**pose).vertebra()
    plan = first_plan(vertebra.level.ct, shown(vertebra))
    for found, true in zip(plan.frame.axes, vertebra.frame.axes, strict=True):
        assert np.degrees(np.arccos(np.clip(found @ true, -1, 1))) < 2.0  # tilts are tried 1 degree apart
    assert plan.half_depth_mm == pytest.approx(HALF[1], abs=1.0)
    assert "endplates on the CT" in plan.notes[0]
    assert "anterior cortex was read" in plan.notes[1]


def test_where_the_ct_shows_nothing_the_points_alone_are_used_and_it_is_said():
    vertebra = HandMade().vertebra()
    points = shown(vertebra)
    vertebra.level.ct.hu[:] = 40.0
    plan = first_plan(vertebra.level.ct, points)
    assert "no clear endplates" in plan.notes[0]
    assert "no clear anterior cortex" in plan.notes[1]
    assert all("the entry was set 15 mm behind" in path.why for path in plan.paths)
    assert plan.half_depth_mm == pytest.approx(np.hypot(ISTHMUS_MM, PEDICLE_UP_MM) - 5.0)


def test_the_poses_look_down_the_needle_and_square_to_the_vertebra():
    vertebra = HandMade().vertebra()
    plan = first_plan(vertebra.level.ct, shown(vertebra))
    for path in plan.paths:
        barrel, ap, lateral = (path.c_arm[name] for name in ("barrel", "ap", "lateral"))
        sign = 1.0 if path.path.side == "left" else -1.0
        assert sign * barrel.lao_deg == pytest.approx(180.0 - path.convergence_deg, abs=2.0)
        assert abs(ap.lao_deg) == pytest.approx(180.0, abs=2.0)
        assert (lateral.lao_deg, lateral.cranial_deg) == pytest.approx((90.0, 0.0), abs=2.0)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"body_lps_mm": np.array([0.0, 0.0, 500.0])}, "outside the CT"),
        ({"left_lps_mm": np.array([-30.0, 22.0, 6.0])}, "x grows to the left"),
        ({"left_lps_mm": np.array([-9.0, 22.0, 6.0])}, "mm apart"),
        ({"body_lps_mm": np.array([14.0, 0.0, 0.0])}, "beside the pedicles' midline"),
        ({"body_lps_mm": np.array([0.0, 40.0, 0.0])}, "y grows to the back"),
        ({"body_lps_mm": np.array([0.0, 0.0, -25.0])}, "of their height"),
    ],
)
def test_points_that_are_none_of_one_vertebra_are_refused(changed, sentence):
    vertebra = HandMade().vertebra()
    points = shown(vertebra)
    given = {name: getattr(points, name) for name in ("left_lps_mm", "right_lps_mm", "body_lps_mm")}
    with pytest.raises(Refused, match=sentence):
        first_plan(vertebra.level.ct, ThreePoints(**(given | changed)))


def test_an_unknown_gauge_is_refused():
    vertebra = HandMade().vertebra()
    with pytest.raises(Refused, match="Gauge 7"):
        first_plan(vertebra.level.ct, shown(vertebra), gauge_number=7)


def test_on_the_real_l3_both_paths_stay_in_the_bone(data):
    from real_spine import real_spine
    from vertebroplasty.anatomy.find import find_vertebra
    from vertebroplasty.needle.corridor import clearance_of

    found = find_vertebra(real_spine(data)["L3"])
    points = ThreePoints(
        left_lps_mm=found.frame.to_world(found.pedicles["left"].isthmus_mm),
        right_lps_mm=found.frame.to_world(found.pedicles["right"].isthmus_mm),
        body_lps_mm=found.frame.origin_lps_mm,
    )
    for path in first_plan(found.level.ct, points).paths:
        assert clearance_of(found, path.path).worst > 0.0
        assert path.depth_from_skin_mm is None  # the crop holds no skin
