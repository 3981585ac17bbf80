"""Textbook quantiles, and intervals only where there is something to form them from."""

import numpy as np
import pytest

from vertebroplasty.registry.statistics.confidence import estimate, normal_quantile, student_quantile


def test_quantiles_of_the_textbook():
    assert normal_quantile() == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(0.90) == pytest.approx(1.644854, abs=1e-6)
    assert student_quantile(10) == pytest.approx(2.228, abs=1e-3)


def test_an_interval_stands_either_side_of_the_estimate():
    found = estimate(2.0, 0.5, 2.0)
    assert (found.value, found.ci_low, found.ci_high, found.why_unknown) == (2.0, 1.0, 3.0, "")


@pytest.mark.parametrize(("value", "error"), [(np.nan, 1.0), (1.0, np.inf), (1.0, 0.0)])
def test_without_a_finite_standard_error_there_is_no_number(value, error):
    found = estimate(value, error, 2.0)
    assert found.value is None
    assert "no finite standard error" in found.why_unknown
