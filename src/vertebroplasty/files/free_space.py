"""Room on the disk: some of it stays free whatever is sent, and a disk that is full is said in a sentence."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vertebroplasty.errors import DiskFull

__all__ = ["RESERVE_BYTES", "free_bytes", "full_disk_said"]

RESERVE_BYTES = 1 << 30  # [choice] 1 GiB stays for logs, recordings and the registry, which must never be lost
FULL = "The disk is full, so nothing of this was kept: free some space on it, or delete uploads, and try again."


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written on the disk of a folder."""
    return shutil.disk_usage(folder).free


@contextmanager
def full_disk_said() -> Iterator[None]:
    """Say in one sentence that the disk, or the user's share of it, is full.

    Raises:
        DiskFull: something inside could not be written for want of space.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(FULL, where="disk") from None
        raise
