"""The text of a screening reads from the verdict to the reasons to what is missing."""

from pathlib import Path

import pytest

from screening_cases import KNOWN, patient, screened
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.screen import screen_document
from vertebroplasty.report.screen_text import GROUPS, screen_lines
from vertebroplasty.selection.coded_values import Infection
from vertebroplasty.selection.overrides import Override
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.strictness import Effect

WIDTH = 100
EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"


def text(screening, width=WIDTH):
    return list(screen_lines(screen_document(screening, Provenance(inputs=[], parameters={}, duration_s=0.0)), width))


def test_every_effect_has_its_heading():
    assert {effect for _, effects in GROUPS for effect in effects} == {effect.value for effect in Effect}


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_longer_than_the_terminal(width):
    assert max(map(len, text(screened(patient("tumour", infection=None)), width))) <= width


def test_the_verdict_stands_first_and_the_first_question_next():
    lines = text(screened(patient(infection=None)))
    assert lines[0].startswith("L3: Insufficient data")
    assert "infection" in " ".join(lines[:3])
    assert any(line.startswith("Ask first: Is there an active local or systemic infection") for line in lines)


def test_a_heading_names_the_rules_that_wait():
    assert any(
        line.strip() == "A04 waits for the answers to find out" for line in text(screened(patient(infection=None)))
    )
    both = patient(infection=None, osteomyelitis=None)
    assert any(line.strip() == "A04 A05 wait for the answers to find out" for line in text(screened(both)))


def test_what_fires_stands_under_its_heading_with_reason_and_source():
    lines = text(screened(patient(infection=Infection.SYSTEMIC)))
    start = lines.index("Absolute")
    assert lines[start + 1].startswith("  A04")
    assert "A systemic infection is active. [S3 S4]" in lines[start + 2]
    assert lines.index("Absolute") < lines.index("Relative") < lines.index("For")


def test_an_override_is_printed_second_with_its_reason():
    trauma = patient("trauma", osteoporosis=False)
    lines = text(screened(trauma, overrides=[Override(rule="A07", because="two surgeons agree")]))
    assert lines[0].startswith("L3: Absolute contraindication")
    assert "After overrides" in lines[1]
    assert "two surgeons agree" in " ".join(lines[1:3])


def test_not_indicated_says_because_of_what_each_indication_answers_no():
    lines = text(screened(patient(pain_concordant_with_level=False)))
    assert lines[0] == "L3: Not indicated."
    start = lines.index("For")
    assert lines[start + 2] == "  I01  no: the pain on examination is not at the imaged level."
    assert [line.split()[0] for line in lines[start + 2 : start + 6]] == ["I01", "I02", "I03", "I04"]
    assert not any(line.startswith("  I02  no") for line in text(screened(patient())))


def test_where_no_level_is_stated_the_first_line_asks_for_one():
    lines = text(screened(Patient(), levels=()))
    assert lines[0] == "Insufficient data: no level is stated. Name it in the patient file or with --level."


def test_several_levels_make_one_table():
    both = {"L1": KNOWN.levels["L3"], "L3": KNOWN.levels["L3"]}
    lines = text(screened(patient(levels=both), levels=("L1", "L3")))
    assert lines[0].split() == ["Level", "Verdict", "Because", "of", "May", "become"]
    assert [line.split()[0] for line in lines[1:3]] == ["L1", "L3"]


def test_an_indication_in_osteoporosis_carries_the_trials_and_others_do_not():
    assert "What the trials say" in text(screened(patient()))
    assert "What the trials say" not in text(screened(patient("tumour")))
