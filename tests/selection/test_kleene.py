"""Kleene's strong logic against its own truth tables."""

import pytest

from vertebroplasty.selection.kleene import ANSWERS, NUMBERS, Answer, both, negated, of_bool

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (YES, YES, YES),
        (YES, NO, NO),
        (YES, UNKNOWN, UNKNOWN),
        (NO, NO, NO),
        (NO, UNKNOWN, NO),
        (UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_and_is_kleenes_table_and_symmetric(left, right, expected):
    assert both(left, right) is expected
    assert both(right, left) is expected


def test_not_turns_yes_and_no_and_leaves_unknown():
    assert [negated(answer) for answer in (YES, NO, UNKNOWN)] == [NO, YES, UNKNOWN]


def test_none_is_unknown_and_not_no():
    assert [of_bool(value) for value in (True, False, None)] == [YES, NO, UNKNOWN]


def test_numbers_stand_in_the_order_in_which_and_is_the_lesser():
    assert [NUMBERS[answer] for answer in (NO, UNKNOWN, YES)] == [0, 1, 2]
    assert all(ANSWERS[NUMBERS[answer]] is answer for answer in Answer)
