"""How far studies differ beyond chance: Q, I² and the variance τ² between studies, which is never negative."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Float

__all__ = ["BetweenStudies", "Heterogeneity", "between_study_variance", "heterogeneity"]

PERCENT = 100.0  # [exact] per cent
RELATIVE_TOLERANCE = 1e-12  # [choice] of τ², far below any printed digit


class BetweenStudies(StrEnum):
    """How the variance between studies is estimated."""

    DERSIMONIAN_LAIRD = "DerSimonian-Laird"
    PAULE_MANDEL = "Paule-Mandel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """How far the studies differ: Q with its degrees of freedom and P, I² in per cent and τ² with its estimator.

    τ² is in the squared unit of the effect.  A large P does not show that the studies agree; with few studies Q
    finds little.
    """

    q: float
    degrees_of_freedom: int
    p_value: float
    i_squared_percent: float
    tau_squared: float
    method: BetweenStudies


def weighted_scatter(effects: Float[np.ndarray, " study"], weights: Float[np.ndarray, " study"]) -> float:
    """Weighted sum of squared distances of the effects from their weighted mean."""
    mean = np.sum(weights * effects) / np.sum(weights)
    return float(np.sum(weights * (effects - mean) ** 2))


def between_study_variance(
    effects: Float[np.ndarray, " study"], variances: Float[np.ndarray, " study"], method: BetweenStudies
) -> float:
    """The variance τ² between studies; 0 where the studies scatter no more than their own errors explain.

    DerSimonian and Laird solve the expectation of Q once, with the weights of the fixed effect; Paule and Mandel
    iterate until the scatter under the weights 1 / (variance + τ²) equals its degrees of freedom.  Both equations can
    have a negative root, which is no variance: it is 0.
    """
    weights = 1 / variances
    excess = weighted_scatter(effects, weights) - (effects.size - 1)
    if excess <= 0:
        return 0.0
    if method is BetweenStudies.DERSIMONIAN_LAIRD:
        return float(excess / (np.sum(weights) - np.sum(weights**2) / np.sum(weights)))
    return _paule_mandel(effects, variances)


def _paule_mandel(effects: Float[np.ndarray, " study"], variances: Float[np.ndarray, " study"]) -> float:
    """The root of a scatter that falls steadily from above its degrees of freedom towards 0 as τ² grows."""
    from scipy.optimize import brentq

    def excess(tau_squared: float) -> float:
        return weighted_scatter(effects, 1 / (variances + tau_squared)) - (effects.size - 1)

    # With τ² = Σ (y − ȳ)² / (k − 1) the scatter is already at or below k − 1, for every weight is below 1 / τ².
    top = float(np.sum((effects - effects.mean()) ** 2) / (effects.size - 1))
    return float(brentq(excess, 0.0, 2 * top, xtol=RELATIVE_TOLERANCE * top, rtol=RELATIVE_TOLERANCE))


def heterogeneity(
    effects: Float[np.ndarray, " study"], variances: Float[np.ndarray, " study"], method: BetweenStudies
) -> Heterogeneity:
    """Q, I² and τ² of two or more studies."""
    from scipy.special import chdtrc

    q = weighted_scatter(effects, 1 / variances)
    freedom = effects.size - 1
    return Heterogeneity(
        q=q,
        degrees_of_freedom=freedom,
        p_value=float(chdtrc(freedom, q)),
        i_squared_percent=PERCENT * max(0.0, (q - freedom) / q) if q > 0 else 0.0,
        tau_squared=between_study_variance(effects, variances, method),
        method=method,
    )
