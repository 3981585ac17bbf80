"""Plates and the linear rule: the testing machine on bodies whose answer is known."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.press import failure_load_n, press


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


def test_the_linear_rule_is_linear_in_stiffness_and_height():
    # The published row of verse004: 12 362 N/mm and 29 mm give 2.438 kN.
    assert failure_load_n(12362, 29) == pytest.approx(2438, abs=0.5)
    assert failure_load_n(2 * 12362, 29) == 2 * failure_load_n(12362, 29)


def test_what_cannot_be_pressed_is_refused():
    with pytest.raises(Refused, match="both plates"):
        press(np.pad(np.ones((3, 3, 3)), ((0, 1), (0, 0), (0, 0))), 1.0)
    with pytest.raises(Refused, match="tests nothing"):
        press(np.ones((3, 3, 3)), 1.0, displacement_mm=0.0)
    for amount in (np.inf, 1e300, 4.0, 1e-200):
        with pytest.raises(Refused, match="no test of a specimen of 3 mm"):
            press(np.ones((3, 3, 3)), 1.0, displacement_mm=amount)
