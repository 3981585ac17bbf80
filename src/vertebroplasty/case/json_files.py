"""Reading our own JSON documents back: bounded, of the right schema, or one sentence."""

from pathlib import Path
from typing import TypeVar

from vertebroplasty.documents.common import Document
from vertebroplasty.errors import Refused
from vertebroplasty.files.reading import Fault, Unusable, plain_text, read_bounded

__all__ = ["read_document", "read_text"]

LARGEST_BYTES = 20_000_000  # [choice] no document of ours comes near
Kind = TypeVar("Kind", bound=Document)


def read_text(file: Path, *, remedy: str, where: str) -> str:
    """The text of a user's file.

    Raises:
        Refused: there is no such file, it cannot be opened, is too large, or is no text in UTF-8.
    """
    try:
        return plain_text(read_bounded(file, most_bytes=LARGEST_BYTES))
    except Unusable as unusable:
        absent = unusable.fault in (Fault.MISSING, Fault.NO_FILE)
        what = f"There is no file {file.name}" if absent else f"{file.name} {unusable.fault}"
        raise Refused(f"{what}: {remedy}.", where=where) from None


def read_document(file: Path, kind: type[Kind], command: str, remedy: str, *, where: str) -> Kind:
    """A document that `command` wrote.

    Raises:
        Refused: not such a document.
    """
    text = read_text(file, remedy=remedy, where=where)
    try:
        document = kind.model_validate_json(text)
    except (ValueError, RecursionError):
        raise Refused(f"{file.name} cannot be read: {remedy}.", where=where) from None
    if document.schema_name != f"vertebroplasty.{command}/1":
        raise Refused(f"{file.name} is a {document.schema_name}: {remedy}.", where=where)
    return document
