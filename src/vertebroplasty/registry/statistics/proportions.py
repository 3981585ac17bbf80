"""A percentage is always k of n: how many, out of how many of what, and how far chance alone could have moved it.

Wilson's score interval is used where at least five had the finding and at least five had not; with fewer on either
side, and with none, the exact interval of Clopper and Pearson, which never covers less often than it promises.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.confidence import LEVEL, normal_quantile

__all__ = [
    "FEW",
    "Denominator",
    "Method",
    "Proportion",
    "clopper_pearson_interval",
    "proportion",
    "unknown_proportion",
    "wilson_interval",
]

FEW = 5  # [choice] with fewer than this on either side the exact interval is used
PERCENT = 100.0  # [exact] percent per one


class Denominator(StrEnum):
    """What is counted below the line: two percentages with different denominators are never compared."""

    PATIENT = "patient"
    PROCEDURE = "procedure"
    LEVEL = "level"
    EVALUATED = "evaluated"


class Method(StrEnum):
    """How the interval was reached."""

    WILSON = "Wilson"
    CLOPPER_PEARSON = "Clopper-Pearson"
    RAO_SCOTT = "Wilson with Rao-Scott effective size"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """The percentage k of n with its 95 % interval; whatever is not known is None and `why_unknown` says why."""

    name: str
    k: int | None
    n: int | None
    denominator: Denominator
    percent: float | None
    ci_low_percent: float | None
    ci_high_percent: float | None
    method: Method
    why_unknown: str = ""


def wilson_interval(k: float, n: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of k of n, as shares of one; `n` may be an effective, broken number.

    Source: Wilson 1927.  Both ends stay within 0 and 1, and the ends belonging to k = 0 and k = n are exactly 0 and 1.
    """
    share, spread = k / n, normal_quantile(level) ** 2 / n
    centre = share + spread / 2.0
    half = sqrt(spread * share * (1.0 - share) + (spread / 2.0) ** 2)
    low = 0.0 if k == 0 else (centre - half) / (1.0 + spread)
    high = 1.0 if k == n else (centre + half) / (1.0 + spread)
    return low, high


def clopper_pearson_interval(k: int, n: int, *, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of k of n, as shares of one: neither end can be rejected by a one-sided binomial test.

    Source: Clopper and Pearson 1934, written with quantiles of the beta distribution.
    """
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2.0
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1.0 - tail))
    return low, high


def unknown_proportion(
    name: str, denominator: Denominator, why: str, *, k: int | None = None, n: int | None = None
) -> Proportion:
    """A percentage that cannot be stated, with what is known of it and the reason."""
    return Proportion(
        name=name,
        k=k,
        n=n,
        denominator=denominator,
        percent=None,
        ci_low_percent=None,
        ci_high_percent=None,
        method=Method.NONE,
        why_unknown=why,
    )


def proportion(name: str, k: int | None, n: int | None, denominator: Denominator) -> Proportion:
    """The percentage k of n with its 95 % interval; unknown where a count is not stated or nobody was counted.

    Raises:
        Refused: a count below zero, or more findings than were counted.
    """
    if (k is not None and k < 0) or (n is not None and n < 0) or (k is not None and n is not None and k > n):
        raise Refused(f"{name}: {k} of {n} is no proportion; check the counts.", where=name)
    if k is None or n is None:
        missing = "number with the finding" if k is None else f"number of {denominator}s"
        return unknown_proportion(name, denominator, f"The {missing} is not stated.", k=k, n=n)
    if n == 0:
        return unknown_proportion(name, denominator, "Nobody was counted: there is no denominator.", k=k, n=n)
    few = min(k, n - k) < FEW
    low, high = clopper_pearson_interval(k, n) if few else wilson_interval(k, n)
    return Proportion(
        name=name,
        k=int(k),
        n=int(n),
        denominator=denominator,
        percent=PERCENT * k / n,
        ci_low_percent=PERCENT * low,
        ci_high_percent=PERCENT * high,
        method=Method.CLOPPER_PEARSON if few else Method.WILSON,
    )
