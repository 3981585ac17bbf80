"""The connection to a registry: what SQLite and PostgreSQL need so that nothing acknowledged is ever lost."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from vertebroplasty.errors import Refused
from vertebroplasty.registry.records import OWN_SERIES
from vertebroplasty.registry.store.address import Address
from vertebroplasty.registry.store.journal import Action
from vertebroplasty.registry.store.migrating import NEWEST, migrate, version_of
from vertebroplasty.registry.store.refusals import explained
from vertebroplasty.registry.store.series_record import Series
from vertebroplasty.registry.store.tables import metadata
from vertebroplasty.registry.store.writer import Writer

__all__ = ["bring_up", "connect", "make", "reading", "settle", "with_own_series", "writing"]

WAIT_S = 10  # [choice] seconds a writer waits for another
CACHE_KIB = 65536  # [choice] KiB of pages that SQLite holds per connection
WAL_BYTES = 67108864  # [choice] the write-ahead log shrinks back to this after a large import
PROGRAM = "vertebroplasty"
OWN = Series(name=OWN_SERIES, title="The department's own patients", synthetic=False, procedures_stated=True)


def connect(address: Address) -> sa.Engine:
    """An engine on a registry whose tables this program knows.

    Raises:
        Refused: there is no such file or server, it is no registry, or its tables are older or newer.
    """
    engine = engine_of(address)
    try:
        with explained(address.name), engine.connect() as connection:
            version = version_of(connection)
        if version is None:
            raise Refused(
                f"{address.name} is not a registry: name the one that `registry init` made.", where=address.name
            )
        refuse_newer(version, address.name)
        if version < NEWEST:
            raise Refused(
                f"The tables of {address.name} are of version {version}, older than this program's {NEWEST}: "
                "run `vertebroplasty registry upgrade` after a backup.",
                where=address.name,
            )
    except BaseException:
        engine.dispose()
        raise
    return engine


def refuse_newer(version: str, name: str) -> None:
    """Refuse tables of a version that this program does not know.

    Raises:
        Refused: they are newer.
    """
    if version > NEWEST:
        message = (
            f"The tables of {name} are of version {version}, newer than this program, which knows {NEWEST}: install a "
            "newer vertebroplasty."
        )
        raise Refused(message, where=name)


def make(address: Address, fill: Callable[[sa.Connection], None]) -> None:
    """Make the tables of a new registry and fill them, in one step.

    Raises:
        Refused: something is in its place already.
    """
    path = address.path
    if path is not None:
        claim(path)
    try:
        engine = engine_of(address)
        try:
            with explained(address.name):
                if path is not None:
                    with closing(sqlite_connection(path)) as raw:
                        raw.execute("PRAGMA journal_mode=WAL")
                with writing(engine) as connection:
                    refuse_tables(connection, address.name)
                    migrate(connection, NEWEST)
                    fill(connection)
        finally:
            engine.dispose()
    except BaseException:
        if path is not None:
            for end in ("", "-wal", "-shm"):
                Path(f"{path}{end}").unlink(missing_ok=True)
        raise


def with_own_series(connection: sa.Connection) -> None:
    """Begin the journal with the department's own series."""
    writer = Writer(connection, by=PROGRAM, why="A new registry.")
    writer.enter([OWN], Action.ADD)
    writer.close()


def refuse_tables(connection: sa.Connection, name: str) -> None:
    """Refuse a database that holds anything."""
    if sa.inspect(connection).get_table_names():
        message = f"{name} holds tables already: a new registry needs an empty database."
        raise Refused(message, where=name)


def bring_up(address: Address) -> tuple[str, str]:
    """Migrate the tables of an older registry, in one step.

    Raises:
        Refused: it is no registry, or newer than this program.
    """
    engine = engine_of(address, foreign_keys=False)  # SQLite copies whole tables, which must not remove their children
    try:
        with explained(address.name), writing(engine) as connection:
            version = version_of(connection)
            if version is None:
                raise Refused(f"{address.name} is not a registry: nothing to upgrade.", where=address.name)
            refuse_newer(version, address.name)
            migrate(connection, NEWEST)
            if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise Refused(f"The tables of {address.name} do not fit together: verify it first.", where=address.name)
            return version, NEWEST
    finally:
        engine.dispose()


def claim(path: Path) -> None:
    """Make an empty file that only its owner may read, where there is none."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.is_dir():
            name = path.resolve().name or str(path)
            raise Refused(f"{name} is a folder: name a new file in it, as series.db.", where=name) from None
        raise Refused(f"{path.name} exists already: a new registry needs a new file.", where=path.name) from None
    except OSError as error:
        raise Refused(f"{path.name} cannot be made: {error.strerror}; choose another place.", where=path.name) from None


def engine_of(address: Address, *, foreign_keys: bool = True) -> sa.Engine:
    """An engine that has not connected yet."""
    if address.path is None:
        assert address.url is not None
        return sa.create_engine(
            address.url, connect_args={"connect_timeout": WAIT_S, "options": f"-c lock_timeout={WAIT_S * 1000}"}
        )
    path = address.path
    if not path.is_file():
        if path.is_dir():
            raise Refused(f"{address.name} is a folder: name the file of a registry, as series.db.", where=address.name)
        raise Refused(f"The registry {address.name} is not there: make one with `registry init`.", where=address.name)
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite_connection(path, foreign_keys=foreign_keys),
        poolclass=sa.pool.QueuePool,
        pool_reset_on_return="rollback",
    )
    sa.event.listen(engine, "begin", begin)
    return engine


def sqlite_connection(path: Path, *, foreign_keys: bool = True) -> sqlite3.Connection:
    """A connection with foreign keys enforced and every commit on the disk before it is acknowledged."""
    mode = "mode=rw"
    may_write = os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
    if not may_write and not Path(f"{path}-wal").exists():
        mode = "immutable=1"  # a copy on a read-only medium, where SQLite could not make its log
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{mode}",
        uri=True,
        timeout=WAIT_S,
        check_same_thread=False,
        isolation_level=None,
    )
    for pragma in (
        f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        f"busy_timeout={WAIT_S * 1000}",
        "synchronous=FULL",
        f"cache_size=-{CACHE_KIB}",
        f"journal_size_limit={WAL_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def begin(connection: sa.Connection) -> None:
    """Begin a transaction; a writer takes its turn before it reads anything, a reader cannot write."""
    writes = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes; committed at the end, or nothing of it stays."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that sees one state of the registry from its first query to its last."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def settle(engine: sa.Engine) -> None:
    """After a large import: let a server look at the new rows once, so that counts are read from the indexes alone."""
    if engine.dialect.name == "postgresql":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        own = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with suppress(sa.exc.DBAPIError), own as connection:  # the import itself stands already
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {names}")
