"""`vertebroplasty run`: from CT to report, through every room."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.calibration_options import GENERIC, CalibrationOptions
from vertebroplasty.cli.inject import Actions
from vertebroplasty.cli.output import Progress, print_json, print_lines, warn
from vertebroplasty.errors import WrongUsage

__all__ = ["run"]

PatientFile = Annotated[
    Path | None, Parameter(name="--patient", help="patient.json; `screen --template` prints an empty one.")
]


def run(
    ct: Path,
    /,
    *,
    scan: o.Scan,
    level: o.LevelOption,
    patient: PatientFile = None,
    gauge: o.ChosenGauge = None,
    product: o.ChosenProduct = None,
    volume_ml: o.VolumeMl = 3.0,
    rate_ml_per_s: o.Rate = 0.05,
    start_s: o.Start = 330.0,
    actions: Actions = None,
    grid_mm: o.GridMm = 1.0,
    density_line: CalibrationOptions = GENERIC,
    site: o.SiteFile = None,
    common: o.Common = o.COMMON,
) -> None:
    """Walk one patient from CT to report: measure, screen, plan, X-ray, inject, compress, report.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    if common.out is None:
        raise WrongUsage("-o must name the folder for the report and its files.")
    from vertebroplasty.case.injecting import USUAL_GAUGE, USUAL_PRODUCT, InjectOptions
    from vertebroplasty.case.inputs import with_site
    from vertebroplasty.case.own_cement import chosen_product
    from vertebroplasty.case.walk import STAGES, WalkRequest, walk
    from vertebroplasty.documents.common import dump

    scanned = with_site(scan.of(ct), site)
    chosen = o.first_given(chosen_product(product), scanned.site.product, USUAL_PRODUCT)
    progress = Progress(len(STAGES))
    request = WalkRequest(
        scan=scanned,
        level=level,
        patient=patient,
        gauge=o.first_given(gauge, scanned.site.gauge, USUAL_GAUGE),
        grid_mm=grid_mm,
        injection=InjectOptions(product=chosen, volume_ml=volume_ml, rate_ml_per_s=rate_ml_per_s, start_s=start_s),
        calibration=density_line.request(),
        actions=actions,
    )
    try:
        document = walk(request, common.out, overwrite=common.overwrite, stage=progress.stage)
    finally:
        progress.close()
    warn(document.warnings)
    if common.json:
        print_json(dump(document))
    else:
        print_lines([*document.summary, f"Report: {common.out / 'report.html'}"])
