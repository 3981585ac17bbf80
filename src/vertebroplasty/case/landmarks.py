"""A landmarks file read for one spine, and what documents say of it."""

from pathlib import Path

from vertebroplasty.anatomy.levels import Spine
from vertebroplasty.anatomy.stated import with_landmarks
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.json_files import read_text
from vertebroplasty.documents.landmarks import parse_landmarks
from vertebroplasty.files import sha256_of

__all__ = ["corrected_spine", "landmarks_parameter"]

REMEDY = "give a landmarks file, as `vertebroplasty info schema landmarks` describes it"


def corrected_spine(spine: Spine, file: Path) -> Spine:
    """The spine with the landmarks of a file in the place of what would be measured.

    Raises:
        Refused: the file cannot be read, or states what cannot be.
    """
    text = read_text(file, remedy=REMEDY, where="--landmarks")
    record = InputFile(role="landmarks", name=file.name, sha256=sha256_of(file))
    return with_landmarks(spine, parse_landmarks(text, file.name), record)


def landmarks_parameter(spine: Spine) -> dict[str, object]:
    """What is overridden, by level, for the parameters of a document; empty where nothing is."""
    if not spine.landmarks:
        return {}
    return {"landmarks": {name: list(stated.names()) for name, stated in spine.landmarks.items()}}
