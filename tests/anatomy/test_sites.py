"""Every voxel outside the bone has the leak site a radiologist would name; inside the bone there is none."""

import numpy as np
import pytest

from hand_made import HandMade
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.sites import LEAK_SITES, NO_LEAK, site_of
from vertebroplasty.anatomy.upright import grid_of
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.geometry.needle_path import NeedlePath


def gap_left_of_the_vein(p):
    return (np.hypot(p[..., 0] + 6, p[..., 2] + 8) < 2.5) & (p[..., 1] < -8) & (p[..., 1] > -17)


def name_at(grid, site, *local_mm):
    index = np.round(grid.affine.to_index(grid.frame.to_world(np.array(local_mm, float)))).astype(int)[::-1]
    value = site[tuple(index)]
    return None if value == NO_LEAK else LEAK_SITES[value]


@pytest.fixture(scope="module")
def intact():
    return grid_of(HandMade(neighbours=True).vertebra())


@pytest.mark.parametrize(
    ("local", "name"),
    [
        ((0, 0, 19), "disc-above"),
        ((0, 0, -19), "disc-below"),
        ((0, -24, 0), "basivertebral-vein"),
        ((-13, -22, -6), "foramen-left"),
        ((13, -22, -6), "foramen-right"),
        ((28, 0, 0), "segmental-vein"),
        ((35, 20, 5), "paravertebral"),
        ((5, 3, 4), None),
        ((0, -15, 0), None),
        ((0, 0, 30), None),
    ],
)
def test_sites_of_known_places(intact, local, name):
    site, names = site_of(intact)
    assert names == LEAK_SITES
    assert name_at(intact, site, *local) == name


def test_no_voxel_of_the_bone_is_a_leak(intact):
    site, _ = site_of(intact)
    assert np.all(site[intact.part != Part.NONE] == NO_LEAK)
    soft = (intact.tissue == Tissue.SOFT) & (intact.part == Part.NONE)
    assert np.all(site[soft] == LEAK_SITES.index("paravertebral"))


def test_canal_next_to_a_gap_is_epidural_and_next_to_the_foramen_is_the_vein():
    grid = grid_of(HandMade(gaps=(gap_left_of_the_vein,)).vertebra())
    site, _ = site_of(grid)
    assert name_at(grid, site, -6, -17, -8) == "epidural"
    assert name_at(grid, site, 0, -17, 0) == "basivertebral-vein"


def test_the_track_of_a_needle_is_a_site_of_its_own(intact):
    entry, tip = (intact.frame.to_world(np.array(p, float)) for p in ((13, -41, 6), (5, 8, 3)))
    site, _ = site_of(intact, [NeedlePath(entry_lps_mm=entry, tip_lps_mm=tip)])
    back = entry - 8 * (tip - entry) / np.linalg.norm(tip - entry)
    assert name_at(intact, site, *intact.frame.to_local(back)) == "needle-track"
    assert name_at(intact, site, 5, 3, 4) is None
