"""Measure one level: every size with its ±, every unknown with its reason."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.bone import bone_of
from vertebroplasty.anatomy.canal_values import canal_size, posterior_wall
from vertebroplasty.anatomy.clean import cut_sides
from vertebroplasty.anatomy.cortex import find_breaches
from vertebroplasty.anatomy.density import contrast_suspected, metal_or_cement, trabecular_density
from vertebroplasty.anatomy.endplates import SixPoints
from vertebroplasty.anatomy.fracture import genant, regional_kyphosis
from vertebroplasty.anatomy.label_fit import label_doubts
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measurement import (
    Genant,
    Heights,
    LevelMeasurement,
    Measured,
    PedicleSize,
    PosteriorWall,
    unknown,
)
from vertebroplasty.anatomy.plus_minus import PlusMinus, pedicle_plus_minus, plus_minus
from vertebroplasty.anatomy.references import RETROPULSED_ABOVE_MM
from vertebroplasty.anatomy.sizes import Sizes, sizes_of
from vertebroplasty.anatomy.spots import find_clefts, find_lytic_holes
from vertebroplasty.anatomy.vertebra import Part, Vertebra

__all__ = ["NOT_MODELLED", "SOURCES", "measure"]

SOURCES: tuple[str, ...] = ("Genant1993",)
NOT_MODELLED: tuple[str, ...] = (
    "The ± of a size covers the voxel grid and the method, not how the segmentation was drawn.",
    "Genant's grade is computed from heights; a reader's judgement of deformity, scoliosis and technique is not.",
    "Bone mineral density in mg/ml needs a calibration and is not computed from HU.",
)
NO_PLATES = "The endplates cannot be followed on this line."
NO_CALIBRATION = "No calibration was given."


def _cut_sentence(vertebra: Vertebra) -> str:
    sides = ", ".join(vertebra.cut_sides)
    return f"The body of {vertebra.name} is cut by the edge of the volume ({sides})."


def _heights(points: SixPoints | None, error: PlusMinus | None, why: str) -> Heights:
    if points is None or error is None:
        none = unknown(why)
        return Heights(anterior_mm=none, middle_mm=none, posterior_mm=none)
    anterior, middle, posterior = (float(height) for height in points.heights_mm)
    return Heights(
        anterior_mm=Measured(anterior, error.corner_mm),
        middle_mm=Measured(middle, error.middle_mm),
        posterior_mm=Measured(posterior, error.corner_mm),
    )


def _wedge(points: SixPoints, error: PlusMinus) -> Measured:
    return Measured(points.wedge_deg, error.wedge_deg)


def _pedicle(sizes: Sizes, side: str) -> PedicleSize:
    """One pedicle, unknown where it was not found or the volume's edge cuts it."""
    vertebra = sizes.vertebra
    pedicle = vertebra.pedicles.get(side)
    why = f"No bone was found to lead from the body to the arch on the {side} side of {vertebra.name}."
    if pedicle is not None:
        part = Part.PEDICLE_LEFT if side == "left" else Part.PEDICLE_RIGHT
        if cut_sides(vertebra.level, bone_of(vertebra.level).label, vertebra.part == part):
            pedicle, why = None, f"The {side} pedicle of {vertebra.name} is cut by the edge of the volume."
    if pedicle is None:
        none = unknown(why)
        return PedicleSize(width_mm=none, height_mm=none, length_mm=none, axis_lps=None, isthmus_lps_mm=None)
    width, height, length = pedicle_plus_minus(sizes, pedicle)
    return PedicleSize(
        width_mm=Measured(pedicle.width_mm, None if "width" in pedicle.stated else width),
        height_mm=Measured(pedicle.height_mm, None if "height" in pedicle.stated else height),
        length_mm=Measured(pedicle.length_mm, length),
        axis_lps=vertebra.frame.direction_to_world(pedicle.axis),
        isthmus_lps_mm=vertebra.frame.to_world(pedicle.isthmus_mm),
    )


def _notes(vertebra: Vertebra, wall: PosteriorWall) -> tuple[str, ...]:
    """What was said on finding the level, a called retropulsion, and what is less certain at its place in the spine."""
    notes = list(vertebra.notes)
    behind = wall.retropulsion_mm.value
    if behind is not None and behind > RETROPULSED_ABOVE_MM:
        notes.append(f"The posterior wall of {vertebra.name} is retropulsed by {behind:.1f} mm.")
    for side, pedicle in vertebra.pedicles.items():
        if not pedicle.isthmus_found:
            notes.append(f"The {side} pedicle of {vertebra.name} has no isthmus: its size is taken at the range's end.")
    if vertebra.name in ("L5", "L6"):
        notes.append("Transverse processes spring from the body here: width and pedicle size are less certain.")
    elif vertebra.name == "S1":
        notes.append("The sacrum has no lower endplate: its sizes are no vertebral body's.")
    elif vertebra.name.startswith("C"):
        notes.append("Cervical levels were not tested: axes and sizes may be wrong.")
    elif vertebra.name.startswith("T"):
        notes.append("Facet and rib joints may raise the pedicle height read here.")
    return tuple(notes)


def measure(level: Level) -> LevelMeasurement:
    """Everything measured on one level of a spine.

    Where the volume's edge cuts the body, heights, wedge, depth, width, volume and Genant are unknown with the reason.

    Raises:
        CutBody: the body cannot be followed to its edges at all.
        Refused: the level has no voxel.
    """
    sizes = sizes_of(level)
    vertebra, points = sizes.vertebra, sizes.middle
    why = _cut_sentence(vertebra) if vertebra.body_cut else NO_PLATES
    if vertebra.body_cut:
        points = None
    error = None if points is None else plus_minus(sizes, points)

    def sized(value: float | None, spread: float) -> Measured:
        return unknown(why) if value is None else Measured(value, spread)

    breaches, can_be_seen, apparent = find_breaches(vertebra)
    wall = posterior_wall(level, error, breaches, can_be_seen)
    quarters = {side: None if points is None else line for side, line in sizes.quarters.items()}
    core = trabecular_density(vertebra)
    return LevelMeasurement(
        level=level.name,
        complete=not vertebra.cut_sides,
        missing_sides=vertebra.cut_sides,
        evidence=level.evidence,
        frame=vertebra.frame,
        heights=_heights(points, error, why),
        quarter_heights={
            side: _heights(line, None if line is None else plus_minus(sizes, line), why)
            for side, line in quarters.items()
        },
        wedge_angle_deg=unknown(why) if points is None or error is None else _wedge(points, error),
        body_depth_mm=unknown(why) if error is None else Measured(sizes.depth_mm, error.depth_mm),
        body_width_mm=unknown(why) if error is None else sized(sizes.width_mm, error.width_mm),
        body_volume_ml=unknown(why) if error is None else Measured(sizes.volume_ml, error.volume_ml),
        trabecular=core,
        contrast_suspected=contrast_suspected(vertebra),
        metal_or_cement=metal_or_cement(level),
        bmd_mg_per_ml=unknown(NO_CALIBRATION),
        bmd_calibration=None,
        pedicles={side: _pedicle(sizes, side) for side in ("left", "right")},
        canal=canal_size(level, sizes, error),
        posterior_wall=wall,
        genant=genant(level, sizes) if points is not None else _no_genant(why),
        clefts=find_clefts(vertebra),
        lytic_holes=find_lytic_holes(vertebra),
        cortex_apparent_mm=apparent,
        breaches=breaches,
        breaches_can_be_seen=can_be_seen,
        regional_kyphosis_deg=regional_kyphosis(level) if points is not None else unknown(why),
        notes=(*label_doubts(vertebra, core), *_notes(vertebra, wall)),
        points_lps_mm=None if points is None else _points_lps(vertebra, points),
    )


def _points_lps(vertebra: Vertebra, points: SixPoints) -> dict[str, Float[np.ndarray, "3"]]:
    """The six mid-sagittal points by name, LPS mm."""
    found = {}
    for place, name in enumerate(("anterior", "middle", "posterior")):
        for plate, line in (("upper", points.upper), ("lower", points.lower)):
            anterior, superior = line[place]
            found[f"{name}-{plate}"] = vertebra.frame.to_world(np.array([points.right_mm, anterior, superior]))
    return found


def _no_genant(why: str) -> Genant:
    return Genant(grade=None, shape=None, height_loss_percent=unknown(why), reference_levels=())
