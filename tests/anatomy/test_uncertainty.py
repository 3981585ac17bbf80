"""Half a voxel along the slices, less when tilted; the length of a voxel along a direction."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vertebroplasty.anatomy.uncertainty import edge_error_mm, voxel_along
from vertebroplasty.geometry.frame import Affine

THICK = Affine.from_parts(np.zeros(3), np.eye(3), np.array([0.8, 0.8, 3.0]))


def tilted(degrees):
    return Rotation.from_euler("x", degrees, degrees=True).apply([0.0, 0.0, 1.0])


def test_parallel_to_the_slices_it_is_half_a_slice():
    assert edge_error_mm(THICK, tilted(0), 12.0) == pytest.approx(1.5)
    assert edge_error_mm(THICK, np.array([1.0, 0, 0]), 12.0) == pytest.approx(0.4)


def test_it_falls_with_tilt_and_with_the_patch():
    errors = [edge_error_mm(THICK, tilted(angle), 12.0) for angle in (0, 5, 10, 20, 30)]
    assert all(later < earlier for earlier, later in pairwise(errors))
    assert edge_error_mm(THICK, tilted(10), 24.0) < edge_error_mm(THICK, tilted(10), 6.0)


def test_it_does_not_depend_on_how_the_grid_is_turned():
    turn = Rotation.from_euler("xyz", [20, 30, -40], degrees=True)
    turned = Affine.from_parts(np.ones(3), turn.as_matrix(), THICK.spacing_mm)
    assert edge_error_mm(turned, turn.apply(tilted(12)), 12.0) == pytest.approx(edge_error_mm(THICK, tilted(12), 12.0))


def test_the_voxel_along_a_direction():
    ways = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, np.sqrt(0.5), np.sqrt(0.5)]])
    expected = [0.8, 3.0, 1 / np.sqrt(0.5 / 0.8**2 + 0.5 / 3.0**2)]
    assert voxel_along(THICK, ways) == pytest.approx(expected)
