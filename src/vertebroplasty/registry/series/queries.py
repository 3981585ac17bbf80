"""What the tables hold of one series, counted by the database: people, levels, volumes, leaks, complications."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.records import OWN_SERIES
from vertebroplasty.registry.series.asked import never_asked
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.vocabulary import AdverseEventKind, Causality, Indication, LeakModality
from vertebroplasty.selection.coded_values import Intent

__all__ = [
    "ComplicationTally",
    "LeakTally",
    "LevelTally",
    "PeopleTally",
    "ProcedureTally",
    "chosen_series",
    "complication_tallies",
    "leak_tallies",
    "level_tallies",
    "people_tally",
    "procedure_tally",
    "unrelated",
]

LEVELS, SYMPTOMATIC, NOT_STATED, SEEN, ILL = "levels", "symptomatic", "not stated", "seen", "ill"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTally:
    """Patients, and of how many sex and year of birth are known."""

    patients: int
    with_sex: int
    with_birth_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureTally:
    """Procedures, of how many the day and the operator are known, and how many have each aim (None: not known).

    Of `with_asked` it is recorded whether adverse events were asked for; after `never_asked` nobody did, then or later.
    """

    procedures: int
    with_day: int
    with_operator: int
    with_asked: int
    never_asked: int
    intents: Mapping[Intent | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTally:
    """Levels of one indication (None: not known), their volumes, and what leaks were looked for with.

    `looked_for` are the levels of which that is recorded at all; `looked_with` those looked at with each imaging.
    """

    indication: Indication | None
    levels: int
    volumes: int
    volume_sum_ml: float
    smallest_ml: float | None
    largest_ml: float | None
    looked_for: int
    looked_with: Mapping[LeakModality, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakTally:
    """Levels with a leak at one site, each once however many entries it has there.

    `symptomatic_not_stated` are levels without any entry that says yes and with one that says nothing.  `seen_with` and
    `symptomatic_with` count the levels by what the leak was seen with (None: not stated); a level seen with two counts
    in both.
    """

    site: LeakSite
    levels: int
    symptomatic: int
    symptomatic_not_stated: int
    seen_with: Mapping[LeakModality | None, int]
    symptomatic_with: Mapping[LeakModality | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplicationTally:
    """How many patients, procedures and levels had one complication."""

    kind: AdverseEventKind
    patients: int
    procedures: int
    levels: int


def chosen_series(connection: sa.Connection, series: str | None) -> str:
    """The series to count: the one asked for, else the department's own, else the only one there is.

    Raises:
        Refused: no such series, or several synthetic ones and none of the department's own.
    """
    names = list(connection.scalars(sa.select(tables.series.c.name).order_by(tables.series.c.name)))
    if series is not None:
        if series not in names and series != OWN_SERIES:
            there = ", ".join(names) or "none"
            raise Refused(f"The registry has no series {series}: it has {there}.", where="--series")
        return series
    others = [name for name in names if name != OWN_SERIES]
    own = sa.select(tables.patient.c.pseudonym).where(tables.patient.c.series == OWN_SERIES).limit(1)
    if not others or connection.execute(own).first() is not None:
        return OWN_SERIES
    if len(others) == 1:
        return others[0]
    raise Refused(
        f"The registry has no patients of its own and {len(others)} synthetic series, which are never mixed: choose "
        f"one with --series {' or --series '.join(others)}.",
        where="--series",
    )


def people_tally(connection: sa.Connection, series: str) -> PeopleTally:
    """Patients of the series."""
    table = tables.patient.c
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.count(table.sex), sa.func.count(table.birth_year)).where(
            table.series == series
        )
    ).one()
    return PeopleTally(patients=row[0], with_sex=row[1], with_birth_year=row[2])


def procedure_tally(connection: sa.Connection, series: str) -> ProcedureTally:
    """Procedures of the series."""
    table = tables.procedure.c
    aims = [sa.func.count().filter(table.intent == intent.value) for intent in Intent]
    asked = table.adverse_events_asked
    known_of = [sa.func.count(column) for column in (table.performed_on, table.operator, asked)]
    total, days, operators, told, no, *intents = connection.execute(
        sa.select(sa.func.count(), *known_of, sa.func.count().filter(asked.is_(False)), *aims).where(
            table.series == series
        )
    ).one()
    known: dict[Intent | None, int] = dict(zip(Intent, intents, strict=True))
    known[None] = total - sum(intents)
    return ProcedureTally(
        procedures=total,
        with_day=days,
        with_operator=operators,
        with_asked=told,
        never_asked=len(never_asked(connection, series)) if no else 0,
        intents=known,
    )


def level_tallies(connection: sa.Connection, series: str) -> tuple[LevelTally, ...]:
    """Levels of the series by indication, those without one last."""
    table = tables.treated_level.c
    looked = sa.type_coerce(table.leaks_looked_for_with, sa.Text)
    alike = (  # in the order of the index, so that a million levels become as many rows as there are volumes
        sa.select(
            table.indication, table.cement_total_ml.label("ml"), looked.label("looked"), sa.func.count().label("levels")
        )
        .where(table.series == series)
        .group_by(table.indication, table.cement_total_ml, looked)
        .subquery()
    ).c
    looked_with = [alike.looked.like(f'%"{modality.value}"%') for modality in LeakModality]
    rows = connection.execute(
        sa.select(
            alike.indication,
            sa.func.sum(alike.levels),
            sa.func.sum(alike.ml * alike.levels),
            sa.func.min(alike.ml),
            sa.func.max(alike.ml),
            *(
                sa.func.coalesce(sa.func.sum(alike.levels).filter(condition), 0)
                for condition in (alike.ml.is_not(None), alike.looked.is_not(None), *looked_with)
            ),
        ).group_by(alike.indication)
    ).all()
    found = [
        LevelTally(
            indication=None if indication is None else Indication(indication),
            levels=int(levels),
            volumes=int(volumes),
            volume_sum_ml=float(total or 0.0),
            smallest_ml=smallest,
            largest_ml=largest,
            looked_for=int(looked_for),
            looked_with=dict(zip(LeakModality, map(int, with_each), strict=True)),
        )
        for indication, levels, total, smallest, largest, volumes, looked_for, *with_each in rows
    ]
    order: dict[Indication | None, int] = {indication: place for place, indication in enumerate(Indication)}
    return tuple(sorted(found, key=lambda tally: order.get(tally.indication, len(order))))


def leak_tallies(connection: sa.Connection, series: str) -> dict[LeakSite, LeakTally]:
    """Levels with a leak by site, of the sites that occur.

    All entries are counted at once; the few levels with several entries at one site are then put right one by one.
    """
    table = tables.leak.c
    told = (table.symptomatic, table.modality)
    counts: dict[LeakSite, Counter[tuple[str, LeakModality | None]]] = {}
    entries = sa.select(table.site, *told, sa.func.count()).where(table.series == series).group_by(table.site, *told)
    for site, symptomatic, modality, levels in connection.execute(entries):
        _add(counts.setdefault(LeakSite(site), Counter()), [(symptomatic, modality)], levels)
    where = (table.site, table.procedure, table.level_position)
    other, before = tables.leak.alias().c, tables.leak.alias().c
    again = sa.exists().where(
        before.procedure == other.procedure,
        before.level_position == other.level_position,
        before.site == other.site,
        before.position < other.position,
    )
    several = (
        sa.select(other.site, other.procedure, other.level_position)
        .where(other.series == series, other.position > sa.literal_column("0"), again)
        .distinct()
        .subquery()
    ).c
    same = [table[column.name] == several[column.name] for column in where]
    listed: dict[tuple[str, str, int], list[tuple[bool | None, str | None]]] = {}
    for site, procedure, position, *entry in connection.execute(sa.select(*where, *told).where(*same)):
        listed.setdefault((site, procedure, position), []).append((entry[0], entry[1]))
    for (site, _, _), each in listed.items():
        for single in each:
            _add(counts[LeakSite(site)], [single], -1)
        _add(counts[LeakSite(site)], each, 1)
    kinds = (*LeakModality, None)
    return {
        site: LeakTally(
            site=site,
            levels=found[LEVELS, None],
            symptomatic=found[SYMPTOMATIC, None],
            symptomatic_not_stated=found[NOT_STATED, None],
            seen_with={kind: found[SEEN, kind] for kind in kinds},
            symptomatic_with={kind: found[ILL, kind] for kind in kinds},
        )
        for site, found in counts.items()
    }


def _add(
    found: Counter[tuple[str, LeakModality | None]], entries: list[tuple[bool | None, str | None]], levels: int
) -> None:
    """Count levels that have these entries at one site."""
    answers = {symptomatic for symptomatic, _ in entries}
    found[LEVELS, None] += levels
    if True in answers:
        found[SYMPTOMATIC, None] += levels
    elif None in answers:
        found[NOT_STATED, None] += levels
    for modality in {modality for _, modality in entries}:
        kind = None if modality is None else LeakModality(modality)
        found[SEEN, kind] += levels
        if (True, modality) in entries:
            found[ILL, kind] += levels


def unrelated() -> sa.ColumnElement[bool]:
    """Whether the team judged an adverse event to have nothing to do with the procedure."""
    event = tables.adverse_event.c
    judged = sa.func.coalesce(event.causality, "") == Causality.UNRELATED.value
    return sa.or_(event.procedure_related.is_(False), sa.and_(event.procedure_related.is_(None), judged))


def complication_tallies(connection: sa.Connection, series: str) -> dict[AdverseEventKind, ComplicationTally]:
    """Complications by kind, then or at follow-up; what the team judged unrelated to the procedure is left out."""
    table = tables.adverse_event.c
    level = table.procedure + "/" + sa.func.coalesce(table.level, "")
    rows = connection.execute(
        sa.select(
            table.kind,
            sa.func.count(sa.distinct(table.patient)),
            sa.func.count(sa.distinct(table.procedure)),
            sa.func.count(sa.distinct(level)),
        )
        .where(table.series == series, sa.not_(unrelated()))
        .group_by(table.kind)
    ).all()
    return {
        AdverseEventKind(kind): ComplicationTally(
            kind=AdverseEventKind(kind), patients=patients, procedures=procedures, levels=levels
        )
        for kind, patients, procedures, levels in rows
    }
