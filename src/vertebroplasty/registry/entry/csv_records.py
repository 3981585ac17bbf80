"""Rows of a table to records, each checked alone, beside the earlier rows, and beside what the registry holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeGuard, TypeVar

from pydantic import ValidationError

from vertebroplasty.documents.patient_problems import shown
from vertebroplasty.registry.entry.checks import AS_PSEUDONYM, check_follow_up, check_patient, check_procedure
from vertebroplasty.registry.entry.csv_index import FileIndex
from vertebroplasty.registry.entry.csv_rows import RowProblem, RowReader
from vertebroplasty.registry.entry.double_entry import Treated, double_entry, treated
from vertebroplasty.registry.entry.finding import Finding, Severity
from vertebroplasty.registry.entry.kept import Kept
from vertebroplasty.registry.entry.reading import adapter
from vertebroplasty.registry.entry.reading_problems import Location, follows, sentence_of
from vertebroplasty.registry.records import OWN_SERIES, FollowUp, Patient, Procedure, Record

__all__ = ["Group", "GroupResult", "Neighbours", "RecordBuilder", "neighbours_of"]

R = TypeVar("R", Patient, Procedure, FollowUp)


@dataclass(slots=True)
class Group:
    """The rows of one record: one row, or one for each level."""

    rows: list[int]
    cells: list[list[str]]
    patient: dict[str, Any]
    values: dict[str, Any]
    problems: list[RowProblem]


@dataclass(slots=True)
class GroupResult:
    """The records of one group, parents first, with errors (then no record) and warnings."""

    records: list[Record] = field(default_factory=list)
    errors: list[RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the registry holds beside the records of some rows; `complete` is false where no registry was asked."""

    complete: bool = False
    patients: Mapping[str, Patient] = field(default_factory=dict)
    procedures: Mapping[str, Procedure] = field(default_factory=dict)
    ids: Mapping[str, set[str]] = field(default_factory=dict)
    treated: Mapping[str, list[Treated]] = field(default_factory=dict)
    follow_ups: Mapping[str, list[FollowUp]] = field(default_factory=dict)
    series: Mapping[str, str] = field(default_factory=dict)


def neighbours_of(groups: Sequence[Group], kind: str, kept: Kept | None) -> Neighbours:
    """What the registry holds of the patients and procedures that these rows name."""
    if kept is None:
        return Neighbours()
    ids = _texts(groups, "follow_up_id" if kind == "follow-up" else "procedure_id")
    if kind == "follow-up":
        procedures = kept.procedures(_texts(groups, "procedure"))
        who = {procedure.patient for procedure in procedures.values()}
        return Neighbours(
            complete=True,
            procedures=procedures,
            ids={kind: kept.ids(kind, ids)},
            follow_ups=kept.follow_ups(who),
            series=kept.series(who),
        )
    names = _texts(groups, "patient") | {name for group in groups if _named(name := group.patient.get("pseudonym"))}
    patients = kept.patients(names)
    return Neighbours(
        complete=True,
        patients=patients,
        ids={"procedure": kept.ids("procedure", ids)},
        treated=kept.treated(patients) if patients else {},
    )


def _texts(groups: Iterable[Group], key: str) -> set[str]:
    return {value for group in groups if _named(value := group.values.get(key))}


def _named(value: Any) -> TypeGuard[str]:
    """Whether this can be an id at all: a server refuses to look for some other texts."""
    return isinstance(value, str) and AS_PSEUDONYM.match(value) is not None


class RecordBuilder:
    """Builds and checks the records of a table.

    Args:
        reader: of the table's rows.
        rows: what a row is: patient, procedure, level or follow-up.
        index: of the table's earlier rows.
        today: nothing lies after this day.
        not_a_duplicate_because: why procedures that seem to be entered twice are not.
    """

    def __init__(
        self, reader: RowReader, rows: str, index: FileIndex, *, today: date, not_a_duplicate_because: str | None = None
    ) -> None:
        self.reader, self.rows, self.index, self.today = reader, rows, index, today
        self.not_a_duplicate_because = not_a_duplicate_because

    def build(self, group: Group, near: Neighbours) -> GroupResult:
        """The records of one group of rows."""
        result = GroupResult(errors=list(group.problems))
        if self.rows == "follow-up":
            self._follow_up(group, near, result)
        else:
            known = self._patient(group, near, result)
            if self.rows != "patient":
                self._procedure(group, known, near, result)
        if result.errors:
            result.records.clear()
        else:
            self._remember(group, near, result)
        return result

    def _patient(self, group: Group, near: Neighbours, result: GroupResult) -> Patient | None:
        """The patient of a row: new, or as known if the row says nothing else."""
        name = group.patient.get("pseudonym", group.values.get("patient"))
        known = near.patients.get(name) or self.index.patient(name) if isinstance(name, str) else None
        if not group.patient:
            return known
        new = self._record(Patient, group, group.patient, result)
        if new is None or known is None:
            if new is not None:
                self._sort("patient", check_patient(new, today=self.today), group, result)
                result.records.append(new)
            return new
        for key, value in group.patient.items():
            kept, told = getattr(known, key), getattr(new, key)
            if told != kept:
                column = self._column("patient", group, (key,))
                sentence = f"is {shown(value)}, but patient {name} is known with {shown(kept)}: amend one of them."
                result.errors.append(RowProblem(row=group.rows[0], column=column, sentence=sentence))
        return known

    def _procedure(self, group: Group, patient: Patient | None, near: Neighbours, result: GroupResult) -> None:
        new = self._record(Procedure, group, group.values, result)
        if new is None:
            return
        if patient is None and not result.errors and near.complete:
            self._add(
                group, result, f"belongs to patient {new.patient}, who is not in the registry: import those first."
            )
        self._once("procedure", new.procedure_id, near, group, result)
        self._sort("procedure", check_procedure(new, patient=patient, today=self.today), group, result)
        others = [*near.treated.get(new.patient, ()), *self.index.treated(new.patient)]
        if others:
            found = double_entry(treated(new), others, not_a_duplicate_because=self.not_a_duplicate_because)
            self._sort("procedure", found, group, result)
        result.records.append(new)

    def _follow_up(self, group: Group, near: Neighbours, result: GroupResult) -> None:
        new = self._record(FollowUp, group, group.values, result)
        if new is None:
            return
        procedure = near.procedures.get(new.procedure)
        if procedure is None and near.complete:
            told = f"belongs to procedure {new.procedure}, which is not in the registry: import procedures first."
            self._add(group, result, told)
        self._once("follow-up", new.follow_up_id, near, group, result)
        who = new.procedure if procedure is None else procedure.patient
        others = [*near.follow_ups.get(who, ()), *self.index.follow_ups(who)]
        series = near.series.get(who, OWN_SERIES)
        found = check_follow_up(new, procedure=procedure, others=others, series=series, today=self.today)
        self._sort("follow-up", found, group, result)
        result.records.append(new)

    def _record(self, cls: type[R], group: Group, values: dict[str, Any], result: GroupResult) -> R | None:
        """The record in plain values; None where it has problems, which go into the result."""
        try:
            return adapter(cls).validate_python(values)
        except ValidationError as error:
            blamed = {(problem.row, problem.column) for problem in group.problems}
            found = error.errors(include_url=False)
            places = [problem["loc"] for problem in found]
            for problem in found:
                if follows(problem, places):
                    continue
                row, column = self._place(cls.kind, group, problem["loc"])
                if (row, column) not in blamed and not (problem["type"] == "missing" and group.problems):
                    result.errors.append(RowProblem(row=row, column=column, sentence=sentence_of(problem, cls)))
            if not result.errors:  # every problem only follows from a cell that is blamed already
                result.errors.extend(group.problems)
            return None

    def _once(self, kind: str, record_id: str, near: Neighbours, group: Group, result: GroupResult) -> None:
        row = self.index.row_of(kind, record_id)
        if row is not None:
            where = "its rows must stand together" if self.rows == "level" else "give each its own id"
            self._add(group, result, f"{kind} {record_id} stands in row {row} already: {where}.")
        elif record_id in near.ids.get(kind, ()):
            self._add(group, result, f"{kind} {record_id} is in the registry already: amend it there.")

    def _sort(self, kind: str, findings: Iterable[Finding], group: Group, result: GroupResult) -> None:
        """Findings to errors and warnings of their row and column."""
        for one in findings:
            row, column = self._place(kind, group, _location(one.path))
            problem = RowProblem(row=row, column=column, sentence=f"{one.path}: {one.sentence}")
            (result.errors if one.severity is Severity.ERROR else result.warnings).append(problem)

    def _add(self, group: Group, result: GroupResult, sentence: str) -> None:
        result.errors.append(RowProblem(row=group.rows[0], column="", sentence=sentence))

    def _place(self, kind: str, group: Group, location: Location) -> tuple[int, str]:
        """Row and column behind a place of a record."""
        n = 0
        if self.rows == "level" and len(location) > 1 and location[0] == "levels" and isinstance(location[1], int):
            n = min(location[1], len(group.rows) - 1)
            location = ("levels", 0, *location[2:])
        return group.rows[n], self._column(kind, group, location, n)

    def _column(self, kind: str, group: Group, location: Location, n: int = 0) -> str:
        if not location:
            return ""
        return self.reader.columns(kind, group.cells[n]).get(location, "")

    def _remember(self, group: Group, near: Neighbours, result: GroupResult) -> None:
        for record in result.records:
            if isinstance(record, Patient):
                self.index.add_patient(record)
            elif isinstance(record, Procedure):
                self.index.add_procedure(group.rows[0], treated(record))
            else:
                procedure = near.procedures.get(record.procedure)
                who = record.procedure if procedure is None else procedure.patient
                self.index.add_follow_up(group.rows[0], who, record)


def _location(path: str) -> Location:
    """A path such as levels[0].cement.total_ml as names and numbers."""
    found: list[int | str] = []
    for part in path.split("."):
        name, _, rest = part.partition("[")
        found.append(name)
        if rest:
            found.append(int(rest.rstrip("]")))
    return tuple(found)
