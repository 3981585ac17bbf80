"""Reading a patient file: strictly, with one sentence for the first thing that is wrong."""

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.documents.patient_model import PatientDocument, template, to_patient
from vertebroplasty.errors import Refused
from vertebroplasty.selection.patient import Patient

__all__ = ["PatientDocument", "parse_patient", "read_patient", "template", "template_text", "to_patient"]

LARGEST_FILE_BYTES = 1_000_000  # [choice] a patient file is a few kB
SHOWN_CHARACTERS = 40  # [choice] of a wrong value in a message
SHOWN_KEY_CHARACTERS = 60  # [choice] of a key in a message; our own have up to 34
UTF8_MARK = b"\xef\xbb\xbf"


def read_patient(path: Path) -> Patient:
    """Read a patient file.

    Raises:
        Refused: no such file, larger than 1 MB, not JSON, a key given twice, an unknown key (the nearest known one is
            named), a wrong type, word or range.
    """
    path = Path(path)
    name = _harmless(path.name)
    if not path.is_file():  # a device or a pipe would be read without end
        raise Refused(f"{name} cannot be read (no such file): check the path.", where=name)
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise Refused(f"{name} cannot be read ({reason}): check the path.", where=name) from None
    if len(content) > LARGEST_FILE_BYTES:
        raise Refused(f"{name} is larger than 1 MB: a patient file is a few kB.", where=name)
    return parse_patient(content, name=name)


def parse_patient(content: bytes, *, name: str = "patient.json") -> Patient:
    """Read a patient file's content; `name` is what messages call it.

    Raises:
        Refused: as `read_patient`.
    """
    content = content.removeprefix(UTF8_MARK)
    try:
        json.loads(content.decode(), object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except Refused as refusal:
        raise Refused(f"{name}: {refusal.message}", where=name) from None
    except (ValueError, RecursionError):
        raise _not_json(name) from None
    try:
        return to_patient(PatientDocument.model_validate_json(content))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        if problems[0]["type"] == "json_invalid":  # a lone half of a character pair, or nested too deep
            raise _not_json(name) from None
        first = min(problems, key=lambda problem: problem["type"] not in ("extra_forbidden", "unknown_level"))
        raise Refused(f"{name}: {_sentence(first)}", where=_path(first["loc"])) from None


def _not_json(name: str) -> Refused:
    return Refused(f"{name} is not JSON in UTF-8: start from `screen --template`.", where=name)


def template_text() -> str:
    """The empty patient file as JSON text, two-space indented."""
    return json.dumps(template(), indent=2)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Refused(f"{_harmless(key)} is given twice: keep one.")
        found[key] = value
    return found


def _no_constant(word: str) -> None:
    raise Refused(f"{word} is no value: use null for what is not known.")


def _path(location: Iterable[int | str]) -> str:
    """A location as a JSON path; pydantic's own marks (`[key]`, names of union members) are left out."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part == "[key]" or part == "bool" or part.startswith(("constrained-", "function-")):
            continue
        else:
            path += f".{_harmless(part)}" if path else _harmless(part)
    return path


def _sentence(problem: Any) -> str:
    """What is wrong and what to do, in one sentence."""
    path, kind = _path(problem["loc"]), problem["type"]
    if kind == "extra_forbidden":
        known = _known_keys(problem["loc"][:-1])
        return f"{path} is not a known key: did you mean {_nearest(_harmless(str(problem['loc'][-1])), known)}?"
    if kind == "unknown_level":
        given = _harmless(problem["ctx"]["given"])
        return f"{given} is not a level: did you mean {_nearest(given, LEVELS)}?"
    if kind in ("model_type", "model_attributes_type"):
        return f"{path or 'the file'} must be an object of keys and values."
    message = problem["msg"]
    return f"{path} is {_shown(problem['input'])}: {message[:1].lower()}{message[1:]}, or null if not known."


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _harmless(text, SHOWN_CHARACTERS)


def _harmless(text: str, longest: int = SHOWN_KEY_CHARACTERS) -> str:
    """Text from outside as it may stand in a message: short, and without what would steer a terminal."""
    shown = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in shown)


def _nearest(given: str, known: Iterable[str]) -> str:
    """The known name most like the one given, letter case aside."""
    folded = {name.lower(): name for name in known}
    return folded[difflib.get_close_matches(given.lower(), folded, n=1, cutoff=0.0)[0]]


def _known_keys(location: Iterable[int | str]) -> list[str]:
    """The keys of the object at a location of the patient file."""
    model: type[BaseModel] = PatientDocument
    for part in location:
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                model = _model_in(field.annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `X | None`, `list[X]` or `dict[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part)) is not None), None)
