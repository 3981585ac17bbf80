"""Two finished cases read from their folders or plan files, and put side by side."""

import time
from pathlib import Path
from typing import TypeVar

from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.json_files import read_document
from vertebroplasty.documents.common import Document, Provenance
from vertebroplasty.documents.compare import CompareDocument, Side, compare_document
from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.documents.screen import ScreenDocument
from vertebroplasty.documents.strength import StrengthDocument
from vertebroplasty.errors import Refused
from vertebroplasty.files import sha256_of

__all__ = ["PICTURES", "compare_answer", "pictures_of"]

REMEDY = "give the folder of `run` or `inject`, or a plan.json"
FILES = ("plan.json", "inject.json", "screen.json", "strength.json")
PICTURES = ("ap_after.png", "lateral_after.png")
LARGEST_PICTURE_BYTES = 5_000_000  # [choice] an X-ray picture of ours has a tenth
PNG = b"\x89PNG\r\n\x1a\n"
Kind = TypeVar("Kind", bound=Document)


def compare_answer(first: Path, second: Path, *, other_ct: bool) -> CompareDocument:
    """Two plans, products or volumes side by side.

    Raises:
        Refused: nothing of ours to compare, different levels, or different CTs without `other_ct`.
    """
    begin = time.perf_counter()
    sides = [_side(path, name) for path, name in zip((first, second), _names(first, second), strict=True)]
    inputs = [
        InputFile(role=role, name=file.name, sha256=sha256_of(file))
        for role, path in (("first", first), ("second", second))
        for file in _files(path)
    ]
    parameters = {"other_ct": other_ct}
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    return compare_document(sides[0], sides[1], provenance, other_ct=other_ct)


def pictures_of(path: Path) -> dict[str, bytes]:
    """The X-rays with needle and cement that a run left, by name; none for an injection or a plan."""
    found = {}
    for name in PICTURES if path.is_dir() else ():
        file = path / name
        if file.is_file() and file.stat().st_size <= LARGEST_PICTURE_BYTES:
            content = file.read_bytes()
            if content.startswith(PNG):
                found[name] = content
    return found


def _names(first: Path, second: Path) -> tuple[str, str]:
    """What the two are called: their own names, with the folder's before where these are alike."""
    one, other = first.resolve(), second.resolve()
    if one.name != other.name:
        return one.name, other.name
    if one == other or one.parent.name == other.parent.name:
        return f"{one.name} (first)", f"{other.name} (second)"
    return f"{one.parent.name}/{one.name}", f"{other.parent.name}/{other.name}"


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return [path / name for name in FILES if (path / name).is_file()]
    return [path]


def _side(path: Path, name: str) -> Side:
    if path.is_file() or not path.exists():
        return Side(name=name, plan=read_document(path, PlanDocument, "plan", REMEDY, where="compare"))
    side = Side(
        name=name,
        plan=_read(path / "plan.json", PlanDocument),
        inject=_read(path / "inject.json", InjectDocument),
        screen=_read(path / "screen.json", ScreenDocument),
        strength=_read(path / "strength.json", StrengthDocument),
    )
    if side.plan is None and side.inject is None:
        raise Refused(f"{name} holds no plan.json and no inject.json: {REMEDY}.", where="compare")
    return side


def _read(file: Path, kind: type[Kind]) -> Kind | None:
    return read_document(file, kind, file.stem, REMEDY, where="compare") if file.is_file() else None
