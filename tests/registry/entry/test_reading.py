"""Reading records: what is right comes back the same, what is wrong is said at once with place and remedy."""

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from record_strategies import records_of
from registry_records import family
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.reading import parse_record, read_json_lines, read_record, record_json
from vertebroplasty.registry.records import FollowUp, Patient, Procedure

PROCEDURE = {"procedure_id": "X1", "patient": "P1", "performed_on": "2024-03-01", "levels": [{"level": "L3"}]}
MANY = {"derandomize": True, "deadline": None, "suppress_health_check": list(HealthCheck)}


def problems(content, **how):
    with pytest.raises(Refused) as refused:
        parse_record(content, **how)
    return refused.value.problems or (refused.value.message,)


@settings(max_examples=60, **MANY)
@given(records_of(Patient) | records_of(Procedure) | records_of(FollowUp))
def test_a_record_written_as_json_is_read_back_the_same(record):
    assert parse_record(json.dumps(record_json(record)).encode()) == record


def test_the_kind_is_told_by_the_file_the_caller_or_the_id():
    assert parse_record({"kind": "patient", "pseudonym": "A"}) == parse_record({"pseudonym": "A"})
    assert parse_record(PROCEDURE, kind="procedure").record_id == "X1"
    assert "asked for" in problems({**PROCEDURE, "kind": "procedure"}, kind="patient")[0]
    assert "did you mean follow-up?" in problems({"kind": "folow-up"})[0]
    assert "does not say what it is" in problems({})[0]


def test_everything_wrong_is_listed_with_its_place_and_the_nearest_name():
    found = problems(
        PROCEDURE
        | {"lvels": [], "pain_nrs": 3, "age_years": "70", "antibiotics": "yes", "events": {}, "patient": "Jane Doe"}
        | {"levels": [{"level": "L9", "genant_grade": 2.0}, {"indication": "metastasi", "cement": {"total_ml": 99}}]}
    )
    expected = (
        "lvels is not a known key: did you mean levels?",
        "pain_nrs is not a known key here: pain_nrs stands at the top of a follow-up.",
        'age_years is "70": it is a number from 0 to 120, without quotes',
        'antibiotics is "yes": it is true or false, without quotes',
        "events is {}: it is a list in square brackets, [] for none.",
        'patient is "Jane Doe": a pseudonym has',
        'levels[0].level is "L9": it is a level, C1 to C7',
        "levels[0].genant_grade is 2.0: it is a whole number from 0 to 3",
        "levels[1].level is missing: add it (Level, as L3).",
        "(did you mean metastasis?)",
        "levels[1].cement.total_ml is 99: it is a number from 0 to 30",
    )
    for sentence in expected:
        assert any(sentence in one for one in found), sentence
    assert len(found) == len(expected)


def test_one_wrong_level_does_not_make_the_list_short():
    assert len(problems({**PROCEDURE, "levels": [{"level": "L9"}]})) == 1
    assert problems({**PROCEDURE, "levels": []})[0].endswith("levels has 0 entries: it has 1 to 12.")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"performed_on": "1577923200"}, "a day is written like 2026-11-20"),
        ({"performed_on": "2024-03-01T00:00:00"}, "a day is written like 2026-11-20"),
        ({"performed_on": "2023-02-29"}, "the calendar has no such day"),
        ({"started_at": "2024-03-01T09:30:00"}, "written with its zone"),
        ({"started_at": "2024-03-01T25:30:00Z"}, "the calendar has no such moment"),
        ({"remark": "a\x00b"}, "control character"),
        ({"assistants": ["a\x1b[31m"]}, "control character"),
        ({"assistants": ["x" * 2001]}, "more than 2000 characters"),
        ({"age_years": True}, "it is a number from 0 to 120"),
    ],
)
def test_days_moments_and_texts_that_cannot_be(change, says):
    (found,) = problems(PROCEDURE | change)
    assert says in found


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"age_years": NaN}', "holds NaN"),
        (b'{"age_years": -Infinity}', "holds -Infinity"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b'{"remark": "\xe9"}', "not UTF-8"),
        (b"[]", "one object of keys and values"),
        (b'{"procedure_id": 1,}', r"not JSON (line 1)"),
        (b"\x00", "holds NUL bytes, which no text has: save it as UTF-8"),
        (b"9" * 5000, "not JSON"),
        (b" " * 4_000_001, "larger than 4 MB"),
        (b'{"pseudonym": "\\ud800"}', "control character"),
        (b'{"pseudonym": "A", "pseudonym": "B"}', "pseudonym is given twice: keep one"),
        (
            b'{"procedure_id": "X", "patient": "P", "levels": [{"level": "L1", "level": "L2"}]}',
            "levels[0].level is given",
        ),
        ({"pseudonym": "A", "t_score": float("nan")}, "no form for"),
    ],
)
def test_hostile_texts_are_refused_in_a_sentence(content, says):
    assert says in problems(content)[0]


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("L1")
KEYS = st.sampled_from(
    ["kind", "pseudonym", "procedure_id", "patient", "levels", "level", "cement", "events"]
) | st.text(max_size=3)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@settings(max_examples=200, **MANY)
@given(st.dictionaries(KEYS, TREES, max_size=5), st.sampled_from(["patient", "procedure", "follow-up", None]))
def test_anything_is_a_record_or_refused_in_sentences(tree, kind):
    for content in (tree, json.dumps(tree)):
        with contextlib.suppress(Refused):
            record = parse_record(content, kind=kind)
            assert parse_record(record_json(record)) == record


def test_a_byte_order_mark_is_passed_over():
    assert parse_record(b"\xef\xbb\xbf" + json.dumps(PROCEDURE).encode()).record_id == "X1"


def test_lines_of_json_are_read_one_by_one_and_a_wrong_one_is_named():
    lines = [json.dumps(record_json(record)).encode() + b"\n" for record in family(1)]
    assert [record for _, record in read_json_lines([*lines, b"\n"])] == list(family(1))
    with pytest.raises(Refused, match=r"records\.jsonl, line 2"):
        list(read_json_lines([lines[0], b"{}"]))


def test_a_file_is_read_and_a_missing_one_named(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(PROCEDURE), encoding="utf-8")
    assert read_record(tmp_path / "p.json").record_id == "X1"
    with pytest.raises(Refused, match="no such file"):
        read_record(tmp_path / "q.json")
    with pytest.raises(Refused, match="it is no file"):
        read_record(tmp_path)
