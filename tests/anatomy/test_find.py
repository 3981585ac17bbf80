"""A vertebra's own axes and parts on synthetic spines with known frames, and on the real L3."""

from dataclasses import replace

import numpy as np
import pytest

from real_spine import real_spine
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.sizes import sizes_of
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import CutBody
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.phantom import Bulge, LevelShape, PedicleShape, SpinePhantom

THREE = {name: LevelShape() for name in ("L1", "L2", "L3")}
BULGED = LevelShape(bulge=Bulge(canal_percent=40.0))
CRUSHED = LevelShape(anterior_mm=9.5, middle_mm=9.0, posterior_mm=12.0)
THORACIC = LevelShape(
    anterior_mm=19.0,
    middle_mm=18.5,
    posterior_mm=20.0,
    depth_mm=26.0,
    width_mm=28.0,
    canal_ap_mm=15.0,
    canal_width_mm=16.0,
    pedicle_left=PedicleShape(width_mm=4.5, height_mm=10.0, convergence_deg=8.0),
    pedicle_right=PedicleShape(width_mm=5.0, height_mm=10.0, convergence_deg=8.0),
)


def whole_labels(phantom):
    """The phantom's spine without its subregions."""
    return replace(phantom.build()[1], subregions=None, _found={})


def angle_deg(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1, 1)))


@pytest.mark.parametrize(
    ("levels", "name", "spacing", "rotation", "most_deg"),
    [
        (THREE, "L2", (1.5, 1.5, 1.5), (20.0, -15.0, 18.0), (1.0, 2.0)),
        ({"L2": LevelShape()}, "L2", (1.5, 1.5, 1.5), (25.0, 15.0, -15.0), (1.0, 2.0)),  # alone: no column to see
        (THREE | {"L2": CRUSHED}, "L2", (0.9, 0.9, 3.0), (5.0, 8.0, -8.0), (1.0, 3.0)),  # the seed lies far aside
        (dict.fromkeys(("T7", "T8", "T9"), THORACIC), "T8", (1.5, 1.5, 1.5), (-15.0, 5.0, -8.0), (1.0, 2.0)),
        (
            THREE | {"L2": LevelShape(bulge=Bulge(canal_percent=40.0))},
            "L2",
            (1.2, 1.2, 1.2),
            (8.0, 5.0, 9.0),
            (1.0, 3.0),
        ),
    ],
)
def test_the_axes_come_from_the_vertebra_not_the_scanner(levels, name, spacing, rotation, most_deg):
    phantom = SpinePhantom(levels=levels, spacing_mm=spacing, rotation_deg=rotation, noise_hu=15.0)
    vertebra = find_vertebra(whole_labels(phantom)[name])
    truth = phantom.frame(name)
    # the mirror plane is sharp; the posterior wall is a dozen slices high, and a fragment blunts it
    assert angle_deg(vertebra.frame.right, truth.right) < most_deg[0]
    assert angle_deg(vertebra.frame.superior, truth.superior) < most_deg[1]
    assert np.linalg.norm(vertebra.frame.origin_lps_mm - truth.origin_lps_mm) < 1.0
    assert set(vertebra.pedicles) == {"left", "right"}
    assert vertebra.canal is not None
    assert not vertebra.body_cut
    for side, pedicle in vertebra.pedicles.items():
        known = phantom.truth(name).pedicles[side]
        # an isthmus is flat along the pedicle: its place along the axis is soft, its side is not
        assert np.linalg.norm(vertebra.frame.to_world(pedicle.isthmus_mm) - known.isthmus_lps_mm) < 3.0
        assert pedicle.isthmus_mm[0] * (1.0 if side == "right" else -1.0) > 0


def test_parts_cover_the_label_and_lie_where_they_should():
    vertebra = find_vertebra(whole_labels(SpinePhantom(levels=THREE, spacing_mm=(1.5, 1.5, 1.5)))["L2"])
    local = vertebra.frame.to_local(
        vertebra.distance_affine.to_world(np.argwhere(vertebra.part > 0)[:, ::-1].astype(float))
    )
    part = vertebra.part[vertebra.part > 0]
    assert np.array_equal(vertebra.part > 0, vertebra.distance_mm < 0)
    wall = vertebra.posterior_wall.anterior_at(0.0)
    assert local[part == Part.BODY, 1].min() > wall - 1.5  # a voxel: without a fragment nothing lies behind the wall
    assert local[part == Part.PEDICLE_LEFT, 0].max() < 0
    assert local[part == Part.PEDICLE_RIGHT, 0].min() > 0
    assert local[part == Part.ARCH, 1].mean() < wall


def test_a_mirrored_patient_swaps_left_and_right_and_nothing_else():
    shape = LevelShape(pedicle_left=PedicleShape(width_mm=7.0), pedicle_right=PedicleShape(width_mm=10.0))
    phantom = SpinePhantom(levels={"L2": shape}, spacing_mm=(1.5, 1.5, 1.5), rotation_deg=(9.0, -7.0, 12.0))
    spine = whole_labels(phantom)
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    mirrored = replace(
        spine,
        affine=Affine(flip @ spine.affine.matrix),
        ct=replace(spine.ct, affine=Affine(flip @ spine.ct.affine.matrix)),
        _found={},
    )
    here, there = sizes_of(spine["L2"]), sizes_of(mirrored["L2"])
    # the simplex of the mirror plane stops within 1e-4 rad, the rays then differ by as much
    assert there.middle.heights_mm == pytest.approx(here.middle.heights_mm, abs=0.03)
    assert there.depth_mm == pytest.approx(here.depth_mm, abs=0.03)
    assert there.volume_ml == pytest.approx(here.volume_ml, rel=0.003)
    for side, other in (("left", "right"), ("right", "left")):
        assert there.vertebra.pedicles[other].width_mm == pytest.approx(here.vertebra.pedicles[side].width_mm, abs=0.3)
    assert there.vertebra.pedicles["left"].width_mm > there.vertebra.pedicles["right"].width_mm + 2.0


def test_the_result_is_kept_and_repeated():
    spine = whole_labels(SpinePhantom(levels={"L2": LevelShape()}, spacing_mm=(2.0, 2.0, 2.0)))
    first = find_vertebra(spine["L2"])
    assert find_vertebra(spine["L2"]) is first
    again = find_vertebra(replace(spine, _found={})["L2"])
    assert np.array_equal(again.frame.axes, first.frame.axes)
    assert np.array_equal(again.part, first.part)


def test_a_slice_of_a_vertebra_is_refused():
    phantom = SpinePhantom(levels={"L2": LevelShape()}, spacing_mm=(1.5, 1.5, 1.5))
    spine = whole_labels(phantom)
    inside = np.nonzero((spine.labels > 0).any(axis=(1, 2)))[0]
    start = int(inside[-1] - 3)  # 5 mm of upper articular processes and rim
    part = replace(
        spine,
        labels=spine.labels[start:],
        affine=spine.affine.shifted((0, 0, start)),
        ct=replace(spine.ct, hu=spine.ct.hu[start:], affine=spine.ct.affine.shifted((0, 0, start))),
        _found={},
    )
    with pytest.raises(CutBody, match="use a scan that holds"):
        find_vertebra(part["L2"])


def test_the_real_l3(data):
    vertebra = find_vertebra(real_spine(data)["L3"])
    # right-handed and the right way up, in LPS
    assert angle_deg(vertebra.frame.right, np.array([-1.0, 0, 0])) < 10.0
    assert angle_deg(vertebra.frame.superior, np.array([0, 0, 1.0])) < 10.0
    assert np.linalg.det(vertebra.frame.axes) == pytest.approx(1.0)
    # the centroid of the labelled body; a biconcave body's centroid lies a little off its mid-depth
    assert vertebra.frame.origin_lps_mm == pytest.approx([26.007, 161.57, -64.921], abs=2.5)
    assert vertebra.cut_sides == ()
    assert not vertebra.body_cut
    # directly behind the body the pedicles are 5 to 7 voxels of 1.5 mm wide
    assert all(7.5 <= pedicle.width_mm <= 10.5 for pedicle in vertebra.pedicles.values())
