"""A form is the record: every field once, every choice the record takes, every label said in three languages."""

import re
from dataclasses import fields

import pytest

from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES, leaves
from vertebroplasty.registry.entry.reading import problems_of
from vertebroplasty.registry.fields import LEVEL
from vertebroplasty.registry.procedure_parts import AdverseEvent, Cement, Leak, TreatedLevel
from vertebroplasty.registry.records import FollowUp, Procedure
from vertebroplasty.web.forms.fields import Control, form_of
from vertebroplasty.web.forms.layout import IMAGING, LEVELS, unit_of
from vertebroplasty.web.forms.words import has_label, word_words

MOST_WITHOUT_LABEL = 0  # fields that show their English description instead; may only fall


def names(form):
    return [field.name for group in form for field in group.fields]


def every_field(form):
    for group in form:
        for field in group.fields:
            yield field
            yield from every_field(field.inner)


@pytest.mark.parametrize("cls", [*RECORD_CLASSES.values(), TreatedLevel, Cement, Leak, AdverseEvent])
def test_every_field_is_asked_once(cls):
    assert sorted(names(form_of(cls, "en"))) == sorted(field.name for field in fields(cls))


def test_the_imaging_form_is_a_whole_follow_up_too():
    assert sorted(names(form_of(FollowUp, "en", IMAGING))) == sorted(field.name for field in fields(FollowUp))


def test_the_levels_are_those_that_a_record_takes():
    assert all(re.match(LEVEL["pattern"], level) for level in LEVELS)
    candidates = [f"{region}{number}" for region in "CTLS" for number in range(30)]
    assert [level for level in candidates if re.match(LEVEL["pattern"], level)] == list(LEVELS)


def test_every_choice_is_taken_by_the_record():
    procedure = {"procedure_id": "P-1", "patient": "P", "levels": [{"level": "L1"}]}
    by_name = {field.name: field for group in form_of(Procedure, "en") for field in group.fields}
    for name in ("guidance", "anaesthesia", "intent"):
        assert by_name[name].choices
        for value, _ in by_name[name].choices:
            assert problems_of(procedure | {name: value}, Procedure)[1] == []
    level = {field.name: field for group in form_of(TreatedLevel, "en") for field in group.fields}
    assert level["of_grade"].control is Control.CHOICE
    assert level["of_grade"].numbers
    assert [value for value, _ in level["of_grade"].choices] == ["1", "2", "3", "4", "5"]


def test_what_may_be_null_is_offered_as_unknown():
    for cls in RECORD_CLASSES.values():
        for field in every_field(form_of(cls, "en")):
            assert field.unknown or field.required or field.control in (Control.LIST, Control.LINES, Control.TEXT)


def test_units_and_ranges_stand_beside_the_label():
    found = {field.name: field for field in every_field(form_of(Procedure, "en"))}
    assert (found["total_ml"].unit, found["total_ml"].allowed) == ("ml", "0 to 30")
    assert found["dose_area_product_gy_cm2"].unit == "Gy·cm²"
    assert unit_of("levels") == unit_of("t_score") == ""


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_labels_of_the_three_languages(language):
    paths = [(path, info) for cls in RECORD_CLASSES.values() for path, info in leaves(cls)]
    without = sorted({path for path, info in paths if not has_label(info.name)})
    assert len(without) <= MOST_WITHOUT_LABEL, without
    words = {word for _, info in paths for word in info.words}
    spoken = {word for word in words if not re.fullmatch(r"[0-9][a-c]?|[A-F]", word)}
    assert {word for word in spoken if word_words(word, language).lang} == set()


def test_a_missing_label_falls_back_to_english_and_says_so(monkeypatch):
    from vertebroplasty.web.forms import words

    monkeypatch.setattr(words, "all_texts", dict)
    field = form_of(Leak, "de")[0].fields[0]
    assert (field.label.text, field.label.lang) == ("Where the cement lies", "en")
    assert word_words("disc-above", "fr").lang == "en"
    assert word_words("disc-above", "en").lang == ""
