"""Against a walk that can be solved by hand, and against simulated charts."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics import run_length
from vertebroplasty.registry.statistics.cusum import limit_of_errors, steps
from vertebroplasty.registry.statistics.run_length import average_run_length, limit_for_run_length, with_run_lengths


def simulated(risk: np.ndarray, ratio: float, height: float, true_ratio: float, charts: int, seed: int) -> np.ndarray:
    """Run lengths of charts run side by side until each has signalled."""
    generator = np.random.default_rng(seed)
    value, length, running = np.zeros(charts), np.zeros(charts), np.ones(charts, dtype=bool)
    while running.any():
        share = risk[generator.integers(0, risk.size, charts)]
        event, none = steps(share, ratio)
        chance = true_ratio * share / (1 + share * (true_ratio - 1))
        value = np.maximum(0.0, value + np.where(generator.random(charts) < chance, event, none))
        length += running
        running &= value < height
    return length


def test_a_chart_that_signals_at_the_first_event_waits_one_over_the_risk():
    """One event adds 0.6 or more and the limit is 0.3: the run length is geometric with mean 1 / 0.05."""
    assert average_run_length(np.array([0.05]), ratio=2.0, height=0.3) == pytest.approx(20.0, rel=1e-9)


def test_two_events_in_a_row_take_one_over_p_plus_one_over_p_squared():
    """A risk of 0.5: each event adds log 4/3, each other case takes log 2/3 away, more than an event adds.

    The limit 0.5 takes two events in a row: (1 + p) / p² = 6 cases on average.
    """
    assert average_run_length(np.array([0.5]), ratio=2.0, height=0.5) == pytest.approx(6.0, rel=0.02)


@pytest.mark.parametrize(("ratio", "true_ratio"), [(2.0, 1.0), (2.0, 2.0), (0.5, 1.0)])
def test_the_mean_run_length_is_that_of_simulated_charts(ratio, true_ratio):
    risk = np.random.default_rng(2).beta(1.5, 12.0, 200)
    lengths = simulated(risk, ratio, 2.0, true_ratio, 4000, 3)
    error = lengths.std() / np.sqrt(lengths.size)
    reckoned = average_run_length(risk, ratio=ratio, height=2.0, true_ratio=true_ratio)
    assert abs(reckoned - lengths.mean()) < 3 * error + 0.03 * reckoned  # chance, and the cells of the walk


def test_finer_cells_change_little(monkeypatch):
    risk = np.array([0.01, 0.03])
    plain = average_run_length(risk, ratio=2.0, height=3.0)
    monkeypatch.setattr(run_length, "CELLS", 1000)
    assert average_run_length(risk, ratio=2.0, height=3.0) == pytest.approx(plain, rel=0.02)


def test_the_limit_gives_the_run_length_asked_for_and_says_what_it_detects():
    risk = np.array([0.05, 0.10, 0.20])
    limit = limit_for_run_length(risk, ratio=2.0, cases=1000)
    assert limit.run_length_in_control == pytest.approx(1000, rel=0.02)
    assert limit.run_length_in_control >= 1000
    assert 20 < limit.run_length_out_of_control < 150
    assert "one false alarm in 10" in limit.sentence
    assert (limit.alpha, limit.beta) == (None, None)


def test_walds_limit_is_told_with_what_it_does_on_the_chart():
    risk = np.full(30, 0.1)
    plain = limit_of_errors(0.05, 0.2)
    told = with_run_lengths(plain, risk, ratio=2.0)
    assert told.height == plain.height
    assert told.run_length_in_control == average_run_length(risk, ratio=2.0, height=plain.height)
    assert told.run_length_in_control > 2 * told.run_length_out_of_control
    assert told.sentence.startswith(plain.sentence)


def test_a_run_length_nobody_can_have_is_refused():
    with pytest.raises(Refused, match="ask for another run length"):
        limit_for_run_length(np.array([0.1]), ratio=2.0, cases=1)
