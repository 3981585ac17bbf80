"""How long relief lasts among those who had it: the survival estimate and the crude percentage, side by side.

The crude percentage leaves out whoever was lost from sight before the day; the survival estimate uses them as long as
they were seen.  The two answer differently as soon as anyone is lost, so they are never mixed.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.registry.statistics.life_table import Outcome
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion
from vertebroplasty.registry.statistics.survival import AtTime, aalen_johansen, at_time, kaplan_meier, nobody_watched

__all__ = ["SIX_MONTHS_DAYS", "Durability", "durability_of_relief"]

SIX_MONTHS_DAYS = 180.0  # [choice] six months as the founding series report durability


@dataclass(frozen=True, slots=True, kw_only=True)
class Durability:
    """Relief still there at one day among responders, told in two ways, and how many could not be counted crudely."""

    responders: int
    maintained: AtTime
    lost_with_death_competing: AtTime
    crude: Proportion
    not_seen_at_day: int
    died_before_day: int
    sentence: str


def durability_of_relief(
    time_days: Float[np.ndarray, "responders"],
    outcome: Integer[np.ndarray, "responders"],
    *,
    day: float = SIX_MONTHS_DAYS,
) -> Durability:
    """Relief maintained at a day, from each responder's time to the first loss of relief, to death or to last sight.

    `outcome` is 1 where relief was lost at `time_days`, 2 where the patient died with relief, 0 where relief still
    held when last seen.  The crude percentage is of those whose state at the day is known: seen then or later, or lost
    before; the dead and those last seen earlier are counted apart.
    """
    times, ends = np.asarray(time_days, dtype=float), np.asarray(outcome)
    maintained = competing = nobody_watched("relief", day)
    if times.size:
        maintained, competing = (at_time(curve(times, ends), day) for curve in (kaplan_meier, aalen_johansen))
    lost = (ends == Outcome.EVENT) & (times <= day)
    held = (times >= day) & ~lost & ~((ends == Outcome.DEATH) & (times <= day))
    died = int(np.count_nonzero((ends == Outcome.DEATH) & (times <= day)))
    k, n = int(held.sum()), int(held.sum() + lost.sum())
    crude = proportion(f"relief maintained at {day:g} d, crude", k, n, Denominator.EVALUATED)
    unseen = int(times.size) - n - died
    estimate = "unknown" if maintained.percent is None else f"{maintained.percent:.1f} %"
    plain = "unknown" if crude.percent is None else f"{crude.percent:.1f} %"
    sentence = (
        f"Of {times.size} responders relief is maintained at day {day:g} in {estimate} by Kaplan-Meier, and in {k} of "
        f"{n} ({plain}) of those seen then; {unseen} were last seen earlier and {died} had died."
    )
    return Durability(
        responders=int(times.size),
        maintained=maintained,
        lost_with_death_competing=competing,
        crude=crude,
        not_seen_at_day=unseen,
        died_before_day=died,
        sentence=sentence,
    )
