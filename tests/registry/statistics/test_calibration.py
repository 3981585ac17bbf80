"""Predictions that are right, too high and too bold are told apart; against statsmodels; coverage simulated."""

import warnings

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.calibration import calibration


def levels(seed: int, size: int, *, intercept: float = 0.0, slope: float = 1.0):
    """Predicted risks, and leaks drawn with logit = intercept + slope · logit of the prediction."""
    generator = np.random.default_rng(seed)
    logit = generator.normal(-1.0, 1.0, size)
    truth = 1 / (1 + np.exp(-(intercept + slope * logit)))
    return 1 / (1 + np.exp(-logit)), (generator.random(size) < truth).astype(float)


def test_intercept_and_slope_agree_with_statsmodels():
    risk, seen = levels(1, 400)
    found = calibration(risk, seen)
    logit = np.log(risk / (1 - risk))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import statsmodels.api as sm

        both = sm.Logit(seen, sm.add_constant(logit)).fit(disp=0, tol=1e-12)
        large = sm.GLM(seen, np.ones(400), offset=logit, family=sm.families.Binomial()).fit()
    assert (found.intercept.value, found.slope.value) == pytest.approx(tuple(both.params), rel=1e-6)
    assert (found.slope.ci_low, found.slope.ci_high) == pytest.approx(tuple(both.conf_int()[1]), rel=1e-6)
    assert found.in_the_large.value == pytest.approx(large.params[0], rel=1e-5)


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (-0.7, 1.0), (0.0, 0.4)])
def test_what_was_put_in_is_found(intercept, slope):
    found = calibration(*levels(2, 20_000, intercept=intercept, slope=slope))
    assert found.slope.value == pytest.approx(slope, abs=0.08)  # four standard errors
    assert found.intercept.value == pytest.approx(intercept, abs=0.1)
    assert (found.in_the_large.value < -0.2) == (intercept < 0)


def test_the_intervals_cover():
    """250 simulated series of 300 levels whose predictions are right."""
    hits = np.zeros(3)
    for seed in range(250):
        found = calibration(*levels(100 + seed, 300))
        for i, (estimate, truth) in enumerate(((found.in_the_large, 0.0), (found.slope, 1.0), (found.intercept, 0.0))):
            hits[i] += estimate.ci_low <= truth <= estimate.ci_high
    assert np.all(np.abs(hits / 250 - 0.95) < 0.042)  # three standard errors of 250 draws


def test_bins_hold_everybody_once_with_their_own_interval():
    risk, seen = levels(3, 237)
    found = calibration(risk, seen)
    assert len(found.bins) == 10
    assert sum(b.observed.n for b in found.bins) == found.n == 237
    assert sum(b.observed.k for b in found.bins) == found.observed
    assert min(b.observed.n for b in found.bins) >= 10
    assert all(a.highest <= b.lowest for a, b in zip(found.bins[:-1], found.bins[1:], strict=True))
    assert sum(b.mean_predicted * b.observed.n for b in found.bins) == pytest.approx(found.expected)


def test_equal_predictions_are_never_parted():
    """Risks of 0, 5, 10 … 100 % of 20 runs: each stands in one bin only, with every level that has it."""
    risk, seen = levels(8, 500)
    risk = np.round(risk * 20) / 20
    found = calibration(risk, seen, runs=20)
    for here in found.bins:
        assert here.observed.n == np.count_nonzero((risk >= here.lowest) & (risk <= here.highest))
    assert sum(b.observed.n for b in found.bins) == 500


def test_a_risk_of_none_of_the_runs_needs_the_number_of_runs():
    """Simulated risks are counts of runs: 0 of 200 is no impossibility."""
    risk, seen = levels(4, 300)
    risk = np.round(risk * 200) / 200
    risk[:5] = 0.0
    without, given = calibration(risk, seen), calibration(risk, seen, runs=200)
    assert "state the number of simulated runs" in without.slope.why_unknown
    assert without.slope.value is None
    assert given.slope.value is not None
    assert without.brier == given.brier


def test_few_leaks_give_no_slope_but_still_a_score():
    risk, seen = np.full(60, 0.1), np.repeat([1.0, 0.0], [9, 51])
    found = calibration(risk, seen)
    assert found.slope.value is None
    assert found.in_the_large.why_unknown == "Fewer than 10 levels with a leak, or without."
    assert found.brier.score == pytest.approx(0.15 * 0.81 + 0.85 * 0.01)
    assert "imprecise" in found.sentence


def test_one_risk_for_all_has_no_slope():
    found = calibration(np.full(60, 0.5), np.repeat([1.0, 0.0], 30))
    assert found.in_the_large.value == pytest.approx(0.0, abs=1e-9)
    assert found.slope.why_unknown == "All predicted risks are the same: they have no slope."


def test_levels_not_assessed_are_counted_and_impossible_ones_refused():
    risk, seen = levels(5, 100)
    seen[:7] = np.nan
    assert (calibration(risk, seen).n, calibration(risk, seen).not_assessed) == (93, 7)
    with pytest.raises(Refused, match="from 0 to 1"):
        calibration(risk * 100, seen)
    with pytest.raises(Refused, match="nothing can be calibrated"):
        calibration(risk, np.full(100, np.nan))
