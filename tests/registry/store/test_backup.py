"""Backup and restore: the same journal, hash for hash, on either kind of database; or a refusal, and nothing left."""

import gzip
import json

import pytest

from registry_records import family, patient
from vertebroplasty.errors import Refused
from vertebroplasty.registry.store.backup import backup, restore
from vertebroplasty.registry.store.database import writing
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.store.triggers import DROP


@pytest.fixture
def lived(filled):
    """A registry in which something happened."""
    filled.amend("procedure", "X1", {"performed_on": "2024-02-28"}, by="chief", why="wrong day")
    filled.amend("procedure", "X2", {"patient": "P1"}, by="chief", why="wrong patient")
    filled.sign("procedure", "X1", by="chief", meaning="checked")
    filled.lock("patient", "P2", by="chief", why="closed")
    filled.unlock("patient", "P2", by="chief", why="open")
    filled.lock("patient", "P3", by="chief", why="closed")
    return filled


@pytest.mark.parametrize("name", ["kept.jsonl", "kept.jsonl.gz"])
def test_what_is_restored_is_what_was_kept(lived, empty_url, tmp_path, name):
    count, head = backup(lived, tmp_path / name)
    assert (count, head) == lived.head()
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    found = restore(tmp_path / name, empty_url)
    assert found.intact
    assert (found.rows, found.records, found.head) == (19, 13, head)
    with open_registry(empty_url) as again:
        assert list(again.journal()) == list(lived.journal())
        for kind in ("series", "patient", "procedure", "follow-up"):
            assert again.find(kind) == lived.find(kind)
        again.add(patient("P9"), by="clerk")
        assert again.verify(head=head).intact


def test_a_backup_of_one_database_becomes_a_registry_on_the_other(lived, dialect, request, tmp_path):
    backup(lived, tmp_path / "kept.jsonl")
    if dialect == "postgres":
        assert restore(tmp_path / "kept.jsonl", str(tmp_path / "other.db")).head == lived.head()[1]
        return
    with request.getfixturevalue("server").new() as url:
        assert restore(tmp_path / "kept.jsonl", url).head == lived.head()[1]


def test_nothing_is_written_over(lived, registry_url, tmp_path):
    backup(lived, tmp_path / "kept.jsonl")
    with pytest.raises(Refused, match=r"kept\.jsonl exists already"):
        backup(lived, tmp_path / "kept.jsonl")
    head = lived.head()
    with pytest.raises(Refused, match=r"exists already|holds tables already"):
        restore(tmp_path / "kept.jsonl", registry_url)
    assert lived.head() == head
    assert lived.verify().intact


def cut(lines):
    return lines[:-1]


def shortened(lines):
    return [*lines[:-1], lines[-1][:-20]]


def changed(lines):
    return [line.replace("1941", "1951") if '"P2"' in line else line for line in lines]


def swapped(lines):
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def without_head(lines):
    return lines[1:]


def another_head(lines):
    return [json.dumps(json.loads(lines[0]) | {"head": "0" * 64}), *lines[1:]]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut, "has 18 of 19 rows of the journal: its end was cut"),
        (shortened, "Line 20 of harmed.jsonl is damaged"),
        (changed, "changed at row 6 of the journal, patient P2"),
        (swapped, "changed at row 3 of the journal"),
        (without_head, "is not a backup of a registry"),
        (another_head, "its end was cut"),
        (lambda lines: [lines[0], "[1]"], "Line 2 of harmed.jsonl is damaged"),
        (lambda lines: ["Dear colleague,"], "is not a backup of a registry"),
        (lambda lines: [], "is not a backup of a registry"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # the file is the same for both
def test_a_harmed_backup_is_refused_and_leaves_nothing(lived, tmp_path, harm, words):
    backup(lived, tmp_path / "kept.jsonl")
    lines = (tmp_path / "kept.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "harmed.jsonl").write_text("\n".join(harm(lines)), encoding="utf-8")
    with pytest.raises(Refused, match=words):
        restore(tmp_path / "harmed.jsonl", str(tmp_path / "new.db"))
    assert not list(tmp_path.glob("new.db*"))


def test_a_failed_restore_leaves_a_server_empty(server, lived, tmp_path):
    backup(lived, tmp_path / "kept.jsonl")
    lines = (tmp_path / "kept.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "harmed.jsonl").write_text("\n".join(cut(lines)), encoding="utf-8")
    with server.new() as url:
        with pytest.raises(Refused, match="its end was cut"):
            restore(tmp_path / "harmed.jsonl", url)
        assert restore(tmp_path / "kept.jsonl", url).intact


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_files_that_cannot_be_read_or_written(lived, tmp_path):
    with pytest.raises(Refused, match="There is no backup"):
        restore(tmp_path / "none.jsonl", str(tmp_path / "new.db"))
    backup(lived, tmp_path / "kept.jsonl.gz")
    whole = (tmp_path / "kept.jsonl.gz").read_bytes()
    for name, content in (
        ("cut.jsonl.gz", whole[: len(whole) // 2]),
        ("text.jsonl.gz", b"Dear colleague,"),
        ("latin.jsonl", gzip.decompress(whole).replace("½".encode(), b"\xbd")),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Refused, match=f"{name} cannot be read to its end"):
            restore(tmp_path / name, str(tmp_path / "new.db"))
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be written"):
        backup(lived, tmp_path / "file" / "kept.jsonl")


def test_a_tampered_registry_is_not_backed_up(lived, tmp_path):
    with writing(lived._engine) as connection:
        for statement in (*DROP[connection.dialect.name], "UPDATE journal SET why = 'other' WHERE seq = 7"):
            connection.exec_driver_sql(statement)
    with pytest.raises(Refused, match="changed at row 7 of the journal, procedure X2: run verify"):
        backup(lived, tmp_path / "kept.jsonl")
    assert list(tmp_path.glob("kept*")) == []
    assert list(tmp_path.glob(".writing*")) == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_backup_larger_than_a_page_of_the_journal(registry, tmp_path, monkeypatch):
    for name in ("looking.PAGE", "backup.CHUNK", "rebuilding.PAGE", "verifying.PAGE"):
        monkeypatch.setattr(f"vertebroplasty.registry.store.{name}", 7)
    registry.add_many([record for i in range(11) for record in family(i)], by="clerk")
    backup(registry, tmp_path / "kept.jsonl")
    found = restore(tmp_path / "kept.jsonl", str(tmp_path / "new.db"))
    assert (found.rows, found.records, found.intact) == (45, 45, True)


def test_only_an_earlier_backup_is_replaced_and_only_if_asked(filled, tmp_path):
    for name in ("kept.jsonl", "kept.jsonl.gz"):
        path = tmp_path / name
        backup(filled, path)
        first = filled.head()
        filled.amend("patient", "P1", {"asa": 2 if name.endswith("gz") else 3}, by="chief", why="asked")
        with pytest.raises(Refused, match="exists already"):
            backup(filled, path)
        assert backup(filled, path, overwrite=True) == filled.head() != first
    for name, content in (("letter.jsonl", "Dear colleague"), ("old.gz", "no gzip"), ("empty.jsonl", "")):
        (tmp_path / name).write_text(content)
        with pytest.raises(Refused, match=f"{name} is not a backup, so it is not replaced"):
            backup(filled, tmp_path / name, overwrite=True)
        assert (tmp_path / name).read_text() == content
