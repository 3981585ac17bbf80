"""Open faces, leak sites and the posterior wall on drawn vertebrae."""

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.leak import (
    CODE_INSIDE,
    SITES,
    LeakSite,
    links,
    mouths,
    near_posterior_wall,
    site_codes,
    with_gaps,
)  # fmt: skip
from vertebroplasty.cement.permeability import GAP_PERMEABILITY, porous_bed

GAP = (slice(12, 14), slice(10, 12), slice(17, 19))


def opened(grid):
    bed = porous_bed(grid)
    return bed, links(grid, bed)


def test_a_closed_shell_has_no_mouth():
    bed, open_links = opened(boxed_body())
    assert not mouths(bed, open_links).any()


def test_a_gap_is_a_mouth_where_it_can_be_seen():
    grid = with_tissue(boxed_body(), GAP, Tissue.TRABECULAR)
    assert mouths(*opened(grid)).sum() == 4  # its outer layer of 2 by 2 voxels
    hidden = with_tissue(boxed_body(breaches_can_be_seen=False), GAP, Tissue.TRABECULAR)
    assert not mouths(*opened(hidden)).any()


def test_a_gap_is_an_open_crack_through_the_shell():
    grid = with_tissue(boxed_body(), GAP, Tissue.TRABECULAR)
    bed, open_links = opened(grid)
    wide = with_gaps(grid, bed, open_links)
    assert np.all(wide.permeability_m2[GAP] == GAP_PERMEABILITY)
    assert wide.permeability_m2[13, 20, 18] == bed.permeability_m2[13, 20, 18]


def test_veins_open_at_their_ends_alone():
    grid = boxed_body(breaches_can_be_seen=False)
    with_tissue(grid, (slice(12, 14), slice(10, 20), slice(17, 19)), Tissue.BASIVERTEBRAL_VEIN)
    with_tissue(grid, (slice(12, 14), slice(20, 22), slice(28, 35)), Tissue.SEGMENTAL_VEIN)
    bed, open_links = opened(grid)
    found = mouths(bed, open_links)
    assert found[12:14, 10, 17:19].all()  # the basivertebral foramen, to the canal
    assert found[12:14, 20:22, 31].all()  # the segmental vein where it leaves the shell
    assert found.sum() == 8
    beside = bed.outside & (grid.tissue == Tissue.SEGMENTAL_VEIN)
    soft = grid.tissue == Tissue.SOFT
    assert not (open_links.j[:, :-1] & beside[:, :-1] & soft[:, 1:]).any()
    assert not (open_links.k[:-1] & beside[:-1] & soft[1:]).any()


def test_sites_are_what_fills_the_voxel():
    grid = boxed_body(shape=(30, 34, 36))
    painted = {
        Tissue.DISC_ABOVE: (slice(26, 28), slice(14, 20), slice(10, 20)),
        Tissue.DISC_BELOW: (slice(1, 3), slice(14, 20), slice(10, 20)),
        Tissue.FORAMEN_LEFT: (slice(10, 12), slice(5, 8), slice(2, 4)),
        Tissue.FORAMEN_RIGHT: (slice(10, 12), slice(5, 8), slice(32, 34)),
    }
    for tissue, where in painted.items():
        with_tissue(grid, where, tissue)
    codes = site_codes(grid, porous_bed(grid))
    for tissue, where in painted.items():
        assert {SITES[c] for c in np.unique(codes[where])} == {LeakSite(tissue.name.lower().replace("_", "-"))}
    assert SITES[codes[15, 7, 18]] is LeakSite.EPIDURAL
    assert SITES[codes[15, 31, 18]] is LeakSite.PARAVERTEBRAL
    assert codes[15, 18, 18] == CODE_INSIDE
    assert (codes[0] == CODE_INSIDE).all()  # the outermost layer takes no cement
    with_needle = site_codes(grid, porous_bed(grid), path_to(grid, (18, 20, 15), along=(1, 0, 0), length_mm=16.0))
    assert SITES[with_needle[15, 20, 1]] is LeakSite.NEEDLE_TRACK


@pytest.mark.parametrize("spacing", [0.5, 1.0])
def test_the_posterior_wall_is_reached_within_one_millimetre(spacing):
    grid = boxed_body(shape=(30, 40, 44), spacing=spacing)
    near = near_posterior_wall(grid, *opened(grid))
    canal = np.flatnonzero((grid.tissue == Tissue.CANAL).any(axis=(0, 1)))
    columns = np.flatnonzero(near.any(axis=(0, 1)))
    beside = round(1.0 / spacing)  # within a millimetre of the wall's edge as well
    assert set(canal) <= set(columns) <= set(range(canal[0] - beside, canal[-1] + beside + 1))
    rows = np.flatnonzero(near.any(axis=(0, 2)))
    # the core begins at row 12, whose voxels are centred half a voxel in front of the wall
    assert [(row - 12 + 0.5) * spacing for row in rows][-1] <= 1.0
    assert rows.tolist() == [12 + n for n in range(2 if spacing == 0.5 else 1)]


def test_around_an_opening_there_is_no_wall_to_reach():
    grid = with_tissue(boxed_body(), GAP, Tissue.TRABECULAR)
    near = near_posterior_wall(grid, *opened(grid))
    assert near.any()
    assert not near[12:14, 12, 17:19].any()
    assert not near[13, 12, 19]
    assert near[13, 12, 23]


def test_a_thick_wall_brings_it_no_nearer_to_its_opening():
    """Beside a foramen the wall counts from 3 mm, whether one voxel of the lattice or five lie through it."""
    for layers in (0, 3):
        grid = boxed_body(shape=(26, 44, 60))
        with_tissue(grid, (slice(6, 20), slice(12, 12 + layers), slice(6, 54)), Tissue.CORTEX)
        with_tissue(grid, (slice(12, 14), slice(10, 20), slice(29, 31)), Tissue.BASIVERTEBRAL_VEIN)
        near = near_posterior_wall(grid, *opened(grid))
        before_the_canal = slice(24, 36)
        free = 24 + np.flatnonzero(~near[12, 12 + layers, before_the_canal])
        assert free.tolist() == list(range(26, 34))  # the vein's voxels 29 and 30, and three on each side


def test_one_voxel_that_stands_out_is_no_wall_of_its_own():
    grid = boxed_body()
    smooth = near_posterior_wall(grid, *opened(grid))
    with_tissue(grid, (13, 12, 18), Tissue.CORTEX)
    near = near_posterior_wall(grid, *opened(grid))
    assert not near[13, 13, 18]  # before it: the wall around lies 1.4 mm behind
    smooth[13, 12, 18] = False  # now cortex
    np.testing.assert_array_equal(near, smooth)


@pytest.mark.parametrize("spacing", [0.5, 1.0])
def test_the_distance_from_a_slanting_wall_is_taken_across_it(spacing):
    """A wall that runs one voxel forward for every voxel upward: a voxel's row is √2 times its distance."""
    size = 40
    k, j, i = np.indices((size, size, size))
    grid = boxed_body(shape=(size, size, size), spacing=spacing)
    wall = j - 10 - (k - 10)
    inner = (k > 5) & (k < size - 5) & (i > 5) & (i < size - 5) & (j < size - 5)
    with_tissue(grid, np.ones(k.shape, bool), Tissue.SOFT, part=Part.NONE)
    with_tissue(grid, inner & (wall < 0), Tissue.CANAL)
    with_tissue(grid, inner & (wall >= 0), Tissue.TRABECULAR, part=Part.BODY)
    with_tissue(grid, inner & (wall >= 0) & (wall < 3), Tissue.CORTEX)
    near = near_posterior_wall(grid, *opened(grid))
    row = np.flatnonzero(near[18, :, 20]) - 21  # voxels before the first of marrow
    assert row.tolist() == list(range(int(1.0 / spacing * np.sqrt(2) + 0.5)))
