"""How far predicted risks lay from what happened: the mean squared distance, split into what it is made of."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.registry.statistics.confidence import finite_interval, student_quantile

__all__ = ["Brier", "brier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brier:
    """The Brier score, 0 for perfect foresight, and its parts.

    score = reliability − resolution + uncertainty + within-bin variance − within-bin covariance, exactly.  `reference`
    is what the overall share alone would score; `skill` is the improvement on it, None where nothing varies.
    """

    score: float
    ci_low: float | None
    ci_high: float | None
    reference: float
    skill: float | None
    reliability: float
    resolution: float
    uncertainty: float
    within_bin_variance: float
    within_bin_covariance: float


def brier(
    predicted: Float[np.ndarray, "levels"], seen: Float[np.ndarray, "levels"], group: Integer[np.ndarray, "levels"]
) -> Brier:
    """The score of risks against outcomes (0 or 1), decomposed over the bins `group`.

    Source: Murphy 1973; the two terms within bins, without which the sum is exact only for constant predictions in each
    bin, after Stephenson 2008.  The interval is that of a mean of squared distances.
    """
    squared = (predicted - seen) ** 2
    score, n = float(squared.mean()), predicted.size
    ends = None
    if n > 1:
        ends = finite_interval(score, float(squared.std(ddof=1)) / np.sqrt(n), student_quantile(n - 1))
    count = np.bincount(group).astype(float)
    risk, share = (np.bincount(group, column) / count for column in (predicted, seen))
    overall = float(seen.mean())
    uncertainty = overall * (1.0 - overall)
    apart_risk, apart_seen = predicted - risk[group], seen - share[group]
    return Brier(
        score=score,
        ci_low=None if ends is None else max(ends[0], 0.0),
        ci_high=None if ends is None else min(ends[1], 1.0),
        reference=uncertainty,
        skill=None if uncertainty == 0.0 else 1.0 - score / uncertainty,
        reliability=float(count @ (risk - share) ** 2) / n,
        resolution=float(count @ (share - overall) ** 2) / n,
        uncertainty=uncertainty,
        within_bin_variance=float(apart_risk @ apart_risk) / n,
        within_bin_covariance=2.0 * float(apart_risk @ apart_seen) / n,
    )
