"""The fast answers are those of the conditions explained, and the verdict follows from them alone."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings

from screening_cases import LEVEL, patient, screened
from screening_changes import GUIDELINES, MEASURED, PATIENTS
from vertebroplasty.selection import rule_set as rule_set_module
from vertebroplasty.selection.explanation import explained
from vertebroplasty.selection.kleene import ANSWERS
from vertebroplasty.selection.rule_set import rule_set
from vertebroplasty.selection.rules import load_guidelines
from vertebroplasty.selection.strictness import Verdict, strictest

QUIET = settings(derandomize=True, deadline=None, max_examples=250)
NO, UNKNOWN, YES = range(3)


@given(PATIENTS, MEASURED, GUIDELINES)
@QUIET
def test_fast_answers_are_the_explained_ones(who, shown, named):
    level = screened(who, shown, guidelines=named).levels[0]
    reasons = explained(level.rule_set.rules, level.situation)
    assert level.answers == {rule: judged.answer for rule, judged in reasons.items()}
    assert tuple(rule.answer for rule in level.rules) == tuple(ANSWERS[number] for number in level.numbers)
    assert all(rule.because for rule in level.rules)


def test_a_rule_set_is_made_once_whatever_the_order_and_spelling_of_names():
    one = rule_set(["nice-ta279", "sir_bleeding_2019"])
    assert one is rule_set(["sir-bleeding-2019", "nice_ta279", "nice-ta279"])
    assert one is not rule_set()


def known_verdict(**numbers):
    """The verdict where every rule answers no but these."""
    rules = rule_set(["nice-ta279"])
    given = {rule.id: NO for rule in rules.rules} | numbers
    return rules.verdict([given[rule.id] for rule in rules.rules])


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [
        ({}, "not-indicated"),
        ({"I02": UNKNOWN}, "insufficient-data"),
        ({"I02": YES}, "indicated"),
        ({"I01": UNKNOWN, "I02": YES}, "indicated"),
        ({"I02": YES, "N01": YES}, "not-indicated"),
        ({"I02": YES, "N01": UNKNOWN}, "insufficient-data"),
        ({"I02": YES, "A04": UNKNOWN}, "insufficient-data"),
        ({"I02": YES, "A04": UNKNOWN, "R01": YES}, "relative-contraindication"),
        ({"A04": YES}, "absolute-contraindication"),
        ({"I02": YES, "W10": YES}, "indicated"),
    ],
)
def test_the_verdict_follows_from_the_answers(numbers, verdict):
    assert known_verdict(**numbers) == verdict


def test_every_pair_of_rules_gives_the_stricter_of_what_each_gives_alone():
    """Beside an indication that answers yes, so that none of the verdicts is that of its absence."""
    rules = rule_set(["nice-ta279"])
    pairs = itertools.combinations([rule.id for rule in rules.deciders if rule.id != "I02"], 2)
    for (left, right), one, other in itertools.product(pairs, (UNKNOWN, YES), (UNKNOWN, YES)):
        alone = [known_verdict(I02=YES, **{left: one}), known_verdict(I02=YES, **{right: other})]
        assert known_verdict(I02=YES, **{left: one, right: other}) is strictest(alone)


def test_rules_of_a_guideline_that_does_not_decide_move_nothing_not_even_by_an_indication(monkeypatch):
    shown = tuple(replace(guideline, decides=False) for guideline in load_guidelines())
    monkeypatch.setattr(rule_set_module, "load_guidelines", lambda named: shown)
    rules = rule_set_module._ready.__wrapped__(frozenset())
    everything = [[number] * len(rules.rules) for number in (NO, UNKNOWN, YES)]
    assert {rules.verdict(numbers) for numbers in everything} == {Verdict.NOT_INDICATED}


def test_setting_aside_answers_no_for_the_rules_named_and_leaves_the_others():
    level = screened(patient(osteomyelitis=True, infection=None)).levels[0]
    aside = level.rule_set.setting_aside(["A05"], level.numbers)
    changed = [rule.id for rule, was, now in zip(level.rules, level.numbers, aside, strict=True) if was != now]
    assert changed == ["A05"]
    assert level.rule_set.verdict(aside) is Verdict.INSUFFICIENT_DATA
    assert level.level == LEVEL
