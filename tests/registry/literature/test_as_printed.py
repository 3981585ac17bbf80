"""A printed percentage and its denominator must fit together."""

from fractions import Fraction
from math import ceil, floor

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.as_printed import counts_printed_as


def test_77_percent_of_58_comes_from_no_count():
    assert counts_printed_as(77, 58) == ()
    assert (round(100 * 44 / 58, 1), round(100 * 45 / 58, 1)) == (75.9, 77.6)


def test_the_other_printed_figures_come_from_theirs():
    assert counts_printed_as(72.7, 33, decimals=1) == (24,)
    assert counts_printed_as(44, 55) == (24,)
    assert counts_printed_as(57, 868) == tuple(range(491, 500))  # 56.5 to 57.5 % of 868 are 490.4 to 499.1


def test_agrees_with_rounding_every_count():
    for n in (7, 33, 40):
        for percent in range(101):
            exact = {k: Fraction(100 * k, n) for k in range(n + 1)}
            half = Fraction(1, 2)
            plain = tuple(k for k, x in exact.items() if percent in (floor(x + half), ceil(x - half)))
            assert counts_printed_as(percent, n) == plain


def test_no_proportion_is_refused():
    with pytest.raises(Refused, match="120 % of 10 is no proportion"):
        counts_printed_as(120, 10)
    with pytest.raises(Refused, match="at least one case"):
        counts_printed_as(50, 0)
