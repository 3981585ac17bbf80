"""The painted CT against the known answers."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.levels import Subregion
from vertebroplasty.errors import Refused
from vertebroplasty.phantom import (
    Breach,
    Bulge,
    Cleft,
    LevelShape,
    LyticHole,
    OldCement,
    PedicleShape,
    Screw,
    SpinePhantom,
    Trunk,
)
from vertebroplasty.phantom.implicit import coarse
from vertebroplasty.phantom.records import level_records, trunk_record

WEDGE = LevelShape(
    anterior_mm=20.0, middle_mm=21.0, posterior_mm=27.0, upper_share=0.8, pedicle_left=PedicleShape(width_mm=7.0)
)
TURNED = SpinePhantom(levels={"L2": WEDGE}, rotation_deg=(13.0, -7.0, 21.0))
PAIR = replace(TURNED, levels={"L2": WEDGE, "L3": LevelShape()}, scoliosis_deg=4.0)


def at(phantom, local_points, level="L2"):
    """HU and part exactly at local points of a level: the finest possible sampling."""
    shapes = tuple(phantom.levels.values())
    levels, trunk = level_records(shapes, phantom.poses), trunk_record(phantom.trunk, shapes, phantom.poses)
    found = []
    for point in np.atleast_2d(local_points):
        place = phantom.patient_frame.to_local(phantom.frame(level).to_world(point))
        hu, which, part = (np.empty((1, 1, 1), kind) for kind in (np.float32, np.uint8, np.uint8))
        coarse(levels, trunk, np.column_stack([np.eye(3), place]), hu, which, part)
        found.append((float(hu[0, 0, 0]), int(which[0, 0, 0]), int(part[0, 0, 0])))
    return found


def crossing(phantom, start, end, level="L2"):
    """Distance from start to where bone begins or ends on a local line, by bisection."""
    start, end = np.array(start, float), np.array(end, float)
    first = at(phantom, start, level)[0][1] > 0
    near, far = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (near + far)
        same = (at(phantom, start + middle * (end - start), level)[0][1] > 0) == first
        near, far = (middle, far) if same else (near, middle)
    return near * np.linalg.norm(end - start)


def body_ml(phantom, level="L2"):
    painting = phantom.paint()
    number = list(phantom.levels).index(level) + 1
    body = (painting.level == number) & (painting.part == Subregion.CORPUS)
    return body.sum() * painting.affine.voxel_ml


def test_the_label_volume_converges_to_the_known_volume_with_second_order():
    spacings = np.array([4.0, 2.0, 1.0])
    true = TURNED.truth("L2").body_volume_ml
    errors = []
    for spacing in spacings:
        # Three orientations: one alone may meet the grid by luck.
        turns = ((13.0, -7.0, 21.0), (5.0, 20.0, -9.0), (-22.0, 4.0, 7.0))
        found = [body_ml(replace(TURNED, spacing_mm=(spacing,) * 3, rotation_deg=turn)) for turn in turns]
        errors.append(np.sqrt(np.mean((np.array(found) - true) ** 2)))
    order = np.polyfit(np.log(spacings), np.log(errors), 1)[0]
    assert order > 1.6
    assert errors[-1] < 0.003 * true  # 1 mm voxels


def test_a_fragment_and_thick_slices_keep_the_volume():
    shape = replace(WEDGE, bulge=Bulge(canal_percent=40.0))
    phantom = replace(TURNED, levels={"L2": shape}, spacing_mm=(0.8, 0.8, 2.0))
    assert body_ml(phantom) == pytest.approx(phantom.truth("L2").body_volume_ml, rel=0.01)


def test_the_fragment_is_painted_with_its_whole_volume():
    shape = replace(WEDGE, bulge=Bulge(canal_percent=50.0))
    phantom = replace(TURNED, levels={"L2": shape})
    known = phantom.truth("L2").body_volume_ml - TURNED.truth("L2").body_volume_ml
    painted = sum(
        sign * painting.bone.sum(dtype=float) * painting.affine.voxel_ml
        for sign, painting in ((1.0, phantom.paint()), (-1.0, TURNED.paint()))
    )
    # 28 points a voxel over a surface of 400 mm².
    assert painted == pytest.approx(known, rel=0.01)


def test_heights_depth_and_width_are_met_on_exact_lines():
    truth = PAIR.truth("L2")
    for y, height in ((0.5, 20.0), (0.0, 21.0), (-0.5, 27.0)):
        depth = y * WEDGE.depth_mm * (1.0 - 1e-9)
        up = crossing(PAIR, (0.0, depth, 0.0), (0.0, depth, 30.0))
        down = crossing(PAIR, (0.0, depth, 0.0), (0.0, depth, -30.0))
        assert up + down == pytest.approx(height, abs=1e-3)
    front = crossing(PAIR, (0.0, 0.0, -5.0), (0.0, 30.0, -5.0))
    back = crossing(PAIR, (0.0, 0.0, -5.0), (0.0, -30.0, -5.0))
    assert front + back == pytest.approx(truth.body_depth_mm, abs=1e-3)


def test_pedicle_width_and_height_are_met_at_the_isthmus():
    for side in ("left", "right"):
        pedicle = PAIR.truth("L2").pedicles[side]
        frame = PAIR.frame("L2")
        centre, axis = frame.to_local(pedicle.isthmus_lps_mm), frame.direction_to_local(pedicle.axis_lps)
        across = np.cross(axis, [0.0, 0.0, 1.0])
        across /= np.linalg.norm(across)
        for direction, size in ((across, pedicle.width_mm), (np.cross(across, axis), pedicle.height_mm)):
            found = sum(crossing(PAIR, centre, centre + sign * 12.0 * direction) for sign in (1.0, -1.0))
            assert found == pytest.approx(size, abs=1e-3)


def test_the_canal_has_its_depth_and_the_fragment_takes_its_share():
    lamina = WEDGE.isthmus_mm("left")[2] - 4.0
    middle = WEDGE.wall_mm - 8.0
    free = sum(crossing(PAIR, (0.0, middle, lamina), (0.0, middle + step, lamina)) for step in (12.0, -12.0))
    assert free == pytest.approx(WEDGE.canal_ap_mm, abs=1e-3)
    shape = replace(WEDGE, bulge=Bulge(canal_percent=40.0))
    narrowed = replace(PAIR, levels={"L2": shape, "L3": LevelShape()})
    top = shape.bulge_centre_mm
    summit = crossing(narrowed, (0.0, middle - 4.0, top), (0.0, middle + 12.0, top))
    assert middle - 4.0 + summit == pytest.approx(shape.wall_mm - 0.4 * shape.canal_ap_mm, abs=1e-3)


def test_the_shell_is_as_thick_as_asked_for():
    shape = replace(WEDGE, cortex_mm=1.3)
    phantom = replace(TURNED, levels={"L2": shape})
    edge = float(shape.edge_mm(2.0, 1.0))
    steps = np.linspace(0.0, 4.0, 401)
    shell = [at(phantom, (edge - step, 2.0, 1.0))[0][0] == shape.cortex_hu for step in steps]
    # First-order distance on a side wall of about 25 mm radius.
    assert 0.01 * np.sum(shell) == pytest.approx(1.3, abs=0.1)


def test_breaches_clefts_holes_cement_and_metal_are_where_they_were_put():
    shape = replace(
        WEDGE,
        breaches=(Breach(toward="disc-above", at_mm=(4.0, 5.0)), Breach(toward="canal", at_mm=(6.0, -5.0))),
        cleft=Cleft(centre_mm=(0.0, 2.0, 4.0), half_axes_mm=(9.0, 7.0, 2.0)),
        lytic_hole=LyticHole(centre_mm=(-10.0, 2.0, -3.0), radius_mm=4.0),
        old_cement=OldCement(centre_mm=(10.0, 8.0, -4.0), radius_mm=3.0),
        screw=Screw(side="right"),
    )
    phantom = replace(TURNED, levels={"L2": shape})
    top = float(shape.plates_mm(4.0, 5.0)[0])
    hus = [
        found[0]
        for found in at(
            phantom,
            [
                (4.0, 5.0, top - 0.5),
                (8.0, 5.0, float(shape.plates_mm(8.0, 5.0)[0]) - 0.5),
                (6.0, shape.wall_mm + 0.5, -5.0),
                (0.0, 2.0, 4.0),
                (-10.0, 2.0, -3.0),
                (10.0, 8.0, -4.0),
                tuple(shape.isthmus_mm("right")),
                (0.0, shape.wall_mm + 0.3, 0.5 * (shape.upper_mm[2] + shape.lower_mm[2])),
            ],
        )
    ]
    assert hus == [140.0, 700.0, 140.0, -750.0, 45.0, 4000.0, 8000.0, 40.0]


def test_partial_volume_keeps_the_mean_hu():
    means = [replace(PAIR, spacing_mm=spacing).paint() for spacing in ((1.0, 1.0, 1.0), (2.0, 2.0, 2.0))]
    sums = [(painting.hu - 55.0).sum(dtype=float) * painting.affine.voxel_ml for painting in means]
    # The end discs leave the two fields of view alike; what remains is the sampling of surfaces.
    assert sums[1] == pytest.approx(sums[0], rel=0.01)
    bones = [painting.bone.sum(dtype=float) * painting.affine.voxel_ml for painting in means]
    assert bones[1] == pytest.approx(bones[0], rel=0.005)


def test_a_voxel_on_a_flat_plate_has_the_mean_of_its_halves():
    flat = LevelShape(anterior_mm=25.0, middle_mm=25.0, posterior_mm=25.0, cortex_mm=3.0)
    painting = SpinePhantom(levels={"L3": flat}, spacing_mm=(1.0, 1.0, 1.0), lordosis_deg=0.0).paint()
    index = painting.affine.to_index(np.array([0.0, -2.0, 12.5]))
    i, j, k = np.rint(index).astype(int)
    column = painting.hu[k - 1 : k + 2, j, i]
    share = 0.5 - (k - index[2])  # of the middle voxel inside bone
    # 27 points and the centre resolve a share to about 1/27.
    assert column[1] == pytest.approx(80.0 + share * 620.0, abs=620.0 / 27.0)
    assert (column[0], column[2]) == (700.0, 80.0)


def test_the_mirror_image_has_mirrored_labels():
    one, other = PAIR.paint(), PAIR.mirrored().paint()
    assert one.level.shape == other.level.shape
    # Only the sampling points inside a voxel are not mirrored.
    assert np.mean(one.level != other.level[:, :, ::-1]) < 5e-4
    assert one.bone.sum(dtype=float) == pytest.approx(other.bone.sum(dtype=float), rel=1e-4)
    swapped = other.part[:, :, ::-1] == Subregion.COSTAL_RIGHT
    assert np.mean((one.part == Subregion.COSTAL_LEFT) != swapped) < 5e-4
    left, right = PAIR.truth("L2").pedicles["left"], PAIR.mirrored().truth("L2").pedicles["right"]
    assert left.isthmus_lps_mm * (-1.0, 1.0, 1.0) == pytest.approx(right.isthmus_lps_mm)


def test_turning_patient_and_grid_together_changes_nothing_but_the_affine():
    plain = replace(PAIR, rotation_deg=(0.0, 0.0, 0.0))
    turn = (25.0, -10.0, 30.0)
    turned = replace(plain, rotation_deg=turn, grid_rotation_deg=turn)
    one, other = plain.paint(), turned.paint()
    assert one.hu.shape == other.hu.shape
    # Rounding of the affine moves a sample across a surface now and then.
    assert np.mean(one.level != other.level) < 1e-5
    assert np.mean(np.abs(one.hu - other.hu) > 1.0) < 1e-4
    assert other.affine.directions != pytest.approx(one.affine.directions, abs=0.1)


def test_labels_parts_and_names_belong_together():
    ct, spine = PAIR.build()
    assert spine.names == {21: "L2", 22: "L3"}
    assert list(spine) == ["L2", "L3"]
    assert set(np.unique(spine.labels)) == {0, 21, 22}
    assert np.array_equal(spine.subregions > 0, spine.labels > 0)
    assert set(np.unique(spine.subregions)) == set(range(10))
    assert spine.evidence["L2"].neighbours == ("L3",)
    frame = PAIR.frame("L2")
    lateral = frame.to_local(spine.affine.to_world(np.argwhere(spine.subregions == Subregion.COSTAL_LEFT)[:, ::-1]))
    assert np.all(lateral[np.abs(lateral[:, 2]) < 15.0, 0] < 0.0)
    for k, j, i in np.argwhere(spine.labels > 0)[[0, -1]]:
        assert 0 < k < ct.hu.shape[0] - 1
        assert 0 < j < ct.hu.shape[1] - 1
        assert 0 < i < ct.hu.shape[2] - 1


def test_noise_has_its_spread_and_follows_the_seed():
    quiet = TURNED.build()[0].hu.astype(float)
    noisy = replace(TURNED, noise_hu=20.0, seed=5)
    once, again, other = noisy.build()[0].hu, noisy.build()[0].hu, replace(noisy, seed=6).build()[0].hu
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
    difference = once - quiet
    # Half a million voxels: the mean is known to 0.03 HU, the spread to 0.02 HU.
    assert difference.mean() == pytest.approx(0.0, abs=0.1)
    assert difference.std() == pytest.approx(20.0, abs=0.1)


def test_the_trunk_has_skin_behind_the_spine_and_air_around():
    phantom = SpinePhantom(levels={"L2": LevelShape()}, trunk=Trunk(skin_behind_mm=60.0))
    wall = LevelShape().wall_mm
    outside, skin, fat, muscle = (
        found[0] for found in at(phantom, [(20.0, wall - back, 0.0) for back in (60.0, 57.0, 48.0, 38.0)])
    )
    assert (outside, skin, fat, muscle) == (-1000.0, 30.0, -100.0, 55.0)
    ct, _ = replace(phantom, spacing_mm=(3.0, 3.0, 3.0)).build()
    for edge in (ct.hu[:, 0], ct.hu[:, -1], ct.hu[:, :, 0], ct.hu[:, :, -1]):
        assert np.all(edge == -1000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": {}}, "one to 5 levels"),
        ({"levels": {"L1": WEDGE, "L3": WEDGE}}, "do not follow each other"),
        ({"levels": {"L2": WEDGE, "L1": WEDGE}}, "do not follow each other"),
        ({"levels": {"Q1": WEDGE}}, "not a level"),
        ({"spacing_mm": (0.0, 1.0, 1.0)}, "above 0 mm"),
        ({"levels": {"L1": replace(WEDGE, breaches=(Breach(toward="canal", at_mm=(0.0, 0.0)),) * 7)}}, "6 holes"),
    ],
)
def test_impossible_spines_are_refused(change, message):
    with pytest.raises(Refused, match=message):
        replace(TURNED, **change).paint()
