"""What is wrong with one place of a patient file, as one sentence with the remedy."""

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.documents.patient_model import (
    FIRST_YEAR,
    LONGEST_TEXT,
    SCHEMA,
    AgentEntry,
    LevelEntry,
    PatientDocument,
)

__all__ = ["QUANTITIES", "harmless", "json_path", "model_in", "nearest", "place_of", "sentence_of", "shown"]

SHOWN_CHARACTERS = 40  # [choice] of a wrong value in a message
SHOWN_PATH_CHARACTERS = 90  # [choice] of a place in a message; our own have up to 48
SHOWN_KEY_CHARACTERS = 60  # [choice] of a key in a message; our own have up to 34
ALIKE = 0.6  # [choice] similarity, 0 to 1, from which a name is offered as the one meant
ANY_LEVEL = "<level>"
IN_KEY = "[key]"  # pydantic's mark behind a key that is itself the problem
LEVEL_NAMES = "C1 to C7, T1 to T13, L1 to L6 or S1"

# What a number is called, and its unit, for every key that holds one.
QUANTITIES: dict[str, tuple[str, str]] = {
    "age_years": ("an age", " years"),
    "last_dose_h": ("the time since a dose", " hours"),
    "inr": ("an INR", ""),
    "platelets_10e9_per_l": ("a platelet count", " × 10⁹/l (a count per µl is divided by 1000)"),
    "volume_ml_per_level": ("the cement for one level", " ml"),
    "pain_nrs": ("an NRS", ""),
    "conservative_treatment_weeks": ("a time of treatment", " weeks"),
    "fracture_age_days": ("the age of a fracture", " days"),
    "canal_compromise_percent": ("a loss of the canal", " %"),
    "height_loss_percent": ("a loss of height", " %"),
    "of_grade": ("an OF grade", ""),
}

WRONG_KIND = {
    "bool_type": "it is true or false, without quotes",
    "string_type": "it is a text in quotes",
    "string_too_short": "a text has at least one letter",
    "list_type": "it is a list in square brackets, [] for none",
    "dict_type": 'it is an object with an entry for each level, such as {"L3": {}}',
    "model_type": "it is an object of keys and values in braces",
    "literal_error": f"this version reads {SCHEMA}",
    "not_a_day": "a day is written like 2026-11-20",
    "too_early": f"no vertebroplasty was done before {FIRST_YEAR}, so check the year",
    "quoted_answer": "it is true or false without quotes, or the text of the opinion",
    "neither_yes_no_nor_text": "it is true, false, or the text of the opinion in quotes",
}
NUMBER_KINDS = ("float_type", "int_type", "int_from_float", "finite_number")
RANGE_KINDS = ("greater_than", "greater_than_equal", "less_than_equal")


def sentence_of(problem: Any) -> str:
    """The sentence for one of pydantic's problems: the place, the value, what belongs there."""
    location, kind, value = place_of(problem), problem["type"], problem["input"]
    path = json_path(location)
    if kind == "extra_forbidden":
        return _unknown_key(location)
    if kind == "unknown_level":
        which = "" if location[-1] == value else f"{shown(value)}, which is "
        near = nearest(value, LEVELS)
        return f"{path} is {which}not a level: {f'did you mean {near}?' if near else f'write {LEVEL_NAMES}.'}"
    if not location:
        return "the whole file is one object of keys and values in braces: start from `screen --template`."
    if kind == "string_too_long":
        return f"{path} has more than {LONGEST_TEXT} characters: shorten it."
    or_null = "" if isinstance(location[-1], int) or kind == "literal_error" else ", or null if not known"
    return f"{path} is {shown(value)}: {_belongs(problem)}{or_null}."


def place_of(problem: Any) -> tuple[int | str, ...]:
    """Where a problem lies, without pydantic's mark for a key that is itself the problem."""
    location: tuple[int | str, ...] = problem["loc"]
    return location[:-1] if problem["type"] == "unknown_level" and location[-1] == IN_KEY else location


def _belongs(problem: Any) -> str:
    """What belongs at the place instead, as a clause."""
    location, kind, value = problem["loc"], problem["type"], problem["input"]
    if kind == "enum":
        return _words(problem["ctx"]["expected"], value)
    if kind == "in_future":
        return f"that is after today ({problem['ctx']['today']}), so give the day of the assessment"
    if kind in RANGE_KINDS:
        name, limits = _quantity(location)
        return f"{name} is {limits}"
    if kind in NUMBER_KINDS:
        name, limits = _quantity(location)
        whole = "whole " if kind.startswith("int") else ""
        quotes = ", without quotes" if isinstance(value, str) else ""
        return f"{name} is a {whole}number {limits}{quotes}"
    return WRONG_KIND.get(kind, "it is not what belongs here")


def _quantity(location: tuple[int | str, ...]) -> tuple[str, str]:
    """What the number at a location is called, and its limits with the unit."""
    field = _fields(location[:-1])[str(location[-1])]
    limits = {key: getattr(mark, key) for mark in field.metadata for key in ("ge", "gt", "le") if hasattr(mark, key)}
    name, unit = QUANTITIES[str(location[-1])]
    if "gt" in limits:
        return name, f"above {limits['gt']:g} and at most {limits['le']:g}{unit}"
    return name, f"between {limits['ge']:g} and {limits['le']:.10g}{unit}"


def _words(expected: str, value: Any) -> str:
    """The words a key takes, and the one meant where one is near."""
    words = expected.replace("'", "")
    if not isinstance(value, str):
        return f"it is one of {words}, in quotes"
    near = nearest(value, words.replace(" or ", ", ").split(", "))
    return f"it is one of {words}{f' (did you mean {near}?)' if near else ''}"


def _unknown_key(location: tuple[int | str, ...]) -> str:
    """An unknown key with the place of the same name elsewhere, or the known key most like it."""
    path, name = json_path(location), harmless(str(location[-1]))
    here = list(_fields(location[:-1]))
    near, home = nearest(name, here), dict(_homes(PatientDocument, "")).get(name)
    meant = [] if home is None else [f"{name} stands {home}"]
    meant += [] if near is None else [f"did you mean {near}?"]
    if not meant:
        meant = [f"the nearest is {nearest(name, here, alike=0.0)}, and `screen --template` shows all"]
    return f"{path} is not a known key{'' if home is None else ' here'}: {', or '.join(meant)}.".replace("?.", "?")


def nearest(given: str, known: Iterable[str], alike: float = ALIKE) -> str | None:
    """The known name most like the one given, letter case aside; None if none is like it."""
    folded = {name.lower(): name for name in known}
    found = difflib.get_close_matches(harmless(given).lower(), folded, n=1, cutoff=alike)
    return folded[found[0]] if found else None


def _homes(model: type[BaseModel], path: str) -> Iterator[tuple[str, str]]:
    """Every known key with the place where it stands; of equal names the outermost comes last."""
    for name, field in _named(model).items():
        inner = model_in(field.annotation)
        if inner is LevelEntry:
            yield from _homes(inner, f"{name}.{ANY_LEVEL}")
        elif inner is not None and inner is not AgentEntry:
            yield from _homes(inner, f"{path}.{name}".lstrip("."))
        yield name, f"in {path}" if path else "at the top of the file"


def _fields(location: Iterable[int | str]) -> dict[str, FieldInfo]:
    """The keys of the object at a location of the patient file."""
    model: type[BaseModel] = PatientDocument
    parts = iter(location)
    for part in parts:
        field = _named(model).get(str(part))
        inner = None if field is None else model_in(field.annotation)
        model = inner or model
        if inner is LevelEntry:
            next(parts, None)  # the level's name
    return _named(model)


def _named(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `X | None`, `list[X]` or `dict[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := model_in(part)) is not None), None)


def json_path(location: tuple[int | str, ...]) -> str:
    """A location as a JSON path, such as coagulation.agents[0].class."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            name = harmless(part) or '""'
            path += f".{name}" if path else name
    return path if len(path) <= SHOWN_PATH_CHARACTERS else f"…{path[1 - SHOWN_PATH_CHARACTERS :]}"


def shown(value: Any) -> str:
    """A value of the file as it may stand in a message."""
    return harmless(json.dumps(value, ensure_ascii=False, default=str), SHOWN_CHARACTERS)


def harmless(text: str, longest: int = SHOWN_KEY_CHARACTERS) -> str:
    """Text from outside as it may stand in a message: short, and without what would steer a terminal."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in cut)
