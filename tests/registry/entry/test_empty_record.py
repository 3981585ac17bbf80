"""Templates show every key of a record, and are read back once the ids are filled in."""

from dataclasses import fields

import pytest

from vertebroplasty.registry.entry.empty_record import template_of
from vertebroplasty.registry.entry.reading import parse_record
from vertebroplasty.registry.procedure_parts import Cement, Leak, TreatedLevel
from vertebroplasty.registry.records import FollowUp, Patient, Procedure


@pytest.mark.parametrize("cls", [Patient, Procedure, FollowUp])
def test_every_key_is_there(cls):
    assert set(template_of(cls.kind)) == {"kind", *(one.name for one in fields(cls))}


def test_parts_show_their_keys_too():
    (level,) = template_of("procedure")["levels"]
    assert set(level) == {one.name for one in fields(TreatedLevel)}
    assert set(level["cement"]) == {one.name for one in fields(Cement)}
    assert set(level["leaks"][0]) == {one.name for one in fields(Leak)}


def test_a_filled_template_is_a_record():
    assert parse_record(template_of("patient") | {"pseudonym": "P1"}) == Patient(pseudonym="P1")
