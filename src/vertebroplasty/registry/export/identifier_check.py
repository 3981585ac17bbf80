"""Proof that a de-identified export names nobody: every value is of its column's closed form, and no original is there.

Each cell and each JSON value is a number, a coded word, a new id, a shifted day, or a fixed word; nothing else may
stand in the files.  Then every file is read once more as bytes: no original id or name is among its words.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.field_tree import CODED, EXPORTED_CLASSES, FieldInfo, ValueKind, fields_of
from vertebroplasty.registry.export.deidentify_records import DOMAINS, RULE_NAMES, WITHHELD, shipped_names
from vertebroplasty.registry.export.tidy import TABLES, Column
from vertebroplasty.registry.fields import LEVEL
from vertebroplasty.registry.records import OWN_SERIES, Record
from vertebroplasty.registry.rehearsals.record import Rehearsal

__all__ = ["Identifiers", "assert_no_identifier"]

SHORTEST = 4  # [choice] characters: shorter words stand in any file; the form of each column keeps them out
FORMS = sorted({*DOMAINS.values(), "rule", "id"})
NEW_ID = re.compile(rf"({'|'.join(FORMS)})-[a-z2-7]{{16}}")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
CODE = re.compile(r"[0-9]+")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LEVEL_NAME = re.compile(LEVEL["pattern"])
WORD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]*[A-Za-z0-9]")


@dataclass(slots=True)
class Identifiers:
    """What must not survive: ids, names and texts as they stood, and days; the first of these bounds the new ones."""

    names: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)

    def see(self, record: Record | Rehearsal) -> None:
        """Take in everything in a record that could name somebody."""
        self._see(record)

    def _see(self, item: Any) -> None:
        for name, info in fields_of(type(item)).items():
            value = getattr(item, name)
            if value is None or (info.kind in CODED and info.inner is None):
                continue
            for entry in value if info.listed else (value,):
                if info.inner is not None:
                    self._see(entry)
                elif isinstance(entry, datetime):
                    self.days.add(entry.date().isoformat())
                elif isinstance(entry, date):
                    self.days.add(entry.isoformat())
                elif entry != OWN_SERIES:
                    self.names.add(str(entry))


def assert_no_identifier(folder: Path, identifiers: Identifiers, *, fixed: dict[str, bytes]) -> None:
    """Refuse a folder in whose files anything of the originals survives.

    Args:
        folder: the finished export.
        identifiers: everything that must not survive.
        fixed: files whose whole content is known beforehand, by name.

    Raises:
        Refused: a file that does not belong there, a value that is not of its column's form, a day that is not before
            the first original one, or an original id or name among the words of a file.  The message names
            file and line, never the value.
    """
    bound = min(identifiers.days, default="9999-12-31")
    tables = {f"{table.name}.csv": table for table in TABLES}
    for path in sorted(folder.iterdir()):
        if path.name in fixed:
            if path.read_bytes() != fixed[path.name]:
                raise _survives(path, 0)
            continue
        if path.name in tables:
            found = _table_problem(path, tables[path.name].columns, bound)
        elif path.suffix == ".jsonl":
            found = _json_problem(path, bound)
        else:
            found = 0
        if found is None:
            found = _word_problem(path, identifiers)
        if found is not None:
            raise _survives(path, found)


def _survives(path: Path, line: int) -> Refused:
    told = f"{path.name}, line {line}, may hold something that names a person: nothing was exported, report this."
    return Refused(told, where=path.name)


def _table_problem(path: Path, columns: tuple[Column, ...], bound: str) -> int | None:
    """The first line of a table with a cell that is not of its column's form."""
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.reader(stream), start=1):
            if number == 1:
                if row != [column.name for column in columns]:
                    return number
            elif len(row) != len(columns) or not all(map(_cell_fits, row, columns, [bound] * len(row))):
                return number
    return None


def _cell_fits(cell: str, column: Column, bound: str) -> bool:
    info = column.info
    if info is None:
        return NEW_ID.fullmatch(cell) is not None or ("position" in column.name and CODE.fullmatch(cell) is not None)
    if cell in ("", "[]"):
        return True
    return all(_fits(part, info, bound) for part in (cell.split("|") if info.listed else [cell]))


def _fits(text: str, info: FieldInfo, bound: str) -> bool:
    """Whether a text is of the closed form of its field."""
    if info.words:
        return text in info.words
    if info.kind in (ValueKind.NUMBER, ValueKind.WHOLE):
        return NUMBER.fullmatch(text) is not None
    if info.kind is ValueKind.DAY:
        return DAY.fullmatch(text) is not None and text < bound
    fixed = {
        ValueKind.YES_NO: text in ("true", "false"),
        ValueKind.LEVEL: LEVEL_NAME.fullmatch(text) is not None,
        ValueKind.CODE: CODE.fullmatch(text) is not None,
        ValueKind.PSEUDONYM: NEW_ID.fullmatch(text) is not None or (info.name == "series" and text == OWN_SERIES),
        ValueKind.TEXT: NEW_ID.fullmatch(text) is not None or text == WITHHELD,
    }
    shipped = info.name in RULE_NAMES and text.partition("/")[0] in shipped_names()
    return shipped or fixed.get(info.kind, False)


def _json_problem(path: Path, bound: str) -> int | None:
    """The first line of a JSON-lines file with a value that is not of its field's form."""
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            plain = json.loads(line)
            kind = plain.pop("kind", None)
            if kind not in EXPORTED_CLASSES or not all(_values_fit(plain, EXPORTED_CLASSES[kind], bound)):
                return number
    return None


def _values_fit(plain: dict[str, Any], cls: type[Any], bound: str) -> Iterator[bool]:
    known = fields_of(cls)
    for key, value in plain.items():
        info = known.get(key)
        if info is None:
            yield False
            return
        for entry in value if isinstance(value, list) else [value]:
            if info.inner is not None:
                yield from _values_fit(entry, info.inner, bound)
            else:
                text = ("true" if entry else "false") if isinstance(entry, bool) else str(entry)
                yield _fits(text, info, bound)


def _word_problem(path: Path, identifiers: Identifiers) -> int | None:
    """The first line in which an original id, name or text of one word stands as a word."""
    allowed = {word for words in _coded_words() for word in words}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            for raw in WORD.findall(line):
                word = raw.decode()
                plain = len(word) < SHORTEST or NUMBER.fullmatch(word) is not None or word in allowed
                if not plain and word in identifiers.names:
                    return number
    return None


def _coded_words() -> Iterator[Iterable[str]]:
    """Words that stand in every export, whatever anybody is called: columns, coded words, ids of shipped rules."""
    yield shipped_names()
    yield (WITHHELD, OWN_SERIES, "true", "false", "null", *LEVELS, *EXPORTED_CLASSES)
    for table in TABLES:
        yield (table.name, *(column.name for column in table.columns))
        for column in table.columns:
            if column.info is not None:
                yield column.info.words
    for cls in EXPORTED_CLASSES.values():
        yield _names(cls)


def _names(cls: type[Any]) -> list[str]:
    found: list[str] = []
    for name, info in fields_of(cls).items():
        found.append(name)
        if info.inner is not None:
            found += _names(info.inner)
    return found
