"""A crack on a lattice: which voxels it crosses, how thick the layer is, and what is no crack."""

import numpy as np
import pytest
from scipy import ndimage

from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine

SQUARE = np.array([[-8.0, -8.0, 0.0], [8.0, -8.0, 0.0], [8.0, 8.0, 0.0], [-8.0, 8.0, 0.0]])


def lattice(spacing, half_mm=12.0):
    n = 2 * int(half_mm / spacing) + 1
    start = np.full(3, -spacing * (n // 2))
    return Affine.from_parts(start, np.eye(3), np.full(3, spacing)), (n, n, n)


def turned(points, degrees):
    a, b = np.radians(degrees), np.radians(0.7 * degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    return points @ (about_x @ about_y).T


@pytest.mark.parametrize("spacing", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("degrees", [0.0, 13.0, 45.0])
def test_the_voxels_fill_the_patch_as_thick_as_the_layer(spacing, degrees):
    affine, shape = lattice(spacing)
    line = FractureLine(points_lps_mm=turned(SQUARE, degrees), opening_mm=0.4)
    found = line.crossed(affine, shape).sum() * spacing**3
    # the rim of a square of 16 mm adds half a voxel at most
    assert found == pytest.approx(256.0 * line.layer_mm(affine), rel=0.07 * spacing + 0.03)


@pytest.mark.parametrize("degrees", [0.0, 13.0, 30.0, 45.0])
def test_the_voxels_hang_together_by_faces(degrees):
    affine, shape = lattice(1.0)
    found = FractureLine(points_lps_mm=turned(SQUARE, degrees) + 0.21, opening_mm=0.1).crossed(affine, shape)
    assert ndimage.label(found)[1] == 1


def test_a_crack_wider_than_a_voxel_is_as_thick_as_it_gapes():
    affine, shape = lattice(0.5)
    line = FractureLine(points_lps_mm=SQUARE, opening_mm=3.0)
    assert line.layer_mm(affine) == 3.0
    assert np.ptp(np.argwhere(line.crossed(affine, shape))[:, 0]) == 6


def test_a_notch_in_the_outline_is_left_out():
    notched = np.array([[-8, -8, 0], [8, -8, 0], [8, 8, 0], [0, 0, 0], [-8, 8, 0]], float)
    affine, shape = lattice(1.0)
    found = FractureLine(points_lps_mm=notched, opening_mm=1.0).crossed(affine, shape)
    middle = shape[0] // 2
    assert not found[middle, middle + 5, middle]  # within the notch, which opens towards +y
    assert found[middle, middle - 5, middle]


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (SQUARE[:2], "three points or more"),
        (np.array([[0.0, 0, 0], [5, 0, 0], [10, 0, 0]]), "on one line"),
        (SQUARE + np.array([[0, 0, 5.0], [0, 0, -5], [0, 0, 5], [0, 0, -5]]), "5 mm off one plane"),
    ],
)
def test_what_is_no_flat_patch_is_refused(points, sentence):
    with pytest.raises(Refused, match=sentence):
        FractureLine(points_lps_mm=points, opening_mm=1.0)
