"""The shadow of a steel cannula: exact chords through a cylinder, in place of the tissue it displaces.

Rule of overlap: within the cannula's outer surface there is steel (or its empty bore) and no tissue, so bone is
never counted twice; different needles add; the same needle given twice counts once.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["Cannula", "CylinderChords", "cannulas", "cylinder_chords"]

SHAFT_MM = 125.0  # [choice] steel behind the tip: a usual cannula is 100 to 150 mm long
STEEL_G_PER_CM3 = 7.99  # [xraylib] 316L


@dataclass(frozen=True, eq=False, kw_only=True)
class Cannula:
    """A steel cylinder from its rear end to its tip, LPS mm; a bore of 0 mm is solid, as with its stylet in place."""

    rear_lps_mm: Float[np.ndarray, "3"]
    tip_lps_mm: Float[np.ndarray, "3"]
    outer_mm: float
    bore_mm: float = 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class CylinderChords:
    """Where rays enter and leave a cylinder, as distances in mm from the source; `enter >= leave` is a miss."""

    enter_mm: Float[np.ndarray, "*rays"]
    leave_mm: Float[np.ndarray, "*rays"]

    @property
    def length_mm(self) -> Float[np.ndarray, "*rays"]:
        """Length inside the cylinder, zero for a miss."""
        return np.maximum(0.0, self.leave_mm - self.enter_mm)

    @property
    def hit(self) -> Bool[np.ndarray, "*rays"]:
        """Rays that pass through it."""
        return np.asarray(self.leave_mm > self.enter_mm)


def cannulas(paths: tuple[NeedlePath, ...], *, hollow: bool = False) -> tuple[Cannula, ...]:
    """The cannulas of planned needles, each once; `hollow` once the stylet is out."""
    unique: dict[tuple[float, ...], Cannula] = {}
    for path in paths:
        key = (*path.entry_lps_mm.tolist(), *path.tip_lps_mm.tolist(), path.gauge.outer_mm)
        unique[key] = Cannula(
            rear_lps_mm=path.tip_lps_mm - max(SHAFT_MM, path.length_mm) * path.direction_lps,
            tip_lps_mm=path.tip_lps_mm,
            outer_mm=path.gauge.outer_mm,
            bore_mm=path.gauge.inner_mm if hollow else 0.0,
        )
    return tuple(unique.values())


def cylinder_chords(
    source_lps_mm: Float[np.ndarray, "3"],
    directions: Float[np.ndarray, "*rays 3"],
    rear_lps_mm: Float[np.ndarray, "3"],
    tip_lps_mm: Float[np.ndarray, "3"],
    diameter_mm: float,
) -> CylinderChords:
    """Intersect rays from the source (unit directions) with a flat-ended cylinder: quadric and two end planes."""
    axis = tip_lps_mm - rear_lps_mm
    length = float(np.linalg.norm(axis))
    axis = axis / length
    offset = source_lps_mm - rear_lps_mm
    along, start = directions @ axis, float(offset @ axis)
    across, from_axis = directions - along[..., None] * axis, offset - start * axis
    a = np.sum(across * across, axis=-1)
    half_b = across @ from_axis
    root = half_b**2 - a * (from_axis @ from_axis - (0.5 * diameter_mm) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A ray along the axis (a = 0) is inside everywhere or nowhere; 0/0 marks it and is resolved below.
        reach = np.sqrt(np.maximum(root, 0.0)) / a
        middle = -half_b / a
        ends = np.stack([-start / along, (length - start) / along])
    within = float(from_axis @ from_axis) < (0.5 * diameter_mm) ** 2
    parallel, level = a == 0.0, along == 0.0
    enter = np.where(parallel, -np.inf if within else np.inf, middle - reach)
    leave = np.where(parallel, np.inf if within else -np.inf, middle + reach)
    inside_slab = 0.0 <= start <= length
    low = np.where(level, -np.inf if inside_slab else np.inf, ends.min(axis=0))
    high = np.where(level, np.inf if inside_slab else -np.inf, ends.max(axis=0))
    missed = (root <= 0.0) & ~parallel
    return CylinderChords(
        enter_mm=np.where(missed, np.inf, np.maximum(enter, low)),
        leave_mm=np.where(missed, -np.inf, np.minimum(leave, high)),
    )
