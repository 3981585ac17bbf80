"""The `plan` document: the needle paths with their clearances, and why others were refused."""

from collections.abc import Iterable

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, PointLps, Provenance, Unknowns, point, rounded
from vertebroplasty.needle.planned_path import NeedlePlan, PlannedPath
from vertebroplasty.needle.planner import NOT_MODELLED, SOURCES

__all__ = ["CArmAngles", "Clearance", "PairEntry", "PathEntry", "PlanDocument", "RefusedEntry", "plan_document"]

NO_SKIN = "the CT holds no skin behind the entry"


class Clearance(Part):
    """Needle surface to outer bone surface by direction, mm; null where the direction does not apply."""

    medial: Number = Field(description="Towards the midline.")
    lateral: Number = Field(description="Away from the midline.")
    superior: Number = Field(description="Upwards.")
    inferior: Number = Field(description="Downwards.")
    anterior: Number = Field(description="From the tip to the anterior cortex.")
    canal: Number = Field(description="To the canal.")


class CArmAngles(Part):
    """A C-arm pose."""

    lao_deg: float = Field(description="Positioner primary angle, positive LAO.")
    cranial_deg: float = Field(description="Positioner secondary angle, positive cranial.")


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
    gertzbein_robbins: str | None = Field(description="Gertzbein–Robbins grade of the planned path.")
    c_arm: dict[str, CArmAngles] = Field(description="Poses barrel, ap and lateral.")
    checkpoints: list[str] = Field(description="What AP and lateral must show while advancing.")
    why: str = Field(description="Why this path is offered.")


class PairEntry(Part):
    """Two paths for a bilateral approach."""

    ranks: list[int] = Field(description="Ranks of the two paths.")
    why: str = Field(description="Why they go together.")


class RefusedEntry(Part):
    """A side or approach without a safe path."""

    side: str = Field(description="left or right.")
    approach: str = Field(description="The approach tried.")
    reason: str = Field(description="Why no path is offered.")


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
        "plan", sources=SOURCES, warnings=warnings, not_modelled=NOT_MODELLED, unknown=unknowns.entries
    )
    return PlanDocument(
        **head,
        level=level,
        paths=paths,
        pairs=[PairEntry(ranks=list(pair.ranks), why=pair.why) for pair in plan.pairs],
        refused=[RefusedEntry(side=r.side, approach=r.approach, reason=r.reason) for r in plan.refused],
        notes=list(plan.notes),
    )


def _path(path: PlannedPath, where: str, unknowns: Unknowns) -> PathEntry:
    needle, clearance = path.path, path.clearance_mm
    if path.skin_lps_mm is None:
        unknowns.note(f"{where}.skin_lps_mm", NO_SKIN)
    return PathEntry(
        rank=path.rank,
        side=needle.side,
        approach=needle.approach,
        gauge=needle.gauge_number,
        entry_lps_mm=point(needle.entry_lps_mm),
        tip_lps_mm=point(needle.tip_lps_mm),
        skin_lps_mm=None if path.skin_lps_mm is None else point(path.skin_lps_mm),
        depth_from_skin_mm=unknowns.number(path.depth_from_skin_mm, f"{where}.depth_from_skin_mm", NO_SKIN),
        length_mm=round(needle.length_mm, 4),
        convergence_deg=round(path.convergence_deg, 4),
        cranio_caudal_deg=round(path.cranio_caudal_deg, 4),
        clearance_mm=Clearance(
            medial=rounded(clearance.medial),
            lateral=rounded(clearance.lateral),
            superior=rounded(clearance.superior),
            inferior=rounded(clearance.inferior),
            anterior=rounded(clearance.anterior),
            canal=rounded(clearance.canal),
        ),
        worst_clearance_mm=rounded(path.worst_clearance_mm),
        breach_probability=rounded(path.breach_probability),
        gertzbein_robbins=path.gertzbein_robbins,
        c_arm={
            name: CArmAngles(lao_deg=round(view.lao_deg, 3), cranial_deg=round(view.cranial_deg, 3))
            for name, view in path.c_arm.items()
        },
        checkpoints=list(path.checkpoints),
        why=path.why,
    )
