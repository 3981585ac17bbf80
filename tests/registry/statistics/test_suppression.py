"""Whatever is published is attacked: every table that fits it is listed, and no small cell may be told to be small."""

from itertools import product

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.proportions import Denominator, proportion
from vertebroplasty.registry.statistics.suppression import (
    SMALLEST_SHOWN,
    suppress_partition,
    suppress_proportion,
    suppress_row,
    suppress_table,
)

HIGHEST = 13  # hidden cells are tried up to here by the attack on rows


def compatible_rows(published) -> list[tuple[int, ...]]:
    """Every list of counts that a reader can still think of: hidden cells are at least 1, totals add up."""
    choices = [range(1, HIGHEST) if c is None else (c,) for c in published.counts]
    return [row for row in product(*choices) if published.total is None or sum(row) == published.total]


@pytest.mark.parametrize("length", [2, 3, 4])
def test_no_list_of_counts_betrays_a_small_one(length):
    generator = np.random.default_rng(length)
    for counts in {tuple(int(c) for c in generator.integers(0, 8, length)) for _ in range(60)}:
        published = suppress_row(counts)
        rows = compatible_rows(published)
        assert counts in rows
        for i, count in enumerate(counts):
            if 0 < count < SMALLEST_SHOWN:
                assert published.counts[i] is None
                assert max(row[i] for row in rows) >= SMALLEST_SHOWN, (counts, published)
            if count == 0:
                assert published.counts[i] == 0


def test_one_small_count_takes_the_next_smallest_along():
    published = suppress_row((40, 2, 9, 60))
    assert published.counts == (40, None, None, 60)
    assert published.total == 111
    assert published.sentence == "Hidden are 1 of the counts, being 1 to 4, and 1 more that would reveal them."


def test_two_small_counts_that_add_up_to_little_are_not_protection_enough():
    """1 and 2 hidden from a total would say that both are small."""
    assert suppress_row((1, 2, 20, 30)).counts == (None, None, None, 30)
    assert suppress_row((3, 4, 20, 30)).counts == (None, None, 20, 30)


def test_large_counts_are_all_shown():
    published = suppress_row((8, 0, 12))
    assert (published.counts, published.total) == ((8, 0, 12), 20)
    assert published.sentence == "Nothing is hidden: no count lies between 1 and 4."


@pytest.mark.parametrize(("shape", "highest", "tables"), [((2, 2), 20, 25), ((2, 3), 12, 6)])
def test_no_table_betrays_a_small_count(shape, highest, tables):
    """Each published table is solved for every table, hidden cells from 1 to a highest count, that fits it."""
    generator = np.random.default_rng(9)
    for _ in range(tables):
        counts = generator.integers(0, 8 if shape == (2, 2) else 6, shape)
        published = suppress_table(counts)
        fits = compatible_tables(published, shape, highest)
        assert (fits == counts).all(axis=(1, 2)).any()
        for i, j in np.argwhere((counts > 0) & (counts < SMALLEST_SHOWN)):
            assert published.counts[i][j] is None
            assert fits[:, i, j].max() >= SMALLEST_SHOWN
        for totals, axis in ((published.row_totals, 1), (published.column_totals, 0)):
            for shown, total in zip(totals, counts.sum(axis=axis), strict=True):
                assert shown is None if 0 < total < SMALLEST_SHOWN else shown in (None, total)


def compatible_tables(published, shape: tuple[int, int], highest: int) -> np.ndarray:
    """Every table that agrees with all counts and totals shown."""
    cells = [c for row in published.counts for c in row]
    choices = [np.arange(1, highest + 1) if c is None else np.array([c]) for c in cells]
    tables = np.stack([a.ravel() for a in np.meshgrid(*choices, indexing="ij")], axis=1).reshape(-1, *shape)
    for i, total in enumerate(published.row_totals):
        tables = tables if total is None else tables[tables[:, i].sum(axis=1) == total]
    for j, total in enumerate(published.column_totals):
        tables = tables if total is None else tables[tables[:, :, j].sum(axis=1) == total]
    return tables if published.total is None else tables[tables.sum(axis=(1, 2)) == published.total]


def test_in_a_table_one_hidden_cell_needs_three_more():
    """With all totals shown, one small cell is safe only as a corner of a rectangle of hidden cells."""
    published = suppress_table(np.array([[2, 10, 11], [12, 13, 14], [15, 16, 17]]))
    assert sum(c is None for row in published.counts for c in row) == 4
    assert published.counts[0][0] is None
    assert published.total == 110


def test_a_percentage_hides_a_small_count_and_a_small_remainder():
    hidden = suppress_proportion(proportion("neuralgia", 3, 868, Denominator.LEVEL))
    assert (hidden.k, hidden.percent, hidden.ci_high_percent, hidden.n) == (None, None, None, 868)
    assert "fewer than 5" in hidden.why_unknown
    assert suppress_proportion(proportion("relief", 31, 33, Denominator.EVALUATED)).k is None
    assert suppress_proportion(proportion("leak", 15, 868, Denominator.LEVEL)).k == 15
    assert suppress_proportion(proportion("death", 0, 868, Denominator.LEVEL)).k == 0
    tiny = suppress_proportion(proportion("relief", 0, 3, Denominator.EVALUATED))
    assert (tiny.k, tiny.n) == (None, None)


def test_classes_of_one_whole_are_hidden_together():
    parts = tuple(
        proportion(name, k, 33, Denominator.EVALUATED) for name, k in (("good", 24), ("fair", 7), ("poor", 2))
    )
    good, fair, poor = suppress_partition(parts)
    assert (good.k, fair.k, poor.k) == (24, None, None)
    assert (fair.n, poor.percent) == (33, None)
    with pytest.raises(Refused, match="one known whole"):
        suppress_partition(parts[:2])


def test_a_negative_count_is_refused():
    with pytest.raises(Refused, match="from 0 on"):
        suppress_row((3, -1))
