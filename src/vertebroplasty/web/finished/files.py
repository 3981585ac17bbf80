"""Reading the files of a finished run: by fixed names, bounded, no links, each the file that the manifest tells of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vertebroplasty.documents.common import Document
from vertebroplasty.documents.manifest import RunDocument
from vertebroplasty.errors import Refused
from vertebroplasty.files.reading import Fault, Unusable, read_bounded

__all__ = ["RunFolder"]

MANIFEST = "manifest.json"
LARGEST_BYTES = 48_000_000  # [choice] no file of a run comes near
REMEDY = "make the run anew"
Kind = TypeVar("Kind", bound=Document)


@dataclass(frozen=True, eq=False, kw_only=True)
class RunFolder:
    """A folder with a manifest; only files that the manifest names with their hash are read."""

    folder: Path
    manifest: RunDocument
    hashes: Mapping[str, str]

    @classmethod
    def opened(cls, folder: Path) -> "RunFolder":
        """The folder by its manifest.

        Raises:
            Refused: it holds none, or the manifest is none of ours.
        """
        if not folder.is_dir():
            raise Refused("There is no such folder any more: start `vertebroplasty view` anew.", where="folder")
        manifest = _document(MANIFEST, _bounded(folder, MANIFEST), RunDocument, "run")
        return cls(folder=folder, manifest=manifest, hashes={entry.name: entry.sha256 for entry in manifest.files})

    def has(self, name: str) -> bool:
        """Whether the run wrote that file."""
        return name in self.hashes

    def content(self, name: str) -> bytes:
        """The bytes of one file.

        Raises:
            Refused: the run did not write it, it is missing, a link or too large, or it was changed since.
        """
        if not self.has(name):
            raise Refused(f"The run wrote no {name}: {REMEDY}.", where=name)
        content = _bounded(self.folder, name)
        if hashlib.sha256(content).hexdigest() != self.hashes[name]:
            raise Refused(f"{name} was changed after the run: {REMEDY}.", where=name)
        return content

    def document(self, name: str, kind: type[Kind]) -> Kind:
        """A JSON document of one room, `name` being the room's.

        Raises:
            Refused: as `content`, or it is no such document.
        """
        return _document(f"{name}.json", self.content(f"{name}.json"), kind, name)


def _bounded(folder: Path, name: str) -> bytes:
    try:
        return read_bounded(folder / name, most_bytes=LARGEST_BYTES, links=False)
    except Unusable as unusable:
        said = {
            Fault.LARGE: f"{name} is larger than any file of a run: {REMEDY}.",
            Fault.CLOSED: f"{name} cannot be read: see who may read it.",
        }
        lacks = f"This folder lacks {name}: give the folder of a finished `run` or `demo`."
        raise Refused(said.get(unusable.fault, lacks), where=name) from None


def _document(name: str, content: bytes, kind: type[Kind], command: str) -> Kind:
    try:
        found = kind.model_validate_json(content)
    except (ValueError, RecursionError):
        raise Refused(f"{name} is damaged or of another version: {REMEDY}.", where=name) from None
    if found.schema_name != f"vertebroplasty.{command}/1":
        raise Refused(f"{name} is no answer of `{command}`: {REMEDY}.", where=name)
    return found
