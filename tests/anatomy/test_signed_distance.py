"""The label's surface lies half way between voxels; a ball's distance converges with the spacing."""

import numpy as np
import pytest

from analytic_field import grid
from vertebroplasty.anatomy.signed_distance import distance_field, signed_distance


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_surface_of_a_half_space_lies_between_the_voxels(axis):
    mask = np.zeros((9, 9, 9), bool)
    np.moveaxis(mask, axis, 0)[:4] = True
    spacing = np.array([3.0, 0.8, 1.5])
    line = np.moveaxis(signed_distance(mask, spacing), axis, 0)[:, 4, 4]
    expected = (np.arange(9) - 3.5) * spacing[axis]
    assert line == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("spacing", [(2.0, 2.0, 2.0), (1.0, 1.0, 1.0), (0.7, 0.7, 2.0)])
def test_the_zero_of_a_balls_label_lies_on_the_ball(spacing):
    affine, points = grid(20.0, spacing)
    field = distance_field(np.linalg.norm(points, axis=-1) < 12.3, affine)
    ways = np.random.default_rng(1).normal(size=(400, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    radius = field.runs(np.zeros((400, 3)), ways)[:, 1]
    # single crossings within a voxel, their mean far better: the label is right on average
    assert np.abs(radius - 12.3).max() < 0.7 * max(spacing)
    assert radius.mean() == pytest.approx(12.3, abs=0.1 * max(spacing))


def test_far_from_an_oblique_surface_the_distance_is_within_a_voxel_and_rather_short():
    affine, points = grid(20.0, 1.0)
    truth = np.linalg.norm(points, axis=-1) - 12.3
    error = (distance_field(truth < 0, affine).values - truth) * np.sign(truth)
    # the nearest voxel across is the one that juts out most: what clearance is read from is on the safe side
    assert -0.85 < error.min() < error.max() < 0.55
    assert error.mean() < 0


def test_the_distance_of_a_ball_converges():
    errors = []
    for spacing in (3.0, 1.5, 0.75):
        affine, points = grid(20.0, spacing)
        radius = np.linalg.norm(points, axis=-1)
        near = np.abs(radius - 12.0) < 6.0
        error = distance_field(radius < 12.0, affine).values - (radius - 12.0)
        errors.append(np.sqrt(np.mean(error[near] ** 2)))
    # first order: halving the voxel at least cuts the error by 1.6
    assert errors[0] / errors[1] > 1.6
    assert errors[1] / errors[2] > 1.6
