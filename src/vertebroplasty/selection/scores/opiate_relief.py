"""How far pain was relieved, as the survey of 868 cementoplasties told it: four classes by the fall of opiate doses.

Published are little or no relief, 25 to 50 % less, 75 % less, and complete relief.  What lies between 0 and 25, 50 and
75, 75 and 100 % is not: a stated policy places it, and the percentage itself is always kept.
"""

import math
from dataclasses import dataclass
from enum import IntEnum

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.as_written import as_written
from vertebroplasty.selection.scores.mme import NOT_FOR_PRESCRIBING, DailyMme, mme_reduction_percent
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["POLICY", "Relief", "ReliefClass", "opiate_relief", "opiate_relief_of_percent", "relief_class"]

POLICY = "survey classes, policy 1"
NAME = "Pain relief by reduction of opiates"
MODERATE_FROM_PERCENT = 25.0  # [S0] moderate relief is 25 to 50 % less
MODERATE_TO_PERCENT = 50.0  # [S0] moderate relief is 25 to 50 % less
VERY_GOOD_PERCENT = 75.0  # [S0] very good but incomplete relief is 75 % less
COMPLETE_PERCENT = 100.0  # [exact] no opiate is left
GAPS_PERCENT = (  # [S0] open ranges that no published class covers
    (0.0, MODERATE_FROM_PERCENT),
    (MODERATE_TO_PERCENT, VERY_GOOD_PERCENT),
    (VERY_GOOD_PERCENT, COMPLETE_PERCENT),
)
SATISFACTORY_ABOVE = 2  # [S0] satisfactory is a class above 2


class ReliefClass(IntEnum):
    """The survey's four classes, in their order."""

    LITTLE_OR_NONE = 1
    MODERATE = 2
    VERY_GOOD = 3
    COMPLETE = 4


WORDS = {
    ReliefClass.LITTLE_OR_NONE: "little or no relief",
    ReliefClass.MODERATE: "moderate relief",
    ReliefClass.VERY_GOOD: "very good but incomplete relief",
    ReliefClass.COMPLETE: "complete relief",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """The class of one reduction; `gap_percent` names the range between published classes it fell into.

    `worse` means that the doses rose.
    """

    reduction_percent: float
    relief_class: ReliefClass
    gap_percent: tuple[float, float] | None
    worse: bool

    @property
    def satisfactory(self) -> bool:
        """Whether the survey would count it as satisfactory: class 3 or 4."""
        return self.relief_class > SATISFACTORY_ABOVE


def relief_class(reduction_percent: float) -> Relief:
    """The class of a reduction of opiate doses in percent, negative where they rose.

    Source: the survey of 868 cementoplasties; range: 1 to 4.  Boundaries, policy 1: below 25 % class 1, from 25 to
    below 75 % class 2, from 75 to below 100 % class 3, 100 % class 4.  Each value inside a published gap is marked.

    Raises:
        Refused: not a number, or more than 100 %.
    """
    if not -float("inf") < reduction_percent <= COMPLETE_PERCENT:
        raise Refused(
            f"A reduction of {reduction_percent:g} % is impossible: enter at most 100, negative where the doses rose.",
            where="reduction",
        )
    if reduction_percent < MODERATE_FROM_PERCENT:
        found = ReliefClass.LITTLE_OR_NONE
    elif reduction_percent < VERY_GOOD_PERCENT:
        found = ReliefClass.MODERATE
    elif reduction_percent < COMPLETE_PERCENT:
        found = ReliefClass.VERY_GOOD
    else:
        found = ReliefClass.COMPLETE
    gap = next((gap for gap in GAPS_PERCENT if gap[0] < reduction_percent < gap[1]), None)
    return Relief(reduction_percent=reduction_percent, relief_class=found, gap_percent=gap, worse=reduction_percent < 0)


def opiate_relief(before: DailyMme | None, after: DailyMme | None) -> Score:
    """The survey's class of the fall from the opiates of one day before to one day after; None: that day is unknown.

    Source, range and boundaries as in `relief_class`; both days must be counted with the same table.  Without opiates
    before there is nothing to reduce: the class does not apply.

    Raises:
        Refused: the two days were counted with different versions of the table.
    """
    days = (_day("opiates before", before), _day("opiates after", after))
    tables = tuple(dict.fromkeys(day.table_source for day in (before, after) if day is not None))
    reduction = mme_reduction_percent(before, after) if before is not None and after is not None else None
    if reduction is not None:
        return _score(relief_class(reduction), days, tables=tables)
    if before is not None and before.exactly == 0:
        return _score(None, days, tables=tables, why_not="No opiates were taken before: the class does not apply.")
    missing = " and ".join(item.name for item in days if item.value is None)
    return _score(None, days, tables=tables, why_not=f"The class is open: {missing} not known.", still_open=True)


def opiate_relief_of_percent(reduction_percent: float | None) -> Score:
    """The survey's class of a reduction that was already reckoned, in percent; None: unknown.

    Source, range and boundaries as in `relief_class`.
    """
    if reduction_percent is None:
        return _score(
            None, (), why_not="The class is open: the reduction of opiate doses is not known.", still_open=True
        )
    return _score(relief_class(reduction_percent), ())


def _day(name: str, day: DailyMme | None) -> ScoreItem:
    """One day's opiates as an item."""
    told = None if day is None else f"{day.mme_per_day:g} morphine milligram equivalents a day ({day.table_version})"
    return ScoreItem(name=name, value=told, points=None, origin=Origin.UNKNOWN if day is None else Origin.ENTERED)


def _score(
    relief: Relief | None,
    days: tuple[ScoreItem, ...],
    *,
    tables: tuple[str, ...] = (),
    why_not: str = "",
    still_open: bool = False,
) -> Score:
    """The answer with the percentage, the gap, whether it got worse, and whether it is satisfactory."""
    notes = [
        "Policy where the survey is silent: below 25 % class 1, 25 to below 75 % class 2, 75 to below 100 % class 3.",
        "The survey calls a pain score above 2 satisfactory; this is read as class 3 or 4.",
        f"Morphine milligram equivalents are for audit. {NOT_FOR_PRESCRIBING}",
    ]
    ends = (float(min(ReliefClass)), float(max(ReliefClass))) if still_open else (None, None)
    if relief is not None:
        ends = (float(relief.relief_class), float(relief.relief_class))
        if relief.gap_percent is not None:
            low, high = relief.gap_percent
            notes.insert(0, f"Gap: the survey has no class between {low:g} and {high:g} %; placed by policy.")
    return Score(
        name=NAME,
        version=POLICY,
        items=days + _items(relief),
        total=None if relief is None else float(relief.relief_class),
        lowest=ends[0],
        highest=ends[1],
        category=None if relief is None else WORDS[relief.relief_class],
        sentence=why_not if relief is None else _sentence(relief),
        notes=tuple(notes),
        sources=("S0", *tables),
        verified=True,
    )


def _items(relief: Relief | None) -> tuple[ScoreItem, ...]:
    """What the class rests on and what follows from it."""
    if relief is None:
        return (ScoreItem(name="reduction %", value=None, points=None, origin=Origin.UNKNOWN),)
    gap = "none" if relief.gap_percent is None else "{:g}–{:g} %".format(*relief.gap_percent)
    rows = (
        ("reduction %", relief.reduction_percent),
        ("gap", gap),
        ("worse", "yes" if relief.worse else "no"),
        ("satisfactory", "yes" if relief.satisfactory else "no"),
    )
    points = float(relief.relief_class)
    return tuple(
        ScoreItem(name=name, value=value, points=points if name == rows[0][0] else None, origin=Origin.ENTERED)
        for name, value in rows
    )


def _sentence(relief: Relief) -> str:
    """The class for a reader."""
    verdict = "satisfactory" if relief.satisfactory else "not satisfactory"
    named = f"Class {int(relief.relief_class)}, {WORDS[relief.relief_class]}"
    size = f"{_one_decimal(abs(relief.reduction_percent)):g} %"
    if relief.reduction_percent == 0:
        return f"{named}: opiates did not change, which the survey counts as {verdict}."
    if relief.worse:
        return f"{named}: worse, opiates rose by {size}."
    return f"{named}: opiates fell by {size}, which the survey counts as {verdict}."


def _one_decimal(percent: float) -> float:
    """Cut, not rounded: 24.96 % must not read as 25 %, which is another class."""
    return math.floor(as_written(percent) * 10) / 10
