"""What a database answers when it cannot go on, as one sentence with the remedy; never a password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from vertebroplasty.errors import Refused

__all__ = ["explained"]

SQLITE = {
    "SQLITE_FULL": "The disk is full, nothing was written: make room and try again.",
    "SQLITE_READONLY": "The registry {name} may only be read: ask for the right to write the file and its folder.",
    "SQLITE_BUSY": "The registry {name} is in use by another program: wait until that is done and try again.",
    "SQLITE_LOCKED": "The registry {name} is in use by another program: wait until that is done and try again.",
    "SQLITE_NOTADB": "{name} is not a registry: name the file that `registry init` made.",
    "SQLITE_CORRUPT": "The file {name} is damaged: restore a backup with `registry restore`.",
    "SQLITE_CANTOPEN": "The registry {name} cannot be opened: check the file, its folder and the rights to them.",
    "SQLITE_IOERR": "The disk failed on {name}, nothing was written: check the disk and its quota.",
}
POSTGRESQL = {
    "28P01": "The server of {name} refused user or password: check them.",
    "28000": "The server of {name} refused this user: check the name and the server's rules.",
    "3D000": "The database {name} does not exist on the server: create it or correct the address.",
    "42501": "The user has no right to this in {name}: ask the owner of the database.",
    "25006": "The registry {name} may only be read: connect to the server that takes writes.",
    "53100": "The disk of the server is full, nothing was written: make room and try again.",
    "55P03": "The registry {name} is in use by another program: wait until that is done and try again.",
    "53300": "The server of {name} takes no more connections: try again later.",
}
WORDS = {  # a connection that fails carries no code, only words
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "does not exist": "3D000",
    "too many clients": "53300",
}
UNREACHABLE = "The server of {name} cannot be reached: check host, port and network."


def sentence(error: BaseException | None, name: str) -> str | None:
    """The sentence for what a driver raised; none if it is not the database's state that stopped the work."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorname", "") or ""
        for start, words in SQLITE.items():
            if code.startswith(start):
                return words.format(name=name)
        return None
    state = getattr(error, "sqlstate", None)
    if state is None and type(error).__name__ == "OperationalError":
        said = str(error)
        state = next((code for words, code in WORDS.items() if words in said), None)
        return (POSTGRESQL[state] if state else UNREACHABLE).format(name=name)
    if state and state in POSTGRESQL:
        return POSTGRESQL[state].format(name=name)
    if state and (state.startswith(("08", "57P"))):
        return UNREACHABLE.format(name=name)
    return None


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn what stops the database into a refusal.

    Args:
        name: the registry without user and password.

    Raises:
        Refused: the disk is full, the file is read-only or locked, the server cannot be reached and the like.
    """
    try:
        yield
    except Exception as error:
        cause = getattr(error, "orig", None) or error
        if cause is not error and isinstance(cause, Refused):
            raise cause from None
        words = sentence(cause, name)
        if words is None:
            raise
        raise Refused(words, where=name) from None
