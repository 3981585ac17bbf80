"""A refusal says what limits the needle: width, height, course of the pedicle, or the body in front of it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hand_made import HALF, PEDICLE_RIGHT_MM, PEDICLE_UP_MM, HandMade, box
from vertebroplasty.geometry.gauges import gauge
from vertebroplasty.needle.planner import plan_in
from vertebroplasty.needle.refusals import too_narrow


def with_pedicle(vertebra, side="left", **changes):
    """The vertebra with other figures for one pedicle; its bone stays as drawn."""
    pedicles = dict(vertebra.pedicles)
    pedicles[side] = replace(pedicles[side], **changes)
    return replace(vertebra, pedicles=pedicles)


def reason(vertebra, side="left", gauge_number=11):
    (sentence,) = [each.reason for each in plan_in(vertebra, gauge_number=gauge_number).refused if each.side == side]
    return sentence


NARROW = {"left": 2.3, "right": 4.5}


def test_too_small_a_width_is_said_with_what_the_needle_needs():
    said = reason(HandMade(radius=NARROW).vertebra())
    assert said.startswith("The left pedicle is 4.6 mm wide at its isthmus, 11G needs 3.05 + 2 × 1.0 mm; the best")


def test_a_low_pedicle_wide_enough_is_called_low():
    said = reason(with_pedicle(HandMade(radius=NARROW).vertebra(), width_mm=9.0))
    assert "is wide enough (9.0 mm, 11G needs 3.05 + 2 × 1.0 mm) but only 4.6 mm high: the best straight path" in said
    assert said.endswith("of the 1.0 mm wanted.")


def test_a_pedicle_wide_and_high_enough_that_leaves_too_little_is_not_straight():
    said = reason(with_pedicle(HandMade(radius=NARROW).vertebra(), width_mm=9.0, height_mm=9.0))
    assert "is wide enough (9.0 mm" in said
    assert "but not straight: the best straight path leaves 0." in said
    assert said.endswith("of the 1.0 mm wanted.")


@dataclass
class Flat(HandMade):
    """A collapsed body: wide pedicles end in a plate too thin for a needle with 1 mm of bone around it."""

    def bone_distance(self, points):
        body = box(points, np.array([0.0, 2.0, PEDICLE_UP_MM]), (HALF[0], HALF[1] + 2.0, 2.2), 1.0)
        along = np.abs(points[..., 1] + 25.0) - 15.0  # reaching into the body
        arms = [
            np.maximum(np.hypot(points[..., 0] - sign * PEDICLE_RIGHT_MM, points[..., 2] - PEDICLE_UP_MM) - 4.5, along)
            for sign in (-1, 1)
        ]
        return np.min([body, *arms], axis=0)


def test_a_flat_body_in_front_of_wide_pedicles_is_what_limits():
    vertebra = replace(Flat(spacing=(0.7,) * 3).vertebra(), upper_mm=PEDICLE_UP_MM + 2.2, lower_mm=PEDICLE_UP_MM - 2.2)
    said = reason(vertebra)
    assert "is wide enough (9.0 mm, 11G needs" in said
    assert "but the body in front of it is too low or narrow: the best straight path leaves" in said


def test_without_any_line_no_clearance_is_named():
    vertebra = HandMade().vertebra()
    said = too_narrow(vertebra, vertebra.pedicles["left"], gauge(11), None)
    assert said.endswith("but not straight: no straight line from the back reaches the anterior third through it.")


# --- the isthmus must not hide in the first 5 mm, where clearance does not count


@dataclass
class Stub(HandMade):
    """Pedicles 3 mm thick at the isthmus, which begins `behind` mm behind it, and 9 mm thick in front of it."""

    behind: float = 3.0

    def bone_distance(self, points):
        parts = [box(points, np.zeros(3), HALF, 5.0)]
        for sign in (-1, 1):
            radial = np.hypot(points[..., 0] - sign * PEDICLE_RIGHT_MM, points[..., 2] - PEDICLE_UP_MM)
            for radius, back, front in ((1.5, -24.0 - self.behind, -20.0), (4.5, -23.0, 0.0)):
                middle, half = (back + front) / 2, (front - back) / 2
                parts.append(np.maximum(radial - radius, np.abs(points[..., 1] - middle) - half))
        return np.min(parts, axis=0)


def stub(behind):
    vertebra = Stub(spacing=(0.5,) * 3, half_fov=(32.0, 75.0, 22.0), behind=behind).vertebra()
    return with_pedicle(with_pedicle(vertebra, width_mm=3.0, height_mm=3.0), "right", width_mm=3.0, height_mm=3.0)


@pytest.mark.parametrize("behind", [3.0, 8.0])
def test_an_isthmus_too_thin_for_the_needle_is_refused_however_near_the_entry_it_lies(behind):
    """3 mm behind the isthmus the thin part ends before clearance counts; 8 mm behind it, it counts and is too thin."""
    result = plan_in(stub(behind))
    assert result.paths == ()
    assert all("3.0 mm wide at its isthmus" in each.reason for each in result.refused)
