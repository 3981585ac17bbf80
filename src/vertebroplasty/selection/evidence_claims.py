"""What trials and guidelines say against and for an indication, shown beside it."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["EvidenceClaim", "osteoporotic_fracture_evidence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceClaim:
    """One finding with its citation key; `verified` tells whether the source was read."""

    statement: str
    source: str
    verified: bool


@cache
def osteoporotic_fracture_evidence() -> tuple[EvidenceClaim, ...]:
    """The sham-controlled trials, the review that pools them, and the guidelines that disagree."""
    path = files("vertebroplasty.selection").joinpath("evidence", "osteoporotic_fracture.toml")
    return tuple(EvidenceClaim(**claim) for claim in tomllib.loads(path.read_text(encoding="utf-8"))["claim"])
