"""The exact promise of the limits, counted with scipy's binomial distribution."""

import numpy as np
import pytest
from scipy.stats import binom

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.funnel import Position, funnel, funnel_limits


@pytest.mark.parametrize("target", [0.002, 0.0173, 0.3, 0.765, 0.99])
def test_the_limits_are_the_widest_counts_that_keep_the_promise(target):
    n = np.array([1, 2, 7, 30, 31, 100, 868, 5000])
    limits = funnel_limits(n, target)
    for low_percent, high_percent, tail in (
        (limits.low_95_percent, limits.high_95_percent, 0.025),
        (limits.low_998_percent, limits.high_998_percent, 0.001),
    ):
        low, high = np.round(low_percent * n / 100), np.round(high_percent * n / 100)
        assert np.all(binom.cdf(low - 1, n, target) <= tail)
        assert np.all(binom.sf(high, n, target) <= tail)
        assert np.all(binom.cdf(low, n, target) > tail)  # one more would break the promise
        assert np.all(binom.sf(high - 1, n, target) > tail)


def test_series_as_expected_rarely_lie_outside():
    generator = np.random.default_rng(1)
    n = generator.integers(30, 300, 3000)
    k = generator.binomial(n, 0.2)
    found = funnel([str(i) for i in range(3000)], k.tolist(), n.tolist(), target=0.2)
    outside = np.mean([p.position != Position.WITHIN for p in found.points])
    assert 0.02 < outside <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 3000)
    assert np.mean([p.position in (Position.VERY_HIGH, Position.VERY_LOW) for p in found.points]) < 0.005


def test_positions_by_hand():
    """Around 10 % of 100: 5 to 16 lie within 95 %, 2 to 20 within 99.8 %."""
    counts = [1, 4, 5, 16, 17, 20, 21]
    found = funnel(list("abcdefg"), counts, [100] * 7, target=0.10)
    assert [p.position for p in found.points] == [
        Position.VERY_LOW,
        Position.LOW,
        Position.WITHIN,
        Position.WITHIN,
        Position.HIGH,
        Position.HIGH,
        Position.VERY_HIGH,
    ]


def test_small_series_are_drawn_but_not_judged():
    found = funnel(["small", "large"], [29, 1], [29, 60], target=0.1)
    small, large = found.points
    assert (small.position, small.share.k) == (None, 29)
    assert "fewer than 30" in small.why_not_judged
    assert large.position == Position.LOW
    assert found.sentence.startswith("1 of 2 series are judged")


def test_without_a_target_all_series_together_are_the_target():
    found = funnel(["a", "b"], [5, 15], [50, 50])
    assert found.target_percent == 20.0
    assert found.target_from == "all series taken together"


def test_a_funnel_without_width_is_refused():
    with pytest.raises(Refused, match="has no width"):
        funnel(["a"], [0], [50])
    with pytest.raises(Refused, match="at least one case"):
        funnel(["a", "b"], [0, 1], [0, 50])
    with pytest.raises(Refused, match="at least one series"):
        funnel([], [], [])
