"""Does an operator's series drift from what each patient's risk lets expect: a risk-adjusted CUSUM with stated limits.

Each case adds evidence for "the odds are as expected, times the ratio looked for" against "the odds are as expected";
the sum never falls below zero and signals where it reaches the limit.  Every number it rests on is kept beside it.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused

__all__ = ["Cusum", "Limit", "limit_of_errors", "odds_ratio", "risk_adjusted_cusum", "steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The height at which the CUSUM signals, and what it was chosen for.

    `alpha` and `beta` are the two errors of Wald's test; the run lengths are mean numbers of cases up to a signal when
    the odds are as expected and when they are as looked for.  What was not used or not computed is None.
    """

    height: float
    alpha: float | None
    beta: float | None
    run_length_in_control: float | None
    run_length_out_of_control: float | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum:
    """The chart: its value after each case, and the numbers (from 1) of the cases at which it signalled.

    After a signal the sum starts again at zero.  `expected_minus_observed` is the variable life-adjusted display: it
    rises where fewer events happened than expected.
    """

    value: Float[np.ndarray, "cases"]
    signals: tuple[int, ...]
    odds_ratio: float
    limit: Limit
    observed: int
    expected: float
    expected_minus_observed: Float[np.ndarray, "cases"]
    sentence: str


def odds_ratio(p0: float, p1: float) -> float:
    """The odds at the share looked for, p1, divided by the odds at the acceptable share, p0.

    Raises:
        Refused: a share not strictly between 0 and 1, or two equal ones.
    """
    if not (0.0 < p0 < 1.0 and 0.0 < p1 < 1.0) or p0 == p1:
        raise Refused(f"A CUSUM needs two different shares between 0 and 1, not p0 = {p0:g} and p1 = {p1:g}.")
    return p1 / (1.0 - p1) / (p0 / (1.0 - p0))


def steps(risk: Float[np.ndarray, "cases"], ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """What an event, and no event, adds at each expected risk: the logarithm of the likelihood ratio.

    Source: Steiner 2000, with an odds ratio of one when all is as expected.
    """
    share = np.asarray(risk, dtype=float)
    none = -np.log1p(share * (ratio - 1.0))
    return none + log(ratio), none


def limit_of_errors(alpha: float, beta: float) -> Limit:
    """Wald's limit for stated errors: log((1 − beta) / alpha).

    It is exact for one sequential test, approximate for a chart that starts again; the mean run length says what it
    does on the chart.

    Raises:
        Refused: an error not between 0 and 1, or both so large that the limit is not above zero.
    """
    if not (0.0 < alpha < 1.0 and 0.0 < beta < 1.0 and alpha + beta < 1.0):
        raise Refused(f"Errors of alpha = {alpha:g} and beta = {beta:g} give no limit: take two that sum below 1.")
    height = log((1.0 - beta) / alpha)
    return Limit(
        height=height,
        alpha=alpha,
        beta=beta,
        run_length_in_control=None,
        run_length_out_of_control=None,
        sentence=f"Limit {height:.2f} by Wald's approximation for alpha = {alpha:g} and beta = {beta:g}.",
    )


def risk_adjusted_cusum(
    outcome: Float[np.ndarray, "cases"], risk: Float[np.ndarray, "cases"], *, ratio: float, limit: Limit
) -> Cusum:
    """The chart of outcomes (1 event, 0 none) in the order of the cases, against each case's expected risk.

    Without risk adjustment every risk is p0 and the ratio that of p1 to p0.  A ratio above 1 looks for worse, below 1
    for better.

    Raises:
        Refused: unequal lengths, an outcome that is not known, a risk not strictly between 0 and 1, a ratio of 1.
    """
    seen, share = np.asarray(outcome, dtype=float), np.asarray(risk, dtype=float)
    if seen.shape != share.shape or not np.all(np.isin(seen, (0.0, 1.0))):
        raise Refused("A CUSUM needs an outcome of 0 or 1 for each case; leave out, and count, those not assessed.")
    if share.size and not (share.min() > 0.0 and share.max() < 1.0):
        raise Refused("Every expected risk must lie between 0 and 1, both excluded.")
    if ratio <= 0.0 or ratio == 1.0:
        raise Refused(f"An odds ratio of {ratio:g} looks for nothing: take one above or below 1.")
    event, none = steps(share, ratio)
    value, signals = _chart(np.where(seen == 1.0, event, none), limit.height)
    observed, expected = int(seen.sum()), float(share.sum())
    looked = "worse" if ratio > 1.0 else "better"
    told = "no signal" if not signals else f"signal at case {', '.join(map(str, signals))}"
    return Cusum(
        value=value,
        signals=signals,
        odds_ratio=ratio,
        limit=limit,
        observed=observed,
        expected=expected,
        expected_minus_observed=np.cumsum(share - seen),
        sentence=(
            f"Looking for {looked} (odds ratio {ratio:.3g}) over {seen.size} cases, {observed} observed and "
            f"{expected:.1f} expected: {told}. {limit.sentence}"
        ),
    )


def _chart(step: np.ndarray, height: float) -> tuple[np.ndarray, tuple[int, ...]]:
    """Sum that never falls below zero and restarts after each signal; one pass over the cases for each signal."""
    value, signals, start = np.empty(step.size), [], 0
    while start < step.size:
        total = np.cumsum(step[start:])
        piece = total - np.minimum(np.minimum.accumulate(total), 0.0)
        above = np.flatnonzero(piece >= height)
        end = start + (int(above[0]) + 1 if above.size else piece.size)
        value[start:end] = piece[: end - start]
        if above.size:
            signals.append(end)
        start = end
    return value, tuple(signals)
