"""What was seen of patients afterwards, window by window: relief as graded, who was seen, who should have been."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from vertebroplasty.registry.follow_up.windows import SCHEDULE
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.vocabulary import Improvement, Window
from vertebroplasty.selection.coded_values import Intent
from vertebroplasty.selection.scores.opiate_relief import ReliefClass

__all__ = ["Completeness", "WindowTally", "follow_up_completeness", "not_evaluated", "window_tallies"]

Look = tuple[int, str | None, int | None]  # day after the procedure, improvement, class of relief
PROCEDURES = "procedures"
WORST = {Improvement.CLEAR: 1, Improvement.MODERATE: 2, Improvement.NONE: 3}  # [choice] of two on one day the worse
WORST_CLASS = {grade: len(ReliefClass) + 1 - int(grade) for grade in ReliefClass}  # [choice] as above
FOR_PAIN = (Intent.ANALGESIA, Intent.BOTH)
FOLLOW_UP = tables.follow_up.c


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTally:
    """Procedures followed up in one window (None: neither window nor day is known), and how relief was graded.

    A procedure counts once in a window: of several grades the latest, of two on one day the worse.
    """

    window: Window | None
    procedures: int
    improvement: Mapping[Improvement, int]
    relief_class: Mapping[ReliefClass, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Procedures seen in a window, of those whose window has begun with the patient alive as far as is known."""

    window: Window
    seen: int
    due: int


def window_tallies(connection: sa.Connection, series: str) -> tuple[WindowTally, ...]:
    """Follow-ups of the series by window, in the order of time, unplaced ones last.

    All follow-ups are counted at once; the few procedures with several in one window, which are listed, are then put
    right one by one.
    """
    grades = (FOLLOW_UP.placed, FOLLOW_UP.relief_class, FOLLOW_UP.improvement)
    found: dict[str | None, Counter[str | Improvement | ReliefClass]] = {}
    alike = sa.select(*grades, sa.func.count()).where(FOLLOW_UP.series == series).group_by(*grades)
    for placed, grade, improvement, procedures in connection.execute(alike):
        counts = found.setdefault(placed, Counter())
        for counted in _grades([(0, improvement, grade)]):
            counts[counted] += procedures
    repeated = tables.repeated_look.c
    several = sa.select(repeated.placed, repeated.procedure).where(repeated.series == series).distinct().subquery().c
    looks = sa.select(
        several.placed, several.procedure, FOLLOW_UP.days_after, FOLLOW_UP.improvement, FOLLOW_UP.relief_class
    ).where(FOLLOW_UP.procedure == several.procedure, FOLLOW_UP.placed.is_not_distinct_from(several.placed))
    listed: dict[tuple[str | None, str], list[Look]] = {}
    for placed, procedure, day, improvement, grade in connection.execute(looks):
        listed.setdefault((placed, procedure), []).append((max(day or 0, 0), improvement, grade))
    for (placed, _), each in listed.items():
        for look in each:
            found[placed].subtract(_grades([look]))
        found[placed].update(_grades(each))
    order: dict[Window | None, int] = {each: place for place, each in enumerate(Window)}
    tallies = (
        WindowTally(
            window=None if placed is None else Window(placed),
            procedures=counts[PROCEDURES],
            improvement={grade: counts[grade] for grade in WORST},
            relief_class={grade: counts[grade] for grade in WORST_CLASS},
        )
        for placed, counts in found.items()
    )
    return tuple(sorted(tallies, key=lambda tally: order.get(tally.window, len(order))))


def _grades(looks: list[Look]) -> list[str | Improvement | ReliefClass]:
    """What several looks in one window count as: one procedure, its last improvement, its last class of relief."""
    improvements = [(day, WORST[Improvement(word)], Improvement(word)) for day, word, _ in looks if word is not None]
    classes = [(day, WORST_CLASS[ReliefClass(n)], ReliefClass(n)) for day, _, n in looks if n is not None]
    found: list[str | Improvement | ReliefClass] = [PROCEDURES]
    if improvements:
        found.append(max(improvements)[-1])
    if classes:
        found.append(max(classes)[-1])
    return found


def not_evaluated(connection: sa.Connection, series: str) -> Mapping[str, int]:
    """Procedures for pain whose relief was never graded, by the reason written down."""
    other = tables.follow_up.alias()
    graded = sa.exists().where(
        other.c.procedure == FOLLOW_UP.procedure,
        sa.or_(other.c.improvement.is_not(None), other.c.relief_class.is_not(None)),
    )
    rows = connection.execute(
        sa.select(FOLLOW_UP.not_evaluated_because, sa.func.count(sa.distinct(FOLLOW_UP.procedure)))
        .join(tables.procedure, tables.procedure.c.procedure_id == FOLLOW_UP.procedure)
        .where(
            FOLLOW_UP.series == series,
            FOLLOW_UP.not_evaluated_because.is_not(None),
            tables.procedure.c.intent.in_([intent.value for intent in FOR_PAIN]),
            sa.not_(graded),
        )
        .group_by(FOLLOW_UP.not_evaluated_because)
        .order_by(FOLLOW_UP.not_evaluated_because)
    )
    return {row[0]: row[1] for row in rows}


def follow_up_completeness(
    connection: sa.Connection, series: str, tallies: Iterable[WindowTally], today: date
) -> tuple[Completeness, ...]:
    """For each window of the schedule who was seen in it, of those who should have been by `today`.

    Procedures without a day are not due; a follow-up that only says why the patient was lost is no look.
    """
    table = tables.procedure.c
    first = {span.window: today - timedelta(days=span.first_days) for span in SCHEDULE}
    dated = sa.select(sa.func.count(table.performed_on)).where(table.series == series)
    recent = sa.select(*(sa.func.count().filter(table.performed_on > day) for day in first.values())).where(
        table.series == series, table.performed_on > min(first.values())
    )
    procedures = connection.scalar(dated) or 0
    begun = [procedures - later for later in connection.execute(recent).one()]
    dead, lost = _dead_before(connection, series, first), _only_lost(connection, series)
    seen = {tally.window: tally.procedures - lost[tally.window] for tally in tallies}
    return tuple(
        Completeness(
            window=span.window,
            seen=seen.get(span.window, 0),
            due=max(there - dead[span.window], seen.get(span.window, 0)),
        )
        for span, there in zip(SCHEDULE, begun, strict=True)
    )


def _only_lost(connection: sa.Connection, series: str) -> Counter[Window | None]:
    """Procedures that have nothing in a window but a reason why the patient was lost."""
    looks = sa.select(FOLLOW_UP.procedure, FOLLOW_UP.placed, FOLLOW_UP.lost_because)
    lost_ones = sa.select(FOLLOW_UP.procedure).where(FOLLOW_UP.series == series, FOLLOW_UP.lost_because.is_not(None))
    of_lost = looks.where(FOLLOW_UP.procedure.in_(lost_ones)).subquery().c
    nothing_else = (
        sa.select(of_lost.placed)
        .group_by(of_lost.procedure, of_lost.placed)
        .having(sa.func.count() == sa.func.count(of_lost.lost_because))
        .subquery()
    ).c
    rows = connection.execute(sa.select(nothing_else.placed, sa.func.count()).group_by(nothing_else.placed))
    return Counter({None if placed is None else Window(placed): count for placed, count in rows})


def _dead_before(connection: sa.Connection, series: str, first: Mapping[Window, date]) -> Counter[Window]:
    """Procedures whose window has begun, but after the patient's death."""
    table = tables.procedure.c
    death = (
        sa.select(FOLLOW_UP.patient, sa.func.min(FOLLOW_UP.died_on).label("died_on"))
        .where(FOLLOW_UP.series == series, FOLLOW_UP.died_on.is_not(None))
        .group_by(FOLLOW_UP.patient)
        .subquery()
    ).c
    rows = connection.execute(
        sa.select(table.performed_on, death.died_on, sa.func.count())
        .where(table.patient == death.patient, table.performed_on.is_not(None))
        .group_by(table.performed_on, death.died_on)
    )
    found: Counter[Window] = Counter()
    for performed_on, died_on, procedures in rows:
        for span in SCHEDULE:
            if performed_on <= first[span.window] and died_on < performed_on + timedelta(days=span.first_days):
                found[span.window] += procedures
    return found
