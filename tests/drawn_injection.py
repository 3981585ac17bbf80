"""Checks and ways in shared by the tests of whole injections into drawn vertebrae."""

import json

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Part

TIP = (18, 20, 13)  # i, j, k in the middle of the core
GAP = (slice(12, 14), slice(10, 12), slice(17, 19))  # 2 mm wide through the wall before the canal


def balanced(run, grid):
    """Cement in the voxels is the cement pushed, and lies where it says."""
    in_voxels = float(run.fill.sum(dtype=np.float64)) * grid.voxel_ml
    leaked = sum(leak.volume_ml for leak in run.leaks)
    assert in_voxels == pytest.approx(run.injected_ml, rel=1e-6)  # the file is float32
    assert run.in_body_ml + leaked == pytest.approx(run.injected_ml, rel=1e-9)
    assert run.mass_balance_error < 1e-9
    assert run.fill.min() >= 0
    assert run.fill.max() <= 1
    np.testing.assert_array_equal(np.isfinite(run.arrival_time_s), run.fill > 0)
    json.dumps(run.events, allow_nan=False)
    return run


def from_the_side(grid, tip_ijk):
    """A needle that leaves gaps and veins in the posterior wall free."""
    return path_to(grid, tip_ijk, along=(1.0, 0.0, 0.0))


def sites(run):
    return {leak.site for leak in run.leaks}


def open_pedicle(**options):
    """The wall before the canal belongs to a pedicle, and has a gap of 2 mm."""
    grid = boxed_body(**options)
    grid.part[:, :14][grid.part[:, :14] > 0] = Part.PEDICLE_LEFT
    return with_tissue(grid, GAP, Tissue.TRABECULAR)
