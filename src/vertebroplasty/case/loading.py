"""Strength for the command line: a level without and with cement, or a calibrated density volume."""

import time
from pathlib import Path

import numpy as np

from vertebroplasty.anatomy.stack import moved
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.calibrating import GENERIC_REQUEST, CalibrationRequest, calibrate
from vertebroplasty.case.cement_files import read_cement
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.load_request import COMPRESSION, LoadRequest
from vertebroplasty.case.strength_more import NO_WISHES, Wishes, more_of
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.strength import StrengthDocument, strength_document
from vertebroplasty.files import sha256_of
from vertebroplasty.strength.cases import not_modelled
from vertebroplasty.strength.compression import NOT_MODELLED, compress
from vertebroplasty.strength.density_compression import strength_of_density
from vertebroplasty.strength.density_files import read_density
from vertebroplasty.strength.material import DEFAULT_LAW

__all__ = ["NO_CEMENT", "density_answer", "strength_answer"]

BALLOON_LEFT_OUT = (
    "A balloon was used: the files of an injection hold its cement alone, so bone that it compacted and height "
    "that it restored are not in this strength. The Python interface counts them."
)
NO_CEMENT = "no cement was given: add --cement with the folder of an injection"


def strength_answer(
    request: ScanRequest,
    level: str,
    *,
    cement: Path | None,
    load: LoadRequest = COMPRESSION,
    material: str,
    calibration: CalibrationRequest = GENERIC_REQUEST,
    grid_mm: float,
    wishes: Wishes = NO_WISHES,
) -> StrengthDocument:
    """Load one level, and again with the cement of a finished injection, taken as fully set.

    Raises:
        Refused: an impossible option, or the case needs what the scan does not hold.
    """
    setting = load.setting()
    begin = time.perf_counter()
    chosen = open_level(request, level)
    line = calibrate(calibration, chosen, request.site)
    own = build_grid(chosen, grid_mm)
    grid = load.grid(chosen, own)
    inputs = [*spine_inputs(chosen.spine), *calibration.inputs]
    before, after = compress(grid, material=material, calibration=line, setting=setting), None
    run = None
    if cement is not None:
        run = read_cement(cement, own)
        inputs += run.inputs
        fill = run.fill if grid is own else moved(np.where(own.body(), run.fill, np.float32(0)), own, grid)
        after = compress(grid, fill=fill, material=material, calibration=line, setting=setting)
    parameters: dict[str, object] = {"level": level, "material": material, "grid_mm": grid_mm}
    parameters |= calibration.parameters
    parameters |= load.parameters()
    parameters |= wishes.parameters()
    more = more_of(wishes, before, after, own, run)
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    return strength_document(
        before,
        after,
        provenance,
        level=level,
        why_no_after=NO_CEMENT,
        not_modelled=not_modelled(load.case),
        warnings=(*said_on_reading(chosen.spine), *((BALLOON_LEFT_OUT,) if run and run.balloons else ())),
        force_n=load.force_n,
        more=more,
    )


def density_answer(
    density: Path,
    parts: Path,
    *,
    body: tuple[int, ...],
    process: tuple[int, ...],
    cap: tuple[int, ...],
    displacement_mm: float,
    material: str = DEFAULT_LAW,
    wishes: Wishes = NO_WISHES,
) -> StrengthDocument:
    """Compress a calibrated density volume with its part labels, as published benchmarks give them."""
    begin = time.perf_counter()
    values, labels, spacing_mm = read_density(density, parts)
    before = strength_of_density(
        values,
        labels,
        spacing_mm,
        body=body,
        process=process,
        caps=cap,
        displacement_mm=displacement_mm,
        material=material,
    )
    more = more_of(wishes, before, None)
    inputs = [
        InputFile(role=role, name=f.name, sha256=sha256_of(f)) for role, f in (("density", density), ("parts", parts))
    ]
    parameters: dict[str, object] = {
        "body": list(body),
        "process": list(process),
        "cap": list(cap),
        "displacement_mm": displacement_mm,
    }
    parameters |= {"material": material, **wishes.parameters()}
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    return strength_document(
        before,
        None,
        provenance,
        level=None,
        why_no_after="a density volume holds no cement",
        not_modelled=NOT_MODELLED,
        more=more,
    )
