"""Does an operator who rehearses stop in time at a leak: a CUSUM over rehearsals, for the operator's own eyes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.series.drift import CusumPlan
from vertebroplasty.registry.statistics.cusum import Cusum, limit_of_errors, odds_ratio, risk_adjusted_cusum

__all__ = ["LATE_S", "OUTCOME", "RehearsalDrift", "driven_on", "rehearsal_drift"]

LATE_S = 5.0  # [choice] seconds from the leak to the stop within which nobody drove on: a look and a word
OUTCOME = "leak driven on"


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalDrift:
    """The chart over the rehearsals in which a leak asked for a stop; `without` are those in which none did.

    `guided` are left out, as a leak was announced in them, and so are those of which nobody knows whether they were.
    """

    rehearsals: int
    without: int
    guided: int
    cusum: Cusum
    sentence: str


def driven_on(rehearsal: Rehearsal) -> bool | None:
    """Whether the operator drove on for more than 5 s after a leak that asks for a stop; None where there was none."""
    return None if rehearsal.stop_delay_s is None else rehearsal.stop_delay_s > LATE_S


def rehearsal_drift(rehearsals: Sequence[Rehearsal], plan: CusumPlan) -> RehearsalDrift:
    """The CUSUM of leaks driven on, in the order of the unguided rehearsals given; every expected share is p0.

    Simulated patients differ by case and seed, and no risk is adjusted for that.

    Raises:
        Refused: no unguided rehearsal with a leak that asks for a stop, or a plan that gives no limit.
    """
    told = [driven_on(one) for one in rehearsals if one.guided is False]
    outcome = np.array([float(one) for one in told if one is not None])
    if not outcome.size:
        raise Refused(
            "In no unguided rehearsal did a leak ask for a stop: there is nothing to chart yet.", where="rehearsals"
        )
    ratio, limit = odds_ratio(plan.p0, plan.p1), limit_of_errors(plan.alpha, plan.beta)
    chart = risk_adjusted_cusum(outcome, np.full(outcome.size, plan.p0), ratio=ratio, limit=limit)
    without, guided = len(told) - outcome.size, len(rehearsals) - len(told)
    left_out = f"; {guided} guided, in which it is announced, do not count" if guided else ""
    return RehearsalDrift(
        rehearsals=int(outcome.size),
        without=without,
        guided=guided,
        cusum=chart,
        sentence=(
            f"A leak that asks for a stop was driven on for more than {LATE_S:g} s in {chart.observed} of "
            f"{outcome.size} rehearsals; in {without} more there was none{left_out}. {chart.sentence}"
        ),
    )
