"""A raised body: mineral and cement conserved, the wedge opened, the posterior wall kept."""

import numpy as np
import pytest

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import Refused
from vertebroplasty.strength.compression import compress
from vertebroplasty.strength.raised_body import raised_body

from .conftest import grid_of


@pytest.fixture
def block():
    """A body of 20 x 20 x 24 mm, spongy bone of 150 HU throughout."""
    body = np.zeros((30, 26, 30), bool)
    body[5:25, 3:23, 3:27] = True
    return grid_of(np.where(body, 150.0, 0.0), body)


def test_no_gain_changes_nothing(block):
    raised = raised_body(block, 0.0)
    top = block.hu.shape[0]
    assert raised.grid.part[:top].tolist() == block.part.tolist()
    assert raised.grid.hu[:top] == pytest.approx(block.hu)
    assert (raised.density_factor == 1).all()
    assert raised.wedge_change_deg == 0


def test_the_front_rises_the_back_stays_and_the_angle_follows(block):
    raised = raised_body(block, 4.0)
    heights = np.count_nonzero(raised.grid.body(), axis=0)[3:23, 15]
    assert heights[0] == 20
    assert heights[-1] == pytest.approx(24, abs=1)
    assert (np.diff(heights) >= 0).all()
    # The depth is measured between the middles of the first and the last voxel.
    assert raised.wedge_change_deg == pytest.approx(np.degrees(np.arctan(4 / 19)))
    assert raised.grid.is_tissue(Tissue.TRABECULAR)[raised.grid.body()].all()


def test_mineral_and_cement_are_conserved(block):
    cement = np.zeros(block.hu.shape)
    cement[12:18, 10:16, 12:18] = 0.7
    raised = raised_body(block, 5.0, fill=cement)
    # Linear reading between levels; one part in a hundred is the rounding of the body's edge to whole voxels.
    body = raised.grid.part == Part.BODY
    mineral = (raised.density_factor * raised.grid.hu)[body].sum()
    assert mineral == pytest.approx(150.0 * block.body().sum(), rel=0.02)
    assert raised.fill.sum() == pytest.approx(cement.sum(), rel=0.01)
    assert raised.fill.max() <= 0.7


def test_thinner_taller_bone_is_softer_and_compacted_bone_is_stiffer(block):
    before = compress(block).stiffness_n_per_mm
    raised = raised_body(block, 5.0)
    after = compress(raised.grid, density_factor=raised.density_factor).stiffness_n_per_mm
    assert 0.6 * before < after < before
    shell = np.where(block.part == Part.BODY, 1.5, 1.0)
    assert compress(block, density_factor=shell).stiffness_n_per_mm > before
    cavity = np.ones(block.hu.shape)
    cavity[10:20, 8:18, 10:20] = 0.0
    assert compress(block, density_factor=cavity).stiffness_n_per_mm < before
    with pytest.raises(Refused, match="density factor"):
        compress(block, density_factor=np.ones((2, 2, 2)))


def test_impossible_gains_are_refused(block):
    for gain in (-1.0, 11.0):
        with pytest.raises(Refused, match="is impossible for a body of 20 mm"):
            raised_body(block, gain)
    with pytest.raises(Refused, match="no vertebral body"):
        raised_body(grid_of(block.hu, np.zeros_like(block.body())), 1.0)
