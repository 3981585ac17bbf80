"""The OF-score against the pocket card: vectors added by hand, and each printed boundary from both sides."""

from itertools import product

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.of_score import OfScoreVersion, advice_of_optimised_score, of_score
from vertebroplasty.selection.scores.of_score_items import AoNeurology, OfScoreFindings
from vertebroplasty.selection.scores.score import Origin

# OF 3, mild in every item: 6 + 0 - 1 - 1 + 0 - 1 - 0
MILD = {
    "of_grade": 3,
    "t_score": -2.0,
    "deformity_progressing": False,
    "pain_vas_0_to_10": 3.0,
    "neurology": AoNeurology.N0,
    "mobilisation_possible": True,
    "asa": 2,
    "mfi5": 1,
    "anticoagulation": False,
}
SEVERE = {
    "of_grade": 5,
    "t_score": -3.5,
    "deformity_progressing": True,
    "pain_vas_0_to_10": 9.0,
    "neurology": AoNeurology.N3,
    "mobilisation_possible": False,
    "asa": 2,
    "mfi5": 1,
    "anticoagulation": False,
}
FRAIL = {"asa": 4, "mfi5": 3, "anticoagulation": True}


def total(base=MILD, version=OfScoreVersion.MODIFIED_CARD, **changed):
    return of_score(OfScoreFindings(**{**base, **changed}), version).total


@pytest.mark.parametrize(
    ("findings", "points", "advice"),
    [
        (MILD, 3, "conservative"),
        ({**MILD, "of_grade": 1, **FRAIL}, -3, "conservative"),
        ({**MILD, "pain_vas_0_to_10": 7.0}, 5, "conservative"),
        ({**MILD, "pain_vas_0_to_10": 7.0, "t_score": -3.2}, 6, "conservative or surgical"),
        ({**MILD, "pain_vas_0_to_10": 7.0, "mobilisation_possible": False}, 7, "surgical"),
        (
            {**MILD, "of_grade": 4, "deformity_progressing": True, "anticoagulation": True},
            6,
            "conservative or surgical",
        ),
        ({**MILD, "of_grade": 4, "neurology": AoNeurology.N2}, 7, "surgical"),
        (SEVERE, 16, "surgical"),
        ({**SEVERE, **FRAIL}, 14, "surgical"),
    ],
)
def test_vectors_added_by_hand(findings, points, advice):
    score = of_score(OfScoreFindings(**findings))
    assert (score.total, score.lowest, score.highest) == (points, points, points)
    assert score.category == advice
    assert advice in score.sentence


def test_morphology_is_twice_the_grade():
    assert [total(of_grade=grade) - total(of_grade=1) for grade in range(1, 6)] == [0, 2, 4, 6, 8]


def test_the_advice_turns_at_six_and_only_at_six():
    seen = {}
    for grade, t, moves, vas, able in product(range(1, 6), (-4.0, 0.0), (True, False), (0.0, 10.0), (True, False)):
        changed = {
            "of_grade": grade,
            "t_score": t,
            "deformity_progressing": moves,
            "pain_vas_0_to_10": vas,
            "mobilisation_possible": able,
        }
        score = of_score(OfScoreFindings(**{**MILD, **changed}))
        seen.setdefault(score.total, set()).add(score.category)
    assert {5, 6, 7} <= set(seen)
    for points, advice in seen.items():
        expected = "conservative" if points <= 5 else "surgical" if points > 6 else "conservative or surgical"
        assert advice == {expected}


@pytest.mark.parametrize(
    ("key", "values", "points"),
    [
        ("t_score", (-2.9, -3.0, -3.1), (0, 0, 1)),
        ("pain_vas_0_to_10", (4.9, 5.0, 5.1), (0, 2, 2)),
        ("asa", (2, 3, 4), (0, 0, -1)),
        ("mfi5", (1, 2, 3), (0, 0, -1)),
        ("anticoagulation", (False, True), (0, -1)),
        ("neurology", tuple(AoNeurology)[:5], (0, 0, 2, 2, 2)),
        ("deformity_progressing", (False, True), (0, 2)),
        ("mobilisation_possible", (True, False), (0, 2)),
    ],
)
def test_each_printed_boundary_from_both_sides(key, values, points):
    assert tuple(total(**{key: value}) - total() for value in values) == points


@pytest.mark.parametrize(("hu", "points"), [(89.9, 1), (90.0, 1), (90.1, 0)])
def test_density_up_to_90_hu_counts_as_severe_osteoporosis(hu, points):
    assert total(t_score=None, qct_hu=hu) - total() == points


def test_one_low_measurement_of_bone_suffices():
    assert total(t_score=-4.0, qct_hu=150.0) - total() == 1
    assert total(t_score=-2.0, qct_hu=60.0) - total() == 1


def test_frailty_takes_two_points_off_at_most():
    assert total(**FRAIL) - total() == -2
    known = of_score(OfScoreFindings(**{**MILD, "asa": 4, "mfi5": 3, "anticoagulation": None}))
    assert (known.lowest, known.highest) == (known.total, known.total)  # the third answer can change nothing


@pytest.mark.parametrize(("vas", "card", "original"), [(3.9, -1, -1), (4.0, -1, 1), (4.9, -1, 1), (5.0, 1, 1)])
def test_the_original_takes_pain_from_four_and_is_not_verified(vas, card, original):
    def pain(version):
        score = of_score(OfScoreFindings(pain_vas_0_to_10=vas), version)
        return next(item.points for item in score.items if item.name == "pain under analgesia")

    assert pain(OfScoreVersion.MODIFIED_CARD) == card
    assert pain(OfScoreVersion.ORIGINAL) == original
    assert of_score(OfScoreFindings(**MILD)).verified
    assert not of_score(OfScoreFindings(**MILD), OfScoreVersion.ORIGINAL).verified


def test_an_unknown_item_counts_0_is_marked_and_its_range_is_told():
    score = of_score(OfScoreFindings(**{**MILD, "of_grade": 4, "pain_vas_0_to_10": None, "neurology": AoNeurology.NX}))
    assert score.total == 8 - 1 - 1
    assert (score.lowest, score.highest) == (5, 9)
    unknown = {item.name for item in score.items if item.origin is Origin.UNKNOWN}
    assert unknown == {"pain under analgesia", "neurological symptoms"}
    assert any("between 5 and 9" in note for note in score.notes)
    sure = of_score(OfScoreFindings(**{**SEVERE, "pain_vas_0_to_10": None}))
    assert any("would not change the advice" in note for note in sure.notes)


def test_without_the_grade_there_is_no_total():
    score = of_score(OfScoreFindings())
    assert (score.total, score.category) == (None, None)
    assert (score.lowest, score.highest) == (-3, 16)
    assert {item.origin for item in score.items} == {Origin.UNKNOWN}


def test_knowing_an_item_never_leaves_the_range():
    for key, value in {**SEVERE, **FRAIL}.items():
        open_score = of_score(OfScoreFindings(**{**MILD, key: None}))
        known = of_score(OfScoreFindings(**{**MILD, key: value}))
        assert open_score.lowest <= known.total <= open_score.highest


@pytest.mark.parametrize(("points", "advice"), [(-2.0, "conservative"), (5.0, "conservative"), (5.5, "surgical")])
def test_the_optimised_score_turns_above_five(points, advice):
    score = advice_of_optimised_score(points)
    assert score.category == advice
    assert score.version != of_score(OfScoreFindings(**MILD)).version
    assert not score.verified


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("of_grade", 0),
        ("of_grade", 6),
        ("pain_vas_0_to_10", 11.0),
        ("pain_vas_0_to_10", -1.0),
        ("asa", 0),
        ("asa", 7),
        ("mfi5", 6),
        ("t_score", float("nan")),
        ("qct_hu", float("inf")),
    ],
)
def test_values_outside_their_scale_are_refused(key, value):
    with pytest.raises(Refused, match="enter a number from"):
        of_score(OfScoreFindings(**{key: value}))


def test_an_impossible_optimised_total_is_refused():
    with pytest.raises(Refused, match="optimised OF-score"):
        advice_of_optimised_score(31.0)
