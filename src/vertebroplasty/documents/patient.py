"""Reading a patient file: strictly, with everything that is wrong said at once."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vertebroplasty.documents.patient_model import PatientDocument, template, to_patient
from vertebroplasty.documents.patient_problems import json_path, place_of, sentence_of
from vertebroplasty.documents.patient_sense import Location, SaidTwice, nonsense
from vertebroplasty.documents.user_files import content_of, shown_name
from vertebroplasty.errors import Refused
from vertebroplasty.files.reading import Unusable, json_value, plain_text
from vertebroplasty.selection.patient import Patient

__all__ = ["PatientDocument", "parse_patient", "read_patient", "template", "template_text", "to_patient"]

LARGEST_FILE_BYTES = 1_000_000  # [choice] a patient file is a few kB
MOST_PROBLEMS_SHOWN = 20  # [choice] a screen of them
NAMES_FIRST = ("extra_forbidden", "unknown_level")  # a misspelt key explains more than what follows from it


def read_patient(path: Path, *, today: date | None = None) -> Patient:
    """Read a patient file; nothing in it may lie after `today`, by default the day on this machine's clock.

    Raises:
        Refused: no such file, larger than 1 MB or not JSON; or, all listed at once, each in a sentence: a key given
            twice, an unknown key (the nearest known one is named), a wrong type, word, day or range, a level planned
            twice, a time longer than the patient's life.
    """
    content = content_of(path, most_bytes=LARGEST_FILE_BYTES, usual="a patient file is a few kB")
    return parse_patient(content, name=shown_name(path), today=today)


def parse_patient(content: bytes, *, name: str = "patient.json", today: date | None = None) -> Patient:
    """Read a patient file's content; `name` is what messages call it, `today` as for `read_patient`.

    Raises:
        Refused: as `read_patient`.
    """
    try:
        text = plain_text(content)
        plain = json_value(text, an_object=SaidTwice, a_constant=float)  # so that the place of a NaN is named
    except Unusable as unusable:
        raise _not_json(name, unusable.aside) from None
    found: list[Any] = []
    document = None
    try:
        document = PatientDocument.model_validate_json(text, context={"today": today or date.today()})
    except ValidationError as error:
        found = sorted(error.errors(include_url=False), key=lambda problem: problem["type"] not in NAMES_FIRST)
    if found and found[0]["type"] == "json_invalid":  # a lone half of a character pair, or nested too deep
        raise _not_json(name)
    senseless = list(nonsense(plain))
    if document is None or senseless:
        raise _refusal(name, senseless, found)
    return to_patient(document)


def _not_json(name: str, why: str = "") -> Refused:
    return Refused(
        f"{name} is not JSON in UTF-8{f' ({why})' if why else ''}: start from `screen --template`.", where=name
    )


def _refusal(name: str, senseless: list[tuple[Location, str]], found: list[Any]) -> Refused:
    """One error for all problems, of which the first so many are put into sentences."""
    count = len(senseless) + len(found)
    sentences = [f"{json_path(location)} {why}." for location, why in senseless[:MOST_PROBLEMS_SHOWN]]
    sentences += [sentence_of(problem) for problem in found[: MOST_PROBLEMS_SHOWN - len(sentences)]]
    if count == 1:
        where = json_path(senseless[0][0] if senseless else place_of(found[0]))
        return Refused(f"{name}: {sentences[0]}", where=where or name, problems=tuple(sentences))
    lines = [f"{name} has {count} problems, so nothing was read:", *(f"  {sentence}" for sentence in sentences)]
    if count > len(sentences):
        lines.append(f"  and {count - len(sentences)} more.")
    return Refused("\n".join(lines), where=name, problems=tuple(sentences))


def template_text() -> str:
    """The empty patient file as JSON text, two-space indented."""
    return json.dumps(template(), indent=2)
