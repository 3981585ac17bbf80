"""Exports: every value stands in its table, no text is a formula, and the journal is verified from its lines."""

import csv
import hashlib
import json
import shutil
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from record_strategies import records_of
from registry_records import family, procedure
from rehearsal_records import rehearsal
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.csv_cells import restored
from vertebroplasty.registry.entry.field_tree import ValueKind, fields_of
from vertebroplasty.registry.entry.reading import read_json_lines
from vertebroplasty.registry.export.tables import CSV_FILES, export_csv, export_journal, export_json_lines, write_csv
from vertebroplasty.registry.export.tidy import TABLES, cell, dictionary_rows
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.store.opening import open_registry

FORMULAS = ('=HYPERLINK("http://x","y")', "+1", "-1+1", "@SUM(A1)", "a;=1+1", "a\n=1", "＝1")


@pytest.fixture
def registry(made, tmp_path):
    shutil.copy(made, tmp_path / "r.db")
    with open_registry(str(tmp_path / "r.db")) as opened:
        opened.add_many([record for i in (1, 2) for record in family(i)], by="clerk", why="first entry")
        opened.add(rehearsal(1), by="web")
        yield opened


def table(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_table_has_its_rows(registry, tmp_path):
    counts = export_csv(registry, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(CSV_FILES)
    expected = {"patient": 2, "procedure": 2, "treated_level": 4, "leak": 4, "clock_event": 4, "adverse_event": 2}
    expected |= {"follow_up": 4, "follow_up_event": 4, "imaged_level": 4, "new_fracture": 4}
    expected |= {"rehearsal": 1, "rehearsal_leak": 1}
    assert counts == expected
    assert {name: len(table(tmp_path / "out", name)) for name in counts} == counts
    first = table(tmp_path / "out", "treated_level")[0]
    assert (first["procedure_id"], first["position"], first["level"]) == ("X1", "0", "L1")
    assert (first["cement_total_ml"], first["leaks_looked_for_with"]) == ("3.4", "ct|fluoroscopy")
    assert table(tmp_path / "out", "treated_level")[1]["leaks_looked_for_with"] == "[]"
    assert table(tmp_path / "out", "leak")[1]["volume_ml"] == "0.2"
    assert "not a medical device" in (tmp_path / "out" / "README.txt").read_text(encoding="utf-8")


def test_the_dictionary_explains_every_column(registry, tmp_path):
    export_csv(registry, tmp_path / "out")
    with (tmp_path / "out" / "data_dictionary.csv").open(encoding="utf-8", newline="") as stream:
        told = {(row["table"], row["column"]): row for row in csv.DictReader(stream)}
    for one in TABLES:
        header = (tmp_path / "out" / f"{one.name}.csv").read_text(encoding="utf-8").splitlines()[0]
        for column in header.replace('"', "").split(","):
            assert told.pop((one.name, column))["description"]
    assert told == {}
    rows = {(row[0], row[1]): row for row in dictionary_rows()}
    assert rows["treated_level", "cement_total_ml"][3] == "0 to 30"
    assert rows["patient", "sex"][3] == "female, male, other"


def test_a_series_is_exported_alone(registry, tmp_path):
    assert export_csv(registry, tmp_path / "a", series="own")["patient"] == 2
    assert export_csv(registry, tmp_path / "b", series="weill-1996")["patient"] == 0
    assert export_json_lines(registry, tmp_path / "b.jsonl", series="weill-1996") == 0


def test_what_exists_is_not_overwritten_unasked(registry, tmp_path):
    export_csv(registry, tmp_path / "out")
    with pytest.raises(Refused, match="already holds files"):
        export_csv(registry, tmp_path / "out")
    export_csv(registry, tmp_path / "out", overwrite=True)
    (tmp_path / "out" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(Refused, match="did not write"):
        export_csv(registry, tmp_path / "out", overwrite=True)
    (tmp_path / "r.jsonl").write_text("mine", encoding="utf-8")
    for export in (export_json_lines, export_journal):
        with pytest.raises(Refused, match="exists already"):
            export(registry, tmp_path / "r.jsonl")
    assert (tmp_path / "r.jsonl").read_text(encoding="utf-8") == "mine"


def test_an_export_that_breaks_off_leaves_nothing(registry, tmp_path, monkeypatch):
    monkeypatch.setattr("vertebroplasty.registry.export.tables.dictionary_rows", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_csv(registry, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name or path.name.startswith(".w")) == []


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_begins_a_formula(text, tmp_path):
    write_csv([procedure(remark=text)], tmp_path)
    (row,) = table(tmp_path, "procedure")
    assert "'" in row["remark"]
    for separator in (";", "\n", "\t", "|"):
        assert all(
            not part.lstrip(" ").startswith(("=", "+", "-", "@", "＝")) for part in row["remark"].split(separator)
        )
    assert restored(row["remark"]) == text


def test_numbers_stay_as_they_are():
    assert cell(-2.5) == "-2.5"
    assert cell(True) == "true"
    assert cell(None) == ""
    assert cell(()) == "[]"
    assert cell(("a|b", "c")) == '["a|b", "c"]'


@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(records_of(Patient) | records_of(Procedure) | records_of(FollowUp))
def test_every_value_of_any_record_stands_in_its_table(tmp_path_factory, record):
    folder = tmp_path_factory.mktemp("tables")
    write_csv([record], folder)
    for one in TABLES:
        if one.record is not type(record):
            assert table(folder, one.name) == []
            continue
        rows = table(folder, one.name)
        items = [item for _, item in one.walk(record)]
        assert len(rows) == len(items)
        for row, item in zip(rows, items, strict=True):
            for name, info in fields_of(type(item)).items():
                if info.inner is None and name in row:
                    assert read(row[name], info) == getattr(item, name)


def read(text, info):
    """A cell as a second reader takes it, independent of the import."""
    if text == "" and info.nullable:
        return None
    if info.listed:
        plain = restored(text)
        return tuple(json.loads(plain)) if plain.startswith("[") else tuple(plain.split("|"))
    convert = {
        ValueKind.NUMBER: float,
        ValueKind.WHOLE: int,
        ValueKind.YES_NO: lambda one: one == "true",
        ValueKind.DAY: date.fromisoformat,
        ValueKind.MOMENT: datetime.fromisoformat,
        ValueKind.TEXT: restored,
    }
    return convert.get(info.kind, str)(text)


def test_records_as_lines_come_back_the_same_and_fit_into_a_new_registry(registry, made, tmp_path):
    assert export_json_lines(registry, tmp_path / "r.jsonl") == 9
    with (tmp_path / "r.jsonl").open("rb") as stream:
        back = [record for _, record in read_json_lines(stream)]
    assert sorted(back, key=lambda one: one.record_id) == sorted(
        (*family(1), *family(2), rehearsal(1)), key=lambda one: one.record_id
    )
    shutil.copy(made, tmp_path / "new.db")
    with open_registry(str(tmp_path / "new.db")) as new:
        assert new.add_many(back, by="clerk") == 9


def test_the_journal_can_be_verified_from_its_lines_alone(registry, tmp_path):
    registry.amend("patient", "P1", {"ecog": 2}, by="clerk", why="was missing")
    written = export_journal(registry, tmp_path / "j.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == written == registry.head()[0]
    previous = "0" * 64
    keys = ("seq", "at", "by", "action", "kind", "record_id", "why", "old", "new")
    for row in rows:
        text = json.dumps([previous, *(row[key] for key in keys)], ensure_ascii=False, separators=(",", ":"))
        assert row["previous_hash"] == previous
        assert hashlib.sha256(text.encode()).hexdigest() == row["hash"]
        previous = row["hash"]
    assert previous == registry.head()[1]
    assert (rows[-1]["why"], json.loads(rows[-1]["new"])["ecog"]) == ("was missing", 2)


def test_two_exports_of_one_state_are_the_same_bytes(registry, tmp_path):
    for name in ("a", "b"):
        export_csv(registry, tmp_path / name)
        export_journal(registry, tmp_path / f"{name}.jsonl")
    for name in CSV_FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
