"""One row of a table to the plain values of its records, and from a place in a record back to the column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vertebroplasty.documents.patient_problems import nearest, shown
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.csv_cells import Cell, Unfit, cell_reader, restored
from vertebroplasty.registry.entry.csv_mapping import TableMapping
from vertebroplasty.registry.entry.csv_places import Location, Place
from vertebroplasty.registry.entry.reading_problems import STEERING

__all__ = ["REJECT_COLUMNS", "RowProblem", "RowReader"]

REJECT_COLUMNS = ("rejected row", "rejected because")
MOST_SHOWN = 10  # [choice] columns of a header in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What is wrong or unlikely in one row: row as a spreadsheet numbers it, the column if one is to blame."""

    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        """As one line of a list."""
        return f"row {self.row}{f', column {self.column}' if self.column else ''}: {self.sentence}"


@dataclass(slots=True)
class Part:
    """An object of a record as the columns fill it."""

    cells: list[tuple[str, int, Cell]] = field(default_factory=list)
    constants: list[tuple[str, Any]] = field(default_factory=list)
    parts: dict[str, "Part"] = field(default_factory=dict)
    lists: dict[str, dict[int, "Part"]] = field(default_factory=dict)

    def at(self, location: Location) -> "Part":
        """The part in which the last name of a location stands."""
        part = self
        n = 0
        while n < len(location) - 1:
            name, after = str(location[n]), location[n + 1]
            if isinstance(after, int):
                part = part.lists.setdefault(name, {}).setdefault(after, Part())
                n += 2
            else:
                part = part.parts.setdefault(name, Part())
                n += 1
        return part

    def in_order(self) -> None:
        """Put the entries of every list into the order of their numbers, however the mapping names them."""
        for name, entries in self.lists.items():
            self.lists[name] = dict(sorted(entries.items()))
        for part in (*self.parts.values(), *(entry for entries in self.lists.values() for entry in entries.values())):
            part.in_order()


class RowReader:
    """Reads the rows of one table by its mapping.

    Args:
        mapping: which column goes where.
        header: the table's first row.

    Raises:
        Refused: columns of the header are named twice, not at all, or are not in the mapping; or columns of the mapping
            are not in the header.
    """

    def __init__(self, mapping: TableMapping, header: Sequence[str]) -> None:
        self.header = [cell.strip() for cell in header]
        self.unknown = mapping.unknown
        _check_header(self.header, mapping.columns)
        self.kinds: dict[str, Part] = {}
        for column, place in mapping.columns.items():
            if place is not None:
                read = cell_reader(place.info, mapping.form, place.words)
                self._part(place).cells.append((str(place.location[-1]), self.header.index(column), read))
        for part in self.kinds.values():
            part.in_order()
        for place, value in mapping.constants:
            known = cell_reader(place.info, mapping.form)(value) if isinstance(value, str) else value
            self._part(place).constants.append((str(place.location[-1]), known))

    def _part(self, place: Place) -> Part:
        return self.kinds.setdefault(place.kind, Part()).at(place.location)

    def cells(self, row: Sequence[str], number: int) -> tuple[list[str], list[RowProblem]]:
        """The cells of a row, one for each column, blanks around them taken off; and what is wrong with the row."""
        width, cells = len(self.header), [cell.strip() for cell in row]
        problems = []
        if len(cells) != width and (len(cells) < width or any(cells[width:])):
            told = f"has {len(cells)} cells where the header has {width}: check its quotes and delimiters."
            problems.append(RowProblem(row=number, column="", sentence=told))
        joined = "".join(cells)
        if STEERING.search(joined) is not None:
            for column, cell in zip(self.header, cells, strict=False):
                if STEERING.search(cell) is not None:
                    told = "holds a control character such as NUL: remove it."
                    problems.append(RowProblem(row=number, column=column, sentence=told))
        if "'" in joined:
            cells = [restored(cell) for cell in cells]
        return cells[:width], problems

    def values(self, kind: str, cells: Sequence[str], number: int) -> tuple[dict[str, Any], list[RowProblem]]:
        """The plain values of one record in a row, unknown ones left out; and the cells that do not fit."""
        problems: list[RowProblem] = []
        values, _ = self._filled(self.kinds.get(kind, Part()), cells, number, problems)
        return values, problems

    def _filled(
        self, part: Part, cells: Sequence[str], number: int, problems: list[RowProblem]
    ) -> tuple[dict[str, Any], bool]:
        """The values of one object, and whether any cell said something."""
        values: dict[str, Any] = {}
        said = False
        for name, index, read in part.cells:
            cell = cells[index]
            if cell in self.unknown:
                continue
            said = True
            try:
                values[name] = read(cell)
            except Unfit as why:
                told = f"is {shown(cell)}: {why}."
                problems.append(RowProblem(row=number, column=self.header[index], sentence=told))
        for name, inner in part.parts.items():
            below, heard = self._filled(inner, cells, number, problems)
            if heard:
                values[name], said = below, True
        for name, entries in part.lists.items():
            found = []
            for entry in entries.values():
                below, heard = self._filled(entry, cells, number, problems)
                if heard:
                    found.append(below)
            if found:
                values[name], said = found, True
        values.update(part.constants)
        return values, said

    def columns(self, kind: str, cells: Sequence[str]) -> dict[Location, str]:
        """The column behind every place of a record in a row; of a list only the entries that the row fills count."""
        found: dict[Location, str] = {}
        self._columns(self.kinds.get(kind, Part()), cells, (), found)
        return found

    def _columns(self, part: Part, cells: Sequence[str], here: Location, found: dict[Location, str]) -> None:
        for name, index, _ in part.cells:
            found[(*here, name)] = self.header[index]
        for name, inner in part.parts.items():
            self._columns(inner, cells, (*here, name), found)
        for name, entries in part.lists.items():
            heard = [entry for entry in entries.values() if self._filled(entry, cells, 0, [])[1]]
            for n, entry in enumerate(heard):
                self._columns(entry, cells, (*here, name, n), found)


def _check_header(header: Sequence[str], columns: Mapping[str, Any]) -> None:
    problems = []
    nameless = [n for n, name in enumerate(header, start=1) if not name]
    if nameless:
        problems.append(f"Column {nameless[0]} of the header has no name: name it, and leave it out in the mapping.")
    if any(STEERING.search(name) for name in header):
        problems.append("The header holds a control character such as NUL: is this a table of text?")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    problems += [f"The header names {shown(name)} more than once: name every column differently." for name in twice]
    for name in columns:
        if name not in header:
            near = nearest(name, header)
            meant = f"did you mean {shown(near)}?" if near else f"its columns are {_listed(header)}."
            problems.append(f"The mapping names the column {shown(name)}, which the header does not have: {meant}")
    left = [name for name in header if name and name not in columns and name not in REJECT_COLUMNS]
    if left:
        told = f"The mapping does not say where {_listed(left)} go{'es' if len(left) == 1 else ''}"
        problems.append(f'{told}: add each under columns, with "" to leave it out.')
    if problems:
        raise Refused("\n".join(problems), where="header", problems=tuple(problems))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(shown(name) for name in names[:MOST_SHOWN]) + more
