"""Writing files so that they appear whole or not at all, and never over something of the user's."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from vertebroplasty.errors import Refused

__all__ = [
    "fill_folder",
    "refuse_existing_file",
    "refuse_existing_folder",
    "refuse_foreign_file",
    "sha256_of",
    "write_whole",
    "write_whole_bytes",
    "write_whole_text",
]

HEAD_BYTES = 200  # [choice] our documents and pages say in these what they are
CHUNK_BYTES = 1 << 20  # [choice] reading block for hashes


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary neighbour of `path`, then move it into place in one step.

    The temporary file keeps every suffix of `path` (writers such as nibabel look at it).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix="".join(path.suffixes))
    temporary = Path(name)
    try:
        os.close(handle)
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole_bytes(path: Path, content: bytes) -> None:
    """Write bytes so that the file appears whole or not at all."""

    def fill(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_whole(path, fill)


def write_whole_text(path: Path, content: str) -> None:
    """Write UTF-8 text so that the file appears whole or not at all."""
    write_whole_bytes(path, content.encode())


def fill_folder(out: Path, write: Callable[[Path], None], *, ours: Iterable[str]) -> None:
    """Let `write` fill a hidden folder beside `out`, then put its files in place; those of `ours` it lacks are removed.

    A new folder appears in one step; in an existing one every file is replaced after all are complete.
    """
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(dir=out.parent, prefix=".writing-"))
    try:
        write(hidden)
        hidden.chmod(0o755)
        if not out.exists():
            hidden.rename(out)
            return
        fresh = {file.name for file in hidden.iterdir()}
        for name in set(ours) - fresh:
            (out / name).unlink(missing_ok=True)
        for name in sorted(fresh):
            (hidden / name).replace(out / name)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, the hash of its sorted file hashes (names do not matter)."""
    path = Path(path)
    if path.is_dir():
        digests = sorted(sha256_of(file) for file in path.rglob("*") if file.is_file())
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(CHUNK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def refuse_existing_file(out: Path, *, overwrite: bool) -> None:
    """Refuse an output file that exists already, unless it may be overwritten; a folder of that name always.

    Raises:
        Refused: the file exists, or a folder has its name.
    """
    out = Path(out)
    if out.is_dir():
        raise Refused(f"{out.name} is a folder, and this command writes one file: choose another -o.", where=out.name)
    if (out.exists() or out.is_symlink()) and not overwrite:
        raise Refused(f"{out.name} exists already: choose another -o or add --overwrite.", where=out.name)


def refuse_foreign_file(out: Path, mark: str, *, overwrite: bool) -> None:
    """Refuse an output file that exists; with `overwrite`, one whose first bytes lack the `mark` of what replaces it.

    Raises:
        Refused: the file exists, or something else has written it.
    """
    out = Path(out)
    refuse_existing_file(out, overwrite=overwrite)
    if out.is_file():
        with out.open("rb") as stream:
            head = stream.read(HEAD_BYTES).decode(errors="replace")
        if mark not in head:
            raise Refused(f"{out.name} was not written by this command: choose another -o.", where=out.name)


def refuse_existing_folder(out: Path, *, overwrite: bool, ours: Iterable[str]) -> None:
    """Refuse a folder that holds anything; with `overwrite`, one may be filled that holds nothing but `ours`.

    Raises:
        Refused: the folder holds files, or files of someone else, or a file has its name.
    """
    out = Path(out)
    if not out.exists():
        return
    if not out.is_dir():
        raise Refused(f"{out.name} is a file, and this command fills a folder: choose another -o.", where=out.name)
    found = sorted(entry.name for entry in out.iterdir())
    if found and not overwrite:
        message = f"The folder {out.name} already holds files: choose another -o or add --overwrite."
        raise Refused(message, where=out.name)
    foreign = [name for name in found if name not in set(ours)]
    if foreign:
        raise Refused(
            f"The folder {out.name} holds {foreign[0]}, which this command did not write: choose another -o.",
            where=out.name,
        )
