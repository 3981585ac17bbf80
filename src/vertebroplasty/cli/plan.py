"""`vertebroplasty plan`: needle paths through the pedicles with their clearances, or a critique of one's own path."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import answer, refuse_output
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.case.inputs import ScanRequest
    from vertebroplasty.documents.plan import PlanDocument

__all__ = ["plan"]

Points = Annotated[
    list[str] | None,
    Parameter(name="--points", negative="", help="left=x,y,z, right=x,y,z and body=x,y,z in LPS mm, each once."),
]

OwnOption = Annotated[
    Path | None, Parameter(name="--own", help="Criticise a path of this plan.json (--path N) as an own one.")
]
SigmaMm = Annotated[float, Parameter(name="--sigma-mm", help="Error of a hand at the entry, one sigma in mm.")]
SigmaDeg = Annotated[float, Parameter(name="--sigma-deg", help="Error of a hand in direction, one sigma in degrees.")]


def plan(
    ct: Path,
    /,
    *,
    scan: o.OptionalScan = o.NO_SCAN,
    level: o.LevelOption,
    gauge: o.ChosenGauge = None,
    approach: o.ApproachOption = "transpedicular",
    entry: o.PointOption = None,
    tip: o.PointOption = None,
    own: OwnOption = None,
    path: o.PathRank = 1,
    sigma_mm: SigmaMm = 1.0,
    sigma_deg: SigmaDeg = 1.5,
    points: Points = None,
    site: o.SiteFile = None,
    common: o.Common = o.COMMON,
) -> None:
    """Plan the needle: the most robust paths left and right with clearances in mm, breach risk and C-arm angles.

    Without a segmentation `--points left=x,y,z --points right=x,y,z --points body=x,y,z` (both pedicles and the body's
    centre) give a first plan without any clearance.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    if (entry is None) != (tip is None):
        raise WrongUsage("An own path needs both --entry and --tip, in LPS mm.")
    if not scan.seg and points is None:
        raise WrongUsage("No segmentation was given: add -s with the vertebra labels, or three --points.", where="-s")
    if points is not None and (own is not None or entry is not None):
        raise WrongUsage("--points gives a first plan and takes no own path: leave one of the two out.")
    if own is not None and entry is not None:
        raise WrongUsage("Give an own path either as --own or as --entry and --tip, not both.")
    refuse_output("plan", common)
    from vertebroplasty.case.answers import OwnPath, plan_answer
    from vertebroplasty.case.injecting import USUAL_GAUGE
    from vertebroplasty.case.inputs import with_site
    from vertebroplasty.needle.hand_error import HandError

    request = with_site(scan.of(ct), site)
    chosen = o.first_given(gauge, request.site.gauge, USUAL_GAUGE)
    if points is not None:
        document = _first_plan(request, level, points, chosen)
        answer(document, _lines(document), common)
        return
    needle = None if own is None else OwnPath(plan=own, rank=path)
    if entry is not None and tip is not None:
        needle = OwnPath(points=(o.parse_point(entry, "--entry"), o.parse_point(tip, "--tip")))
    hand = HandError(sigma_mm=sigma_mm, sigma_deg=sigma_deg)
    document = plan_answer(request, level, gauge=chosen, approach=approach, own=needle, hand=hand)
    answer(document, _lines(document), common)


def _first_plan(request: "ScanRequest", level: str, points: list[str], gauge: int) -> "PlanDocument":
    """A first plan from `left=x,y,z`, `right=x,y,z` and `body=x,y,z`."""
    from vertebroplasty.case.first_planning import first_plan_answer, named_points

    split = [text.partition("=") for text in points]
    shown = named_points([(name.strip(), o.parse_point(place, f"--points {name}")) for name, _, place in split])
    return first_plan_answer(request, level, shown, gauge=gauge)


def _lines(document: "PlanDocument") -> Iterator[str]:
    for path in document.paths:
        worst = "unknown" if path.worst_clearance_mm is None else f"{path.worst_clearance_mm:.1f} mm"
        skin = "" if path.depth_from_skin_mm is None else f", {path.depth_from_skin_mm:.0f} mm from the skin"
        needle = f"{path.side} {path.approach}, {path.gauge}G"
        yield f"{path.rank}. {needle}, worst clearance {worst}, {path.length_mm:.0f} mm in bone{skin}"
        yield f"   entry {_point(path.entry_lps_mm)}  tip {_point(path.tip_lps_mm)}  (LPS mm)"
        yield f"   convergence {path.convergence_deg:.0f}°, cranio-caudal {path.cranio_caudal_deg:+.0f}°"
        if path.breach_probability is not None:
            error = (
                ""
                if path.breach_probability_plus_minus is None
                else f" ± {100 * path.breach_probability_plus_minus:.1f}"
            )
            yield f"   a shaky hand leaves the bone in {100 * path.breach_probability:.1f}{error} %"
        for name, angles in path.c_arm.items():
            yield f"   C-arm {name:8s} LAO {angles.lao_deg:.0f}°, cranial {angles.cranial_deg:+.0f}°"
        yield f"   {path.why}"
    if not document.paths:
        yield "No safe path."
    for refused in document.refused:
        yield f"Refused {refused.side} {refused.approach}: {refused.reason} {refused.suggestion}".rstrip()
    yield from document.notes


def _point(lps_mm: list[float]) -> str:
    return ",".join(f"{value:.1f}" for value in lps_mm)
