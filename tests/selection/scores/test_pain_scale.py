"""Pain on its own scale: ends of the scales, changes within one, and each source's threshold met exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.pain_scale import Pain, PainScale, pain_change, pain_responses
from vertebroplasty.sources import all_sources


def nrs(value):
    return Pain(scale=PainScale.NRS, value=value)


def vas(value):
    return Pain(scale=PainScale.VAS_MM, value=value)


def claim(name):
    return next(claim for claim in pain_responses() if claim.id == name)


@pytest.mark.parametrize(("make", "ends"), [(nrs, (0, 10)), (vas, (0, 100))])
def test_both_ends_belong_to_the_scale(make, ends):
    for end in ends:
        assert make(end).value == end


@pytest.mark.parametrize(
    ("make", "value", "says"),
    [
        (nrs, 11, r"numerical rating scale 0–10 is 11: enter a number from 0 to 10 points"),
        (nrs, 10.01, "from 0 to 10 points"),
        (nrs, -1, "from 0 to 10 points"),
        (nrs, float("nan"), "is nan"),
        (nrs, True, "is 1: enter a number"),
        (vas, 100.1, "from 0 to 100 mm"),
        (vas, -0.1, "from 0 to 100 mm"),
        (vas, float("inf"), "is inf"),
    ],
)
def test_outside_the_scale_is_refused(make, value, says):
    with pytest.raises(Refused, match=says):
        make(value)


def test_scales_are_never_turned_into_each_other():
    for before, after in ((nrs(8), vas(30)), (vas(80), nrs(3))):
        with pytest.raises(Refused, match="neither is turned into the other"):
            pain_change(before, after)
    for response in pain_responses():
        assert response.met(nrs(8), vas(3)) is None


def test_a_fall_is_positive_a_rise_negative():
    fell, rose, same = pain_change(nrs(8), nrs(3)), pain_change(vas(30), vas(45)), pain_change(nrs(0), nrs(0))
    assert (fell.total, rose.total, same.total) == (5, -15, 0)
    assert fell.sentence == "Pain fell by 5 points on the numerical rating scale 0–10, 62.5 % of what it was."
    assert rose.sentence == "Pain rose by 15 mm on the visual analogue scale 0–100 mm, 50 % of what it was."
    assert same.sentence == "Pain did not change on the numerical rating scale 0–10."


@pytest.mark.parametrize(
    ("name", "before", "after", "met"),
    [
        ("Ostelo-NRS", nrs(7), nrs(5), True),
        ("Ostelo-NRS", nrs(7), nrs(5.1), False),
        ("Ostelo-NRS", nrs(2.3), nrs(0.3), True),  # 2.3 − 0.3 is a hair below 2 in binary
        ("Ostelo-VAS", vas(60), vas(45), True),
        ("Ostelo-VAS", vas(60), vas(45.1), False),
        ("Ostelo-NRS-30", nrs(10), nrs(7), True),
        ("Ostelo-NRS-30", nrs(10), nrs(7.1), False),
        ("Ostelo-VAS-30", vas(50), vas(35), True),
        ("Ostelo-VAS-30", vas(50), vas(35.1), False),
        ("Ostelo-VAS-30", vas(0), vas(0), None),  # a percentage of no pain
        ("VAPOUR", nrs(7), nrs(4), False),
        ("VAPOUR", nrs(7), nrs(3.9), True),
        ("VAPOUR", nrs(6.9), nrs(3), None),  # its patients began at 7 or more
        ("KAST", vas(60), vas(45), True),
        ("KAST", vas(60), vas(45.1), False),
        ("VERTOS-IV", nrs(8), nrs(2), None),
        ("VERTOS-II", vas(80), vas(20), None),
        ("Cochrane", nrs(8), nrs(2), None),
    ],
)
def test_each_source_has_its_own_threshold(name, before, after, met):
    assert claim(name).met(before, after) is met


def test_all_definitions_are_listed_and_none_is_chosen():
    for score in (pain_change(nrs(8), nrs(3)), pain_change(vas(80), vas(30))):
        assert score.category is None
        said = " ".join([item.name for item in score.items] + list(score.notes))
        scale = "nrs" if "numerical" in score.sentence else "vas-mm"
        for response in pain_responses():
            if response.scale in (scale, "other"):
                assert f"{response.source}: {response.statement}" in said
    assert {response.source for response in pain_responses()} <= set(all_sources())


def test_sources_may_disagree_on_one_change():
    answers = {i.name: i.value for i in pain_change(nrs(10), nrs(7.5)).items if ":" in i.name}
    assert set(answers.values()) == {"met", "not met"}


@pytest.mark.parametrize(("before", "after", "missing"), [(None, 3, "before"), (8, None, "after"), (None, None, "and")])
def test_an_unknown_answer_leaves_the_change_open(before, after, missing):
    score = pain_change(*(None if value is None else nrs(value) for value in (before, after)))
    assert score.total is None
    assert missing in score.sentence


@given(st.integers(0, 100), st.integers(0, 100))
def test_swapping_before_and_after_turns_the_sign(one, other):
    assert pain_change(vas(one), vas(other)).total == -pain_change(vas(other), vas(one)).total
