"""Shares, percentiles, thresholds and rank correlations against closed forms worked out by hand."""

from math import inf, sqrt

import numpy as np
import pytest

from vertebroplasty.cement.risk_statistics import (
    NOT_VARIED,
    NOTHING_LEAKED,
    percentiles,
    rank_correlation,
    volume_at_share,
    wilson,
)

Z = 1.959963984540054  # two-sided 95 %


@pytest.mark.parametrize(("hits", "runs"), [(0, 200), (1, 12), (10, 200), (100, 200), (200, 200)])
def test_the_interval_is_wilsons(hits, runs):
    share = hits / runs
    middle = (share + Z**2 / (2 * runs)) / (1 + Z**2 / runs)
    half = Z / (1 + Z**2 / runs) * sqrt(share * (1 - share) / runs + Z**2 / (4 * runs**2))
    assert wilson(hits, runs) == pytest.approx((middle - half, middle + half), abs=1e-12)


def test_no_leak_in_two_hundred_runs_is_not_no_risk():
    low, high = wilson(0, 200)
    assert low == 0.0
    assert high == pytest.approx(Z**2 / (200 + Z**2), abs=1e-12)  # the closed form for no hit: 1.9 %


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Binomial counts with a known share; the mean coverage of Wilson's interval lies within 1 % of 95 %."""
    rng = np.random.default_rng(7)
    covered = []
    for truth in rng.uniform(0.02, 0.6, 400):
        low, high = wilson(int(rng.binomial(200, truth)), 200)
        covered.append(low <= truth <= high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.033)  # three standard errors of 400


def test_percentiles_count_dry_runs_as_zero():
    volumes = np.array([0.0] * 10 + [1.0] * 10 + [2.0])
    assert percentiles(volumes) == (1.0, 1.0)
    assert percentiles(np.array([0.0, 0.0, 0.0, 4.0])) == pytest.approx((0.0, 4.0 * 0.85))  # between the two highest


def test_the_volume_at_a_share_is_the_one_of_the_run_that_makes_it():
    first = [inf, 2.0, inf, 1.0] + [inf] * 16
    assert volume_at_share(first, 0.05) == 1.0
    assert volume_at_share(first, 0.10) == 2.0
    assert volume_at_share(first, 0.11) is None
    assert volume_at_share([1.0] * 10 + [inf] * 190, 0.05) == 1.0  # exactly 5 % of 200, not one run more


def test_rank_correlation_knows_order_and_not_shape():
    values = np.linspace(1.0, 2.0, 30)
    coefficient, beyond, why = rank_correlation(values, np.exp(9 * values))
    assert (coefficient, beyond, why) == (pytest.approx(1.0, abs=1e-12), True, "")
    assert rank_correlation(-values, np.exp(9 * values))[0] == pytest.approx(-1.0, abs=1e-12)


def test_ties_share_their_mean_rank():
    """Ranks 1.5 1.5 3 4 against 1 2 3 4, put into Pearson's formula by hand: 4.5 / sqrt(4.5 · 5)."""
    coefficient, beyond, _ = rank_correlation(np.array([0.0, 0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert coefficient == pytest.approx(4.5 / sqrt(4.5 * 5.0), abs=1e-12)
    assert not beyond  # four runs prove nothing


def test_what_does_not_vary_drives_nothing_and_says_why():
    some, same = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    assert rank_correlation(same, some) == (None, False, NOT_VARIED)
    assert rank_correlation(some, same) == (None, False, NOTHING_LEAKED)


def test_unrelated_numbers_are_rarely_beyond_chance():
    rng = np.random.default_rng(3)
    found = [rank_correlation(rng.random(50), rng.random(50))[1] for _ in range(400)]
    assert np.mean(found) == pytest.approx(0.05, abs=0.033)  # three standard errors
