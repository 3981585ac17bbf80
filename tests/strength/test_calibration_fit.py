"""The line through references and the lines that its errors allow, against exact and sampled answers."""

import numpy as np
import pytest
from scipy import stats

from vertebroplasty.strength.calibration_fit import BONE_HU, fit_known_errors, fit_residuals

DENSITY = np.array([0.0, 50.0, 100.0, 200.0])
HU = np.array([-100.0, 0.0, 60.0])
NONE = np.zeros(3)


def test_points_on_a_line_give_that_line_and_no_interval():
    fit = fit_residuals((DENSITY + 4.0) / 0.8, DENSITY, np.zeros(4))
    assert fit.line.slope_mg_per_ml_per_hu == pytest.approx(0.8)
    assert fit.line.intercept_mg_per_ml == pytest.approx(-4.0)
    assert fit.residual_mg_per_ml == pytest.approx(0.0, abs=1e-9)
    assert np.ptp(fit.slope_interval) == pytest.approx(0.0, abs=1e-9)


def test_least_squares_is_that_of_scipy():
    hu = (DENSITY + 4.0) / 0.8 + np.array([2.0, -3.0, 1.5, -1.0])
    fit, second = fit_residuals(hu, DENSITY, np.zeros(4)), stats.linregress(DENSITY, hu)
    assert fit.line.slope_mg_per_ml_per_hu == pytest.approx(1 / second.slope)
    assert fit.line.intercept_mg_per_ml == pytest.approx(-second.intercept / second.slope)
    half = stats.t.ppf(0.975, 2) * second.stderr / second.slope**2
    assert fit.slope_interval == pytest.approx((1 / second.slope - half, 1 / second.slope + half))
    # The density at 0 HU is −a/b; its variance by the delta method from scipy's own errors.
    ratio = second.intercept / second.slope
    mean = DENSITY.mean()
    variance = (second.intercept_stderr**2 + 2 * ratio * mean * second.stderr**2 + ratio**2 * second.stderr**2) / (
        second.slope**2
    )
    width = stats.t.ppf(0.975, 2) * np.sqrt(variance)
    assert fit.intercept_interval == pytest.approx((-ratio - width, -ratio + width))


def test_noise_of_the_means_is_the_least_error():
    exact = fit_residuals(DENSITY / 0.8, DENSITY, np.full(4, 2.0))
    assert np.ptp(exact.slope_interval) > 0.0


def test_two_references_give_the_line_between_them():
    fit = fit_known_errors(HU[:2], np.array([-80.0, 5.0]), np.array([9.0, 30.0]), NONE[:2])
    assert fit.line.slope_mg_per_ml_per_hu == pytest.approx(0.85)
    assert fit.line.intercept_mg_per_ml == pytest.approx(5.0)


def test_known_errors_spread_lines_as_sampling_does():
    density, error = np.array([-85.0, 2.0, 50.0]), np.array([9.0, 5.0, 12.0])
    fit = fit_known_errors(HU, density, error, NONE)
    drawn = density + np.random.default_rng(4).normal(size=(20000, 3)) * error
    lines = np.array([np.polyfit(HU, one, 1, w=1 / error) for one in drawn])
    # 20 000 draws give a standard deviation to 0.5 %.
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(lines.std(axis=0)[::-1], rel=0.02)
    at_bone = lines @ np.array([BONE_HU, 1.0])
    low, high = (float(line.density_mg_per_ml(np.array(BONE_HU))) for line in fit.lowest_and_highest())
    assert (low, high) == pytest.approx(tuple(np.quantile(at_bone, (0.025, 0.975))), rel=0.02)


def test_no_line_of_the_95_percent_ellipse_goes_beyond_the_lowest_and_highest():
    fit = fit_known_errors(HU, np.array([-85.0, 2.0, 50.0]), np.array([9.0, 5.0, 12.0]), NONE)
    angle = np.linspace(0, 2 * np.pi, 721)
    root = np.linalg.cholesky(fit.covariance)
    edge = fit.cover * (root @ np.stack([np.cos(angle), np.sin(angle)])).T
    best = np.array([fit.line.intercept_mg_per_ml, fit.line.slope_mg_per_ml_per_hu])
    at_bone = (best + edge) @ np.array([1.0, BONE_HU])
    low, high = (float(line.density_mg_per_ml(np.array(BONE_HU))) for line in fit.lowest_and_highest())
    # The ellipse is sampled every half degree, which misses its extremes by 1e-5 of the width.
    assert (at_bone.min(), at_bone.max()) == pytest.approx((low, high), rel=1e-4)


def test_errors_of_hu_count_by_the_slope():
    sure = fit_known_errors(HU, 0.8 * HU, np.full(3, 9.0), NONE)
    unsure = fit_known_errors(HU, 0.8 * HU, np.full(3, 9.0), np.full(3, 15.0))
    assert np.ptp(unsure.slope_interval) / np.ptp(sure.slope_interval) == pytest.approx(np.hypot(9, 12) / 9)
