"""Caps on bodies whose embedding is known by hand."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.caps import add_caps


def test_caps_fill_hollow_endplates_and_leave_side_walls_free():
    body = np.zeros((20, 9, 9), bool)
    body[4:16, 2:7, 2:7] = True
    body[13:16, 4, 4] = False  # hollow of the upper endplate
    body[9:11, 4, 7] = True  # bump at mid-height of the side wall
    caps = add_caps(body, 1.0)
    assert caps.body.shape == (12 + 2 * 3, 5, 6)
    assert caps.cap[:3, :, :5].all()
    assert caps.cap[-3:, :, :5].all()
    assert caps.cap[12:, 2, 2].all()
    assert not caps.cap[:, 2, 5].any()
    assert not (caps.cap & caps.body).any()
    assert caps.height_mm == pytest.approx((24 * 12 + 9) / 25)
    assert caps.first_kji == (1, 2, 2)


def test_a_field_is_placed_on_the_model_grid():
    body = np.zeros((6, 4, 4), bool)
    body[1:5, 1:3, 1:3] = True
    field = np.arange(body.size, dtype=float).reshape(body.shape)
    placed = add_caps(body, 1.0).place(field)
    assert placed[3:-3].tolist() == field[1:5, 1:3, 1:3].tolist()
    assert not placed[:3].any()


def test_only_the_named_surface_is_capped():
    column = np.zeros((12, 5, 5), bool)
    column[2:8] = True
    disc = np.zeros_like(column)
    disc[8:10, 1:4, 1:4] = True
    caps = add_caps(column | disc, 1.0, onto=disc, reach_mm=12.0)
    above = caps.cap[-caps.layers :].any(axis=0)
    assert above.sum() == 9
    assert above[1:4, 1:4].all()
    assert not caps.cap[: caps.layers].any()


def test_nothing_cannot_be_capped():
    with pytest.raises(Refused, match="no vertebral body"):
        add_caps(np.zeros((3, 3, 3), bool), 1.0)
