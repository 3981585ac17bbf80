"""Against the odds ratio of a two-by-two table, which is exact, and against statsmodels."""

import warnings

import numpy as np
import pytest

from vertebroplasty.registry.statistics.logistic import SEPARATED, logistic, slope_within_groups


def test_a_two_by_two_table_gives_its_own_odds_ratio():
    """10 of 30 against 20 of 40: log odds ratio log(20·20 / (20·10)), variance the sum of the reciprocal counts."""
    group = np.repeat([0.0, 1.0], [30, 40])
    outcome = np.concatenate((np.repeat([1.0, 0.0], [10, 20]), np.repeat([1.0, 0.0], [20, 20])))
    fit = logistic(np.column_stack((np.ones(70), group)), outcome)
    assert fit.coefficients[1] == pytest.approx(np.log(2.0))
    assert fit.standard_error(1) == pytest.approx(np.sqrt(1 / 10 + 1 / 20 + 1 / 20 + 1 / 20))


def test_it_agrees_with_statsmodels_with_an_offset():
    generator = np.random.default_rng(2)
    design = np.column_stack((np.ones(300), generator.normal(size=(300, 2))))
    offset = generator.normal(size=300)
    outcome = (generator.random(300) < 1 / (1 + np.exp(-(offset + design @ [-1.0, 0.5, 0.0])))).astype(float)
    ours = logistic(design, outcome, offset=offset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import statsmodels.api as sm

        theirs = sm.GLM(outcome, design, family=sm.families.Binomial(), offset=offset).fit(tol=1e-12)
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.covariance)), theirs.bse, rtol=1e-5)


@pytest.mark.parametrize("outcome", [np.repeat([0.0, 1.0], 20), np.zeros(40), np.ones(40)])
def test_a_separated_outcome_has_no_estimate(outcome):
    fit = logistic(np.column_stack((np.ones(40), np.arange(40.0))), outcome)
    assert fit.why_unknown == SEPARATED
    assert fit.coefficients.size == 0


def test_the_slope_within_groups_is_that_of_the_full_design():
    generator = np.random.default_rng(5)
    group, covariate = generator.integers(0, 6, 400), generator.normal(3, 1, 400)
    outcome = (generator.random(400) < 1 / (1 + np.exp(2 - 0.3 * group - 0.5 * covariate))).astype(float)
    full = logistic(np.column_stack((covariate, np.eye(6)[group])), outcome)
    slope, error, why = slope_within_groups(covariate, outcome, group)
    assert (slope, error, why) == (pytest.approx(full.coefficients[0]), pytest.approx(full.standard_error(0)), "")


def test_a_separated_slope_within_groups_has_no_estimate():
    slope, _, why = slope_within_groups(np.arange(40.0), np.repeat([0.0, 1.0], 20), np.zeros(40, dtype=int))
    assert np.isnan(slope)
    assert why == SEPARATED
    assert slope_within_groups(np.ones(40), np.tile([0.0, 1.0], 20), np.zeros(40, dtype=int))[2] == SEPARATED
