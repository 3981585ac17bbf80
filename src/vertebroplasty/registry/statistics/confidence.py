"""How sure an interval is meant to be, and the normal and Student quantiles that belong to it."""

from dataclasses import dataclass
from math import isfinite

__all__ = [
    "LEVEL",
    "Estimate",
    "estimate",
    "finite_interval",
    "normal_quantile",
    "student_quantile",
    "unknown_estimate",
]

LEVEL = 0.95  # [choice] confidence of every interval unless another is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number with its 95 % interval; None and the reason where it cannot be estimated."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    why_unknown: str


def unknown_estimate(why: str) -> Estimate:
    """An estimate that there is not, with the reason."""
    return Estimate(value=None, ci_low=None, ci_high=None, why_unknown=why)


def estimate(value: float, standard_error: float, quantile: float) -> Estimate:
    """A number with its interval; unknown where it has no finite standard error."""
    ends = finite_interval(value, standard_error, quantile)
    if ends is None:
        return unknown_estimate("The estimate has no finite standard error.")
    return Estimate(value=float(value), ci_low=float(ends[0]), ci_high=float(ends[1]), why_unknown="")


def normal_quantile(level: float = LEVEL) -> float:
    """The two-sided normal quantile of a confidence level: 1.96 for 95 %."""
    from scipy.special import ndtri

    return float(ndtri((1.0 + level) / 2.0))


def student_quantile(degrees_of_freedom: float, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, (1.0 + level) / 2.0))


def finite_interval(estimate: float, standard_error: float, quantile: float) -> tuple[float, float] | None:
    """Estimate plus and minus the quantile times the standard error; None where either is no finite number."""
    if not (isfinite(estimate) and isfinite(standard_error)) or standard_error <= 0.0:
        return None
    return estimate - quantile * standard_error, estimate + quantile * standard_error
