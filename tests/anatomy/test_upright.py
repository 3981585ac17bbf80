"""The grid is the same vertebra in any pose, closed where no gap is seen, honest about what was not scanned."""

import numpy as np
import pytest
from scipy import ndimage

from hand_made import AIR_HU, HALF, SPONGY_HU, WALL, HandMade, rotation
from real_spine import real_spine
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.upright import build_grid, grid_of
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import Refused

BONE_INSIDE = (Tissue.TRABECULAR, Tissue.CLEFT, Tissue.LESION)


def at(grid, *local_mm):
    """Index [k, j, i] of a local point."""
    return tuple(np.round(grid.affine.to_index(grid.frame.to_world(np.array(local_mm, float)))).astype(int)[::-1])


def tissue_at(grid, *local_mm):
    return Tissue(grid.tissue[at(grid, *local_mm)])


def reached(grid, *passable):
    """Voxels that face-connected paths through the given tissues reach from the body's spongy bone."""
    open_to, _ = ndimage.label(grid.is_tissue(*passable))
    return open_to == open_to[at(grid, 8, 0, 5)]


@pytest.fixture(scope="module")
def l3_vertebra(data):
    return find_vertebra(real_spine(data)["L3"])


@pytest.fixture(scope="module")
def upright():
    return grid_of(HandMade(neighbours=True).vertebra())


def test_every_voxel_lies_where_the_frame_says(upright):
    index = upright.affine.to_index(upright.frame.origin_lps_mm)
    assert index == pytest.approx(np.round(index), abs=1e-9)
    step = upright.affine.matrix[:3, :3].T
    assert step == pytest.approx(upright.frame.axes, abs=1e-12)


def test_hu_is_that_of_the_ct_in_spongy_bone_soft_tissue_and_air(upright):
    assert upright.hu[at(upright, 5, 3, 4)] == pytest.approx(SPONGY_HU, abs=0.5)
    assert tissue_at(upright, 5, 3, 4) is Tissue.TRABECULAR
    behind = grid_of(HandMade(half_fov=(50, 95, 35)).vertebra())
    assert np.all(behind.hu[behind.tissue == Tissue.AIR] < -300) or not np.any(behind.hu == AIR_HU)


def test_volume_of_the_body_is_the_drawn_one(upright):
    ideal = 8 * np.prod(HALF) / 1000.0
    rounded = np.count_nonzero(upright.body()) * upright.voxel_ml
    assert rounded == pytest.approx(ideal, rel=0.12)  # rounded edges take 8 %
    assert rounded < ideal


@pytest.mark.parametrize(
    ("local", "kind"),
    [
        ((0, -24, 0), Tissue.CANAL),
        ((0, -24, 22), Tissue.CANAL),
        ((0, WALL - 1, -8), Tissue.CANAL),
        ((0, 0, 19), Tissue.DISC_ABOVE),
        ((0, 0, -19), Tissue.DISC_BELOW),
        ((0, 0, 30), Tissue.NEIGHBOUR),
        ((-13, -22, -6), Tissue.FORAMEN_LEFT),
        ((13, -22, -6), Tissue.FORAMEN_RIGHT),
        ((0, WALL + 1, 0), Tissue.BASIVERTEBRAL_VEIN),
        ((0, -3, 0), Tissue.BASIVERTEBRAL_VEIN),
        ((22.5, 0, 0), Tissue.SEGMENTAL_VEIN),
        ((-28, 0, 0), Tissue.SEGMENTAL_VEIN),
        ((0, 30, 0), Tissue.SOFT),
        ((22.4, 3, 5), Tissue.CORTEX),
    ],
)
def test_what_fills_known_places(upright, local, kind):
    assert tissue_at(upright, *local) is kind


def test_parts_are_where_they_were_drawn(upright):
    for local, part in (
        ((0, 5, 0), Part.BODY), ((-13, -24, 6), Part.PEDICLE_LEFT), ((13, -24, 6), Part.PEDICLE_RIGHT),
        ((0, -36, 2), Part.ARCH), ((0, -24, 0), Part.NONE),
    ):  # fmt: skip
        assert upright.part[at(upright, *local)] == part


def test_the_shell_is_closed_but_for_the_veins(upright):
    everything_but_cortex = [kind for kind in Tissue if kind not in (Tissue.CORTEX,)]
    no_veins = [kind for kind in everything_but_cortex if "VEIN" not in kind.name]
    assert not np.any(reached(upright, *no_veins) & (upright.part == Part.NONE))
    through_veins = reached(upright, *everything_but_cortex) & (upright.part == Part.NONE)
    assert np.any(through_veins & (upright.tissue == Tissue.CANAL))
    assert np.any(through_veins & (upright.tissue == Tissue.SEGMENTAL_VEIN))


@pytest.mark.parametrize("spacing", [0.75, 1.5, 2.5])
def test_the_shell_is_closed_at_any_spacing(spacing):
    grid = grid_of(HandMade(rotation=rotation(10, 5, -7)).vertebra(), spacing)
    inside = reached(grid, *[kind for kind in Tissue if kind is not Tissue.CORTEX and "VEIN" not in kind.name])
    assert not np.any(inside & (grid.part == Part.NONE))


def test_a_seen_gap_opens_the_shell_where_it_is_and_nowhere_else():
    def gap(p):
        return (np.hypot(p[..., 0] - 5, p[..., 2] + 8) < 2.5) & (p[..., 1] < -8) & (p[..., 1] > -17)

    grid = grid_of(HandMade(gaps=(gap,)).vertebra())
    surface = (grid.part == Part.BODY) & ndimage.binary_dilation(grid.part == Part.NONE)
    opened = np.argwhere(surface & grid.is_tissue(*BONE_INSIDE))
    places = grid.to_local(opened[:, ::-1])
    assert len(places) >= 9
    assert np.all(np.hypot(places[:, 0] - 5, places[:, 2] + 8) < 4.0)
    beyond = reached(grid, *[kind for kind in Tissue if kind is not Tissue.CORTEX and "VEIN" not in kind.name])
    assert np.any(beyond & (grid.tissue == Tissue.CANAL))


def test_on_thick_slices_the_gap_stays_closed_and_the_grid_says_so():
    def gap(p):
        return (np.hypot(p[..., 0] - 5, p[..., 2] + 8) < 3) & (p[..., 1] < -8) & (p[..., 1] > -17)

    grid = grid_of(HandMade(gaps=(gap,), spacing=(0.8, 0.8, 3.0)).vertebra())
    assert not grid.breaches_can_be_seen
    assert any("closed" in note for note in grid.notes)
    inside = reached(grid, *[kind for kind in Tissue if kind is not Tissue.CORTEX and "VEIN" not in kind.name])
    assert not np.any(inside & (grid.part == Part.NONE))


def test_turning_the_patient_turns_the_answer_and_changes_nothing_else(upright):
    drawn = HandMade(neighbours=True, rotation=rotation(18, -9, 7), half_fov=(62, 95, 48), centre=(31.0, -12.0, 250.0))
    turned = grid_of(drawn.vertebra())
    start = np.round(upright.to_local(np.zeros(3)) - turned.to_local(np.zeros(3))).astype(int)
    box = tuple(slice(max(0, s), max(0, s) + 60) for s in start[::-1])
    same = tuple(slice(max(0, -s), max(0, -s) + 60) for s in start[::-1])
    a, b = turned.tissue[box], upright.tissue[same]
    shape = tuple(np.minimum(a.shape, b.shape))
    a, b = (each[tuple(slice(0, n) for n in shape)] for each in (a, b))
    scanned = (a != Tissue.OUTSIDE_SCAN) & (b != Tissue.OUTSIDE_SCAN)
    assert scanned.mean() > 0.9
    assert np.mean(a[scanned] == b[scanned]) > 0.97  # surfaces move within a voxel
    bone = [np.count_nonzero(np.isin(each, (Tissue.TRABECULAR, Tissue.CORTEX))) for each in (a, b)]
    assert bone[0] == pytest.approx(bone[1], rel=0.06)
    for kind in (Tissue.CANAL, Tissue.DISC_ABOVE, Tissue.FORAMEN_LEFT, Tissue.FORAMEN_RIGHT):
        assert np.count_nonzero(a == kind) == pytest.approx(np.count_nonzero(b == kind), rel=0.06)


def test_left_and_right_mirror_each_other(upright):
    centre = at(upright, 0, 0, 0)[2]
    reach = min(centre, upright.tissue.shape[2] - 1 - centre)
    right = upright.tissue[:, :, centre : centre + reach + 1]
    left = upright.tissue[:, :, centre - reach : centre + 1][:, :, ::-1]
    swapped = left.copy()
    swapped[left == Tissue.FORAMEN_LEFT] = Tissue.FORAMEN_RIGHT
    assert np.array_equal(swapped, right)


def test_a_clipped_scan_is_said_and_marked():
    grid = grid_of(HandMade(half_fov=(50, 85, 20)).vertebra())
    assert any("superior" in note and "inferior" in note for note in grid.notes)
    half = grid_of(HandMade(paint=((lambda p: p[..., 0] > 30, -2000.0),)).vertebra())
    assert np.all(half.is_tissue(Tissue.OUTSIDE_SCAN) == (half.hu == -1000.0) & (half.tissue != Tissue.AIR))


def test_without_neighbours_the_discs_are_eight_millimetres_and_said():
    grid = grid_of(HandMade().vertebra())
    _, j, i = at(grid, 0, 0, 0)
    assert np.count_nonzero(grid.tissue[:, j, i] == Tissue.DISC_ABOVE) == 8
    assert any("8 mm" in note and "above" in note for note in grid.notes)


def test_gas_lesion_cement_and_metal_are_what_they_are():
    def ball(centre, radius):
        return lambda p: np.linalg.norm(p - np.array(centre, float), axis=-1) < radius

    drawn = HandMade(
        paint=(
            (ball((10, 4, 0), 4), -900.0),
            (ball((-10, 4, 0), 5), 40.0),
            (ball((0, 2, 8), 3.5), 3000.0),
            (lambda p: (np.hypot(p[..., 0] - 13, p[..., 2] - 6) < 2.5) & (p[..., 1] > -45) & (p[..., 1] < -14), 3071.0),
        )
    )
    grid = grid_of(drawn.vertebra())
    assert tissue_at(grid, 10, 4, 0) is Tissue.CLEFT
    assert tissue_at(grid, -10, 4, 0) is Tissue.LESION
    assert tissue_at(grid, 0, 2, 8) is Tissue.OLD_CEMENT
    assert tissue_at(grid, 13, -24, 6) is Tissue.METAL


def test_a_grid_no_ct_supports_is_refused():
    with pytest.raises(Refused, match="choose another"):
        grid_of(HandMade().vertebra(), 0.1)


def test_the_real_level_is_built_once(l3_vertebra):
    level = l3_vertebra.level
    assert build_grid(level) is build_grid(level)
    grid = build_grid(level)
    assert np.count_nonzero(grid.body()) * grid.voxel_ml == pytest.approx(39.26, rel=0.03)  # the subregion label's body
    bone = np.count_nonzero(grid.part) * grid.voxel_ml
    assert bone == pytest.approx(59.73, rel=0.02)  # the whole label
