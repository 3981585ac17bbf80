"""Levels of one patient resemble each other: a percentage of levels whose interval knows that they share patients.

An interval that takes 868 levels in 663 patients for 868 independent trials is too narrow where findings gather in the
same patients.  The variance is taken between patients, and the interval is that of the smaller number of independent
levels which would give the same variance.
"""

import numpy as np
from jaxtyping import Integer

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.proportions import (
    FEW,
    PERCENT,
    Denominator,
    Method,
    Proportion,
    proportion,
    unknown_proportion,
    wilson_interval,
)

__all__ = ["clustered_proportion"]


def clustered_proportion(
    name: str,
    findings_per_patient: Integer[np.ndarray, "patients"],
    counted_per_patient: Integer[np.ndarray, "patients"],
    denominator: Denominator = Denominator.LEVEL,
) -> Proportion:
    """The share of all levels with the finding, its interval widened by how the finding gathers in patients.

    Source: Rao and Scott 1992, the ratio estimator's variance.  Never narrower than the interval of independent levels;
    with fewer than five findings, or five without, the variance between patients is not estimated and the exact
    interval of independent levels is given.  Levels of one patient only have no interval.

    Raises:
        Refused: arrays of unequal length, or a patient with more findings than levels.
    """
    found, counted = np.asarray(findings_per_patient), np.asarray(counted_per_patient)
    if found.shape != counted.shape or np.any(found > counted) or np.any(found < 0):
        raise Refused(f"{name}: each patient needs findings between 0 and the number counted.", where=name)
    k, n, patients = int(found.sum()), int(counted.sum()), int(np.count_nonzero(counted))
    plain = proportion(name, k, n, denominator)
    if min(k, n - k) < FEW or patients == n:
        return plain
    if patients == 1:
        why = "All levels belong to one patient: how far chance goes between patients cannot be told."
        return unknown_proportion(name, denominator, why, k=k, n=n)
    share = k / n
    variance = patients / (patients - 1) * float(np.sum((found - share * counted) ** 2)) / n**2
    design_effect = max(1.0, variance / (share * (1.0 - share) / n))
    low, high = wilson_interval(k / design_effect, n / design_effect)
    return Proportion(
        name=name,
        k=k,
        n=n,
        denominator=denominator,
        percent=plain.percent,
        ci_low_percent=PERCENT * low,
        ci_high_percent=PERCENT * high,
        method=Method.RAO_SCOTT,
    )
