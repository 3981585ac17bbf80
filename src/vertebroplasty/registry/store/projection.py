"""The present state of a record as rows of the tables that are queried."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from vertebroplasty.registry.follow_up.windows import window_of
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.record_text import Stored
from vertebroplasty.registry.store.series_record import Series

__all__ = ["CHILDREN", "MAIN", "Parent", "Row", "Rows", "empty_rows", "record_rows"]

Row = tuple[Any, ...]
IN_ORDER = tuple(tables.metadata.sorted_tables)  # parents before children
Rows = Mapping[sa.Table, list[Row]]

MAIN = {
    "series": tables.series,
    "patient": tables.patient,
    "procedure": tables.procedure,
    "follow-up": tables.follow_up,
    "rehearsal": tables.rehearsal,
}
CHILDREN: dict[str, tuple[tuple[sa.Table, str], ...]] = {  # the tables of its lists, and the column that names it
    "series": ((tables.series_statement, "series"),),
    "patient": (),
    "procedure": (
        (tables.leak, "procedure"),
        (tables.treated_level, "procedure"),
        (tables.clock_event, "procedure"),
    ),
    "follow-up": ((tables.imaged_level, "follow_up"), (tables.new_fracture, "follow_up")),
    "rehearsal": ((tables.rehearsal_leak, "rehearsal"),),
}


@dataclass(frozen=True, slots=True)
class Parent:
    """What a follow-up takes over from its procedure, or a procedure from its patient."""

    patient: str
    series: str
    performed_on: date | None = None


PATIENT = tables.FIELDS["patient"].values
PROCEDURE = tables.FIELDS["procedure"].values
LEVEL = tables.FIELDS["treated_level"].values
LEAK = tables.FIELDS["leak"].values
EVENT = tables.FIELDS["adverse_event"].values
CLOCK = tables.FIELDS["clock_event"].values
FOLLOW_UP = tables.FIELDS["follow_up"].values
IMAGED = tables.FIELDS["imaged_level"].values
FRACTURE = tables.FIELDS["new_fracture"].values
REHEARSAL = tables.FIELDS["rehearsal"].values
SIMULATED = tables.FIELDS["rehearsal_leak"].values


def record_rows(record: Stored, parent: Parent | None, state: Row, rows: Rows) -> None:
    """Add the rows of a record; procedures and follow-ups need what they take over from their parent."""
    if isinstance(record, FollowUp):
        assert parent is not None
        follow_up_rows(record, parent, state, rows)
    elif isinstance(record, Procedure):
        assert parent is not None
        procedure_rows(record, parent, state, rows)
    elif isinstance(record, Patient):
        patient_rows(record, state, rows)
    elif isinstance(record, Rehearsal):
        rehearsal_rows(record, state, rows)
    else:
        series_rows(record, state, rows)


def empty_rows() -> dict[sa.Table, list[Row]]:
    """No rows yet, tables in an order that puts parents first."""
    return {table: [] for table in IN_ORDER}


def series_rows(record: Series, state: Row, rows: Rows) -> None:
    """Add the rows of a series."""
    name = record.name
    rows[tables.series].append((name, record.title, record.synthetic, record.procedures_stated, record.notes, *state))
    rows[tables.series_statement].extend(
        (name, i, said.statement, said.source) for i, said in enumerate(record.as_printed)
    )


def patient_rows(record: Patient, state: Row, rows: Rows) -> None:
    """Add the row of a patient."""
    rows[tables.patient].append((record.pseudonym, record.series, *PATIENT(record), *state))


def procedure_rows(record: Procedure, parent: Parent, state: Row, rows: Rows) -> None:
    """Add the rows of a procedure: its levels, leaks, clock and adverse events."""
    procedure, patient, series = record.procedure_id, record.patient, parent.series
    rows[tables.procedure].append((procedure, patient, series, *PROCEDURE(record), *state))
    for i, level in enumerate(record.levels):
        rows[tables.treated_level].append((procedure, i, patient, series, *LEVEL(level)))
        for j, leak in enumerate(level.leaks):
            rows[tables.leak].append((procedure, i, j, patient, series, level.level, *LEAK(leak)))
    for i, tap in enumerate(record.events):
        rows[tables.clock_event].append((procedure, i, series, *CLOCK(tap)))
    for i, event in enumerate(record.adverse_events):
        rows[tables.adverse_event].append(
            ("procedure", procedure, i, procedure, None, patient, series, event.level, *EVENT(event))
        )


def follow_up_rows(record: FollowUp, parent: Parent, state: Row, rows: Rows) -> None:
    """Add the rows of a follow-up: images, new fractures and adverse events since."""
    own, procedure, patient, series = record.follow_up_id, record.procedure, parent.patient, parent.series
    days = None
    if record.seen_on is not None and parent.performed_on is not None:
        days = (record.seen_on - parent.performed_on).days
    placed = record.window if record.window is not None or days is None else window_of(days)
    rows[tables.follow_up].append((own, procedure, patient, series, days, placed, *FOLLOW_UP(record), *state))
    for i, image in enumerate(record.imaged_levels):
        rows[tables.imaged_level].append((own, i, procedure, patient, series, *IMAGED(image)))
    for i, fracture in enumerate(record.new_fractures):
        rows[tables.new_fracture].append((own, i, procedure, patient, series, *FRACTURE(fracture)))
    for i, event in enumerate(record.adverse_events):
        rows[tables.adverse_event].append(
            ("follow-up", own, i, procedure, own, patient, series, event.level, *EVENT(event))
        )


def rehearsal_rows(record: Rehearsal, state: Row, rows: Rows) -> None:
    """Add the rows of a rehearsal and its simulated leaks."""
    rows[tables.rehearsal].append((record.rehearsal_id, *REHEARSAL(record), *state))
    rows[tables.rehearsal_leak].extend(
        (record.rehearsal_id, i, *SIMULATED(leak)) for i, leak in enumerate(record.leaks)
    )
