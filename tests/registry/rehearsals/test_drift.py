"""The CUSUM of leaks driven on: added up by hand, and drawn."""

from math import log

import pytest

from rehearsal_records import rehearsal
from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.cusum import cusum_chart
from vertebroplasty.registry.rehearsals.drift import OUTCOME, driven_on, rehearsal_drift
from vertebroplasty.registry.series.drift import CusumPlan

PLAN = CusumPlan(p0=0.1, p1=0.4, alpha=0.05, beta=0.1)


def with_delays(*delays):
    return [rehearsal(n, stop_delay_s=delay) for n, delay in enumerate(delays)]


@pytest.mark.parametrize(("delay", "told"), [(None, None), (0.0, False), (5.0, False), (5.1, True)])
def test_five_seconds_are_allowed(delay, told):
    assert driven_on(rehearsal(1, stop_delay_s=delay)) is told


def test_the_chart_is_the_sum_of_log_likelihood_ratios():
    """An event adds log(p1/p0), none adds log((1 − p1)/(1 − p0)); a rehearsal without such a leak adds nothing."""
    found = rehearsal_drift(with_delays(9.0, None, 1.0, 12.0, None, 30.0), PLAN)
    event, none = log(0.4 / 0.1), log(0.6 / 0.9)
    wanted = [event, event + none, 2 * event + none, 3 * event + none]
    assert found.cusum.value.tolist() == pytest.approx(wanted, rel=1e-12)
    assert found.cusum.limit.height == pytest.approx(log(0.9 / 0.05), rel=1e-12)
    assert found.cusum.signals == (4,)  # 3.75 reaches 2.89, 2.37 does not
    assert (found.rehearsals, found.without) == (4, 2)
    assert found.sentence.startswith("A leak that asks for a stop was driven on for more than 5 s in 3 of 4 rehearsals")
    assert "2 more there was none" in found.sentence


def test_rehearsals_in_which_leaks_are_announced_do_not_count():
    announced = [rehearsal(7, stop_delay_s=30.0, guided=True), rehearsal(8, stop_delay_s=30.0, guided=None)]
    alone, beside = (rehearsal_drift(with_delays(1.0, 9.0) + more, PLAN) for more in ([], announced))
    assert beside.cusum.value.tolist() == alone.cusum.value.tolist()
    assert (alone.guided, beside.guided) == (0, 2)
    assert "2 guided, in which it is announced, do not count" in beside.sentence
    assert "guided" not in alone.sentence
    with pytest.raises(Refused, match="In no unguided rehearsal"):
        rehearsal_drift(announced, PLAN)


def test_nothing_to_chart_is_said():
    for none in ([], with_delays(None, None)):
        with pytest.raises(Refused, match="In no unguided rehearsal did a leak ask for a stop"):
            rehearsal_drift(none, PLAN)


def test_the_chart_is_drawn_without_a_name():
    svg = cusum_chart(rehearsal_drift(with_delays(9.0, 1.0), PLAN).cusum, outcome=OUTCOME, note="Rehearsals.")
    assert svg.startswith("<svg")
    assert "leak driven on" in svg
    assert "O1" not in svg
