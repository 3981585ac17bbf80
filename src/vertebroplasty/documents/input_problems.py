"""What is wrong with a file that a user wrote, as sentences: unknown keys with the nearest, ranges, wrong kinds."""

import tomllib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from vertebroplasty.documents.patient_problems import harmless, json_path, model_in, nearest, shown
from vertebroplasty.errors import Refused
from vertebroplasty.files.reading import BYTE_ORDER_MARK, Unusable, json_value

__all__ = ["nearest", "parsed_json", "parsed_toml", "refusal"]

MOST_SHOWN = 20  # [choice] problems of one file in a message: a screen of them
ALIKE = 0.6  # [choice] similarity, 0 to 1, from which a name is offered as the one meant
KINDS = {
    "float_type": "it is a number, without quotes",
    "int_type": "it is a whole number, without quotes",
    "int_from_float": "it is a whole number",
    "finite_number": "it is a finite number",
    "string_type": "it is a text in quotes",
    "bool_type": "it is true or false, without quotes",
    "list_type": "it is a list in square brackets",
    "dict_type": "it is a table of keys and values",
    "model_type": "it is a table of keys and values",
}
LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "greater_than": ("gt", "above"),
}


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a JSON file; a key given twice is refused, since one of the two would be lost.

    Raises:
        Refused: a key stands twice.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Refused(f"The key {harmless(key)} is given twice: keep one.", where=harmless(key))
        found[key] = value
    return found


def refusal(name: str, error: ValidationError, model: type[BaseModel]) -> Refused:
    """One error for all problems of a file: a sentence, or a line that counts them and a line for each."""
    found = error.errors(include_url=False)
    sentences = [_sentence(problem, model) for problem in found[:MOST_SHOWN]]
    if len(found) == 1:
        return Refused(f"{name}: {sentences[0]}", where=json_path(found[0]["loc"]) or name, problems=tuple(sentences))
    lines = [f"{name} has {len(found)} problems, so nothing was read:", *(f"  {sentence}" for sentence in sentences)]
    if len(found) > len(sentences):
        lines.append(f"  and {len(found) - len(sentences)} more.")
    return Refused("\n".join(lines), where=name, problems=tuple(sentences))


def _sentence(problem: Any, model: type[BaseModel]) -> str:
    location, kind, value = problem["loc"], problem["type"], problem["input"]
    path = json_path(location) or "the whole file"
    if kind == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        near = nearest(str(location[-1]), known)
        return f"{path} is not a known key: {f'did you mean {near}?' if near else f'it is one of {_listed(known)}.'}"
    if kind == "missing":
        return f"{path} is missing: add it."
    if kind in LIMITS:
        key, words = LIMITS[kind]
        return f"{path} is {shown(value)}: it is {words} {problem['ctx'][key]:g}."
    if kind in ("too_short", "too_long"):
        wanted = problem["ctx"].get("min_length", problem["ctx"].get("max_length"))
        return f"{path} has {problem['ctx']['actual_length']} entries: it has {wanted}."
    if kind in ("literal_error", "enum"):
        return f"{path} is {shown(value)}: it is {problem['ctx']['expected']}."
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    return f"{path} is {shown(value)}: {KINDS.get(kind, 'it is not what belongs here')}."


def _listed(known: Iterable[str]) -> str:
    return ", ".join(known)


def _keys_at(model: type[BaseModel], location: Iterable[int | str]) -> list[str]:
    """The keys of the object at a location; a name that is no key stands for an entry of a mapping."""
    for part in location:
        field = _named(model).get(str(part))
        inner = None if field is None else model_in(field)
        model = inner or model
    return list(_named(model))


def _named(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def parsed_json(text: str, name: str) -> Any:
    """The values of a JSON file.

    Raises:
        Refused: it is not JSON, or a key stands twice.
    """
    try:
        return json_value(text, an_object=_keys_once, a_constant=float)  # so that the place of a NaN is named
    except Unusable as unusable:
        why = f" ({unusable.aside})" if unusable.aside else ""
        raise Refused(f"{name} is not JSON{why}: check its commas, quotes and braces.", where=name) from None


def parsed_toml(text: str, name: str, *, remedy: str) -> dict[str, Any]:
    """The values of a TOML file.

    Raises:
        Refused: it is not TOML.
    """
    try:
        return tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"{name} is not TOML ({harmless(str(error))}): {remedy}.", where=name) from None
