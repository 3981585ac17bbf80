"""Counting by hand, day by day."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.life_table import at_risk_table, life_table

TIMES = np.array([30.0, 30.0, 30.0, 90.0, 180.0, 180.0, 365.0])
ENDS = np.array([1, 0, 2, 1, 0, 1, 0])


def test_the_table_counted_by_hand():
    table = life_table(TIMES, ENDS)
    assert table.time_days.tolist() == [30, 90, 180, 365]
    assert table.at_risk.tolist() == [7, 4, 3, 1]
    assert table.events.tolist() == [1, 1, 1, 0]
    assert table.deaths.tolist() == [1, 0, 0, 0]
    assert table.censored.tolist() == [1, 0, 1, 1]


def test_the_order_of_the_subjects_does_not_matter():
    shuffled = np.random.default_rng(1).permutation(TIMES.size)
    assert life_table(TIMES[shuffled], ENDS[shuffled]).at_risk.tolist() == [7, 4, 3, 1]


def test_the_line_below_a_curve_counts_who_is_watched_up_to_the_day():
    rows = at_risk_table(life_table(TIMES, ENDS), (0, 30, 31, 180, 400))
    assert [row.at_risk for row in rows] == [7, 7, 4, 3, 0]
    assert [row.events for row in rows] == [0, 1, 1, 3, 3]
    assert [row.deaths for row in rows] == [0, 1, 1, 1, 1]
    assert [row.censored for row in rows] == [0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("times", "ends", "words"),
    [
        ([], [], "at least one subject"),
        ([1.0, 2.0], [0], "one outcome for each time"),
        ([-1.0], [1], "from 0 on"),
        ([np.nan], [1], "from 0 on"),
        ([1.0], [3], "dead without it"),
    ],
)
def test_impossible_follow_up_is_refused(times, ends, words):
    with pytest.raises(Refused, match=words):
        life_table(np.array(times), np.array(ends, dtype=int))
