"""The journal: it only grows, two writers lose nothing, and whatever is changed behind its back is found and named."""

import hashlib
import json
import threading
from datetime import UTC

import pytest
import sqlalchemy as sa

from registry_records import family, follow_up, patient, procedure
from vertebroplasty.errors import Refused
from vertebroplasty.registry.store.database import writing
from vertebroplasty.registry.store.journal import FIRST_HASH, row_hash
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.store.triggers import DROP


def tamper(registry, *statements):
    """What somebody does who may write the database: drop the guard, then change what they like."""
    with writing(registry._engine) as connection:
        for statement in (*DROP[connection.dialect.name], *statements):
            connection.exec_driver_sql(statement)


def test_a_row_says_who_when_why_what(filled):
    filled.amend("patient", "P1", {"birth_year": None}, by="chief", why="not known after all")
    filled.sign("patient", "P1", by="chief", meaning="reviewed")
    filled.lock("patient", "P1", by="chief", why="closed")
    added, amended, signed, locked = filled.history("patient", "P1")
    assert (added.action, added.by, added.why, added.old) == ("import", "clerk", "first entry", None)
    assert json.loads(added.new) == {
        "pseudonym": "P1",
        "series": "own",
        "sex": "female",
        "birth_year": 1941,
        "anticoagulants": ["aspirin"],
    }
    assert (amended.action, amended.by, amended.why) == ("amend", "chief", "not known after all")
    assert amended.old == added.new
    assert json.loads(amended.new) == {key: v for key, v in json.loads(added.new).items() if key != "birth_year"}
    assert (signed.action, json.loads(signed.new)) == ("sign", {"meaning": "reviewed", "version": 2})
    assert (locked.action, locked.why, locked.new) == ("lock", "closed", None)
    assert added.at.tzinfo is UTC


def test_the_chain_can_be_recomputed_by_hand(filled):
    """Python's own JSON and SHA-256, from the words of the description."""
    before = "0" * 64
    for number, row in enumerate(filled.journal(), start=1):
        at = row.at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        told = [before, number, at, row.by, row.action, row.kind, row.record_id, row.why, row.old, row.new]
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        assert (row.seq, row.hash) == (number, before)
    assert filled.head() == (13, before)
    assert [row.seq for row in filled.journal(after=11)] == [12, 13]


def test_control_characters_and_every_alphabet_are_hashed_alike():
    text = "".join(
        map(chr, [*range(0x20), *range(0x7F, 0x100), 0x2028, 0xFFFD, 0x1F9B4, ord('"'), ord("\\"), ord("/")])
    )
    entry = (1, "2024-01-01T00:00:00.000000+00:00", text, "add", "patient", "P1", None, None, text)
    listed = json.dumps([FIRST_HASH, *entry], ensure_ascii=False, separators=(",", ":"))
    assert row_hash(FIRST_HASH, entry) == hashlib.sha256(listed.encode()).hexdigest()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET why = 'other' WHERE seq = 5",
        "DELETE FROM journal WHERE seq = 13",
        "DELETE FROM journal",
    ],
)
def test_the_database_itself_refuses_to_change_the_journal(filled, statement):
    before = list(filled.journal())
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), writing(filled._engine) as connection:
        connection.exec_driver_sql(statement)
    assert list(filled.journal()) == before


def test_nor_is_a_row_replaced_or_the_table_emptied(filled, dialect):
    columns = 'seq, at, "by", action, kind, record_id, why, old, new, previous_hash, hash'
    statement = "TRUNCATE journal"
    if dialect == "sqlite":
        statement = f"INSERT OR REPLACE INTO journal ({columns}) SELECT {columns} FROM journal WHERE seq = 4"
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), writing(filled._engine) as connection:
        connection.exec_driver_sql(statement)


def test_an_untouched_registry_is_intact(filled):
    found = filled.verify()
    assert (found.rows, found.records, found.problems) == (13, 13, ())
    assert found.head == filled.head()[1]
    assert filled.verify(head=found.head).intact
    assert filled.verify(head=FIRST_HASH).intact


SWAP = ("UPDATE journal SET seq = 99 WHERE seq = 6", "UPDATE journal SET seq = 6 WHERE seq = 10")
TAMPERED = [
    (
        "a value in the journal",
        ["UPDATE journal SET new = replace(new, '1941', '1951') WHERE seq = 6"],
        "P2",
        "birth_year",
    ),
    ("who", ["UPDATE journal SET \"by\" = 'other' WHERE seq = 7"], "X2", "not what was hashed"),
    ("why", ["UPDATE journal SET why = NULL WHERE seq = 8"], "F2-1", "not what was hashed"),
    ("when", ["UPDATE journal SET at = '2020-01-01 00:00:00.000000' WHERE seq = 8"], "F2-1", "not what was hashed"),
    ("a hash", [f"UPDATE journal SET hash = '{'f' * 64}' WHERE seq = 6"], "P2", "not what was hashed"),
    ("no JSON", ["UPDATE journal SET new = '{' WHERE seq = 7"], "X2", "is no record"),
    ("another record", ["UPDATE journal SET record_id = 'P9' WHERE seq = 6"], "P2", "the journal never added it"),
    ("another kind", ["UPDATE journal SET kind = 'nurse' WHERE seq = 6"], "P2", "no known kind"),
    ("a row", ["DELETE FROM journal WHERE seq = 6"], "P2", "rows 6 to 6 are missing"),
    ("the tail", ["DELETE FROM journal WHERE seq = 13"], "F3-2", "The head counts 13 rows, the journal ends at 12"),
    ("two rows", [*SWAP, "UPDATE journal SET seq = 10 WHERE seq = 99"], "P2", "not what was hashed"),
    ("a patient", ["UPDATE patient SET birth_year = 1900 WHERE pseudonym = 'P2'"], "P2", "in patient: birth_year"),
    ("a level", ["UPDATE treated_level SET cement_total_ml = 1 WHERE procedure = 'X2'"], "X2", "cement_total_ml"),
    ("a leak", ["DELETE FROM leak WHERE procedure = 'X2' AND position = 1"], "X2", "1 rows in leak, by the journal 2"),
    ("an event", ["UPDATE adverse_event SET kind = 'death' WHERE owner_id = 'F2-1'"], "F2-1", "adverse_event: kind"),
    ("a relief", ["UPDATE follow_up SET relief_class = 4 WHERE follow_up_id = 'F2-1'"], "F2-1", "relief_class"),
    ("an interval", ["UPDATE follow_up SET days_after = 4 WHERE follow_up_id = 'F2-1'"], "F2-1", "days_after"),
    ("a series", ["UPDATE leak SET series = 'other' WHERE procedure = 'X2'"], "X2", "in leak: series"),
    ("a signature", ["UPDATE procedure SET signed_by = 'chief' WHERE procedure_id = 'X2'"], "X2", "signed_by"),
    ("a version", ["UPDATE procedure SET version = 2 WHERE procedure_id = 'X2'"], "X2", "version"),
    ("a fracture", ["DELETE FROM new_fracture WHERE follow_up = 'F2-1'"], "F2-1", "new_fracture"),
    ("the clock", ["UPDATE clock_event SET t_s = 1 WHERE procedure = 'X2'"], "X2", "t_s"),
    (
        "a follow-up",
        [
            *(
                f"DELETE FROM {table} WHERE follow_up = 'F2-1'"
                for table in ("adverse_event", "imaged_level", "new_fracture")
            ),
            "DELETE FROM follow_up WHERE follow_up_id = 'F2-1'",
        ],
        "F2-1",
        "missing from the tables",
    ),
    ("its own series", ["UPDATE series SET title = 'Ours' WHERE name = 'own'"], "own", "in series: title"),
    ("the head", ["UPDATE journal_head SET count = 14"], "head", "The head counts 14 rows"),
]


@pytest.mark.parametrize(("statements", "record_id", "words"), [t[1:] for t in TAMPERED], ids=[t[0] for t in TAMPERED])
def test_tampering_is_found_and_the_record_named(filled, statements, record_id, words):
    tamper(filled, *statements)
    found = filled.verify()
    assert not found.intact
    assert record_id in {problem.record_id for problem in found.problems}
    assert words in " ".join(problem.what for problem in found.problems)


def test_a_row_rewritten_with_its_hash_breaks_the_next(filled):
    row = filled.history("patient", "P2")[0]
    entry = (row.seq, row.at.isoformat(timespec="microseconds"), "other", row.action, row.kind, row.record_id)
    fresh = row_hash(row.previous_hash, (*entry, row.why, row.old, row.new))
    tamper(filled, f"UPDATE journal SET \"by\" = 'other', hash = '{fresh}' WHERE seq = {row.seq}")
    found = filled.verify().problems
    assert found[0].record_id == "X2"
    assert "import patient P2" in found[0].what


def test_a_full_rewrite_is_found_by_a_noted_head_only(filled):
    """What the chain cannot show by itself, and what a hash on paper is for."""
    noted = filled.head()[1]
    tamper(
        filled,
        "DELETE FROM follow_up WHERE follow_up_id = 'F9'",
        *(
            f"DELETE FROM {table} WHERE follow_up = 'F3-2'"
            for table in ("adverse_event", "imaged_level", "new_fracture")
        ),
        "DELETE FROM follow_up WHERE follow_up_id = 'F3-2'",
        "DELETE FROM journal WHERE seq = 13",
        "UPDATE journal_head SET count = 12, hash = (SELECT hash FROM journal WHERE seq = 12)",
    )
    assert filled.verify().intact
    found = filled.verify(head=noted)
    assert "nowhere in the journal" in found.problems[0].what


def test_two_writers_lose_nothing(registry_url):
    failed = []

    def write(name):
        try:
            with open_registry(registry_url) as mine:
                for i in range(12):
                    mine.add_many(family(f"{name}{i}"), by=name)
                    mine.amend("patient", f"P{name}{i}", {"birth_year": 1960 + i}, by=name, why="known now")
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    with open_registry(registry_url) as registry:
        found = registry.verify()
        assert found.intact
        assert (found.rows, found.records) == (1 + 3 * 12 * 5, 1 + 3 * 12 * 4)
        assert {row.by for row in registry.journal(after=1)} == {"a", "b", "c"}


def test_two_writers_do_not_add_the_same_id(registry_url):
    outcome = []

    def write():
        with open_registry(registry_url) as mine:
            try:
                mine.add(patient("P1"), by="clerk")
                outcome.append("added")
            except Refused as refusal:
                outcome.append(refusal.message)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcome)[-1] == "added"
    assert outcome.count("added") == 1
    assert sum("already" in words for words in outcome) == 3


def test_every_step_leaves_the_registry_intact(registry):
    registry.add(patient(), by="clerk")
    registry.add(procedure(), by="clerk")
    registry.add(follow_up(), by="clerk")
    registry.amend("follow-up", "F1", {"new_fractures": [], "died_on": "2025-01-01"}, by="clerk", why="letter")
    registry.sign("follow-up", "F1", by="chief", meaning="checked")
    registry.lock("follow-up", "F1", by="chief", why="closed")
    registry.unlock("follow-up", "F1", by="chief", why="open")
    registry.amend("follow-up", "F1", {"adverse_events": []}, by="clerk", why="letter")
    registry.sign("series", "own", by="chief", meaning="title checked")
    found = registry.verify()
    assert found.problems == ()
    assert (found.rows, found.records) == (10, 4)
