"""Backup and restore: the journal as lines of JSON, from which a registry is rebuilt on a file or on a server.

The first line says what the file is, how many rows follow, and the hash of the last; each further line is one row of
the journal with its hash.  A name that ends in .gz is compressed.  Restoring recomputes the chain, fills a new
registry, and verifies it, so a backup of one kind of database becomes a registry on the other.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from vertebroplasty.errors import Refused
from vertebroplasty.files import refuse_existing_file, write_whole
from vertebroplasty.registry.store.journal import FIRST_HASH, JournalRow, in_utc

if TYPE_CHECKING:
    import sqlalchemy as sa

    from vertebroplasty.registry.store.entries import Verification
    from vertebroplasty.registry.store.registry import Registry

__all__ = ["SCHEMA", "backup", "restore"]

SCHEMA = "vertebroplasty.registry-backup/1"
CHUNK = 4000  # [choice] rows of the journal inserted at a time
LONGEST_LINE = 1 << 26  # [choice] characters of one line: far more than the largest record


def backup(registry: "Registry", path: Path, *, overwrite: bool = False) -> tuple[int, str]:
    """Write the journal of a registry to a file, as it stands at one moment, while others may go on writing.

    Args:
        registry: the registry.
        path: the file.
        overwrite: replace an earlier backup there; nothing else is ever replaced.

    Returns:
        How many rows, and the hash of the last: note it.

    Raises:
        Refused: the file exists or is no backup, cannot be written, or the chain of the journal is broken.
    """
    from vertebroplasty.registry.store import looking

    path = Path(path)
    refuse_existing_file(path, overwrite=overwrite)
    if path.exists():
        refuse_other_files(path)
    with registry.reading() as connection:
        count, last = looking.head(connection)

        def fill(temporary: Path) -> None:
            with opened(temporary, "wt") as stream:
                print(json.dumps({"schema": SCHEMA, "rows": count, "head": last}), file=stream)
                for row in unbroken(looking.journal_rows(connection), registry.name, count, last):
                    print(line_of(row), file=stream)

        try:
            write_whole(path, fill)
            path.chmod(0o600)
        except OSError as error:
            raise Refused(f"{path.name} cannot be written: {error.strerror}.", where=path.name) from None
    return count, last


def restore(path: Path, url: str) -> "Verification":
    """Make a new registry from a backup, and verify it.

    Raises:
        Refused: something is in the place of the new registry, the file is no backup, or is cut or changed.
    """
    from vertebroplasty.registry.store import opening

    path = Path(path)
    if not path.is_file():
        raise Refused(f"There is no backup {path.name}.", where=path.name)
    with opening.open_registry(url, create=True, fill=lambda connection: fill_from(path, connection)) as registry:
        found = registry.verify()
    if not found.intact:
        raise Refused(f"The restored registry does not verify: {found.problems[0].what}", where=path.name)
    return found


def fill_from(path: Path, connection: "sa.Connection") -> None:
    """The journal of a backup, and the tables rebuilt from it."""
    from vertebroplasty.registry.store import tables
    from vertebroplasty.registry.store.bulk import insert_rows
    from vertebroplasty.registry.store.rebuilding import fill_tables

    waiting: list[tuple[Any, ...]] = []
    try:
        with opened(path, "rt") as stream:
            count, last = header_of(stream, path.name)
            for row in unbroken(rows_of(stream, path.name), path.name, count, last):
                waiting.append(tuple(getattr(row, name) for name in JournalRow.__slots__))
                if len(waiting) == CHUNK:
                    insert_rows(connection, tables.journal, waiting)
                    waiting.clear()
            insert_rows(connection, tables.journal, waiting)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        raise Refused(f"{path.name} cannot be read to its end: take another backup.", where=path.name) from None
    connection.execute(tables.journal_head.update().values(count=count, hash=last))
    fill_tables(connection)


def refuse_other_files(path: Path) -> None:
    """Refuse to replace a file that is no backup.

    Raises:
        Refused: it is not.
    """
    try:
        with opened(path, "rt") as stream:
            header_of(stream, path.name)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, Refused):
        raise Refused(
            f"{path.name} is not a backup, so it is not replaced: name another file.", where=path.name
        ) from None


@contextmanager
def opened(path: Path, mode: str) -> Iterator[IO[str]]:
    """The file as UTF-8 text, compressed if its name says so."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, mode, encoding="utf-8", newline="\n") as stream:
        yield cast("IO[str]", stream)


def line_of(row: JournalRow) -> str:
    """A row of the journal as one line."""
    values = {name: getattr(row, name) for name in JournalRow.__slots__}
    return json.dumps(values | {"at": in_utc(row.at)}, ensure_ascii=False)


def header_of(stream: IO[str], name: str) -> tuple[int, str]:
    """How many rows follow, and the hash of the last.

    Raises:
        Refused: the file is no backup.
    """
    try:
        header = json.loads(stream.readline(LONGEST_LINE))
        if header["schema"] == SCHEMA:
            return int(header["rows"]), str(header["head"])
    except UnicodeDecodeError:
        raise
    except (ValueError, KeyError, TypeError):
        pass
    raise Refused(f"{name} is not a backup of a registry.", where=name)


def rows_of(stream: IO[str], name: str) -> Iterator[JournalRow]:
    """The rows of a backup.

    Raises:
        Refused: a line is not one.
    """
    number = 1
    while line := stream.readline(LONGEST_LINE):
        number += 1
        try:
            values = json.loads(line)
            yield JournalRow(**values | {"at": datetime.fromisoformat(values["at"])})
        except (ValueError, KeyError, TypeError):
            raise Refused(f"Line {number} of {name} is damaged: take another backup.", where=name) from None


def unbroken(rows: Iterable[JournalRow], name: str, count: int, last: str) -> Iterator[JournalRow]:
    """The rows, each checked against the one before, and their number and the last hash against what is stated.

    Raises:
        Refused: a row was changed, moved, added or removed.
    """
    number, previous = 0, FIRST_HASH
    for row in rows:
        number += 1
        if (row.seq, row.previous_hash, row.recomputed_hash()) != (number, previous, row.hash):
            what = f"{row.kind} {row.record_id}"
            raise Refused(f"{name} was changed at row {number} of the journal, {what}: run verify.", where=what)
        previous = row.hash
        yield row
    if (number, previous) != (count, last):
        raise Refused(f"{name} has {number} of {count} rows of the journal: its end was cut.", where=name)
