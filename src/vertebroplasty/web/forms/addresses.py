"""Where the page of a record is: at the row of the journal that entered it, never at an id that somebody typed.

An id may by mistake be a name, and addresses stay behind in histories, bookmarks and logs.  The number of the row is
the journal's primary key, so that a record is found at once among any number; it is never given twice and goes along
into every copy and backup, so that the address outlives a restart without a secret to keep.  The first signs of the
row's hash keep an address of one registry from opening another patient in the next.
"""

import re
from collections.abc import Iterable

import sqlalchemy as sa

from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.bulk import among
from vertebroplasty.web.safety import NotFound

__all__ = ["Addresses", "address_of_record", "addresses", "record_id_at"]

HASH_SIGNS = 10  # [choice] 40 bits: two registries do not agree in a row's number and in these by chance
ADDRESS = re.compile(rf"([1-9][0-9]{{0,17}})-([0-9a-f]{{{HASH_SIGNS}}})", re.ASCII)
NOT_HERE = "There is no such record here: find it from the registry's first page."

Addresses = dict[tuple[str, str], str]


def addresses(connection: sa.Connection, records: Iterable[tuple[str, str]]) -> Addresses:
    """The address of each of the records, which are given by kind and id; unknown ones are left out."""
    own = tables.journal.c
    by_kind: dict[str, set[str]] = {}
    for kind, record_id in records:
        by_kind.setdefault(kind, set()).add(record_id)
    found: Addresses = {}
    for kind, ids in by_kind.items():
        entered = (
            sa.select(sa.func.min(own.seq))
            .where(among(connection, own.record_id, ids), own.kind == kind)
            .group_by(own.record_id)
        )
        rows = connection.execute(sa.select(own.record_id, own.seq, own.hash).where(own.seq.in_(entered)))
        found |= {(kind, record_id): f"{seq}-{row_hash[:HASH_SIGNS]}" for record_id, seq, row_hash in rows}
    return found


def address_of_record(connection: sa.Connection, kind: str, record_id: str) -> str:
    """The address of one record.

    Raises:
        NotFound: there is no such record.
    """
    found = addresses(connection, [(kind, record_id)])
    if not found:
        raise NotFound(NOT_HERE, where="record")
    return found[kind, record_id]


def record_id_at(connection: sa.Connection, kind: str, address: str) -> str:
    """The id of the record of this kind at an address.

    Raises:
        NotFound: there is none; the address is not repeated.
    """
    told = ADDRESS.fullmatch(address)
    own = tables.journal.c
    row = (
        told
        and connection.execute(
            sa.select(own.record_id, own.hash).where(own.seq == int(told[1]), own.kind == kind)
        ).one_or_none()
    )
    if not told or row is None or not row.hash.startswith(told[2]):
        raise NotFound(NOT_HERE, where="record")
    record_id: str = row.record_id
    return record_id
