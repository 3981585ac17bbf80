"""How large, how finely spaced and how bright a volume may be before it is taken for a damaged or hostile file."""

import math

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import UnreadableImage

__all__ = [
    "MAX_FILES",
    "PADDING_HU",
    "check_rescale",
    "check_size",
    "check_spacing",
]

PADDING_HU = -2048  # [choice] what a voxel outside the scan is set to, below every tissue and below air
MAX_IN_PLANE = 2048  # [choice] rows or columns; reconstructions end at 1024
MAX_SLICES = 4000  # [choice] slices of one series; a whole body at 0.5 mm
MAX_VOXELS = 1_500_000_000  # [choice] 3 GB as 16 bit, above any one CT series
MAX_FILES = 50_000  # [choice] files looked at below one folder
MIN_SPACING_MM = 0.02  # [choice] below it lies micro-CT, not a patient
MAX_SPACING_MM = 20.0  # [choice] above it no level can be told from the next
MAX_SLOPE = 100.0  # [choice] HU per stored unit; CT writes 1
MAX_INTERCEPT = 70_000.0  # [choice] beyond the range of 16 bits


def check_size(shape_kji: tuple[int, ...], *, name: str) -> None:
    """Refuse a volume larger than any CT, before its voxels are read.

    Raises:
        UnreadableImage: a side or the whole is too large, or a side is empty.
    """
    slices, rows, columns = shape_kji
    voxels = math.prod(int(side) for side in shape_kji)
    too_large = max(rows, columns) > MAX_IN_PLANE or slices > MAX_SLICES or voxels > MAX_VOXELS
    if min(shape_kji) < 1 or too_large:
        raise UnreadableImage(
            f"{name} states {columns} x {rows} x {slices} voxels, which no CT has: export the series again.", where=name
        )


def check_spacing(spacing_mm: Float[np.ndarray, "n"], *, name: str) -> None:
    """Refuse voxel spacings that are no number, not positive, or far from any CT.

    Raises:
        UnreadableImage: such a spacing.
    """
    spacing = np.asarray(spacing_mm, float)
    if not np.all(np.isfinite(spacing)) or spacing.min() < MIN_SPACING_MM or spacing.max() > MAX_SPACING_MM:
        stated = " x ".join(f"{value:g}" for value in spacing)
        raise UnreadableImage(f"{name} states a voxel spacing of {stated} mm: export the series again.", where=name)


def check_rescale(slope: float, intercept: float, *, name: str) -> None:
    """Refuse a rescale to HU that no scanner writes.

    Raises:
        UnreadableImage: slope or intercept is no number, zero, negative or absurdly large.
    """
    if not (math.isfinite(slope) and math.isfinite(intercept)) or not 0 < slope <= MAX_SLOPE:
        raise UnreadableImage(f"{name} rescales to HU with slope {slope:g}: export the series again.", where=name)
    if abs(intercept) > MAX_INTERCEPT:
        raise UnreadableImage(
            f"{name} rescales to HU with intercept {intercept:g}: export the series again.", where=name
        )
