"""Odds from covariates: the logistic regression that calibration and learning curves share.

Newton's method on the likelihood.  Where the outcome is separated by a covariate the likelihood has no maximum; then
there is no answer, rather than a large number.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

__all__ = ["LogisticFit", "logistic", "slope_within_groups"]

STEPS = 50  # [choice] Newton steps; well-posed fits need fewer than ten
TOLERANCE = 1e-9  # [choice] largest last step of any coefficient
FARTHEST = 30.0  # [choice] a linear predictor beyond this is a fitted probability of zero or one
SEPARATED = "The outcome is separated by the covariates (or never varies), so the odds have no finite estimate."
NOT_CONVERGED = "The logistic regression did not converge."


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticFit:
    """Coefficients with their covariance; empty, with the reason, where there is no finite estimate."""

    coefficients: Float[np.ndarray, "covariates"]
    covariance: Float[np.ndarray, "covariates covariates"]
    why_unknown: str

    def standard_error(self, index: int) -> float:
        """The standard error of one coefficient."""
        return float(np.sqrt(self.covariance[index, index]))


def _failed(why: str) -> LogisticFit:
    return LogisticFit(coefficients=np.empty(0), covariance=np.empty((0, 0)), why_unknown=why)


def logistic(
    design: Float[np.ndarray, "records covariates"],
    outcome: Float[np.ndarray, "records"],
    *,
    offset: Float[np.ndarray, "records"] | float = 0.0,
) -> LogisticFit:
    """The maximum-likelihood fit of logit P(outcome = 1) = offset + design · coefficients.

    The design carries its own column of ones where an intercept is wanted.
    """
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        linear = offset + design @ beta
        if np.abs(design @ beta).max() > FARTHEST:
            return _failed(SEPARATED)
        fitted = 1.0 / (1.0 + np.exp(-linear))
        information = (design * (fitted * (1.0 - fitted))[:, None]).T @ design
        if np.linalg.cond(information) > 1.0 / np.finfo(float).eps:
            return _failed(SEPARATED)
        step = np.linalg.solve(information, design.T @ (outcome - fitted))
        if np.abs(step).max() < TOLERANCE:
            return LogisticFit(coefficients=beta + step, covariance=np.linalg.inv(information), why_unknown="")
        beta = beta + step
    return _failed(NOT_CONVERGED)


def slope_within_groups(
    covariate: Float[np.ndarray, "records"],
    outcome: Float[np.ndarray, "records"],
    group: Integer[np.ndarray, "records"],
) -> tuple[float, float, str]:
    """The slope of one covariate, its standard error, and why there is none, with an intercept for each group.

    The same fit as `logistic` with a column of ones for each group, of which only the slope is kept; the intercepts are
    eliminated group by group, so that hundreds of operators cost no more than one.  Groups are numbered from 0 and each
    needs both outcomes.
    """
    slope, intercepts = 0.0, np.zeros(int(group.max()) + 1)
    for _ in range(STEPS):
        linear = intercepts[group] + slope * covariate
        if np.abs(linear).max() > FARTHEST:
            return np.nan, np.nan, SEPARATED
        fitted = 1.0 / (1.0 + np.exp(-linear))
        weight, left = fitted * (1.0 - fitted), outcome - fitted
        own, mixed, short = (np.bincount(group, column) for column in (weight, weight * covariate, left))
        information = float(weight @ covariate**2 - np.sum(mixed**2 / own))
        if information <= np.finfo(float).eps * float(weight @ covariate**2):
            return np.nan, np.nan, SEPARATED
        step = float(covariate @ left - np.sum(mixed * short / own)) / information
        change = (short - mixed * step) / own
        slope, intercepts = slope + step, intercepts + change
        if max(abs(step), float(np.abs(change).max())) < TOLERANCE:
            return slope, information**-0.5, ""
    return np.nan, np.nan, NOT_CONVERGED
