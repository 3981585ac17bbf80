"""Migrations: they make the tables that the program uses, go back and forth, and carry data to a later version."""

import shutil
import sqlite3
import textwrap
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from registry_records import family, follow_up, patient, procedure
from rehearsal_records import rehearsal
from vertebroplasty.errors import Refused
from vertebroplasty.registry.follow_up.windows import window_of
from vertebroplasty.registry.store import migrating, tables
from vertebroplasty.registry.store.address import parse_address
from vertebroplasty.registry.store.backup import fill_from, restore
from vertebroplasty.registry.store.database import engine_of, writing
from vertebroplasty.registry.store.opening import open_registry, upgrade_registry
from vertebroplasty.registry.store.tables import metadata

LOOK = tables.follow_up.c
RELEASED = Path(__file__).parent / "released"


def difference(connection):
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return compare_metadata(context, metadata)


def test_the_migrations_make_the_tables_of_the_program(registry):
    with registry.reading() as connection:
        assert difference(connection) == []
        assert migrating.version_of(connection) == migrating.NEWEST


def test_a_difference_would_be_seen(registry):
    with writing(registry._engine) as connection:
        connection.exec_driver_sql("ALTER TABLE patient ADD COLUMN shoe_size INTEGER")
        connection.exec_driver_sql("DROP INDEX ix_procedure_patient")
    with registry.reading() as connection:
        assert len(difference(connection)) == 2


def test_down_and_up_again_with_data(filled, tmp_path):
    from vertebroplasty.registry.store.backup import backup

    backup(filled, tmp_path / "kept.jsonl")
    before = list(filled.journal())
    with writing(filled._engine) as connection:
        migrating.step_back(connection, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    with writing(filled._engine) as connection:
        migrating.migrate(connection, migrating.NEWEST)
        assert difference(connection) == []
        fill_from(tmp_path / "kept.jsonl", connection)
    assert list(filled.journal()) == before
    assert filled.verify().intact
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), writing(filled._engine) as connection:
        connection.exec_driver_sql("DELETE FROM journal")


def test_the_newest_version_is_left_as_it_is(filled, registry_url):
    assert upgrade_registry(registry_url) == (migrating.NEWEST, migrating.NEWEST)
    assert filled.verify().intact


def test_only_older_registries_are_upgraded(registry, registry_url, tmp_path):
    with writing(registry._engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused, match="newer than this program"):
        upgrade_registry(registry_url)
    with pytest.raises(Refused, match="not there"):
        upgrade_registry(str(tmp_path / "none.db"))


@pytest.fixture
def later(tmp_path, monkeypatch):
    """A program with one more version, which copies a table that others refer to."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "v0003_later.py").write_text(
        textwrap.dedent('''
        """A stricter patient."""

        import sqlalchemy as sa
        from alembic import op

        revision = "0003"
        down_revision = "0002"


        def upgrade():
            op.execute("UPDATE patient SET sex = 'other' WHERE sex IS NULL")
            with op.batch_alter_table("patient") as patient:
                patient.add_column(sa.Column("ward", sa.Text()))
                patient.alter_column("sex", existing_type=sa.Text(), nullable=False)


        def downgrade():
            with op.batch_alter_table("patient") as patient:
                patient.drop_column("ward")
                patient.alter_column("sex", existing_type=sa.Text(), nullable=True)
        ''')
    )

    def begin():
        monkeypatch.setattr(migrating, "FOLDER", folder)
        for module in ("migrating", "database"):
            monkeypatch.setattr(f"vertebroplasty.registry.store.{module}.NEWEST", "0003")

    return begin


def test_a_later_version_keeps_every_row(filled, registry_url, later):
    filled.add(patient("P9", sex=None), by="clerk")
    before = list(filled.journal())
    filled.close()
    later()
    with pytest.raises(Refused, match="older than this program's 0003: run `vertebroplasty registry upgrade`"):
        open_registry(registry_url)
    assert upgrade_registry(registry_url) == ("0002", "0003")
    with open_registry(registry_url) as registry:
        assert list(registry.journal()) == before
        with registry.reading() as connection:
            counted = {
                t.name: connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in metadata.sorted_tables
            }
            keys = sa.inspect(connection).get_foreign_keys("procedure")
        assert counted["patient"] == 4
        assert (counted["procedure"], counted["treated_level"], counted["follow_up"]) == (3, 6, 6)
        assert keys[0]["referred_table"] == "patient"
    engine = engine_of(parse_address(registry_url), foreign_keys=False)
    with writing(engine) as connection:
        migrating.step_back(connection, "0002")
        assert difference(connection) == []
    engine.dispose()


def test_a_migration_that_fails_changes_nothing(filled, registry_url, later):
    filled.close()
    later()
    broken = migrating.FOLDER / "versions" / "v0003_later.py"
    broken.write_text(broken.read_text().replace('op.execute("UPDATE', 'op.execute("UPDATE_'))
    with pytest.raises(sa.exc.DBAPIError):
        upgrade_registry(registry_url)
    with filled.reading() as connection:
        assert migrating.version_of(connection) == "0002"
        assert [c["name"] for c in sa.inspect(connection).get_columns("patient")].count("ward") == 0
    assert filled.verify().intact


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_every_released_file_is_still_read(version, tmp_path):
    """A registry as that release wrote it, kept as SQL."""
    with sqlite3.connect(tmp_path / "old.db") as file:
        file.executescript((RELEASED / f"v{version}.sql").read_text(encoding="utf-8"))
    file.close()
    upgrade_registry(str(tmp_path / "old.db"))
    with open_registry(str(tmp_path / "old.db")) as registry:
        assert registry.verify().problems == ()
        assert registry.get("procedure", "X1").record == family(1)[1]
        assert registry.get("follow-up", "F1-1").signed_by == "chief"
        with registry.reading() as connection:
            assert difference(connection) == []


def test_what_the_second_version_kept_is_still_told(tmp_path):
    """Rehearsals, whether adverse events were asked for, and looks that repeat a window."""
    with sqlite3.connect(tmp_path / "old.db") as file:
        file.executescript((RELEASED / "v0002.sql").read_text(encoding="utf-8"))
    file.close()
    with open_registry(str(tmp_path / "old.db")) as registry:
        assert registry.get("rehearsal", "R-O1-1").record == rehearsal(1, guided=None)
        assert registry.get("procedure", "X2").record.adverse_events_asked is False
        assert listed(registry) == [("F1-3", "1mo")]


def test_the_first_version_becomes_the_second_with_its_data(registry, registry_url):
    """On both databases: what the migration works out is what entry would have kept."""
    registry.add_many([record for i in (1, 2, 3) for record in family(i)], by="clerk", why="first entry")
    days = (-3, 0, 2, 4, 18, 30, 200, 365, 500)
    looks = [
        follow_up(f"W{day}", "X2", window=None, seen_on=date(2024, 3, 1) + timedelta(days=day), new_fractures=())
        for day in days
    ]
    unplaced = [follow_up(f"N{n}", "X3", window=None, seen_on=None) for n in (1, 2)]
    registry.add_many([*looks, *unplaced], by="clerk", why="later")
    kept, seen = listed(registry), places(registry)
    assert seen["W-3"] == "baseline"
    assert (seen["W18"], seen["N1"]) == ("other", None)
    registry.close()
    engine = engine_of(parse_address(registry_url), foreign_keys=False)
    with writing(engine) as connection:
        migrating.step_back(connection, "0001")
        assert "placed" not in [c["name"] for c in sa.inspect(connection).get_columns("follow_up")]
    engine.dispose()
    assert upgrade_registry(registry_url) == ("0001", "0002")
    with open_registry(registry_url) as again:
        assert again.verify().problems == ()
        assert (listed(again), places(again)) == (kept, seen)
        assert ("N2", None) in kept
        again.add(procedure("X9", "P1", adverse_events=(), adverse_events_asked=False), by="clerk")
        again.add(rehearsal(1), by="web")
        assert again.verify().intact


def listed(registry):
    with registry.reading() as connection:
        rows = connection.execute(sa.select(tables.repeated_look.c.follow_up, tables.repeated_look.c.placed))
        return sorted(map(tuple, rows), key=str)


def places(registry):
    with registry.reading() as connection:
        return dict(map(tuple, connection.execute(sa.select(LOOK.follow_up_id, LOOK.placed))))


def test_the_migration_places_every_day_as_entry_does():
    with sqlite3.connect(":memory:") as file:
        file.execute('CREATE TABLE follow_up ("window", days_after, placed)')
        file.executemany("INSERT INTO follow_up VALUES (NULL, ?, NULL)", [(day,) for day in range(-400, 1000)])
        file.execute("INSERT INTO follow_up VALUES ('6mo', 3, NULL), (NULL, NULL, NULL)")
        file.execute(
            import_module("vertebroplasty.registry.store.migrations.versions.v0002_rehearsals_and_windows").PLACED
        )
        found = file.execute('SELECT "window", days_after, placed FROM follow_up').fetchall()
    assert found[-2:] == [("6mo", 3, "6mo"), (None, None, None)]
    assert [placed for _, _, placed in found[:-2]] == [window_of(day) for _, day, _ in found[:-2]]


def test_every_released_backup_is_still_restored(empty_url):
    found = restore(RELEASED / "backup-1.jsonl", empty_url)
    assert found.intact
    with open_registry(empty_url) as registry:
        assert registry.get("procedure", "X1").record == family(1)[1]
        assert registry.get("follow-up", "F1-1").signed_by == "chief"
