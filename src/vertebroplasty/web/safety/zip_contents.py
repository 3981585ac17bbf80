"""Unpacking an uploaded zip without believing a word of it: names, sizes, counts and kinds are all checked.

Nothing in the archive decides where a file goes: files are called 000000, 000001, ... in a folder of ours.  Every byte
is counted as it is inflated, so a small archive that unpacks to an enormous one (a zip bomb) stops early.
"""

import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from vertebroplasty.errors import Refused
from vertebroplasty.web.safety.body_limit import in_words
from vertebroplasty.web.safety.sentences import in_english

__all__ = ["ZipLimits", "unpack"]

CHUNK_BYTES = 1 << 16  # [choice] one step of inflating
MOST_FILES = 20_000  # [choice] several times the slices of a whole-body CT
MOST_BYTES = 4 << 30  # [choice] 4 GiB: several times a thin-slice CT of the whole spine
MOST_RATIO = 100  # [choice] CT slices shrink 2 to 10 times; blank ones more, deflate at most 1032
RATIO_FROM_BYTES = 16 << 20  # [choice] below 16 MiB a large ratio does no harm (a few blank slices)
DIRECTORY_BYTES_PER_FILE = 256  # [choice] 46 of the entry and a long path
DIRECTORY_SPARE_BYTES = 1 << 17  # [choice] the search for the directory reads its last 64 KiB at once
ENCRYPTED_BITS = 0x1 | 0x40 | 0x2000  # [exact] general purpose bits 0, 6 and 13 of the zip format
LIBRARY_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
GZIP = b"\x1f\x8b"
# First bytes of zip, zip without files, gzip, bzip2, xz, 7-Zip, RAR and Zstandard.
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    GZIP,
    b"BZh",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"(\xb5/\xfd",
)
DRIVE = re.compile(r"[A-Za-z]:")
LITTER_FOLDERS = ("__MACOSX",)
LITTER_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")

Tell = Callable[[int, int], None]
Room = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class ZipLimits:
    """What an archive may hold: number of files, their bytes in sum, and their sum as a multiple of the archive.

    `gzipped` allows gzip files, as NIfTI is kept; they are not unpacked here, and whoever reads them bounds them.
    """

    files: int = MOST_FILES
    total_bytes: int = MOST_BYTES
    ratio: int = MOST_RATIO
    gzipped: bool = False


ZIP_LIMITS = ZipLimits()


def unpack(
    archive: Path,
    folder: Path,
    *,
    limits: ZipLimits = ZIP_LIMITS,
    tell: Tell | None = None,
    room: Room | None = None,
) -> tuple[Path, ...]:
    """Unpack the files of `archive` into `folder`, under names of our own.

    What desktop systems add (`__MACOSX`, `.DS_Store`) is left out. Whatever goes wrong, the folder is left empty.

    Args:
        archive: the uploaded file.
        folder: where the files go; missing or empty.
        limits: what is allowed.
        tell: told the bytes inflated and the files finished so far; may raise to cancel.
        room: asked before anything is written, with the bytes that the archive says, and then with each block's;
            raises where the disk has no room for them.

    Returns:
        The files, in the archive's order.

    Raises:
        Refused: the archive is damaged, too large in any way, encrypted, or holds links, archives or odd names.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise refused("zip-folder")
    try:
        with Path(archive).open("rb") as stream:
            return _unpack(stream, folder, limits, tell, room or _any_room)
    except BaseException:
        _empty(folder)
        raise


def refused(key: str, **values: object) -> Refused:
    """The refusal of an archive; which of its files is concerned is not said, names may be patients'."""
    return Refused(in_english(key, **values), where="upload")


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever the library stumbles over is a damaged archive."""
    try:
        yield
    except LIBRARY_ERRORS:
        raise refused("zip-broken") from None


class _BoundedReads:
    """A file that refuses to be read in one large piece: the zip's directory is read at once, however long it is."""

    def __init__(self, stream: BinaryIO, most_files: int) -> None:
        self._stream = stream
        self._most_files = most_files
        self._most = most_files * DIRECTORY_BYTES_PER_FILE + DIRECTORY_SPARE_BYTES
        self.seekable, self.seek, self.tell, self.close = stream.seekable, stream.seek, stream.tell, stream.close

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(self._most + 1 if size < 0 else min(size, self._most + 1))
        if len(block) > self._most:
            raise refused("zip-many", most=self._most_files)
        return block


def _any_room(_: int) -> None:
    """As if no disk were ever full."""


def _unpack(stream: BinaryIO, folder: Path, limits: ZipLimits, tell: Tell | None, room: Room) -> tuple[Path, ...]:
    archive_bytes = os.fstat(stream.fileno()).st_size
    with _reading():
        opened = zipfile.ZipFile(cast("IO[bytes]", _BoundedReads(stream, limits.files)))
    with opened:
        count = _Count(archive_bytes, limits, tell)
        members = _checked_members(opened, limits)
        room(sum(member.file_size for member in members))
        files: list[Path] = []
        for member in members:
            path = folder / f"{len(files):06d}"
            with _reading():
                inflated = opened.open(member)
            with inflated:
                _write(cast("BinaryIO", inflated), path, member.file_size, count, room, gzipped=limits.gzipped)
            files.append(path)
            count.finish_file()
    if not files:
        raise refused("zip-empty")
    return tuple(files)


def _checked_members(opened: zipfile.ZipFile, limits: ZipLimits) -> list[zipfile.ZipInfo]:
    """The files worth unpacking, after every entry has been looked at."""
    members = opened.infolist()
    if len(members) > limits.files:
        raise refused("zip-many", most=limits.files)
    seen: set[str] = set()
    for member in members:
        _check(member)
        if member.filename in seen:
            raise refused("zip-twice")
        seen.add(member.filename)
    if sum(member.file_size for member in members) > limits.total_bytes:
        raise refused("zip-large", most=in_words(limits.total_bytes))
    return [member for member in members if not member.is_dir() and not _is_litter(member.filename)]


def _check(member: zipfile.ZipInfo) -> None:
    # The name as stored: the library cuts it at a zero byte.
    name = member.orig_filename.replace("\\", "/")
    if not name or name.startswith("/") or DRIVE.match(name) or ".." in name.split("/") or not name.isprintable():
        raise refused("zip-name")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused("zip-link")
    if member.flag_bits & ENCRYPTED_BITS:
        raise refused("zip-secret")
    if member.compress_type not in METHODS:
        raise refused("zip-method")


def _is_litter(name: str) -> bool:
    parts = name.split("/")
    return parts[-1] in LITTER_FILES or any(part in LITTER_FOLDERS for part in parts)


class _Count:
    """The bytes inflated so far, over all files."""

    def __init__(self, archive_bytes: int, limits: ZipLimits, tell: Tell | None) -> None:
        self._most_by_ratio = max(limits.ratio * archive_bytes, RATIO_FROM_BYTES)
        self._limits = limits
        self._tell = tell
        self._bytes = 0
        self._files = 0

    def add(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._most_by_ratio:
            raise refused("zip-ratio", most=self._limits.ratio)
        if self._bytes > self._limits.total_bytes:
            raise refused("zip-large", most=in_words(self._limits.total_bytes))
        if self._tell is not None:
            self._tell(self._bytes, self._files)

    def finish_file(self) -> None:
        self._files += 1


def _write(inflated: BinaryIO, path: Path, said_bytes: int, count: _Count, room: Room, *, gzipped: bool) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    written = 0
    with os.fdopen(handle, "wb") as stream:
        while block := _block(inflated):
            if written == 0 and block.startswith(ARCHIVES) and not (gzipped and block.startswith(GZIP)):
                raise refused("zip-nested")
            written += len(block)
            count.add(len(block))
            room(len(block))
            stream.write(block)
    if written != said_bytes:
        raise refused("zip-lies")


def _block(inflated: BinaryIO) -> bytes:
    with _reading():
        return inflated.read(CHUNK_BYTES)
