"""Records as JSON text and back: every record that is kept has been read back from its own text first.

The text has the fields in the order of their definition and leaves out nulls, so that equal records have equal texts.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from vertebroplasty.errors import Refused
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.store.series_record import Series

__all__ = ["KINDS", "Stored", "adapter", "checked", "from_values", "read_record"]

Stored = Series | Patient | Procedure | FollowUp | Rehearsal
KINDS: dict[str, type[Stored]] = {cls.kind: cls for cls in (Series, Patient, Procedure, FollowUp, Rehearsal)}


@cache
def adapter(kind: str) -> TypeAdapter[Any]:
    """What reads, checks and writes records of this kind.

    Raises:
        Refused: there is no such kind.
    """
    if kind not in KINDS:
        raise Refused(f"There is no kind of record called {kind}: {', '.join(KINDS)} are kept.", where="kind")
    return TypeAdapter(KINDS[kind])


@cache
def tools(record: type) -> tuple[Callable[..., bytes], Callable[[bytes], Any]]:
    """What writes a record of this class as JSON, and what reads it.

    Raises:
        Refused: the registry keeps no such records.
    """
    if record not in KINDS.values():
        raise Refused(f"A {record.__name__} is not a record of the registry.", where="record")
    of = adapter(cast("type[Stored]", record).kind)
    return of.serializer.to_json, of.validator.validate_json


def refusal(kind: str, record_id: str, error: ValidationError) -> Refused:
    """One sentence, and a line for each field that is wrong."""
    found = error.errors(include_url=False, include_context=False)
    lines = tuple(f"{'.'.join(map(str, problem['loc'])) or kind}: {problem['msg']}." for problem in found)
    head = f"The {kind} {record_id} cannot be kept, {len(lines)} field{'s are' if len(lines) > 1 else ' is'} wrong:"
    return Refused("\n".join((head, *lines)), where=record_id, problems=lines)


def checked(record: Stored) -> tuple[Any, str]:
    """The record as read back from its text, and the text.

    Raises:
        Refused: it is no record, or a field is outside its limits.
    """
    write, read = tools(cast("Hashable", type(record)))
    kind = record.kind
    try:
        text = write(record, exclude_none=True, warnings=False)
        return read(text), text.decode()
    except ValidationError as error:
        raise refusal(kind, str(record.record_id), error) from None
    except ValueError as error:  # what JSON cannot say: half a character, a number too large
        raise Refused(f"The {kind} cannot be written as JSON: {error}.", where=kind) from None


def read_record(kind: str, text: str) -> Any:
    """The record of a JSON text that the registry wrote.

    Raises:
        Refused: the text is no such record.
    """
    try:
        return adapter(kind).validate_json(text)
    except ValidationError as error:
        raise refusal(kind, "in the journal", error) from None


def from_values(kind: str, record_id: str, values: Mapping[str, object]) -> Any:
    """A record made of its fields by name, dates as days or ISO texts.

    Raises:
        Refused: a field is unknown, missing or outside its limits.
    """
    try:
        return adapter(kind).validate_python(dict(values))
    except ValidationError as error:
        raise refusal(kind, record_id, error) from None
