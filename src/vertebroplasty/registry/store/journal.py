"""The journal: who changed which record, when, why, from what to what; each row carries the hash of the row before.

A row's hash is the SHA-256 of the UTF-8 text of one JSON list without blanks: previous hash, seq, moment in UTC with
microseconds, by, action, kind, record id, why, old, new.  Anyone can recompute it from an export.

What the chain shows: a row changed, removed, added or moved, and a cut tail (the head row counts the rows).  What it
cannot show: somebody who may write the database and rewrites every row from some point on, head included.  Against that
helps only the hash of the head, noted where that person cannot write: on paper, in a letter, in another system.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pydantic_core import to_json

__all__ = ["CONTENT", "FIRST_HASH", "Action", "JournalRow", "row_hash"]

FIRST_HASH = "0" * 64


class Action(StrEnum):
    """What was done to a record."""

    ADD = "add"
    IMPORT = "import"
    AMEND = "amend"
    SIGN = "sign"
    LOCK = "lock"
    UNLOCK = "unlock"


CONTENT = (Action.ADD, Action.IMPORT, Action.AMEND)  # the actions whose `new` is a whole record


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One entry of the journal; `old` and `new` are the JSON texts as hashed, nulls left out."""

    seq: int
    at: datetime
    by: str
    action: str
    kind: str
    record_id: str
    why: str | None
    old: str | None
    new: str | None
    previous_hash: str
    hash: str

    def recomputed_hash(self) -> str:
        """What `hash` has to be."""
        return row_hash(
            self.previous_hash,
            (self.seq, in_utc(self.at), self.by, self.action, self.kind, self.record_id, self.why, self.old, self.new),
        )


def in_utc(at: datetime) -> str:
    """The moment as it is hashed."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def row_hash(previous_hash: str, entry: tuple[int, str, str, str, str, str, str | None, str | None, str | None]) -> str:
    """SHA-256 of a row: the hash before it, then seq, moment, by, action, kind, record id, why, old, new."""
    return hashlib.sha256(to_json((previous_hash, *entry))).hexdigest()
