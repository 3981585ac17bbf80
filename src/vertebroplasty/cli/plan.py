"""`vertebroplasty plan`: needle paths through the pedicles with their clearances, or a critique of one's own path."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import answer, refuse_output
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.plan import PlanDocument

__all__ = ["plan"]


def plan(
    ct: Path,
    /,
    *,
    scan: o.Scan,
    level: o.LevelOption,
    gauge: o.Gauge = 11,
    approach: o.ApproachOption = "transpedicular",
    entry: o.PointOption = None,
    tip: o.PointOption = None,
    common: o.Common = o.COMMON,
) -> None:
    """Plan the needle: transpedicular paths left and right with clearances in mm and C-arm angles.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    if (entry is None) != (tip is None):
        raise WrongUsage("An own path needs both --entry and --tip, in LPS mm.")
    refuse_output("plan", common)
    from vertebroplasty.case.answers import plan_answer

    request = scan.of(ct)
    own = None
    if entry is not None and tip is not None:
        own = (o.parse_point(entry, "--entry"), o.parse_point(tip, "--tip"))
    document = plan_answer(request, level, gauge=gauge, approach=approach, own=own)
    answer(document, _lines(document), common)


def _lines(document: "PlanDocument") -> Iterator[str]:
    for path in document.paths:
        worst = "unknown" if path.worst_clearance_mm is None else f"{path.worst_clearance_mm:.1f} mm"
        skin = "" if path.depth_from_skin_mm is None else f", {path.depth_from_skin_mm:.0f} mm from the skin"
        needle = f"{path.side} {path.approach}, {path.gauge}G"
        yield f"{path.rank}. {needle}, worst clearance {worst}, {path.length_mm:.0f} mm in bone{skin}"
        yield f"   entry {_point(path.entry_lps_mm)}  tip {_point(path.tip_lps_mm)}  (LPS mm)"
        yield f"   convergence {path.convergence_deg:.0f}°, cranio-caudal {path.cranio_caudal_deg:+.0f}°"
        for name, angles in path.c_arm.items():
            yield f"   C-arm {name:8s} LAO {angles.lao_deg:.0f}°, cranial {angles.cranial_deg:+.0f}°"
        yield f"   {path.why}"
    if not document.paths:
        yield "No safe path."
    for refused in document.refused:
        yield f"Refused {refused.side} {refused.approach}: {refused.reason}"


def _point(lps_mm: list[float]) -> str:
    return ",".join(f"{value:.1f}" for value in lps_mm)
