"""Whatever a finding waits for can be asked in words."""

import pytest

from screening_cases import COMPONENTS
from vertebroplasty.selection.coded_values import Aetiology
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import LevelFindings, Patient
from vertebroplasty.selection.questions import all_questions, question_for
from vertebroplasty.selection.situation import Situation


def nothing_known(allergies=None):
    return Situation(
        level="L3",
        patient=Patient(allergies=allergies),
        findings=LevelFindings(),
        measured=MeasuredFindings(),
        product=None,
        required_components=COMPONENTS,
    )


@pytest.mark.parametrize("name", FINDINGS)
def test_a_finding_on_nothing_known_is_unknown_and_asks_a_question(name):
    fact = FINDINGS[name](nothing_known())
    if name == "cervical_or_lumbar":  # the level's name answers it
        assert fact.answer is Answer.YES
        return
    assert fact.answer is Answer.UNKNOWN
    assert fact.missing
    assert fact.phrase[:1] == fact.phrase[:1].lower() or fact.phrase.startswith(("INR", "MRI", "SINS"))
    for path in fact.missing:
        assert question_for(path).question.endswith("?")


def test_each_question_belongs_to_a_key_of_the_patient_file():
    rooms = {"coagulation": Patient().coagulation, "planned": Patient().planned}
    for key in all_questions():
        room, _, inner = key.partition(".")
        if room == "level":
            name, _, item = inner.partition(".")
            assert hasattr(LevelFindings(), name), key
            assert not item or hasattr(LevelFindings().sins, item), key
        else:
            assert hasattr(rooms[room], inner) if inner else hasattr(Patient(), key), key


def test_an_aetiology_is_asked_for_by_the_words_it_takes():
    question = question_for("levels.T12.aetiology").question
    assert all(cause.value.split("-")[0] in question for cause in Aetiology)
