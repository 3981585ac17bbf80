"""Everything the database counts for the statistics of one series, in one frozen piece."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.founding.founding_series import FOUNDING_SERIES, founding_definition
from vertebroplasty.registry.records import OWN_SERIES
from vertebroplasty.registry.series.definition import OWN_DEFINITION, SeriesDefinition
from vertebroplasty.registry.series.follow_up_queries import WindowTally, not_evaluated, window_tallies
from vertebroplasty.registry.series.queries import (
    ComplicationTally,
    LeakTally,
    LevelTally,
    PeopleTally,
    ProcedureTally,
    complication_tallies,
    leak_tallies,
    level_tallies,
    people_tally,
    procedure_tally,
)
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.series_record import Statement
from vertebroplasty.registry.vocabulary import AdverseEventKind

__all__ = ["SeriesCounts", "series_counts", "series_definition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCounts:
    """The tallies of one series, as the tables hold them; which of them the series states, its definition says."""

    definition: SeriesDefinition
    people: PeopleTally
    procedures: ProcedureTally
    levels: tuple[LevelTally, ...]
    leaks: Mapping[LeakSite, LeakTally]
    complications: Mapping[AdverseEventKind, ComplicationTally]
    windows: tuple[WindowTally, ...]
    not_evaluated: Mapping[str, int]

    @property
    def level_count(self) -> int:
        """All levels, those without an indication included."""
        return sum(tally.levels for tally in self.levels)


def series_definition(connection: sa.Connection, series: str) -> SeriesDefinition:
    """How the series counts; one that is neither our own nor founding counts as our own does."""
    if series in FOUNDING_SERIES:
        return founding_definition(series)
    table, said = tables.series.c, tables.series_statement.c
    row = connection.execute(
        sa.select(table.title, table.synthetic, table.procedures_stated, table.notes).where(table.name == series)
    ).first()
    if row is None or series == OWN_SERIES:
        return OWN_DEFINITION
    statements = connection.execute(
        sa.select(said.statement, said.source).where(said.series == series).order_by(said.position)
    )
    return replace(
        OWN_DEFINITION,
        name=series,
        title=row.title,
        synthetic=row.synthetic,
        procedures_stated=row.procedures_stated,
        as_printed=tuple(Statement(statement=each.statement, source=each.source) for each in statements),
        notes=() if row.notes is None else (row.notes,),
    )


def series_counts(connection: sa.Connection, series: str) -> SeriesCounts:
    """Count one series; the connection should see one state from first to last, as `Registry.reading` does."""
    return SeriesCounts(
        definition=series_definition(connection, series),
        people=people_tally(connection, series),
        procedures=procedure_tally(connection, series),
        levels=level_tallies(connection, series),
        leaks=leak_tallies(connection, series),
        complications=complication_tallies(connection, series),
        windows=window_tallies(connection, series),
        not_evaluated=not_evaluated(connection, series),
    )
