"""The statistics of a series put into the definitions of the literature, and what of them has no place there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertebroplasty.registry.literature.definitions import definitions
from vertebroplasty.registry.literature.results import NOT_STATED, Result
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion
from vertebroplasty.registry.vocabulary import LeakModality, Window
from vertebroplasty.selection.claims import Ascertainment, DenominatorType
from vertebroplasty.selection.coded_values import Intent

if TYPE_CHECKING:
    from vertebroplasty.registry.series.rows import LeakRow, Row
    from vertebroplasty.registry.series.statistics import SeriesStatistics

__all__ = ["OwnResults", "own_results"]

COUNTED = {
    Denominator.PATIENT: DenominatorType.PATIENT,
    Denominator.PROCEDURE: DenominatorType.PROCEDURE,
    Denominator.LEVEL: DenominatorType.LEVEL,
    Denominator.EVALUATED: DenominatorType.EVALUATED_PROCEDURE,
}
SEEN_WITH = {
    LeakModality.FLUOROSCOPY: Ascertainment.FLUOROSCOPY,
    LeakModality.RADIOGRAPH: Ascertainment.RADIOGRAPH,
    LeakModality.CT: Ascertainment.CT,
}
ASKED_AT = {
    Window.DAY_1: "1 day",
    Window.WEEK_1: "1 week",
    Window.MONTH_1: "1 month",
    Window.MONTH_3: "3 months",
    Window.MONTH_6: "6 months",
    Window.MONTH_12: "12 months",
}
RELIEF = {
    "clear improvement": "clear-improvement",
    "moderate improvement": "moderate-improvement",
    "no improvement": "no-improvement",
    "any improvement": "any-improvement",
    "satisfactory": "opiate-class-3-or-4",
}
OF_ANALGESIC = frozenset(name for name in RELIEF if name.endswith("improvement"))
FOR_PAIN = frozenset((Intent.ANALGESIA.value, Intent.BOTH.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnResults:
    """Results that can be set beside the literature, and a sentence for each row that cannot."""

    results: tuple[Result, ...]
    left_out: tuple[str, ...]


def own_results(found: "SeriesStatistics") -> OwnResults:
    """Relief, complications and leaks of a series under the definitions of the literature.

    A leak goes with the imaging it was looked for with, one result for each kind; where a series does not say, its
    modality is not stated, and nothing is compared.  Rows without a denominator, and outcomes that no definition of
    the literature answers, are left out with the reason.
    """
    made = [*_relief(found), *_complications(found), *_leaks(found)]
    return OwnResults(
        results=tuple(each for each in made if isinstance(each, Result)),
        left_out=tuple(each for each in made if isinstance(each, str)),
    )


def _others(found: "SeriesStatistics") -> int:
    """Own procedures whose aim is not pain, or not recorded: the literature grades relief of analgesic ones alone."""
    if found.synthetic or found.procedures is None:
        return 0
    aims = (row.share.k or 0 for row in found.indications if row.share.name in FOR_PAIN)
    return found.procedures - sum(aims)


def _relief(found: "SeriesStatistics") -> Iterator[Result | str]:
    others = _others(found)
    if others and any(row.share.name in OF_ANALGESIC for row in found.relief):
        yield (
            f"Improvement: the aim of {others} of {found.procedures} procedures is not pain or not recorded, and the "
            "literature filed here grades analgesic procedures only. Record the aims, or compare when all are known."
        )
    for row in found.relief:
        asked = NOT_STATED if row.window is None else ASKED_AT.get(row.window, NOT_STATED)
        if row.share.name in RELIEF and not (others and row.share.name in OF_ANALGESIC):
            yield _result(found, row, RELIEF[row.share.name], asked)


def _complications(found: "SeriesStatistics") -> Iterator[Result | str]:
    known = {each.id for each in definitions()}
    for row in found.complications:
        if row.share.name in known:
            yield _result(found, row, row.share.name, NOT_STATED)
        else:
            yield f"{row.share.name}: the literature filed here gives no figure for it."


def _result(found: "SeriesStatistics", row: "Row", definition: str, asked: str) -> Result | str:
    if not row.share.n or row.share.k is None:
        return f"{row.share.name}: {row.share.why_unknown}"
    return _of(found, definition, row.share, Ascertainment.CLINICAL_ONLY, asked)


def _leaks(found: "SeriesStatistics") -> Iterator[Result | str]:
    for row in found.leaks:
        yield from _leak(found, row)


def _leak(found: "SeriesStatistics", row: "LeakRow") -> Iterator[Result | str]:
    """One result for each kind of imaging; without any, the whole as the series tells it."""
    definition = f"leak-{row.site}"
    if not row.by_modality and row.share.n and row.share.k is not None:
        yield _of(found, definition, row.share, Ascertainment.NOT_STATED, NOT_STATED)
    for each in row.by_modality:
        if each.modality not in SEEN_WITH:
            yield f"Leaks at {row.site} by {each.modality} imaging: the literature filed here names no such imaging."
        elif not each.share.n or each.share.k is None:
            yield f"Leaks at {row.site} on {each.modality}: {each.share.why_unknown}"
        else:
            yield _of(found, definition, each.share, SEEN_WITH[each.modality], NOT_STATED)


def _of(found: "SeriesStatistics", definition: str, share: Proportion, modality: Ascertainment, asked: str) -> Result:
    return Result(
        label=found.title,
        definition=definition,
        k=share.k or 0,
        n=share.n or 0,
        denominator=COUNTED[share.denominator],
        modality=modality,
        horizon=asked,
        population=found.title,
    )
