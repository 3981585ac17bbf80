"""A record with some of its fields set anew, by their places as they are printed: levels[0].cement.total_ml."""

import re
from collections.abc import Iterable
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.reading import parse_record, record_json
from vertebroplasty.registry.records import Record

__all__ = ["amended"]

STEP = re.compile(r"\.?([A-Za-z_][A-Za-z0-9_]*)|\[(\d{1,4})\]")


def amended(record: Record, settings: Iterable[tuple[str, Any]]) -> Record:
    """The record with each place set to its new value; null means unknown.

    An entry may be put at the end of a list: `levels[1]` of a procedure with one level adds a second.

    Raises:
        Refused: there is no such place, or the new record breaks the limits of its fields.
    """
    plain = record_json(record)
    for path, value in settings:
        _put(plain, _steps(path), value, path)
    return parse_record(plain, kind=record.kind, name=f"{record.kind} {record.record_id}")


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    at = 0
    while at < len(path) or not path:
        found = STEP.match(path, at)
        if found is None:
            raise Refused(f"{path} is no place in a record: write it as levels[0].cement.total_ml.", where=path)
        steps.append(found[1] if found[1] is not None else int(found[2]))
        at = found.end()
    return steps


def _put(plain: Any, steps: list[str | int], value: Any, path: str) -> None:
    """Set one place; an object that was unknown on the way begins empty."""
    place = plain
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int):
            if not isinstance(place, list) or step > len(place):
                raise Refused(f"{path}: there is no entry {step}.", where=path)
            if step == len(place):
                place.append(None)
        elif not isinstance(place, dict):
            raise Refused(f"{path}: {step} is no key there.", where=path)
        if following is None:
            place[step] = value
            return
        inner = place.get(step) if isinstance(place, dict) else place[step]
        if inner is None:
            inner = [] if isinstance(following, int) else {}
            place[step] = inner
        place = inner
