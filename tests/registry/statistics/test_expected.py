"""Tabulated Poisson limits, and how often both kinds of limits cover."""

import numpy as np
import pytest
from scipy.stats import poisson

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.expected import observed_over_expected


@pytest.mark.parametrize(
    ("observed", "low", "high"),  # the usual table of exact 95 % limits of a Poisson count
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (3, 0.619, 8.767), (10, 4.795, 18.390), (50, 37.11, 65.92)],
)
def test_the_exact_limits_are_the_tabulated_ones(observed, low, high):
    found = observed_over_expected(observed, 2.0)
    assert (2 * found.exact_low, 2 * found.exact_high) == pytest.approx(
        (low, high), rel=1e-3
    )  # printed to three digits
    assert found.ratio == observed / 2.0


@pytest.mark.parametrize("observed", [1, 3, 10, 50])
def test_the_mid_p_limits_count_the_observed_number_by_half(observed):
    found = observed_over_expected(observed, 1.0)
    low = poisson.sf(observed, found.mid_p_low) + 0.5 * poisson.pmf(observed, found.mid_p_low)
    high = poisson.cdf(observed - 1, found.mid_p_high) + 0.5 * poisson.pmf(observed, found.mid_p_high)
    assert (low, high) == pytest.approx((0.025, 0.025), rel=1e-6)
    assert found.exact_low < found.mid_p_low < found.ratio < found.mid_p_high < found.exact_high


def test_the_exact_limits_always_cover_and_the_mid_p_limits_about():
    counts = np.arange(60)
    limits = [observed_over_expected(int(k), 1.0) for k in counts]
    exact, mid = [], []
    for mean in np.linspace(0.5, 25.0, 99):
        chance = poisson.pmf(counts, mean)
        exact.append(sum(c for c, f in zip(chance, limits, strict=True) if f.exact_low <= mean <= f.exact_high))
        mid.append(sum(c for c, f in zip(chance, limits, strict=True) if f.mid_p_low <= mean <= f.mid_p_high))
    assert min(exact) >= 0.95 - 1e-6  # 60 counts hold all but a millionth of the chance
    assert min(mid) > 0.91
    assert np.mean(mid) == pytest.approx(0.955, abs=0.01)


def test_none_observed_still_has_an_upper_limit():
    found = observed_over_expected(0, 1.0)
    assert found.mid_p_high == pytest.approx(-np.log(2 * 0.025))  # half of exp(−mean) is 2.5 %
    assert found.exact_high == pytest.approx(-np.log(0.025))


def test_nothing_expected_is_refused():
    with pytest.raises(Refused, match="is no ratio"):
        observed_over_expected(1, 0.0)
