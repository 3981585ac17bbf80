"""Entering and amending from the browser: the registry's own functions, in the order of the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.entering import enter, recheck
from vertebroplasty.registry.entry.finding import Finding
from vertebroplasty.registry.entry.reading import record_json
from vertebroplasty.registry.records import Procedure, Record
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.addresses import address_of_record
from vertebroplasty.web.forms.problems import read
from vertebroplasty.web.safety import Conflict

__all__ = ["Saved", "add", "also_looked_for_with", "amend", "place_of_part", "with_part"]

AMENDING = Lock()  # between reading a version and writing the next no other browser may write one


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What was kept, and the warnings about it."""

    record: Record
    warnings: tuple[Finding, ...]

    def as_json(self, registry: Registry) -> dict[str, Any]:
        """What the form is told."""
        with registry.reading() as connection:
            address = address_of_record(connection, self.record.kind, self.record.record_id)
        return {
            "kind": self.record.kind,
            "id": self.record.record_id,
            "address": address,
            "warnings": [{"path": one.path, "sentence": one.sentence} for one in self.warnings],
        }


def add(
    registry: Registry, plain: Mapping[str, Any], kind: str, *, by: str, why: str | None, not_a_duplicate: str | None
) -> Saved:
    """Enter a new record.

    Raises:
        Refused: something is wrong with it, or it is kept already.
    """
    record = read(plain, kind)
    found = enter(
        registry,
        [record],
        by=by,
        why=why or None,
        today=date.today(),
        not_a_duplicate_because=not_a_duplicate or None,
    )
    return Saved(record=record, warnings=found)


def amend(
    registry: Registry, plain: Mapping[str, Any], kind: str, record_id: str, *, by: str, why: str, version: int
) -> Saved:
    """Put a new version of a record beside the old one.

    Args:
        registry: where it is.
        plain: the whole new record.
        kind: patient, procedure or follow-up.
        record_id: id of the record.
        by: who amends it.
        why: the reason.
        version: the version that was on the screen.

    Raises:
        Conflict: another version was entered meanwhile.
        Refused: something is wrong with it, nothing changes, there is no reason, or the record is locked.
    """
    new = read(plain, kind)
    with AMENDING:
        refuse_older(registry, kind, record_id, version)
        found = recheck(registry, new, today=date.today())
        registry.amend(kind, record_id, new, by=by, why=why)
    return Saved(record=new, warnings=found)


def refuse_older(registry: Registry, kind: str, record_id: str, version: int) -> None:
    """Refuse where the screen showed another version than the one that is kept.

    Raises:
        Conflict: it did.
        Refused: there is no such record.
    """
    kept = registry.get(kind, record_id)
    if kept.version != version:
        raise Conflict(
            f"{kept.entered_by} entered version {kept.version} of the {kind} {record_id} meanwhile, and version "
            f"{version} was shown: load it again.",
            where=record_id,
        )


def place_of_part(record: Procedure, part: str, level: str | None) -> tuple[str | int, ...]:
    """Where one more leak or adverse event of a procedure stands in its record.

    Raises:
        Refused: the level of a leak was not treated.
    """
    if part == "adverse_events":
        return (part, len(record.adverse_events))
    for n, treated in enumerate(record.levels):
        if treated.level == level:
            return ("levels", n, part, len(treated.leaks))
    names = ", ".join(treated.level for treated in record.levels)
    raise Refused(f"Say at which of the treated levels the leak is: {names}.", where="at_level")


def with_part(record: Record, place: Sequence[str | int], content: Mapping[str, Any]) -> dict[str, Any]:
    """A record as plain values with one more entry at the end of a list."""
    plain = record_json(record)
    here: Any = plain
    for step in place[:-2]:
        here = here[step]
    here[place[-2]] = [*here.get(place[-2], ()), dict(content)]
    return plain


def also_looked_for_with(plain: dict[str, Any], level: int, modalities: Sequence[str]) -> None:
    """Add to what the leaks of a level were looked for with: a leak seen on CT was looked for with CT."""
    treated = plain["levels"][level]
    known = treated.get("leaks_looked_for_with", [])
    treated["leaks_looked_for_with"] = [*known, *(one for one in modalities if one not in known)]
