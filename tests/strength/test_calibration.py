"""Calibration lines: what they say and what they leave open."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.calibration import GENERIC, GIVEN, NONE, Calibration, calibration_named


def test_the_generic_line_comes_with_an_interval_around_it():
    low, high = GENERIC.slope_interval
    assert low < GENERIC.slope_mg_per_ml_per_hu < high
    assert [line.slope_mg_per_ml_per_hu for line in GENERIC.lines] == [GENERIC.slope_mg_per_ml_per_hu, low, high]
    assert {line.intercept_mg_per_ml for line in GENERIC.lines} == {0.0}
    assert GENERIC.sources


def test_a_line_is_straight_and_keeps_negative_noise():
    line = Calibration(name="phantom", slope_mg_per_ml_per_hu=0.8, slope_interval=None, intercept_mg_per_ml=-5.0)
    assert line.middle.density_mg_per_ml(np.array([-100.0, 0, 200])).tolist() == [-85, -5, 155]
    assert line.lines == (line.middle,)


def test_only_none_gives_no_newtons():
    assert [line.newtons_known for line in (GENERIC, GIVEN, NONE)] == [True, True, False]


def test_a_calibration_that_needs_numbers_is_refused_by_name():
    assert calibration_named("none") is NONE
    with pytest.raises(Refused, match="needs its own slope"):
        calibration_named("phantom")
