"""The de-identified export: nobody is named in any byte, and what research needs is still true."""

import csv
import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from record_strategies import records_of
from registry_records import family, follow_up, patient, procedure
from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.errors import Refused
from vertebroplasty.registry import vocabulary
from vertebroplasty.registry.entry.checks import check_follow_up, check_procedure
from vertebroplasty.registry.entry.field_tree import CODED, fields_of
from vertebroplasty.registry.entry.reading import read_json_lines
from vertebroplasty.registry.export.deidentify import DEIDENTIFIED_FILES, export_deidentified, write_deidentified
from vertebroplasty.registry.export.deidentify_records import Deidentifier, Survey
from vertebroplasty.registry.export.identifier_check import Identifiers, assert_no_identifier
from vertebroplasty.registry.procedure_parts import Cement, ClockEvent, Screening, TreatedLevel
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.selection import coded_values

SECRET = bytes(range(32))
MANY = {"derandomize": True, "deadline": None, "suppress_health_check": list(HealthCheck)}
WHEN = datetime(2024, 3, 1, 9, 12, 30, tzinfo=UTC)
JANE = (
    patient("Jane-1941", birth_year=1941, osteoporosis_treatment="Dr Brown's infusions", anticoagulants=("Xarelto",)),
    procedure(
        "OP-2024-0077",
        "Jane-1941",
        centre="Lyon-Sud",
        operator="dr.house",
        assistants=("dr.wilson",),
        age_years=82.6,
        discussed_on=date(2024, 2, 20),
        started_at=WHEN,
        consent_version="signed by her son Peter",
        remark="Mrs Smith, room 12",
        screening=Screening(fired_rules=("I01", "told by Peter"), override_reason="her wish", overrides=("E01",)),
        levels=(
            TreatedLevel(
                level="L1",
                fracture_on=date(2024, 2, 1),
                fracture_age_days=29,
                cement=Cement(product="Simplex", lot="LOT-998877", udi="(01)0761332", total_ml=3.4, mixed_at=WHEN),
            ),
        ),
        events=(ClockEvent(event="sample", t_s=412.5, at=WHEN, injected_ml=1.5, remark="Mr Smith waits"),),
    ),
    follow_up(
        "seen-31march",
        "OP-2024-0077",
        morphine_mg_per_day=30,
        morphine_table="CDC 2022",
        died_on=date(2024, 4, 30),
        cause_of_death="fell at home, Rue X",
        pain_nrs=None,
        imaged_levels=(),
        lost_because=None,
    ),
)


def export(records, folder, secret=SECRET):
    folder.mkdir(exist_ok=True)
    return write_deidentified(lambda: iter(records), folder, secret=secret)


def read(folder, kind):
    with (folder / "records.jsonl").open("rb") as stream:
        return [record for _, record in read_json_lines(stream) if record.kind == kind]


def names_and_days(item):
    """Every id, name, text and day in a record, found by a walk that knows nothing of the export."""
    for name, info in fields_of(type(item)).items():
        value = getattr(item, name)
        if value is None or (info.kind in CODED and info.inner is None):
            continue
        for entry in value if info.listed else (value,):
            if info.inner is not None:
                yield from names_and_days(entry)
            elif isinstance(entry, date):
                yield from (entry.isoformat()[:10], f"{entry:%d.%m.%Y}", f"{entry:%Y%m%d}", f"{entry:%d/%m/%Y}")
            else:
                yield str(entry)
                yield from (word for word in re.findall(r"\w{5,}", str(entry)))


def test_no_identifier_is_in_any_byte_of_the_output(tmp_path):
    export(JANE, tmp_path / "out")
    everything = b"".join(path.name.encode() + path.read_bytes() for path in (tmp_path / "out").iterdir())
    shipped = {"own", "I01", "E01"}
    found = {text for record in JANE for text in names_and_days(record)} - shipped
    assert {"Jane-1941", "OP-2024-0077", "dr.house", "Smith", "LOT-998877", "2024-03-01", "Xarelto"} <= found
    survived = {text for text in found if text.encode() in everything}
    assert survived == set()


@settings(max_examples=25, **MANY)
@given(
    records_of(Patient, pseudonym="Ptnt-77", series="own"),
    records_of(Procedure, procedure_id="Proc-77", patient="Ptnt-77"),
    records_of(FollowUp, follow_up_id="Look-77", procedure="Proc-77"),
    st.binary(min_size=16, max_size=16),
)
def test_nothing_survives_of_any_records(tmp_path_factory, one, two, three, secret):
    folder = tmp_path_factory.mktemp("deidentified")
    export((one, two, three), folder, secret)
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    days = {
        text
        for record in (one, two, three)
        for text in names_and_days(record)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text)
    }
    for text in {"Ptnt-77", "Proc-77", "Look-77", *days}:
        assert text.encode() not in everything
    for path in folder.glob("*.csv"):
        if path.name not in ("data_dictionary.csv", "counts.csv"):
            with path.open(encoding="utf-8", newline="") as stream:
                cells = {cell for row in list(csv.reader(stream))[1:] for cell in row}
            texts = {text for record in (one, two, three) for text in _texts(record)}
            assert cells & texts <= {""}


CODED_WORDS = {  # what a cell may hold whatever anybody is called
    *("own", "true", "false", "null", "withheld", "patient", "procedure", "follow-up"),
    *LEVELS,
    *(
        str(word)
        for module in (vocabulary, coded_values)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum)
        for word in kind
    ),
}


def _texts(item):
    """Free texts and names of two characters or more, unless a coded word happens to read the same."""
    for name, info in fields_of(type(item)).items():
        value = getattr(item, name)
        for entry in value if info.listed and value is not None else (value,):
            if info.inner is not None and entry is not None:
                yield from _texts(entry)
            elif isinstance(entry, str) and info.kind not in CODED and len(entry) > 1 and not entry.isdigit():
                yield entry if entry not in CODED_WORDS else ""


@pytest.mark.parametrize("name", ["true", "null", "T12", "withheld", "patient"])
def test_a_name_that_every_export_holds_anyway_stops_nothing(tmp_path, name):
    export((patient(), procedure(operator=name), follow_up()), tmp_path / "out")
    (done,) = read(tmp_path / "out", "procedure")
    assert done.operator != name


def test_intervals_doses_and_levels_are_still_true(tmp_path):
    export(JANE, tmp_path / "out")
    (done,), (seen,) = read(tmp_path / "out", "procedure"), read(tmp_path / "out", "follow-up")
    assert seen.procedure == done.procedure_id
    assert read(tmp_path / "out", "patient")[0].pseudonym == done.patient
    assert seen.seen_on - done.performed_on == timedelta(days=30)
    assert seen.died_on - done.performed_on == timedelta(days=60)
    assert done.performed_on - done.discussed_on == timedelta(days=10)
    assert done.performed_on - done.levels[0].fracture_on == timedelta(days=29)
    assert done.levels[0].cement.total_ml == 3.4
    assert (done.events[0].t_s, done.events[0].injected_ml, done.events[0].at) == (412.5, 1.5, None)
    assert done.age_years == 82.0
    assert (done.screening.fired_rules[0], done.screening.overrides) == ("I01", ("E01",))
    assert seen.relief_class == 3


def test_the_result_is_in_order_by_the_checks_of_the_registry(tmp_path):
    export(JANE, tmp_path / "out")
    (who,), (done,), (seen,) = (read(tmp_path / "out", kind) for kind in ("patient", "procedure", "follow-up"))
    today = date(2024, 6, 1)
    assert [one for one in check_procedure(done, patient=who, today=today) if one.severity == "error"] == []
    assert [one for one in check_follow_up(seen, procedure=done, today=today) if one.severity == "error"] == []


def cleaned(*records, secret=SECRET):
    survey = Survey()
    for record in records:
        survey.see(record)
    cleaner = Deidentifier(secret, survey)
    return [cleaner.record(record) for record in records]


def test_the_same_stays_the_same_and_another_secret_makes_another_export():
    records = (*family(1), *family(2))
    once, again, other = cleaned(*records), cleaned(*records), cleaned(*records, secret=SECRET[::-1])
    assert once == again
    assert once[0].pseudonym == once[1].patient != once[4].pseudonym
    assert once[1].operator == once[5].operator
    assert {one.record_id for one in once}.isdisjoint(one.record_id for one in other)
    with pytest.raises(Refused, match="take 16 random ones"):
        cleaned(*records, secret=b"short")


def test_two_patients_are_shifted_differently_and_all_days_end_before_the_first():
    records = [record for i in range(40) for record in family(i)]
    done = [one for one in cleaned(*records) if one.kind == "procedure"]
    assert len({one.performed_on for one in done}) > 30
    assert max(one.performed_on for one in done) < date(2024, 2, 1)


@settings(max_examples=200, **MANY)
@given(st.integers(1925, 1960), st.lists(st.dates(date(1995, 1, 1), date(2012, 12, 31)), min_size=1, max_size=3))
def test_age_and_year_of_birth_fit_each_other_and_tell_nobody_above_89(born, days):
    birthday = date(born, 5, 17)
    ages = [(day - birthday).days / 365.25 for day in days]
    treated = [
        procedure(f"X{n}", performed_on=day, age_years=age, levels=(TreatedLevel(level="L1"),), started_at=None)
        for n, (day, age) in enumerate(zip(days, ages, strict=True))
    ]
    who, *done = cleaned(patient(birth_year=born), *(replace(one, adverse_events=(), events=()) for one in treated))
    if max(ages) < 89:
        assert [one.age_years for one in done] == [float(int(age)) for age in ages]
        assert who.birth_year is not None
        for one in done:
            assert (
                one.performed_on.year - who.birth_year - 1 <= one.age_years < one.performed_on.year - who.birth_year + 1
            )
    if max(ages) >= 90:
        assert who.birth_year is None
        assert {one.age_years for one in done} <= {90.0, None}
    last = max(one.performed_on for one in done)
    for one in done:
        if one.age_years is not None and one.age_years < 90:
            assert one.age_years + (last - one.performed_on).days / 365.25 < 90


def test_a_late_follow_up_hides_the_age_before_it():
    born = patient(birth_year=1935)
    treated = procedure(age_years=88.0, performed_on=date(2023, 3, 1), levels=(TreatedLevel(level="L1"),))
    treated = replace(treated, started_at=None, adverse_events=())
    _, alone = cleaned(born, treated)
    assert alone.age_years == 88.0
    who, done, _ = cleaned(born, treated, follow_up(seen_on=date(2025, 6, 1)))
    assert (who.birth_year, done.age_years) == (None, None)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("patient.csv", '"Jane-1941"' + ',""' * 8),
        ("patient.csv", '"patient-aaaaaaaaaaaaaaaa","own","Mrs Smith"' + ',""' * 6),
        ("patient.csv", '"patient-aaaaaaaaaaaaaaaa","own","female","1941","","","","Mrs Smith",""'),
        ("patient.csv", '"patient-aaaaaaaaaaaaaaaa","Lyon-Sud"' + ',""' * 7),
        ("new_fracture.csv", '"follow-up-aaaaaaaaaaaaaaaa","0","L1","","2024-03-01","",""'),
        ("new_fracture.csv", '"follow-up-aaaaaaaaaaaaaaaa","0","L1","","2030-03-01","",""'),
        ("records.jsonl", '{"kind":"patient","pseudonym":"patient-aaaaaaaaaaaaaaaa","name":"x"}'),
        ("records.jsonl", '{"kind":"patient","pseudonym":"Jane"}'),
        ("records.jsonl", '{"kind":"follow-up","remark":"x"}'),
        ("notes.txt", "x"),
        ("README.txt", "x"),
    ],
)
def test_what_slipped_in_is_found_and_not_repeated(tmp_path, file, line):
    export(JANE, tmp_path / "out")
    known = Identifiers()
    for record in JANE:
        known.see(record)
    fixed = {
        name: (tmp_path / "out" / name).read_bytes() for name in ("README.txt", "counts.csv", "data_dictionary.csv")
    }
    assert_no_identifier(tmp_path / "out", known, fixed=fixed)
    with (tmp_path / "out" / file).open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    with pytest.raises(Refused, match=re.escape(file)) as refused:
        assert_no_identifier(tmp_path / "out", known, fixed=fixed)
    assert "Jane" not in str(refused.value)
    assert "Smith" not in str(refused.value)


def test_an_id_that_looks_like_a_new_one_is_found_by_its_words(tmp_path):
    """A registry filled from a de-identified export holds ids of the very form of the new ones."""
    old = "patient-aaaaaaaaaaaaaaaa"
    (tmp_path / "out").mkdir()
    known = Identifiers(names={old}, days={"2024-01-01"})
    (tmp_path / "out" / "records.jsonl").write_text(json.dumps({"kind": "patient", "pseudonym": old}), encoding="utf-8")
    with pytest.raises(Refused, match="line 1"):
        assert_no_identifier(tmp_path / "out", known, fixed={})
    assert_no_identifier(tmp_path / "out", Identifiers(), fixed={})


@pytest.fixture
def registry(made, tmp_path):
    shutil.copy(made, tmp_path / "r.db")
    with open_registry(str(tmp_path / "r.db")) as opened:
        opened.add_many([record for i in range(12) for record in family(i)], by="clerk", why="first entry")
        yield opened


def test_a_registry_is_exported_whole_and_draws_its_own_secret(registry, tmp_path):
    done = export_deidentified(registry, tmp_path / "a")
    assert {path.name for path in (tmp_path / "a").iterdir()} == set(DEIDENTIFIED_FILES)
    assert done.rows["patient"] == 12
    assert (done.rare_patients, done.warnings) == (0, ())
    export_deidentified(registry, tmp_path / "b")
    assert (tmp_path / "a" / "patient.csv").read_bytes() != (tmp_path / "b" / "patient.csv").read_bytes()
    assert (tmp_path / "a" / "counts.csv").read_bytes() == (tmp_path / "b" / "counts.csv").read_bytes()
    with pytest.raises(Refused, match="already holds files"):
        export_deidentified(registry, tmp_path / "a")


def test_the_order_of_the_originals_does_not_survive(registry, tmp_path):
    export_deidentified(registry, tmp_path / "out", secret=SECRET)
    with (tmp_path / "out" / "patient.csv").open(encoding="utf-8", newline="") as stream:
        ids = [row["pseudonym"] for row in csv.DictReader(stream)]
    assert ids == sorted(ids)
    assert [one.pseudonym for one in read(tmp_path / "out", "patient")] == ids


def test_rare_persons_are_warned_of_and_small_counts_hidden(registry, tmp_path):
    registry.add(patient("P99", sex="male"), by="clerk")
    done = export_deidentified(registry, tmp_path / "out")
    assert done.rare_patients == 1
    assert "here have: 1." in done.warnings[0]
    with (tmp_path / "out" / "counts.csv").open(encoding="utf-8", newline="") as stream:
        rows = {(row["counted"], row["value"]): row["n"] for row in csv.DictReader(stream)}
    assert rows["patients by sex", "male"] == "hidden"
    assert rows["levels by name", "L1"] == "12"
    shown = [int(n) for n in rows.values() if n != "hidden"]
    assert all(n == 0 or n >= 5 for n in shown)


def test_nothing_appears_if_the_check_finds_something(registry, tmp_path, monkeypatch):
    monkeypatch.setattr(Deidentifier, "new_id", lambda self, domain, name: name)
    with pytest.raises(Refused, match="nothing was exported"):
        export_deidentified(registry, tmp_path / "out")
    assert not (tmp_path / "out").exists()
