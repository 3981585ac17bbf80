"""The epidural compression scale read off its own definitions, and what missing findings leave open."""

from itertools import product

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import Bilsky
from vertebroplasty.selection.scores.bilsky import (
    BILSKY_WORDS,
    EpiduralFindings,
    bilsky,
    bilsky_group,
    possible_bilsky,
)
from vertebroplasty.selection.scores.score import Origin

KEYS = ("epidural_tumour", "deforms_sac", "abuts_cord", "compresses_cord", "csf_visible")


def findings(*answers):
    return EpiduralFindings(**dict(zip(KEYS, answers, strict=True)))


COMPLETE = [
    ((False, False, False, False, True), "0"),
    ((True, False, False, False, True), "1a"),
    ((True, True, False, False, True), "1b"),
    ((True, True, True, False, True), "1c"),
    ((True, True, True, True, True), "2"),
    ((True, True, True, True, False), "3"),
]


@pytest.mark.parametrize(("answers", "grade"), COMPLETE, ids=[grade for _, grade in COMPLETE])
def test_each_published_description_gives_its_grade(answers, grade):
    score = bilsky(findings(*answers))
    assert score.category == grade
    assert BILSKY_WORDS[Bilsky(grade)] in score.sentence
    assert {item.origin for item in score.items} == {Origin.ENTERED}


def test_low_is_0_to_1b_high_is_2_and_3_and_1c_is_neither():
    groups = [bilsky_group(grade) for grade in Bilsky]
    assert groups == ["low", "low", "low", None, "high", "high"]
    assert bilsky(findings(True, True, True, False, None)).notes


@pytest.mark.parametrize(
    ("answers", "grades"),
    [
        ((None, None, None, None, None), "0 1a 1b 1c 2 3"),
        ((False, None, None, None, None), "0"),
        ((True, None, None, None, None), "1a 1b 1c 2 3"),
        ((None, False, None, None, None), "0 1a"),
        ((None, None, True, None, None), "1c 2 3"),
        ((None, None, None, True, None), "2 3"),
        ((None, None, None, True, False), "3"),
        ((None, None, None, False, None), "0 1a 1b 1c"),
        ((True, True, None, None, True), "1b 1c 2"),
    ],
)
def test_unknown_findings_leave_grades_open(answers, grades):
    expected = grades.split()
    assert [grade.value for grade in possible_bilsky(findings(*answers))] == expected
    assert bilsky(findings(*answers)).category == (expected[0] if len(expected) == 1 else None)


@pytest.mark.parametrize("answers", [(False, True, None, None, None), (True, False, None, True, None)])
def test_a_denied_finding_that_a_later_one_implies_is_refused(answers):
    with pytest.raises(Refused, match="contradict each other"):
        bilsky(findings(*answers))


def test_an_answer_more_never_opens_a_grade():
    for answers in product((None, True, False), repeat=5):
        try:
            known = set(possible_bilsky(findings(*answers)))
        except Refused:
            continue
        assert known
        for place, value in enumerate(answers):
            if value is not None:
                fewer = (*answers[:place], None, *answers[place + 1 :])
                assert known <= set(possible_bilsky(findings(*fewer)))
