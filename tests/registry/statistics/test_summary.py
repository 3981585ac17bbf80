"""A volume in one line, and what is unknown about it."""

import numpy as np

from vertebroplasty.registry.statistics.summary import summary


def test_the_summary_agrees_with_numpy_and_counts_what_is_missing():
    column = np.array([1.8, 2.0, np.nan, 2.8, 6.5])
    found = summary("injected volume", column, unit="ml")
    assert (found.n, found.missing, found.min, found.max) == (4, 1, 1.8, 6.5)
    assert found.mean == np.nanmean(column)
    assert found.sd == np.nanstd(column, ddof=1)
    assert (found.lower_quartile, found.median, found.upper_quartile) == tuple(np.nanpercentile(column, (25, 50, 75)))


def test_nothing_recorded_leaves_everything_unknown_but_the_counts():
    found = summary("injected volume", np.array([np.nan, np.nan]), unit="ml")
    assert (found.n, found.missing) == (0, 2)
    assert {found.mean, found.sd, found.min, found.max, found.median, found.lower_quartile} == {None}


def test_one_value_has_no_spread():
    found = summary("injected volume", np.array([2.8]), unit="ml")
    assert (found.mean, found.sd) == (2.8, None)
