"""Finding records by the beginning of an id: patients, and procedures and follow-ups by their own or their parent's."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from vertebroplasty.documents.registry import ListEntry
from vertebroplasty.registry.describing import list_entry
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.changing import is_id
from vertebroplasty.registry.store.looking import entries
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.addresses import Addresses, addresses

__all__ = ["Latest", "found", "latest"]

KINDS = ("patient", "procedure", "follow-up")
MOST_LATEST = 15  # [choice] rows of the journal on the first page
MOST_FOUND = 50  # [choice] of each kind: a screen of them
LAST = "\U0010ffff"  # sorts after every sign of an id
KEYS: dict[str, tuple[sa.Column[str], ...]] = {
    "patient": (tables.patient.c.pseudonym,),
    "procedure": (tables.procedure.c.procedure_id, tables.procedure.c.patient),
    "follow-up": (tables.follow_up.c.follow_up_id, tables.follow_up.c.procedure),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """One of the last rows of the journal."""

    at: str
    by: str
    action: str
    kind: str
    record_id: str
    address: str


def latest(registry: Registry) -> tuple[Latest, ...]:
    """What was done last to a patient, a procedure or a follow-up, the latest first."""
    own = tables.journal.c
    query = (
        sa.select(own.at, own.by, own.action, own.kind, own.record_id)
        .where(own.kind.in_(KINDS))
        .order_by(own.seq.desc())
        .limit(MOST_LATEST)
    )
    with registry.reading() as connection:
        rows = connection.execute(query).all()
        known = addresses(connection, ((kind, record_id) for *_, kind, record_id in rows))
    return tuple(
        Latest(
            at=at.isoformat(sep=" ", timespec="minutes")[:16],
            by=by,
            action=action,
            kind=kind,
            record_id=record_id,
            address=known[kind, record_id],
        )
        for at, by, action, kind, record_id in rows
    )


def found(registry: Registry, text: str) -> tuple[dict[str, tuple[ListEntry, ...]], Addresses]:
    """The first records of each kind whose id begins so, and their addresses; none where the text can begin no id."""
    wanted = text.strip()
    if not is_id(wanted):
        return {}, {}
    with registry.reading() as connection:
        entries_of = {kind: tuple(_of_kind(connection, kind, wanted)) for kind in KINDS}
        return entries_of, addresses(
            connection, ((each.kind, each.id) for all_of in entries_of.values() for each in all_of)
        )


def _of_kind(connection: sa.Connection, kind: str, wanted: str) -> Iterator[ListEntry]:
    begins = sa.or_(*(sa.and_(key >= wanted, key < wanted + LAST) for key in KEYS[kind]))
    for entry in entries(connection, kind, begins, limit=MOST_FOUND):
        yield list_entry(entry)
