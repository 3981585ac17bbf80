"""A log on disk, of a rehearsal or a recording: every line is written before what it records is acknowledged."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.files import write_whole_text

__all__ = ["CLOCK", "add_lines", "entries_of", "read_lines", "rewrite", "without_torn_end"]

CLOCK = "clock"  # the event that only tells how late it was


def add_lines(file: Path, entries: Iterable[Mapping[str, Any]], *, for_good: bool) -> None:
    """Append entries in one write, so that a killed server loses none; `for_good` waits until the disk holds them."""
    text = "".join(json.dumps(dict(entry), ensure_ascii=False) + "\n" for entry in entries)
    if not text and not for_good:
        return
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        data = text.encode()
        while data:
            data = data[os.write(handle, data) :]
        if for_good:
            os.fsync(handle)
    finally:
        os.close(handle)


def without_torn_end(file: Path) -> None:
    """Cut off what a crash left of a last line, so that the next one does not grow onto it."""
    try:
        with file.open("rb") as stream:
            length = stream.seek(0, os.SEEK_END)
            stream.seek(max(length - 1, 0))
            if stream.read(1) in (b"", b"\n"):
                return
    except FileNotFoundError:
        return
    os.truncate(file, file.read_bytes().rfind(b"\n") + 1)


def read_lines(file: Path) -> list[str]:
    """The whole lines; a last one that a crash tore is left out, as it was never acknowledged."""
    try:
        text = file.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.split("\n")[:-1]


def entries_of(lines: Iterable[str]) -> list[dict[str, Any]]:
    """The lines as they were written.

    Raises:
        Refused: a line is no longer what was written.
    """
    try:
        return [dict(json.loads(line)) for line in lines]
    except (ValueError, TypeError, RecursionError):
        raise Refused("The log of this rehearsal cannot be read: begin a new one.", where="rehearsal") from None


def rewrite(file: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write the log anew, whole or not at all."""
    write_whole_text(file, "".join(json.dumps(dict(entry), ensure_ascii=False) + "\n" for entry in entries))
