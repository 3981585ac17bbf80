"""Axial compression of one vertebral body between two bonded caps, before and after cement: stiffness and failure load.

The body alone is pressed: arch and processes are left out, since what touches the plates besides the body changes the
result.  On the published verse004 case the body alone gives 10 726 N/mm, with its processes attached but off the
plates 10 810, with processes touching them 16 476.
"""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.errors import Refused
from vertebroplasty.strength import NOT_MODELLED, SOURCES
from vertebroplasty.strength.calibration import Calibration, calibration_named
from vertebroplasty.strength.material import (
    CAP_MPA,
    CEMENT_MPA,
    DEFAULT_LAW,
    BoneLaw,
    bone_law,
    cement_modulus_mpa,
    with_cement,
)
from vertebroplasty.strength.press import CRITERION, Caps, Press, add_caps, failure_load_n, press
from vertebroplasty.strength.result import Strength

__all__ = ["NOT_MODELLED", "SOURCES", "compress"]

CASE = "compression"
NOISY_SHARE = 0.1  # [choice] of spongy voxels below zero density: above it the result says so
TISSUES_UNKNOWN = {
    Tissue.OUTSIDE_SCAN: "Part of the body lies outside the scan: its stiffness cannot be computed.",
    Tissue.METAL: "Metal lies in the body: the CT around it gives no density, so its stiffness cannot be computed.",
}
NO_BONE = "The body reads as air or water, not as bone: its stiffness cannot be computed."


def compress(
    grid: VertebraGrid,
    *,
    fill: Float[np.ndarray, "k j i"] | None = None,
    conversion: float = 1.0,
    calibration: Calibration | str = "generic",
    material: str = DEFAULT_LAW,
) -> Strength:
    """Stiffness and failure load of a vertebral body in axial compression, as research, education and audit only.

    Both endplates are embedded in flat acrylic caps; the lower plate is fixed, the upper one moves down.  The model is
    solved at the calibration's slope and at both ends of its interval, which gives the intervals of the result.

    Args:
        grid: the vertebra on its upright grid; cement from an earlier treatment counts as set cement.
        fill: volume fraction of each voxel that is new cement (0..1); cement outside the body bears nothing.
        conversion: share of the new cement's monomer that has set.
        calibration: a `Calibration`, or `generic` or `none`; with `none` only ratios can be stated.
        material: a density-modulus law of `strength.material.LAWS`.

    Raises:
        Refused: impossible fill, conversion, calibration or material, or no body on the grid.
        NotConverged: the solver did not reach its tolerance.
    """
    line = calibration_named(calibration) if isinstance(calibration, str) else calibration
    law, cement = bone_law(material), cement_modulus_mpa(conversion)
    if fill is not None and fill.shape != grid.hu.shape:
        raise Refused(f"The fill {fill.shape} does not lie on the vertebra's grid {grid.hu.shape}.")
    body = grid.body()
    for tissue, why in TISSUES_UNKNOWN.items():
        if (body & grid.is_tissue(tissue)).any():
            return _unknown(why, line, law)
    if body.any() and line.density_mg_per_ml(grid.hu[body], line.slope_mg_per_ml_per_hu).mean() <= 0:
        return _unknown(NO_BONE, line, law)
    caps = add_caps(body, grid.spacing_mm)
    moduli = (_model(grid, fill, cement, caps, law, line, slope) for slope in line.slopes)
    pressed = [press(modulus, grid.spacing_mm) for modulus in moduli]
    return _strength(pressed, caps.height_mm, line, law, _notes(grid, line, pressed[0]))


def _model(
    grid: VertebraGrid,
    fill: Float[np.ndarray, "k j i"] | None,
    cement_mpa: float,
    caps: Caps,
    law: BoneLaw,
    line: Calibration,
    slope: float,
) -> Float[np.ndarray, "kc jc ic"]:
    """Modulus of every voxel of the model at one slope of the calibration."""
    modulus = law.modulus_mpa(line.density_mg_per_ml(grid.hu, slope))
    if fill is not None:
        modulus = with_cement(modulus, fill, cement_mpa)
    modulus = np.where(grid.is_tissue(Tissue.OLD_CEMENT), CEMENT_MPA, modulus)
    return caps.place(modulus) + np.where(caps.cap, CAP_MPA, 0.0)


def _notes(grid: VertebraGrid, line: Calibration, pressed: Press) -> tuple[str, ...]:
    """What the reader should know about this one result."""
    notes = []
    spongy = grid.body() & grid.is_tissue(Tissue.TRABECULAR)
    if spongy.any():
        share = float((line.density_mg_per_ml(grid.hu[spongy], line.slope_mg_per_ml_per_hu) < 0).mean())
        if share > NOISY_SHARE:
            notes.append(
                f"{100 * share:.0f} % of the spongy voxels read below zero density (noise, fat or clefts) and count "
                "as softest bone, which raises the stiffness."
            )
    if (grid.body() & grid.is_tissue(Tissue.OLD_CEMENT)).any():
        notes.append("The body holds cement from an earlier treatment, counted as fully set.")
    if pressed.loose_voxels:
        notes.append(f"{pressed.loose_voxels} voxels of the body are attached to nothing and bear no load.")
    return tuple(notes)


def _strength(
    pressed: list[Press], height_mm: float, line: Calibration, law: BoneLaw, notes: tuple[str, ...]
) -> Strength:
    stiffness = tuple(result.stiffness_n_per_mm for result in pressed)
    load = tuple(failure_load_n(value, height_mm) for value in stiffness)
    known, interval = line.newtons_known, line.newtons_known and len(stiffness) > 1
    return Strength(
        stiffness_n_per_mm=stiffness[0] if known else None,
        stiffness_interval=(min(stiffness), max(stiffness)) if interval else None,
        failure_load_n=load[0] if known else None,
        failure_load_interval=(min(load), max(load)) if interval else None,
        criterion=CRITERION,
        iterations=pressed[0].iterations,
        relative_residual=max(result.relative_residual for result in pressed),
        case=CASE,
        material=law.name,
        calibration=line.name,
        height_mm=height_mm,
        sources=_sources(line, law),
        why_unknown="" if known else "Without a calibration of density only the ratio can be stated.",
        notes=notes,
        relative_stiffness=stiffness,
    )


def _unknown(why: str, line: Calibration, law: BoneLaw) -> Strength:
    return Strength(
        stiffness_n_per_mm=None,
        stiffness_interval=None,
        failure_load_n=None,
        failure_load_interval=None,
        criterion=CRITERION,
        iterations=None,
        relative_residual=None,
        case=CASE,
        material=law.name,
        calibration=line.name,
        height_mm=None,
        sources=_sources(line, law),
        why_unknown=why,
    )


def _sources(line: Calibration, law: BoneLaw) -> tuple[str, ...]:
    return (law.source, "Crawford2003", "spineFE-benchmark", "Kolb-lowmod", "Hashin-Shtrikman1963", *line.sources)
