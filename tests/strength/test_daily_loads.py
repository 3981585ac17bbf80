"""Loads of daily life beside failure loads: arithmetic, the worst case first, and unknown newtons."""

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.sources import source
from vertebroplasty.strength.daily_loads import DAILY_LOADS, load_to_strength


def test_a_load_is_divided_by_the_failure_load():
    standing, bending, lifting = load_to_strength(2000.0)
    assert (standing.low, standing.high) == pytest.approx((0.25, 0.35))
    assert "below the failure load throughout" in standing.sentence
    assert "below the failure load throughout" in bending.sentence
    assert (lifting.low, lifting.high) == pytest.approx((1.0, 1.35))
    assert "at or above" in lifting.sentence


def test_an_interval_is_taken_at_its_worst_and_its_best():
    standing, *_ = load_to_strength(2000.0, (600.0, 4000.0))
    assert (standing.low, standing.high) == pytest.approx((500 / 4000, 700 / 600))
    assert "undecided" in standing.sentence


def test_the_other_rule_is_heard_where_it_is_lower():
    standing, bending, lifting = load_to_strength(3500.0, strained_bone_n=1700.0)
    assert "below the failure load throughout" in standing.sentence
    assert "below the failure load throughout" in bending.sentence  # at most 1650 N
    assert "may reach that by strained bone" in lifting.sentence
    assert (lifting.low, lifting.high) == pytest.approx((2000 / 3500, 2700 / 3500))
    assert "undecided" in load_to_strength(2500.0, strained_bone_n=1700.0)[2].sentence


def test_unknown_newtons_stay_unknown():
    for row in load_to_strength(None, why_unknown="No calibration."):
        assert row.low is row.high is None
        assert row.sentence == "No calibration."
    with pytest.raises(Refused, match="needs its reason"):
        load_to_strength(None)


def test_impossible_failure_loads_are_refused():
    with pytest.raises(Refused, match="positive newtons"):
        load_to_strength(0.0)


def test_every_load_has_a_source_that_says_whether_it_was_read():
    for load in DAILY_LOADS:
        assert 0 < load.low_n < load.high_n
        assert source(load.source).title
    assert not source("daily-spine-loads").verified
