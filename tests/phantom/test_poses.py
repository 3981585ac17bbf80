"""The chain of levels: disc heights and the curve."""

import numpy as np
import pytest

from vertebroplasty.phantom import LevelShape
from vertebroplasty.phantom.poses import chain, rotation

SHAPES = (LevelShape(), LevelShape(anterior_mm=18.0, middle_mm=20.0), LevelShape(depth_mm=35.0))


def test_rotations_turn_right_handed_about_x_then_y_then_z():
    assert rotation((0.0, 0.0, 90.0)) @ [1.0, 0.0, 0.0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)
    assert rotation((90.0, 0.0, 0.0)) @ [0.0, 1.0, 0.0] == pytest.approx([0.0, 0.0, 1.0], abs=1e-12)
    together = rotation((0.0, 0.0, 30.0)) @ rotation((0.0, 20.0, 0.0)) @ rotation((10.0, 0.0, 0.0))
    assert rotation((10.0, 20.0, 30.0)) == pytest.approx(together, abs=1e-12)


def test_the_curve_opens_by_the_angle_that_was_asked_for():
    poses = chain(SHAPES, 9.0, 20.0, 0.0)
    first, last = poses[0].axes[2], poses[-1].axes[2]
    assert np.degrees(np.arccos(first @ last)) == pytest.approx(20.0)
    assert first[1] < 0.0 < last[1]  # lordosis: the top leans back, the bottom forward


def test_the_upper_level_of_a_scoliosis_leans_to_one_side_only():
    poses = chain(SHAPES, 9.0, 0.0, 10.0)
    assert poses[0].axes[2][0] < 0.0 < poses[-1].axes[2][0]
    assert poses[0].axes[2][1] == pytest.approx(0.0, abs=1e-12)


def test_discs_have_their_height_and_posterior_walls_line_up():
    poses = chain(SHAPES, 9.0, 0.0, 0.0)
    for upper, lower, above, below in zip(poses, poses[1:], SHAPES, SHAPES[1:], strict=False):

        def rim(shape, corners):
            front, _, back = corners
            return back + 15.0 / shape.depth_mm * (front - back)

        top = upper.origin[2] + rim(above, above.lower_mm)
        bottom = lower.origin[2] + rim(below, below.upper_mm)
        assert top - bottom == pytest.approx(9.0)
        assert upper.origin[1] + above.wall_mm == pytest.approx(lower.origin[1] + below.wall_mm)


def test_the_chain_is_centred():
    poses = chain(SHAPES, 9.0, 12.0, 5.0)
    assert np.mean([pose.origin for pose in poses], axis=0) == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
