"""Records and their state in words, for lists and pages."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vertebroplasty.documents.registry import ListEntry, RecordDocument, StateEntry
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.store.entries import Entry

if TYPE_CHECKING:
    from vertebroplasty.registry.store.journal import JournalRow

__all__ = ["history_entry", "list_entry", "list_line", "record_lines", "state_entry", "state_line"]


def state_entry(entry: Entry) -> StateEntry:
    """Version, author, signature and lock of a record."""
    return StateEntry(
        version=entry.version,
        entered_at=entry.entered_at.isoformat(timespec="seconds"),
        entered_by=entry.entered_by,
        signed_by=entry.signed_by,
        locked=entry.locked,
    )


def state_line(entry: Entry) -> str:
    """The state in a few words."""
    signed = f", signed by {entry.signed_by}" if entry.signed_by else ", not signed"
    return f"version {entry.version} by {entry.entered_by}{signed}{', locked' if entry.locked else ''}"


def list_entry(entry: Entry) -> ListEntry:
    """One line of a list."""
    record = entry.record
    patient, day = record.record_id, None
    if isinstance(record, Rehearsal):
        patient, day = None, None if record.ended_at is None else record.ended_at.date()
    elif isinstance(record, Procedure):
        patient, day = record.patient, record.performed_on
    elif isinstance(record, FollowUp):
        patient, day = record.procedure, record.seen_on
    return ListEntry(
        kind=record.kind,
        id=record.record_id,
        patient=patient,
        day=None if day is None else day.isoformat(),
        what=_what(record),
        state=state_entry(entry),
    )


def list_line(entry: ListEntry) -> str:
    """The entry for people."""
    marks = (
        f"v{entry.state.version}{' signed' if entry.state.signed_by else ''}{' locked' if entry.state.locked else ''}"
    )
    return f"{entry.id:24s} {entry.day or '          '}  {entry.what}  [{marks}]"


def history_entry(row: "JournalRow") -> dict[str, Any]:
    """One row of the journal: who, when, why, old and new."""
    return {
        "row": row.seq,
        "at": row.at.isoformat(),
        "by": row.by,
        "action": str(row.action),
        "why": row.why,
        "old": None if row.old is None else json.loads(row.old),
        "new": None if row.new is None else json.loads(row.new),
        "hash": row.hash,
    }


def record_lines(document: RecordDocument) -> Iterator[str]:
    """The record for people: what is known, then what belongs to it, then what happened to it."""
    yield from _known(document.record, "")
    for entry in document.belonging:
        yield f"  {entry.kind:10s} {list_line(entry)}"
    for row in document.history:
        why = f": {row['why']}" if row["why"] else ""
        yield f"{row['at'][:19]}  {row['action']} by {row['by']}{why}"


def _known(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _known(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from _known(value, f"{path}[{n}]")
    elif node is not None:
        yield f"{path:40s} {json.dumps(node, ensure_ascii=False) if isinstance(node, bool) else node}"


def _what(record: Any) -> str:
    if isinstance(record, Patient):
        return ", ".join(str(part) for part in (record.sex, record.birth_year, record.series) if part is not None)
    if isinstance(record, Procedure):
        leaks = sum(len(level.leaks) for level in record.levels)
        volumes = [level.cement.total_ml for level in record.levels if level.cement]
        known = [ml for ml in volumes if ml is not None]
        parts = [f"{record.patient}", "+".join(level.level for level in record.levels)]
        parts += [f"{sum(known):.1f} ml"] if known else []
        parts += [f"{leaks} leak{'s' * (leaks > 1)}"] if leaks else []
        return ", ".join(parts)
    if isinstance(record, Rehearsal):
        return f"{record.case}, {record.level}"
    pain = f"pain {record.pain_nrs:g}/10" if record.pain_nrs is not None else ""
    return ", ".join(part for part in (record.procedure, str(record.window or ""), pain) if part)
