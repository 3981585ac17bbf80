"""What patients said at their looks, as columns for models: relief over time, pain and disability window by window."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from jaxtyping import Float, Integer

from vertebroplasty.registry.follow_up.windows import SCHEDULE
from vertebroplasty.registry.series.model_data import deaths, first_procedures
from vertebroplasty.registry.statistics.repeated import Window as DueWindow
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.vocabulary import Improvement, Window
from vertebroplasty.selection.scores.opiate_relief import SATISFACTORY_ABOVE

__all__ = ["Courses", "Visits", "fall_of_pain", "first_relief_class", "relief_courses", "visits"]

LOOK = tables.follow_up.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Courses:
    """Each responding procedure's time to the first loss of relief (1), to death (2) or to the last grade (0)."""

    time_days: Float[np.ndarray, "responders"]
    outcome: Integer[np.ndarray, "responders"]
    not_responding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """One scale at each window of the schedule after each patient's first procedure; NaN without a baseline."""

    patient: np.ndarray
    window: Integer[np.ndarray, "visits"]
    value: Float[np.ndarray, "visits"]
    baseline: Float[np.ndarray, "visits"]
    windows: tuple[DueWindow, ...]


def relieved(improvement: str | None, relief_class: int | None) -> bool | None:
    """Whether a look found relief: an improvement, or a class above 2; None where neither was graded."""
    if improvement is not None:
        return improvement != Improvement.NONE.value
    return None if relief_class is None else relief_class > SATISFACTORY_ABOVE


def relief_courses(connection: sa.Connection, series: str) -> Courses:
    """Relief from its first grade on: who answered with relief at the first graded look is a responder."""
    done = tables.procedure.c
    rows = connection.execute(
        sa.select(LOOK.procedure, LOOK.patient, LOOK.days_after, LOOK.improvement, LOOK.relief_class, done.performed_on)
        .join(tables.procedure, done.procedure_id == LOOK.procedure)
        .where(
            LOOK.series == series,
            LOOK.days_after >= 0,
            sa.or_(LOOK.improvement.is_not(None), LOOK.relief_class.is_not(None)),
        )
        .order_by(LOOK.procedure, LOOK.days_after, LOOK.follow_up_id)
    )
    graded: dict[str, list[tuple[int, bool]]] = {}
    end: dict[str, int | None] = {}
    dead = deaths(connection, series)
    for procedure, patient, days, improvement, grade, performed_on in rows:
        graded.setdefault(procedure, []).append((days, bool(relieved(improvement, grade))))
        end[procedure] = (dead[patient] - performed_on).days if patient in dead else None
    times, outcomes = [], []
    for procedure, looks in graded.items():
        if not looks[0][1]:
            continue
        lost = next((day for day, there in looks if not there), None)
        died = end[procedure]
        if lost is not None:
            times.append(lost)
        else:
            times.append(looks[-1][0] if died is None else max(died, looks[-1][0]))
        outcomes.append(1 if lost is not None else 2 if died is not None else 0)
    return Courses(
        time_days=np.array(times, dtype=float),
        outcome=np.array(outcomes, dtype=np.int64),
        not_responding=len(graded) - len(times),
    )


def first_relief_class(connection: sa.Connection, series: str) -> Mapping[str, int]:
    """The class of relief at the first look after each procedure that has one."""
    rows = connection.execute(
        sa.select(LOOK.procedure, LOOK.relief_class)
        .where(LOOK.series == series, LOOK.relief_class.is_not(None), LOOK.days_after >= 0)
        .order_by(LOOK.procedure, LOOK.days_after, LOOK.follow_up_id)
    )
    found: dict[str, int] = {}
    for procedure, grade in rows:
        found.setdefault(procedure, grade)
    return found


def fall_of_pain(connection: sa.Connection, series: str, *, window: Window) -> Mapping[str, float]:
    """Points on the numeric scale by which pain had fallen from before each procedure to the look in one window."""
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    for procedure, _, placed, value in _answers(connection, series, LOOK.pain_nrs):
        if placed is Window.BASELINE:
            before[procedure] = value
        elif placed is window:
            after[procedure] = value
    return {procedure: before[procedure] - value for procedure, value in after.items() if procedure in before}


def visits(connection: sa.Connection, series: str, scale: sa.Column[Any], *, today: date) -> Visits:
    """The answers on one scale after each patient's first procedure; of several in a window the last.

    Due in a window are the patients for whom it has begun by `today` and who are not known to have died before, and
    those who answered.
    """
    first, dead = first_procedures(connection, series), deaths(connection, series)
    before: dict[str, float] = {}
    after: dict[tuple[str, Window], float] = {}
    for procedure, patient, placed, value in _answers(connection, series, scale):
        if patient not in first or first[patient][1] != procedure or placed is None:
            continue
        if placed is Window.BASELINE:
            before[patient] = value
        else:
            after[patient, placed] = value
    place = {span.window: n for n, span in enumerate(SCHEDULE)}
    rows = [(patient, place[window], value) for (patient, window), value in after.items() if window in place]
    windows = []
    for n, span in enumerate(SCHEDULE):
        answered = {patient for patient, number, _ in rows if number == n}
        begins = {patient: day + timedelta(days=span.first_days) for patient, (day, _) in first.items()}
        waits = {who for who, day in begins.items() if day <= today and dead.get(who, date.max) >= day}
        windows.append(DueWindow(name=span.window.value, days=span.target_days, due=len(answered | waits)))
    return Visits(
        patient=np.array([row[0] for row in rows], dtype=object),
        window=np.array([row[1] for row in rows], dtype=np.int64),
        value=np.array([row[2] for row in rows], dtype=float),
        baseline=np.array([before.get(row[0], np.nan) for row in rows], dtype=float),
        windows=tuple(windows),
    )


def _answers(
    connection: sa.Connection, series: str, scale: sa.Column[Any]
) -> list[tuple[str, str, Window | None, float]]:
    """Procedure, patient, window and value of every answer, in the order of days."""
    rows = connection.execute(
        sa.select(LOOK.procedure, LOOK.patient, LOOK.placed, scale)
        .where(LOOK.series == series, scale.is_not(None))
        .order_by(LOOK.procedure, sa.func.coalesce(LOOK.days_after, 0), LOOK.follow_up_id)
    )
    return [
        (procedure, patient, None if placed is None else Window(placed), value)
        for procedure, patient, placed, value in rows
    ]
