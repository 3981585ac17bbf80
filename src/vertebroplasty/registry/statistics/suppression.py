"""Small counts are not shown outside the department, nor is anything from which they could be worked out.

A cell of 1 to 4 persons is hidden; so is every further cell, the next smallest first, without which a reader could tell
from the totals that a hidden cell is small.  Nought is shown: it is nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Integer

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.proportions import Proportion, unknown_proportion

__all__ = ["HIDDEN", "SMALLEST_SHOWN", "SuppressedRow", "SuppressedTable", "suppress_partition", "suppress_proportion"]
__all__ += ["suppress_row", "suppress_table"]

SMALLEST_SHOWN = 5  # [choice] counts of 1 to 4 are hidden in whatever leaves the department
HIDDEN = f"Not shown: fewer than {SMALLEST_SHOWN} persons, or a count from which so few could be worked out."


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedRow:
    """Counts of one list and their total; None is hidden."""

    counts: tuple[int | None, ...]
    total: int | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedTable:
    """Counts of a table with the totals of its rows and columns; None is hidden."""

    counts: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None
    sentence: str


def suppress_row(counts: Sequence[int]) -> SuppressedRow:
    """A list of counts that exclude each other, with their total, safe to share.

    Raises:
        Refused: a count below zero.
    """
    row = _whole(np.asarray(counts, dtype=np.int64)[None, :])
    cells = np.column_stack((row, row.sum(axis=1)))
    hidden = _hide(cells, _equations(cells.shape, columns=False))
    shown = _shown(cells, hidden)[0]
    return SuppressedRow(counts=shown[:-1], total=shown[-1], sentence=_sentence(cells, hidden))


def suppress_table(counts: Integer[np.ndarray, "rows columns"]) -> SuppressedTable:
    """A table of counts with the totals of rows and columns, safe to share.

    Raises:
        Refused: a count below zero, or no table.
    """
    inner = _whole(np.asarray(counts, dtype=np.int64))
    right = np.column_stack((inner, inner.sum(axis=1)))
    cells = np.vstack((right, right.sum(axis=0)))
    hidden = _hide(cells, _equations(cells.shape, columns=True))
    shown = _shown(cells, hidden)
    return SuppressedTable(
        counts=tuple(row[:-1] for row in shown[:-1]),
        row_totals=tuple(row[-1] for row in shown[:-1]),
        column_totals=shown[-1][:-1],
        total=shown[-1][-1],
        sentence=_sentence(cells, hidden),
    )


def suppress_proportion(found: Proportion) -> Proportion:
    """One percentage safe to share: hidden where k, or n − k, is 1 to 4; the denominator too where it is 1 to 4.

    For percentages that add up to the same whole use `suppress_partition`: there one hidden count could be worked out
    from the others.
    """
    if found.k is None or found.n is None:
        return found
    small_n = _small(found.n)
    if small_n or _small(found.k) or _small(found.n - found.k):
        return unknown_proportion(found.name, found.denominator, HIDDEN, n=None if small_n else found.n)
    return found


def suppress_partition(parts: Sequence[Proportion]) -> tuple[Proportion, ...]:
    """Percentages of one whole, each patient in exactly one of them, safe to share together.

    Raises:
        Refused: parts that are unknown, or that do not add up to the same denominator.
    """
    counts = [part.k for part in parts if part.k is not None]
    wholes = {part.n for part in parts}
    if len(counts) != len(parts) or wholes != {sum(counts)}:
        raise Refused("Only parts that add up to one known whole can be hidden together.")
    row = suppress_row(counts)
    return tuple(
        part if shown is not None else unknown_proportion(part.name, part.denominator, HIDDEN, n=row.total)
        for part, shown in zip(parts, row.counts, strict=True)
    )


def _whole(counts: np.ndarray) -> np.ndarray:
    if counts.ndim != len(("rows", "columns")) or not counts.size or counts.min() < 0:
        raise Refused("Only counts from 0 on, at least one of them, can be made safe to share.")
    return counts


def _small(count: int) -> bool:
    return 0 < count < SMALLEST_SHOWN


def _shown(cells: np.ndarray, hidden: np.ndarray) -> list[tuple[int | None, ...]]:
    return [
        tuple(None if gone else int(count) for count, gone in zip(row, mask, strict=True))
        for row, mask in zip(cells, hidden, strict=True)
    ]


def _sentence(cells: np.ndarray, hidden: np.ndarray) -> str:
    small = int(np.count_nonzero(hidden & (cells < SMALLEST_SHOWN)))
    if not small:
        return "Nothing is hidden: no count lies between 1 and 4."
    return (
        f"Hidden are {small} of the counts, being 1 to 4, and {int(hidden.sum()) - small} more that would reveal them."
    )


def _equations(shape: tuple[int, ...], *, columns: bool) -> np.ndarray:
    """What a reader knows: the cells of each row, and of each column, add up to its last one."""
    place = np.arange(shape[0] * shape[1]).reshape(shape)
    lines = [*place, *(place.T if columns else ())]
    known = np.zeros((len(lines), place.size))
    for equation, line in zip(known, lines, strict=True):
        equation[line[:-1]], equation[line[-1]] = 1.0, -1.0
    return known


def _hide(cells: np.ndarray, equations: np.ndarray) -> Bool[np.ndarray, "rows columns"]:
    """Which cells to hide: the small ones, then the smallest in line with one that could still be told to be small."""
    count = cells.ravel()
    small = (count > 0) & (count < SMALLEST_SHOWN)
    hidden = small.copy()
    interior = np.ones(cells.shape, dtype=bool)
    interior[:, -1] = False
    if len(equations) > cells.shape[0]:
        interior[-1] = False
    cost = np.where(interior.ravel(), count, count + count.max())  # totals are given up last
    while (told := _told_small(count, hidden, small, equations)) is not None:
        in_line = np.any(equations[equations[:, told] != 0.0] != 0.0, axis=0)
        open_cells = ~hidden & (count > 0)
        near = np.flatnonzero(open_cells & in_line)
        candidates = near if near.size else np.flatnonzero(open_cells)
        hidden[candidates[np.argmin(cost[candidates])]] = True
    further = np.flatnonzero(hidden & ~small)
    for cell in further[np.argsort(-cost[further], kind="stable")]:  # show again what turned out not to be needed
        hidden[cell] = False
        hidden[cell] = _told_small(count, hidden, small, equations) is not None
    return hidden.reshape(cells.shape)


def _told_small(count: np.ndarray, hidden: np.ndarray, small: np.ndarray, equations: np.ndarray) -> int | None:
    """The first small cell that a reader, who knows the totals and that no hidden cell is nought, can tell is small."""
    from scipy.optimize import linprog

    unknown = np.flatnonzero(hidden)
    rest = -equations[:, ~hidden] @ count[~hidden]
    for cell in np.flatnonzero(small):
        largest = linprog(
            -(unknown == cell).astype(float), A_eq=equations[:, hidden], b_eq=rest, bounds=(1.0, None), method="highs"
        )
        if largest.fun is not None and largest.fun > 0.5 - SMALLEST_SHOWN:  # no largest value: it may be anything
            return int(cell)
    return None
