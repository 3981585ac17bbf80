"""The columns that statistical models of a series need, gathered from the tables: an entry a patient or procedure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import sqlalchemy as sa
from jaxtyping import Float, Integer

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.series.asked import never_asked
from vertebroplasty.registry.series.queries import unrelated
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.vocabulary import FractureRelation

__all__ = ["Predictions", "Procedures", "Watched", "deaths", "first_procedures", "predictions", "procedures", "watched"]

SEVERAL, NOT_STATED = "several", "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedures:
    """One entry a procedure, in the order of days; those without a day are left out and counted in `undated`.

    `volume_ml` is the sum over the levels, NaN unless all are recorded.  `aetiology` is the indication of all levels,
    "several" where they differ.  `complication` is 1 after a symptomatic leak or an event not judged unrelated, NaN
    where, as is recorded, nobody asked for adverse events and none is known.
    """

    procedure: np.ndarray
    day: Integer[np.ndarray, "procedures"]
    operator: np.ndarray
    levels: Integer[np.ndarray, "procedures"]
    volume_ml: Float[np.ndarray, "procedures"]
    aetiology: np.ndarray
    complication: Float[np.ndarray, "procedures"]
    undated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How long each patient was watched for a new fracture after the first procedure, and how it ended.

    `outcome` is 0 last seen without, 1 fracture, 2 death before one.  `never_looked` patients are in neither: nobody
    looked for fractures on images, and the day of none is known.
    """

    time_days: Float[np.ndarray, "patients"]
    outcome: Integer[np.ndarray, "patients"]
    never_looked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Simulated risk and what was seen (1, 0, NaN where looking is not recorded) of every level with a plan."""

    predicted: Float[np.ndarray, "levels"]
    seen: Float[np.ndarray, "levels"]


def procedures(connection: sa.Connection, series: str) -> Procedures:
    """Every dated procedure of the series."""
    done, level = tables.procedure.c, tables.treated_level.c
    rows = connection.execute(
        sa.select(done.procedure_id, done.performed_on, done.operator)
        .where(done.series == series, done.performed_on.is_not(None))
        .order_by(done.performed_on, done.procedure_id)
    ).all()
    undated = sa.select(sa.func.count()).where(done.series == series, done.performed_on.is_(None))
    treated = connection.execute(
        sa.select(
            level.procedure,
            sa.func.count(),
            sa.func.count(level.cement_total_ml),
            sa.func.sum(level.cement_total_ml),
            sa.func.count(level.indication),
            sa.func.min(level.indication),
            sa.func.max(level.indication),
        )
        .where(level.series == series)
        .group_by(level.procedure)
    )
    of = {}
    for name, levels, volumes, total, named, first, last in treated:
        why = NOT_STATED if named < levels else first if first == last else SEVERAL
        of[name] = (levels, float(total) if volumes == levels else np.nan, why)
    ill, silent = _with_complication(connection, series), never_asked(connection, series)
    return Procedures(
        procedure=np.array([row[0] for row in rows], dtype=object),
        day=np.array([row[1].toordinal() for row in rows], dtype=np.int64),
        operator=np.array([row[2] or "" for row in rows], dtype=object),
        levels=np.array([of[row[0]][0] for row in rows], dtype=np.int64),
        volume_ml=np.array([of[row[0]][1] for row in rows], dtype=float),
        aetiology=np.array([of[row[0]][2] for row in rows], dtype=object),
        complication=np.array([_complication(row[0], ill, silent) for row in rows], dtype=float),
        undated=connection.scalar(undated) or 0,
    )


def _complication(procedure: str, ill: Collection[str], silent: Collection[str]) -> float:
    if procedure in ill:
        return 1.0
    return np.nan if procedure in silent else 0.0


def _with_complication(connection: sa.Connection, series: str) -> set[str]:
    """Procedures with a symptomatic leak or an event that nobody judged unrelated."""
    event, leak = tables.adverse_event.c, tables.leak.c
    events = sa.select(event.procedure).where(event.series == series, sa.not_(unrelated()))
    leaks = sa.select(leak.procedure).where(leak.series == series, leak.symptomatic.is_(True))
    return {*connection.scalars(events), *connection.scalars(leaks)}


def deaths(connection: sa.Connection, series: str) -> Mapping[str, date]:
    """The day of death of each patient who is known to have died."""
    look = tables.follow_up.c
    rows = connection.execute(
        sa.select(look.patient, sa.func.min(look.died_on))
        .where(look.series == series, look.died_on.is_not(None))
        .group_by(look.patient)
    )
    return {row[0]: row[1] for row in rows}


def first_procedures(connection: sa.Connection, series: str) -> Mapping[str, tuple[date, str]]:
    """Each patient's first procedure, its day and its id."""
    done = tables.procedure.c
    found: dict[str, tuple[date, str]] = {}
    for patient, day, name in connection.execute(
        sa.select(done.patient, done.performed_on, done.procedure_id)
        .where(done.series == series, done.performed_on.is_not(None))
        .order_by(done.performed_on, done.procedure_id)
    ):
        found.setdefault(patient, (day, name))
    return found


def watched(connection: sa.Connection, series: str, relation: FractureRelation | None = None) -> Watched:
    """Time to the first new fracture, of any kind or of one relation to the treated levels, from the first procedure.

    A fracture without a day is placed on the day of the look that found it.  Patients are watched until the last look
    at which somebody looked for fractures, or to their death.
    """
    start, dead = first_procedures(connection, series), deaths(connection, series)
    looked, broken = _looks_for_fractures(connection, series, relation)
    times, outcomes, never = [], [], 0
    for patient, (day, _) in start.items():
        ends = [(when, kind) for when, kind in ((broken.get(patient), 1), (dead.get(patient), 2)) if when is not None]
        if patient not in looked and 1 not in {kind for _, kind in ends}:
            never += 1
            continue
        end, kind = min(ends, default=(looked.get(patient, day), 0))
        times.append(max((end - day).days, 0))
        outcomes.append(kind)
    return Watched(
        time_days=np.array(times, dtype=float), outcome=np.array(outcomes, dtype=np.int64), never_looked=never
    )


def _looks_for_fractures(
    connection: sa.Connection, series: str, relation: FractureRelation | None
) -> tuple[dict[str, date], dict[str, date]]:
    """The last look for new fractures of each patient, and the first fracture of the relation asked for."""
    look, fracture = tables.follow_up.c, tables.new_fracture.c
    last = connection.execute(
        sa.select(look.patient, sa.func.max(look.seen_on))
        .where(look.series == series, look.new_fractures_looked_for.is_(True), look.seen_on.is_not(None))
        .group_by(look.patient)
    )
    looked: dict[str, date] = {row[0]: row[1] for row in last}
    broken: dict[str, date] = {}
    found = (
        sa.select(fracture.patient, fracture.relation, fracture.found_on, look.seen_on)
        .join(tables.follow_up, look.follow_up_id == fracture.follow_up)
        .where(fracture.series == series)
    )
    for patient, kind, found_on, seen_on in connection.execute(found):
        day = found_on or seen_on
        if day is None:
            continue
        looked[patient] = max(day, looked.get(patient, day))
        if relation is None or kind == relation.value:
            broken[patient] = min(day, broken.get(patient, day))
    return looked, broken


def predictions(connection: sa.Connection, series: str, sites: Iterable[LeakSite], *, canal: bool) -> Predictions:
    """Simulated risk of a leak at any of the sites, and whether one was seen where somebody looked.

    `canal` takes the simulated risk of cement in the canal instead of that of any leak.
    """
    level, leak = tables.treated_level.c, tables.leak.c
    risk = level.planned_simulated_canal_probability if canal else level.planned_simulated_leak_probability
    hit = defaultdict(set)
    for name, position in connection.execute(
        sa.select(leak.procedure, leak.level_position).where(
            leak.series == series, leak.site.in_([site.value for site in sites])
        )
    ):
        hit[name].add(position)
    rows = connection.execute(
        sa.select(level.procedure, level.position, risk, level.leaks_looked_for_with)
        .where(level.series == series, risk.is_not(None))
        .order_by(level.procedure, level.position)
    ).all()
    # A leak noted where nobody wrote that leaks were looked for is not counted: its leakless neighbours are not either.
    seen = [float(position in hit[name]) if looked else np.nan for name, position, _, looked in rows]
    return Predictions(predicted=np.array([row[2] for row in rows], dtype=float), seen=np.array(seen, dtype=float))
