"""What fields a record has, read from the records themselves: kind of value, limits, coded words, description.

Entry, tables, mapping and the data dictionary all ask here, so that none of them repeats the records.
"""

import typing
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from types import NoneType
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.registry.fields import LEVEL, PSEUDONYM, TEXT
from vertebroplasty.registry.records import FollowUp, Patient, Procedure, Record
from vertebroplasty.registry.rehearsals.record import Rehearsal

__all__ = [
    "CODED",
    "EXPORTED_CLASSES",
    "RECORD_CLASSES",
    "FieldInfo",
    "ValueKind",
    "field_at",
    "fields_of",
    "leaves",
    "record_class",
]

RECORD_CLASSES: dict[str, type[Record]] = {kind.kind: kind for kind in (Patient, Procedure, FollowUp)}
EXPORTED_CLASSES: dict[str, type[Record | Rehearsal]] = {**RECORD_CLASSES, Rehearsal.kind: Rehearsal}
"""What is entered by hand or from a table, and rehearsals, which come from their log alone."""

_FIELDS: dict[type[Any], dict[str, "FieldInfo"]] = {}


class ValueKind(StrEnum):
    """What stands in a field."""

    WORD = "word"
    NUMBER = "number"
    WHOLE = "whole number"
    YES_NO = "yes or no"
    DAY = "day"
    MOMENT = "moment"
    LEVEL = "level"
    PSEUDONYM = "pseudonym"
    CODE = "code"
    TEXT = "text"
    OBJECT = "object"


CODED = (ValueKind.WORD, ValueKind.NUMBER, ValueKind.WHOLE, ValueKind.YES_NO, ValueKind.LEVEL, ValueKind.CODE)
"""Kinds of value that are a word of a list, a number or digits of a fixed form, and so cannot hold a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldInfo:
    """One field: `words` are its coded words, `inner` the class of an object, `listed` whether it holds several."""

    name: str
    kind: ValueKind
    description: str
    listed: bool
    nullable: bool
    required: bool
    limits: dict[str, Any]
    words: tuple[str, ...] = ()
    inner: type[Any] | None = None

    @property
    def allowed(self) -> str:
        """What the field takes, as a reader of a table needs it: `0 to 30`, `female, male or other`."""
        if self.words:
            return ", ".join(self.words)
        low, high = self.limits.get("ge"), self.limits.get("le")
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        return {
            ValueKind.DAY: "YYYY-MM-DD",
            ValueKind.MOMENT: "YYYY-MM-DDThh:mm:ss+hh:mm",
            ValueKind.LEVEL: "C1 to C7, T1 to T13, L1 to L6, S1",
            ValueKind.PSEUDONYM: "letters, digits and . _ : - without blanks, at most 64",
            ValueKind.YES_NO: "true or false",
            ValueKind.CODE: str(self.limits.get("pattern", "")),
        }.get(self.kind, "")


def record_class(kind: str) -> type[Record]:
    """The class of a kind of record.

    Raises:
        Refused: no record has that kind.
    """
    if kind not in RECORD_CLASSES:
        raise Refused(f"{kind[:40]!r} is no kind of record: it is one of {', '.join(RECORD_CLASSES)}.", where="kind")
    return RECORD_CLASSES[kind]


def fields_of(cls: type[Any]) -> dict[str, FieldInfo]:
    """The fields of a record or of a part of one, by name, in their order."""
    if cls not in _FIELDS:
        hints = typing.get_type_hints(cls)
        _FIELDS[cls] = {field.name: _info(field, hints[field.name]) for field in fields(cls)}
    return _FIELDS[cls]


def leaves(cls: type[Any], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every value below a record with its path; a list stands as `[]`: `levels[].cement.total_ml`."""
    for name, info in fields_of(cls).items():
        here = f"{path}.{name}".lstrip(".") + ("[]" if info.listed and info.inner is not None else "")
        if info.inner is None:
            yield here, info
        else:
            yield from leaves(info.inner, here)


def field_at(cls: type[Any], names: tuple[int | str, ...]) -> FieldInfo | None:
    """The field at a location such as ("levels", 0, "level"); None where there is none."""
    info: FieldInfo | None = None
    here: type[Any] | None = cls
    for part in names:
        if isinstance(part, int):
            continue
        info = None if here is None else fields_of(here).get(part)
        here = None if info is None else info.inner
    return info


def _info(field: Any, hint: Any) -> FieldInfo:
    """One field as its declaration tells it."""
    parts = typing.get_args(hint) if _is_union(hint) else (hint,)
    nullable = NoneType in parts
    (plain,) = (part for part in parts if part is not NoneType)
    listed = typing.get_origin(plain) is tuple
    value = typing.get_args(plain)[0] if listed else plain
    metadata = dict(field.metadata)
    description = metadata.pop("description", "")
    kind, words, more = _kind(value, {} if listed else metadata)
    return FieldInfo(
        name=field.name,
        kind=kind,
        description=description,
        listed=listed,
        nullable=nullable,
        required=not nullable and _has_no_default(field),
        limits=metadata | more,
        words=words,
        inner=value if is_dataclass(value) and isinstance(value, type) else None,
    )


def _is_union(hint: Any) -> bool:
    return NoneType in typing.get_args(hint)


def _has_no_default(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _kind(value: Any, metadata: dict[str, Any]) -> tuple[ValueKind, tuple[str, ...], dict[str, Any]]:
    """Kind of value, its coded words, and limits that the type itself sets."""
    if typing.get_origin(value) is typing.Literal:
        return ValueKind.WORD, tuple(map(str, typing.get_args(value))), {}
    if isinstance(value, type) and issubclass(value, IntEnum):
        return ValueKind.WHOLE, (), {"ge": min(value), "le": max(value)}
    if isinstance(value, type) and issubclass(value, StrEnum):
        return ValueKind.WORD, tuple(str(word) for word in value), {}
    plain = {
        bool: ValueKind.YES_NO,
        int: ValueKind.WHOLE,
        float: ValueKind.NUMBER,
        datetime: ValueKind.MOMENT,
        date: ValueKind.DAY,
    }
    if value in plain:
        return plain[value], (), {}
    if value is str:
        forms = {LEVEL["pattern"]: ValueKind.LEVEL, PSEUDONYM["pattern"]: ValueKind.PSEUDONYM}
        forms |= {TEXT["pattern"]: ValueKind.TEXT, None: ValueKind.TEXT}
        return forms.get(metadata.get("pattern"), ValueKind.CODE), (), {}
    return ValueKind.OBJECT, (), {}
