"""A stack's grid: the same voxels as the level's own, with the neighbours whole, or a sentence that says what lacks."""

import numpy as np
import pytest

from real_spine import real_spine
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.stack import build_stack, moved
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import Refused
from vertebroplasty.phantom import LevelShape, SpinePhantom

SPACING_MM = 2.0


@pytest.fixture(scope="module")
def spine():
    return SpinePhantom(levels={n: LevelShape() for n in ("L1", "L2", "L3")}, spacing_mm=(1.5, 1.5, 1.5)).build()[1]


@pytest.fixture(scope="module")
def stack(spine):
    return build_stack(spine["L2"], SPACING_MM)


def test_the_neighbours_bodies_are_as_large_as_their_own_grids_say(spine, stack):
    for name, part in (("L1", stack.above), ("L3", stack.below)):
        own = np.count_nonzero(build_grid(spine[name], SPACING_MM).body())
        # The same body cut by two tilted lattices of 2 mm.
        assert np.count_nonzero(part == Part.BODY) == pytest.approx(own, rel=0.03)
    k = [np.argwhere(mask)[:, 0].mean() for mask in (stack.below == Part.BODY, stack.body(), stack.above == Part.BODY)]
    assert k == sorted(k)
    assert not ((stack.above == Part.BODY) & stack.body()).any()


def test_a_field_comes_over_voxel_for_voxel(spine, stack):
    own = build_grid(spine["L2"], SPACING_MM)
    assert moved(own.part, own, stack).tolist() == stack.part.tolist()
    where = moved(np.ones(own.hu.shape, np.uint8), own, stack).astype(bool)
    assert where.sum() == own.hu.size
    assert (moved(own.tissue, own, stack)[where] == stack.tissue[where]).all()
    for disc in (Tissue.DISC_ABOVE, Tissue.DISC_BELOW):
        assert stack.is_tissue(disc).any()


def test_a_stack_is_worked_out_once(spine, stack):
    assert build_stack(spine["L2"], SPACING_MM) is stack
    two = build_stack(spine["L2"], SPACING_MM, ("below",))
    assert two.above is None
    assert (two.below == Part.BODY).sum() == (stack.below == Part.BODY).sum()


def test_grids_that_do_not_share_voxels_are_refused(spine, stack):
    own, coarse = build_grid(spine["L2"], SPACING_MM), build_grid(spine["L2"], 2.5)
    with pytest.raises(Refused, match="do not share their voxels"):
        moved(coarse.hu, coarse, stack)
    with pytest.raises(Refused, match="nothing may be lost"):
        moved(np.ones(stack.hu.shape), stack, own)


def test_a_missing_or_cut_neighbour_is_named(spine, data):
    with pytest.raises(Refused, match="needs the vertebra above L1"):
        build_stack(spine["L1"], SPACING_MM)
    with pytest.raises(Refused, match="above, below or both"):
        build_stack(spine["L2"], SPACING_MM, ())
    real = real_spine(data)
    with pytest.raises(Refused, match=r"needs L2, above L3, whole, and the edge of the scan cuts"):
        build_stack(real["L3"], SPACING_MM)
