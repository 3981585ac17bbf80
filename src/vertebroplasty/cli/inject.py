"""`vertebroplasty inject`: simulate the injection until it must stop."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import print_json, print_lines, warn
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.inject import InjectDocument

__all__ = ["inject"]

Actions = Annotated[Path | None, Parameter(name="--actions", help="A log of actions to carry out instead.")]
RoomC = Annotated[float, Parameter(name="--room-c", help="Room temperature in °C.")]
SeenFrom = Annotated[float, Parameter(name="--seen-from-ml", help="A leak is seen from so many ml.")]
StopOnDisc = Annotated[bool, Parameter(name="--stop-on-disc", negative="", help="Stop at a leak into a disc too.")]
PressureLimit = Annotated[float, Parameter(name="--pressure-limit-kpa", help="Highest syringe pressure.")]


def inject(
    ct: Path,
    /,
    *,
    scan: o.Scan,
    level: o.LevelOption,
    plan: o.PlanFile = None,
    path: o.PathRank = 1,
    gauge: o.OwnGauge = None,
    product: o.ChosenProduct = None,
    volume_ml: o.VolumeMl = 3.0,
    rate_ml_per_s: o.Rate = 0.05,
    start_s: o.Start = 330.0,
    actions: Actions = None,
    room_c: RoomC = 22.0,
    seen_from_ml: SeenFrom = 0.05,
    stop_on_disc: StopOnDisc = False,
    pressure_limit_kpa: PressureLimit = 3215.0,
    grid_mm: o.GridMm = 1.0,
    site: o.SiteFile = None,
    common: o.Common = o.COMMON,
) -> None:
    """Simulate an injection: setting clock, pressure, front and leaks, until the stop rules end it.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    if common.out is None:
        raise WrongUsage("-o must name the folder for inject.json, arrival, fill and events.")
    from vertebroplasty.case.injecting import USUAL_PRODUCT, InjectOptions, InjectRequest, inject_answer
    from vertebroplasty.case.inputs import with_site
    from vertebroplasty.documents.common import dump

    scanned = with_site(scan.of(ct), site)
    options = InjectOptions(
        product=o.first_given(product, scanned.site.product, USUAL_PRODUCT),
        volume_ml=volume_ml,
        rate_ml_per_s=rate_ml_per_s,
        start_s=start_s,
        room_temperature_c=room_c,
        seen_from_ml=seen_from_ml,
        stop_on_disc=stop_on_disc,
        pressure_limit_kpa=pressure_limit_kpa,
    )
    asked = InjectRequest(
        scan=scanned, level=level, plan=plan, rank=path, gauge=gauge, actions=actions, grid_mm=grid_mm
    )
    document = inject_answer(asked, options, common.out, overwrite=common.overwrite)
    warn(document.warnings)
    if common.json:
        print_json(dump(document))
    else:
        print_lines(_lines(document))


def _lines(document: "InjectDocument") -> Iterator[str]:
    yield document.stop_sentence
    if document.injected_ml is not None:
        canal = "not assessed" if document.in_canal_ml is None else f"{document.in_canal_ml:.2f} ml"
        yield f"in the canal {canal}; injected {document.injected_ml:.2f} ml, in the bone {document.in_body_ml:.2f} ml"
    for leak in document.leaks:
        yield f"  leak {leak.site}: {leak.volume_ml:.2f} ml"
    if document.not_assessed:
        yield f"  not assessed: {', '.join(document.not_assessed)}"
    if document.peak_pressure_kpa is not None:
        at_tip = f"{document.peak_tip_pressure_kpa:.0f} kPa in bone"
        yield f"  peak pressure {document.peak_pressure_kpa:.0f} kPa at the syringe, {at_tip}"
    yield document.disclaimer
