"""A level so far outside the scan that nothing of it could be measured: its name, its evidence, and why."""

from dataclasses import dataclass
from typing import Any, TypeVar

from vertebroplasty.anatomy.levels import LevelEvidence
from vertebroplasty.documents.common import Part, Unknowns
from vertebroplasty.documents.measure_keys import (
    Bmd,
    CanalEntry,
    Cortex,
    Evidence,
    GenantEntry,
    LevelEntry,
    PedicleEntry,
    PosteriorWallEntry,
    QuarterHeights,
    Trabecular,
)  # fmt: skip

__all__ = ["CutLevel", "unmeasured_level"]

SIDES = ("left", "right")
Piece = TypeVar("Piece", bound=Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutLevel:
    """A level whose body cannot be followed to its edges, the sides that miss it, and the sentence that says so."""

    level: str
    missing_sides: tuple[str, ...]
    evidence: LevelEvidence
    why: str


def unmeasured_level(cut: CutLevel, path: str, unknowns: Unknowns) -> LevelEntry:
    """The level's entry: every measurement null, each for the same reason."""
    unknowns.note(path, cut.why)
    return _empty(
        LevelEntry,
        level=cut.level,
        complete=False,
        missing_sides=list(cut.missing_sides),
        level_evidence=Evidence.of(cut.evidence),
        heights_quarter_mm={side: _empty(QuarterHeights) for side in SIDES},
        trabecular_hu=Trabecular(mean=None, sd=None, n_voxels=0),
        bmd_mg_per_ml=_empty(Bmd),
        pedicle={side: _empty(PedicleEntry) for side in SIDES},
        canal=_empty(CanalEntry, reference_levels=[]),
        posterior_wall=_empty(PosteriorWallEntry, defects=[]),
        genant=_empty(GenantEntry, reference_levels=[]),
        clefts=[],
        lytic_holes=[],
        cortex=Cortex(apparent_mm=None, breaches=[], breaches_can_be_seen=False),
        notes=[],
    )


def _empty(part: type[Piece], **known: Any) -> Piece:
    """A piece of the document with every key null that is not given."""
    return part(**{name: None for name in part.model_fields if name not in known}, **known)
