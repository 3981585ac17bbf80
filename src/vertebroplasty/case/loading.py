"""Strength for the command line: a level without and with cement, or a calibrated density volume."""

import time
from functools import partial
from pathlib import Path

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.calibrating import GENERIC_REQUEST, CalibrationRequest, calibrate
from vertebroplasty.case.cement_files import read_cement
from vertebroplasty.case.energy_files import EnergyFiles, Place
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.load_request import COMPRESSION, LoadRequest
from vertebroplasty.case.strength_more import NO_WISHES, Wishes, more_of
from vertebroplasty.case.treated_bone import balloon_bone, bone_for_case, said_of_balloons
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.strength import StrengthDocument, strength_document
from vertebroplasty.documents.strength_load import EnergyEntry
from vertebroplasty.errors import Refused
from vertebroplasty.files import sha256_of
from vertebroplasty.strength.cases import not_modelled
from vertebroplasty.strength.compression import NOT_MODELLED, compress
from vertebroplasty.strength.density_compression import strength_of_density
from vertebroplasty.strength.density_files import read_density, upright_affine
from vertebroplasty.strength.material import DEFAULT_LAW
from vertebroplasty.strength.result import Strength

__all__ = ["NO_CEMENT", "density_answer", "strength_answer"]

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
    height_kept: float = 0.0,
    energy: EnergyFiles | None = None,
) -> StrengthDocument:
    """Load one level, and again with the cement and balloons of a finished injection, its cement taken as fully set.

    `height_kept` is the share of a balloon's height gain that is assumed to stay; `energy` says where maps of strain
    energy go.

    Raises:
        Refused: an impossible option, or the case needs what the scan does not hold.
    """
    if cement is None and height_kept != 0:
        raise Refused("--height-kept goes with --cement: name the folder of the injection.", where="--height-kept")
    if energy is not None:
        energy.refuse()
    setting = load.setting()
    begin = time.perf_counter()
    chosen = open_level(request, level)
    line = calibrate(calibration, chosen, request.site)
    own = build_grid(chosen, grid_mm)
    grid = load.grid(chosen, own)
    inputs = [*spine_inputs(chosen.spine), *calibration.inputs]
    run = None if cement is None else read_cement(cement, own)
    treated = None if run is None else bone_for_case(own, grid, run, load.case, height_kept=height_kept)
    press = partial(compress, material=material, calibration=line, setting=setting)
    before, after = press(grid), None
    if run is not None and treated is not None:
        inputs += run.inputs
        after = press(treated.grid, fill=treated.fill, density_factor=treated.density_factor)
    parameters: dict[str, object] = {"level": level, "material": material, "grid_mm": grid_mm}
    parameters["height_kept"] = height_kept
    parameters |= calibration.parameters | load.parameters() | wishes.parameters()
    more = more_of(wishes, before, after, own, run, treated)
    grids = (grid, treated.grid if treated else grid)
    maps = None if energy is None else _maps(energy, (before, after), grids, load.force_n)
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    return strength_document(
        before,
        after,
        provenance,
        level=level,
        why_no_after=NO_CEMENT,
        not_modelled=not_modelled(load.case),
        warnings=(*said_on_reading(chosen.spine), *said_of_balloons(treated)),
        force_n=load.force_n,
        more=more,
        balloons=None if run is None or treated is None else balloon_bone(run, treated, height_kept),
        energy=maps,
    )


def _maps(
    energy: EnergyFiles,
    strengths: tuple[Strength, Strength | None],
    grids: tuple[VertebraGrid, VertebraGrid],
    force_n: float | None,
) -> EnergyEntry:
    """The maps of strain energy before and, with cement, after."""
    found = {}
    for role, strength, grid in zip(("before", "after"), strengths, grids, strict=True):
        if strength is not None:
            found[role] = (strength, Place.of_lps(grid.hu.shape, grid.affine.matrix))
    return energy.write(found, force_n)


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
    energy: EnergyFiles | None = None,
) -> StrengthDocument:
    """Compress a calibrated density volume with its part labels, as published benchmarks give them."""
    begin = time.perf_counter()
    if energy is not None:
        energy.refuse()
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
    place = Place(shape=values.shape, ras=upright_affine(density))
    maps = None if energy is None else energy.write({"before": (before, place)}, None)
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
        energy=maps,
    )
