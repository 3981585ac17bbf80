"""The words of the patient leaflet in each language, its order, and the figures that all languages share."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.selection.claims import Claim, claim
from vertebroplasty.selection.coded_values import Aetiology, Anaesthesia

__all__ = [
    "LANGUAGES",
    "LeafletFigure",
    "LeafletLine",
    "LeafletSection",
    "LeafletWords",
    "leaflet_figures",
    "leaflet_sections",
    "leaflet_words",
]

LANGUAGES = ("en", "fr", "de")


class Part(StrEnum):
    """Which number of a claim is shown."""

    COUNT = "count"
    TOTAL = "total"
    VALUE = "value"
    LOW = "low"
    HIGH = "high"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletFigure:
    """One number of the leaflet with the key of its source and, unless it is a definition, its claim."""

    value: float
    source: str
    claim: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletLine:
    """One sentence or two of the leaflet; empty `aetiologies` and no `anaesthesia` mean everybody."""

    id: str
    aetiologies: frozenset[Aetiology] = frozenset()
    anaesthesia: Anaesthesia | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletSection:
    """Lines under one heading; `style` is text, list or alarm."""

    id: str
    style: str
    lines: tuple[LeafletLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletWords:
    """Every word of one language: single words, headings by section, texts by line with {figure} placeholders."""

    words: Mapping[str, str]
    headings: Mapping[str, str]
    lines: Mapping[str, str]


@cache
def leaflet_words(language: str) -> LeafletWords:
    """The words in one of `LANGUAGES`."""
    return LeafletWords(**_table(language))


@cache
def leaflet_figures() -> Mapping[str, LeafletFigure]:
    """Every figure by its placeholder, taken from the claims."""
    return {name: _figure(row) for name, row in _table("structure")["figures"].items()}


@cache
def leaflet_sections() -> tuple[LeafletSection, ...]:
    """The order of the leaflet, the same in every language."""
    return tuple(
        LeafletSection(id=row["id"], style=row.get("style", "text"), lines=tuple(map(_line, row["lines"])))
        for row in _table("structure")["section"]
    )


def _table(name: str) -> dict[str, Any]:
    path = files("vertebroplasty.report").joinpath("leaflet_texts", f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _line(row: dict[str, Any]) -> LeafletLine:
    anaesthesia = row.get("anaesthesia")
    return LeafletLine(
        id=row["id"],
        aetiologies=frozenset(map(Aetiology, row.get("aetiologies", ()))),
        anaesthesia=None if anaesthesia is None else Anaesthesia(anaesthesia),
    )


def _figure(row: dict[str, Any]) -> LeafletFigure:
    if "exact" in row:
        return LeafletFigure(value=row["exact"], source=row["source"])
    entry = claim(row["claim"])
    value = _part(entry, Part(row["part"]))
    if value is None:
        raise LookupError(f"The claim {entry.id} has no {row['part']}.")
    return LeafletFigure(value=value, source=entry.source, claim=entry.id)


def _part(entry: Claim, part: Part) -> float | None:
    """A printed number of the claim; only the per cent of a count is computed, and rounded to a whole number."""
    if part is Part.PERCENT:
        return None if entry.percent is None else round(entry.percent)
    return {
        Part.COUNT: entry.count,
        Part.TOTAL: entry.denominator.n,
        Part.VALUE: entry.value,
        Part.LOW: entry.low,
        Part.HIGH: entry.high,
    }[part]
