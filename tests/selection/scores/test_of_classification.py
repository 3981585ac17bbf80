"""The OF classification, question by question in the card's order."""

from itertools import product

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.of_classification import (
    OfFindings,
    WallInvolvement,
    of_classification,
    possible_of_grades,
    wall_involvement,
)

DISTINCT, MINOR = WallInvolvement.DISTINCT, WallInvolvement.NONE_OR_MINOR
NOTHING = {
    "tension_band_failure": False,
    "both_endplates": False,
    "frame_lost": False,
    "pincer": False,
    "endplate": False,
    "posterior_wall": MINOR,
    "oedema": False,
}


def of(**found):
    return of_classification(OfFindings(**{**NOTHING, **found}))


@pytest.mark.parametrize(
    ("found", "grade"),
    [
        ({"oedema": True}, 1),
        ({"endplate": True}, 2),
        ({"endplate": True, "oedema": True}, 2),
        ({"endplate": True, "posterior_wall": DISTINCT}, 3),
        ({"endplate": True, "both_endplates": True}, 4),
        ({"endplate": True, "both_endplates": True, "posterior_wall": DISTINCT}, 4),
        ({"endplate": True, "frame_lost": True}, 4),
        ({"pincer": True}, 4),
        ({"tension_band_failure": True}, 5),
        ({"tension_band_failure": True, "endplate": True, "both_endplates": True}, 5),
    ],
)
def test_each_description_gives_its_grade(found, grade):
    score = of(**found)
    assert (score.total, score.lowest, score.highest) == (grade, grade, grade)
    assert score.category == f"OF {grade}"
    assert score.sentence.startswith(f"OF {grade}: ")


def test_neither_deformity_nor_oedema_is_no_grade():
    score = of()
    assert (score.total, score.category) == (None, None)
    assert score.sentence == "No OF grade: neither deformity nor oedema."


@pytest.mark.parametrize(
    ("share", "wall"), [(0.0, MINOR), (0.19, MINOR), (0.2, None), (0.21, DISTINCT), (1.0, DISTINCT)]
)
def test_one_fifth_of_the_posterior_wall_divides_of_2_from_of_3(share, wall):
    assert wall_involvement(share) is wall
    assert (
        possible_of_grades(OfFindings(**{**NOTHING, "endplate": True, "posterior_wall": wall}))
        == ({MINOR: (2,), DISTINCT: (3,), None: (2, 3)}[wall])
    )


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_impossible_shares_are_refused(share):
    with pytest.raises(Refused, match="give 0 to 1"):
        wall_involvement(share)


@pytest.mark.parametrize(
    ("found", "grades"),
    [
        ({"tension_band_failure": None, "endplate": True}, (2, 5)),
        ({"both_endplates": None, "endplate": True, "posterior_wall": DISTINCT}, (3, 4)),
        ({"both_endplates": None, "endplate": False, "oedema": True}, (1,)),
        ({"both_endplates": None, "endplate": None, "oedema": True}, (1, 2, 4)),
        ({"oedema": None}, (0, 1)),
        ({"tension_band_failure": True, "endplate": None, "both_endplates": None}, (5,)),
    ],
)
def test_unknown_findings_leave_grades_open(found, grades):
    score = of(**found)
    assert possible_of_grades(OfFindings(**{**NOTHING, **found})) == grades
    assert (score.total is None) == (len(grades) > 1)
    assert (score.lowest, score.highest) == (grades[0], grades[-1])


def test_nothing_known_leaves_every_grade_open():
    assert possible_of_grades(OfFindings()) == (0, 1, 2, 3, 4, 5)


def test_both_endplates_without_an_endplate_is_refused():
    with pytest.raises(Refused, match="both endplates are deformed and none is"):
        of(both_endplates=True)


def test_a_broken_wall_without_an_endplate_is_not_on_the_card():
    with pytest.raises(Refused, match="only together with an endplate"):
        of(posterior_wall=DISTINCT, oedema=True)
    assert of(posterior_wall=DISTINCT, frame_lost=True).total == 4
    assert of(posterior_wall=DISTINCT, frame_lost=None, oedema=True).total == 4  # nothing else explains the wall
    assert of(posterior_wall=DISTINCT, frame_lost=None).total == 4


def test_an_answer_more_never_opens_a_grade():
    keys = tuple(NOTHING)
    choices = [(None, MINOR, DISTINCT) if key == "posterior_wall" else (None, True, False) for key in keys]
    for answers in product(*choices):
        findings = dict(zip(keys, answers, strict=True))
        try:
            known = set(possible_of_grades(OfFindings(**findings)))
        except Refused:
            continue
        for key in keys:
            assert known <= set(possible_of_grades(OfFindings(**{**findings, key: None})))
