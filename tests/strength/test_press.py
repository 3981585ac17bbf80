"""Caps and plates: the testing machine on bodies whose answer is known."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.press import add_caps, failure_load_n, press


def test_a_prism_of_cap_material_between_plates_scales_with_size():
    # Bonded ends and nu = 0.3 leave no closed form; EA/L bounds from below, the confined modulus from above.
    modulus = np.full((8, 6, 6), 500.0)
    found = press(modulus, 0.5).stiffness_n_per_mm
    bar = 500 * 36 * 0.25 / 4
    confined = 0.7 / (1.3 * 0.4)
    assert bar < found < confined * bar
    assert press(modulus, 1.0).stiffness_n_per_mm == pytest.approx(2 * found, rel=1e-6)
    assert press(2 * modulus, 0.5).stiffness_n_per_mm == pytest.approx(2 * found, rel=1e-6)


def test_the_displacement_does_not_matter():
    modulus = np.full((6, 5, 5), 500.0)
    assert press(modulus, 1.0, displacement_mm=3.0).stiffness_n_per_mm == pytest.approx(
        press(modulus, 1.0).stiffness_n_per_mm, rel=1e-9
    )


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


def test_a_field_is_placed_on_the_model_grid():
    body = np.zeros((6, 4, 4), bool)
    body[1:5, 1:3, 1:3] = True
    field = np.arange(body.size, dtype=float).reshape(body.shape)
    placed = add_caps(body, 1.0).place(field)
    assert placed[3:-3].tolist() == field[1:5, 1:3, 1:3].tolist()
    assert not placed[:3].any()


def test_the_linear_rule_is_linear_in_stiffness_and_height():
    # The published row of verse004: 12 362 N/mm and 29 mm give 2.438 kN.
    assert failure_load_n(12362, 29) == pytest.approx(2438, abs=0.5)
    assert failure_load_n(2 * 12362, 29) == 2 * failure_load_n(12362, 29)


def test_what_cannot_be_pressed_is_refused():
    with pytest.raises(Refused, match="no vertebral body"):
        add_caps(np.zeros((3, 3, 3), bool), 1.0)
    with pytest.raises(Refused, match="both plates"):
        press(np.pad(np.ones((3, 3, 3)), ((0, 1), (0, 0), (0, 0))), 1.0)
    with pytest.raises(Refused, match="tests nothing"):
        press(np.ones((3, 3, 3)), 1.0, displacement_mm=0.0)
