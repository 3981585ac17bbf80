"""What a reader gets: a record with its state, a patient's page, and what `verify` found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Entry", "PatientPage", "Problem", "Verification"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record as it stands, with who entered it, its signature and its lock.

    `version` counts its amendments from 1; a signature holds for the version it was given to, an amendment ends it.
    """

    record: Any
    version: int
    seq: int
    entered_at: datetime
    entered_by: str
    signed_by: str | None
    signed_at: datetime | None
    locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """A patient with every procedure in order of its day and every follow-up in order of its day."""

    patient: Entry
    procedures: tuple[Entry, ...]
    follow_ups: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that `verify` found: the record it concerns and what is wrong, in a sentence."""

    kind: str
    record_id: str
    seq: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How many rows and records were checked, the hash of the head, and what is wrong; nothing is if `intact`."""

    rows: int
    records: int
    head: str
    problems: tuple[Problem, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.problems
