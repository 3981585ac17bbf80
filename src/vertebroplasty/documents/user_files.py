"""The content of a file that a user names: no device, no pipe, never more than its kind can hold."""

from pathlib import Path
from typing import BinaryIO

from vertebroplasty.documents.patient_problems import harmless
from vertebroplasty.errors import Refused
from vertebroplasty.files.reading import Fault, Unusable, open_file, read_bounded

__all__ = ["content_of", "opened", "shown_name"]

BYTES_PER_MB = 1_000_000  # [exact]


def shown_name(path: Path) -> str:
    """What messages call a file: its last part, without control characters."""
    path = Path(path)
    return harmless(path.name or str(path))


def content_of(path: Path, *, most_bytes: int, usual: str) -> bytes:
    """The bytes of a user's file.

    Args:
        path: the file.
        most_bytes: what it may hold, whole MB.
        usual: what such a file holds, to be said of one that is too large.

    Raises:
        Refused: there is no such file, it cannot be opened, or it is larger.
    """
    try:
        return read_bounded(path, most_bytes=most_bytes)
    except Unusable as unusable:
        if unusable.fault is not Fault.LARGE:
            raise _unopened(path, unusable) from None
        name = shown_name(path)
        raise Refused(f"{name} is larger than {most_bytes // BYTES_PER_MB} MB: {usual}.", where=name) from None


def opened(path: Path) -> BinaryIO:
    """A user's file of any size, to be read piece by piece.

    Raises:
        Refused: there is no such file, or it cannot be opened.
    """
    try:
        return open_file(path)
    except Unusable as unusable:
        raise _unopened(path, unusable) from None


def _unopened(path: Path, unusable: Unusable) -> Refused:
    name = shown_name(path)
    return Refused(f"{name} cannot be read ({unusable.aside}): check the path.", where=name)
