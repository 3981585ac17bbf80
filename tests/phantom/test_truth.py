"""The known answers: each from a second, independent way."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.phantom import Breach, Bulge, Cleft, LevelShape, LyticHole, PedicleShape, SpinePhantom
from vertebroplasty.phantom.truth import body_volume_mm3

WEDGE = LevelShape(anterior_mm=19.0, middle_mm=20.0, posterior_mm=27.0, upper_share=1.0, depth_mm=32.0)
SPINE = SpinePhantom(
    levels={"L1": LevelShape(canal_ap_mm=16.0), "L2": WEDGE, "L3": LevelShape(canal_ap_mm=18.0)},
    rotation_deg=(12.0, -20.0, 25.0),
    centre_lps_mm=(10.0, -30.0, 400.0),
    scoliosis_deg=5.0,
)


def test_heights_are_the_distances_of_the_six_points():
    truth = SPINE.truth("L2")
    for where, height in (("anterior", 19.0), ("middle", 20.0), ("posterior", 27.0)):
        gap = truth.points_lps_mm[f"upper-{where}"] - truth.points_lps_mm[f"lower-{where}"]
        assert np.linalg.norm(gap) == pytest.approx(height, abs=1e-9)
        assert getattr(truth, f"{where}_mm") == pytest.approx(height)
    depth = truth.points_lps_mm["lower-anterior"] - truth.points_lps_mm["lower-posterior"]
    assert np.linalg.norm(depth) == pytest.approx(truth.body_depth_mm, abs=1e-9)  # the lower endplate is level


def test_the_wedge_is_the_angle_of_the_corner_lines_and_positive_when_the_front_is_lower():
    truth = SPINE.truth("L2")
    lines = [
        truth.points_lps_mm[f"{plate}-anterior"] - truth.points_lps_mm[f"{plate}-posterior"]
        for plate in ("upper", "lower")
    ]
    cosine = lines[0] @ lines[1] / np.linalg.norm(lines[0]) / np.linalg.norm(lines[1])
    assert truth.wedge_angle_deg == pytest.approx(np.degrees(np.arccos(cosine)))
    assert truth.wedge_angle_deg > 0.0
    assert replace(SPINE, levels={"L2": LevelShape(anterior_mm=28.0)}).truth("L2").wedge_angle_deg < 0.0


def test_the_frame_is_right_handed_and_turned_with_the_patient():
    frame = SPINE.truth("L2").frame
    assert frame.axes @ frame.axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.cross(frame.right, frame.anterior) == pytest.approx(frame.superior)
    upright = replace(SPINE, rotation_deg=(0.0, 0.0, 0.0), scoliosis_deg=0.0).truth("L2").frame
    assert upright.axes == pytest.approx(np.diag([-1.0, -1.0, 1.0]), abs=1e-12)


def test_the_body_volume_of_a_flat_unwaisted_column_is_height_times_outline(monkeypatch):
    monkeypatch.setattr("vertebroplasty.phantom.truth.WAIST", 1e-9)
    monkeypatch.setattr("vertebroplasty.phantom.shape.WAIST", 1e-9)
    flat = LevelShape(anterior_mm=25.0, middle_mm=25.0, posterior_mm=25.0)
    depths = (np.arange(20000) + 0.5) / 20000 - 0.5
    outline = 2.0 * flat.edge_mm(depths * flat.depth_mm, 0.0).mean() * flat.depth_mm
    # Midpoint rule at 0.05 mm over about 1200 mm².
    assert body_volume_mm3(flat) == pytest.approx(25.0 * outline, rel=1e-4)


def test_the_volume_without_pedicle_ends_is_that_of_random_points():
    points = np.random.default_rng(3).uniform(-1.0, 1.0, (400_000, 3)) * (25.0, 0.5 * WEDGE.depth_mm, 16.0)
    x, y, z = points.T
    upper, lower = WEDGE.plates_mm(x, y)
    inside = (np.abs(x) < WEDGE.edge_mm(y, z)) & (z < upper) & (z > lower)
    box = 50.0 * WEDGE.depth_mm * 32.0
    # Three standard errors of the share of 400 000 points.
    error = 3.0 * box * np.sqrt(inside.mean() * (1.0 - inside.mean()) / len(x))
    assert body_volume_mm3(WEDGE) == pytest.approx(box * inside.mean(), abs=error)
    assert error < 0.005 * body_volume_mm3(WEDGE)


def test_the_fragment_adds_its_own_volume():
    bulge = replace(WEDGE, bulge=Bulge(canal_percent=40.0))
    x, z = np.meshgrid(np.linspace(-14.0, 14.0, 1401), np.linspace(-16.0, 16.0, 1601))
    behind = np.vectorize(bulge.wall_bulge_mm)(x[::8, ::8], z[::8, ::8]).sum() * 0.16**2
    assert body_volume_mm3(bulge) - body_volume_mm3(WEDGE) == pytest.approx(behind, rel=2e-3)


def test_compromise_is_against_the_mean_of_the_whole_neighbours():
    spine = replace(SPINE, levels={**SPINE.levels, "L2": replace(WEDGE, bulge=Bulge(canal_percent=40.0))})
    truth = spine.truth("L2")
    assert truth.canal_ap_min_mm == pytest.approx(17.0 * 0.6)
    assert truth.compromise_percent == pytest.approx(40.0)  # the neighbours' mean AP is 17 mm
    assert truth.reference_levels == ("L1", "L3")
    assert 0.0 < truth.area_compromise_percent < 40.0
    assert spine.truth("L1").reference_levels == ("L3",)  # a narrowed neighbour is no reference
    assert replace(spine, levels={"L2": WEDGE}).truth("L2").compromise_percent is None


def test_retropulsion_of_a_straight_spine_is_the_percentile_of_the_bulge():
    spine = replace(SPINE, lordosis_deg=0.0, scoliosis_deg=0.0)
    assert spine.truth("L2").retropulsion_mm == pytest.approx(0.0, abs=1e-9)
    bulge = replace(WEDGE, bulge=Bulge(canal_percent=40.0))
    truth = replace(spine, levels={**spine.levels, "L2": bulge}).truth("L2")
    assert 0.9 * truth.bulge_mm < truth.retropulsion_mm <= truth.bulge_mm
    assert spine.truth("L1").retropulsion_mm is None


def test_the_canal_area_is_that_of_its_outline():
    truth = SPINE.truth("L2")
    x = (np.arange(100_000) + 0.5) / 100_000
    half = np.mean((1.0 - x**2.5) ** 0.4)
    assert truth.canal_area_mm2 == pytest.approx(24.0 * 17.0 * half, rel=1e-4)


def test_spots_lie_where_they_were_put():
    shape = replace(
        WEDGE,
        cleft=Cleft(centre_mm=(2.0, 3.0, 1.0), half_axes_mm=(8.0, 6.0, 2.0), content="fluid"),
        lytic_hole=LyticHole(centre_mm=(-9.0, 0.0, -3.0), radius_mm=5.0),
        breaches=(
            Breach(toward="disc-above", at_mm=(3.0, 4.0)),
            Breach(toward="canal", at_mm=(5.0, -4.0)),
            Breach(toward="right", at_mm=(2.0, 0.0)),
            Breach(toward="front", at_mm=(0.0, 1.0), diameter_mm=3.0),
        ),
    )
    truth = replace(SPINE, levels={"L2": shape}).truth("L2")
    assert truth.cleft.volume_ml == pytest.approx(4.0 / 3.0 * np.pi * 96.0 / 1000.0)
    assert truth.frame.to_local(truth.lytic_hole.centre_lps_mm) == pytest.approx([-9.0, 0.0, -3.0])
    above, canal, right, front = (truth.frame.to_local(spot.centre_lps_mm) for spot in truth.breaches)
    assert above == pytest.approx([3.0, 4.0, shape.plates_mm(3.0, 4.0)[0]])
    assert canal == pytest.approx([5.0, shape.wall_mm, -4.0])
    assert right[0] == pytest.approx(shape.edge_mm(2.0, 0.0))
    assert front[1] == pytest.approx(0.5 * shape.depth_mm, abs=1e-6)
    assert [spot.toward for spot in truth.breaches] == ["disc-above", "canal", "paravertebral", "paravertebral"]
    assert truth.breaches[3].area_mm2 == pytest.approx(np.pi * 2.25)


def test_pedicles_keep_their_sides():
    shape = LevelShape(pedicle_left=PedicleShape(width_mm=7.0))
    truth = SpinePhantom(levels={"L2": shape}).truth("L2")
    assert truth.pedicles["left"].width_mm == 7.0
    assert truth.pedicles["left"].isthmus_lps_mm[0] > 0.0 > truth.pedicles["right"].isthmus_lps_mm[0]
    assert truth.pedicles["left"].axis_lps[0] < 0.0  # towards the midline
    assert truth.pedicles["left"].axis_lps[1] < 0.0  # and forwards


def test_the_canal_is_as_wide_as_the_gap_between_the_pedicles():
    truth = SPINE.truth("L2")
    left, right = (truth.pedicles[side] for side in ("left", "right"))
    edges = [
        pedicle.isthmus_lps_mm + 0.5 * pedicle.width_mm * sign * np.cross(pedicle.axis_lps, truth.frame.superior)
        for pedicle, sign in ((left, 1.0), (right, -1.0))
    ]
    assert truth.canal_width_mm == pytest.approx(abs((edges[0] - edges[1]) @ truth.frame.right))
    assert 24.0 < truth.canal_width_mm < 26.0


def test_an_absent_level_is_refused():
    with pytest.raises(Refused, match="holds no L5"):
        SPINE.truth("L5")
