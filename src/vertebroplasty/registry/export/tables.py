"""Exports: tidy tables with their data dictionary, records as JSON lines, and the journal; whole or not at all.

In the tables a text that a spreadsheet would take for a formula has an apostrophe before it; the JSON lines hold every
text as it was entered.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vertebroplasty.files import fill_folder, refuse_existing_file, refuse_existing_folder, write_whole
from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES
from vertebroplasty.registry.entry.reading import record_json
from vertebroplasty.registry.export.tidy import TABLES, cell, dictionary_rows, rows_of
from vertebroplasty.registry.records import OWN_SERIES, Record
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.store.journal import JournalRow, in_utc
from vertebroplasty.registry.store.looking import every
from vertebroplasty.registry.store.registry import Registry

__all__ = [
    "CSV_FILES",
    "export_csv",
    "export_journal",
    "export_json_lines",
    "kept_records",
    "write_csv",
    "write_json_lines",
]

DICTIONARY = "data_dictionary.csv"
README = "README.txt"
CSV_FILES = (*(f"{table.name}.csv" for table in TABLES), DICTIONARY, README)
ABOUT = """\
Tables of a vertebroplasty registry, one file a table, UTF-8, commas, every text in quotes.
data_dictionary.csv says what each column holds.  An empty cell means unknown.
An apostrophe stands before a text that a spreadsheet would take for a formula: at the beginning of a cell, and after a
semicolon, tab, vertical bar or line break within it.  Take it off to have the text as entered, or use the JSON lines.
Research, education and audit; not a medical device.
"""


def kept_records(connection: sa.Connection, *, series: str | None = None) -> Iterator[Record | Rehearsal]:
    """Every record as it stands, patients before procedures before follow-ups, in the order of their ids.

    Rehearsals, which are the department's own, come last; a synthetic series has none.

    Args:
        connection: from `Registry.reading()`; it sees one state from first to last.
        series: only records of this series.
    """
    for kind in RECORD_CLASSES:
        yield from (entry.record for entry in every(connection, kind, series=series))
    if series in (None, OWN_SERIES):
        yield from (entry.record for entry in every(connection, Rehearsal.kind))


def export_csv(registry: Registry, out: Path, *, series: str | None = None, overwrite: bool = False) -> dict[str, int]:
    """Write every table and the data dictionary into a folder.

    Returns:
        How many rows each table has.

    Raises:
        Refused: the folder holds something, or the registry cannot be read.
    """
    refuse_existing_folder(out, overwrite=overwrite, ours=CSV_FILES)
    counts: dict[str, int] = {}
    with registry.reading() as connection:

        def write(folder: Path) -> None:
            counts.update(write_csv(kept_records(connection, series=series), folder))

        fill_folder(out, write, ours=CSV_FILES)
    return counts


def export_json_lines(registry: Registry, out: Path, *, series: str | None = None, overwrite: bool = False) -> int:
    """Write every record as one JSON object a line, parents before their children.

    Returns:
        How many.

    Raises:
        Refused: the file exists, or the registry cannot be read.
    """
    refuse_existing_file(out, overwrite=overwrite)
    written = 0
    with registry.reading() as connection:

        def write(path: Path) -> None:
            nonlocal written
            written = write_json_lines((record_json(one) for one in kept_records(connection, series=series)), path)

        write_whole(out, write)
    return written


def export_journal(registry: Registry, out: Path, *, overwrite: bool = False) -> int:
    """Write the journal as one JSON object a line, oldest first: who, when, why, old, new, and the chain of hashes.

    Returns:
        How many rows.

    Raises:
        Refused: the file exists, or the registry cannot be read.
    """
    refuse_existing_file(out, overwrite=overwrite)
    written = 0

    def write(path: Path) -> None:
        nonlocal written
        written = write_json_lines((_journal_json(row) for row in registry.journal()), path)

    write_whole(out, write)
    return written


def write_csv(records: Iterable[Record | Rehearsal], folder: Path) -> dict[str, int]:
    """Write records as tidy tables with the data dictionary into an empty folder; answers the rows of each table."""
    counts: Counter[str] = Counter({table.name: 0 for table in TABLES})
    with ExitStack() as files:
        writers: dict[str, Any] = {}
        for table in TABLES:
            stream = files.enter_context((folder / f"{table.name}.csv").open("w", encoding="utf-8", newline=""))
            writers[table.name] = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writers[table.name].writerow([column.name for column in table.columns])
        for record in records:
            for table in TABLES:
                if isinstance(record, table.record):
                    for row in rows_of(table, record):
                        writers[table.name].writerow([cell(value) for value in row])
                        counts[table.name] += 1
    with (folder / DICTIONARY).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(dictionary_rows())
    (folder / README).write_text(ABOUT, encoding="utf-8")
    return dict(counts)


def write_json_lines(objects: Iterable[dict[str, Any]], path: Path) -> int:
    """Write objects one a line; answers how many."""
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for one in objects:
            stream.write(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n")
            written += 1
    return written


def _journal_json(row: JournalRow) -> dict[str, Any]:
    """A row of the journal; the moment as it is hashed, old and new as the texts that are hashed."""
    return {
        "seq": row.seq,
        "at": in_utc(row.at),
        "by": row.by,
        "action": row.action,
        "kind": row.kind,
        "record_id": row.record_id,
        "why": row.why,
        "old": row.old,
        "new": row.new,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }
