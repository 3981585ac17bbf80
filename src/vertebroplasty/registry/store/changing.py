"""Changes to records that are there: amendments, signatures, locks; nothing is overwritten in the journal."""

import json
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from vertebroplasty.errors import Refused
from vertebroplasty.registry.fields import PSEUDONYM
from vertebroplasty.registry.records import FollowUp, Procedure
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.bulk import insert_rows
from vertebroplasty.registry.store.journal import Action
from vertebroplasty.registry.store.projection import CHILDREN, MAIN, Parent, Row, empty_rows, record_rows
from vertebroplasty.registry.store.record_text import Stored, checked, from_values, read_record
from vertebroplasty.registry.store.repeated_looks import list_again
from vertebroplasty.registry.store.writer import Writer, written

__all__ = ["amend", "lock", "sign", "unlock"]


def present(writer: Writer, kind: str, record_id: str) -> tuple[Any, str]:
    """The state of a record and its text in the journal.

    Raises:
        Refused: there is no such kind or record.
    """
    table = table_of(kind)
    if not is_id(record_id):
        raise unknown(kind, record_id)
    key = next(iter(table.primary_key))
    found = writer.connection.execute(
        sa.select(table.c.version, table.c.signed_by, table.c.locked, tables.journal.c.new)
        .join(tables.journal, tables.journal.c.seq == table.c.seq)
        .where(key == record_id)
    ).one_or_none()
    if found is None:
        raise unknown(kind, record_id)
    return found, found.new


def is_id(text: str) -> bool:
    """Whether a text can be the id of a record at all; databases do not take every text."""
    return re.search(PSEUDONYM["pattern"], text) is not None


def unknown(kind: str, record_id: str) -> Refused:
    """The refusal of a record that is not there."""
    return Refused(f"There is no {kind} {record_id!r} in the registry.", where=record_id)


def table_of(kind: str) -> sa.Table:
    """The table of a kind of record.

    Raises:
        Refused: there is no such kind.
    """
    if kind not in MAIN:
        raise Refused(f"There is no kind of record called {kind!r}: {', '.join(MAIN)} are kept.", where="kind")
    return MAIN[kind]


def amend(writer: Writer, kind: str, record_id: str, changes: Mapping[str, object] | Stored) -> None:
    """Put a new version of a record beside the old one; a signature ends, a lock refuses.

    Raises:
        Refused: no reason, no such record, it is locked, nothing changes, its id or series would, a field is wrong.
    """
    written(writer.why, "why")
    state, old_text = present(writer, kind, record_id)
    if state.locked:
        raise Refused(f"The {kind} {record_id} is locked: unlock it with a reason first.", where=record_id)
    old = read_record(kind, old_text)
    if isinstance(changes, Mapping):
        new, new_text = checked(from_values(kind, record_id, json.loads(old_text) | dict(changes)))
    else:
        new, new_text = checked(changes)
    if new.kind != kind or new.record_id != record_id:
        raise Refused(f"The id of the {kind} {record_id} cannot be changed: add another record.", where=record_id)
    if isinstance(new, Rehearsal) and new.log_sha256 != old.log_sha256:
        raise Refused(f"The log of the rehearsal {record_id} cannot be changed: save another.", where=record_id)
    if new_text == old_text:
        raise Refused(f"Nothing changes in the {kind} {record_id}.", where=record_id)
    seq = writer.log(Action.AMEND, kind, record_id, old=old_text, new=new_text)
    row_state = (state.version + 1, seq, writer.at, writer.by, None, None, False)
    replace(writer, new, row_state)
    if isinstance(new, FollowUp):
        for procedure in {old.procedure, new.procedure}:
            list_again(writer.connection, procedure)
    if isinstance(new, Procedure) and (new.patient, new.performed_on) != (old.patient, old.performed_on):
        carry_to_follow_ups(writer, new)


def replace(writer: Writer, new: Stored, state: Row) -> None:
    """Put the rows of a record in place of those it had."""
    parent = writer.parents([new]).of(new)
    if parent is not None and parent.series != series_of(writer.connection, new):
        raise Refused(f"The {new.kind} {new.record_id} cannot move to another series.", where=new.record_id)
    rows = empty_rows()
    record_rows(new, parent, state, rows)
    write_over(writer.connection, new.kind, new.record_id, rows)


def series_of(connection: sa.Connection, record: Stored) -> str | None:
    """The series that a record belongs to by the tables."""
    table = MAIN[record.kind]
    return connection.scalar(sa.select(table.c.series).where(next(iter(table.primary_key)) == record.record_id))


def write_over(connection: sa.Connection, kind: str, record_id: str, rows: Mapping[sa.Table, list[Row]]) -> None:
    """Update the row of the record itself, and remove and insert those of its lists."""
    main = MAIN[kind]
    key = next(iter(main.primary_key))
    values = dict(zip(main.columns.keys(), rows[main][0], strict=True))
    connection.execute(main.update().where(key == record_id).values(values))
    event = tables.adverse_event.c
    connection.execute(tables.adverse_event.delete().where(event.owner_kind == kind, event.owner_id == record_id))
    for table, owner in CHILDREN[kind]:
        connection.execute(table.delete().where(table.c[owner] == record_id))
    for table, waiting in rows.items():
        if table is not main:
            insert_rows(connection, table, waiting)


def carry_to_follow_ups(writer: Writer, procedure: Procedure) -> None:
    """Tell the follow-ups of a procedure its new patient and day; their own records do not change."""
    connection, own = writer.connection, tables.follow_up
    found = connection.execute(
        sa.select(own, tables.journal.c.new.label("text"))
        .join(tables.journal, tables.journal.c.seq == own.c.seq)
        .where(own.c.procedure == procedure.procedure_id)
    ).all()
    series = series_of(connection, procedure)
    assert series is not None
    parent = Parent(procedure.patient, series, procedure.performed_on)
    for row in found:
        state = (row.version, row.seq, row.entered_at, row.entered_by, row.signed_by, row.signed_at, row.locked)
        rows = empty_rows()
        record_rows(read_record("follow-up", row.text), parent, state, rows)
        write_over(connection, "follow-up", row.follow_up_id, rows)
    list_again(connection, procedure.procedure_id)


def mark(writer: Writer, kind: str, record_id: str, **values: object) -> None:
    """Set columns of a record's state."""
    table = MAIN[kind]
    key = next(iter(table.primary_key))
    writer.connection.execute(table.update().where(key == record_id).values(values))


def sign(writer: Writer, kind: str, record_id: str, meaning: str) -> None:
    """Sign the present version of a record, saying what the signature means.

    Raises:
        Refused: no meaning, no such record, or the writer has signed this version already.
    """
    state, _ = present(writer, kind, record_id)
    if state.signed_by == writer.by:
        raise Refused(f"{writer.by} has signed the {kind} {record_id} already.", where=record_id)
    said = {"meaning": written(meaning, "what the signature means"), "version": state.version}
    writer.log(Action.SIGN, kind, record_id, old=None, new=json.dumps(said, ensure_ascii=False))
    mark(writer, kind, record_id, signed_by=writer.by, signed_at=writer.at)


def lock(writer: Writer, kind: str, record_id: str) -> None:
    """Close a record to amendments.

    Raises:
        Refused: no reason, no such record, or it is locked.
    """
    written(writer.why, "why")
    state, _ = present(writer, kind, record_id)
    if state.locked:
        raise Refused(f"The {kind} {record_id} is locked already.", where=record_id)
    writer.log(Action.LOCK, kind, record_id, old=None, new=None)
    mark(writer, kind, record_id, locked=True)


def unlock(writer: Writer, kind: str, record_id: str) -> None:
    """Open a locked record to amendments again.

    Raises:
        Refused: no reason, no such record, or it is not locked.
    """
    written(writer.why, "why")
    state, _ = present(writer, kind, record_id)
    if not state.locked:
        raise Refused(f"The {kind} {record_id} is not locked.", where=record_id)
    writer.log(Action.UNLOCK, kind, record_id, old=None, new=None)
    mark(writer, kind, record_id, locked=False)
