"""Who was still watched, and what happened to whom, day by day: the counts every survival estimate rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.errors import Refused

__all__ = ["AtRisk", "LifeTable", "Outcome", "at_risk_table", "life_table"]


class Outcome(IntEnum):
    """How the watching of one patient or level ended."""

    CENSORED = 0
    EVENT = 1
    DEATH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeTable:
    """Counts at every distinct day on which anything happened, in order of time.

    `at_risk` are those watched just before the day; whoever was lost on the day of an event was still at risk for it.
    """

    time_days: Float[np.ndarray, "times"]
    at_risk: Integer[np.ndarray, "times"]
    events: Integer[np.ndarray, "times"]
    deaths: Integer[np.ndarray, "times"]
    censored: Integer[np.ndarray, "times"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """The line below a survival curve at one day: watched up to it, and what had happened until then, it included."""

    time_days: float
    at_risk: int
    events: int
    deaths: int
    censored: int


def life_table(time_days: Float[np.ndarray, "subjects"], outcome: Integer[np.ndarray, "subjects"]) -> LifeTable:
    """The life table of subjects watched for `time_days` from the procedure, each ending in one `Outcome`.

    Raises:
        Refused: nobody, unequal lengths, a time below zero or not finite, an outcome other than 0, 1 or 2.
    """
    times, ends = np.asarray(time_days, dtype=float), np.asarray(outcome)
    if times.ndim != 1 or times.shape != ends.shape or not times.size:
        raise Refused("Survival needs at least one subject, and one outcome for each time.")
    if not np.all(np.isfinite(times)) or times.min() < 0.0:
        raise Refused("Every time under observation must be a number of days from 0 on; correct the dates.")
    if not np.all(np.isin(ends, [int(o) for o in Outcome])):
        raise Refused("Every subject ends censored (0), with the event (1) or dead without it (2).")
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = [np.add.reduceat((ends[order] == kind).astype(np.int64), first) for kind in Outcome]
    return LifeTable(
        time_days=ordered[first],
        at_risk=times.size - first,
        events=counts[Outcome.EVENT],
        deaths=counts[Outcome.DEATH],
        censored=counts[Outcome.CENSORED],
    )


def at_risk_table(table: LifeTable, days: Sequence[float]) -> tuple[AtRisk, ...]:
    """The rows printed below a survival curve at the days asked for."""
    sums = [np.concatenate(([0], np.cumsum(column))) for column in (table.events, table.deaths, table.censored)]
    everyone = int(table.at_risk[0])
    left = np.concatenate(([0], np.cumsum(table.events + table.deaths + table.censored)))
    rows = []
    for day in days:
        until = int(np.searchsorted(table.time_days, day, side="right"))
        before = int(np.searchsorted(table.time_days, day, side="left"))
        events, deaths, censored = (int(column[until]) for column in sums)
        gone = int(left[before])
        rows.append(
            AtRisk(time_days=float(day), at_risk=everyone - gone, events=events, deaths=deaths, censored=censored)
        )
    return tuple(rows)
