"""The statistics of one series: every percentage as k of n with what is counted, and what is missing beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from vertebroplasty.registry.series.counts import SeriesCounts, series_counts
from vertebroplasty.registry.series.follow_up_queries import follow_up_completeness
from vertebroplasty.registry.series.queries import chosen_series
from vertebroplasty.registry.series.rows import (
    LeakRow,
    Row,
    Volume,
    complication_rows,
    indication_rows,
    leak_rows,
    missing_rows,
    relief_rows,
    volume,
)
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion
from vertebroplasty.registry.store.series_record import Statement

__all__ = ["SeriesStatistics", "series_statistics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesStatistics:
    """One series in numbers; `procedures` and `levels` are None where the series does not state them.

    `followed_up` has a row for each window of the schedule, and none for a series without days.  `definitions` are the
    ids used by the rows.
    """

    series: str
    title: str
    synthetic: bool
    patients: int
    procedures: int | None
    levels: int | None
    indications: tuple[Row, ...]
    complications: tuple[Row, ...]
    leaks: tuple[LeakRow, ...]
    relief: tuple[Row, ...]
    volume_ml: Volume
    missing: tuple[Proportion, ...]
    followed_up: tuple[Row, ...]
    as_printed: tuple[Statement, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    definitions: tuple[str, ...]


def series_statistics(connection: sa.Connection, series: str | None = None, *, today: date) -> SeriesStatistics:
    """Count a series and state each percentage; own and synthetic records are never mixed.

    Args:
        connection: sees one state from first to last, as `Registry.reading` gives it.
        series: its name; without one the department's own, or the only one there is.
        today: the day of the report, up to which follow-up could be expected.

    Raises:
        Refused: no such series, or several synthetic ones and none of the department's own.
    """
    name = chosen_series(connection, series)
    counts = series_counts(connection, name)
    said = counts.definition
    indications, complications = tuple(indication_rows(counts)), tuple(complication_rows(counts))
    leaks, relief = tuple(leak_rows(counts)), tuple(relief_rows(counts))
    followed = tuple(_followed_up(connection, counts, today))
    used = [row.definition for row in (*indications, *complications, *relief, *followed)]
    used += [row.definition for row in leaks]
    if any(row.by_modality for row in leaks):
        used.append("leak-per-level-looked-at")
    return SeriesStatistics(
        series=name,
        title=said.title,
        synthetic=said.synthetic,
        patients=counts.people.patients,
        procedures=counts.procedures.procedures if said.procedures_stated else None,
        levels=counts.level_count if said.levels_stated else None,
        indications=indications,
        complications=complications,
        leaks=leaks,
        relief=relief,
        volume_ml=volume(counts),
        missing=tuple(missing_rows(counts)),
        followed_up=followed,
        as_printed=said.as_printed,
        notes=said.notes,
        warnings=tuple(_warnings(counts)),
        definitions=tuple(dict.fromkeys((*used, "volume-per-level", "missing"))),
    )


def _followed_up(connection: sa.Connection, counts: SeriesCounts, today: date) -> Iterator[Row]:
    """Who was seen in each window, of those who should have been; nothing is due without the day of a procedure."""
    if not counts.procedures.with_day:
        return
    for found in follow_up_completeness(connection, counts.definition.name, counts.windows, today):
        share = proportion(f"seen at {found.window}", found.seen, found.due, Denominator.PROCEDURE)
        yield Row(share=share, definition="follow-up-seen", window=found.window)


def _warnings(counts: SeriesCounts) -> Iterator[str]:
    """What a reader must know before using the figures."""
    said = counts.definition
    yield from said.warnings
    for reason, k in counts.not_evaluated.items():
        yield f"{k} analgesic procedure{'s' if k > 1 else ''} not evaluated: {reason}"
    unknown = counts.level_count - sum(tally.looked_for for tally in counts.levels)
    if said.leak_sites and not said.looked_for_stated:
        yield "How leaks were looked for is not stated: do not compare with series that looked with CT."
    elif said.leak_sites and unknown:
        yield (
            f"At {unknown} of {counts.level_count} levels it is not recorded what leaks were looked for with; they "
            "count as without a leak, so that the shares of leaks are lower bounds."
        )
    done = counts.procedures
    if not said.synthetic and done.with_asked < done.procedures:
        yield (
            f"Of {done.procedures - done.with_asked} of {done.procedures} procedures it is not recorded whether "
            "adverse events were asked for; they count as without one, so that the shares of complications are lower "
            "bounds."
        )
