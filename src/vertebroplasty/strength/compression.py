"""A vertebral body under load, before and after cement: stiffness and failure load in every load case.

In compression the body alone is pressed: arch and processes are left out, since what touches the plates besides the
body changes the result.  On the published verse004 case the body alone gives 10 726 N/mm, with its processes attached
but off the plates 10 810, with processes touching them 16 476.
"""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import Refused
from vertebroplasty.strength import NOT_MODELLED, SOURCES
from vertebroplasty.strength.adjacent import PUBLISHED_RATIOS
from vertebroplasty.strength.calibration import Calibration, calibration_named
from vertebroplasty.strength.cases import Isotropy, LoadSetting, setting_of
from vertebroplasty.strength.material import CEMENT_MPA, DEFAULT_LAW, BoneLaw, bone_law, cement_modulus_mpa
from vertebroplasty.strength.response import Response
from vertebroplasty.strength.result import Strength
from vertebroplasty.strength.specimen import Specimen

__all__ = ["NOT_MODELLED", "SOURCES", "bare_specimens", "compress"]

NOISY_SHARE = 0.1  # [choice] of spongy voxels below zero density: above it the result says so
TISSUES_UNKNOWN = {
    Tissue.OUTSIDE_SCAN: "Part of the body lies outside the scan: its stiffness cannot be computed.",
    Tissue.METAL: "Metal lies in the body: the CT around it gives no density, so its stiffness cannot be computed.",
}
NEIGHBOUR_UNKNOWN = "Metal or cement lies in a neighbour: its density, and so the stack's stiffness, is not known."
NO_BONE = "The body reads as air or water, not as bone: its stiffness cannot be computed."


def compress(
    grid: VertebraGrid,
    *,
    fill: Float[np.ndarray, "k j i"] | None = None,
    conversion: float = 1.0,
    calibration: Calibration | str = "generic",
    material: str = DEFAULT_LAW,
    setting: LoadSetting | str = "compression",
    density_factor: Float[np.ndarray, "k j i"] | None = None,
) -> Strength:
    """Stiffness and failure load of a vertebral body in a load case, as research, education and audit only.

    In compression both endplates are embedded in flat acrylic caps; the lower plate is fixed, the upper one moves down.
    The model is solved on the calibration's best line and on its lowest and highest one, which gives the intervals of
    the result.

    Args:
        grid: the vertebra on its upright grid (for a stack that of `build_stack`); cement from an earlier treatment
            counts as set cement.
        fill: volume fraction of each voxel that is new cement (0..1); cement outside the body bears nothing.
        conversion: share of the new cement's monomer that has set.
        calibration: a `Calibration`, or `generic` or `none`; with `none` only ratios can be stated.
        material: a density-modulus law of `strength.material.LAWS`.
        setting: a load case by its name, or one with its own numbers from `cases.setting_of`.
        density_factor: what a balloon made of the bone: 0 in its cavity, above 1 where bone was compacted, else 1.

    Raises:
        Refused: impossible fill, conversion, calibration, material or case, or no body on the grid.
        NotConverged: the solver did not reach its tolerance.
    """
    line = calibration_named(calibration) if isinstance(calibration, str) else calibration
    law, cement = bone_law(material), cement_modulus_mpa(conversion)
    chosen = setting_of(setting) if isinstance(setting, str) else setting
    for name, field in (("fill", fill), ("density factor", density_factor)):
        if field is not None and field.shape != grid.hu.shape:
            raise Refused(f"The {name} {field.shape} does not lie on the vertebra's grid {grid.hu.shape}.")
    why = _why_unknown(grid, line)
    if why:
        return _unknown(why, line, law, chosen)
    made = _specimens(grid, line, law, chosen, fill=fill, cement_mpa=cement, density_factor=density_factor)
    responses = [chosen.respond(specimen) for specimen in made]
    return _strength(responses, line, law, chosen, _notes(grid, line, responses[0]))


def bare_specimens(
    grid: VertebraGrid, like: Strength, density_factor: Float[np.ndarray, "k j i"] | None
) -> tuple[Specimen, ...]:
    """The bone that a balloon left, without its cement, on every line of the calibration of an answer.

    Raises:
        Refused: the answer rests on no CT.
    """
    if like.density_line is None:
        raise Refused("The answer rests on no CT, so no balloon can be taken into account.")
    law = bone_law(like.material)
    return _specimens(
        grid, like.density_line, law, like.setting, fill=None, cement_mpa=CEMENT_MPA, density_factor=density_factor
    )


def _specimens(
    grid: VertebraGrid,
    line: Calibration,
    law: BoneLaw,
    setting: LoadSetting,
    *,
    fill: Float[np.ndarray, "k j i"] | None,
    cement_mpa: float,
    density_factor: Float[np.ndarray, "k j i"] | None,
) -> tuple[Specimen, ...]:
    """What is loaded, on every line of the calibration, the best one first."""
    factor = 1.0 if density_factor is None else density_factor
    return tuple(
        setting.specimen(grid, each.density_mg_per_ml(grid.hu) * factor, law=law, fill=fill, cement_mpa=cement_mpa)
        for each in line.lines
    )


def _why_unknown(grid: VertebraGrid, line: Calibration) -> str:
    """Why the CT does not give a density; empty if it does."""
    body = grid.body()
    for tissue, why in TISSUES_UNKNOWN.items():
        if (body & grid.is_tissue(tissue)).any():
            return why
    if body.any() and line.middle.density_mg_per_ml(grid.hu[body]).mean() <= 0:
        return NO_BONE
    strange = grid.is_tissue(Tissue.METAL, Tissue.OLD_CEMENT)
    beside = [part for part in (grid.above, grid.below) if part is not None]
    return NEIGHBOUR_UNKNOWN if any((strange & (part == Part.BODY)).any() for part in beside) else ""


def _notes(grid: VertebraGrid, line: Calibration, response: Response) -> tuple[str, ...]:
    """What the reader should know about this one result."""
    notes = []
    spongy = grid.body() & grid.is_tissue(Tissue.TRABECULAR)
    if spongy.any():
        share = float((line.middle.density_mg_per_ml(grid.hu[spongy]) < 0).mean())
        if share > NOISY_SHARE:
            notes.append(
                f"{100 * share:.0f} % of the spongy voxels read below zero density (noise, fat or clefts) and count "
                "as softest bone, which raises the stiffness."
            )
    if (grid.body() & grid.is_tissue(Tissue.OLD_CEMENT)).any():
        notes.append("The body holds cement from an earlier treatment, counted as fully set.")
    if response.loose_voxels:
        notes.append(f"{response.loose_voxels} voxels of the body are attached to nothing and bear no load.")
    return tuple(notes)


def _strength(
    responses: list[Response], line: Calibration, law: BoneLaw, setting: LoadSetting, notes: tuple[str, ...]
) -> Strength:
    stiffness = tuple(response.stiffness for response in responses)
    load = tuple(setting.failure_load_n(response) for response in responses)
    known, interval = line.newtons_known, line.newtons_known and len(stiffness) > 1
    return Strength(
        stiffness_n_per_mm=stiffness[0] if known else None,
        stiffness_interval=(min(stiffness), max(stiffness)) if interval else None,
        failure_load_n=load[0] if known else None,
        failure_load_interval=(min(load), max(load)) if interval else None,
        criterion=setting.kind.criterion,
        iterations=responses[0].iterations,
        relative_residual=max(response.relative_residual for response in responses),
        case=setting.kind.name,
        material=law.name,
        calibration=line.name,
        height_mm=responses[0].specimen.height_mm,
        sources=_sources(line, law, setting),
        why_unknown="" if known else line.why_none,
        notes=(*setting.notes(), *notes),
        relative_stiffness=stiffness,
        relative_failure_load=load,
        line_responses=tuple(responses),
        setting=setting,
        isotropy=str(setting.isotropy),
        density_line=line,
    )


def _unknown(why: str, line: Calibration, law: BoneLaw, setting: LoadSetting) -> Strength:
    return Strength(
        stiffness_n_per_mm=None,
        stiffness_interval=None,
        failure_load_n=None,
        failure_load_interval=None,
        criterion=setting.kind.criterion,
        iterations=None,
        relative_residual=None,
        case=setting.kind.name,
        material=law.name,
        calibration=line.name,
        height_mm=None,
        sources=_sources(line, law, setting),
        why_unknown=why,
        density_line=line,
    )


def _sources(line: Calibration, law: BoneLaw, setting: LoadSetting) -> tuple[str, ...]:
    discs = ("disc-modulus",) if setting.kind.through_discs else ()
    neighbours = ("nucleus-share", *PUBLISHED_RATIOS) if setting.kind.name == "stack" else ()
    directions = ("bone-elastic-ratios",) if setting.isotropy == Isotropy.TRANSVERSE else ()
    return (
        law.source,
        "Crawford2003",
        "spineFE-benchmark",
        "Kolb-lowmod",
        "Hashin-Shtrikman1963",
        *line.sources,
        *discs,
        *neighbours,
        *directions,
    )
