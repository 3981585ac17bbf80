"""The six grades: each consequence its grade, the strictest counts, and an unknown is never passed over."""

from itertools import product

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.complication_grade import Consequence, Sequelae, complication_grade

NOTHING = {
    "solved_in_procedure": False,
    "unplanned_stay_h": 0,
    "further_therapy": False,
    "sequelae": Sequelae.NONE,
    "death": False,
}
VALUES = {
    "solved_in_procedure": (True, False, None),
    "unplanned_stay_h": (0, 24, 48, 72, None),
    "further_therapy": (True, False, None),
    "sequelae": (*Sequelae, None),
    "death": (True, False, None),
}


def graded(**found):
    return complication_grade(Consequence(**{**NOTHING, **found}))


@pytest.mark.parametrize(
    ("found", "grade"),
    [
        ({"solved_in_procedure": True}, 1),
        ({"unplanned_stay_h": 0.5}, 2),
        ({"unplanned_stay_h": 47.9}, 2),
        ({"unplanned_stay_h": 48}, 3),
        ({"unplanned_stay_h": 48.1}, 3),
        ({"further_therapy": True}, 3),
        ({"sequelae": Sequelae.MILD}, 4),
        ({"sequelae": Sequelae.SEVERE}, 5),
        ({"death": True}, 6),
    ],
)
def test_each_consequence_has_its_grade(found, grade):
    score = graded(**found)
    assert score.total == score.lowest == score.highest == grade
    assert score.sentence.startswith(f"Grade {grade}: ")


def test_exactly_48_hours_is_said_to_be_undefined():
    undefined = "exactly 48 h lies in neither"
    assert any(undefined in note for note in graded(unplanned_stay_h=48).notes)
    assert not any(undefined in note for note in graded(unplanned_stay_h=47.9).notes)


def test_the_strictest_counts():
    assert graded(solved_in_procedure=True, unplanned_stay_h=20).total == 2
    assert graded(unplanned_stay_h=20, further_therapy=True).total == 3
    assert graded(unplanned_stay_h=72, sequelae=Sequelae.MILD).total == 4
    assert graded(further_therapy=True, sequelae=Sequelae.SEVERE, death=True).total == 6


def test_death_settles_the_grade_whatever_is_unknown():
    assert complication_grade(Consequence(death=True)).total == 6


def test_what_is_unknown_leaves_the_grade_open():
    score = complication_grade(Consequence(further_therapy=True, death=False))
    assert (score.total, score.lowest, score.highest) == (None, 3, 5)
    assert score.sentence == "The grade is open, from grade 3 to grade 5; to find out: sequelae."
    nothing_known = complication_grade(Consequence())
    assert (nothing_known.total, nothing_known.lowest, nothing_known.highest) == (None, None, 6)
    assert "from no grade to grade 6" in nothing_known.sentence


def test_no_described_consequence_has_no_grade():
    score = graded()
    assert (score.total, score.lowest, score.highest, score.category) == (None, None, None, None)
    assert score.sentence.startswith("No grade")


def test_every_way_to_fill_an_unknown_stays_between_lowest_and_highest():
    for found in product(*VALUES.values()):
        given = dict(zip(VALUES, found, strict=True))
        score = complication_grade(Consequence(**given))
        choices = [values[:-1] if given[name] is None else (given[name],) for name, values in VALUES.items()]
        reached = {
            complication_grade(Consequence(**dict(zip(VALUES, c, strict=True)))).total for c in product(*choices)
        }
        known = {grade for grade in reached if grade is not None}
        assert max(known, default=None) == score.highest
        assert (None if None in reached else min(known)) == score.lowest
        assert score.total == (reached.pop() if len(reached) == 1 else None)


def test_the_revision_is_named_and_not_applied():
    for found in product(*(values[:-1] for values in VALUES.values())):
        score = complication_grade(Consequence(**dict(zip(VALUES, found, strict=True))))
        assert score.total in (None, 1, 2, 3, 4, 5, 6)
        assert any("1a and 1b" in note and "3a and 3b" in note and "not applied" in note for note in score.notes)


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf"), 1e6])
def test_impossible_hours_are_refused(hours):
    with pytest.raises(Refused, match=r"The unplanned stay is .*: enter a number from 0 to 8784 h"):
        Consequence(unplanned_stay_h=hours)
