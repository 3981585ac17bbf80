"""Affines and frames: what goes to the world comes back, whatever way the axes run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from vertebroplasty.geometry.frame import Affine, Frame

angles = st.floats(-180.0, 180.0, allow_subnormal=False)
spacings = st.floats(0.2, 5.0, allow_subnormal=False)


def affine(a, b, c, spacing, *, left_handed=False):
    directions = Rotation.from_euler("xyz", [a, b, c], degrees=True).as_matrix()
    if left_handed:
        directions[:, 2] *= -1
    return Affine.from_parts(np.array([-30.0, 135.0, -103.2]), directions, np.array([spacing, 0.7, 2.5]))


@settings(derandomize=True, deadline=None, max_examples=50)
@given(angles, angles, angles, spacings, st.booleans())
def test_index_to_world_and_back(a, b, c, spacing, left_handed):
    there = affine(a, b, c, spacing, left_handed=left_handed)
    index = np.array([[0.0, 0.0, 0.0], [3.5, -2.0, 17.25]])
    assert there.to_index(there.to_world(index)) == pytest.approx(index, abs=1e-9)
    assert there.spacing_mm == pytest.approx([spacing, 0.7, 2.5])
    assert there.voxel_ml == pytest.approx(spacing * 0.7 * 2.5 / 1000)


def test_a_shifted_affine_places_a_crop_where_it_was():
    whole = affine(10, 20, 30, 1.5)
    crop = whole.shifted((4, 5, 6))
    assert crop.to_world(np.array([1.0, 1.0, 1.0])) == pytest.approx(whole.to_world(np.array([5.0, 6.0, 7.0])))


def test_a_frame_knows_right_anterior_and_superior_in_lps():
    upright = Frame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
    # 2 mm to the right, 3 forwards, 4 up is x = -2, y = -3, z = +4 in LPS.
    assert upright.to_world(np.array([2.0, 3.0, 4.0])) == pytest.approx([-2.0, -3.0, 4.0])
    assert np.linalg.det(upright.axes) == pytest.approx(1.0)
    assert upright.to_local(upright.to_world(np.array([2.0, 3.0, 4.0]))) == pytest.approx([2.0, 3.0, 4.0])
