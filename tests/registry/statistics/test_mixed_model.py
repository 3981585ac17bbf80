"""Against statsmodels, against the analysis of variance of a balanced series, and at a million patients."""

import time
import warnings

import numpy as np
import pytest

from vertebroplasty.registry.statistics.mixed_model import _restricted_fit, _sums, fit_mixed_model


def visits(seed: int, patients: int, *, own: float = 10.0, slope: float = 6.0, missed: float = 0.3):
    """Outcome, design (four windows and a covariate), patient and day, some visits missed at random."""
    generator = np.random.default_rng(seed)
    day = np.array([1.0, 30.0, 90.0, 365.0])
    who, window = np.repeat(np.arange(patients), 4), np.tile(np.arange(4), patients)
    covariate = generator.normal(0, 1, patients)[who]
    drift = generator.normal(0, slope, patients)[who] * day[window] / 365
    outcome = -30.0 + 2 * window + covariate + generator.normal(0, own, patients)[who] + drift
    outcome += generator.normal(0, 8, outcome.size)
    keep = generator.random(outcome.size) > missed
    design = np.column_stack((np.eye(4)[window], covariate))
    return outcome[keep], design[keep], who[keep], day[window][keep]


def statsmodels_fit(outcome, design, who, random):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.regression.mixed_linear_model import MixedLM

        return MixedLM(outcome, design, groups=who, exog_re=random).fit(reml=True)


@pytest.mark.parametrize("slope", [0.0, 25.0])
def test_effects_and_standard_errors_agree_with_statsmodels(slope):
    outcome, design, who, day = visits(1, 120, slope=slope)
    ours = fit_mixed_model(outcome, design, who, day)
    assert ours.description.startswith("random intercept and slope" if slope else "random intercept")
    scaled = (day - day.mean()) / day.std()
    random = np.column_stack((np.ones(day.size), scaled)) if "slope" in ours.description else np.ones((day.size, 1))
    theirs = statsmodels_fit(outcome, design, who, random)
    np.testing.assert_allclose(ours.coefficients, theirs.fe_params, atol=2e-3)  # of a standard error near 1
    np.testing.assert_allclose(ours.standard_errors, theirs.bse_fe, rtol=2e-3)


def test_a_balanced_series_has_the_standard_error_of_the_analysis_of_variance():
    """Intercepts alone: the variance of a window's mean is (between + within) / patients."""
    generator = np.random.default_rng(2)
    value = generator.normal(0, 10, (60, 1)) + generator.normal(0, 5, (60, 3))
    design, who = np.tile(np.eye(3), (60, 1)), np.repeat(np.arange(60), 3)
    effects, errors, _ = _restricted_fit(_sums(value.ravel(), design, who, np.ones((180, 1))))
    left = value - value.mean(axis=0)
    within = ((left - left.mean(axis=1, keepdims=True)) ** 2).sum() / (59 * 2)
    between = (left.mean(axis=1) ** 2).sum() / 59 - within / 3
    np.testing.assert_allclose(effects, value.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(errors, np.sqrt((between + within) / 60), rtol=1e-5)


def test_without_differences_between_patients_it_is_ordinary_regression():
    """Patients less alike than chance: the variance between them is nought and the slope is dropped."""
    value = np.tile([1.0, -1.0, 1.0, -1.0], 30) + np.random.default_rng(3).normal(0, 0.1, 120)
    design, who = np.ones((120, 1)), np.repeat(np.arange(30), 4)
    found = fit_mixed_model(value, design, who, np.tile([1.0, 30.0, 90.0, 365.0], 30))
    assert found.description == "random intercept of each patient"
    assert found.standard_errors[0] == pytest.approx(value.std(ddof=1) / np.sqrt(120), rel=1e-3)


def test_an_outcome_without_any_scatter_has_no_fit():
    design, who = np.ones((40, 1)), np.repeat(np.arange(20), 2)
    assert fit_mixed_model(np.full(40, -3.0), design, who, np.tile([1.0, 30.0], 20)) is None


def test_the_order_of_the_rows_does_not_matter():
    data = visits(4, 50, slope=25.0)
    shuffled = np.random.default_rng(4).permutation(data[0].size)
    first, again = fit_mixed_model(*data), fit_mixed_model(*(column[shuffled] for column in data))
    np.testing.assert_allclose(first.coefficients, again.coefficients, rtol=1e-9)
    np.testing.assert_allclose(first.standard_errors, again.standard_errors, rtol=1e-6)


def test_a_hundred_thousand_patients_take_seconds():
    data = visits(5, 100_000, slope=25.0)
    start = time.process_time()
    found = fit_mixed_model(*data)
    assert time.process_time() - start < 10.0  # 0.6 s alone; the machine may be shared
    np.testing.assert_allclose(found.coefficients, [-30, -28, -26, -24, 1], atol=0.5)  # slopes average to nought
