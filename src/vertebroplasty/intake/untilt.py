"""Undoing a gantry tilt: sheared slices laid upright on the table's own axes.

With tilt, slice k is shifted along its columns.  In the upright frame every column (i, j) of the stack is a straight
line along the table, only displaced; so one linear interpolation along that line is the whole resampling.
"""

import numpy as np
from jaxtyping import Float, Shaped

from vertebroplasty.anatomy.volume import OUTSIDE_HU
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.intake.limits import PADDING_HU, check_size
from vertebroplasty.intake.slice_stack import TILT_TOLERANCE_DEG, SliceStack

__all__ = ["resample_upright"]

ROUNDING = 1e-6  # [choice] of a slice, at the stack's two ends


def resample_upright(hu: Shaped[np.ndarray, "k j i"], stack: SliceStack) -> tuple[Shaped[np.ndarray, "k2 j i"], Affine]:
    """The tilted stack on an upright grid with axes at right angles, k along the table.

    Nothing is cut off: the grid grows along k, and what no slice covers is -2048 (outside the scan).  In-plane spacing
    shrinks by the cosine of the tilt along the tilted direction.

    Raises:
        UnreadableImage: the slices are sheared in two directions at once, which no gantry does.
    """
    table_spacing = float(np.linalg.norm(stack.step_mm))
    table = stack.step_mm / table_spacing
    along = np.array([stack.along_row @ table, stack.along_column @ table])
    if np.all(np.abs(along) > np.sin(np.radians(TILT_TOLERANCE_DEG))):
        raise UnreadableImage(
            "The slices are sheared along rows and columns at once, which is no gantry tilt: give another series.",
            where="--resample-tilt",
        )
    upright = [axis - (axis @ table) * table for axis in (stack.along_row, stack.along_column)]
    lengths = np.array([np.linalg.norm(axis) for axis in upright])
    columns, rows = np.arange(stack.columns), np.arange(stack.rows)
    lift = (along[0] * stack.spacing_ij_mm[0] * columns + along[1] * stack.spacing_ij_mm[1] * rows[:, None]) / (
        table_spacing
    )
    first = int(np.floor(lift.min() + ROUNDING))
    last = int(np.ceil(len(hu) - 1 + lift.max() - ROUNDING))
    check_size((last - first + 1, stack.rows, stack.columns), name="The upright volume")
    directions = np.stack([upright[0] / lengths[0], upright[1] / lengths[1], table], axis=1)
    spacing = np.array([*(stack.spacing_ij_mm * lengths), table_spacing])
    origin = stack.origin_lps_mm + first * stack.step_mm
    return _shifted_columns(hu, lift, first, last), Affine.from_parts(origin, directions, spacing)


def _shifted_columns(
    hu: Shaped[np.ndarray, "k j i"], lift: Float[np.ndarray, "j i"], first: int, last: int
) -> Shaped[np.ndarray, "k2 j i"]:
    """Every column shifted by its own lift (in slices), linearly; padding never blends into tissue."""
    result = np.full((last - first + 1, *hu.shape[1:]), PADDING_HU, hu.dtype)
    row, column = np.indices(hu.shape[1:])
    for index in range(len(result)):
        place = index + first - lift
        inside = (place >= -ROUNDING) & (place <= len(hu) - 1 + ROUNDING)
        below = np.clip(np.floor(place).astype(int), 0, len(hu) - 2)
        share = np.clip(place - below, 0.0, 1.0)
        lower, upper = hu[below, row, column], hu[below + 1, row, column]
        scanned = ((lower > OUTSIDE_HU) | (share > 1 - ROUNDING)) & ((upper > OUTSIDE_HU) | (share < ROUNDING))
        value = lower * (1 - share) + upper * share
        if hu.dtype.kind == "i":
            value = np.rint(value)
        keep = inside & scanned
        result[index][keep] = value[keep].astype(hu.dtype)
    return result
