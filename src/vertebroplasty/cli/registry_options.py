"""What the registry's commands share: which registry, who writes and why, and what they answer."""

import getpass
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.cli.options import Common
    from vertebroplasty.documents.common import Provenance
    from vertebroplasty.registry.store.registry import Registry

__all__ = [
    "Author",
    "Because",
    "Database",
    "Today",
    "author",
    "database",
    "day",
    "is_new_file",
    "opened",
    "provenance",
    "spare_registry",
    "written",
]

DATABASE_VARIABLE = "VERTEBROPLASTY_DB"
AUTHOR_VARIABLE = "VERTEBROPLASTY_BY"
FIRST_BYTES = b"SQLite format 3\x00"
BESIDE = ("-wal", "-shm")  # files that SQLite keeps beside a registry in use

Database = Annotated[
    str | None,
    Parameter(
        name="--db",
        help="The registry: file.db, sqlite:///file.db or postgresql://host/name; else the variable VERTEBROPLASTY_DB.",
    ),
]
Author = Annotated[
    str | None,
    Parameter(name="--by", help="Who writes; else the variable VERTEBROPLASTY_BY, else the name of the login."),
]
Because = Annotated[str | None, Parameter(name="--why", help="The reason; the journal keeps it.")]
Today = Annotated[str | None, Parameter(name="--on", help="The day asked about, as 2026-11-20; else today.")]


def database(given: str | None) -> str:
    """Address of the registry.

    Raises:
        WrongUsage: neither the option nor the variable names one.
    """
    address = given or os.environ.get(DATABASE_VARIABLE)
    if not address:
        raise WrongUsage(f"Name the registry with --db FILE, or in the variable {DATABASE_VARIABLE}.", where="--db")
    return address


def author(given: str | None) -> str:
    """Who writes."""
    return given or os.environ.get(AUTHOR_VARIABLE) or getpass.getuser()


def day(text: str | None, option: str = "--on") -> date:
    """A day as given, else today.

    Raises:
        WrongUsage: not a day.
    """
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"{option} is {text!r}: write a day as 2026-11-20.", where=option) from None


def is_new_file(address: str) -> bool:
    """Whether a registry's file is not there yet; a server's database is never made in passing."""
    from vertebroplasty.registry.store.opening import need

    need("sqlalchemy", "registry")
    from vertebroplasty.registry.store.address import parse_address

    file = parse_address(address).path
    return file is not None and not file.exists()


def spare_registry(out: Path) -> None:
    """Refuse to write over a registry, whatever else may be overwritten.

    Raises:
        WrongUsage: the file is a registry, or belongs to one.
    """
    kept = [out, *(out.with_name(out.name.removesuffix(end)) for end in BESIDE if out.name.endswith(end))]
    for file in kept:
        if file.is_file():
            with file.open("rb") as stream:
                if stream.read(len(FIRST_BYTES)) == FIRST_BYTES:
                    raise WrongUsage(f"{file.name} is a registry and is never overwritten: write to another file.")


@contextmanager
def opened(address: str | None) -> "Iterator[Registry]":
    """The registry, open for one command."""
    from vertebroplasty.registry.store.opening import open_registry

    with open_registry(database(address)) as registry:
        yield registry


def provenance(begin: float, **parameters: object) -> "Provenance":
    """Options and duration of a command that began at `begin` (`time.perf_counter`)."""
    from vertebroplasty.documents.common import Provenance

    given = {name: value for name, value in parameters.items() if value is not None}
    return Provenance.of((), given, time.perf_counter() - begin)


def written(
    command: str,
    registry: "Registry | None",
    name: str,
    records: dict[str, int],
    *,
    begin: float,
    common: "Common",
    lines: Iterable[str],
    warnings: Iterable[str] = (),
    files: Iterable[str] = (),
    rows_read: int | None = None,
    rows_refused: int | None = None,
    dry_run: bool = False,
) -> None:
    """Answer what was written: the document, or lines for people and the head of the journal."""
    from vertebroplasty.cli.output import answer
    from vertebroplasty.documents.registry import WrittenDocument

    head = None if registry is None or dry_run else registry.head()[1]
    document: WrittenDocument = WrittenDocument(
        **provenance(begin).head(f"registry-{command}", sources=(), warnings=warnings, not_modelled=(), unknown=()),
        registry=name,
        records=records,
        rows_read=rows_read,
        rows_refused=rows_refused,
        written=not dry_run,
        files=list(files),
        head=head,
    )
    from dataclasses import replace

    answer(document, lines, replace(common, out=None))
