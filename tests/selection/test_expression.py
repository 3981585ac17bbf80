"""Conditions are parsed, not executed, and count how near each open question is."""

import itertools

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.expression import judge, judged_fact, names_in, numbered, parse
from vertebroplasty.selection.kleene import NUMBERS, Answer
from vertebroplasty.selection.situation import Fact

TRUTH = {Answer.YES: True, Answer.NO: False}


def judged(text, **values):
    return judge(parse(text), lambda name: judged_fact(Fact(values[name], name, (name,))))


@pytest.mark.parametrize("text", ["a and b", "a or b", "not a or b", "not (a and not b) or c", "a and (b or not c)"])
def test_an_answer_is_known_exactly_when_every_completion_agrees(text):
    """For conditions that use each name once, Kleene's answer is what all fillings-in of the unknowns share."""
    names = sorted(names_in(parse(text)))
    for given in itertools.product(Answer, repeat=len(names)):
        fillings = [[True, False] if answer is Answer.UNKNOWN else [TRUTH[answer]] for answer in given]
        outcomes = {eval(text, {}, dict(zip(names, filled, strict=True))) for filled in itertools.product(*fillings)}
        answer = judged(text, **dict(zip(names, given, strict=True))).answer
        assert TRUTH.get(answer) == (outcomes.pop() if len(outcomes) == 1 else None)


TEXTS = ["a", "not a", "a and b and c", "a or b or c", "not a or b and not c", "not (a and not b) or c and a"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_number_of_a_condition_is_that_of_its_judged_answer(text):
    condition, names = numbered(parse(text)), sorted(names_in(parse(text)))
    for given in itertools.product(Answer, repeat=len(names)):
        values = dict(zip(names, given, strict=True))
        numbers = {name: NUMBERS[answer] for name, answer in values.items()}
        assert condition(numbers) == NUMBERS[judged(text, **values).answer]


def test_a_name_that_cannot_matter_is_not_looked_up():
    assert numbered(parse("a and b"))({"a": NUMBERS[Answer.NO]}) == NUMBERS[Answer.NO]
    assert numbered(parse("a or b"))({"a": NUMBERS[Answer.YES]}) == NUMBERS[Answer.YES]


def test_costs_count_the_answers_needed():
    everything_open = dict.fromkeys("abc", Answer.UNKNOWN)
    condition = judged("a and b or c", **everything_open)
    assert condition.to_yes == {"a": 2, "b": 2, "c": 1}
    assert (condition.cost_yes, condition.cost_no) == (1, 2)
    assert judged("not (a and b or c)", **everything_open).to_no == condition.to_yes


def test_because_names_the_deciding_findings_only():
    assert judged("a and b", a=Answer.YES, b=Answer.NO).because == "B."
    assert judged("a and b and c", a=Answer.YES, b=Answer.UNKNOWN, c=Answer.UNKNOWN).because == "B; c."
    assert judged("a and b", a=Answer.NO, b=Answer.NO).because == "A."
    assert judged("a or b", a=Answer.NO, b=Answer.YES).because == "B."
    assert judged("a or b", a=Answer.NO, b=Answer.NO).because == "A; b."


@pytest.mark.parametrize("text", ["f(a)", "a + b", "a.b", "1", "a == b", "a if b else c", "a and", "[a]", "-a", ""])
def test_anything_but_names_and_connectives_is_refused(text):
    with pytest.raises(Refused, match="names joined by and, or, not"):
        parse(text)
