"""The evidence banner: what trials and guidelines say against and for an indication, shown beside it."""

from dataclasses import dataclass
from functools import cache

from vertebroplasty.selection.claims import claims

__all__ = ["EvidenceClaim", "osteoporotic_fracture_evidence"]

BANNER_TOPICS = ("effect-against-control", "guideline-position")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceClaim:
    """One finding with its citation key; `verified` tells whether the source was read."""

    statement: str
    source: str
    verified: bool


@cache
def osteoporotic_fracture_evidence() -> tuple[EvidenceClaim, ...]:
    """The sham-controlled trials, the review that pools them, and the guidelines that disagree."""
    filed = [claim for topic in BANNER_TOPICS for claim in claims(topic)]
    return tuple(EvidenceClaim(statement=c.statement, source=c.source, verified=c.verified) for c in filed)
