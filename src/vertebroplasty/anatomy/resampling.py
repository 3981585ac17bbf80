"""Bring an array from its own lattice onto another one, touching only the part of it that is needed."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from scipy import ndimage

from vertebroplasty.anatomy.volume import OUTSIDE_HU, CtVolume
from vertebroplasty.geometry.frame import Affine

__all__ = ["cropped_to", "measured_hu", "onto"]

DECIMALS = 9  # [choice] of an index: a millionth of a micrometre
Array = Shaped[np.ndarray, "k j i"]
Shape = tuple[int, ...]


def cropped_to(values: Array, affine: Affine, grid: Affine, shape: Shape) -> tuple[Array, Affine]:
    """The part of an array that surrounds a grid, one voxel wider on every side; may be one voxel thin, never empty."""
    k, j, i = (np.array([0.0, n - 1.0]) for n in shape)
    corners = np.stack(np.meshgrid(i, j, k, indexing="ij"), axis=-1).reshape(-1, 3)
    index = affine.to_index(grid.to_world(corners))[:, ::-1]
    limit = np.array(values.shape)
    start = np.clip(np.floor(index.min(axis=0)).astype(int) - 1, 0, limit - 1)
    stop = np.clip(np.ceil(index.max(axis=0)).astype(int) + 2, start + 1, limit)
    crop = values[tuple(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))]
    return crop, affine.shifted((int(start[2]), int(start[1]), int(start[0])))


def onto(
    values: Array,
    affine: Affine,
    grid: Affine,
    shape: Shape,
    *,
    beyond: float,
    nearest: bool = False,
    first: Callable[[Array], Any] | None = None,
) -> Float[np.ndarray, "k j i"]:
    """An array read at every voxel of a grid, trilinear or nearest, float32; `beyond` where it does not reach.

    `first` is applied to the needed part before it is read (a comparison, for instance).
    """
    crop, place = cropped_to(values, affine, grid, shape)
    source = np.asarray(crop if first is None else first(crop))
    if source.dtype == bool:
        source = source.astype(np.uint8)
    # Rounded, so that lattices that coincide do not miss their last layer by a rounding error.
    to_index = np.round(np.linalg.inv(place.matrix) @ grid.matrix, DECIMALS)
    return np.asarray(
        ndimage.affine_transform(
            source,
            to_index[2::-1, 2::-1],
            offset=to_index[2::-1, 3],
            output_shape=shape,
            output=np.float32,
            order=0 if nearest else 1,
            mode="constant",
            cval=beyond,
        )
    )


def measured_hu(ct: CtVolume, grid: Affine, shape: Shape) -> Float[np.ndarray, "k j i"]:
    """HU at every voxel of a grid; NaN beyond the volume and where padding takes part in the value."""
    hu = onto(ct.hu, ct.affine, grid, shape, beyond=np.nan)
    near, _ = cropped_to(ct.hu, ct.affine, grid, shape)
    if float(near.min()) > OUTSIDE_HU:
        return hu
    padding = onto(ct.hu, ct.affine, grid, shape, beyond=1.0, first=lambda crop: crop <= OUTSIDE_HU)
    hu[padding > 0.0] = np.nan
    return hu
