"""The rows of a series' statistics, made from its counts: indications, leaks, complications, relief, missing values."""

from collections.abc import Iterator
from dataclasses import dataclass

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.series.counts import SeriesCounts
from vertebroplasty.registry.series.follow_up_queries import FOR_PAIN, WindowTally
from vertebroplasty.registry.statistics.completeness import missing
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion
from vertebroplasty.registry.vocabulary import AdverseEventKind, Improvement, LeakModality, Window
from vertebroplasty.selection.coded_values import Intent
from vertebroplasty.selection.scores.opiate_relief import SATISFACTORY_ABOVE, WORDS, ReliefClass

__all__ = [
    "LeakRow",
    "ModalityRow",
    "Row",
    "Volume",
    "complication_rows",
    "indication_rows",
    "leak_rows",
    "missing_rows",
    "relief_rows",
    "volume",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One percentage with the id of what it counts and, for relief, the follow-up window (None: not stated)."""

    share: Proportion
    definition: str
    window: Window | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalityRow:
    """Levels with a leak seen with one kind of imaging, of those looked at with it; and those with symptoms."""

    modality: LeakModality
    share: Proportion
    symptomatic_k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakRow:
    """Levels with a leak at one site: all, those with symptoms, those without a word on symptoms, and by imaging."""

    site: LeakSite
    share: Proportion
    definition: str
    symptomatic_k: int
    symptomatic_not_stated_k: int
    modality_not_stated_k: int
    by_modality: tuple[ModalityRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Cement in one level in ml; None where nothing is recorded.  `n` levels of which it is, `missing` others."""

    mean: float | None
    min: float | None
    max: float | None
    n: int
    missing: int


def indication_rows(counts: SeriesCounts) -> Iterator[Row]:
    """Why levels were treated, out of all levels; and what procedures aimed at, out of all procedures."""
    said = counts.definition
    if said.indications_stated:
        how = "indication-per-level-calculated" if said.percent_indications else "indication-per-level"
        for tally in counts.levels:
            if tally.indication is not None:
                share = proportion(tally.indication.value, tally.levels, counts.level_count, Denominator.LEVEL)
                yield Row(share=share, definition=how)
    if said.intents_stated:
        for intent in Intent:
            k = counts.procedures.intents[intent]
            if k:
                share = proportion(intent.value, k, counts.procedures.procedures, Denominator.PROCEDURE)
                yield Row(share=share, definition="intent-per-procedure")


def complication_rows(counts: SeriesCounts) -> Iterator[Row]:
    """Complications that occurred, and those whose absence is stated, as the series counts them."""
    said = counts.definition
    whole = {
        Denominator.PATIENT: counts.people.patients,
        Denominator.PROCEDURE: counts.procedures.procedures - counts.procedures.never_asked,
        Denominator.LEVEL: counts.level_count,
    }[said.complications_of]
    for kind in AdverseEventKind:
        tally = counts.complications.get(kind)
        if tally is None and kind not in said.always_counted:
            continue
        k = 0
        if tally is not None:
            k = {
                Denominator.PATIENT: tally.patients,
                Denominator.PROCEDURE: tally.procedures,
                Denominator.LEVEL: tally.levels,
            }[said.complications_of]
        share = proportion(kind.value, k, whole, said.complications_of)
        yield Row(share=share, definition=f"complication-per-{said.complications_of}")


def leak_rows(counts: SeriesCounts) -> Iterator[LeakRow]:
    """Leaks at every site that the series counts, also where there was none."""
    looked_with = {kind: sum(tally.looked_with[kind] for tally in counts.levels) for kind in LeakModality}
    for site in counts.definition.leak_sites:
        tally = counts.leaks.get(site)
        k = 0 if tally is None else tally.levels
        seen = {kind: 0 if tally is None else tally.seen_with[kind] for kind in LeakModality}
        # More seen than looked at: what was looked with is not recorded of all, and there is no denominator.
        whole = {kind: looked if looked >= seen[kind] else None for kind, looked in looked_with.items()}
        yield LeakRow(
            site=site,
            share=proportion(site.value, k, counts.level_count, Denominator.LEVEL),
            definition=_leak_definition(counts, site),
            symptomatic_k=0 if tally is None else tally.symptomatic,
            symptomatic_not_stated_k=0 if tally is None else tally.symptomatic_not_stated,
            modality_not_stated_k=0 if tally is None else tally.seen_with[None],
            by_modality=tuple(
                ModalityRow(
                    modality=kind,
                    share=proportion(kind.value, seen[kind], whole[kind], Denominator.LEVEL),
                    symptomatic_k=0 if tally is None else tally.symptomatic_with[kind],
                )
                for kind, looked in looked_with.items()
                if looked or seen[kind]
            ),
        )


def _leak_definition(counts: SeriesCounts, site: LeakSite) -> str:
    if site in counts.definition.told_only_with_a_complication:
        return "leak-told-only-with-a-complication-per-level"
    return "leak-per-level" if counts.definition.looked_for_stated else "leak-per-level-as-told"


def relief_rows(counts: SeriesCounts) -> Iterator[Row]:
    """Relief as graded, window by window, and who was not evaluated at all."""
    for tally in counts.windows:
        if tally.window is not Window.BASELINE:
            yield from _improvement(tally)
            yield from _relief_classes(tally)
    k = sum(counts.not_evaluated.values())
    if k:
        whole = sum(counts.procedures.intents[intent] for intent in FOR_PAIN)
        share = proportion("not evaluated", k, whole, Denominator.PROCEDURE)
        yield Row(share=share, definition="not-evaluated-per-procedure-for-pain")


def _improvement(tally: WindowTally) -> Iterator[Row]:
    n = sum(tally.improvement.values())
    if not n:
        return
    for grade, k in tally.improvement.items():
        share = proportion(_improvement_name(grade), k, n, Denominator.EVALUATED)
        yield Row(share=share, definition="improvement-per-evaluated", window=tally.window)
    better = tally.improvement[Improvement.CLEAR] + tally.improvement[Improvement.MODERATE]
    share = proportion("any improvement", better, n, Denominator.EVALUATED)
    yield Row(share=share, definition="any-improvement-per-evaluated", window=tally.window)


def _improvement_name(grade: Improvement) -> str:
    return "no improvement" if grade is Improvement.NONE else f"{grade.value} improvement"


def _relief_classes(tally: WindowTally) -> Iterator[Row]:
    n = sum(tally.relief_class.values())
    if not n:
        return
    for grade in ReliefClass:
        share = proportion(WORDS[grade], tally.relief_class[grade], n, Denominator.EVALUATED)
        yield Row(share=share, definition="relief-class-per-evaluated", window=tally.window)
    good = sum(k for grade, k in tally.relief_class.items() if grade > SATISFACTORY_ABOVE)
    share = proportion("satisfactory", good, n, Denominator.EVALUATED)
    yield Row(share=share, definition="satisfactory-per-evaluated", window=tally.window)


def volume(counts: SeriesCounts) -> Volume:
    """Cement per level over the levels of which it is recorded."""
    n = sum(tally.volumes for tally in counts.levels)
    smallest = [tally.smallest_ml for tally in counts.levels if tally.smallest_ml is not None]
    largest = [tally.largest_ml for tally in counts.levels if tally.largest_ml is not None]
    return Volume(
        mean=sum(tally.volume_sum_ml for tally in counts.levels) / n if n else None,
        min=min(smallest, default=None),
        max=max(largest, default=None),
        n=n,
        missing=counts.level_count - n,
    )


def missing_rows(counts: SeriesCounts) -> Iterator[Proportion]:
    """What is not recorded, variable by variable, of the records that the series states."""
    people, procedures, said = counts.people, counts.procedures, counts.definition
    yield missing("sex", people.with_sex, people.patients, Denominator.PATIENT)
    yield missing("year of birth", people.with_birth_year, people.patients, Denominator.PATIENT)
    if said.procedures_stated:
        n = procedures.procedures
        yield missing("day of the procedure", procedures.with_day, n, Denominator.PROCEDURE)
        yield missing("operator", procedures.with_operator, n, Denominator.PROCEDURE)
        yield missing("aim", n - procedures.intents[None], n, Denominator.PROCEDURE)
        yield missing("whether adverse events were asked for", procedures.with_asked, n, Denominator.PROCEDURE)
    if said.levels_stated:
        n = counts.level_count
        without = sum(tally.levels for tally in counts.levels if tally.indication is None)
        yield missing("indication", n - without, n, Denominator.LEVEL)
        yield missing("volume of cement", volume(counts).n, n, Denominator.LEVEL)
        looked_for = sum(tally.looked_for for tally in counts.levels)
        yield missing("what leaks were looked for with", looked_for, n, Denominator.LEVEL)
        leaks = sum(tally.levels for tally in counts.leaks.values())
        silent = sum(tally.symptomatic_not_stated for tally in counts.leaks.values())
        yield missing("symptoms of a leak", leaks - silent, leaks, Denominator.LEVEL)
