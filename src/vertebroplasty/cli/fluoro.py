"""`vertebroplasty fluoro`: the CT as the C-arm sees it, with needle and cement."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import print_json, print_lines, warn
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.fluoro import FluoroDocument, Picture

__all__ = ["fluoro"]

View = Annotated[
    str | None,
    Parameter(
        name="--view",
        help="ap, lateral, oblique-left, oblique-right, barrel, ct (a slab along the needle) or lao=160,cranial=5; "
        "two joined by a plus, as ap+lateral; not needed where the department's C-arm is biplane.",
    ),
]
CementFolder = Annotated[Path | None, Parameter(name="--cement", help="Output folder of `inject` or `run`.")]
At = Annotated[float | None, Parameter(name="--at", help="Show the cement as of so many seconds after mixing.")]
Every = Annotated[
    float | None, Parameter(name="--every-s", help="A run of the injection, a frame every so many seconds (.dcm).")
]
Flip = Annotated[bool, Parameter(name="--flip", negative="", help="Mirror picture and letters together.")]
Inverted = Annotated[bool, Parameter(name="--inverted", negative="", help="Bone bright, as on a radiograph.")]
LookOption = Annotated[
    Literal["still", "live", "hold"],
    Parameter(name="--look", help="Without noise, one live frame, or the last image held."),
]
Phlebogram = Annotated[
    bool, Parameter(name="--phlebogram", negative="", help="Contrast medium in the veins of the template.")
]
Thickness = Annotated[
    float | None,
    Parameter(
        name="--patient-thickness-mm",
        help="Water fills rays that the CT cuts short; 200 in AP and 300 in lateral views if not given, 0 for none.",
    ),
]
Beam = Annotated[float, Parameter(name="--fluoroscopy-s", help="Seconds under the beam, for the relative dose.")]
Kvp = Annotated[int, Parameter(name="--kvp", converter=o.whole_number, help="Tube voltage: 60 to 120 in steps of 5.")]
Kerma = Annotated[float, Parameter(name="--kerma-ngy", help="Dose of one frame at the detector.")]
SUFFIXES = (".png", ".dcm")


def fluoro(
    ct: Path,
    /,
    *,
    scan: o.Scan,
    level: o.LevelOption,
    view: View = None,
    plan: o.PlanFile = None,
    path: o.PathRank = 1,
    cement: CementFolder = None,
    at: At = None,
    every_s: Every = None,
    look: LookOption = "still",
    flip: Flip = False,
    inverted: Inverted = False,
    phlebogram: Phlebogram = False,
    patient_thickness_mm: Thickness = None,
    fluoroscopy_s: Beam = 60.0,
    kvp: Kvp = 80,
    kerma_ngy: Kerma = 30.0,
    grid_mm: o.GridMm = 1.0,
    site: o.SiteFile = None,
    common: o.Common = o.COMMON,
) -> None:
    """Take a virtual X-ray: true AP, true lateral, oblique, down the needle or any pose; 512² PNG or DICOM XA.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    if common.out is None or common.out.suffix.lower() not in SUFFIXES:
        raise WrongUsage("-o must name the picture to write, ending in .png or .dcm.")
    if cement is None and at is not None:
        raise WrongUsage("--at needs --cement with the folder of an injection.")
    from vertebroplasty.case.inputs import with_site
    from vertebroplasty.case.pictures import FluoroOptions, fluoro_answer
    from vertebroplasty.files import refuse_existing_file, write_whole_bytes

    refuse_existing_file(common.out, overwrite=common.overwrite)
    request = with_site(scan.of(ct), site)
    options = FluoroOptions(
        view=_asked(view or request.site.view),
        flip=flip,
        inverted=inverted,
        look=look,
        phlebogram=phlebogram,
        thickness_mm=patient_thickness_mm,
        fluoroscopy_s=fluoroscopy_s,
        at_s=at,
        every_s=every_s,
        kvp=kvp,
        kerma_ngy=kerma_ngy,
        seed=common.seed,
    )
    document, content = fluoro_answer(
        request, level, options, plan=plan, rank=path, cement=cement, grid_mm=grid_mm, image=common.out.name
    )
    write_whole_bytes(common.out, content)
    _print(document, common)


def _print(document: "FluoroDocument", common: o.Common) -> None:
    from vertebroplasty.documents.common import dump

    warn(document.warnings)
    if common.json:
        print_json(dump(document))
    else:
        print_lines(_lines(document))


def _asked(view: str | None) -> str:
    if view is None:
        raise WrongUsage("--view is missing: ap, lateral, barrel or two joined by a plus.", where="--view")
    return view


def _lines(document: "FluoroDocument") -> Iterator[str]:
    for picture in document.pictures:
        yield from _of_picture(document, picture)
    if document.slab is not None:
        yield f"{document.image}: CT slab of {document.slab.thickness_mm:.0f} mm"
    if document.frame_times_s:
        yield f"{len(document.frame_times_s)} frames"
    yield document.disclaimer


def _of_picture(document: "FluoroDocument", picture: "Picture") -> Iterator[str]:
    view, truth, dose = picture.view, picture.truth, picture.dose
    angles = f"LAO {view.lao_deg:.1f}°, cranial {view.cranial_deg:+.1f}°"
    yield f"{document.image}: {angles}, SID {view.sid_mm:.0f} mm, SOD {view.sod_mm:.0f} mm"
    yield truth.turn
    for sign in truth.seen:
        yield f"  {sign.what}: {sign.detector_mm:.1f} mm at the detector ({sign.in_true_view_mm:.1f} in the true view)"
    yield f"  relative dose of {dose.fluoroscopy_s:.0f} s: {dose.entrance_mgy:.2g} mGy where the beam enters"
