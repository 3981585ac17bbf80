"""The address of a registry: a file or a server, and a name for it that never shows the password."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from vertebroplasty.errors import Refused

__all__ = ["Address", "parse_address"]

SERVER = ("postgresql", "postgres", "postgresql+psycopg")
FORMS = "file.db, sqlite:///file.db or postgresql://user@host/database"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a registry is: a file, or the URL of a server."""

    name: str
    path: Path | None = None
    url: sa.URL | None = None

    @property
    def is_server(self) -> bool:
        """Whether it is a PostgreSQL server."""
        return self.url is not None


def parse_address(text: str) -> Address:
    """The address a user wrote.

    Raises:
        Refused: it is none of the forms.
    """
    if "\x00" in text or not text.strip():
        raise Refused(f"The address of a registry is {FORMS}.", where="--db")
    if "://" not in text:
        return named(Path(text).expanduser())
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise Refused(f"The address of a registry is {FORMS}.", where="--db") from None
    if url.drivername in SERVER:
        if not url.database:
            raise Refused("The address of the server names no database: postgresql://user@host/database.", where="--db")
        shown = f"{url.host or 'this machine'}/{url.database}"
        return Address(shown, url=url.set(drivername="postgresql+psycopg"))
    if url.drivername != "sqlite":
        raise Refused(f"A registry is not kept in {url.drivername}: the address is {FORMS}.", where="--db")
    if not url.database or url.database == ":memory:" or url.query or url.host:
        raise Refused("The address of a file is sqlite:///file.db, with four strokes for a full path.", where="--db")
    return named(Path(url.database))


def named(path: Path) -> Address:
    """The address of a file under its own name, also where it was written as . or .. of some folder."""
    return Address(path.name if path.name not in ("", "..") else path.resolve().name or str(path), path=path)
