"""A line for each patient around the common course: the linear mixed model, and whether its fit may be believed.

Patients seen on the same days share one matrix, so that all they contribute is summed once; the search over variances
then costs the same for a hundred patients as for a million.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

__all__ = ["MixedFit", "fit_mixed_model"]

SLOPE_NEEDS_DAYS = 3  # [choice] distinct days without which no slope of a patient is sought
NO_VARIANCE = 1e-6  # [choice] a variance so small beside the residual one is on the border of what is possible
ROUNDS = 5  # [choice] searches, each from where the last one ended, until two agree
AGREEMENT = 1e-4  # [choice] of the scaled standard deviations between two searches
SEARCH_STEP = 1e-7  # [choice] of the variances and of the log-likelihood at which one search ends
SMALLEST_RESIDUAL = 1e-12  # [choice] share of the scatter below which nothing is left to estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedFit:
    """Fixed effects with their standard errors, and the random part in words."""

    coefficients: Float[np.ndarray, "effects"]
    standard_errors: Float[np.ndarray, "effects"]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """All that the likelihood needs: one entry for each pattern of days on which patients were seen.

    `own` is Z'Z of one patient, `cross` the sum over patients of the products of Z'[X y] with itself, `total` the plain
    products of [X y].
    """

    patients: np.ndarray
    own: np.ndarray
    cross: np.ndarray
    total: np.ndarray
    visits: int


def fit_mixed_model(
    outcome: Float[np.ndarray, "visits"],
    design: Float[np.ndarray, "visits effects"],
    patient: Integer[np.ndarray, "visits"],
    days: Float[np.ndarray, "visits"],
) -> MixedFit | None:
    """The fit by restricted maximum likelihood with an intercept and a slope for each patient, else an intercept alone.

    The slope is kept only where the search converged away from variances of nought and correlations of one.  None where
    the intercept alone did not converge either, or nothing is left to estimate a variance from.  Source: Laird and Ware
    1982.
    """
    order = np.lexsort((days, patient))
    outcome, design, patient, days = outcome[order], design[order], patient[order], days[order]
    ones = np.ones((outcome.size, 1))
    if np.unique(days).size >= SLOPE_NEEDS_DAYS:
        scaled = (days - days.mean()) / days.std()
        both = _restricted_fit(_sums(outcome, design, patient, np.column_stack((ones, scaled))))
        if both is not None and both[2] > NO_VARIANCE:
            return MixedFit(
                coefficients=both[0], standard_errors=both[1], description="random intercept and slope of each patient"
            )
    one = _restricted_fit(_sums(outcome, design, patient, ones))
    if one is None:
        return None
    return MixedFit(coefficients=one[0], standard_errors=one[1], description="random intercept of each patient")


def _sums(outcome: np.ndarray, design: np.ndarray, patient: np.ndarray, random: np.ndarray) -> _Sums:
    """Everything summed over patients, pattern by pattern; rows must be in the order of patients and days."""
    columns = np.column_stack((design, outcome))
    first = np.flatnonzero(np.concatenate(([True], patient[1:] != patient[:-1])))
    number, width = random.shape[1], columns.shape[1]
    own = np.stack([np.add.reduceat(a * b, first) for a in random.T for b in random.T], axis=1)
    mixed = np.stack([np.add.reduceat(a * c, first) for a in random.T for c in columns.T], axis=1)
    patterns, which, count = np.unique(own, axis=0, return_inverse=True, return_counts=True)
    ordered = mixed[np.argsort(which.ravel(), kind="stable")]
    parts = np.split(ordered, np.cumsum(count)[:-1])
    cross = np.stack([part.T @ part for part in parts]).reshape(-1, number, width, number, width)
    return _Sums(
        patients=count,
        own=patterns.reshape(-1, number, number),
        cross=cross,
        total=columns.T @ columns,
        visits=outcome.size,
    )


def _reduced(spread: np.ndarray, sums: _Sums) -> tuple[np.ndarray, float]:
    """[X y]' W [X y] with the inverse covariance W, and the log-determinant of the covariance, residual variance one.

    `spread` is the lower triangle of the random effects' covariance in units of the residual variance.
    """
    factor = np.zeros(sums.own.shape[1:])
    factor[np.tril_indices(len(factor))] = spread
    inner = np.eye(len(factor)) + factor.T @ sums.own @ factor
    kernel = factor @ np.linalg.solve(inner, np.broadcast_to(factor.T, inner.shape))
    shrunk = sums.total - np.einsum("gab,gajbk->jk", kernel, sums.cross)
    return shrunk, float(sums.patients @ np.linalg.slogdet(inner)[1])


def _deviance(spread: np.ndarray, sums: _Sums) -> float:
    """Minus twice the restricted log-likelihood, up to a constant, at its best effects and residual variance."""
    shrunk, log_determinant = _reduced(spread, sums)
    effects = np.linalg.solve(shrunk[:-1, :-1], shrunk[:-1, -1])
    residual = shrunk[-1, -1] - effects @ shrunk[:-1, -1]
    free = sums.visits - effects.size
    if residual <= SMALLEST_RESIDUAL * sums.total[-1, -1]:
        return np.inf
    return float(free * np.log(residual / free) + log_determinant + np.linalg.slogdet(shrunk[:-1, :-1])[1])


def _restricted_fit(sums: _Sums) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Effects, standard errors and the smallest variance of the random effects; None without a converged answer."""
    from scipy.optimize import minimize

    def cost(spread: np.ndarray) -> float:
        return _deviance(spread, sums)

    size = sums.own.shape[1]
    spread: np.ndarray = np.eye(size)[np.tril_indices(size)]
    if not np.isfinite(_deviance(spread, sums)):
        return None
    for _ in range(ROUNDS):
        found = minimize(
            cost,
            spread,
            method="Nelder-Mead",
            options={"xatol": SEARCH_STEP, "fatol": SEARCH_STEP},
        )
        moved = np.abs(np.abs(found.x) - np.abs(spread)).max()  # a sign of the triangle means nothing
        spread = found.x
        if found.success and moved < AGREEMENT:
            break
    else:
        return None
    shrunk, _ = _reduced(spread, sums)
    covariance = np.linalg.inv(shrunk[:-1, :-1])
    effects = covariance @ shrunk[:-1, -1]
    variance = (shrunk[-1, -1] - effects @ shrunk[:-1, -1]) / (sums.visits - effects.size)
    factor = np.zeros((size, size))
    factor[np.tril_indices(size)] = spread
    smallest = float(np.linalg.eigvalsh(factor @ factor.T)[0])
    errors = np.sqrt(variance * np.diag(covariance))
    sound = np.all(np.isfinite(effects)) and np.all(np.isfinite(errors)) and np.all(errors > 0.0)
    return (effects, errors, smallest) if sound else None
