"""What is wrong with one place of a record, as one sentence with the remedy."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from vertebroplasty.documents.patient_problems import harmless, json_path, nearest, shown
from vertebroplasty.documents.patient_sense import SaidTwice
from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES, FieldInfo, ValueKind, field_at, fields_of
from vertebroplasty.registry.fields import LONGEST_TEXT

__all__ = ["Location", "follows", "plain_problems", "sentence_of", "unreal"]

Location = tuple[int | str, ...]

DAY_FORM = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT_FORM = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})")
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # control characters and lone halves of a pair
A_DAY = "a day is written like 2026-11-20"
A_MOMENT = "a moment is written with its zone, like 2026-11-20T09:30:00+01:00"
WHAT_BELONGS = {
    ValueKind.YES_NO: "it is true or false, without quotes",
    ValueKind.DAY: A_DAY,
    ValueKind.MOMENT: A_MOMENT,
    ValueKind.LEVEL: "it is a level, C1 to C7, T1 to T13, L1 to L6 or S1",
    ValueKind.PSEUDONYM: "a pseudonym has letters, digits and . _ : - without blanks, at most 64, and is never a name",
    ValueKind.TEXT: f"it is a text of 1 to {LONGEST_TEXT} characters in quotes",
    ValueKind.OBJECT: "it is an object of keys and values in braces",
}


def sentence_of(problem: Any, cls: type[Any]) -> str:
    """The sentence for one of pydantic's problems with a record: the place, the value, what belongs there.

    Args:
        problem: one entry of `ValidationError.errors()`.
        cls: class of the record.
    """
    location, kind, value = problem["loc"], problem["type"], problem["input"]
    path = json_path(location)
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return _unknown_key(location, cls)
    info = field_at(cls, location)
    if info is None:
        return f"{path or 'the whole record'} is {shown(value)}: it is an object of keys and values in braces."
    if kind == "missing":
        return f"{path} is missing: add it ({info.description.rstrip('.')})."
    if kind in ("too_short", "too_long"):
        few, many = info.limits.get("min_length", 0), info.limits.get("max_length")
        return f"{path} has {problem['ctx']['actual_length']} entries: it has {few} to {many}."
    if info.listed and not isinstance(location[-1], int):
        return f"{path} is {shown(value)}: it is a list in square brackets{'' if info.nullable else ', [] for none'}."
    return f"{path} is {shown(value)}: {_belongs(info, value)}{', or null if not known' if info.nullable else ''}."


def follows(problem: Any, places: list[Location]) -> bool:
    """Whether a problem only follows from another within it: a list counts as short when an entry is wrong."""
    if problem["type"] != "too_short" or not isinstance(problem["input"], list):
        return False
    here = problem["loc"]
    return any(len(place) > len(here) and place[: len(here)] == here for place in places)


def plain_problems(plain: Any, cls: type[Any], location: Location = ()) -> Iterator[tuple[Location, str]]:
    """What the types do not tell: keys given twice, control characters, a day as a number in quotes, a missing zone.

    Args:
        plain: the parsed JSON, objects as `SaidTwice`; it need not be valid otherwise.
        cls: class of the record or of the part of it at `location`.
        location: where `plain` stands.
    """
    if not isinstance(plain, dict):
        return
    for key in getattr(plain, "repeated", ()) if isinstance(plain, SaidTwice) else ():
        yield (*location, key), "is given twice: keep one"
    known = fields_of(cls)
    for key, value in plain.items():
        info = known.get(key)
        if info is None:
            continue
        entries = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for n, entry in entries:
            here = (*location, key) if n is None else (*location, key, n)
            if info.inner is not None:
                yield from plain_problems(entry, info.inner, here)
            elif isinstance(entry, str) and (why := _unfit(entry, info)):
                yield here, why


def _unfit(text: str, info: FieldInfo) -> str:
    """Why a text cannot stand in a field though its type is right; empty if it can."""
    if STEERING.search(text):
        return "holds a control character such as NUL: remove it"
    if len(text) > LONGEST_TEXT:
        return f"has more than {LONGEST_TEXT} characters: shorten it"
    if info.kind is ValueKind.DAY and (unreal_day := unreal(text, info.kind)):
        return f"is {shown(text)}: {unreal_day}"
    if info.kind is ValueKind.MOMENT and (unreal_moment := unreal(text, info.kind)):
        return f"is {shown(text)}: {unreal_moment}"
    return ""


def unreal(text: str, kind: ValueKind) -> str:
    """Why a text is no day or moment of the calendar, as a clause; empty if it is one."""
    form, says = (DAY_FORM, A_DAY) if kind is ValueKind.DAY else (MOMENT_FORM, A_MOMENT)
    if form.fullmatch(text.strip()) is None:
        return says
    try:
        (date if kind is ValueKind.DAY else datetime).fromisoformat(text.strip())
    except ValueError:
        return "the calendar has no such day" if kind is ValueKind.DAY else "the calendar has no such moment"
    return ""


def _belongs(info: FieldInfo, value: Any) -> str:
    """What belongs in a field instead, as a clause."""
    if info.words:
        words = f"it is one of {', '.join(info.words)}"
        near = nearest(value, info.words) if isinstance(value, str) else None
        return f"{words} (did you mean {near}?)" if near else words
    if info.kind in (ValueKind.NUMBER, ValueKind.WHOLE):
        quotes = ", without quotes" if isinstance(value, str) else ""
        whole = "whole " if info.kind is ValueKind.WHOLE else ""
        return f"it is a {whole}number from {info.allowed}{quotes}"
    if info.kind in (ValueKind.DAY, ValueKind.MOMENT) and isinstance(value, str):
        return unreal(value, info.kind) or WHAT_BELONGS[info.kind]
    if info.kind is ValueKind.CODE:
        return f"it is written as: {info.description.rstrip('.')}"
    return WHAT_BELONGS[info.kind]


def _unknown_key(location: Location, cls: type[Any]) -> str:
    """An unknown key with the place of the same name elsewhere, or the known key most like it."""
    path, name = json_path(location), harmless(str(location[-1]))
    parent = field_at(cls, location[:-1])
    here = list(fields_of(cls if parent is None or parent.inner is None else parent.inner))
    homes = [home for record in (cls, *RECORD_CLASSES.values()) for home in _homes(record, name)]
    near = nearest(name, here)
    meant = [f"{name} stands {homes[0]}"] if homes else []
    meant += [] if near is None else [f"did you mean {near}?"]
    if not meant:
        meant = [f"the nearest is {nearest(name, here, alike=0.0) or here[0]}"]
    return f"{path} is not a known key{' here' if homes else ''}: {', or '.join(meant)}.".replace("?.", "?")


def _homes(cls: type[Any], name: str, path: str = "") -> Iterator[str]:
    """Every place below a record where a key of this name stands, in words."""
    top = cls.__name__ if path == "" else path
    for own, info in fields_of(cls).items():
        if own == name:
            yield f"in {top}" if path else f"at the top of a {getattr(cls, 'kind', top)}"
        if info.inner is not None:
            yield from _homes(info.inner, name, f"{path}.{own}".lstrip(".") + ("[]" if info.listed else ""))
