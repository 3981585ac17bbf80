"""The field of a record that a path in a mapping names, as `procedure.levels[0].cement.total_ml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vertebroplasty.documents.patient_problems import harmless, nearest
from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES, FieldInfo, fields_of, leaves

__all__ = ["ROWS", "Location", "Place", "place_of"]

MOST_ENTRIES = 12  # [choice] of a numbered list in one row, as many as levels of one procedure
ROWS: dict[str, tuple[str, ...]] = {
    "patient": ("patient",),
    "procedure": ("patient", "procedure"),
    "level": ("patient", "procedure"),
    "follow-up": ("follow-up",),
}
PART = re.compile(r"([a-z0-9_]+)(?:\[([0-9]{0,3})\])?")

Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A field of a record that a column or a constant fills; where a row is a level, its level is entry 0."""

    kind: str
    location: Location
    info: FieldInfo
    words: Mapping[str, Any] = field(default_factory=dict)


def place_of(path: str, rows: str) -> Place:
    """The field that a path such as `procedure.levels[0].cement.total_ml` names.

    Raises:
        ValueError: it names none; the text says what is wrong, as the rest of a sentence.
    """
    kind, _, rest = path.strip().partition(".")
    if kind not in ROWS[rows]:
        raise ValueError(
            f"begins with {harmless(kind)!r}: where a row is a {rows} it begins with {' or '.join(ROWS[rows])}"
        )
    cls: Any = RECORD_CLASSES[kind]
    location: list[int | str] = []
    info = None
    for part in rest.split("."):
        told = PART.fullmatch(part)
        if told is None or cls is None:
            raise ValueError("is no path to a value: write it like procedure.levels[0].cement.total_ml")
        named, entry = told.groups()
        info = fields_of(cls).get(named)
        if info is None:
            raise ValueError(_no_field(kind, named, cls))
        location.append(named)
        cls = info.inner
        if cls is not None and info.listed:
            location.append(_entry(named, entry, rows))
        elif entry is not None:
            raise ValueError(f"numbers {named}, which is one value: leave the brackets out")
    if info is None or info.inner is not None:
        raise ValueError("names an object: go on with one of its fields")
    return Place(kind=kind, location=tuple(location), info=info)


def _entry(named: str, entry: str | None, rows: str) -> int:
    """The number of a list's entry, 0 for the row's own level."""
    if rows == "level" and named == "levels":
        if entry not in (None, ""):
            raise ValueError("numbers the level, but each row is one: write levels[]")
        return 0
    if not entry:
        raise ValueError(f"does not say which of the {named} is meant: write {named}[0] for the first")
    if int(entry) >= MOST_ENTRIES:
        raise ValueError(f"asks for {named}[{entry}]: a row holds at most {MOST_ENTRIES} of them")
    return int(entry)


def _no_field(kind: str, named: str, cls: type[Any]) -> str:
    """What is wrong with a name that the object at its place does not have."""
    near = nearest(named, fields_of(cls))
    home = next((path for path, info in leaves(RECORD_CLASSES[kind]) if info.name == named), None)
    meant = f"did you mean {near}?" if near else f"its fields are {', '.join(fields_of(cls))}"
    return f"names {named}, which is no field there: " + (f"it stands at {kind}.{home}" if home else meant)
