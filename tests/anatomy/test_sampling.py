"""Trilinear interpolation is exact for linear fields; edges lie where an analytic surface does."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from analytic_field import field_of

OBLIQUE = Rotation.from_euler("xyz", [20, -15, 30], degrees=True).as_matrix()


def test_a_linear_field_is_read_exactly_on_an_oblique_anisotropic_grid():
    slope = np.array([0.3, -1.2, 0.7])
    field = field_of(lambda p: p @ slope + 4.0, 20.0, (0.8, 1.1, 3.0), OBLIQUE)
    points = np.random.default_rng(0).uniform(-8, 8, (50, 3))
    # float32 storage of values up to 40
    assert field.at(points) == pytest.approx(points @ slope + 4.0, abs=1e-5)


def test_beyond_the_array_the_border_value_holds():
    field = field_of(lambda p: p[..., 0], 10.0)
    assert field.at(np.array([[50.0, 0, 0], [-50.0, 0, 0]])) == pytest.approx([10.0, -10.0])


def test_a_run_ends_on_the_surface_of_a_ball():
    field = field_of(lambda p: np.linalg.norm(p, axis=-1) - 15.0, 25.0, 0.5)
    points = np.array([[0.0, 0, 0], [9.0, 0, 0]])
    runs = field.runs(points, np.array([0.0, 1.0, 0.0]))
    # the second chord of the ball: half length √(15² − 9²) = 12
    assert runs == pytest.approx(np.array([[-15.0, 15.0], [-12.0, 12.0]]), abs=0.02)


def test_a_point_outside_looks_for_the_nearest_run():
    field = field_of(lambda p: np.abs(p[..., 2]) - 5.0, 20.0)
    point, up = np.array([[0.0, 0, 8.0]]), np.array([0.0, 0, 1.0])
    assert np.isnan(field.runs(point, up, reach_mm=2.0)).all()
    assert field.runs(point, up, reach_mm=4.0)[0] == pytest.approx([-13.0, -3.0], abs=1e-3)


def test_a_free_run_ends_where_bone_begins():
    field = field_of(lambda p: 6.0 - np.abs(p[..., 0]), 20.0)
    runs = field.runs(np.zeros((1, 3)), np.array([1.0, 0, 0]), free=True)
    assert runs[0] == pytest.approx([-6.0, 6.0], abs=1e-3)


def test_a_run_that_leaves_the_array_or_is_too_long_has_no_end():
    field = field_of(lambda p: p[..., 0] - 3.0, 10.0)
    assert np.isnan(field.runs(np.zeros((1, 3)), np.array([1.0, 0, 0]))[0, 0])
    assert np.isnan(field.runs(np.zeros((1, 3)), np.array([1.0, 0, 0]), length_mm=2.0)[0, 1])
