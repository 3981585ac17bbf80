"""Import of a table: patients with their procedures, or follow-ups; every error with its row and column.

The table is read once and row by row.  All records go into the registry in one transaction, or none does; with
`partial` the rows that pass go in and the others into a reject file, which can be corrected and imported again.
"""

import csv
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import IO, Any

from vertebroplasty.documents.patient_problems import harmless
from vertebroplasty.errors import Refused
from vertebroplasty.files import refuse_existing_file, write_whole
from vertebroplasty.registry.entry.csv_cells import looks_like_number, neutral
from vertebroplasty.registry.entry.csv_index import FileIndex
from vertebroplasty.registry.entry.csv_mapping import TableMapping
from vertebroplasty.registry.entry.csv_records import Group, RecordBuilder, neighbours_of
from vertebroplasty.registry.entry.csv_rows import REJECT_COLUMNS, RowProblem, RowReader
from vertebroplasty.registry.entry.csv_text import Row, open_table, sniffed_delimiter, table_rows, text_lines
from vertebroplasty.registry.entry.kept import Kept
from vertebroplasty.registry.records import Record
from vertebroplasty.registry.store.registry import Registry

__all__ = ["ImportReport", "import_table"]

MOST_KEPT = 10_000  # [choice] problems held for the report; all are counted, and all stand in the reject file
GROUPS_AT_ONCE = 1000  # [choice] records whose neighbours are asked for in one query
SPOOL_BYTES = 1 << 20  # [choice] of rejects held in memory before they go to disk


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import read, found and wrote; `records` counts those that passed, `written` those now in the registry."""

    rows_read: int
    records: dict[str, int]
    written: int
    rejected_rows: int
    errors: tuple[RowProblem, ...]
    error_count: int
    warnings: tuple[RowProblem, ...]
    warning_count: int

    @property
    def passed(self) -> bool:
        """Whether no row was wrong."""
        return self.error_count == 0


class _NothingWritten(Exception):
    """A row was wrong: the transaction is undone."""


def import_table(
    registry: Registry | None,
    table: Path,
    mapping: TableMapping,
    *,
    by: str,
    why: str | None = None,
    today: date,
    dry_run: bool = False,
    partial: bool = False,
    rejects: Path | None = None,
    not_a_duplicate_because: str | None = None,
) -> ImportReport:
    """Import a table; nothing is written unless all rows pass, or `partial` is set.

    Args:
        registry: the registry; None (with `dry_run`) checks the table alone.
        table: a file of rows with a header.
        mapping: which column goes where.
        by: who imports.
        why: the reason for the journal.
        today: nothing lies after this day.
        dry_run: read and check everything, write nothing but the reject file.
        partial: write the rows that pass.
        rejects: file for the rows that do not pass, with the reasons; it must not exist.
        not_a_duplicate_because: why procedures that seem to be entered twice are not.

    Raises:
        Refused: the file cannot be read as a table (see `open_table`, `table_rows`, `RowReader`), `partial` without
            `rejects`, or the registry refuses.
    """
    if partial and rejects is None:
        raise Refused("With --partial the rows that do not pass need a file: add --rejects.", where="--rejects")
    if registry is None and not dry_run:
        raise Refused("Without a registry a table can only be checked: add --dry-run.", where="--dry-run")
    if rejects is not None:
        refuse_existing_file(rejects, overwrite=False)
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES, "w+", encoding="utf-8", newline="") as spool:
        found = _Import(mapping, spool, today, not_a_duplicate_because)
        written = 0
        with nullcontext() if registry is None else registry.reading() as connection:
            records = found.records(table, None if connection is None else Kept(connection))
            if dry_run or registry is None:
                for _ in records:
                    pass
            else:
                try:
                    written = registry.add_many(
                        found.or_nothing(records, partial), by=by, why=_reasons(why, found.because)
                    )
                except _NothingWritten:
                    written = 0
        if rejects is not None and found.rejected_rows:
            _keep(spool, rejects, found.encoding)
    return found.report(written)


def _reasons(why: str | None, because: str | None) -> str | None:
    """What the journal keeps as the reason: why it was imported, and why what looks like a double entry is none."""
    told = [why, None if because is None else f"not a duplicate: {because}"]
    return "; ".join(filter(None, told)) or None


class _Import:
    """One walk through a table; counts and collects while the records pass by."""

    def __init__(self, mapping: TableMapping, spool: IO[str], today: date, because: str | None) -> None:
        self.mapping, self.spool, self.today, self.because = mapping, spool, today, because
        self.rows_read = self.rejected_rows = self.error_count = self.warning_count = 0
        self.encoding = "utf-8"
        self.counts: Counter[str] = Counter()
        self.errors: list[RowProblem] = []
        self.warnings: list[RowProblem] = []

    def records(self, table: Path, kept: Kept | None) -> Iterator[Record]:
        """The records of all rows that pass, parents before their children."""
        name = harmless(Path(table).name)
        columns = tuple(self.mapping.columns)
        index = FileIndex()
        try:
            with open_table(table, self.mapping.encoding) as stream:
                delimiter = self.mapping.delimiter
                if delimiter is None:
                    delimiter = sniffed_delimiter(text_lines(stream, name), columns)
                    stream.seek(0)
                rows = table_rows(stream, delimiter, name=name)
                _, header = next(rows, (0, []))
                if not header:
                    raise Refused(f"{name} is empty: a table has a header and rows.", where=name)
                reader, self.encoding = RowReader(self.mapping, header), stream.encoding
                rejected = _rejects(self.spool, reader.header, delimiter)
                yield from self._built(reader, rows, index, kept, rejected)
        finally:
            index.close()

    def _built(
        self, reader: RowReader, rows: Iterator[Row], index: FileIndex, kept: Kept | None, rejected: Any
    ) -> Iterator[Record]:
        builder = RecordBuilder(
            reader, self.mapping.rows, index, today=self.today, not_a_duplicate_because=self.because
        )
        groups = _groups(reader, self.mapping.rows, rows)
        kind = "follow-up" if self.mapping.rows == "follow-up" else "procedure"
        while batch := list(islice(groups, GROUPS_AT_ONCE)):
            near = neighbours_of(batch, kind, kept)
            for group in batch:
                self.rows_read += len(group.rows)
                result = builder.build(group, near)
                self._collect(result.warnings, self.warnings)
                self.warning_count += len(result.warnings)
                if result.errors:
                    self._collect(result.errors, self.errors)
                    self.error_count += len(result.errors)
                    self.rejected_rows += len(group.rows)
                    rejected(group, result.errors)
                self.counts.update(record.kind for record in result.records)
                yield from result.records

    def or_nothing(self, records: Iterator[Record], partial: bool) -> Iterator[Record]:
        """The records; after the first wrong row, unless `partial`, only a look at the rest, and then an end."""
        for record in records:
            if partial or not self.error_count:
                yield record
        if self.error_count and not partial:
            raise _NothingWritten

    @staticmethod
    def _collect(new: Sequence[RowProblem], kept: list[RowProblem]) -> None:
        kept.extend(new[: MOST_KEPT - len(kept)])

    def report(self, written: int) -> ImportReport:
        """What was found."""
        return ImportReport(
            rows_read=self.rows_read,
            records=dict(self.counts),
            written=written,
            rejected_rows=self.rejected_rows,
            errors=tuple(self.errors),
            error_count=self.error_count,
            warnings=tuple(self.warnings),
            warning_count=self.warning_count,
        )


def _groups(reader: RowReader, rows_are: str, rows: Iterator[Row]) -> Iterator[Group]:
    """The rows of each record: one by one, or, where a row is a level, those that stand together."""
    waiting: Group | None = None
    for number, row in rows:
        group = _group(reader, rows_are, number, row)
        if rows_are != "level":
            yield group
        elif waiting is not None and _same_procedure(waiting, group):
            _join(waiting, group)
        else:
            if waiting is not None:
                yield waiting
            waiting = group
    if waiting is not None:
        yield waiting


def _group(reader: RowReader, rows_are: str, number: int, row: list[str]) -> Group:
    """One row as a group of its own, with the ids that follow from others filled in."""
    cells, problems = reader.cells(row, number)
    if len(cells) < len(reader.header):
        return Group([number], [cells + [""] * (len(reader.header) - len(cells))], {}, {}, problems)
    patient: dict[str, Any] = {}
    if rows_are != "follow-up":
        patient, wrong = reader.values("patient", cells, number)
        problems += wrong
    values: dict[str, Any] = {}
    if rows_are != "patient":
        values, wrong = reader.values("follow-up" if rows_are == "follow-up" else "procedure", cells, number)
        problems += wrong
        _fill_ids(rows_are, patient, values)
    return Group([number], [cells], patient, values, problems)


def _fill_ids(rows_are: str, patient: dict[str, Any], values: dict[str, Any]) -> None:
    """Where a table has no ids: patient:day names a procedure, procedure:day or procedure:window a follow-up."""
    if rows_are == "follow-up":
        when = values.get("seen_on") or values.get("window")
        if "follow_up_id" not in values and "procedure" in values and when:
            values["follow_up_id"] = f"{values['procedure']}:{when}"
        return
    if "patient" not in values and "pseudonym" in patient:
        values["patient"] = patient["pseudonym"]
    if "procedure_id" not in values and "patient" in values and values.get("performed_on"):
        values["procedure_id"] = f"{values['patient']}:{values['performed_on']}"


def _same_procedure(one: Group, other: Group) -> bool:
    key = one.values.get("procedure_id")
    return key is not None and key == other.values.get("procedure_id")


def _join(group: Group, more: Group) -> None:
    """Add the level of another row to a procedure; what both rows say of the whole procedure must agree."""
    told = {key: value for key, value in group.values.items() if key != "levels"}
    again = {key: value for key, value in more.values.items() if key != "levels"}
    if told != again or group.patient != more.patient:
        wrong = sorted(key for key in {*told, *again} if told.get(key) != again.get(key)) or ["patient"]
        sentence = f"differs from row {group.rows[0]} of the same procedure in {', '.join(wrong)}: make them equal."
        group.problems.append(RowProblem(row=more.rows[0], column="", sentence=sentence))
    group.rows += more.rows
    group.cells += more.cells
    group.problems += more.problems
    group.values["levels"] = [*group.values.get("levels", []), *more.values.get("levels", [])]


def _rejects(spool: IO[str], header: Sequence[str], delimiter: str) -> Callable[[Group, Sequence[RowProblem]], None]:
    """What writes the rows that do not pass, with the reasons, so that they can be corrected and imported again."""
    own = [n for n, name in enumerate(header) if name not in REJECT_COLUMNS]
    writer = csv.writer(spool, delimiter=delimiter, lineterminator="\n")
    writer.writerow([*(header[n] for n in own), *REJECT_COLUMNS])

    def reject(group: Group, problems: Sequence[RowProblem]) -> None:
        for number, cells in zip(group.rows, group.cells, strict=True):
            kept = [cells[n] if looks_like_number(cells[n]) else neutral(cells[n]) for n in own]
            mine = [problem for problem in problems if problem.row == number] or problems
            reasons = " / ".join(f"{one.column}: {one.sentence}" if one.column else one.sentence for one in mine)
            writer.writerow([*kept, number, neutral(reasons)])

    return reject


def _keep(spool: IO[str], path: Path, encoding: str) -> None:
    """Write the reject file in the encoding of its table, so that the same mapping reads it."""
    spool.seek(0)

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding=encoding, errors="replace", newline="") as stream:
            shutil.copyfileobj(spool, stream)

    write_whole(path, fill)
