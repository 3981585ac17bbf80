"""Every record rebuilt from the journal alone: `verify` compares the tables with it, `restore` fills them from it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from vertebroplasty.errors import Refused
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.bulk import among, insert_rows
from vertebroplasty.registry.store.journal import CONTENT, Action, JournalRow
from vertebroplasty.registry.store.projection import CHILDREN, MAIN, Parent, Row, empty_rows, record_rows
from vertebroplasty.registry.store.record_text import read_record
from vertebroplasty.registry.store.repeated_looks import list_again

__all__ = ["FIRST_CONTENT", "Rebuilt", "content", "fill_tables", "lists_of", "parent_of", "parents", "rebuilt"]

PAGE = 2000  # [choice] records rebuilt at a time
FIRST_CONTENT = (Action.ADD, Action.IMPORT)
Rebuilt = tuple[JournalRow, Row]
"""The last row with the content of a record, and the state that the rows after it make."""


def rebuilt(connection: sa.Connection, kind: str, ids: Sequence[str]) -> dict[str, Rebuilt]:
    """From the journal alone: the last row with the content of each record, and its state."""
    own = tables.journal.c
    found: dict[str, Rebuilt] = {}
    query = sa.select(tables.journal).where(among(connection, own.record_id, ids), own.kind == kind).order_by(own.seq)
    for line in connection.execute(query):
        row = JournalRow(*line)
        before = found.get(row.record_id)
        if row.action in CONTENT:
            version = before[1][0] + 1 if before else 1
            found[row.record_id] = (row, (version, row.seq, row.at, row.by, None, None, False))
        elif before:
            version, seq, at, by, signed_by, signed_at, locked = before[1]
            if row.action == Action.SIGN:
                signed_by, signed_at = row.by, row.at
            else:
                locked = row.action == Action.LOCK
            found[row.record_id] = (before[0], (version, seq, at, by, signed_by, signed_at, locked))
    return found


def parents(connection: sa.Connection, kind: str, records: list[Any]) -> dict[str, Parent]:
    """What procedures take over from patients, or follow-ups from procedures, by the journal."""
    if kind == "procedure":
        patients = rebuilt(connection, "patient", sorted({record.patient for record in records}))
        return {p.pseudonym: Parent(p.pseudonym, p.series) for p in readable(patients)}
    if kind == "follow-up":
        named = rebuilt(connection, "procedure", sorted({record.procedure for record in records}))
        procedures = readable(named)
        of = parents(connection, "procedure", procedures)
        return {
            p.procedure_id: Parent(p.patient, of[p.patient].series, p.performed_on)
            for p in procedures
            if p.patient in of
        }
    return {}


def readable(entries: Mapping[str, Rebuilt]) -> list[Any]:
    """The records whose text in the journal can be read; the others are reported where they are compared themselves."""
    found = []
    for row, _ in entries.values():
        with suppress(Refused):
            found.append(content(row))
    return found


def content(row: JournalRow) -> Any:
    """The record in a row of the journal."""
    return read_record(row.kind, row.new or "")


def lists_of(kind: str) -> tuple[tuple[sa.Table, str], ...]:
    """The tables of a record's lists, each with the column that names the record."""
    own = CHILDREN[kind]
    return (*own, (tables.adverse_event, "owner_id")) if kind in ("procedure", "follow-up") else own


def parent_of(record: Any, of: Mapping[str, Parent]) -> Parent | None:
    """What this record takes over from the one it belongs to."""
    return of.get(getattr(record, {"procedure": "patient", "follow-up": "procedure"}.get(record.kind, ""), ""))


def fill_tables(connection: sa.Connection) -> None:
    """Fill the empty tables from the journal."""
    own = tables.journal.c
    for kind in MAIN:
        after = 0
        while True:
            query = sa.select(own.seq, own.record_id).where(own.kind == kind, own.seq > after)
            query = query.where(own.action.in_(FIRST_CONTENT)).order_by(own.seq).limit(PAGE)
            page = connection.execute(query).all()
            fill(connection, kind, [name for _, name in page])
            if len(page) < PAGE:
                break
            after = page[-1].seq
    list_again(connection)


def fill(connection: sa.Connection, kind: str, ids: Sequence[str]) -> None:
    """Fill in the rows of these records."""
    entries = rebuilt(connection, kind, ids)
    records = {name: content(row) for name, (row, _) in entries.items()}
    of = parents(connection, kind, list(records.values()))
    rows = empty_rows()
    for name, record in records.items():
        record_rows(record, parent_of(record, of), entries[name][1], rows)
    for table, waiting in rows.items():
        insert_rows(connection, table, waiting)
