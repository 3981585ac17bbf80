"""The published weights of risk-adjusted cardiac surgery, a chart reckoned step by step, and impossible charts."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.cusum import limit_of_errors, odds_ratio, risk_adjusted_cusum, steps


def risk(parsonnet: float) -> float:
    """The published risk model: logit of death = −3.68 + 0.077 × Parsonnet score."""
    return 1 / (1 + np.exp(3.68 - 0.077 * parsonnet))


@pytest.mark.parametrize(
    ("ratio", "printed"),  # score 0 alive, score 0 dead, score 50 alive, score 50 dead
    [(2.0, (-0.024, 0.669, -0.433, 0.260)), (0.5, (0.012, -0.681, 0.316, -0.377))],
)
def test_the_published_weights_of_low_and_high_risk_patients(ratio, printed):
    event, none = steps(np.array([risk(0), risk(50)]), ratio)
    found = np.column_stack((none, event)).ravel()
    np.testing.assert_allclose(found, printed, atol=5.1e-4)  # printed to three decimals


def test_the_chart_is_the_step_by_step_recursion_that_restarts_after_a_signal():
    generator = np.random.default_rng(1)
    share = generator.uniform(0.02, 0.4, 4000)
    seen = (generator.random(4000) < 1.4 * share).astype(float)
    limit = limit_of_errors(0.05, 0.2)
    found = risk_adjusted_cusum(seen, share, ratio=2.0, limit=limit)
    event, none = steps(share, 2.0)
    value, signals, path = 0.0, [], []
    for i in range(4000):
        value = max(0.0, value + (event[i] if seen[i] else none[i]))
        path.append(value)
        if value >= limit.height:
            signals.append(i + 1)
            value = 0.0
    np.testing.assert_allclose(found.value, path, atol=1e-9)
    assert found.signals == tuple(signals)
    assert len(signals) > 3
    np.testing.assert_allclose(found.expected_minus_observed[-1], share.sum() - seen.sum())


def test_a_run_of_events_signals_at_the_case_that_can_be_reckoned_by_hand():
    """p0 = 2 %, p1 = 4 %: each event adds log(4/2) = 0.693; Wald's limit for 5 % and 20 % is log 16 = 2.773."""
    limit = limit_of_errors(0.05, 0.20)
    found = risk_adjusted_cusum(np.ones(5), np.full(5, 0.02), ratio=odds_ratio(0.02, 0.04), limit=limit)
    np.testing.assert_allclose(found.value[:4], np.log(2.0) * np.arange(1, 5), rtol=1e-9)
    assert limit.height == pytest.approx(np.log(16.0))
    assert found.signals == (4,) or found.signals == (5,)  # 4 log 2 equals log 16 up to rounding
    assert "alpha = 0.05 and beta = 0.2" in found.sentence


def test_no_event_never_raises_the_chart_and_the_display_rises_by_what_was_expected():
    found = risk_adjusted_cusum(np.zeros(10), np.full(10, 0.1), ratio=2.0, limit=limit_of_errors(0.05, 0.2))
    assert np.all(found.value == 0.0)
    np.testing.assert_allclose(found.expected_minus_observed, 0.1 * np.arange(1, 11))
    assert "no signal" in found.sentence


def test_a_ratio_below_one_looks_for_better():
    found = risk_adjusted_cusum(np.zeros(60), np.full(60, 0.3), ratio=0.5, limit=limit_of_errors(0.05, 0.2))
    assert found.signals
    assert found.sentence.startswith("Looking for better (odds ratio 0.5)")


@pytest.mark.parametrize(
    ("outcome", "share", "ratio", "words"),
    [
        ([np.nan], [0.1], 2.0, "leave out, and count"),
        ([1.0], [0.0], 2.0, "both excluded"),
        ([1.0], [0.1], 1.0, "looks for nothing"),
    ],
)
def test_impossible_charts_are_refused(outcome, share, ratio, words):
    with pytest.raises(Refused, match=words):
        risk_adjusted_cusum(np.array(outcome), np.array(share), ratio=ratio, limit=limit_of_errors(0.05, 0.2))


def test_impossible_limits_are_refused():
    with pytest.raises(Refused, match="sum below 1"):
        limit_of_errors(0.6, 0.5)
    with pytest.raises(Refused, match="two different shares"):
        odds_ratio(0.02, 0.02)
