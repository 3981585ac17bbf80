"""Case numbers counted by hand, and a learning curve that was put in is found."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.experience import case_index, learning_curve, no_ranking


def test_each_operator_counts_their_own_cases_by_date():
    operator = np.array(["B", "A", "A", "B", "A", "A"])
    day = np.array([5.0, 9.0, 2.0, 4.0, 9.0, 7.0])
    assert case_index(operator, day).tolist() == [2, 3, 1, 1, 4, 2]


def test_a_case_without_a_date_is_refused():
    with pytest.raises(Refused, match="complete the dates first"):
        case_index(np.array(["A", "A"]), np.array([1.0, np.nan]))


def test_nobody_is_ranked_below_thirty_cases():
    assert no_ranking(29) == "29 cases are fewer than 30: not ranked and not compared."
    assert no_ranking(30) == ""


def simulated(seed: int, operators: int, cases: int, per_doubling: float):
    generator = np.random.default_rng(seed)
    index = np.tile(np.arange(1, cases + 1), operators)
    who = np.repeat(np.arange(operators), cases)
    own = generator.normal(0.5, 0.3, operators)
    odds = np.exp(own[who] + np.log(per_doubling) * np.log2(index))
    return index, (generator.random(index.size) < odds / (1 + odds)).astype(float), who


def test_the_odds_ratio_put_in_is_found_and_its_interval_covers():
    """200 simulated departments of 3 operators with 120 cases; the odds of a leak fall by 20 % a doubling."""
    found = [
        learning_curve(i, f, name="leak", operator=w) for i, f, w in (simulated(s, 3, 120, 0.8) for s in range(200))
    ]
    estimates = [f.odds_ratio_per_doubling for f in found]
    assert np.mean([np.log(e.value) for e in estimates]) == pytest.approx(np.log(0.8), abs=0.03)
    assert abs(np.mean([e.ci_low <= 0.8 <= e.ci_high for e in estimates]) - 0.95) < 0.047  # three standard errors


def test_the_windows_hold_every_case_once_and_the_fitted_course_never_rises():
    index, finding, _ = simulated(1, 1, 50, 0.8)
    found = learning_curve(index, finding, name="leak")
    assert [(w.first_case, w.last_case, w.share.n) for w in found.windows] == [(1, 20, 20), (21, 40, 20), (41, 50, 10)]
    assert sum(w.share.k for w in found.windows) == finding.sum()
    assert np.all(np.diff(found.falling_fit) <= 1e-12)
    assert found.falling_fit.mean() == pytest.approx(finding.mean())  # pooling neighbours keeps the mean


def test_pooling_of_neighbours_by_hand():
    found = learning_curve(np.arange(1, 6), np.array([1, 0, 1, 0, 0.0]), name="leak")
    assert found.falling_fit.tolist() == [1.0, 0.5, 0.5, 0.0, 0.0]
    assert found.odds_ratio_per_doubling.value is None
    assert "fewer than 30" in found.why_no_ranking


def test_cases_not_assessed_are_left_out_but_keep_their_number():
    index, finding, _ = simulated(2, 1, 60, 0.8)
    finding[:20] = np.nan
    found = learning_curve(index, finding, name="leak")
    assert found.cases == 40
    assert [(w.first_case, w.share.n) for w in found.windows] == [(1, 0), (21, 20), (41, 20)]
    assert found.windows[0].share.percent is None


def test_an_operator_without_any_finding_says_nothing_about_the_trend():
    index, finding, who = simulated(3, 2, 60, 0.8)
    alone = learning_curve(index[who == 0], finding[who == 0], name="leak")
    finding[who == 1] = 0.0
    both = learning_curve(index, finding, name="leak", operator=who)
    assert both.operators == 2
    assert both.odds_ratio_per_doubling.value == pytest.approx(alone.odds_ratio_per_doubling.value)


def test_an_empty_series_has_no_curve():
    found = learning_curve(np.array([], dtype=int), np.array([]), name="leak")
    assert (found.cases, found.windows, found.odds_ratio_per_doubling.value) == (0, (), None)
