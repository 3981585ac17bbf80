"""The needle in the grid: steel voxels and the source at its tip."""

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to
from vertebroplasty.cement.permeability import porous_bed
from vertebroplasty.cement.tip import needle_steel, tip_source
from vertebroplasty.errors import Refused

TIP = (18, 20, 13)


@pytest.mark.parametrize("along", [(0, 1, 0), (1, 1, 0), (1, 2, -1)])
def test_steel_has_the_volume_of_the_shaft(along):
    grid = boxed_body(shape=(60, 60, 60), spacing=0.5)
    path = path_to(grid, (34, 36, 28), along=along, length_mm=4.0, gauge_number=8)
    steel = needle_steel(grid, path)
    j_reach = steel & (np.indices(steel.shape)[1] > 16)
    radius, cosine = path.gauge.outer_mm / 2, along[1] / np.linalg.norm(along)
    length = (36 - 16.5) * 0.5 / cosine
    assert j_reach.sum() * grid.voxel_ml * 1000 == pytest.approx(np.pi * radius**2 * length, rel=0.06)


def test_the_source_lies_ahead_of_the_steel_and_sums_to_one():
    grid = boxed_body()
    path = path_to(grid, TIP)
    source = tip_source(grid, path, porous_bed(grid).inside)
    assert source.sum() == pytest.approx(1.0)
    assert not source[needle_steel(grid, path)].any()
    k, j, i = np.nonzero(source)
    assert j.min() == TIP[1]
    assert np.hypot(np.hypot(i - 18, j - 20), k - 13).max() <= path.gauge.outer_mm / 2 + 0.5


def test_a_tip_in_cortex_is_refused():
    grid = boxed_body()
    with pytest.raises(Refused, match="does not lie in cancellous bone of L3"):
        tip_source(grid, path_to(grid, (18, 11, 13)), porous_bed(grid).inside)
