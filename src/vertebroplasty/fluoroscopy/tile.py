"""A tile of a picture: the rays of 16 × 16 pixels, which the projector takes through the volume together.

All rays of a tile cross one slab of voxels before any crosses the next, so what they look up lies close together and
stays in the nearest cache, however the volume lies to the rays.

Compiled kernels are cached by their own file: after a change here, delete `__pycache__` beside it.
"""

from typing import Any

import numpy as np

from vertebroplasty.kernels import kernel

__all__ = ["PIXELS", "SIDE", "length_per_slab", "main_axis", "other_axes", "ray_through"]

SIDE = 16  # [choice] pixels a side: about the voxels of a cache line per plane
PIXELS = SIDE * SIDE  # [exact] pixels of a tile


@kernel
def ray_through(bundle: Any, row: int, column: int, ray: Any) -> None:
    """The ray from the source through a pixel, in index space; `bundle` holds source, first pixel and both steps."""
    for axis in range(3):
        ray[axis] = bundle[1, axis] + row * bundle[2, axis] + column * bundle[3, axis] - bundle[0, axis]


@kernel
def main_axis(ray: Any) -> int:
    """The axis along which a ray runs most."""
    x, y, z = abs(ray[0]), abs(ray[1]), abs(ray[2])
    if x >= y and x >= z:
        return 0
    return 1 if y >= z else 2


@kernel
def other_axes(main: int) -> tuple[int, int]:
    """The two other axes, the one nearer in memory first."""
    if main == 0:
        return 1, 2
    return (0, 2) if main == 1 else (0, 1)


@kernel
def length_per_slab(ray: Any, matrix: Any, main: int) -> float:
    """World length of a ray between two neighbouring planes of its main axis."""
    total = 0.0
    for row in range(3):
        part = matrix[row, 0] * ray[0] + matrix[row, 1] * ray[1] + matrix[row, 2] * ray[2]
        total += part * part
    return np.sqrt(total) / abs(ray[main])
