"""The canal is the hole that closes in projection, though no slice holds a closed ring."""

import numpy as np
import pytest

from analytic_field import WORLD
from vertebroplasty.anatomy.canal_projection import find_canal_hole

STEP = 1.5


def cloud(*boxes):
    """Lattice points (LPS) of boxes given as (right, anterior, superior) limits."""
    parts = []
    for limits in boxes:
        axes = [np.arange(low + STEP / 2, high, STEP) for low, high in limits]
        parts.append(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
    return WORLD.to_world(np.concatenate(parts))


BODY = ((-21, 21), (-15, 15), (-13, 13))
PEDICLES = (((-21, -12), (-33, -15), (0, 12)), ((12, 21), (-33, -15), (0, 12)))
LAMINA = ((-21, 21), (-39, -33), (-30, -12))  # lies below the pedicles: no slice shows a ring


def test_the_hole_is_found_where_no_slice_is_closed():
    hole = find_canal_hole(cloud(BODY, *PEDICLES, LAMINA), STEP**3, WORLD, 0.8)
    assert hole is not None
    assert hole.right_mm == pytest.approx(0.0, abs=1.0)
    assert hole.anterior_mm == pytest.approx(-24.0, abs=1.5)
    assert hole.radius_mm == pytest.approx(9.0, abs=2.0)  # half of 18 mm, in pixels of 1.5 mm
    assert hole.closed_share == 1.0


def test_an_open_ring_is_no_canal():
    stumps = [(right, (-27, -15), superior) for right, _, superior in PEDICLES]
    assert find_canal_hole(cloud(BODY, *stumps), STEP**3, WORLD, 0.8) is None


def test_a_hole_in_front_of_the_body_is_not_the_canal():
    ring = (((-15, 15), (30, 33), (-9, 9)), ((-15, -12), (15, 33), (-9, 9)), ((12, 15), (15, 33), (-9, 9)))
    assert find_canal_hole(cloud(BODY, *ring), STEP**3, WORLD, 0.8) is None
