"""Records laid out as tidy tables: one row a patient, level, follow-up, rehearsal; one column a field."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

from vertebroplasty.registry.entry.csv_cells import neutral
from vertebroplasty.registry.entry.field_tree import FieldInfo, ValueKind, fields_of
from vertebroplasty.registry.procedure_parts import AdverseEvent, ClockEvent, Leak, TreatedLevel
from vertebroplasty.registry.records import FollowUp, ImagedLevel, NewFracture, Patient, Procedure, Record
from vertebroplasty.registry.rehearsals.record import Rehearsal, SimulatedLeak

__all__ = ["TABLES", "Column", "TidyTable", "cell", "dictionary_rows", "rows_of"]

SEPARATOR = "|"
DICTIONARY_HEADER = ("table", "column", "kind", "allowed", "may be unknown", "description")
FORMS = {
    ValueKind.TEXT: "text; an apostrophe stands before what a spreadsheet would take for a formula",
    ValueKind.OBJECT: "",
}

Walk = Callable[[Any], Iterator[tuple[tuple[Any, ...], Any]]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `path` leads from the object of the row to the value; empty for a key of the table."""

    name: str
    path: tuple[str, ...]
    info: FieldInfo | None
    description: str


@dataclass(frozen=True, slots=True)
class TidyTable:
    """One table: the class of record it comes from, its keys, and what walks to its rows."""

    name: str
    record: type[Record | Rehearsal]
    keys: tuple[tuple[str, str], ...]
    row_class: type[Any]
    walk: Walk

    @property
    def columns(self) -> tuple[Column, ...]:
        """The keys, then the fields of the row's object, objects within it laid flat."""
        return _columns(self)


def rows_of(table: TidyTable, record: Record | Rehearsal) -> Iterator[list[Any]]:
    """The rows of one record in a table, values as the record holds them."""
    columns = table.columns[len(table.keys) :]
    for keys, item in table.walk(record):
        yield [*keys, *(_at(item, column.path) for column in columns)]


def cell(value: Any) -> str:
    """A value as a cell: empty for unknown; numbers and days as they are; text so that it is no formula.

    A list is joined by vertical bars, and is a JSON list where that would not be clear; [] is a list that is empty.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        texts = [str(entry) for entry in value]
        plain = texts and not any(SEPARATOR in text or text.startswith("[") or not text.strip() for text in texts)
        return neutral(SEPARATOR.join(texts) if plain else json.dumps(texts, ensure_ascii=False))
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    return neutral(str(value))


def dictionary_rows() -> Iterator[tuple[str, ...]]:
    """The data dictionary: a header, then every column of every table with its kind, limits and meaning."""
    yield DICTIONARY_HEADER
    for table in TABLES:
        for column in table.columns:
            info = column.info
            if info is None:
                yield (table.name, column.name, "key", "", "no", column.description)
                continue
            kind = FORMS.get(info.kind, str(info.kind))
            kind = f"list of {info.kind}, joined by |, [] if empty" if info.listed else kind
            unknown = "yes" if info.nullable or len(column.path) > 1 else "no"
            yield (table.name, column.name, kind, info.allowed, unknown, column.description)


@cache
def _columns(table: TidyTable) -> tuple[Column, ...]:
    keys = {name for name, _ in table.keys}
    first = tuple(Column(name, (), None, description) for name, description in table.keys)
    return first + tuple(column for column in _flat(table.row_class, (), "") if column.name not in keys)


def _flat(cls: type[Any], path: tuple[str, ...], prefix: str) -> Iterator[Column]:
    for name, info in fields_of(cls).items():
        if info.inner is None:
            yield Column(f"{prefix}{name}", (*path, name), info, info.description)
        elif not info.listed:
            yield from _flat(info.inner, (*path, name), f"{prefix}{name}_")


def _at(item: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if item is None:
            return None
        item = getattr(item, name)
    return item


def _whole(record: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield (record.record_id,), record


def _listed(name: str) -> Walk:
    def walk(record: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        for n, item in enumerate(getattr(record, name)):
            yield (record.record_id, n), item

    return walk


def _leaks(record: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for n, level in enumerate(record.levels):
        for m, leak in enumerate(level.leaks):
            yield (record.record_id, n, m), leak


PROCEDURE_ID = ("procedure_id", "Id of the procedure.")
FOLLOW_UP_ID = ("follow_up_id", "Id of the follow-up.")
REHEARSAL_ID = ("rehearsal_id", "Id of the rehearsal.")
POSITION = ("position", "Place in the list of the record, from 0.")
LEVEL_POSITION = ("level_position", "Place of the level in its procedure, from 0.")

TABLES: tuple[TidyTable, ...] = (
    TidyTable("patient", Patient, (("pseudonym", "Pseudonym."),), Patient, _whole),
    TidyTable("procedure", Procedure, (PROCEDURE_ID,), Procedure, _whole),
    TidyTable("treated_level", Procedure, (PROCEDURE_ID, POSITION), TreatedLevel, _listed("levels")),
    TidyTable("leak", Procedure, (PROCEDURE_ID, LEVEL_POSITION, POSITION), Leak, _leaks),
    TidyTable("clock_event", Procedure, (PROCEDURE_ID, POSITION), ClockEvent, _listed("events")),
    TidyTable("adverse_event", Procedure, (PROCEDURE_ID, POSITION), AdverseEvent, _listed("adverse_events")),
    TidyTable("follow_up", FollowUp, (FOLLOW_UP_ID,), FollowUp, _whole),
    TidyTable("follow_up_event", FollowUp, (FOLLOW_UP_ID, POSITION), AdverseEvent, _listed("adverse_events")),
    TidyTable("imaged_level", FollowUp, (FOLLOW_UP_ID, POSITION), ImagedLevel, _listed("imaged_levels")),
    TidyTable("new_fracture", FollowUp, (FOLLOW_UP_ID, POSITION), NewFracture, _listed("new_fractures")),
    TidyTable("rehearsal", Rehearsal, (REHEARSAL_ID,), Rehearsal, _whole),
    TidyTable("rehearsal_leak", Rehearsal, (REHEARSAL_ID, POSITION), SimulatedLeak, _listed("leaks")),
)
