"""Did leaks come as often as the simulation said: predicted risk against what was seen.

The Brier score and its parts, the calibration in the large, the calibration slope, and the observed share in bins of
predicted risk.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.brier import Brier, brier
from vertebroplasty.registry.statistics.confidence import Estimate, estimate, normal_quantile, unknown_estimate
from vertebroplasty.registry.statistics.logistic import LogisticFit, logistic
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion

__all__ = ["Calibration", "CalibrationBin", "calibration"]

FEWEST_EACH = 10  # [choice] leaks, and levels without, below which no slope is estimated
ENOUGH_EACH = 100  # [Snell2021] the rule of thumb; even so many can leave the calibration imprecise
MOST_BINS = 10  # [choice] bins of predicted risk
FEWEST_IN_BIN = 10  # [choice] predictions in a bin at least


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Predictions of similar risk: their mean and range, and the share in which the leak was seen."""

    mean_predicted: float
    lowest: float
    highest: float
    observed: Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Predicted against observed: a perfect prediction has intercept 0, slope 1 and observed equal to expected."""

    n: int
    not_assessed: int
    observed: int
    expected: float
    brier: Brier
    in_the_large: Estimate
    slope: Estimate
    intercept: Estimate
    bins: tuple[CalibrationBin, ...]
    sentence: str


def calibration(
    predicted: Float[np.ndarray, "levels"],
    leaked: Float[np.ndarray, "levels"],
    *,
    name: str = "leak seen",
    denominator: Denominator = Denominator.EVALUATED,
    runs: int | None = None,
) -> Calibration:
    """Predicted risks (0 to 1) against outcomes (1 leaked, 0 did not, NaN not assessed) of the same levels.

    A risk counted as none or all of the simulated `runs` has no odds; it is then taken half a run inside.  Without
    `runs` slope and intercept are unknown as soon as one prediction is exactly 0 or 1.  The calibration in the large is
    the intercept with the slope held at 1 (Cox 1958).

    Raises:
        Refused: unequal lengths, nothing assessed, a risk outside 0 to 1, or an outcome other than 0 and 1.
    """
    risk, seen = np.asarray(predicted, dtype=float), np.asarray(leaked, dtype=float)
    if risk.shape != seen.shape:
        raise Refused("Predicted and observed need one value for each level.")
    assessed = ~(np.isnan(seen) | np.isnan(risk))
    risk, seen = risk[assessed], seen[assessed]
    if not risk.size:
        raise Refused("No level has both a predicted risk and an assessed outcome; nothing can be calibrated.")
    if risk.min() < 0.0 or risk.max() > 1.0 or not np.all(np.isin(seen, (0.0, 1.0))):
        raise Refused("Risks go from 0 to 1 and outcomes are 0 or 1; correct the columns.")
    groups = _bins(risk)
    in_the_large, slope, intercept = _fits(risk, seen, runs)
    events = int(seen.sum())
    return Calibration(
        n=int(risk.size),
        not_assessed=int(assessed.size - assessed.sum()),
        observed=events,
        expected=float(risk.sum()),
        brier=brier(risk, seen, groups),
        in_the_large=in_the_large,
        slope=slope,
        intercept=intercept,
        bins=tuple(_bin(risk, seen, groups == g, name, denominator) for g in range(int(groups.max()) + 1)),
        sentence=_sentence(events, int(risk.size), float(risk.sum())),
    )


def _bins(risk: np.ndarray) -> np.ndarray:
    """Bin of each prediction: equal numbers as far as possible, equal predictions never parted."""
    wanted = max(1, min(MOST_BINS, risk.size // FEWEST_IN_BIN))
    edges = np.unique(np.quantile(risk, np.linspace(0.0, 1.0, wanted + 1)[1:-1]))
    return np.unique(np.searchsorted(edges, risk, side="right"), return_inverse=True)[1]


def _bin(
    risk: np.ndarray, seen: np.ndarray, inside: Bool[np.ndarray, "levels"], name: str, denominator: Denominator
) -> CalibrationBin:
    """One bin with its observed share."""
    here = risk[inside]
    return CalibrationBin(
        mean_predicted=float(here.mean()),
        lowest=float(here.min()),
        highest=float(here.max()),
        observed=proportion(name, int(seen[inside].sum()), int(here.size), denominator),
    )


def _fits(risk: np.ndarray, seen: np.ndarray, runs: int | None) -> tuple[Estimate, Estimate, Estimate]:
    """Calibration in the large, slope and intercept."""
    events = int(seen.sum())
    if min(events, risk.size - events) < FEWEST_EACH:
        unknown = unknown_estimate(f"Fewer than {FEWEST_EACH} levels with a leak, or without.")
        return unknown, unknown, unknown
    if runs is not None:
        risk = np.clip(risk, 0.5 / runs, 1.0 - 0.5 / runs)
    elif risk.min() <= 0.0 or risk.max() >= 1.0:
        unknown = unknown_estimate(
            "A predicted risk of exactly 0 or 1 has no odds: state the number of simulated runs."
        )
        return unknown, unknown, unknown
    logit, ones = np.log(risk / (1.0 - risk)), np.ones((risk.size, 1))
    large = _estimate(logistic(ones, seen, offset=logit), 0)
    if np.ptp(logit) == 0.0:
        unknown = unknown_estimate("All predicted risks are the same: they have no slope.")
        return large, unknown, unknown
    both = logistic(np.column_stack((ones, logit)), seen)
    return large, _estimate(both, 1), _estimate(both, 0)


def _estimate(fit: LogisticFit, index: int) -> Estimate:
    """One coefficient with its interval."""
    if fit.why_unknown:
        return unknown_estimate(fit.why_unknown)
    return estimate(float(fit.coefficients[index]), fit.standard_error(index), normal_quantile())


def _sentence(events: int, n: int, expected: float) -> str:
    """Observed beside expected, with the caution that few events deserve."""
    told = f"Leaks were seen in {events} of {n} assessed levels; {expected:.1f} were expected."
    if min(events, n - events) < ENOUGH_EACH:
        return f"{told} With fewer than {ENOUGH_EACH} leaks, or levels without, the calibration is imprecise."
    return told
