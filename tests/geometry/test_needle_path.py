"""Needles: their direction, their length, their gauge, and what is no needle."""

from itertools import pairwise

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.gauges import GAUGES, gauge
from vertebroplasty.geometry.needle_path import NeedlePath


def test_direction_and_length():
    path = NeedlePath(entry_lps_mm=np.array([0.0, 40, 0]), tip_lps_mm=np.array([30.0, 0, 0]))
    assert path.length_mm == pytest.approx(50.0)
    assert path.direction_lps == pytest.approx([0.6, -0.8, 0.0])


def test_a_thicker_gauge_has_a_smaller_number():
    ordered = [GAUGES[number] for number in sorted(GAUGES)]
    for thick, thin in pairwise(ordered):
        assert thick.outer_mm > thin.outer_mm
        assert thick.inner_mm > thin.inner_mm
    assert all(g.inner_mm < g.outer_mm for g in ordered)


def test_an_unknown_gauge_is_refused_with_the_known_ones():
    with pytest.raises(Refused, match="8, 9, 10, 11, 12, 13, 14, 15"):
        gauge(16)


@pytest.mark.parametrize("tip", [[0.0, 40, 0], [np.nan, 0, 0], [np.inf, 0, 0]])
def test_no_needle_without_two_different_finite_points(tip):
    with pytest.raises(Refused, match="needle"):
        NeedlePath(entry_lps_mm=np.array([0.0, 40, 0]), tip_lps_mm=np.array(tip))
