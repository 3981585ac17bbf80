"""Meta-analysis by inverse variance: fixed and random effects, the adjusted interval and the prediction interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.effects import STANDARD_ERRORS_ACROSS
from vertebroplasty.registry.literature.heterogeneity import (
    BetweenStudies,
    Heterogeneity,
    heterogeneity,
    weighted_scatter,
)

__all__ = ["Estimate", "MetaAnalysis", "Pooled", "meta_analysis", "standard_error_from_interval"]

UPPER_PROBABILITY = 0.975  # [exact] leaves 2.5 % above, so that two limits enclose 95 %
FEWEST_STUDIES = 2  # [exact] one study is not pooled
FEWEST_FOR_PREDICTION = 3  # [exact] Student's t with k - 2 degrees of freedom needs a third study


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The result of one study on the scale it is pooled on, with its standard error in the same unit."""

    label: str
    value: float
    standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """A pooled effect with its 95 % confidence interval, and the share of each study (the shares sum to 1)."""

    value: float
    low: float
    high: float
    standard_error: float
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaAnalysis:
    """Several studies pooled in three ways, and how far they differ.

    `fixed` assumes one true effect.  `random` lets it vary between studies.  `adjusted` is the random effect with the
    interval of Hartung, Knapp, Sidik and Jonkman in its modified form, which is never narrower than `random`: the one
    to read where studies are few.  `prediction` holds the limits within which the true effect of a new study is
    expected with 95 % probability (Higgins, Thompson, Spiegelhalter 2009); None for fewer than 3 studies.
    """

    estimates: tuple[Estimate, ...]
    fixed: Pooled
    random: Pooled
    adjusted: Pooled
    prediction: tuple[float, float] | None
    heterogeneity: Heterogeneity


def standard_error_from_interval(low: float, high: float) -> float:
    """The standard error behind a 95 % confidence interval on a symmetric scale: its width over 3.92.

    Raises:
        Refused: the limits are not finite or not in order.
    """
    if not (isfinite(low) and isfinite(high) and low < high):
        raise Refused(f"The interval from {low:g} to {high:g} has no width: give the lower limit first, both finite.")
    return (high - low) / STANDARD_ERRORS_ACROSS


def meta_analysis(
    estimates: Sequence[Estimate], *, method: BetweenStudies = BetweenStudies.PAULE_MANDEL
) -> MetaAnalysis:
    """Pool the results of two or more studies.

    Whether they may be pooled at all is asked elsewhere: `poolable` refuses results of different definitions.

    Args:
        estimates: the studies, on one scale and with one sign convention.
        method: how the variance between studies is estimated.

    Raises:
        Refused: fewer than two studies, or a value or standard error that is not finite and positive.
    """
    values, errors = _arrays(estimates)
    found = heterogeneity(values, errors**2, method)
    spread = errors**2 + found.tau_squared
    random = _pooled(values, 1 / spread)
    return MetaAnalysis(
        estimates=tuple(estimates),
        fixed=_pooled(values, errors**-2),
        random=random,
        adjusted=_adjusted(values, 1 / spread, random),
        prediction=_prediction(random, found.tau_squared, values.size),
        heterogeneity=found,
    )


def _arrays(estimates: Sequence[Estimate]) -> tuple[Float[np.ndarray, " study"], Float[np.ndarray, " study"]]:
    if len(estimates) < FEWEST_STUDIES:
        raise Refused(f"{len(estimates)} study is not pooled: a meta-analysis needs at least two.")
    for each in estimates:
        if not (isfinite(each.value) and isfinite(each.standard_error) and each.standard_error > 0):
            raise Refused(
                f"{each.label} has the effect {each.value:g} with the standard error {each.standard_error:g}: "
                "both must be finite and the error above 0.",
                where=each.label,
            )
    return np.array([e.value for e in estimates]), np.array([e.standard_error for e in estimates])


def _pooled(values: Float[np.ndarray, " study"], weights: Float[np.ndarray, " study"]) -> Pooled:
    """The mean weighted by inverse variances, with a normal interval."""
    from scipy.special import ndtri

    total = float(np.sum(weights))
    mean, error = float(np.sum(weights * values)) / total, 1 / sqrt(total)
    half = float(ndtri(UPPER_PROBABILITY)) * error
    shares = tuple(float(w) / total for w in weights)
    return Pooled(value=mean, low=mean - half, high=mean + half, standard_error=error, shares=shares)


def _adjusted(values: Float[np.ndarray, " study"], weights: Float[np.ndarray, " study"], random: Pooled) -> Pooled:
    """The random effect with Student's t and the error scaled by the scatter seen, where that is not below 1.

    Without this floor, two or three studies that agree by chance get an interval far too narrow (Röver, Knapp,
    Friede 2015).
    """
    from scipy.special import stdtrit

    freedom = values.size - 1
    scale = sqrt(max(1.0, weighted_scatter(values, weights) / freedom))
    error = scale * random.standard_error
    half = float(stdtrit(freedom, UPPER_PROBABILITY)) * error
    return Pooled(
        value=random.value,
        low=random.value - half,
        high=random.value + half,
        standard_error=error,
        shares=random.shares,
    )


def _prediction(random: Pooled, tau_squared: float, studies: int) -> tuple[float, float] | None:
    from scipy.special import stdtrit

    if studies < FEWEST_FOR_PREDICTION:
        return None
    t = float(stdtrit(studies - 2, UPPER_PROBABILITY))
    half = t * sqrt(tau_squared + random.standard_error**2)
    return random.value - half, random.value + half
