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
ComponentC = Annotated[
    float | None,
    Parameter(name="--component-c", help="Temperature of powder and liquid in °C; the room's if not given."),
]
SeenFrom = Annotated[float, Parameter(name="--seen-from-ml", help="A leak is seen from so many ml.")]
VisibilityFile = Annotated[
    Path | None, Parameter(name="--visibility", help="An answer of fluoro: from how many ml a leak is seen, by site.")
]
StopOnDisc = Annotated[bool, Parameter(name="--stop-on-disc", negative="", help="Stop at a leak into a disc too.")]
Heat = Annotated[bool, Parameter(name="--heat", negative="", help="Work out how hot the bone gets too.")]
BloodFlow = Annotated[
    float,
    Parameter(
        name="--blood-ml-per-100g-min",
        help="With --heat: blood flow that cools bone (0; measured in young lumbar marrow: 17.6).",
    ),
]
Reaction = Annotated[
    float, Parameter(name="--reaction-s", help="Seconds from seeing a reason to stop until the push has ended.")
]
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
    component_c: ComponentC = None,
    seen_from_ml: SeenFrom = 0.05,
    visibility: VisibilityFile = None,
    stop_on_disc: StopOnDisc = False,
    pressure_limit_kpa: PressureLimit = 3215.0,
    reaction_s: Reaction = 1.0,
    heat: Heat = False,
    blood_ml_per_100g_min: BloodFlow = 0.0,
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
    from vertebroplasty.case.own_cement import chosen_product
    from vertebroplasty.case.visibility_file import read_visibility

    scanned = with_site(scan.of(ct), site)
    options = InjectOptions(
        product=o.first_given(chosen_product(product), scanned.site.product, USUAL_PRODUCT),
        volume_ml=volume_ml,
        rate_ml_per_s=rate_ml_per_s,
        start_s=start_s,
        room_temperature_c=room_c,
        component_temperature_c=component_c,
        seen_from_ml=seen_from_ml if visibility is None else read_visibility(visibility, level, seen_from_ml),
        stop_on_disc=stop_on_disc,
        pressure_limit_kpa=pressure_limit_kpa,
        reaction_s=reaction_s,
    )
    asked = InjectRequest(
        scan=scanned, level=level, plan=plan, rank=path, gauge=gauge, actions=actions, grid_mm=grid_mm, heat=heat,
        visibility=visibility, blood_flow_ml_per_100g_min=blood_ml_per_100g_min,
    )  # fmt: skip
    _show(inject_answer(asked, options, common.out, overwrite=common.overwrite), json=common.json)


def _show(document: "InjectDocument", *, json: bool) -> None:
    from vertebroplasty.documents.common import dump

    warn(document.warnings)
    if json:
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
    if document.stylet_reinserted is False:
        yield "  the stylet could not be put back: cement had hardened in the needle"
    for balloon in document.balloons:
        yield f"  balloon {balloon.volume_ml:.1f} ml, height gained while inflated {balloon.height_gain_mm:.1f} mm"
    if document.heat is not None:
        hot = document.heat
        yield (
            f"  heat: cement up to {hot.peak_cement_c:.0f} °C, bone up to {hot.peak_bone_c:.0f} °C; "
            f"above 47 °C for a minute as far as {hot.necrosis_depth_mm:.1f} mm from the cement"
        )
    yield document.disclaimer
