"""Against lifelines on untied times, against arithmetic by hand on tied ones, and by simulated coverage."""

import time
import warnings

import numpy as np
import pytest

from vertebroplasty.registry.statistics.survival import (
    WHY_KAPLAN_MEIER_OVERESTIMATES,
    aalen_johansen,
    at_time,
    kaplan_meier,
    log_rank,
    risk_both_ways,
)


def follow_up(seed: int, size: int, *, event: float = 400.0, death: float = 600.0, lost: float = 900.0):
    """Exponential times to event, death and loss from sight, in days; the earliest is seen."""
    generator = np.random.default_rng(seed)
    times = np.column_stack([generator.exponential(mean, size) for mean in (lost, event, death)])
    return times.min(axis=1), times.argmin(axis=1)


def lifelines():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifelines as package

        return package


def test_kaplan_meier_and_its_interval_agree_with_lifelines():
    times, ends = follow_up(1, 150)
    ours = kaplan_meier(times, ends)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifelines().KaplanMeierFitter().fit(times, ends == 1)
    at = theirs.survival_function_.loc[ours.table.time_days].to_numpy().ravel()
    ends_of = theirs.confidence_interval_.loc[ours.table.time_days].to_numpy()
    np.testing.assert_allclose(ours.probability, at, atol=1e-12)
    told = (np.cumsum(ours.table.events) > 0) & (ours.probability > 0)
    np.testing.assert_allclose(np.column_stack((ours.low, ours.high))[told], ends_of[told], atol=1e-10)


def test_aalen_johansen_and_its_interval_agree_with_lifelines_on_untied_times():
    times, ends = follow_up(2, 150)
    ours = aalen_johansen(times, ends)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifelines().AalenJohansenFitter(calculate_variance=True).fit(times, ends, event_of_interest=1)
    at = theirs.cumulative_density_.loc[ours.table.time_days].to_numpy().ravel()
    ends_of = theirs.confidence_interval_.loc[ours.table.time_days].to_numpy()
    np.testing.assert_allclose(ours.probability, at, atol=1e-12)
    told = np.cumsum(ours.table.events) > 0
    told[-1] = False  # when the last one watched goes lifelines reckons nought times infinity; here the interval stays
    np.testing.assert_allclose(np.column_stack((ours.low, ours.high))[told], ends_of[told], atol=1e-9)
    assert (ours.low[-1], ours.high[-1]) == pytest.approx((ours.low[-2], ours.high[-2]), rel=0.05)


def test_tied_times_by_hand():
    """Of 4, one fractures and one dies on day 10; of the 2 left one fractures on day 20."""
    times, ends = np.array([10.0, 10.0, 20.0, 30.0]), np.array([1, 2, 1, 0])
    free, risk = kaplan_meier(times, ends), aalen_johansen(times, ends)
    assert free.probability.tolist() == [0.75, 0.375, 0.375]
    assert risk.probability.tolist() == [0.25, 0.25 + 0.5 * 0.5, 0.5]
    greenwood = np.sqrt(1 / (4 * 3) + 1 / (2 * 1)) / abs(np.log(0.375))
    assert free.low[1] == pytest.approx(0.375 ** np.exp(1.959964 * greenwood), rel=1e-6)
    assert free.high[1] == pytest.approx(0.375 ** np.exp(-1.959964 * greenwood), rel=1e-6)


def test_without_deaths_and_losses_both_are_the_plain_share():
    times, ends = np.arange(1.0, 41.0), np.ones(40, dtype=int)
    risk = aalen_johansen(times, ends)
    np.testing.assert_allclose(risk.probability, np.arange(1, 41) / 40, atol=1e-12)
    np.testing.assert_allclose(1 - kaplan_meier(times, ends).probability, risk.probability, atol=1e-12)


def test_the_variance_without_loss_is_the_binomial_one():
    """With everybody followed to the end the cumulative incidence is k of n, with variance p (1 − p) / n."""
    ends = np.repeat([1, 2, 0], [30, 50, 20])
    times = np.concatenate((np.random.default_rng(3).uniform(1, 99, 80), np.full(20, 100.0)))
    risk = aalen_johansen(times, ends)
    p, error = 0.3, np.sqrt(0.3 * 0.7 / 100)
    half = 1.959964 * error / (p * abs(np.log(p)))
    assert risk.probability[-1] == pytest.approx(p)
    assert risk.low[-1] == pytest.approx(p ** np.exp(half), rel=1e-6)
    assert risk.high[-1] == pytest.approx(p ** np.exp(-half), rel=1e-6)


def test_kaplan_meier_overestimates_where_patients_die():
    """Hazards of 1/400 and 1/600 a day: the true risk by day 365 is 0.6 (1 − exp(−365 (1/400 + 1/600)))."""
    times, ends = follow_up(4, 20_000)
    both = risk_both_ways(times, ends, 365)
    truth = 100 * 0.6 * (1 - np.exp(-365 * (1 / 400 + 1 / 600)))
    alone = 100 * (1 - np.exp(-365 / 400))
    assert both.aalen_johansen.percent == pytest.approx(truth, abs=1.5)  # four standard errors
    assert both.one_minus_kaplan_meier.percent == pytest.approx(alone, abs=1.5)
    assert alone - truth > 12
    assert WHY_KAPLAN_MEIER_OVERESTIMATES in both.sentence
    assert f"{both.aalen_johansen.percent:.1f} %" in both.sentence
    low, middle, high = (
        getattr(both.one_minus_kaplan_meier, key) for key in ("ci_low_percent", "percent", "ci_high_percent")
    )
    assert low < middle < high


def test_the_intervals_cover():
    """600 simulated series of 80: both intervals at day 365 hold the true value in about 95 %."""
    truth, alone = 0.6 * (1 - np.exp(-365 * (1 / 400 + 1 / 600))), np.exp(-365 / 400)
    hits = np.zeros(2)
    for seed in range(600):
        times, ends = follow_up(1000 + seed, 80)
        for i, (curve, value) in enumerate(((aalen_johansen, truth), (kaplan_meier, alone))):
            read = at_time(curve(times, ends), 365)
            hits[i] += read.ci_low_percent <= 100 * value <= read.ci_high_percent
    assert np.all(np.abs(hits / 600 - 0.95) < 0.027)  # three standard errors of 600 draws


def test_beyond_the_last_day_nothing_is_said():
    read = at_time(kaplan_meier(np.array([10.0, 20.0]), np.array([1, 0])), 21)
    assert (read.percent, read.ci_low_percent, read.at_risk) == (None, None, 0)
    assert read.why_unknown == "Nobody was watched for 21 days: the longest is 20."


def test_without_anybody_nothing_is_said():
    both = risk_both_ways(np.array([]), np.array([], dtype=int), 365)
    assert (both.aalen_johansen.percent, both.sentence) == (None, "Nobody was watched.")


def test_before_the_first_event_the_interval_is_that_of_none_among_those_watched():
    times, ends = np.array([10.0, 20.0, 30.0]), np.array([0, 0, 1])
    free, risk = kaplan_meier(times, ends), aalen_johansen(times, ends)
    assert free.low[0] == pytest.approx(0.025 ** (1 / 3))
    assert (risk.low[0], risk.high[0]) == pytest.approx((0.0, 1 - 0.025 ** (1 / 3)))
    assert np.isnan(free.low[-1])  # the curve has reached zero
    start = at_time(free, 5)
    assert (start.percent, start.ci_low_percent, start.at_risk) == (100.0, None, 3)


def test_log_rank_agrees_with_lifelines():
    times, ends = follow_up(5, 200)
    group = np.random.default_rng(5).random(200) < 0.5
    times = np.ceil(np.where(group, times * 0.6, times))  # whole days, with ties
    ours = log_rank(times, ends, group)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = __import__("lifelines.statistics", fromlist=["logrank_test"]).logrank_test
        theirs = test(times[~group], times[group], ends[~group] == 1, ends[group] == 1)
    assert ours.chi_square == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert ours.p_value == pytest.approx(theirs.p_value, rel=1e-9)
    assert log_rank(times, np.zeros(200, dtype=int), group).chi_square is None


def test_a_million_subjects_take_about_a_second():
    times, ends = follow_up(6, 1_000_000)
    start = time.process_time()
    risk = aalen_johansen(times, ends)
    assert time.process_time() - start < 3.0  # 0.4 s alone; the machine may be shared
    assert np.all(np.diff(risk.probability) >= 0)
    assert np.all(risk.low <= risk.probability + 1e-12)
