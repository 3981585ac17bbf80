"""The server's secret key: made once, kept in a file only its owner can read, so that a cookie outlives a restart."""

import os
import secrets
import stat
from pathlib import Path

from vertebroplasty.errors import Refused
from vertebroplasty.web.safety.sentences import in_english

__all__ = ["KEY_BYTES", "KEY_FILE", "secret_key"]

KEY_BYTES = 32  # [choice] 256 bits, the length of the hash it is used with
KEY_FILE = "web-key"
OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secret_key(folder: Path) -> bytes:
    """The key that signs this server's cookies; made on first use.

    Two servers that start together get the same key: the file appears whole and is never replaced.

    Args:
        folder: the application's own folder; made if missing, for its owner alone.

    Raises:
        Refused: the file is a link, not 32 bytes long, someone else's or open to others.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / KEY_FILE
    if not os.path.lexists(path):
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Write a new key beside `path` and link it into place, unless another server was first."""
    temporary = path.with_name(f".{KEY_FILE}-{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink()


def _read(path: Path) -> bytes:
    refusal = Refused(in_english("key-odd", name=KEY_FILE), where=KEY_FILE)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise refusal from None
    try:
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode) or kind.st_mode & OPEN_TO_OTHERS or kind.st_uid != os.getuid():
            raise refusal
        key = os.read(handle, KEY_BYTES + 1)
    finally:
        os.close(handle)
    if len(key) != KEY_BYTES:
        raise refusal
    return key
