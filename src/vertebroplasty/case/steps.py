"""One room at a time on one level: what the Python interface and the walk both call."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.measurement import LevelMeasurement
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.calibrating import calibrate, calibration_request
from vertebroplasty.case.load_request import LoadRequest
from vertebroplasty.case.treated_bone import bone_for_case
from vertebroplasty.cement.injection import inject as inject_grid
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.result import Injection
from vertebroplasty.fluoroscopy.cement_shadow import CementMass, CementMix
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.image import xray as project
from vertebroplasty.fluoroscopy.views import parse_view
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planned_path import PlannedPath
from vertebroplasty.needle.planner import plan as plan_needle
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.overrides import Override
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.screening import Screening
from vertebroplasty.selection.verdict import screen as screen_rules
from vertebroplasty.strength.calibration import Calibration
from vertebroplasty.strength.compression import compress as compress_grid
from vertebroplasty.strength.result import Strength

__all__ = [
    "cement_mass",
    "cement_mix",
    "compress",
    "inject",
    "needle_of",
    "plan",
    "screen",
    "screen_levels",
    "xray",
]


def screen_levels(
    patient: Patient | None,
    measured: Mapping[str, LevelMeasurement],
    *,
    levels: Sequence[str] = (),
    product: str | None = None,
    overrides: Iterable[Override] = (),
    guidelines: Iterable[str] = (),
) -> Screening:
    """Screen a patient with what was measured; the product's components decide which allergies count."""
    chosen = product or (patient.planned.product if patient else None)
    components = frozenset(cement_product(chosen).components) if chosen else frozenset()
    return screen_rules(
        patient,
        {name: MeasuredFindings.of(measurement) for name, measurement in measured.items()},
        levels=levels,
        product=chosen,
        required_components=components,
        overrides=overrides,
        guidelines=guidelines,
    )


def screen(patient: Patient | None, level: Level | None = None, *, product: str | None = None) -> Screening:
    """Should this level be treated: every rule answers yes, no or unknown, with its reason and source."""
    measured = {} if level is None else {level.name: measure(level)}
    return screen_levels(patient, measured, levels=tuple(measured), product=product)


def plan(level: Level, *, gauge: int = 11, approach: str = "transpedicular") -> tuple[PlannedPath, ...]:
    """Needle paths of a level, the best first; empty when none is safe."""
    return plan_needle(level, gauge_number=gauge, approach=approach).paths


def inject(
    level: Level,
    path: PlannedPath | NeedlePath,
    *,
    product: str = "pmma-medium",
    volume_ml: float = 3.0,
    rate_ml_per_s: float = 0.05,
    start_s: float = 330.0,
) -> Injection:
    """Inject cement through a needle into the level until a stop rule ends it."""
    return inject_grid(
        build_grid(level),
        needle_of(path),
        product=product,
        volume_ml=volume_ml,
        rate_ml_per_s=rate_ml_per_s,
        start_s=start_s,
    )


def xray(
    level: Level,
    *,
    view: str = "ap",
    needle: PlannedPath | NeedlePath | None = None,
    cement: Injection | None = None,
    at_s: float | None = None,
) -> XrayImage:
    """A virtual X-ray of the level: `ap`, `lateral`, `oblique-left`, `oblique-right`, `barrel` or `lao=160,cranial=5`.

    `at_s` shows the cement as it was so many seconds after mixing; without it, as it was at the end.
    """
    path = None if needle is None else needle_of(needle)
    vertebra = find_vertebra(level)
    pose = parse_view(view, vertebra.frame, path, vertebra.pedicles)
    mass = None
    if cement is not None:
        mass = cement_mass(build_grid(level), cement.fill, cement.arrival_time_s, cement.product, at_s)
    return project(level.ct, pose, needles=() if path is None else (path,), cement=mass)


def compress(
    level: Level,
    *,
    cement: Injection | None = None,
    material: str = "kopperdahl2002-power",
    calibration: Calibration | str = "generic",
    case: str = "compression",
    height_kept: float = 0.0,
) -> Strength:
    """Stiffness and failure load of the level in a load case, with fully set cement where there is any.

    `case` is `compression`, `flexion`, `through-discs` or `stack`.  Bone that a balloon compacted counts with its new
    density, and `height_kept` is the share of the balloon's height gain that is assumed to stay.
    `calibration` is `generic`, `phantomless` (from the patient's own tissues), `none`, or a `Calibration` such as
    `calibrate_with_rods` gives.
    """
    line = calibrate(calibration_request(calibration), level) if isinstance(calibration, str) else calibration
    load = LoadRequest(case=case)
    own = build_grid(level)
    grid = load.grid(level, own)
    if cement is None:
        return compress_grid(grid, material=material, calibration=line, setting=load.setting())
    treated = bone_for_case(own, grid, cement, case, height_kept=height_kept)
    return compress_grid(
        treated.grid,
        fill=treated.fill,
        density_factor=treated.density_factor,
        material=material,
        calibration=line,
        setting=load.setting(),
    )


def needle_of(path: PlannedPath | NeedlePath) -> NeedlePath:
    """The bare needle of a planned path."""
    return path.path if isinstance(path, PlannedPath) else path


def cement_mass(
    grid: VertebraGrid, fill: np.ndarray, arrival_s: np.ndarray, product: str, at_s: float | None
) -> CementMass:
    """The cement that had arrived by a moment, opacified as the product is."""
    shown = fill if at_s is None else np.where(arrival_s <= at_s, fill, np.float32(0))
    return CementMass(fill=shown, affine=grid.affine, mix=cement_mix(product))


def cement_mix(product: str) -> CementMix:
    """What a product is mixed of, for its shadow."""
    cement = cement_product(product)
    return CementMix(opacifier=cement.opacifier, opacifier_fraction=cement.opacifier_mixed_fraction)
