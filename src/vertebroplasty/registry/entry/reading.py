"""Reading a record from JSON: strictly, with everything that is wrong said at once.

A record is one JSON object.  Its kind is told by the key `kind` (patient, procedure or follow-up), by the caller, or by
the id it carries: `pseudonym`, `procedure_id` or `follow_up_id`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vertebroplasty.documents.patient_problems import json_path, nearest, shown
from vertebroplasty.documents.patient_sense import SaidTwice
from vertebroplasty.documents.user_files import content_of, shown_name
from vertebroplasty.errors import Refused
from vertebroplasty.files.reading import Fault, Unusable, json_value, plain_text
from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES, record_class
from vertebroplasty.registry.entry.reading_problems import Location, follows, plain_problems, sentence_of
from vertebroplasty.registry.records import Record
from vertebroplasty.registry.rehearsals.record import Rehearsal

__all__ = ["adapter", "parse_record", "problems_of", "read_json_lines", "read_record", "record_json"]

LARGEST_RECORD_BYTES = 4_000_000  # [choice] a procedure with a full clock of 5000 entries takes about 1 MB
MOST_PROBLEMS_SHOWN = 20  # [choice] a screen of them
USUAL = "one record is a few kB, import a table instead"
REMEDIES = {
    Fault.OTHER_ENCODING: "save it as UTF-8",
    Fault.NOT_UTF8: "save it as UTF-8",
    Fault.BINARY: "save it as UTF-8",
    Fault.NOT_JSON: "check its commas, quotes and braces",
    Fault.NO_NUMBER: "write null if not known",
    Fault.DEEP: "a record has objects within at most three lists",
}
IDS = {"pseudonym": "patient", "procedure_id": "procedure", "follow_up_id": "follow-up"}
KIND = "kind"
REHEARSAL = b'{"kind":"rehearsal"'  # how an exported line begins
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """The validator of a class of record, built once."""
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def read_record(path: Path, *, kind: str | None = None) -> Record:
    """Read one record from a JSON file.

    Raises:
        Refused: no such file, too large, not JSON in UTF-8; or everything that `parse_record` refuses.
    """
    content = content_of(path, most_bytes=LARGEST_RECORD_BYTES, usual=USUAL)
    return parse_record(content, kind=kind, name=shown_name(path))


def parse_record(
    content: bytes | str | Mapping[str, Any], *, kind: str | None = None, name: str = "record.json"
) -> Record:
    """The record in a JSON text, or in a mapping of the same shape; `name` is what messages call it.

    Raises:
        Refused: larger than 4 MB, not JSON in UTF-8, of no known kind; or, all listed at once, each in a sentence: a
            key given twice, an unknown key (the nearest known one is named), a wrong type, word, day, moment without
            zone, range, level, or control character, a required field missing.
    """
    plain = dict(content) if isinstance(content, Mapping) else _parsed(content, name)
    cls = _class(plain, kind, name)
    repeated = getattr(plain, "repeated", ())
    if KIND in plain:
        plain = SaidTwice([(key, value) for key, value in plain.items() if key != KIND])
        plain.repeated = repeated
    record, found = problems_of(plain, cls)
    if record is None:
        raise _refusal(name, found)
    return record


def problems_of(plain: Mapping[str, Any], cls: type[Any]) -> tuple[Any | None, list[tuple[Location, str]]]:
    """The record in a plain mapping, and everything that is wrong with it as place and sentence; None if anything is.

    Args:
        plain: keys and values as JSON has them; days and moments as texts.
        cls: class of the record.
    """
    found: dict[Location, str] = {}
    record = None
    try:
        text = json.dumps(plain, allow_nan=False, default=_iso)
    except (ValueError, TypeError, RecursionError):
        return None, [((), "the whole record holds NaN, infinity or something that JSON has no form for: correct it.")]
    try:
        record = adapter(cls).validate_json(text, strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        places = [problem["loc"] for problem in problems]
        for problem in problems:
            if problem["type"] == "json_invalid":
                found[()] = "the whole record holds half of a character pair: save it as UTF-8 again."
            elif not follows(problem, places):
                found.setdefault(problem["loc"], sentence_of(problem, cls))
    for location, why in plain_problems(plain, cls):
        found.pop((), None)
        found[location] = f"{json_path(location)} {why}."
    return (None if found else record), sorted(found.items(), key=lambda one: "not a known key" not in one[1])


def read_json_lines(lines: Iterable[bytes], *, name: str = "records.jsonl") -> Iterator[tuple[int, Record | Rehearsal]]:
    """Every record of a JSON-lines file with its line number, one at a time; blank lines are passed over.

    Raises:
        Refused: a line that `parse_record` refuses, and that is no rehearsal; the message names the line.
    """
    for number, line in enumerate(lines, start=1):
        if line.startswith(REHEARSAL):
            yield number, _rehearsal(line, f"{name}, line {number}")
        elif line.strip():
            yield number, parse_record(line, name=f"{name}, line {number}")


def _rehearsal(line: bytes, name: str) -> Rehearsal:
    """A rehearsal in an exported line; it comes from its log, and nobody enters one by hand."""
    plain = _parsed(line, name)
    del plain[KIND]
    record, found = problems_of(plain, Rehearsal)
    if not isinstance(record, Rehearsal):
        raise _refusal(name, found)
    return record


def record_json(record: Record | Rehearsal) -> dict[str, Any]:
    """A record as JSON has it, its kind first, nulls left out; `parse_record` reads back what can be entered."""
    return {
        KIND: record.kind,
        **adapter(type(record)).dump_python(record, mode="json", exclude_none=True, warnings="none"),
    }


def _parsed(content: bytes | str, name: str) -> dict[str, Any]:
    """The object in a JSON text, which remembers keys given twice."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > LARGEST_RECORD_BYTES:
        raise Refused(f"{name} is larger than 4 MB: {USUAL}.", where=name)
    try:
        plain = json_value(plain_text(raw), an_object=SaidTwice)
    except Unusable as unusable:
        what = f"holds {unusable.detail}, which is no number" if unusable.fault is Fault.NO_NUMBER else unusable.fault
        at = f" ({unusable.detail})" if unusable.fault is Fault.NOT_JSON and unusable.detail else ""
        raise Refused(f"{name} {what}{at}: {REMEDIES[unusable.fault]}.", where=name) from None
    if not isinstance(plain, dict):
        raise Refused(f"{name} is {shown(plain)}: a record is one object of keys and values in braces.", where=name)
    return plain


def _class(plain: Mapping[str, Any], kind: str | None, name: str) -> type[Record]:
    """The class of record that a mapping is, by what the caller says, its own word, or its id."""
    said = plain.get(KIND)
    if said is not None and (not isinstance(said, str) or said not in RECORD_CLASSES):
        near = nearest(said, RECORD_CLASSES) if isinstance(said, str) else None
        meant = f"did you mean {near}?" if near else f"it is one of {', '.join(RECORD_CLASSES)}."
        raise Refused(f"{name}: kind is {shown(said)}: {meant}", where="kind")
    if kind is not None and said is not None and said != kind:
        raise Refused(f"{name} is a {said}, and a {kind} is asked for: choose another file.", where="kind")
    told = kind or said or next((record for key, record in IDS.items() if key in plain), None)
    if told is None:
        raise Refused(
            f"{name} does not say what it is: add kind, one of {', '.join(RECORD_CLASSES)}, or its id.", where="kind"
        )
    return record_class(str(told))


def _iso(value: Any) -> str:
    """A day or moment of a mapping as JSON has it."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError


def _refusal(name: str, found: list[tuple[Location, str]]) -> Refused:
    """One error for all problems, of which the first so many are shown and all are kept."""
    sentences = tuple(sentence for _, sentence in found)
    if len(found) == 1:
        where = json_path(found[0][0]) or name
        return Refused(f"{name}: {sentences[0]}", where=where, problems=sentences)
    lines = [f"{name} has {len(found)} problems, so nothing was read:"]
    lines += [f"  {sentence}" for sentence in sentences[:MOST_PROBLEMS_SHOWN]]
    if len(found) > MOST_PROBLEMS_SHOWN:
        lines.append(f"  and {len(found) - MOST_PROBLEMS_SHOWN} more.")
    return Refused("\n".join(lines), where=name, problems=sentences)
