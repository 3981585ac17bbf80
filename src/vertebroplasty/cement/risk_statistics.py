"""Counts as chances: shares with their intervals, percentiles, the volume at a threshold, and rank correlation."""

from collections.abc import Sequence
from math import ceil, inf

import numpy as np
from jaxtyping import Float

__all__ = ["LEVEL", "NOTHING_LEAKED", "NOT_VARIED", "percentiles", "rank_correlation", "volume_at_share", "wilson"]

LEVEL = 0.95  # [choice] confidence of the intervals
MEDIAN, HIGH = 50.0, 95.0  # [exact] percentiles
ROUNDING = 1e-9  # [choice] so that 5 % of 200 runs are 10 runs
NOT_VARIED = "the runs did not differ in it"
NOTHING_LEAKED = "the volume that leaked did not differ between the runs"


def wilson(hits: int, runs: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson's score method: usable at 0 and at 1 too."""
    from scipy.stats import binomtest

    interval = binomtest(hits, runs).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def percentiles(volumes_ml: Float[np.ndarray, "runs"]) -> tuple[float, float]:
    """Median and 95th percentile of a volume over all runs, those without any counted as zero."""
    low, high = np.percentile(volumes_ml, [MEDIAN, HIGH])
    return float(low), float(high)


def volume_at_share(first_ml: Sequence[float], share: float) -> float | None:
    """Injected volume by which at least this share of the runs had leaked; None if never.

    `first_ml` is the volume injected at each run's first drop, infinite where none came.
    """
    needed = max(1, ceil(share * len(first_ml) - ROUNDING))
    volume = sorted(first_ml)[needed - 1]
    return None if volume == inf else volume


def rank_correlation(
    values: Float[np.ndarray, "runs"], leaked_ml: Float[np.ndarray, "runs"]
) -> tuple[float | None, bool, str]:
    """Spearman's coefficient with ties at their mean rank, whether it is beyond chance (5 %), and why it is None."""
    from scipy.stats import spearmanr

    if np.ptp(values) == 0.0:
        return None, False, NOT_VARIED
    if np.ptp(leaked_ml) == 0.0:
        return None, False, NOTHING_LEAKED
    found = spearmanr(values, leaked_ml)
    return float(found.statistic), bool(found.pvalue < 1.0 - LEVEL), ""
