"""Meta-analysis against statsmodels, hand formulas and a published example; τ² is never negative."""

import warnings

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.evidence import effect
from vertebroplasty.registry.literature.heterogeneity import BetweenStudies, between_study_variance
from vertebroplasty.registry.literature.meta_analysis import Estimate, meta_analysis, standard_error_from_interval

# Tuberculosis with and without BCG vaccination in 13 trials (Colditz et al., JAMA 1994;271:698): cases and others among
# the vaccinated, cases and others among the controls.  The standard example of meta-analysis software.
BCG = """4 119 11 128  6 300 29 274  3 228 11 209  62 13536 248 12619  33 5036 47 5761  180 1361 372 1079
8 2537 10 619  505 87886 499 87892  29 7470 45 7232  17 1699 65 1600  186 50448 141 27197  5 2493 3 2338
27 16886 29 17825"""


def as_estimates(values, errors):
    pairs = zip(values, errors, strict=True)
    return [Estimate(label=f"{n}", value=float(y), standard_error=float(s)) for n, (y, s) in enumerate(pairs)]


def bcg():
    a, b, c, d = np.array(BCG.split(), dtype=float).reshape(-1, 4).T
    log_risk_ratio = np.log(a / (a + b)) - np.log(c / (c + d))
    return log_risk_ratio, np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def three_trials():
    """Pain at different times: poolable as a check of the arithmetic only."""
    found = [effect(id) for id in ("buchbinder-pain-3-months", "invest-pain-1-month", "vertos-iv-pain-1-month")]
    return [each.value for each in found], [each.standard_error for each in found]


@pytest.mark.parametrize("method", BetweenStudies)
def test_three_sham_controlled_trials(method):
    found = meta_analysis(as_estimates(*three_trials()), method=method)
    for pooled in (found.fixed, found.random):
        assert [round(v, 2) for v in (pooled.value, pooled.low, pooled.high)] == [0.53, -0.01, 1.07]
    assert found.heterogeneity.tau_squared == 0
    assert round(found.heterogeneity.q, 2) == 0.22
    assert found.heterogeneity.i_squared_percent == 0


def test_negative_variance_between_studies_gives_the_wrong_answer():
    """What must not happen: one library's one-step estimator keeps a negative τ² and with it a negative weight."""
    values, errors = three_trials()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it takes the root of a negative number
        wrong = combine_effects(np.array(values), np.array(errors) ** 2, method_re="chi2")
        row = wrong.summary_frame().loc["random effect"]
    assert [round(row[name], 2) for name in ("eff", "ci_low", "ci_upp")] == [0.88, 0.41, 1.35]
    assert wrong.tau2 < 0
    right = meta_analysis(as_estimates(values, errors), method=BetweenStudies.DERSIMONIAN_LAIRD)
    assert round(right.random.value, 2) == 0.53
    assert min(right.random.shares) > 0


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_statsmodels(seed):
    draw = np.random.default_rng(seed)
    k = int(draw.integers(2, 12))
    errors = draw.uniform(0.1, 0.8, k)
    values = draw.normal(0.3, 0.5, k) + draw.normal(0, errors)
    found = {method: meta_analysis(as_estimates(values, errors), method=method) for method in BetweenStudies}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one_step = combine_effects(values, errors**2, method_re="chi2")
        iterated = combine_effects(values, errors**2, method_re="iterated")
    laird, mandel = found[BetweenStudies.DERSIMONIAN_LAIRD], found[BetweenStudies.PAULE_MANDEL]
    assert laird.heterogeneity.tau_squared == pytest.approx(max(0.0, one_step.tau2), rel=1e-9, abs=1e-12)
    # The other iteration stops where its equation is met to 1e-5; asked for more, it may fall below and answer 0.
    assert mandel.heterogeneity.tau_squared == pytest.approx(iterated.tau2, rel=1e-4, abs=1e-5)
    assert mandel.heterogeneity.q == pytest.approx(iterated.q, rel=1e-9)
    fixed = iterated.summary_frame().loc["fixed effect"]
    assert (mandel.fixed.value, mandel.fixed.low) == pytest.approx((fixed["eff"], fixed["ci_low"]), rel=1e-9)
    random = iterated.summary_frame().loc["random effect"]
    assert (mandel.random.value, mandel.random.high) == pytest.approx((random["eff"], random["ci_upp"]), rel=1e-4)
    # Hartung and Knapp's error without the floor, where the floor does not bind.
    if np.sqrt(iterated.var_hksj_re) >= mandel.random.standard_error:
        assert mandel.adjusted.standard_error == pytest.approx(np.sqrt(iterated.var_hksj_re), rel=1e-4)
    else:
        assert mandel.adjusted.standard_error == pytest.approx(mandel.random.standard_error, rel=1e-9)


def test_published_example():
    """Q = 152.2330 on 12 degrees of freedom and I² of 92.12 % are what metafor prints for these trials."""
    values, errors = bcg()
    found = meta_analysis(as_estimates(values, errors), method=BetweenStudies.DERSIMONIAN_LAIRD)
    assert found.heterogeneity.q == pytest.approx(152.2330, abs=5e-5)
    assert found.heterogeneity.degrees_of_freedom == 12
    assert found.heterogeneity.i_squared_percent == pytest.approx(92.12, abs=5e-3)
    # DerSimonian and Laird written out.
    w = errors**-2
    q = np.sum(w * (values - np.sum(w * values) / np.sum(w)) ** 2)
    tau_squared = (q - 12) / (np.sum(w) - np.sum(w**2) / np.sum(w))
    assert found.heterogeneity.tau_squared == pytest.approx(tau_squared, rel=1e-12)


def test_paule_mandel_solves_its_equation():
    values, errors = bcg()
    tau_squared = between_study_variance(values, errors**2, BetweenStudies.PAULE_MANDEL)
    w = 1 / (errors**2 + tau_squared)
    assert np.sum(w * (values - np.sum(w * values) / np.sum(w)) ** 2) == pytest.approx(12, rel=1e-9)


def test_adjusted_interval_is_never_narrower():
    """Two trials that agree by chance: the unmodified rule would leave no width at all."""
    found = meta_analysis(as_estimates([0.5, 0.5], [0.2, 0.4]))
    assert found.adjusted.high - found.adjusted.low > found.random.high - found.random.low
    for seed in range(50):
        draw = np.random.default_rng(seed)
        k = int(draw.integers(2, 6))
        found = meta_analysis(as_estimates(draw.normal(0, 0.3, k), draw.uniform(0.1, 0.5, k)))
        assert found.adjusted.low < found.random.low < found.random.high < found.adjusted.high


def test_prediction_interval_by_hand():
    values, errors = bcg()
    found = meta_analysis(as_estimates(values, errors))
    spread = np.sqrt(found.heterogeneity.tau_squared + found.random.standard_error**2)
    expected = stats.t.interval(0.95, df=13 - 2, loc=found.random.value, scale=spread)
    assert found.prediction == pytest.approx(expected, rel=1e-9)
    assert meta_analysis(as_estimates([0.1, 0.4], [0.2, 0.2])).prediction is None


def test_adjusted_interval_covers_what_it_promises():
    """Six trials of different size that truly differ: 95 % of the intervals hold the mean (± 3 standard errors)."""
    draw, held, runs = np.random.default_rng(7), 0, 600
    errors = np.array([0.15, 0.2, 0.25, 0.3, 0.4, 0.5])
    for _ in range(runs):
        values = 0.5 + draw.normal(0, 0.3, 6) + draw.normal(0, errors)
        adjusted = meta_analysis(as_estimates(values, errors)).adjusted
        held += adjusted.low <= 0.5 <= adjusted.high
    assert held / runs == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / runs))


def test_standard_error_and_its_refusal():
    assert standard_error_from_interval(-0.7, 1.8) == pytest.approx(2.5 / 3.92, rel=1e-12)
    with pytest.raises(Refused, match="has no width: give the lower limit first"):
        standard_error_from_interval(1.8, -0.7)


def test_too_few_and_impossible_studies_are_refused():
    with pytest.raises(Refused, match="1 study is not pooled"):
        meta_analysis(as_estimates([0.1], [0.2]))
    with pytest.raises(Refused, match="both must be finite and the error above 0"):
        meta_analysis(as_estimates([0.1, 0.2], [0.2, 0.0]))
    with pytest.raises(Refused, match="both must be finite"):
        meta_analysis(as_estimates([0.1, float("nan")], [0.2, 0.2]))
