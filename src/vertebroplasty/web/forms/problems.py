"""What was wrong with an entry, field by field: the registry's own sentences, each with its place in the record."""

import re
from collections.abc import Mapping
from typing import Any

from vertebroplasty.documents.patient_problems import json_path
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.field_tree import record_class
from vertebroplasty.registry.entry.reading import KIND, parse_record, problems_of
from vertebroplasty.registry.records import Record

__all__ = ["Wrong", "read", "told"]

PLACED = re.compile(r"([a-z_][a-z0-9_]*(?:\[\d+\])?(?:\.[a-z_][a-z0-9_]*(?:\[\d+\])?)*): (.+)", re.DOTALL)
BESIDE = ("why", "at_level", "who")  # fields of a form that are no part of the record
BELONGS_TO = ("patient", "procedure", "pseudonym", "procedure_id", "follow_up_id")
DUPLICATE = "--not-a-duplicate"


class Wrong(Refused):
    """A record that cannot be read; `placed` are path and sentence of everything wrong with it."""

    def __init__(self, refusal: Refused, placed: tuple[tuple[str, str], ...]) -> None:
        super().__init__(refusal.message, where=refusal.where, problems=refusal.problems)
        self.placed = placed


def read(plain: Mapping[str, Any], kind: str) -> Record:
    """The record that a browser sent, as `registry add` reads it from a file.

    Raises:
        Wrong: everything that is wrong with it, with its places.
    """
    try:
        return parse_record(plain, kind=kind, name=f"the {kind}")
    except Refused as refusal:
        _, found = problems_of({key: value for key, value in plain.items() if key != KIND}, record_class(kind))
        raise Wrong(refusal, tuple((json_path(place), sentence) for place, sentence in found)) from None


def told(refusal: Refused, plain: Mapping[str, Any], *, within: str = "") -> dict[str, Any]:
    """A refusal for the form: one sentence for each problem with its field; `error` and `where` are those of the first.

    Args:
        refusal: what the registry said.
        plain: the entry that was sent.
        within: place of the part that was sent, where it was no whole record: `levels[0].leaks[1]`.
    """
    placed = refusal.placed if isinstance(refusal, Wrong) else tuple(map(_placed, refusal.problems))
    if not placed:
        usual = refusal.where if refusal.where in BESIDE else ""
        own = next((name for name in BELONGS_TO if refusal.where and plain.get(name) == refusal.where), usual)
        placed = ((own, refusal.message),)
    start = f"{within}."
    problems = [{"error": sentence, "where": path.removeprefix(start)} for path, sentence in placed]
    return problems[0] | {"problems": problems, "duplicate": any(DUPLICATE in sentence for _, sentence in placed)}


def _placed(sentence: str) -> tuple[str, str]:
    found = PLACED.fullmatch(sentence)
    return (found[1], found[2]) if found else ("", sentence)
