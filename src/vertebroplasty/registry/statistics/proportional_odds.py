"""One odds ratio of being in a better class, whichever class is asked for, and a check of that cut by cut."""

import warnings

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.registry.statistics.confidence import Estimate, estimate, normal_quantile, unknown_estimate
from vertebroplasty.registry.statistics.logistic import FARTHEST, logistic

__all__ = ["fit_proportional_odds", "odds_ratio_at_cuts"]

NOT_CONVERGED = "The proportional-odds model did not converge, or a covariate separates the classes."


def fit_proportional_odds(
    grade: Integer[np.ndarray, "patients"], design: Float[np.ndarray, "patients covariates"]
) -> tuple[tuple[Estimate, ...], str]:
    """Odds ratios of a higher grade for one unit of each covariate; none, and the reason, where the fit fails."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    centre, scale = design.mean(axis=0), design.std(axis=0)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            model = OrderedModel(np.unique(grade, return_inverse=True)[1], (design - centre) / scale, distr="logit")
            fit = model.fit(method="bfgs", disp=0, maxiter=500)
            errors = np.asarray(fit.bse)[: design.shape[1]]
        except (np.linalg.LinAlgError, ValueError):
            return (), NOT_CONVERGED
    slopes = np.asarray(fit.params)[: design.shape[1]]
    if not fit.mle_retvals["converged"] or not np.all(np.isfinite(errors)) or np.abs(slopes).max() > FARTHEST / 2:
        return (), NOT_CONVERGED
    return tuple(_odds(s / c, e / c) for s, e, c in zip(slopes, errors, scale, strict=True)), ""


def odds_ratio_at_cuts(
    grade: Integer[np.ndarray, "patients"], design: Float[np.ndarray, "patients covariates"]
) -> tuple[tuple[Estimate, ...], ...]:
    """The odds ratios of being above each cut between grades, by a logistic regression for each cut."""
    centre, scale = design.mean(axis=0), design.std(axis=0)
    columns = np.column_stack((np.ones(grade.size), (design - centre) / scale))
    found = []
    for cut in np.unique(grade)[1:]:
        fit = logistic(columns, (grade >= cut).astype(float))
        if fit.why_unknown:
            found.append((unknown_estimate(fit.why_unknown),) * design.shape[1])
        else:
            slopes = zip(fit.coefficients[1:], np.sqrt(np.diag(fit.covariance))[1:], scale, strict=True)
            found.append(tuple(_odds(s / c, e / c) for s, e, c in slopes))
    return tuple(found)


def _odds(slope: float, error: float) -> Estimate:
    """A slope as an odds ratio with its interval."""
    found = estimate(float(slope), float(error), normal_quantile())
    if found.value is None or found.ci_low is None or found.ci_high is None:
        return found
    ends = [float(np.exp(v)) for v in (found.value, found.ci_low, found.ci_high)]
    return Estimate(value=ends[0], ci_low=ends[1], ci_high=ends[2], why_unknown="")
