"""A record as a form: groups of fields with their labels, units, ranges and choices, read from the record itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vertebroplasty.registry.entry.field_tree import FieldInfo, ValueKind, fields_of
from vertebroplasty.web.forms.layout import LEVELS, Group, groups_of, unit_of
from vertebroplasty.web.forms.words import Words, field_words, word_words

__all__ = ["Control", "FieldView", "GroupView", "every", "form_of"]

MOST_GRADES = 8  # [choice] a whole number with no more values than this is chosen from a list
LONG_TEXTS = ("remark", "action", "outcome")


class Control(StrEnum):
    """How a field is filled in."""

    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes-no"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    TEXT = "text"
    LONG_TEXT = "long-text"
    LINES = "lines"
    OBJECT = "object"
    LIST = "list"


CONTROLS = {
    ValueKind.YES_NO: Control.YES_NO,
    ValueKind.NUMBER: Control.NUMBER,
    ValueKind.WHOLE: Control.NUMBER,
    ValueKind.DAY: Control.DAY,
    ValueKind.MOMENT: Control.MOMENT,
    ValueKind.LEVEL: Control.CHOICE,
    ValueKind.WORD: Control.CHOICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of a form.

    `choices` are value and words, `numbers` tells that the values are numbers, `unknown` that null is a choice,
    `inner` the groups of an object or of an entry of a list, `entry` what such an entry is called.
    """

    name: str
    control: Control
    label: Words
    description: str
    unit: str
    allowed: str
    required: bool
    unknown: bool
    numbers: bool = False
    choices: tuple[tuple[str, Words], ...] = ()
    inner: "tuple[GroupView, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Fields under one heading; `key` names the heading, empty for none."""

    key: str
    folded: bool
    fields: tuple[FieldView, ...]


def form_of(cls: type[Any], language: str, order: tuple[Group, ...] | None = None) -> tuple[GroupView, ...]:
    """The form of a class of record, or of a part of one.

    Args:
        cls: a record or a part, as `Procedure` or `Leak`.
        language: of the labels.
        order: groups that come first instead of the usual ones.
    """
    known = fields_of(cls)
    return tuple(
        GroupView(
            key=group.key,
            folded=group.folded,
            fields=tuple(_view(known[name], language, cls.__name__.lower()) for name in group.names),
        )
        for group in groups_of(cls, order)
    )


def every(form: tuple[GroupView, ...]) -> list[FieldView]:
    """The fields of a form without their headings."""
    return [field for group in form for field in group.fields]


def _view(info: FieldInfo, language: str, owner: str) -> FieldView:
    choices, numbers = _choices(info, language)
    return FieldView(
        name=info.name,
        control=_control(info, choices),
        label=field_words(info, language, owner),
        description=info.description,
        unit=unit_of(info.name),
        allowed=info.allowed if info.kind in (ValueKind.NUMBER, ValueKind.WHOLE) and not choices else "",
        required=info.required,
        unknown=info.nullable,
        numbers=numbers or info.kind in (ValueKind.NUMBER, ValueKind.WHOLE),
        choices=choices,
        inner=() if info.inner is None else form_of(info.inner, language),
    )


def _control(info: FieldInfo, choices: tuple[tuple[str, Words], ...]) -> Control:
    if info.inner is not None:
        return Control.LIST if info.listed else Control.OBJECT
    if info.listed:
        return Control.CHOICES if choices else Control.LINES
    if choices:
        return Control.CHOICE
    if info.name in LONG_TEXTS:
        return Control.LONG_TEXT
    return CONTROLS.get(info.kind, Control.TEXT)


def _choices(info: FieldInfo, language: str) -> tuple[tuple[tuple[str, Words], ...], bool]:
    """Values and words of a field that is chosen from a list, and whether the values are numbers."""
    if info.kind is ValueKind.WORD:
        return tuple((word, word_words(word, language)) for word in info.words), False
    if info.kind is ValueKind.LEVEL:
        return tuple((level, Words(level)) for level in LEVELS), False
    if info.kind is ValueKind.WHOLE:
        low, high = info.limits.get("ge"), info.limits.get("le")
        if low is not None and high is not None and high - low < MOST_GRADES:
            return tuple((str(value), Words(str(int(value)))) for value in range(int(low), int(high) + 1)), True
    return (), False
