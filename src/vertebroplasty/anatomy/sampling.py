"""Read a field between its voxels, and find where straight lines enter and leave bone: the compiled core of anatomy.

Serial on purpose: the point sets are small, and threads on a busy machine cost more than they save.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from vertebroplasty.geometry.frame import Affine
from vertebroplasty.kernels import kernel

__all__ = ["Field"]

Values = Float[np.ndarray, "k j i"]
Inverse = Float[np.ndarray, "3 4"]
Points = Float[np.ndarray, "n 3"]
Vector = Float[np.ndarray, "3"]

STEP_MM = 0.5  # [choice] march along a line; crossings are interpolated between steps
RUN_LENGTH_MM = 60.0  # [choice] longest run followed to each side: more than any vertebral body


@kernel
def _trilinear(values: Values, i: float, j: float, k: float) -> float:
    """Value at a fractional index, the border value beyond the array."""
    nk, nj, ni = values.shape
    i = min(max(i, 0.0), ni - 1.0)
    j = min(max(j, 0.0), nj - 1.0)
    k = min(max(k, 0.0), nk - 1.0)
    i0 = min(int(i), max(ni - 2, 0))
    j0 = min(int(j), max(nj - 2, 0))
    k0 = min(int(k), max(nk - 2, 0))
    i1 = min(i0 + 1, ni - 1)
    j1 = min(j0 + 1, nj - 1)
    k1 = min(k0 + 1, nk - 1)
    fi, fj, fk = i - i0, j - j0, k - k0
    low = (values[k0, j0, i0] * (1 - fi) + values[k0, j0, i1] * fi) * (1 - fj) + (
        values[k0, j1, i0] * (1 - fi) + values[k0, j1, i1] * fi
    ) * fj
    high = (values[k1, j0, i0] * (1 - fi) + values[k1, j0, i1] * fi) * (1 - fj) + (
        values[k1, j1, i0] * (1 - fi) + values[k1, j1, i1] * fi
    ) * fj
    return low * (1 - fk) + high * fk


@kernel
def _index(inverse: Inverse, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Fractional (i, j, k) of an LPS point."""
    i = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z + inverse[0, 3]
    j = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2] * z + inverse[1, 3]
    k = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2] * z + inverse[2, 3]
    return i, j, k


@kernel
def _sample_points(values: Values, inverse: Inverse, points: Points, out: Float[np.ndarray, "n"]) -> None:
    """Fill `out` with the field at LPS points (n, 3)."""
    for n in range(points.shape[0]):
        i, j, k = _index(inverse, points[n, 0], points[n, 1], points[n, 2])
        out[n] = _trilinear(values, i, j, k)


@kernel
def _along(values: Values, inverse: Inverse, start: Vector, direction: Vector, t: float) -> tuple[float, bool]:
    """The field at start + t · direction, and whether that point lies within the array."""
    i, j, k = _index(inverse, start[0] + t * direction[0], start[1] + t * direction[1], start[2] + t * direction[2])
    nk, nj, ni = values.shape
    within = -0.5 <= i <= ni - 0.5 and -0.5 <= j <= nj - 0.5 and -0.5 <= k <= nk - 0.5
    return _trilinear(values, i, j, k), within


@kernel
def _edge(
    values: Values,
    inverse: Inverse,
    start: Vector,
    direction: Vector,
    t: float,
    step: float,
    length: float,
    sign: float,
) -> float:
    """From a point inside the run at t, the t where the run ends; NaN beyond the array or the length."""
    value, within = _along(values, inverse, start, direction, t)
    before = sign * value
    travelled = 0.0
    while travelled < length:
        travelled += abs(step)
        value, within = _along(values, inverse, start, direction, t + step)
        if not within:
            return np.nan
        now = sign * value
        if now >= 0.0:
            return t + step * before / (before - now)
        t += step
        before = now
    return np.nan


@kernel
def _runs(
    values: Values,
    inverse: Inverse,
    points: Points,
    directions: Points,
    reach: float,
    step: float,
    length: float,
    sign: float,
    out: Float[np.ndarray, "n 2"],
) -> None:
    """For every line the run of sign·field < 0 that holds its point, or lies nearest within `reach`: out[n] = ends."""
    for n in range(points.shape[0]):
        start, direction = points[n], directions[n]
        out[n, 0] = np.nan
        out[n, 1] = np.nan
        place, found = 0.0, False
        distance = 0.0
        while distance <= reach and not found:
            for side in (1.0, -1.0):
                value, within = _along(values, inverse, start, direction, side * distance)
                if within and sign * value < 0.0:
                    place, found = side * distance, True
                    break
            distance += abs(step)
        if found:
            out[n, 0] = _edge(values, inverse, start, direction, place, -step, length, sign)
            out[n, 1] = _edge(values, inverse, start, direction, place, step, length, sign)


@dataclass(frozen=True, eq=False)
class Field:
    """A scalar on a voxel grid, read anywhere by trilinear interpolation; for distances, negative is bone."""

    values: Values
    affine: Affine

    @cached_property
    def _inverse(self) -> Float[np.ndarray, "3 4"]:
        return np.ascontiguousarray(np.linalg.inv(self.affine.matrix)[:3])

    def at(self, points_lps_mm: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
        """The field at LPS points; beyond the array its border value."""
        points = np.ascontiguousarray(points_lps_mm, dtype=np.float64)
        out = np.empty(points.shape[:-1])
        _sample_points(self.values, self._inverse, points.reshape(-1, 3), out.reshape(-1))
        return out

    def runs(
        self,
        points_lps_mm: Float[np.ndarray, "n 3"],
        direction_lps: Float[np.ndarray, "*n 3"],
        *,
        reach_mm: float = 0.0,
        free: bool = False,
        length_mm: float = RUN_LENGTH_MM,
    ) -> Float[np.ndarray, "n 2"]:
        """Where bone (or, if `free`, no bone) ends before and behind each point along its line, in mm.

        The run is the one that holds the point, else the nearest within `reach_mm`.  NaN where there is none, where
        it leaves the array, or where it is longer than `length_mm`.
        """
        points = np.ascontiguousarray(points_lps_mm, dtype=np.float64)
        directions = np.ascontiguousarray(np.broadcast_to(direction_lps, points.shape), dtype=np.float64)
        out = np.empty((len(points), 2))
        sign = -1.0 if free else 1.0
        _runs(self.values, self._inverse, points, directions, reach_mm, STEP_MM, length_mm, sign, out)
        return out
