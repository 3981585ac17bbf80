"""The de-identified export: tables and JSON lines that name nobody, with counts that may be passed on alone."""

import csv
import io
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vertebroplasty.files import fill_folder, refuse_existing_folder
from vertebroplasty.registry.entry.reading import record_json
from vertebroplasty.registry.export.deidentify_records import GROUPED_AGE, SHORTEST_SECRET, Deidentifier, Survey
from vertebroplasty.registry.export.identifier_check import Identifiers, assert_no_identifier
from vertebroplasty.registry.export.tables import README, kept_records, write_csv
from vertebroplasty.registry.export.tidy import TABLES, dictionary_rows
from vertebroplasty.registry.records import OWN_SERIES, Patient, Procedure, Record
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.statistics.suppression import SMALLEST_SHOWN, suppress_row
from vertebroplasty.registry.store.registry import Registry

__all__ = ["DEIDENTIFIED_FILES", "Deidentified", "export_deidentified", "write_deidentified"]

AGE_GROUP_YEARS = 5  # [choice] width of the age groups in which persons are counted as alike
DICTIONARY, JSON_LINES, COUNTS = "data_dictionary.csv", "records.jsonl", "counts.csv"
DEIDENTIFIED_FILES = (*(f"{table.name}.csv" for table in TABLES), DICTIONARY, JSON_LINES, COUNTS, README)
UNKNOWN = "unknown"
HIDDEN = "hidden"
ABOUT = f"""\
De-identified records of a vertebroplasty registry.

Ids are new and random-looking; the secret behind them was not kept, so nobody can go back from them.
Days are shifted: within one patient all intervals are true, the calendar is not, and days of two do not compare.
Moments of the day are left out; the clock's seconds stay.  Of a rehearsal no day is told.
Free text is left out; a reason that was given reads withheld.
An age of {GROUPED_AGE} means {GROUPED_AGE} or above.
Where a later day would tell an age above 89, age and year of birth are left out.
In counts.csv 1 to {SMALLEST_SHOWN - 1} are hidden, with as many more counts as needed: it may be passed on alone.
The tables and records.jsonl hold single persons.  Rare combinations of age, level and disease remain: pass them on only
under an agreement, and never beside counts.csv as if that still hid anything.
Research, education and audit; not a medical device.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deidentified:
    """What a de-identified export holds; `rare_patients` share sex, age group, levels and diseases with under five."""

    rows: dict[str, int]
    rare_patients: int
    warnings: tuple[str, ...]


def export_deidentified(
    registry: Registry,
    out: Path,
    *,
    series: str = OWN_SERIES,
    secret: bytes | None = None,
    overwrite: bool = False,
) -> Deidentified:
    """Write the records of a series without anything that names a person; the result is checked before it appears.

    Args:
        registry: read in one state from first to last.
        out: a folder, new or empty.
        series: the series to export.
        secret: at least 16 random bytes for the new ids; None draws them and forgets them.
        overwrite: replace an earlier export in the folder.

    Raises:
        Refused: the folder holds something, the registry cannot be read, or the check found something that survived.
    """
    refuse_existing_folder(out, overwrite=overwrite, ours=DEIDENTIFIED_FILES)
    if secret is None:
        secret = secrets.token_bytes(2 * SHORTEST_SECRET)
    answer: list[Deidentified] = []
    with registry.reading() as connection:

        def write(folder: Path) -> None:
            answer.append(write_deidentified(lambda: kept_records(connection, series=series), folder, secret=secret))

        fill_folder(out, write, ours=DEIDENTIFIED_FILES)
    return answer[0]


def write_deidentified(
    records: Callable[[], Iterable[Record | Rehearsal]], folder: Path, *, secret: bytes
) -> Deidentified:
    """Write de-identified records into an empty folder and check that nobody is named in it.

    Args:
        records: gives all records anew at each call, parents before their children.
        folder: empty.
        secret: at least 16 random bytes.

    Raises:
        Refused: the check found something that survived.
    """
    survey, identifiers = Survey(), Identifiers()
    for record in records():
        survey.see(record)
        identifiers.see(record)
    cleaner = Deidentifier(secret, survey)

    tally = _Tally()
    with (folder / JSON_LINES).open("w", encoding="utf-8", newline="\n") as lines:

        def cleaned() -> Iterator[Record | Rehearsal]:
            for record in map(cleaner.record, records()):
                lines.write(json.dumps(record_json(record), ensure_ascii=False, separators=(",", ":")) + "\n")
                tally.see(record)
                yield record

        rows = write_csv(cleaned(), folder)
    for table in TABLES:
        _sort_lines(folder / f"{table.name}.csv", header=True)
    _sort_lines(folder / JSON_LINES, header=False)
    fixed = {README: ABOUT.encode(), COUNTS: tally.counts(), DICTIONARY: _csv(dictionary_rows())}
    for name, content in fixed.items():
        (folder / name).write_bytes(content)
    assert_no_identifier(folder, identifiers, fixed=fixed)
    rare = tally.rare()
    warnings = []
    if rare:
        warnings.append(
            f"Patients whose sex, age group, levels and diseases fewer than {SMALLEST_SHOWN} here have: {rare}. "
            "Whoever knows one may find the record, so pass it on only under an agreement."
        )
    return Deidentified(rows=rows, rare_patients=rare, warnings=tuple(warnings))


RANK = {  # parents before their children
    b'{"kind":"patient"': 0,
    b'{"kind":"procedure"': 1,
    b'{"kind":"follow-up"': 2,
    b'{"kind":"rehearsal"': 3,
}


def _sort_lines(path: Path, *, header: bool) -> None:
    """Put the lines into the order of their new ids, so that their old order tells nothing."""
    lines = path.read_bytes().splitlines(keepends=True)
    first, rest = (lines[:1], lines[1:]) if header else ([], lines)
    rest.sort(key=lambda line: (RANK.get(line.partition(b",")[0], 0), line))
    path.write_bytes(b"".join([*first, *rest]))


class _Tally:
    """Counts what the records hold in coded words, and who is like whom."""

    def __init__(self) -> None:
        self._counted: dict[str, Counter[str]] = {}
        self._known: dict[str, list[str]] = {}

    def see(self, record: Record | Rehearsal) -> None:
        """Take in one de-identified record; patients come before their procedures, and rehearsals are of nobody."""
        if isinstance(record, Rehearsal):
            return
        if isinstance(record, Patient):
            self._count("patients by sex", record.sex)
            self._known[record.pseudonym] = [str(record.sex)]
        elif isinstance(record, Procedure):
            self._count("procedures by guidance", record.guidance)
            self._count("procedures by intent", record.intent)
            age = None if record.age_years is None else int(record.age_years) // AGE_GROUP_YEARS
            self._known[record.patient].append(str(age))
            for level in record.levels:
                self._count("levels by name", level.level)
                self._count("levels by indication", level.indication)
                self._known[record.patient].append(f"{level.level} {level.indication}")
                for leak in level.leaks:
                    self._count("leaks by site", leak.site)
        else:
            self._count("follow-ups by window", record.window)
            grade = record.relief_class
            self._count("follow-ups by relief class", None if grade is None else int(grade))

    def _count(self, name: str, value: object) -> None:
        self._counted.setdefault(name, Counter())[UNKNOWN if value is None else str(value)] += 1

    def counts(self) -> bytes:
        """Counts by coded words, one partition after the other, small ones hidden."""
        rows: list[tuple[str, ...]] = [("counted", "value", "n", "of")]
        for name, counter in sorted(self._counted.items()):
            values = sorted(counter)
            shown = suppress_row([counter[value] for value in values])
            total = HIDDEN if shown.total is None else str(shown.total)
            rows += [
                (name, value, HIDDEN if n is None else str(n), total)
                for value, n in zip(values, shown.counts, strict=True)
            ]
        return _csv(rows)

    def rare(self) -> int:
        """How many patients share what others may know of them with fewer than five."""
        alike = Counter(tuple(sorted(what)) for what in self._known.values())
        return sum(n for n in alike.values() if n < SMALLEST_SHOWN)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
