"""What happened to a record, read from its journal: who, when, why, and which values changed from what to what."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vertebroplasty.registry.store.journal import JournalRow

__all__ = ["Change", "Happening", "changes", "happenings"]

SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changed; empty where there was or is none."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One row of the journal."""

    seq: int
    at: str
    by: str
    action: str
    why: str
    meaning: str
    changed: tuple[Change, ...]


def happenings(rows: tuple[JournalRow, ...]) -> tuple[Happening, ...]:
    """The journal of a record, the latest first."""
    return tuple(_happening(row) for row in reversed(rows))


def changes(old: Any, new: Any) -> tuple[Change, ...]:
    """Every value that differs between two versions of a record, by its place."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    places = [*before, *(place for place in after if place not in before)]
    return tuple(
        Change(place, before.get(place, ""), after.get(place, ""))
        for place in places
        if before.get(place) != after.get(place)
    )


def _happening(row: JournalRow) -> Happening:
    old = None if row.old is None else json.loads(row.old)
    new = None if row.new is None else json.loads(row.new)
    signed = str(row.action) == "sign"
    return Happening(
        seq=row.seq,
        at=row.at.isoformat(sep=" ", timespec=SECONDS),
        by=row.by,
        action=str(row.action),
        why=row.why or "",
        meaning=str(new.get("meaning", "")) if signed and isinstance(new, dict) else "",
        changed=() if signed or old is None else changes(old, new),
    )


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every known value below a place, as text."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list) and node:
        for n, value in enumerate(node):
            yield from _leaves(value, f"{path}[{n}]")
    elif node not in (None, []):
        yield path, node if isinstance(node, str) else json.dumps(node, ensure_ascii=False)
