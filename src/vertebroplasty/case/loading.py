"""Strength for the command line: a level without and with cement, or a calibrated density volume."""

import time
from pathlib import Path

from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.cement_files import read_cement
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.strength import StrengthDocument, strength_document
from vertebroplasty.errors import Refused
from vertebroplasty.files import sha256_of
from vertebroplasty.strength.compression import NOT_MODELLED, compress
from vertebroplasty.strength.density_compression import strength_of_density
from vertebroplasty.strength.density_files import read_density

__all__ = ["NO_CEMENT", "density_answer", "strength_answer"]

NO_CEMENT = "no cement was given: add --cement with the folder of an injection"
KNOWN_CASE = "compression"


def strength_answer(
    request: ScanRequest,
    level: str,
    *,
    cement: Path | None,
    case: str,
    material: str,
    calibration: str,
    grid_mm: float,
) -> StrengthDocument:
    """Compress one level, and again with the cement of a finished injection, taken as fully set."""
    if case != KNOWN_CASE:
        raise Refused(f"The load case {case} is not known: choose {KNOWN_CASE}.", where="--case")
    begin = time.perf_counter()
    chosen = open_level(request, level)
    grid = build_grid(chosen, grid_mm)
    inputs = list(spine_inputs(chosen.spine))
    before, after = compress(grid, material=material, calibration=calibration), None
    if cement is not None:
        run = read_cement(cement, grid)
        inputs += run.inputs
        after = compress(grid, fill=run.fill, material=material, calibration=calibration)
    parameters = {"level": level, "case": case, "material": material, "calibration": calibration, "grid_mm": grid_mm}
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    return strength_document(
        before,
        after,
        provenance,
        level=level,
        why_no_after=NO_CEMENT,
        not_modelled=NOT_MODELLED,
        warnings=said_on_reading(chosen.spine),
    )


def density_answer(
    density: Path,
    parts: Path,
    *,
    body: tuple[int, ...],
    process: tuple[int, ...],
    cap: tuple[int, ...],
    displacement_mm: float,
) -> StrengthDocument:
    """Compress a calibrated density volume with its part labels, as published benchmarks give them."""
    begin = time.perf_counter()
    values, labels, spacing_mm = read_density(density, parts)
    before = strength_of_density(
        values, labels, spacing_mm, body=body, process=process, caps=cap, displacement_mm=displacement_mm
    )
    inputs = [
        InputFile(role=role, name=f.name, sha256=sha256_of(f)) for role, f in (("density", density), ("parts", parts))
    ]
    parameters = {"body": list(body), "process": list(process), "cap": list(cap), "displacement_mm": displacement_mm}
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    return strength_document(
        before, None, provenance, level=None, why_no_after="a density volume holds no cement", not_modelled=NOT_MODELLED
    )
