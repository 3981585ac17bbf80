"""The two answers to how long relief lasts, and why they differ."""

import numpy as np
import pytest

from vertebroplasty.registry.statistics.durability import durability_of_relief


def test_both_answers_by_hand():
    """Ten responders: 2 lose relief at day 60, 3 are last seen at day 90, 1 loses it at 120, 4 are seen beyond 180."""
    times = np.array([60, 60, 90, 90, 90, 120, 200, 200, 365, 365.0])
    ends = np.array([1, 1, 0, 0, 0, 1, 0, 0, 0, 1])
    found = durability_of_relief(times, ends)
    assert found.maintained.percent == pytest.approx(100 * (8 / 10) * (4 / 5))
    assert (found.crude.k, found.crude.n) == (4, 7)
    assert (found.responders, found.not_seen_at_day, found.died_before_day) == (10, 3, 0)
    assert "64.0 % by Kaplan-Meier, and in 4 of 7 (57.1 %)" in found.sentence


def test_who_died_with_relief_is_counted_apart():
    times, ends = np.array([50.0, 100.0, 180.0, 200.0]), np.array([2, 1, 1, 0])
    found = durability_of_relief(times, ends)
    assert (found.crude.k, found.crude.n, found.died_before_day, found.not_seen_at_day) == (1, 3, 1, 0)
    assert found.lost_with_death_competing.percent == pytest.approx(50.0)
    assert found.maintained.percent == pytest.approx(100 / 3)


def test_who_was_last_seen_with_relief_on_the_very_day_counts_as_seen():
    found = durability_of_relief(np.array([180.0, 179.0]), np.array([0, 0]))
    assert (found.crude.k, found.crude.n, found.not_seen_at_day) == (1, 1, 1)


def test_a_series_without_responders_is_unknown():
    found = durability_of_relief(np.array([]), np.array([], dtype=int))
    assert (found.responders, found.maintained.percent, found.crude.percent) == (0, None, None)


def test_the_founding_durability_is_the_crude_share_of_whoever_was_seen():
    """With nobody lost before the day the two answers are the same: 73 of 100 stable at six months."""
    times, ends = np.repeat([90.0, 200.0], [27, 73]), np.repeat([1, 0], [27, 73])
    found = durability_of_relief(times, ends)
    assert found.crude.percent == found.maintained.percent == pytest.approx(73.0)


def test_nobody_watched_so_long_leaves_both_unknown():
    found = durability_of_relief(np.array([30.0, 40.0]), np.array([0, 0]))
    assert found.maintained.percent is None
    assert found.crude.percent is None
    assert "in unknown by Kaplan-Meier" in found.sentence
