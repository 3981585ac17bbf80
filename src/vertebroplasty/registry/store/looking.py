"""Reading the registry: a record, a list page by page, a patient's page, the journal."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from vertebroplasty.errors import Refused
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.changing import is_id, table_of, unknown
from vertebroplasty.registry.store.entries import Entry, PatientPage
from vertebroplasty.registry.store.journal import JournalRow
from vertebroplasty.registry.store.record_text import read_record

__all__ = ["entries", "every", "find", "head", "history", "journal_rows", "one", "page_of"]

PAGE = 5000  # [choice] records or rows of the journal read at a time
MOST_LISTED = 100000  # [choice] records of one page of a list


def entries(connection: sa.Connection, kind: str, *conditions: Any, limit: int | None = None) -> tuple[Entry, ...]:
    """The records that meet the conditions, in the order of their ids, as the journal holds them."""
    table = table_of(kind)
    key = next(iter(table.primary_key))
    own = (
        table.c.version,
        table.c.entered_at,
        table.c.entered_by,
        table.c.signed_by,
        table.c.signed_at,
        table.c.locked,
    )
    found = connection.execute(
        sa.select(table.c.seq, *own, tables.journal.c.new)
        .join(tables.journal, tables.journal.c.seq == table.c.seq)
        .where(*conditions)
        .order_by(key)
        .limit(limit)
    )
    return tuple(
        Entry(
            record=read_record(kind, row.new),
            version=row.version,
            seq=row.seq,
            entered_at=row.entered_at,
            entered_by=row.entered_by,
            signed_by=row.signed_by,
            signed_at=row.signed_at,
            locked=row.locked,
        )
        for row in found
    )


def one(connection: sa.Connection, kind: str, record_id: str) -> Entry:
    """A record as it stands.

    Raises:
        Refused: there is no such record.
    """
    key = next(iter(table_of(kind).primary_key))
    found = entries(connection, kind, key == record_id) if is_id(record_id) else ()
    if not found:
        raise unknown(kind, record_id)
    return found[0]


def find(
    connection: sa.Connection, kind: str, *, series: str | None, limit: int, after: str | None
) -> tuple[Entry, ...]:
    """A page of records in the order of their ids, those that come after an id.

    Raises:
        Refused: there is no such kind, or the page is empty or too long.
    """
    if not 1 <= limit <= MOST_LISTED:
        raise Refused(f"A page lists 1 to {MOST_LISTED} records.", where="limit")
    for text in (series, after):
        if text is not None and not is_id(text):
            raise Refused(f"{text!r} cannot be the id of a record.", where="list")
    table = table_of(kind)
    key = next(iter(table.primary_key))
    conditions = [key > after] if after is not None else []
    if series is not None and kind == "rehearsal":
        raise Refused("A rehearsal belongs to no series: leave the series out.", where="--series")
    if series is not None and kind != "series":
        conditions.append(table.c.series == series)
    return entries(connection, kind, *conditions, limit=limit)


def every(connection: sa.Connection, kind: str, *, series: str | None = None) -> Iterator[Entry]:
    """All records of one kind in the order of their ids, read page by page."""
    after: str | None = None
    while page := find(connection, kind, series=series, limit=PAGE, after=after):
        yield from page
        after = page[-1].record.record_id


def page_of(connection: sa.Connection, pseudonym: str) -> PatientPage:
    """A patient with procedures and follow-ups, those with a day in its order, the others first.

    Raises:
        Refused: there is no such patient.
    """
    patient = one(connection, "patient", pseudonym)
    own = tables.procedure.c
    procedures = entries(connection, "procedure", own.patient == pseudonym)
    ids = [entry.record.procedure_id for entry in procedures]
    follow_ups = entries(connection, "follow-up", tables.follow_up.c.procedure.in_(ids)) if ids else ()
    return PatientPage(
        patient=patient,
        procedures=tuple(sorted(procedures, key=lambda e: str(e.record.performed_on or ""))),
        follow_ups=tuple(sorted(follow_ups, key=lambda e: str(e.record.seen_on or ""))),
    )


def history(connection: sa.Connection, kind: str, record_id: str) -> tuple[JournalRow, ...]:
    """Everything the journal says about a record, the oldest first.

    Raises:
        Refused: it says nothing about it.
    """
    table_of(kind)
    own = tables.journal.c
    query = sa.select(tables.journal).where(own.record_id == record_id, own.kind == kind).order_by(own.seq)
    found = tuple(JournalRow(*row) for row in connection.execute(query)) if is_id(record_id) else ()
    if not found:
        raise unknown(kind, record_id)
    return found


def journal_rows(connection: sa.Connection, *, after: int = 0) -> Iterator[JournalRow]:
    """The journal from the row after this number on."""
    own = tables.journal.c
    while True:
        query = sa.select(tables.journal).where(own.seq > after).order_by(own.seq).limit(PAGE)
        page = [JournalRow(*row) for row in connection.execute(query)]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].seq


def head(connection: sa.Connection) -> tuple[int, str]:
    """How many rows the journal has by its head, and the hash of the last."""
    count, last = connection.execute(sa.select(tables.journal_head.c.count, tables.journal_head.c.hash)).one()
    return count, last
