"""Operators or centres against a common share: who lies outside what chance allows for a series of that size.

After Spiegelhalter 2005: a picture of all series, no league table.  The limits are exact binomial: what is as expected
lies above, or below, the 95 % limits in at most 2.5 % each and the 99.8 % limits in at most 0.1 % each.  Series of
fewer than 30 cases are drawn but not judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.experience import no_ranking
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion

__all__ = ["Funnel", "FunnelLimits", "FunnelPoint", "Position", "funnel", "funnel_limits"]

WARNING_LEVEL = 0.95  # [choice] inner limits, the level of every interval here
ALARM_LEVEL = 0.998  # [choice] outer limits: one series in a thousand on either side
ONE_HUNDRED = 100.0  # [exact] percent per one


class Position(StrEnum):
    """Where a series lies in the funnel."""

    WITHIN = "within the limits"
    LOW = "below the 95 % limit"
    VERY_LOW = "below the 99.8 % limit"
    HIGH = "above the 95 % limit"
    VERY_HIGH = "above the 99.8 % limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelLimits:
    """Smallest and largest counts, as percentages of n, that still lie within the 95 % and 99.8 % limits."""

    n: Integer[np.ndarray, "sizes"]
    low_95_percent: Float[np.ndarray, "sizes"]
    high_95_percent: Float[np.ndarray, "sizes"]
    low_998_percent: Float[np.ndarray, "sizes"]
    high_998_percent: Float[np.ndarray, "sizes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPoint:
    """One series; without a position, and with the reason, where it is too small to be judged."""

    name: str
    share: Proportion
    position: Position | None
    why_not_judged: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """All series beside the target, in the order given: the plot is no ranking."""

    target_percent: float
    target_from: str
    points: tuple[FunnelPoint, ...]
    limits: FunnelLimits
    sentence: str


def _span(n: np.ndarray, target: float, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest count whose own tail is still larger than half of what the level leaves."""
    from scipy.special import bdtr, bdtrc, bdtrik

    tail = (1.0 - level) / 2.0
    # Guess by the continuous inverse, then step to the exact count; the guess is off by one at most.
    low = np.clip(np.floor(bdtrik(tail, n, target)) - 1, 0, n)
    low = np.where(np.isnan(low), 0, low)
    for _ in range(3):
        low = np.where((low < n) & (bdtr(low, n, target) <= tail), low + 1, low)
    high = np.clip(np.ceil(bdtrik(1.0 - tail, n, target)) + 2, 0, n)
    for _ in range(4):
        high = np.where((high > 0) & (bdtrc(high - 1, n, target) <= tail), high - 1, high)
    return low, high


def funnel_limits(n: Integer[np.ndarray, "sizes"], target: float) -> FunnelLimits:
    """The limits for series of n cases around a target share between 0 and 1.

    Raises:
        Refused: a target not strictly between 0 and 1, or a series without cases.
    """
    sizes = np.asarray(n)
    if not 0.0 < target < 1.0:
        raise Refused(f"A funnel around a share of {target:g} has no width: take a target between 0 and 1.")
    if sizes.size and sizes.min() < 1:
        raise Refused("Every series of a funnel needs at least one case.")
    inner, outer = (_span(sizes, target, level) for level in (WARNING_LEVEL, ALARM_LEVEL))
    percent = [ONE_HUNDRED * end / sizes for end in (*inner, *outer)]
    return FunnelLimits(
        n=sizes,
        low_95_percent=percent[0],
        high_95_percent=percent[1],
        low_998_percent=percent[2],
        high_998_percent=percent[3],
    )


def funnel(
    names: Sequence[str],
    k: Sequence[int],
    n: Sequence[int],
    *,
    target: float | None = None,
    denominator: Denominator = Denominator.PROCEDURE,
) -> Funnel:
    """Where each series (k of n) lies around a target share; without one, around the share of all taken together.

    Raises:
        Refused: lists of unequal length, no series, or a target that leaves the funnel no width.
    """
    if not len(names) == len(k) == len(n) or not len(names):
        raise Refused("A funnel needs a name, a count and a number of cases for each of at least one series.")
    source = "stated beforehand" if target is not None else "all series taken together"
    centre = sum(k) / max(sum(n), 1) if target is None else target
    limits = funnel_limits(np.asarray(n), centre)
    points = []
    for i, name in enumerate(names):
        share, why = proportion(name, k[i], n[i], denominator), no_ranking(n[i])
        position = None if why else _position(share, limits, i)
        points.append(FunnelPoint(name=name, share=share, position=position, why_not_judged=why))
    judged = sum(point.position is not None for point in points)
    return Funnel(
        target_percent=ONE_HUNDRED * centre,
        target_from=source,
        points=tuple(points),
        limits=limits,
        sentence=(
            f"{judged} of {len(points)} series are judged against {ONE_HUNDRED * centre:.1f} % ({source}); by chance "
            f"alone up to {judged * (1.0 - WARNING_LEVEL):.1f} of them would lie outside the 95 % limits. No ranking."
        ),
    )


def _position(share: Proportion, limits: FunnelLimits, i: int) -> Position:
    """Where a point lies; a count on a limit is within."""
    value = share.percent if share.percent is not None else 0.0
    if value > limits.high_998_percent[i]:
        return Position.VERY_HIGH
    if value < limits.low_998_percent[i]:
        return Position.VERY_LOW
    if value > limits.high_95_percent[i]:
        return Position.HIGH
    return Position.LOW if value < limits.low_95_percent[i] else Position.WITHIN
