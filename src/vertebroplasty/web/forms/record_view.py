"""A record as people read it: what is known of it, under the headings of its form."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vertebroplasty.web.forms.fields import Control, FieldView, GroupView, every
from vertebroplasty.web.forms.words import Words

__all__ = ["Known", "Section", "sections"]


@dataclass(frozen=True, slots=True)
class Known:
    """One value with its label and unit."""

    label: Words
    values: tuple[Words, ...]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Known values under a heading: that of a group of the form, or the name of an entry of a list."""

    key: str
    title: str
    known: tuple[Known, ...]
    inner: "tuple[Section, ...]" = ()


def sections(form: tuple[GroupView, ...], plain: Mapping[str, Any], yes_no: Mapping[bool, str]) -> tuple[Section, ...]:
    """The record under the headings of its form; headings with nothing known are left out.

    Args:
        form: of the class of record.
        plain: the record as JSON has it.
        yes_no: the words for true and false.
    """
    return tuple(_sections(form, plain, yes_no))


def _sections(form: tuple[GroupView, ...], plain: Mapping[str, Any], yes_no: Mapping[bool, str]) -> Iterator[Section]:
    for group in form:
        known, inner = _content(group.fields, plain, yes_no)
        if known or inner:
            yield Section(group.key, "", known, inner)


def _content(
    fields: Iterable[FieldView], plain: Mapping[str, Any], yes_no: Mapping[bool, str]
) -> tuple[tuple[Known, ...], tuple[Section, ...]]:
    """Known values, and a section for each object and each entry of a list."""
    known: list[Known] = []
    inner: list[Section] = []
    for field in fields:
        value = plain.get(field.name)
        if value is None or (value == [] and not field.unknown):
            continue
        if field.control is Control.OBJECT:
            inner.append(Section("", str(field.label), *_content(every(field.inner), value, yes_no)))
        elif field.control is Control.LIST:
            inner += [_entry(field, n, entry, yes_no) for n, entry in enumerate(value)]
        else:
            known.append(_known(field, value, yes_no))
    return tuple(known), tuple(inner)


def _entry(field: FieldView, n: int, value: Mapping[str, Any], yes_no: Mapping[bool, str]) -> Section:
    """An entry is called by its first field, a level or a site, which is not said again."""
    first, *rest = every(field.inner)
    called = value.get(first.name)
    title = str(dict(first.choices).get(str(called), called)) if called is not None else str(n + 1)
    return Section(field.name, title, *_content(rest, value, yes_no))


def _known(field: FieldView, value: Any, yes_no: Mapping[bool, str]) -> Known:
    several = value if isinstance(value, list) else [value]
    words = dict(field.choices)
    shown = [yes_no[one] if isinstance(one, bool) else words.get(str(one), str(one)) for one in several]
    texts = tuple(one if isinstance(one, Words) else Words(one) for one in shown) or (Words("–"),)
    return Known(field.label, texts, field.unit)
