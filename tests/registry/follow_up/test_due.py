"""Who is due over a whole registry: the own series page by page, a death told once, the document's counts."""

from dataclasses import replace
from datetime import date

import pytest

from registry_records import follow_up, patient, procedure
from vertebroplasty.documents.common import Provenance
from vertebroplasty.registry.follow_up import due
from vertebroplasty.registry.store import looking
from vertebroplasty.registry.store.series_record import Series

PERFORMED = date(2024, 3, 1)


@pytest.fixture
def three(registry, monkeypatch):
    """Three patients treated on one day: seen at one month, never seen, dead after a week; read in pages of two."""
    monkeypatch.setattr(looking, "PAGE", 2)
    for n in (1, 2, 3):
        registry.add(patient(f"P{n}"), by="clerk")
        registry.add(procedure(f"X{n}", f"P{n}"), by="clerk")
    registry.add(follow_up("F1", "X1"), by="clerk")
    dead = replace(follow_up("F3", "X3"), seen_on=date(2024, 3, 8), window=None, died_on=date(2024, 3, 8))
    registry.add(dead, by="clerk")
    return registry


def asked(registry, on):
    return due.due_document(due.standings(registry, today=on), Provenance.of((), {}, 0.0), registry="r", on=on)


def test_each_patient_stands_where_the_days_say(three):
    document = asked(three, date(2024, 4, 1))
    assert [(one.patient, one.window) for one in document.due] == [("P2", "1mo")]
    assert {one.patient for one in document.overdue} == {"P2"}
    assert document.lost == []


def test_after_the_last_window_the_unseen_is_lost_and_the_dead_is_not(three):
    document = asked(three, date(2026, 1, 1))
    assert {one.patient for one in document.lost} == {"P1", "P2"}
    assert document.due == document.overdue == []


def test_synthetic_patients_are_never_due(registry):
    registry.add(
        Series(name="old", title="Old series", synthetic=True, procedures_stated=True), by="clerk", why="a trial"
    )
    registry.add(patient(series="old"), by="clerk")
    registry.add(procedure(), by="clerk")
    assert due.standings(registry, today=PERFORMED) == ()
