"""What is uncertain in a calibration reaches the newtons: slope and intercept together, or nothing with the reason."""

import numpy as np
import pytest

from vertebroplasty.strength.calibration import GENERIC, Calibration, Line, without
from vertebroplasty.strength.compression import compress


def line(slope, intercept):
    return Line(slope_mg_per_ml_per_hu=slope, intercept_mg_per_ml=intercept)


def test_an_uncertain_intercept_widens_the_stiffness(cylinder):
    sure = Calibration(name="phantom", slope_mg_per_ml_per_hu=0.8, slope_interval=(0.8, 0.8), intercept_mg_per_ml=0.0)
    unsure = Calibration(
        name="phantom",
        slope_mg_per_ml_per_hu=0.8,
        slope_interval=(0.8, 0.8),
        low_line=line(0.8, -20.0),
        high_line=line(0.8, 20.0),
    )
    assert np.ptp(compress(cylinder, calibration=sure).stiffness_interval) == pytest.approx(0.0)
    found = compress(cylinder, calibration=unsure)
    low, high = found.stiffness_interval
    # The cylinder reads 100 HU: 60, 80 and 100 mg/ml; stiffness follows density almost in proportion.
    assert low < found.stiffness_n_per_mm < high
    assert high / low == pytest.approx((100 / 60) ** 1.05, rel=0.1)
    assert found.failure_load_interval[1] / found.failure_load_interval[0] == pytest.approx(high / low)
    assert found.density_line is unsure


def test_lines_take_the_place_of_the_interval_of_the_slope():
    assert [one.slope_mg_per_ml_per_hu for one in GENERIC.lines] == [0.77, 0.60, 0.91]
    stated = Calibration(
        name="phantom",
        slope_mg_per_ml_per_hu=0.8,
        slope_interval=(0.7, 0.9),
        intercept_mg_per_ml=3.0,
        low_line=line(0.75, -5.0),
        high_line=line(0.85, 11.0),
    )
    assert stated.lines == (line(0.8, 3.0), line(0.75, -5.0), line(0.85, 11.0))


def test_without_a_calibration_its_reason_stands_for_the_newtons(cylinder):
    found = compress(cylinder, calibration=without("The rods were not in the scan."))
    assert found.stiffness_n_per_mm is None
    assert found.why_unknown == "The rods were not in the scan."
    assert found.relative_stiffness
