"""`vertebroplasty fluoro`: the CT as the C-arm sees it, with needle and cement."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import print_json, print_lines, warn
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.fluoro import FluoroDocument

__all__ = ["fluoro"]

View = Annotated[str, Parameter(name="--view", help="ap, lateral, barrel, ct or lao=160,cranial=5.")]
CementFolder = Annotated[Path | None, Parameter(name="--cement", help="Output folder of `inject` or `run`.")]
At = Annotated[float | None, Parameter(name="--at", help="Show the cement as of so many seconds after mixing.")]
Flip = Annotated[bool, Parameter(name="--flip", negative="", help="Mirror picture and letters together.")]


def fluoro(
    ct: Path,
    /,
    *,
    scan: o.Scan,
    level: o.LevelOption,
    view: View,
    plan: o.PlanFile = None,
    path: o.PathRank = 1,
    cement: CementFolder = None,
    at: At = None,
    flip: Flip = False,
    grid_mm: o.GridMm = 1.0,
    common: o.Common = o.COMMON,
) -> None:
    """Take a virtual X-ray: true AP, true lateral, down the needle or any pose; 512² PNG with scale bar and L/R.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    if common.out is None or common.out.suffix.lower() != ".png":
        raise WrongUsage("-o must name the picture to write, ending in .png.")
    if (cement is None) and at is not None:
        raise WrongUsage("--at needs --cement with the folder of an injection.")
    from vertebroplasty.case.pictures import fluoro_answer
    from vertebroplasty.documents.common import dump
    from vertebroplasty.files import refuse_existing_file, write_whole_bytes

    refuse_existing_file(common.out, overwrite=common.overwrite)
    request = scan.of(ct)
    document, png = fluoro_answer(
        request,
        level,
        view,
        plan=plan,
        rank=path,
        cement=cement,
        at_s=at,
        flip=flip,
        grid_mm=grid_mm,
        image=common.out.name,
    )
    write_whole_bytes(common.out, png)
    warn(document.warnings)
    if common.json:
        print_json(dump(document))
    else:
        print_lines(_lines(document))


def _lines(document: "FluoroDocument") -> Iterator[str]:
    view, truth = document.view, document.truth
    angles = f"LAO {view.lao_deg:.1f}°, cranial {view.cranial_deg:+.1f}°"
    yield f"{document.image}: {angles}, SID {view.sid_mm:.0f} mm, SOD {view.sod_mm:.0f} mm"
    yield truth.turn
    yield document.disclaimer
