"""How results change with an operator's experience: the number of each case, and the outcome along it.

For the operator's own eyes.  A curve over few cases says little, and operators are never put in order by it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.confidence import Estimate, estimate, normal_quantile, unknown_estimate
from vertebroplasty.registry.statistics.logistic import slope_within_groups
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion

__all__ = ["FEWEST_CASES", "LearningCurve", "MovingShare", "case_index", "learning_curve", "no_ranking"]

FEWEST_CASES = 30  # [choice] nobody is ranked, nor a learning curve fitted, on fewer cases
WINDOW_CASES = 20  # [choice] cases in each window of the moving percentage
FEWEST_EACH = 5  # [choice] findings, and cases without, below which no trend is fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingShare:
    """The share with the finding in one window of consecutive cases, both ends included."""

    first_case: int
    last_case: int
    share: Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """A finding along one operator's cases, or several operators' taken together.

    `odds_ratio_per_doubling` below 1 means that the odds fall each time the experience doubles; `falling_fit` is
    the closest course of the share, case by case, that never rises.
    """

    cases: int
    operators: int
    odds_ratio_per_doubling: Estimate
    windows: tuple[MovingShare, ...]
    falling_fit: Float[np.ndarray, "cases"]
    why_no_ranking: str


def no_ranking(cases: int) -> str:
    """The reason why an operator or centre with so few cases is not compared; empty where there are enough."""
    if cases >= FEWEST_CASES:
        return ""
    return f"{cases} cases are fewer than {FEWEST_CASES}: not ranked and not compared."


def case_index(
    operator: np.ndarray, order: Float[np.ndarray, "procedures"] | Integer[np.ndarray, "procedures"]
) -> Integer[np.ndarray, "procedures"]:
    """The number of each procedure among its operator's own, from 1, in the order of `order` (a date as a number).

    Procedures of one operator with the same date keep the order in which they are given.

    Raises:
        Refused: columns of unequal length, or a date that is not known.
    """
    dates = np.asarray(order, dtype=float)
    who = np.unique(np.asarray(operator), return_inverse=True)[1]
    if dates.shape != who.shape:
        raise Refused("Each procedure needs an operator and a date.")
    if np.isnan(dates).any():
        raise Refused("A case index needs the date of every procedure; complete the dates first.")
    by_case = np.lexsort((np.arange(dates.size), dates, who))
    first = np.searchsorted(who[by_case], who[by_case], side="left")
    index = np.empty(dates.size, dtype=np.int64)
    index[by_case] = np.arange(dates.size) - first + 1
    return index


def learning_curve(
    index: Integer[np.ndarray, "procedures"],
    finding: Float[np.ndarray, "procedures"],
    *,
    name: str,
    operator: np.ndarray | None = None,
    denominator: Denominator = Denominator.PROCEDURE,
) -> LearningCurve:
    """A finding (1 yes, 0 no, NaN not assessed) along the case index, pooled over operators where there are several.

    The trend is a logistic regression on the logarithm of the index to base 2, each operator with an intercept of their
    own, and only operators with at least 30 assessed cases, some with the finding and some without.
    """
    found, number = np.asarray(finding, dtype=float), np.asarray(index)
    who = np.zeros(number.size, dtype=np.int64)
    if operator is not None:
        who = np.unique(np.asarray(operator), return_inverse=True)[1]
    if not number.shape == found.shape == who.shape:
        raise Refused(f"{name}: each procedure needs an index and a finding.", where=name)
    assessed = ~np.isnan(found)
    found, number, who = found[assessed], number[assessed], who[assessed]
    by_case = np.argsort(number, kind="stable")
    found, number, who = found[by_case], number[by_case], who[by_case]
    return LearningCurve(
        cases=int(found.size),
        operators=int(np.unique(who).size),
        odds_ratio_per_doubling=_trend(number, found, who),
        windows=_windows(number, found, name, denominator),
        falling_fit=_falling(found),
        why_no_ranking=no_ranking(int(np.bincount(who).min(initial=found.size)) if found.size else 0),
    )


def _trend(number: np.ndarray, found: np.ndarray, who: np.ndarray) -> Estimate:
    """The odds ratio each time the case index doubles."""
    count, events = np.bincount(who), np.bincount(who, found)
    usable = (count >= FEWEST_CASES) & (events > 0) & (events < count)
    keep = usable[who] if found.size else np.zeros(0, dtype=bool)
    number, found, who = number[keep], found[keep], who[keep]
    if min(found.sum(), found.size - found.sum()) < FEWEST_EACH:
        return unknown_estimate(
            f"Fewer than {FEWEST_EACH} with or without the finding among operators with {FEWEST_CASES} cases or more."
        )
    slope, error, why = slope_within_groups(np.log2(number), found, np.unique(who, return_inverse=True)[1])
    if why:
        return unknown_estimate(why)
    odds = estimate(slope, error, normal_quantile())
    if odds.value is None or odds.ci_low is None or odds.ci_high is None:
        return odds
    low, middle, high = (float(np.exp(v)) for v in (odds.ci_low, odds.value, odds.ci_high))
    return Estimate(value=middle, ci_low=low, ci_high=high, why_unknown="")


def _windows(number: np.ndarray, found: np.ndarray, name: str, denominator: Denominator) -> tuple[MovingShare, ...]:
    """The shares in consecutive windows of case numbers that do not overlap; the last may be shorter."""
    shares = []
    for start in range(1, int(number.max(initial=0)) + 1, WINDOW_CASES):
        low, high = np.searchsorted(number, (start, start + WINDOW_CASES))
        share = proportion(name, int(found[low:high].sum()), int(high - low), denominator)
        last = min(start + WINDOW_CASES - 1, int(number[-1]))
        shares.append(MovingShare(first_case=start, last_case=last, share=share))
    return tuple(shares)


def _falling(found: np.ndarray) -> np.ndarray:
    """The non-increasing sequence closest to the findings in squares."""
    from scipy.optimize import isotonic_regression

    return isotonic_regression(found, increasing=False).x if found.size else found
