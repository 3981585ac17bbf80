"""Faults: writers killed at random points, a full disk, a quota; what was acknowledged stays, and the chain holds."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from registry_records import family, patient
from vertebroplasty.errors import Refused
from vertebroplasty.registry.store.backup import backup
from vertebroplasty.registry.store.opening import open_registry

KILLER = Path(__file__).parents[3] / "benchmarks" / "registry_killed.py"
KILLS = 15


def test_nothing_acknowledged_is_lost_when_writers_are_killed(empty_url, dialect):
    words = ["--db", empty_url, "--kills", str(KILLS), "--writers", "2", "--seed", "4"]
    done = subprocess.run([sys.executable, str(KILLER), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["kills"], told["wrong"]) == (KILLS, [])
    assert told["acknowledged_procedures"] >= KILLS


def test_a_killed_import_leaves_nothing_of_itself(registry, registry_url):
    """The writer is killed within its transaction, after thousands of rows."""
    code = f"""
import itertools, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from registry_records import family
from vertebroplasty.registry.store import registry as store
from vertebroplasty.registry.store.opening import open_registry
store.CHUNK = 40
def records():
    for i in itertools.count():
        if i == 100:
            print("writing", flush=True)
        yield from family(i)
open_registry({registry_url!r}).add_many(records(), by="clerk")
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"writing\n"
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
    registry.add(patient("P1"), by="clerk")
    found = registry.verify()
    assert (found.rows, found.records, found.intact) == (2, 2, True)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_full_disk(filled, registry_url):
    """SQLite's own limit of pages gives the same error as a disk without room."""
    filled.close()
    with open_registry(registry_url) as registry:
        pages = "PRAGMA max_page_count=80"
        sa.event.listen(registry._engine, "connect", lambda connection, _: connection.execute(pages))
        registry._engine.dispose()
        before = registry.head()
        with pytest.raises(Refused, match="The disk is full, nothing was written"):
            registry.add_many((record for i in range(10, 99) for record in family(i)), by="clerk")
        assert registry.head() == before
        assert registry.verify().intact
    filled.add_many([record for i in range(10, 20) for record in family(i)], by="clerk")
    assert filled.verify().intact


@contextlib.contextmanager
def files_no_larger_than(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_quota(filled, registry_url, tmp_path):
    before = filled.head()
    size = os.path.getsize(registry_url.removeprefix("sqlite:///"))
    with files_no_larger_than(size + 100_000):
        with pytest.raises(Refused, match=r"The disk failed|The disk is full"):
            filled.add_many((record for i in range(10, 2000) for record in family(i)), by="clerk")
        with pytest.raises(Refused, match=r"kept\.jsonl cannot be written: File too large"), files_no_larger_than(2000):
            backup(filled, tmp_path / "kept.jsonl")
    assert list(tmp_path.glob("*kept*")) == []
    assert filled.head() == before
    filled.add_many([record for i in range(10, 20) for record in family(i)], by="clerk")
    assert filled.verify().intact


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_damaged_file(filled, registry_url):
    path = Path(registry_url.removeprefix("sqlite:///"))
    filled.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 9] = b"\x5a" * (4096 * 7)
    path.write_bytes(content)
    with (
        pytest.raises(Refused, match=r"is damaged: restore a backup|is not a registry"),
        open_registry(str(path)) as opened,
    ):
        opened.verify()


def test_a_server_that_goes_away(server, made_on_server):
    with server.new(made_on_server) as url, open_registry(url) as registry:
        registry.add(patient("P1"), by="clerk")
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'registry_%'")
        with pytest.raises(Refused, match="cannot be reached"):
            registry.add(patient("P2"), by="clerk")
        registry.add(patient("P2"), by="clerk")
        assert registry.verify().intact
        assert registry.verify().rows == 3
