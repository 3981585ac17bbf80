"""Outcome definitions: what counts as relief, as a leak, as a new fracture, in whom and seen with what."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.selection.claims import Ascertainment, Claim, DenominatorType, claim

__all__ = ["ANY_TIME", "Definition", "definition", "definitions", "family"]

ANY_TIME = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One way of counting an outcome.

    `family` groups definitions that answer the same question and may be shown side by side, though not compared.
    `horizon` is the time the definition fixes, or `any` where each result states its own.  `denominators` and
    `modalities` are those under which it can be counted.  `site` is where the cement lies, empty if it is no leak.
    `claims` are the published results under this definition.
    """

    id: str
    family: str
    sentence: str
    horizon: str
    denominators: tuple[DenominatorType, ...]
    modalities: tuple[Ascertainment, ...]
    source: str
    claims: tuple[Claim, ...]
    site: str = ""


@cache
def definitions() -> tuple[Definition, ...]:
    """Every outcome definition, in the order of the table."""
    table = files("vertebroplasty.registry.literature").joinpath("definitions.toml").read_text(encoding="utf-8")
    return tuple(_definition(row) for row in tomllib.loads(table)["definition"])


def _definition(row: dict[str, Any]) -> Definition:
    coded = {
        "denominators": tuple(DenominatorType(word) for word in row["denominators"]),
        "modalities": tuple(Ascertainment(word) for word in row["modalities"]),
        "claims": tuple(claim(id) for id in row["claims"]),
    }
    return Definition(**(row | coded))


def definition(id: str) -> Definition:
    """One outcome definition by its id.

    Raises:
        Refused: no definition has this id.
    """
    for entry in definitions():
        if entry.id == id:
            return entry
    known = ", ".join(entry.id for entry in definitions())
    raise Refused(f"No outcome is defined as {id}: the definitions are {known}.", where=id)


def family(name: str) -> tuple[Definition, ...]:
    """Every definition that answers one question, for example `pain-relief`.

    Raises:
        Refused: no definition belongs to such a family.
    """
    found = tuple(entry for entry in definitions() if entry.family == name)
    if not found:
        known = ", ".join(sorted({entry.family for entry in definitions()}))
        raise Refused(f"No outcomes are grouped under {name}: the families are {known}.", where=name)
    return found
