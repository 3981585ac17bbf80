"""Uploads that were begun and not finished: what they may hold in sum, and which of them go when room is needed."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vertebroplasty.errors import DiskFull
from vertebroplasty.files import free_space
from vertebroplasty.web.cases.folders import STATED
from vertebroplasty.web.safety.body_limit import in_words

__all__ = ["MOST_UNFINISHED", "Room", "in_steps", "remove_oldest", "unfinished"]

MOST_UNFINISHED = 8  # [choice] uploads begun and not ended; the oldest goes
MOST_BYTES = 16 << 30  # [choice] of all of them: the largest there can be, unpacked, and ordinary ones beside it
STEP_BYTES = 16 << 20  # [choice] written between two looks at the disk: small beside what stays free
NO_ROOM = "Less than {reserve} would stay free on the server's disk: free some space on it, or delete uploads."
HOLD_TOO_MUCH = "Uploads that were not finished would hold more than {most}: finish or cancel the others first."


def unfinished(uploads: Path) -> list[Path]:
    """The folders of uploads that are not complete, the one that nothing came to for the longest time first."""
    if not uploads.is_dir():
        return []
    return sorted((each for each in uploads.iterdir() if not (each / STATED).is_file()), key=_latest)


def remove_oldest(uploads: Path, most: int, *, in_use: frozenset[str]) -> None:
    """Remove the oldest of the unfinished uploads until there are no more than `most`; those in use stay."""
    found = unfinished(uploads)
    idle = [each for each in found if each.name not in in_use]
    for folder in idle[: max(len(found) - most, 0)]:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class Room:
    """Room for an upload: `kept` are the ids of uploads that must not go for it, its own among them."""

    uploads: Path
    kept: frozenset[str] = field(default_factory=frozenset)

    def __call__(self, coming_bytes: int) -> None:
        """Make sure that so many bytes may come; the oldest unfinished uploads go for them, where that is enough.

        Raises:
            DiskFull: they would leave less than the reserve free, or unfinished uploads would hold too much.
        """
        sizes = {folder: _bytes_in(folder) for folder in unfinished(self.uploads)}
        idle = [folder for folder in sizes if folder.name not in self.kept]
        can_go = sum(sizes[folder] for folder in idle)
        short = coming_bytes + free_space.RESERVE_BYTES - free_space.free_bytes(self.uploads)
        over = coming_bytes + sum(sizes.values()) - MOST_BYTES
        if short > can_go:
            raise DiskFull(NO_ROOM.format(reserve=in_words(free_space.RESERVE_BYTES)), where="disk")
        if over > can_go:
            raise DiskFull(HOLD_TOO_MUCH.format(most=in_words(MOST_BYTES)), where="disk")
        gone = 0
        for folder in idle:
            if gone >= max(short, over):
                return
            shutil.rmtree(folder, ignore_errors=True)
            gone += sizes[folder]


def in_steps(room: Callable[[int], None]) -> Callable[[int], None]:
    """`room`, to be called with each piece before it is written: it asks at the first and then once a step."""
    since = STEP_BYTES

    def ask(coming_bytes: int) -> None:
        nonlocal since
        since += coming_bytes
        if since > STEP_BYTES:
            room(coming_bytes)
            since = 0

    return ask


def _latest(folder: Path) -> float:
    """When something came to an upload last, 0 where it has just been thrown away."""
    try:
        return max(each.stat().st_mtime for each in (folder, *folder.iterdir()))
    except OSError:
        return 0.0


def _bytes_in(folder: Path) -> int:
    """What the files of an upload hold; one that vanishes meanwhile holds nothing."""
    return sum(_bytes_of(Path(here, name)) for here, _, names in os.walk(folder) for name in names)


def _bytes_of(file: Path) -> int:
    try:
        return file.lstat().st_size if file.is_file() else 0
    except OSError:
        return 0
