"""What every score answers with: its items, each with where it came from, the total, and the class it falls into."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Origin", "Score", "ScoreItem"]


class Origin(StrEnum):
    """Where an item of a score came from."""

    MEASURED = "measured"
    ENTERED = "entered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreItem:
    """One item: its name, what was found (None: unknown), the points it gives, and where it came from."""

    name: str
    value: str | float | None
    points: float | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One score of one patient, level or event.

    `total` is None while an item that counts is unknown; `lowest` and `highest` are what the known items still leave
    open, so that a class common to both is sure.  `category` is the class in the score's own words, None if open.
    `sentence` says it to a reader; `notes` say where a published boundary is silent and what was chosen.
    """

    name: str
    version: str
    items: tuple[ScoreItem, ...] = ()
    total: float | None = None
    lowest: float | None = None
    highest: float | None = None
    category: str | None = None
    sentence: str
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...]
    verified: bool
