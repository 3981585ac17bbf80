"""Genant's boundaries and shapes, from heights."""

import numpy as np
import pytest

from vertebroplasty.anatomy.fracture import genant_grade, genant_shape


@pytest.mark.parametrize(
    ("loss", "grade"), [(-5, 0), (0, 0), (19.9, 0), (20, 1), (24.9, 1), (25, 2), (40, 2), (40.1, 3), (80, 3)]
)
def test_grades_at_their_boundaries(loss, grade):
    assert genant_grade(loss) == grade


@pytest.mark.parametrize(
    ("losses", "shape"),
    [
        ((5, 10, 0), "none"),
        ((30, 15, 5), "wedge"),
        ((10, 30, 5), "biconcave"),
        ((30, 35, 25), "crush"),
        ((22, 5, 21), "crush"),
    ],
)
def test_shapes(losses, shape):
    assert genant_shape(np.array(losses, float)) == shape
