"""When patients are asked again: windows after the procedure, and who is due, overdue or lost.

The times are those at which a trial asked about pain: 1 day, 1 week, and 1, 3, 6 and 12 months.  How many days early or
late still count is a choice; a day between two windows belongs to none of them (`other`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from vertebroplasty.registry.records import FollowUp, Procedure
from vertebroplasty.registry.vocabulary import AdverseEventKind, Window

__all__ = [
    "SCHEDULE",
    "Planned",
    "Standing",
    "WindowSpan",
    "due",
    "lost",
    "overdue",
    "standing",
    "window_of",
    "window_on",
]

DAY_1 = (1, 0, 3)  # [VERTOS-IV, choice] day of the trial's schedule; first and last day that count are a choice
WEEK_1 = (7, 4, 14)  # [VERTOS-IV, choice] as above
MONTH_1 = (30, 21, 45)  # [VERTOS-IV, choice] as above
MONTH_3 = (91, 70, 120)  # [VERTOS-IV, choice] as above
MONTH_6 = (183, 150, 240)  # [VERTOS-IV, choice] as above
MONTH_12 = (365, 305, 455)  # [VERTOS-IV, choice] as above


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSpan:
    """One window in days after the procedure: the day aimed at, and the first and last that count, both included."""

    window: Window
    target_days: int
    first_days: int
    last_days: int


SCHEDULE: tuple[WindowSpan, ...] = tuple(
    WindowSpan(window=window, target_days=target, first_days=first, last_days=last)
    for window, (target, first, last) in (
        (Window.DAY_1, DAY_1),
        (Window.WEEK_1, WEEK_1),
        (Window.MONTH_1, MONTH_1),
        (Window.MONTH_3, MONTH_3),
        (Window.MONTH_6, MONTH_6),
        (Window.MONTH_12, MONTH_12),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One look that is waited for: `first_on` to `last_on` count, `target_on` is the day aimed at."""

    procedure: str
    patient: str
    window: Window
    target_on: date
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the follow-up of one procedure stands on a day.

    `due`: windows open on that day in which nobody saw the patient yet.  `overdue`: windows that closed unseen since
    the patient was last seen.  `lost_because`: empty unless the patient is lost; who is dead or lost is neither due nor
    overdue.
    """

    procedure: str
    patient: str
    dead: bool
    last_seen_on: date | None
    due: tuple[Planned, ...]
    overdue: tuple[Planned, ...]
    lost_because: str


def window_of(days: int) -> Window:
    """The window that a day after the procedure falls into; `baseline` before it, `other` between windows."""
    if days < 0:
        return Window.BASELINE
    return next((span.window for span in SCHEDULE if span.first_days <= days <= span.last_days), Window.OTHER)


def window_on(follow_up: FollowUp, performed_on: date | None) -> Window | None:
    """The window of a follow-up: as stated, else by its day; None where neither is known."""
    if follow_up.window is not None:
        return follow_up.window
    if follow_up.seen_on is None or performed_on is None:
        return None
    return window_of((follow_up.seen_on - performed_on).days)


def standing(procedure: Procedure, follow_ups: Iterable[FollowUp], *, today: date) -> Standing | None:
    """Where the follow-up of one procedure stands; None where its day is not known or lies after `today`.

    A patient is lost when somebody wrote why and nobody saw the patient later, or when the last window has closed and
    nobody saw the patient in it or after it.

    Args:
        procedure: one procedure.
        follow_ups: what was seen of its patient; a death told with another procedure's follow-up counts too.
        today: the day asked about.
    """
    if procedure.performed_on is None or procedure.performed_on > today:
        return None
    everything = tuple(follow_ups)
    own = [one for one in everything if one.procedure == procedure.procedure_id and _after(one, procedure)]
    seen = [one for one in own if one.lost_because is None]
    last = max((one.seen_on for one in seen if one.seen_on is not None), default=None)
    dead = any(one.died_on is not None or _deadly(one) for one in everything) or _deadly(procedure)
    windows = {window_on(one, procedure.performed_on) for one in seen}
    unseen = [planned for planned in _planned(procedure) if planned.window not in windows]
    why = "" if dead else _lost(own, last, unseen, today)
    waits = not dead and not why
    since = last or procedure.performed_on
    return Standing(
        procedure=procedure.procedure_id,
        patient=procedure.patient,
        dead=dead,
        last_seen_on=last,
        due=tuple(one for one in unseen if waits and one.first_on <= today <= one.last_on),
        overdue=tuple(one for one in unseen if waits and since <= one.last_on < today),
        lost_because=why,
    )


def due(standings: Iterable[Standing | None]) -> tuple[Planned, ...]:
    """Whom to see now, those whose window closes first on top."""
    return _sorted(planned for one in standings if one is not None for planned in one.due)


def overdue(standings: Iterable[Standing | None]) -> tuple[Planned, ...]:
    """Whose window closed unseen while the follow-up goes on, the oldest on top."""
    return _sorted(planned for one in standings if one is not None for planned in one.overdue)


def lost(standings: Iterable[Standing | None]) -> tuple[Standing, ...]:
    """Who is lost to follow-up, with the reason; nobody who died."""
    return tuple(one for one in standings if one is not None and one.lost_because)


def _planned(procedure: Procedure) -> Iterator[Planned]:
    if procedure.performed_on is None:
        return
    for span in SCHEDULE:
        yield Planned(
            procedure=procedure.procedure_id,
            patient=procedure.patient,
            window=span.window,
            target_on=procedure.performed_on + timedelta(days=span.target_days),
            first_on=procedure.performed_on + timedelta(days=span.first_days),
            last_on=procedure.performed_on + timedelta(days=span.last_days),
        )


def _lost(own: list[FollowUp], last: date | None, unseen: list[Planned], today: date) -> str:
    """Why the patient counts as lost; empty if not."""
    told = [one for one in own if one.lost_because is not None]
    for one in sorted(told, key=lambda one: one.seen_on or date.max, reverse=True):
        if last is None or one.seen_on is None or last <= one.seen_on:
            return str(one.lost_because)
    end = next((planned for planned in unseen if planned.window == SCHEDULE[-1].window), None)
    if end is not None and end.last_on < today and (last is None or last < end.first_on):
        when = "never seen after the procedure" if last is None else f"last seen on {last.isoformat()}"
        return f"not seen until {end.last_on.isoformat()}, when the window of 12 months closed; {when}"
    return ""


def _after(follow_up: FollowUp, procedure: Procedure) -> bool:
    return window_on(follow_up, procedure.performed_on) != Window.BASELINE


def _deadly(record: FollowUp | Procedure) -> bool:
    return any(event.kind == AdverseEventKind.DEATH for event in record.adverse_events)


def _sorted(planned: Iterable[Planned]) -> tuple[Planned, ...]:
    return tuple(sorted(planned, key=lambda one: (one.last_on, one.procedure)))
