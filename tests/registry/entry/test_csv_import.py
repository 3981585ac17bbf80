"""Import of tables: what is right goes in whole, what is wrong is named by row and column, and nothing is guessed."""

import contextlib
import csv
import io
import json
import shutil
import tracemalloc
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from record_strategies import records_of
from registry_records import family
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.csv_cells import neutral, restored
from vertebroplasty.registry.entry.csv_import import import_table
from vertebroplasty.registry.entry.csv_mapping import parse_mapping, read_mapping
from vertebroplasty.registry.entry.csv_places import ROWS, place_of
from vertebroplasty.registry.entry.csv_template import mapping_template
from vertebroplasty.registry.entry.csv_text import header_of
from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES, leaves
from vertebroplasty.registry.export.tidy import cell
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.store.opening import open_registry

TODAY = date(2024, 6, 1)
MAPPING = """
[table]
rows = "procedure"
{table}
[columns]
patient = "patient.pseudonym"
sex = {{ field = "patient.sex", words = {{ f = "female", m = "male" }} }}
born = "patient.birth_year"
id = "procedure.procedure_id"
day = "procedure.performed_on"
level = "procedure.levels[0].level"
ml = "procedure.levels[0].cement.total_ml"
leak = "procedure.levels[0].leaks[0].site"
note = "procedure.remark"
{columns}
[constants]
"procedure.centre" = "A"
"""
HEADER = "patient,sex,born,id,day,level,ml,leak,note\n"
GOOD = HEADER + "P1,f,1940,X1,2024-03-01,l1,2.5,,=1+1\nP2,M,1950,X2,2024-03-02,T12,3,Epidural,\n"


def mapping(table="", columns=""):
    return parse_mapping(MAPPING.format(table=table, columns=columns))


@pytest.fixture
def registry(made, tmp_path):
    shutil.copy(made, tmp_path / "r.db")
    with open_registry(str(tmp_path / "r.db")) as opened:
        yield opened


@pytest.fixture
def load(tmp_path, request):
    """Write a text (or bytes) as a table and import it."""

    def run(text, how=None, into="registry", **more):
        into = request.getfixturevalue(into) if into else None
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_table(into, path, how or mapping(), **{"by": "clerk", "today": TODAY} | more)

    return run


def places(problems):
    return [(one.row, one.column) for one in problems]


def test_a_table_goes_in_and_is_read_as_it_stands(load, registry):
    report = load(GOOD)
    assert (report.rows_read, report.records, report.written) == (2, {"patient": 2, "procedure": 2}, 4)
    assert report.passed
    first = registry.get("procedure", "X1").record
    assert (first.patient, first.performed_on, first.centre, first.remark) == ("P1", date(2024, 3, 1), "A", "=1+1")
    assert (first.levels[0].level, first.levels[0].cement.total_ml, first.levels[0].leaks) == ("L1", 2.5, ())
    assert registry.get("procedure", "X2").record.levels[0].leaks[0].site == "epidural"
    assert registry.get("patient", "P2").record == Patient(pseudonym="P2", sex="male", birth_year=1950)
    assert {row.action for row in registry.journal() if row.kind == "procedure"} == {"import"}


def test_both_kinds_of_database_take_a_table_and_find_what_they_hold(registry_url, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(GOOD, encoding="utf-8")
    looks = tmp_path / "looks.csv"
    looks.write_text("x,d,v,dead\nX1,2024-04-01,3,\n", encoding="utf-8")
    who = {"by": "clerk", "today": TODAY}
    with open_registry(registry_url) as opened:
        assert import_table(opened, path, mapping(), **who).written == 4
        assert import_table(opened, looks, parse_mapping(FOLLOW_UPS), **who).written == 1
        path.write_text(GOOD.replace("X1", "Y1") + "P\x00,f,1940,X\x00,2024-03-01,L1,2,,\n", encoding="utf-8")
        again = import_table(opened, path, mapping(), **who)
        assert places(again.errors)[:3] == [(2, "id"), (3, ""), (4, "patient")]
        looks.write_text("x,d,v,dead\nX1,2024-04-08,,2024-03-20\n", encoding="utf-8")
        assert places(import_table(opened, looks, parse_mapping(FOLLOW_UPS), **who).errors) == [(2, "dead")]


def test_a_dry_run_writes_nothing_and_needs_no_registry(load, registry):
    assert load(GOOD, dry_run=True).written == 0
    assert load(GOOD, into=None, dry_run=True).records == {"patient": 2, "procedure": 2}
    assert registry.find("procedure") == ()
    with pytest.raises(Refused, match="Without a registry"):
        load(GOOD, into=None)


BAD = GOOD + "P3,x,1940,X3,2024-02-30,L9,2.5,foo,\nP4,f,1940,X4,2024-03-01,L2,2;5,,\nP5,f,1940,X5,2025-03-01,L2,9,,\n"


def test_every_error_has_its_row_and_column_and_nothing_is_written(load, registry):
    report = load(BAD)
    assert places(report.errors) == [
        (4, "sex"),
        (4, "day"),
        (4, "leak"),
        (4, "level"),
        (5, "ml"),
        (6, "day"),
    ]
    assert places(report.warnings) == [(6, "ml")]
    assert (report.error_count, report.rejected_rows, report.written) == (6, 3, 0)
    assert registry.find("patient") == ()
    assert len(list(registry.journal())) == len(list(registry.journal(after=0)))


def test_an_error_in_the_last_of_many_rows_undoes_all(load, registry):
    rows = "".join(f"P{i},f,1940,X{i},2024-03-01,L1,2.5,,\n" for i in range(2100))  # more than one chunk
    report = load(HEADER + rows + "P9999,f,1940,X9999,2024-03-01,L1,oops,,\n")
    assert places(report.errors) == [(2102, "ml")]
    assert registry.find("patient") == ()


def test_memory_does_not_grow_with_the_table(load):
    def peak(rows):
        note = "x" * 400
        lines = "".join(f"P{i},f,1940,X{i},2024-03-01,L1,2.5,,{note}\n" for i in range(rows))
        content = (HEADER + lines).encode()
        tracemalloc.start()
        try:
            report = load(content, into=None, dry_run=True)
            assert report.rows_read == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(1500), peak(6000)
    assert many - few < 2_000_000  # 4500 rows more: 2 MB of text, 8 MB as records; the validator keeps some short texts


def test_with_partial_the_good_rows_go_in_and_the_others_can_be_corrected(load, registry, tmp_path):
    with pytest.raises(Refused, match="--rejects"):
        load(BAD, partial=True)
    rejects = tmp_path / "rejects.csv"
    report = load(BAD, partial=True, rejects=rejects)
    assert (report.written, report.rejected_rows) == (4, 3)
    rows = list(csv.DictReader(io.StringIO(rejects.read_text(encoding="utf-8"))))
    assert [row["rejected row"] for row in rows] == ["4", "5", "6"]
    assert 'ml: is "2;5"' in rows[1]["rejected because"]
    with pytest.raises(Refused, match="exists already"):
        load(BAD, partial=True, rejects=rejects)
    text = rejects.read_text(encoding="utf-8").replace("2;5", "2.5")
    report = load(text, partial=True, rejects=tmp_path / "again.csv")
    assert report.written == 2
    assert registry.get("procedure", "X4").record.levels[0].cement.total_ml == 2.5


def test_no_reject_file_where_nothing_was_rejected(load, tmp_path):
    load(GOOD, partial=True, rejects=tmp_path / "rejects.csv")
    assert not (tmp_path / "rejects.csv").exists()


def test_a_table_that_breaks_off_is_not_half_imported(load, registry):
    rows = "".join(f"P{i},f,1940,X{i},2024-03-01,L1,2.5,,\n" for i in range(2100))  # more than one chunk
    with pytest.raises(Refused, match="not utf-8 near line"):
        load((HEADER + rows).encode() + b"P9999,\xff\n", mapping('delimiter = ","'))
    assert registry.find("patient") == ()


def test_what_is_in_the_registry_is_not_entered_twice(load, registry):
    load(GOOD)
    assert [one.sentence for one in load(GOOD).errors] == [
        f"procedure X{i} is in the registry already: amend it there." for i in (1, 2)
    ]
    again = GOOD.replace("X1", "Y1").replace("X2", "Y2").replace("L1", "L1")
    report = load(again)
    assert report.error_count == 2
    assert all("seems to be the same procedure" in one.sentence for one in report.errors)
    assert load(again, why="old list", not_a_duplicate_because="two sessions").written == 2
    assert registry.history("procedure", "Y1")[0].why == "old list; not a duplicate: two sessions"
    other = load(HEADER + "P1,m,,Z1,2024-05-01,L4,2.5,,\n")
    assert places(other.errors) == [(2, "sex")]
    assert "patient P1 is known with" in other.errors[0].sentence
    assert load(HEADER + "P1,,,Z1,2024-05-01,L4,2.5,,\n").written == 1


def test_double_entry_within_one_table(load):
    row = "P1,f,1940,{},2024-03-0{},L1,2.5,,\n"
    report = load(HEADER + row.format("A", 1) + row.format("B", 2) + row.format("A", 3))
    assert places(report.errors) == [(3, "id"), (4, "")]
    assert "stands in row 2 already" in report.errors[1].sentence
    later = load(HEADER + row.format("A", 1) + "P1,f,1940,C,2024-05-01,L1,2.5,,\n")
    assert (later.error_count, places(later.warnings)) == (0, [(3, "")])


LEVELS = """
[table]
rows = "level"
[columns]
p = "patient.pseudonym"
d = "procedure.performed_on"
o = "procedure.operator"
l = "procedure.levels[].level"
ml = "procedure.levels[].cement.total_ml"
a = "procedure.levels[].leaks[0].site"
b = "procedure.levels[].leaks[1].site"
m = "procedure.levels[].leaks_looked_for_with"
"""


def test_where_a_row_is_a_level_rows_of_one_procedure_are_put_together(load, registry):
    text = "p,d,o,l,ml,a,b,m\nP1,2024-03-01,A,L1,2,,epidural,ct|fluoroscopy\nP1,2024-03-01,A,L2,3,,,[]\n"
    assert load(text, parse_mapping(LEVELS)).written == 2
    found = registry.get("procedure", "P1:2024-03-01").record
    assert [(level.level, level.cement.total_ml) for level in found.levels] == [("L1", 2.0), ("L2", 3.0)]
    assert [len(level.leaks) for level in found.levels] == [1, 0]
    assert [level.leaks_looked_for_with for level in found.levels] == [("ct", "fluoroscopy"), ()]


def test_rows_of_one_procedure_agree_and_stand_together(load):
    head = "p,d,o,l,ml,a,b,m\n"
    text = head + "P1,2024-03-01,A,L1,2,,,\nP1,2024-03-01,B,L2,99,,,\n"
    report = load(text, parse_mapping(LEVELS))
    assert places(report.errors) == [(3, ""), (3, "ml")]
    assert "differs from row 2 of the same procedure in operator" in report.errors[0].sentence
    apart = head + "P1,2024-03-01,A,L1,2,,,\nP2,2024-03-01,A,L1,2,,,\nP1,2024-03-01,A,L3,2,,,\n"
    (error,) = load(apart, parse_mapping(LEVELS)).errors
    assert "its rows must stand together" in error.sentence
    twice = head + "P1,2024-03-01,A,L1,2,,,\nP1,2024-03-01,A,L1,2,,,\n"
    assert "named 2 times" in load(twice, parse_mapping(LEVELS)).errors[0].sentence


FOLLOW_UPS = """
[table]
rows = "follow-up"
[columns]
x = "follow-up.procedure"
d = "follow-up.seen_on"
v = "follow-up.pain_nrs"
dead = "follow-up.died_on"
"""


def test_follow_ups_are_imported_beside_their_procedures(load, registry):
    load(GOOD)
    text = "x,d,v,dead\nX1,2024-04-01,3,\nX9,2024-04-01,3,\nX1,2024-02-01,3,\nX1,2024-04-05,,2024-03-20\n"
    report = load(text, parse_mapping(FOLLOW_UPS))
    assert places(report.errors) == [(3, ""), (4, "d"), (5, "dead")]
    assert "procedure X9, which is not in the registry" in report.errors[0].sentence
    assert "before the patient answered on 2024-04-01" in report.errors[2].sentence
    assert load("x,d,v,dead\nX1,2024-04-01,3,\n", parse_mapping(FOLLOW_UPS)).written == 1
    assert registry.get("follow-up", "X1:2024-04-01").record.pain_nrs == 3.0


# --- encodings, delimiters, hostile bytes

SEMICOLONS = GOOD.replace(",", ";").replace("2.5", "2,5").replace("2024-03-01", "01.03.2024")
SEMICOLONS = SEMICOLONS.replace("2024-03-02", "02.03.2024").replace("=1+1", "Größe")
GERMAN = 'decimal = ","\nday = "%d.%m.%Y"\n'


@pytest.mark.parametrize(
    ("encoding", "stated"),
    [
        *(("utf-8", ""), ("utf-8-sig", ""), ("utf-8-sig", "utf-8"), ("utf-16", ""), ("utf-16", "utf-16")),
        *(("cp1252", "cp1252"), ("iso-8859-1", "iso-8859-1")),
    ],
)
def test_encodings_that_are_stated_or_proven(load, registry, encoding, stated):
    table = GERMAN + (f'encoding = "{stated}"\n' if stated else "")
    assert load(SEMICOLONS.encode(encoding), mapping(table)).written == 4
    assert registry.get("procedure", "X1").record.remark == "Größe"


@pytest.mark.parametrize(
    ("content", "table", "says"),
    [
        (SEMICOLONS.encode("cp1252"), GERMAN, "not utf-8 near line"),
        (SEMICOLONS.encode("utf-8-sig"), GERMAN + 'encoding = "cp1252"', "begins with the mark of utf-8-sig"),
        (SEMICOLONS.encode("utf-16-le"), GERMAN + 'encoding = "utf-16"', "lacks its byte-order mark"),
        (SEMICOLONS.encode("utf-32"), GERMAN, "written in UTF-32"),
        (GOOD.encode("utf-16-le"), 'delimiter = ","', "holds a control character such as NUL"),
        (b"", "", "delimiter is not clear"),
        (b"", 'delimiter = ","', "is empty"),
        (b"\x00\x00\x00", 'delimiter = ","', "header"),
        (GOOD.replace("ml", "day", 1).encode(), 'delimiter = ","', 'names "day" more than once'),
        (GOOD.replace("ml", "mls", 1).encode(), 'delimiter = ","', 'did you mean "mls"?'),
        (GOOD.replace(",note", ",note,weight", 1).encode(), "", 'does not say where "weight" goes'),
        (GOOD.replace(",note", ",note,", 1).encode(), "", "Column 10 of the header has no name"),
        ((HEADER + 'P1,f,"unclosed' + "x" * 200_000).encode(), 'delimiter = ","', "cannot be split into cells"),
        ((HEADER + "x" * 1_000_001).encode(), 'delimiter = ","', "more than 1000000 characters"),
        ((HEADER + "," * 3000).encode(), 'delimiter = ","', "at most 2000"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(load, content, table, says):
    with pytest.raises(Refused, match=says):
        load(content, mapping(table), into=None, dry_run=True)


@pytest.mark.parametrize(
    ("row", "place", "says"),
    [
        ("P3,f,1940,X3,2024-03-01,L1,2.5,\n", (4, ""), "has 8 cells where the header has 9"),
        ("P3,f,1940,X3,2024-03-01,L1,2.5,,,more\n", (4, ""), "has 10 cells where the header has 9"),
        ("P3,f,1940,X3,2024-03-01,L1,2.5,,a\x00b\n", (4, "note"), "control character such as NUL"),
        ("P3,f,1940,X3,2024-03-01,L1,\u0662,,\n", (4, "ml"), "a number has digits"),
        ("P3,f,1940,X3,2024-03-01,L1,NaN,,\n", (4, "ml"), "a number has digits"),
        ("P3,f,1940,X3,2024-03-01,L1,1e999,,\n", (4, "ml"), "from 0 to 30"),
        ('P3,f,1940,X3,2024-03-01,L1,"2,5",,\n', (4, "ml"), "decimal point"),
        ("P3,f,1940.5,X3,2024-03-01,L1,2,,\n", (4, "born"), "whole number"),
        ("Jane Doe,f,1940,X3,2024-03-01,L1,2,,\n", (4, "patient"), "without blanks"),
        ("'; DROP TABLE patient; --,f,1940,X3,2024-03-01,L1,2,,\n", (4, "patient"), "without blanks"),
        ("P3,f,1940,X3,2024-03-01,L1,2,," + "x" * 2001 + "\n", (4, "note"), "1 to 2000 characters"),
        ("P3,f,1940,X3,,L1,2,,\n", (4, "day"), "own series needs it"),
        ("P3,f,1940,X3,1577923200,L1,2,,\n", (4, "day"), "2026-11-20"),
    ],
)
def test_rows_that_cannot_be_are_named(load, row, place, says):
    report = load(GOOD + row, into=None, dry_run=True)
    assert place in places(report.errors)
    assert any(says in one.sentence for one in report.errors)
    assert report.rejected_rows == 1


def test_trailing_empty_cells_and_blank_rows_do_no_harm(load):
    report = load(GOOD + "\n,,,,,,,,\nP3,f,1940,X3,2024-03-01,L1,2.0,,,,,\n")
    assert (report.rows_read, report.written) == (3, 6)


def test_a_table_of_text_in_utf_16_without_its_mark_is_refused_whatever_the_header(load):
    with pytest.raises(Refused):
        load(GOOD.encode("utf-16-be"), mapping('delimiter = ","'))


def test_what_stands_for_unknown_and_words_are_told_by_the_mapping(load, registry):
    text = GOOD.replace("2.5", "NA").replace(",3,", ",?,")
    assert load(text, mapping('unknown = ["NA", "?"]')).passed
    assert registry.get("procedure", "X1").record.levels[0].cement is None


def test_a_pipe_or_a_folder_is_no_table(tmp_path, registry):
    with pytest.raises(Refused, match="it is no file"):
        import_table(registry, tmp_path, mapping(), by="clerk", today=TODAY)


# --- the mapping file

WRONG = [
    ("[table]\nrows = 'patients'", "what a row is, one of patient, procedure"),
    ("[table]\nrows = ['patient']", "what a row is"),
    ("[tabel]\nx = 1", "did you mean table?"),
    ("[table]\nrows = 'patient'\nencodng = 'x'", "table.encodng is not a known key: did you mean encoding?"),
    ("[table]\nrows = 'patient'\nencoding = 'klingon'", "table.encoding is"),
    ("[table]\nrows = 'patient'\ndecimal = ';'", "table.decimal is"),
    ("[table]\nrows = 'patient'\nday = '%d.%m.%y'", "26 may be 1926 or 2026"),
    ("[table]\nrows = 'patient'\nday = '%d.%m'", "has no year"),
    ("[table]\nrows = 'patient'\nzone = '../../etc/passwd'", "name of a zone"),
    ("[table]\nrows = 'patient'\nunknown = 'NA'", "list of texts"),
    ("[table]\nrows = 'patient'\n[columns]\na = 'patient.sx'", "did you mean sex?"),
    ("[table]\nrows = 'patient'\n[columns]\na = 'patient.total_ml'", "its fields are pseudonym"),
    (
        "[table]\nrows = 'procedure'\n[columns]\na = 'procedure.total_ml'",
        "stands at procedure.levels[].cement.total_ml",
    ),
    ("[table]\nrows = 'patient'\n[columns]\na = 'procedure.remark'", "begins with patient"),
    ("[table]\nrows = 'procedure'\n[columns]\na = 'procedure.levels.level'", "write levels[0]"),
    ("[table]\nrows = 'procedure'\n[columns]\na = 'procedure.levels[99].level'", "at most 12"),
    ("[table]\nrows = 'level'\n[columns]\na = 'procedure.levels[0].level'", "write levels[]"),
    ("[table]\nrows = 'procedure'\n[columns]\na = 'procedure.levels[0]'", "names an object"),
    ("[table]\nrows = 'procedure'\n[columns]\na = 'procedure.remark[0]'", "which is one value"),
    ("[table]\nrows = 'procedure'\n[columns]\na = 'procedure.remark'\nb = 'procedure.remark'", "filled twice"),
    ("[table]\nrows = 'procedure'\n[columns]\na = ''", "columns names no field"),
    ("[table]\nrows = 'procedure'\n[columns]\na = 3", "it is a field in quotes"),
    ("[table\n", "is not TOML"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_wrong_mapping_is_explained(text, says):
    with pytest.raises(Refused) as refused:
        parse_mapping(text)
    assert says in str(refused.value)


def test_a_mapping_file_is_read_with_its_mark_and_refused_if_missing(tmp_path):
    (tmp_path / "m.toml").write_bytes(b"\xef\xbb\xbf" + LEVELS.encode())
    assert read_mapping(tmp_path / "m.toml").rows == "level"
    with pytest.raises(Refused, match="no such file"):
        read_mapping(tmp_path / "n.toml")
    (tmp_path / "m.toml").write_bytes(b"\xe9")
    with pytest.raises(Refused, match="not UTF-8"):
        read_mapping(tmp_path / "m.toml")


@pytest.mark.parametrize("rows", ROWS)
def test_the_template_is_a_mapping_once_a_column_is_filled(rows):
    names = {"patient": "pseudonym", "procedure": "procedure_id", "level": "procedure_id", "follow-up": "follow_up_id"}
    text = mapping_template([names[rows], 'odd "name"', "Lösung", "Sexe"], rows)
    read = parse_mapping(text)
    assert read.columns[names[rows]].info.name == names[rows]
    assert read.columns['odd "name"'] is None
    for line in text.splitlines():
        if line.startswith("#   "):
            place_of(line.removeprefix("#   "), rows)
    with pytest.raises(Refused, match="one of patient, procedure"):
        mapping_template([], "x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_header_of_a_table_begins_its_mapping(tmp_path, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes('Größe;"a;b"; c\n1,5;2;3\n'.encode(encoding))
    assert header_of(path) == ["Größe", "a;b", "c"]
    path.write_bytes(b"")
    with pytest.raises(Refused, match="is empty"):
        header_of(path)


# --- round trips


def wide(record):
    """A record as one header and one row with a column for every value it may hold, and the mapping of them."""
    kind = record.kind
    header, row, columns = [], [], []
    for path, info in leaves(RECORD_CLASSES[kind]):
        for numbered in _numbered(path):
            value = record
            for part in numbered.split("."):
                name, _, rest = part.partition("[")
                value = None if value is None else getattr(value, name)
                if rest:
                    n = int(rest.rstrip("]"))
                    value = value[n] if value is not None and n < len(value) else None
            header.append(numbered)
            row.append(cell(value))
            columns.append(f"{json.dumps(numbered)} = {json.dumps(f'{kind}.{numbered}')}")
        assert info.name
    rows = {"patient": "patient", "procedure": "procedure", "follow-up": "follow-up"}[kind]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, row])
    return text.getvalue(), parse_mapping(
        f'[table]\nrows = "{rows}"\ndelimiter = ","\n[columns]\n' + "\n".join(columns)
    )


def _numbered(path):
    """A path for each entry, up to two, of each of its lists."""
    if "[]" not in path:
        return [path]
    return [one for n in (0, 1) for one in _numbered(path.replace("[]", f"[{n}]", 1))]


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(records_of(Patient) | records_of(Procedure) | records_of(FollowUp))
def test_any_record_laid_out_as_a_row_is_read_back_the_same(tmp_path_factory, record):
    from vertebroplasty.registry.entry.csv_import import _group
    from vertebroplasty.registry.entry.csv_rows import RowReader
    from vertebroplasty.registry.entry.reading import adapter, record_json

    text, how = wide(record)
    header, row = csv.reader(io.StringIO(text, newline=""))
    group = _group(RowReader(how, header), how.rows, 2, row)
    assert group.problems == []
    values = group.patient if record.kind == "patient" else group.values
    back = adapter(type(record)).validate_python(values)
    assert settled(record_json(back)) == settled(record_json(record))


def settled(plain):
    """Plain values without objects of which nothing is known: a row cannot tell them from none."""
    if isinstance(plain, list):
        return [settled(entry) for entry in plain]
    if not isinstance(plain, dict):
        return plain
    return {key: settled(value) for key, value in plain.items() if value != {}}


@settings(max_examples=500, derandomize=True, deadline=None)
@given(st.text(alphabet="=+-@' ;\t\n\r|a＝"))
def test_an_apostrophe_put_before_a_formula_is_taken_off_again(text):
    assert restored(neutral(text)) == text
    for start in (";", "\t", "\n", "|", ""):
        for sign in "=+-@":
            assert neutral(f"x{start}{sign}1" if start else f"{sign}1") != (f"x{start}{sign}1" if start else f"{sign}1")


CELLS = st.sampled_from(["", "P1", "f", "1940", "X1", "2024-03-01", "L1", "2.5", "epidural", "x", "'=1", "\x00", '"'])
ROWS_OF_CELLS = st.lists(st.lists(CELLS | st.text(max_size=5), max_size=11), max_size=5)


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.binary(max_size=200) | ROWS_OF_CELLS.map(lambda rows: "\n".join(map(",".join, rows)).encode("utf-8", "replace"))
)
@pytest.mark.parametrize("rows", ["procedure", "level", "follow-up"])
def test_any_bytes_are_read_or_refused_in_a_sentence(tmp_path, rows, content):
    how = {"procedure": mapping(), "level": parse_mapping(LEVELS), "follow-up": parse_mapping(FOLLOW_UPS)}[rows]
    path = tmp_path / "any.csv"
    path.write_bytes((",".join(how.columns) + "\n").encode() + content)
    with contextlib.suppress(Refused):
        report = import_table(None, path, how, by="clerk", today=TODAY, dry_run=True)
        assert report.passed == (report.rejected_rows == 0)
    with contextlib.suppress(Refused):
        parse_mapping(content.decode("latin-1"))


def test_records_of_the_registry_are_found_again(load, registry):
    registry.add_many(list(family(1)), by="clerk")
    report = load(HEADER + "P1,,,X9,2024-03-02,L2,2.5,,\n")
    assert "X1 treated L2 of the same patient on 2024-03-01" in report.errors[0].sentence
