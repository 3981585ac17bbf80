"""The `plan` document of a first plan from three points: paths and poses, every clearance null with its reason."""

from collections.abc import Iterable

from vertebroplasty.documents.common import Provenance, Unknowns
from vertebroplasty.documents.plan import Clearance, PathEntry, PlanDocument, placed
from vertebroplasty.needle import SOURCES
from vertebroplasty.needle.three_points import NOT_MODELLED, FirstPath, FirstPlan

__all__ = ["FIRST_PLAN", "first_plan_document"]

FIRST_PLAN = (
    "FIRST PLAN FROM THREE POINTS, without a segmentation: no clearance to any wall, canal or foramen was checked and "
    "none is known. Do not use it without a segmentation that proves the path."
)
LEVEL_UNPROVED = "The level's name {level} is the user's word: without labels nothing proves it."
NO_CLEARANCE = "without a segmentation no clearance is known"
NO_RISK = "without a segmentation no breach can be foreseen"


def first_plan_document(
    plan: FirstPlan, provenance: Provenance, *, level: str, warnings: Iterable[str] = ()
) -> PlanDocument:
    """Fill the document; what only a segmentation can tell is null."""
    unknowns = Unknowns()
    paths = [_path(path, f"paths[{n}]", unknowns) for n, path in enumerate(plan.paths)]
    head = provenance.head(
        "plan",
        sources=SOURCES,
        warnings=[FIRST_PLAN, LEVEL_UNPROVED.format(level=level), *warnings],
        not_modelled=NOT_MODELLED,
        unknown=unknowns.entries,
    )
    return PlanDocument(**head, level=level, paths=paths, pairs=[], refused=[], notes=[FIRST_PLAN, *plan.notes])


def _path(path: FirstPath, where: str, unknowns: Unknowns) -> PathEntry:
    for name in ("clearance_mm", "worst_clearance_mm", "plausible_clearance_mm"):
        unknowns.note(f"{where}.{name}", NO_CLEARANCE)
    for name in ("breach_probability", "breach_probability_plus_minus", "gertzbein_robbins"):
        unknowns.note(f"{where}.{name}", NO_RISK)
    return PathEntry(
        **placed(path, where, unknowns),
        clearance_mm=Clearance(**dict.fromkeys(Clearance.model_fields)),
        worst_clearance_mm=None,
        breach_probability=None,
        gertzbein_robbins=None,
        checkpoints=[],
        role="first",
        why=path.why,
    )
