"""The rows of a table as text: which bytes, which encoding, which delimiter; one row at a time, however large the file.

Nothing is guessed that could be read in two ways: an encoding is stated or proven by the file's own mark, else UTF-8; a
delimiter is stated or the only one with which the first rows are equally wide.
"""

import codecs
import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from vertebroplasty.documents.patient_problems import harmless
from vertebroplasty.documents.user_files import opened, shown_name
from vertebroplasty.errors import Refused

__all__ = ["ENCODINGS", "Row", "header_of", "open_table", "sniffed_delimiter", "table_rows", "text_lines"]

LONGEST_LINE = 1_000_000  # [choice] characters; a procedure with all its fields takes some thousand
MOST_COLUMNS = 2000  # [choice] of a table; a procedure of twelve levels with all its fields takes less
ROWS_LOOKED_AT = 20  # [choice] first rows that prove a delimiter
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-1")
MARKS = (  # longest first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = (",", ";", "\t", "|")

Row = tuple[int, list[str]]


@contextmanager
def open_table(path: Path, encoding: str | None) -> Iterator[TextIO]:
    """The text of a table, its byte-order mark taken off.

    Args:
        path: a file; a device or a pipe is refused, since it may have no end.
        encoding: as stated in the mapping; None takes the file's own mark, else UTF-8.

    Raises:
        Refused: no such file, an encoding that is not read here, or one that the file's mark contradicts.
    """
    name = shown_name(path)
    with opened(path) as raw:
        chosen = _encoding(raw.read(len(codecs.BOM_UTF32_LE)), encoding, name)
        raw.seek(0, os.SEEK_SET)
        yield io.TextIOWrapper(raw, encoding=chosen, errors="strict", newline="")


def _encoding(start: bytes, stated: str | None, name: str) -> str:
    """The encoding to read with."""
    marked = next((encoding for mark, encoding in MARKS if start.startswith(mark)), None)
    if marked == "utf-32":
        raise Refused(f"{name} is written in UTF-32: save it as UTF-8.", where=name)
    if stated is not None:
        stated = stated.lower()
        if stated not in ENCODINGS:
            told = f"The encoding {harmless(stated)!r} is not read here: it is one of {', '.join(ENCODINGS)}."
            raise Refused(told, where="encoding")
        if marked is not None and marked.removesuffix("-sig") != stated.removesuffix("-sig"):
            told = f"{name} begins with the mark of {marked}, but the mapping says {stated}: correct the mapping."
            raise Refused(told, where="encoding")
        if stated == "utf-16" and marked is None:
            raise Refused(
                f"{name} is said to be UTF-16 but lacks its byte-order mark: save it as UTF-8.", where="encoding"
            )
    return marked or stated or "utf-8"


def table_rows(stream: TextIO, delimiter: str, *, name: str) -> Iterator[Row]:
    """Every row with its number as a spreadsheet shows it (the header is row 1); blank rows are passed over.

    Raises:
        Refused: the bytes are not of the encoding, a line or a cell is longer than any record can be (a quote that is
            never closed reads so), or a row has more than 2000 cells.
    """
    reader = csv.reader(text_lines(stream, name), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            told = f"{name}, row {number}, cannot be split into cells ({error}): check its quotes and the delimiter."
            raise Refused(told, where=f"row {number}") from None
        if len(row) > MOST_COLUMNS:
            raise Refused(
                f"{name}, row {number}, has {len(row)} cells: a table has at most {MOST_COLUMNS}.", where=name
            )
        if any(row):
            yield number, row


def text_lines(stream: TextIO, name: str) -> Iterator[str]:
    """The lines of a text, none longer than any record can be."""
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST_LINE + 1)
        except UnicodeError:
            told = f"{name} is not {stream.encoding} near line {number}: state its encoding in the mapping, as cp1252."
            raise Refused(told, where="encoding") from None
        if not line:
            return
        if len(line) > LONGEST_LINE:
            told = f"{name}, line {number}, has more than {LONGEST_LINE} characters: is this a table of rows?"
            raise Refused(told, where=f"line {number}")
        yield line


def header_of(path: Path) -> list[str]:
    """The names in a table's first row, to begin a mapping with; read as the widest row that a delimiter makes.

    A table that is not UTF-8 and has no mark is read as cp1252 here; its mapping has to state what it is.

    Raises:
        Refused: no such file, or no text in it.
    """
    name = harmless(Path(path).name)
    try:
        with open_table(path, None) as stream:
            lines = list(islice(text_lines(stream, name), ROWS_LOOKED_AT))
    except Refused as refused:
        if refused.where != "encoding":
            raise
        with open_table(path, "cp1252") as stream:
            lines = list(islice(text_lines(stream, name), ROWS_LOOKED_AT))
    rows = [next(csv.reader(lines, delimiter=delimiter), []) for delimiter in DELIMITERS]
    header = max(rows, key=len)
    if not any(header):
        raise Refused(f"{name} is empty: a table has a header and rows.", where=name)
    return [cell.strip() for cell in header]


def sniffed_delimiter(first_lines: Iterable[str], columns: Sequence[str] = ()) -> str:
    """The delimiter of a table: the one that finds the named columns, else the only one with equally wide first rows.

    Args:
        first_lines: the table's first lines.
        columns: names that the header holds, where known.

    Raises:
        Refused: none or several would do.
    """
    lines = list(islice(first_lines, ROWS_LOOKED_AT))
    widths: dict[str, int] = {}
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(row)]
        except csv.Error:
            continue
        header = {cell.strip() for cell in rows[0]} if rows else set()
        if columns and set(columns) <= header:
            return delimiter
        if rows and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
            widths[delimiter] = len(rows[0])
    if len(widths) == 1:
        return next(iter(widths))
    if columns and len(columns) == 1:
        return DELIMITERS[0]
    told = "no delimiter makes" if not widths else "several delimiters make"
    raise Refused(
        f"The delimiter is not clear, {told} rows of one width: state it in the mapping, as delimiter = ';'.",
        where="delimiter",
    )
