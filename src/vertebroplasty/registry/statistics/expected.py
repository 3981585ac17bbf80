"""Observed over expected events, with exact limits: 1 is what the patients' own risks let expect."""

from dataclasses import dataclass

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.confidence import LEVEL

__all__ = ["ObservedOverExpected", "observed_over_expected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedOverExpected:
    """The ratio with its exact 95 % Poisson limits, and the narrower mid-P limits beside them."""

    observed: int
    expected: float
    ratio: float
    exact_low: float
    exact_high: float
    mid_p_low: float
    mid_p_high: float


def observed_over_expected(observed: int, expected: float, *, level: float = LEVEL) -> ObservedOverExpected:
    """The ratio of events seen to events expected, the expected number being taken as known.

    The exact limits never cover less often than they promise; the mid-P limits count the observed number by half and
    cover about as often.

    Raises:
        Refused: a count below zero, or nothing expected.
    """
    from scipy.optimize import brentq
    from scipy.special import gammaincinv, pdtr, pdtrc

    if observed < 0 or not 0.0 < expected < float("inf"):
        raise Refused(f"{observed} observed over {expected:g} expected is no ratio; check the counts and the risks.")
    tail = (1.0 - level) / 2.0
    low = 0.0 if observed == 0 else float(gammaincinv(observed, tail))
    high = float(gammaincinv(observed + 1, 1.0 - tail))

    def above(mean: float) -> float:
        """The chance of more than observed, the observed number itself by half."""
        return 0.5 * float(pdtrc(observed, mean) + (pdtrc(observed - 1, mean) if observed else 1.0))

    def below(mean: float) -> float:
        return 0.5 * float(pdtr(observed, mean) + (pdtr(observed - 1, mean) if observed else 0.0))

    mid_low = 0.0 if observed == 0 else float(brentq(lambda mean: above(mean) - tail, low, high))
    mid_high = float(brentq(lambda mean: below(mean) - tail, max(mid_low, tail), high))
    return ObservedOverExpected(
        observed=observed,
        expected=expected,
        ratio=observed / expected,
        exact_low=low / expected,
        exact_high=high / expected,
        mid_p_low=mid_low / expected,
        mid_p_high=mid_high / expected,
    )
