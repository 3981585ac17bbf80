"""The mapping file of an import: which column of a table goes into which field, and how its cells are written.

A mapping is a TOML file with the tables `table` (what a row is, encoding, delimiter, decimal mark, form of days),
`columns` (every column of the header; "" leaves one out) and `constants` (the same value for every row).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from vertebroplasty.documents.input_problems import parsed_toml
from vertebroplasty.documents.patient_problems import harmless, nearest, shown
from vertebroplasty.documents.user_files import content_of, shown_name
from vertebroplasty.errors import Refused
from vertebroplasty.files.reading import Unusable, plain_text
from vertebroplasty.registry.entry.csv_cells import CellForm
from vertebroplasty.registry.entry.csv_places import ROWS, Location, Place, place_of
from vertebroplasty.registry.entry.csv_text import DELIMITERS, ENCODINGS

__all__ = ["TableMapping", "parse_mapping", "read_mapping"]

LARGEST_FILE_BYTES = 1_000_000  # [choice] a mapping is a few kB
MOST_PROBLEMS_SHOWN = 20  # [choice] a screen of them
TABLE_KEYS = ("rows", "encoding", "delimiter", "decimal", "day", "moment", "zone", "unknown", "separator")
COLUMN_KEYS = ("field", "words")
TWO_DIGIT_YEAR = re.compile(r"%[yDxcG]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """How a table is read; `columns` holds None for a column that is left out."""

    rows: str
    columns: Mapping[str, Place | None]
    constants: Sequence[tuple[Place, Any]]
    form: CellForm
    encoding: str | None = None
    delimiter: str | None = None
    unknown: frozenset[str] = frozenset({""})


def read_mapping(path: Path) -> TableMapping:
    """Read a mapping file.

    Raises:
        Refused: no such file, larger than 1 MB; or as `parse_mapping`.
    """
    name = shown_name(path)
    content = content_of(path, most_bytes=LARGEST_FILE_BYTES, usual="a mapping is a few kB")
    try:
        text = plain_text(content)
    except Unusable as unusable:
        raise Refused(f"{name} {unusable.fault}: save it as UTF-8.", where=name) from None
    return parse_mapping(text, name=name)


def parse_mapping(text: str, *, name: str = "mapping.toml") -> TableMapping:
    """The mapping in a TOML text.

    Raises:
        Refused: not TOML; or, all listed at once: unknown keys (with the nearest known one), fields that no record has,
            a field filled twice, an encoding, delimiter, form of day or zone that is not known.
    """
    plain = parsed_toml(text, name, remedy="check its quotes and brackets")
    problems = [
        _unknown(key, ("table", "columns", "constants"))
        for key in plain
        if key not in ("table", "columns", "constants")
    ]
    table = _tables(plain, "table", problems)
    rows = table.get("rows")
    if not isinstance(rows, str) or rows not in ROWS:
        problems.append(f"table.rows is {shown(rows)}: it says what a row is, one of {', '.join(ROWS)}.")
        raise _refusal(name, problems)
    _check_table(table, problems)
    columns = {
        str(column): _column(str(column), told, rows, problems)
        for column, told in _tables(plain, "columns", problems).items()
    }
    constants = [
        (place, value)
        for path, value in _tables(plain, "constants", problems).items()
        if (place := _place(f"constants.{path}", path, rows, problems)) is not None
    ]
    _twice([place for place in columns.values() if place is not None] + [place for place, _ in constants], problems)
    if not any(columns.values()):
        problems.append("columns names no field: say for at least one column where it goes.")
    if problems:
        raise _refusal(name, problems)
    form = {key: table[key] for key in ("decimal", "day", "moment", "zone", "separator") if key in table}
    return TableMapping(
        rows=rows,
        columns=columns,
        constants=tuple(constants),
        form=CellForm(**form),
        encoding=table.get("encoding"),
        delimiter=table.get("delimiter"),
        unknown=frozenset({"", *(cell.strip() for cell in table.get("unknown", ()))}),
    )


def _tables(plain: Mapping[str, Any], key: str, problems: list[str]) -> dict[str, Any]:
    table = plain.get(key, {})
    if not isinstance(table, dict):
        problems.append(f"{key} is {shown(table)}: it is a table, [{key}].")
        return {}
    return table


def _check_table(table: Mapping[str, Any], problems: list[str]) -> None:
    """What `table` says about the file."""
    problems += [_unknown(f"table.{key}", TABLE_KEYS) for key in table if key not in TABLE_KEYS]
    for key in set(TABLE_KEYS) - {"unknown"}:
        if key in table and not isinstance(table[key], str):
            problems.append(f"table.{key} is {shown(table[key])}: it is a text in quotes.")
    choices = {"encoding": ENCODINGS, "delimiter": DELIMITERS, "decimal": (".", ",")}
    for key, known in choices.items():
        if table.get(key, known[0]) not in known:
            words = ", ".join(map(repr, known))
            problems.append(f"table.{key} is {shown(table[key])}: it is one of {words}.")
    for key in ("day", "moment"):
        if TWO_DIGIT_YEAR.search(str(table.get(key, ""))) is not None:
            problems.append(f"table.{key} has no year of four digits: write it with %Y, since 26 may be 1926 or 2026.")
        elif key in table and "%Y" not in str(table[key]):
            problems.append(f"table.{key} has no year: write it like %d.%m.%Y.")
    unknown = table.get("unknown", [])
    if not isinstance(unknown, list) or not all(isinstance(cell, str) for cell in unknown):
        problems.append('table.unknown is a list of texts, as ["", "NA"].')
    try:
        ZoneInfo(str(table.get("zone", "UTC")))
    except (ValueError, OSError, KeyError):
        problems.append(f"table.zone is {shown(table.get('zone'))}: it is the name of a zone, as Europe/Paris.")
    if table.get("separator", "|") == "":
        problems.append("table.separator is empty: it stands between the entries of a list.")


def _column(column: str, told: Any, rows: str, problems: list[str]) -> Place | None:
    """Where a column goes; None if it is left out or wrong."""
    where = f"columns.{shown(column)}"
    words: Any = {}
    if isinstance(told, dict):
        problems += [_unknown(f"{where}.{key}", COLUMN_KEYS) for key in told if key not in COLUMN_KEYS]
        told, words = told.get("field"), told.get("words", {})
    if not isinstance(told, str) or not isinstance(words, dict):
        problems.append(f'{where} is {shown(told)}: it is a field in quotes, "" to leave it out, or {{field, words}}.')
        return None
    if not told:
        return None
    place = _place(where, told, rows, problems)
    if place is None:
        return None
    return Place(kind=place.kind, location=place.location, info=place.info, words=words)


def _place(where: str, path: str, rows: str, problems: list[str]) -> Place | None:
    try:
        return place_of(path, rows)
    except ValueError as wrong:
        problems.append(f"{where}: {harmless(path)!r} {wrong}.".replace("?.", "?"))
        return None


def _twice(places: Sequence[Place], problems: list[str]) -> None:
    seen: set[tuple[str, Location]] = set()
    for place in places:
        key = (place.kind, place.location)
        if key in seen:
            problems.append(f"{place.kind}.{place.info.name} is filled twice: keep one column or constant for it.")
        seen.add(key)


def _unknown(key: str, known: Sequence[str]) -> str:
    near = nearest(key.rpartition(".")[2], known)
    meant = f"did you mean {near}?" if near else f"it is one of {', '.join(known)}."
    return f"{harmless(key)} is not a known key: {meant}"


def _refusal(name: str, problems: Sequence[str]) -> Refused:
    if len(problems) == 1:
        return Refused(f"{name}: {problems[0]}", where=name, problems=tuple(problems))
    lines = [f"{name} has {len(problems)} problems, so nothing was read:"]
    lines += [f"  {problem}" for problem in problems[:MOST_PROBLEMS_SHOWN]]
    if len(problems) > MOST_PROBLEMS_SHOWN:
        lines.append(f"  and {len(problems) - MOST_PROBLEMS_SHOWN} more.")
    return Refused("\n".join(lines), where=name, problems=tuple(problems))
