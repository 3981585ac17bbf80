"""The survey's four classes of relief: every published boundary, the gaps between them, and what does not apply."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.mme import OpioidDose, daily_mme
from vertebroplasty.selection.scores.opiate_relief import (
    POLICY,
    ReliefClass,
    opiate_relief,
    opiate_relief_of_percent,
    relief_class,
)
from vertebroplasty.selection.scores.score import Origin

LOW, MIDDLE, HIGH = (0, 25), (50, 75), (75, 100)


def day(morphine_mg):
    return daily_mme([OpioidDose(drug="morphine", dose=morphine_mg)])


def item(score, name):
    return next(item for item in score.items if item.name == name)


@pytest.mark.parametrize(
    ("percent", "expected", "gap", "satisfactory"),
    [
        (0, 1, None, False),
        (24.9, 1, LOW, False),
        (25, 2, None, False),
        (50, 2, None, False),
        (60, 2, MIDDLE, False),
        (74.9, 2, MIDDLE, False),
        (75, 3, None, True),
        (99.9, 3, HIGH, True),
        (100, 4, None, True),
    ],
)
def test_every_boundary(percent, expected, gap, satisfactory):
    relief = relief_class(percent)
    assert (relief.relief_class, relief.gap_percent, relief.satisfactory) == (expected, gap, satisfactory)
    assert relief.reduction_percent == percent
    assert not relief.worse
    from_doses = opiate_relief(day(1000), day(1000 - 10 * percent))
    for score in (from_doses, opiate_relief_of_percent(percent)):
        assert score.total == score.lowest == score.highest == expected
        assert item(score, "reduction %").value == percent
        assert item(score, "gap").value == ("none" if gap is None else f"{gap[0]}–{gap[1]} %")
        assert item(score, "satisfactory").value == ("yes" if satisfactory else "no")
        assert any(note.startswith("Gap: ") for note in score.notes) == (gap is not None)
        assert score.version == POLICY


def test_the_sentence_never_rounds_into_the_next_class():
    assert "opiates fell by 24.9 %" in opiate_relief_of_percent(24.999).sentence
    assert "opiates fell by 99.9 %" in opiate_relief_of_percent(99.999).sentence
    assert "Class 2, moderate relief: opiates fell by 25 %" in opiate_relief_of_percent(25).sentence


def test_no_change_is_said_so():
    assert "opiates did not change" in opiate_relief(day(20), day(20)).sentence
    assert opiate_relief(day(20), day(20)).sources == ("S0", "CDC-opioids-2022")


def test_a_rise_is_the_first_class_and_worse():
    score = opiate_relief(day(20), day(30))
    assert score.total == ReliefClass.LITTLE_OR_NONE
    assert item(score, "worse").value == "yes"
    assert item(score, "reduction %").value == -50
    assert "worse, opiates rose by 50 %" in score.sentence
    assert relief_class(-1e-9).worse


@pytest.mark.parametrize("after", [0, 10, None])
def test_without_opiates_before_the_class_does_not_apply(after):
    score = opiate_relief(day(0), None if after is None else day(after))
    assert (score.total, score.lowest, score.highest, score.category) == (None, None, None, None)
    assert "does not apply" in score.sentence


@pytest.mark.parametrize(("before", "after"), [(None, 10), (10, None), (None, None), (None, 0)])
def test_an_unknown_day_leaves_every_class_open(before, after):
    score = opiate_relief(*(None if mg is None else day(mg) for mg in (before, after)))
    assert (score.total, score.lowest, score.highest, score.category) == (None, 1, 4, None)
    for name, mg in (("opiates before", before), ("opiates after", after)):
        assert (item(score, name).origin is Origin.UNKNOWN) == (mg is None)
        assert (name in score.sentence) == (mg is None)
    assert opiate_relief_of_percent(None).highest == 4


@pytest.mark.parametrize("percent", [100.1, float("nan"), float("inf"), -float("inf")])
def test_an_impossible_reduction_is_refused(percent):
    with pytest.raises(Refused, match="is impossible: enter at most 100"):
        relief_class(percent)


@given(st.floats(-1000, 100), st.floats(-1000, 100))
def test_more_reduction_is_never_a_lower_class(one, other):
    less, more = sorted((one, other))
    assert relief_class(less).relief_class <= relief_class(more).relief_class
