"""What cannot change the answer: all viscosities doubled, the lattice shifted by a voxel."""

from dataclasses import replace

import numpy as np
import pytest

from drawn_bed import ball, started
from flow_rungs import drained, newtonian, pushed


def test_32_all_viscosities_doubled_with_the_sinusoids():
    one = pushed(drained())
    two = pushed(drained(marrow_pa_s=0.2), law=newtonian(200.0))
    np.testing.assert_allclose(two.content, one.content, atol=1e-8 * one.capacity.max())
    tips = [flow.solve(0.05, newtonian(v)).tip_pa for flow, v in ((one, 100.0), (two, 200.0))]
    assert tips[1] == pytest.approx(2 * tips[0], rel=1e-9)
    cement_alone = pushed(drained(), law=newtonian(200.0))
    assert np.abs(cement_alone.content - one.content).max() > 1e-4 * one.capacity.max()


def test_32_a_shift_by_one_voxel_shifts_the_answer():
    bed = drained()
    pad = ((1, 0), (2, 0), (3, 0))
    names = ("permeability_m2", "porosity", "inside", "outside")
    moved = replace(bed, **{name: np.pad(getattr(bed, name), pad) for name in names})
    source = ball(bed, 1.5, centre=(12, 13, 12))
    one = pushed(bed)
    other = pushed(moved, flow=started(moved, np.pad(source, pad), tolerance=1e-11))
    np.testing.assert_allclose(other.content[1:, 2:, 3:], one.content, atol=1e-8 * one.capacity.max())
