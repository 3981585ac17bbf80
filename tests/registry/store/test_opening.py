"""Opening a registry: every form of address, and one sentence for whatever stands in the way."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from postgres_cluster import PASSWORD
from registry_records import patient
from vertebroplasty.errors import Refused
from vertebroplasty.registry.store import opening
from vertebroplasty.registry.store.database import writing
from vertebroplasty.registry.store.identity import IdentityKey
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.store.refusals import sentence


@pytest.fixture
def file(made, tmp_path):
    shutil.copy(made, tmp_path / "registry.db")
    return tmp_path / "registry.db"


def test_the_forms_of_a_file(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    for url in ("registry.db", str(file), "sqlite:///registry.db", f"sqlite:///{file}"):
        with open_registry(url) as registry:
            assert registry.name == "registry.db"
            assert registry.get("series", "own").record.title


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/db", "not kept in mysql"),
        ("sqlite://", "sqlite:///file.db"),
        ("sqlite:///:memory:", "sqlite:///file.db"),
        ("sqlite:///x.db?mode=memory", "sqlite:///file.db"),
        ("postgresql://host", "names no database"),
        ("", "The address of a registry is"),
        ("a\x00b.db", "The address of a registry is"),
        ("://", "The address of a registry is"),
        ("postgresql://user:secret@[::1/db", "The address of a registry is"),
    ],
)
def test_addresses_that_are_none(url, words):
    with pytest.raises(Refused, match=words) as refusal:
        open_registry(url)
    assert "secret" not in refusal.value.message


def test_files_that_are_no_registry(tmp_path):
    with pytest.raises(Refused, match=r"registry there\.db is not there: make one with `registry init`"):
        open_registry(str(tmp_path / "there.db"))
    assert not (tmp_path / "there.db").exists()
    with pytest.raises(Refused, match="is a folder"):
        open_registry(str(tmp_path))
    (tmp_path / "letter.txt").write_text("Dear colleague, " * 100)
    (tmp_path / "empty.db").touch()
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE patient (name TEXT)").connection.close()
    for name in ("letter.txt", "empty.db", "other.db"):
        with pytest.raises(Refused, match=f"{name} is not a registry"):
            open_registry(str(tmp_path / name))


def test_a_new_registry_takes_nobodys_place(empty_url, dialect):
    with open_registry(empty_url, create=True) as registry:
        registry.add(patient(), by="clerk")
    with pytest.raises(Refused, match="exists already" if dialect == "sqlite" else "holds tables already"):
        open_registry(empty_url, create=True)
    with open_registry(empty_url) as registry:
        assert registry.get("patient", "P1").record == patient()


def test_a_new_file_is_its_owners_and_needs_a_folder(tmp_path):
    open_registry(str(tmp_path / "new.db"), create=True).close()
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="cannot be made: No such file or directory"):
        open_registry(str(tmp_path / "no" / "new.db"), create=True)


def test_a_new_registry_that_fails_leaves_nothing(tmp_path):
    def fail(connection):
        raise Refused("Not today.")

    with pytest.raises(Refused, match="Not today"):
        open_registry(str(tmp_path / "new.db"), create=True, fill=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "words"), [("9999", "newer than this program"), ("0000", "older than this program's 0002: run")]
)
def test_other_versions(registry, registry_url, version, words):
    with writing(registry._engine) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    with pytest.raises(Refused, match=words):
        open_registry(registry_url)


def test_a_server_that_says_no(server, made_on_server):
    good = server.url(made_on_server)
    host = str(server.home)
    for url, words in (
        (good.replace("password", "passw0rd", 1), "refused user or password"),
        (good.replace("/made?", "/other?"), "this machine/other does not exist on the server"),
        (good.replace(host, "/nowhere"), "cannot be reached"),
        ("postgresql://user:hush@127.0.0.1:1/made", "The server of 127.0.0.1/made cannot be reached"),
        (good.replace("/made?", "/postgres?"), "this machine/postgres is not a registry"),
    ):
        with pytest.raises(Refused, match=words) as refusal:
            open_registry(url)
        shown = refusal.value.message + repr(refusal.value.__cause__)
        assert not any(secret in shown for secret in (PASSWORD, "hush", "passw0rd"))
    with open_registry(good) as registry:
        assert registry.name == "this machine/made"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("53100", "disk of the server is full"),
        ("25006", "may only be read"),
        ("42501", "no right"),
        ("57P01", "cannot be reached"),
        ("23505", None),
    ],
)
def test_what_a_server_reports(state, words):
    error = RuntimeError()
    error.sqlstate = state
    said = sentence(error, "host/db")
    assert said is None if words is None else words in said


def test_a_user_who_may_only_read(server, made_on_server):
    with server.new(made_on_server) as url:
        database = url.split("@/")[1].split("?")[0]
        server.run("CREATE ROLE reader LOGIN PASSWORD 'reader'")
        server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database)
        with open_registry(f"postgresql://reader:reader@/{database}?host={server.home}") as registry:
            assert registry.find("patient") == ()
            with pytest.raises(Refused, match="no right to this"):
                registry.add(patient(), by="clerk")
        server.run("DROP OWNED BY reader", database)
        server.run("DROP ROLE reader")


def test_a_reader_cannot_write(registry):
    with pytest.raises(Refused, match="may only be read"), registry.reading() as connection:
        connection.exec_driver_sql("UPDATE journal_head SET count = 99")
    registry.add(patient(), by="clerk")
    assert registry.verify().intact


def test_a_file_that_may_only_be_read(made, monkeypatch):
    """Also for root, who may write everything and becomes somebody else for a moment."""
    folder = Path(tempfile.mkdtemp(prefix="read-only-", dir="/tmp"))
    try:
        shutil.copy(made, folder / "registry.db")
        (folder / "registry.db").chmod(0o444)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            with open_registry(str(folder / "registry.db")) as registry:
                assert registry.verify().intact
                with pytest.raises(Refused, match=r"registry\.db may only be read"):
                    registry.add(patient(), by="clerk")
        finally:
            if root:
                os.seteuid(0)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_locked_registry(registry, registry_url, monkeypatch):
    monkeypatch.setattr("vertebroplasty.registry.store.database.WAIT_S", 1)
    with open_registry(registry_url) as other, registry._writer("clerk", None):
        with pytest.raises(Refused, match="in use by another program"):
            other.add(patient(), by="other")
        assert other.find("patient") == ()


@pytest.mark.parametrize(
    ("absent", "words"),
    [("sqlalchemy", r"pip install vertebroplasty\[registry\]"), ("psycopg", r"pip install vertebroplasty\[postgres\]")],
)
def test_a_missing_extra(monkeypatch, absent, words):
    monkeypatch.setattr(opening, "find_spec", lambda name: None if name == absent else object())
    with pytest.raises(Refused, match=words):
        open_registry("postgresql://host/db")


def test_opening_is_light():
    """`--help` does not pay for the database."""
    import subprocess
    import sys

    code = "import sys, vertebroplasty.registry.store.opening; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_identity_key_is_a_file_of_its_own(made, tmp_path):
    path = tmp_path / "key.db"
    with IdentityKey(path, create=True) as key:
        first = key.link("H-1234")
        assert key.link("H-1234") == first
        assert key.link("H-5678", "P-own") == "P-own"
        assert (key.hospital_id_of(first), key.pseudonym_of("H-5678")) == ("H-1234", "P-own")
        assert key.hospital_id_of("nobody") is None
        for number, name, words in (
            ("H-9", "P-own", "belongs to another patient"),
            ("H-1234", "P-new", "has another pseudonym already"),
            ("H-9", "Jane Doe", "letters, digits"),
            (" ", None, "hospital number has"),
            ("a\x00b", None, "hospital number has"),
        ):
            with pytest.raises(Refused, match=words) as refusal:
                key.link(number, name)
            assert "H-" not in refusal.value.message
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="never the same file"):
        IdentityKey(made)
    with pytest.raises(Refused, match="not a registry"):
        open_registry(str(path))
    with pytest.raises(Refused, match="There is no identity key"):
        IdentityKey(tmp_path / "none.db")
    with pytest.raises(Refused, match="cannot be made: File exists"):
        IdentityKey(path, create=True)


def test_a_forgotten_patient_leaves_no_trace_in_the_key(tmp_path):
    path = tmp_path / "key.db"
    with IdentityKey(path, create=True) as key:
        name = key.link("HOSPITAL-NUMBER-4711")
        key.forget(name)
        assert key.hospital_id_of(name) is None
        with pytest.raises(Refused, match="no such pseudonym"):
            key.forget(name)
    assert b"HOSPITAL-NUMBER-4711" not in path.read_bytes()


def test_other_defects_are_not_explained_away(registry):
    with pytest.raises(sa.exc.DBAPIError), registry.reading() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")


def test_a_folder_is_called_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "ward").mkdir()
    monkeypatch.chdir(tmp_path / "ward")
    for text in (".", "../ward", "sqlite:///."):
        with pytest.raises(Refused, match=r"^ward is a folder: name the file of a registry"):
            open_registry(text)
        with pytest.raises(Refused, match=r"^ward is a folder: name a new file in it"):
            open_registry(text, create=True)
