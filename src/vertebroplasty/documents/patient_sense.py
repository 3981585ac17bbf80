"""What cannot be meant though each value alone could be: keys and levels named twice, times longer than a life."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from vertebroplasty.documents.patient_model import OLDEST_YEARS
from vertebroplasty.documents.patient_problems import shown

__all__ = ["Location", "SaidTwice", "nonsense"]

DAYS_A_YEAR = 365.25  # [exact] Julian year
DAYS_A_WEEK = 7.0  # [exact]

Location = tuple[int | str, ...]
DURATIONS = {"fracture_age_days": ("days", 1.0), "conservative_treatment_weeks": ("weeks", DAYS_A_WEEK)}


class SaidTwice(dict[str, Any]):
    """A JSON object that remembers which of its keys stood more than once; the last one counts."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: tuple[str, ...] = ()
        if len(self) < len(pairs):
            counted = Counter(key for key, _ in pairs)
            self.repeated = tuple(key for key, times in counted.items() if times > 1)


def nonsense(document: Any) -> Iterator[tuple[Location, str]]:
    """Where a parsed file cannot be meant as it stands, and why, as the rest of a sentence.

    Args:
        document: the parsed JSON, objects as `SaidTwice`; it need not be valid otherwise.
    """
    yield from _keys_twice(document)
    yield from _levels_twice(document)
    yield from _longer_than_life(document)


def _keys_twice(document: Any) -> Iterator[tuple[Location, str]]:
    waiting: list[tuple[Location, Any]] = [((), document)]
    while waiting:
        location, node = waiting.pop()
        if isinstance(node, SaidTwice):
            for key in node.repeated:
                yield (*location, key), "is given twice: keep one"
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        waiting += [((*location, key), value) for key, value in inner if isinstance(value, dict | list)]


def _levels_twice(document: Any) -> Iterator[tuple[Location, str]]:
    levels = _at(document, "planned", "levels")
    seen: set[str] = set()
    for n, level in enumerate(levels if isinstance(levels, list) else ()):
        if isinstance(level, str):
            if level in seen:
                yield ("planned", "levels", n), f"names {shown(level)} once more: name each level once"
            seen.add(level)


def _longer_than_life(document: Any) -> Iterator[tuple[Location, str]]:
    age = _number(_at(document, "patient", "age_years"))
    levels = _at(document, "levels")
    if age is None or not 0 <= age <= OLDEST_YEARS or not isinstance(levels, dict):
        return
    longest_days = (age + 1) * DAYS_A_YEAR  # an age of 78 lasts until the next birthday
    for name, entry in levels.items():
        for key, (unit, days) in DURATIONS.items():
            length = _number(_at(entry, key))
            if length is not None and length * days > longest_days:
                yield (
                    ("levels", name, key),
                    f"is {length:g} {unit}, longer than the patient's life of {age:g} years: correct one of them",
                )


def _at(node: Any, *way: str) -> Any:
    for key in way:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _number(value: Any) -> float | None:
    """A JSON number that is neither true, false nor beyond a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
