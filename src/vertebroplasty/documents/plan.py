"""The `plan` document: the needle paths with their clearances, and why others were refused."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, PointLps, Provenance, Unknowns, point, rounded
from vertebroplasty.needle.planned_path import Clearance as Clearances
from vertebroplasty.needle.planned_path import NeedlePlan, PlannedPath, RefusedPath
from vertebroplasty.needle.planner import NOT_MODELLED, SOURCES
from vertebroplasty.needle.three_points import FirstPath

__all__ = [
    "CArmAngles",
    "CheckPointEntry",
    "Clearance",
    "PairEntry",
    "PathEntry",
    "PlanDocument",
    "RefusedEntry",
    "placed",
    "plan_document",
]

NO_SKIN = "the CT holds no skin behind the entry"


class Clearance(Part):
    """Needle surface to outer bone surface by direction, mm; null where the direction does not apply."""

    medial: Number = Field(description="Towards the midline.")
    lateral: Number = Field(description="Away from the midline.")
    superior: Number = Field(description="Upwards.")
    inferior: Number = Field(description="Downwards.")
    anterior: Number = Field(description="From the tip to the anterior cortex.")
    canal: Number = Field(description="To the canal.")
    foramen: Number = Field(default=None, description="To a foramen.")
    upper_endplate: Number = Field(default=None, description="From within the body to its upper endplate.")
    lower_endplate: Number = Field(default=None, description="From within the body to its lower endplate.")


class CArmAngles(Part):
    """A C-arm pose."""

    lao_deg: float = Field(description="Positioner primary angle, positive LAO.")
    cranial_deg: float = Field(description="Positioner secondary angle, positive cranial.")


class CheckPointEntry(Part):
    """One depth of the tip: what both views show, and the medial-wall rule there."""

    depth_mm: float = Field(description="Depth of the tip past the bone entry.")
    ap: str = Field(description="Where AP shows the tip against the pedicle's medial edge.")
    lateral: str = Field(description="Where lateral shows the tip against the posterior wall.")
    rule: str = Field(description="What must hold at this depth.")


class PathEntry(Part):
    """One needle path."""

    rank: int = Field(description="1 is the best.")
    side: str = Field(description="left or right pedicle.")
    approach: str = Field(description="transpedicular, parapedicular, posterolateral or anterolateral.")
    gauge: int = Field(description="Needle gauge.")
    entry_lps_mm: PointLps = Field(description="Where the needle enters the outer cortex.")
    tip_lps_mm: PointLps = Field(description="Where its tip rests.")
    skin_lps_mm: PointLps | None = Field(description="Where it passes the skin; null without skin in the CT.")
    depth_from_skin_mm: Number = Field(description="From skin to tip.")
    length_mm: float = Field(description="From bone entry to tip.")
    convergence_deg: float = Field(description="Towards the midline, in the vertebra's axes.")
    cranio_caudal_deg: float = Field(description="Positive cranial, in the vertebra's axes.")
    clearance_mm: Clearance = Field(description="Clearances by direction.")
    worst_clearance_mm: Number = Field(description="The smallest of them that limits the path.")
    breach_probability: Number = Field(
        description="Chance that an unsteady hand breaches a wall; null if not computed."
    )
    breach_probability_plus_minus: Number = Field(default=None, description="Its error, 95 %.")
    breach_by_wall: dict[str, float] = Field(
        default_factory=dict, description="The breach probability split by the wall breached first."
    )
    breach_into: dict[str, float] = Field(
        default_factory=dict, description="Shares of placed needles that come out in canal and foramen."
    )
    plausible_clearance_mm: Number = Field(
        default=None, description="Worst plausible clearance: 95 % of placed needles keep it."
    )
    needle_length_mm: Number = Field(
        default=None, description="Depth from the skin and 10 mm for the hub; null without skin in the CT."
    )
    gertzbein_robbins: str | None = Field(description="Gertzbein–Robbins grade of the planned path.")
    c_arm: dict[str, CArmAngles] = Field(description="Poses barrel, ap and lateral.")
    checkpoints: list[str] = Field(description="What AP and lateral must show while advancing.")
    checkpoint_table: list[CheckPointEntry] = Field(
        default_factory=list, description="The same depth by depth, with the medial-wall rule."
    )
    role: str = Field(default="own", description="robust, target, between, pair or own: what the path is best at.")
    why: str = Field(description="Why this path is offered, and why the next best lost.")


class PairEntry(Part):
    """Two paths for a bilateral approach."""

    ranks: list[int] = Field(description="Ranks of the two paths.")
    why: str = Field(description="Why they go together.")


class RefusedEntry(Part):
    """A side or approach without a safe path."""

    side: str = Field(description="left or right.")
    approach: str = Field(description="The approach tried.")
    reason: str = Field(description="Why no path is offered.")
    narrowest_mm: Number = Field(default=None, description="The pedicle's smaller width or height at its isthmus.")
    suggestion: str = Field(default="", description="What may be tried instead.")


class PlanDocument(Document):
    """What `plan` answers."""

    level: str = Field(description="Name of the level.")
    paths: list[PathEntry] = Field(description="Paths, the best first; empty when none is safe.")
    pairs: list[PairEntry] = Field(description="Pairs for a bilateral approach.")
    refused: list[RefusedEntry] = Field(description="Why a side or approach has no path.")
    notes: list[str] = Field(description="How the figures are to be read.")


def plan_document(
    plan: NeedlePlan, provenance: Provenance, *, level: str, warnings: Iterable[str] = ()
) -> PlanDocument:
    """Fill the document from a plan."""
    unknowns = Unknowns()
    paths = [_path(path, f"paths[{n}]", unknowns) for n, path in enumerate(plan.paths)]
    head = provenance.head(
        "plan",
        sources=SOURCES,
        warnings=(*plan.warnings, *warnings),
        not_modelled=NOT_MODELLED,
        unknown=unknowns.entries,
    )
    return PlanDocument(
        **head,
        level=level,
        paths=paths,
        pairs=[PairEntry(ranks=list(pair.ranks), why=pair.why) for pair in plan.pairs],
        refused=[_refused(each) for each in plan.refused],
        notes=list(plan.notes),
    )


def _refused(refused: RefusedPath) -> RefusedEntry:
    return RefusedEntry(
        side=refused.side,
        approach=refused.approach,
        reason=refused.reason,
        narrowest_mm=rounded(refused.narrowest_mm),
        suggestion=refused.suggestion,
    )


def _clearance(clearance: Clearances) -> Clearance:
    return Clearance(**{name: rounded(getattr(clearance, name)) for name in Clearance.model_fields})


def placed(path: PlannedPath | FirstPath, where: str, unknowns: Unknowns) -> dict[str, Any]:
    """The keys of a path that say where its needle lies and how the C-arm sees it."""
    needle = path.path
    if path.skin_lps_mm is None:
        unknowns.note(f"{where}.skin_lps_mm", NO_SKIN)
    return {
        "rank": path.rank,
        "side": needle.side,
        "approach": needle.approach,
        "gauge": needle.gauge_number,
        "entry_lps_mm": point(needle.entry_lps_mm),
        "tip_lps_mm": point(needle.tip_lps_mm),
        "skin_lps_mm": None if path.skin_lps_mm is None else point(path.skin_lps_mm),
        "depth_from_skin_mm": unknowns.number(path.depth_from_skin_mm, f"{where}.depth_from_skin_mm", NO_SKIN),
        "needle_length_mm": unknowns.number(path.needle_length_mm, f"{where}.needle_length_mm", NO_SKIN),
        "length_mm": round(needle.length_mm, 4),
        "convergence_deg": round(path.convergence_deg, 4),
        "cranio_caudal_deg": round(path.cranio_caudal_deg, 4),
        "c_arm": {
            name: CArmAngles(lao_deg=round(view.lao_deg, 3), cranial_deg=round(view.cranial_deg, 3))
            for name, view in path.c_arm.items()
        },
    }


def _path(path: PlannedPath, where: str, unknowns: Unknowns) -> PathEntry:
    return PathEntry(
        **placed(path, where, unknowns),
        clearance_mm=_clearance(path.clearance_mm),
        worst_clearance_mm=rounded(path.worst_clearance_mm),
        breach_probability=rounded(path.breach_probability),
        breach_probability_plus_minus=rounded(path.breach_plus_minus),
        breach_by_wall={name: round(share, 6) for name, share in path.breach_by_wall.items()},
        breach_into={name: round(share, 6) for name, share in path.breach_into.items()},
        plausible_clearance_mm=rounded(path.plausible_clearance_mm),
        gertzbein_robbins=path.gertzbein_robbins,
        checkpoints=list(path.checkpoints),
        checkpoint_table=[
            CheckPointEntry(depth_mm=round(each.depth_mm, 3), ap=each.ap, lateral=each.lateral, rule=each.rule)
            for each in path.checkpoint_table
        ],
        role=path.role,
        why=path.why,
    )
