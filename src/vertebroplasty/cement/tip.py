"""The needle in the grid: the voxels its steel takes away, and those its tip feeds."""

import numpy as np
from jaxtyping import Bool, Float64

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["needle_steel", "tip_source"]

BEHIND_ENTRY_MM = 20.0  # [choice] the shaft is drawn this far out of the bone
EDGE = 0.5  # [exact] a voxel centred on the surface of a sphere lies half within it


def _from_tip(grid: VertebraGrid, path: NeedlePath) -> tuple[np.ndarray, np.ndarray]:
    """Distance of every voxel centre from the tip, and its part along the needle (positive beyond the tip), mm."""
    nk, nj, ni = grid.tissue.shape
    tip = grid.affine.to_index(path.tip_lps_mm)
    ahead = np.linalg.inv(grid.affine.directions) @ path.direction_lps
    di = (np.arange(ni) - tip[0])[None, None, :]
    dj = (np.arange(nj) - tip[1])[None, :, None]
    dk = (np.arange(nk) - tip[2])[:, None, None]
    distance = np.sqrt(di**2 + dj**2 + dk**2) * grid.spacing_mm
    along = (di * ahead[0] + dj * ahead[1] + dk * ahead[2]) * grid.spacing_mm
    return distance, along


def needle_steel(grid: VertebraGrid, path: NeedlePath) -> Bool[np.ndarray, "k j i"]:
    """Voxels whose centre lies in the shaft, from its tip to 20 mm behind the bone."""
    distance, along = _from_tip(grid, path)
    radial = np.sqrt(np.maximum(distance**2 - along**2, 0.0))
    shaft = (along < 0) & (along > -path.length_mm - BEHIND_ENTRY_MM)
    return np.asarray(shaft & (radial <= 0.5 * path.gauge.outer_mm))


def tip_source(
    grid: VertebraGrid, path: NeedlePath, conducting: Bool[np.ndarray, "k j i"]
) -> Float64[np.ndarray, "k j i"]:
    """Share of the flow that enters each voxel: a sphere of the needle's radius about its tip, out of the steel.

    Raises:
        Refused: the tip lies outside the grid, or not in bone that cement can enter.
    """
    index = np.round(grid.affine.to_index(path.tip_lps_mm)).astype(int)[::-1]
    if np.any(index < 0) or np.any(index >= grid.tissue.shape):
        raise Refused(f"The needle's tip lies outside the surroundings of {grid.level}.", where="--tip")
    if not conducting[tuple(index)]:
        raise Refused(
            f"The needle's tip does not lie in cancellous bone of {grid.level}, so no cement can leave it: "
            "choose a path whose tip does.",
            where="--tip",
        )
    distance, _ = _from_tip(grid, path)
    radius = 0.5 * path.gauge.outer_mm
    overlap = np.clip(EDGE + (radius - distance) / grid.spacing_mm, 0.0, 1.0)
    weight = np.where(conducting & ~needle_steel(grid, path), overlap, 0.0)
    if not weight.any():
        raise Refused("The needle's tip is closed in by cortex: draw it back or choose another path.", where="--tip")
    return weight / weight.sum()
