"""Line integrals of densities along the rays of a picture: exact for voxels (Siddon), or interpolating (Joseph).

Densities are stored `[k, j, i]`.  Any affine will do: rays are walked in index space, lengths are counted in the
patient's millimetres.  Both walk the planes of the axis that a ray runs along most; nothing lies outside the array.
Places are worked out in double precision and walked in the precision of the densities.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from vertebroplasty.fluoroscopy.detector import Detector, RayBundle
from vertebroplasty.fluoroscopy.joseph import joseph
from vertebroplasty.fluoroscopy.siddon import siddon
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.kernels import parallel_kernel, prange

__all__ = ["integrate_between", "project_exact", "project_smooth"]

MM_PER_CM = 10.0  # [exact] densities are per cm³, affines in mm


@parallel_kernel
def _between(volume: Any, starts: Any, ends: Any, lengths: Any, result: Any) -> None:
    """Trilinear midpoint sums between two index-space points of each ray, steps of at most half a voxel."""
    for ray in prange(starts.shape[0]):
        span = 0.0
        for axis in range(3):
            span = max(span, abs(ends[ray, axis] - starts[ray, axis]))
        steps = int(np.ceil(2.0 * span)) + 1
        at, weight = np.empty(3, np.int64), np.empty(3)
        total = 0.0
        for sample in range(steps):
            for axis in range(3):
                place = starts[ray, axis] + (sample + 0.5) / steps * (ends[ray, axis] - starts[ray, axis])
                at[axis] = int(np.floor(place))
                weight[axis] = place - at[axis]
            for corner in range(8):
                di, dj, dk = corner & 1, (corner >> 1) & 1, corner >> 2
                i, j, k = at[0] + di, at[1] + dj, at[2] + dk
                if 0 <= i < volume.shape[2] and 0 <= j < volume.shape[1] and 0 <= k < volume.shape[0]:
                    share = (weight[0] if di else 1.0 - weight[0]) * (weight[1] if dj else 1.0 - weight[1])
                    total += share * (weight[2] if dk else 1.0 - weight[2]) * volume[k, j, i]
        result[ray] = total * lengths[ray] / steps


def _table(rays: RayBundle, *, corner: float, row: int = 0, column: int = 0) -> Float[np.ndarray, "4 3"]:
    """Source, first pixel and both steps of a bundle as rows; `corner` is the index of the array's first centre."""
    first = rays.first + row * rays.down + column * rays.right
    return np.stack([rays.source + corner, first + corner, rays.down, rays.right])


def project_exact(
    volume: Float[np.ndarray, "k j i"], affine: Affine, detector: Detector
) -> Float[np.ndarray, "rows columns"]:
    """Line integrals in g/cm² (of densities in g/cm³), exact for voxels of constant density; for verification.

    The sums of Siddon 1985, taken slab by slab.  Works in the precision of `volume`.
    """
    rays = detector.rays_in(affine)
    result = np.empty((detector.size, detector.size), volume.dtype)
    siddon(np.ascontiguousarray(volume), _table(rays, corner=0.5), rays.matrix / MM_PER_CM, result)
    return result


def project_smooth(
    volume: Float[np.ndarray, "k j i"],
    affine: Affine,
    detector: Detector,
    *,
    rows: slice = slice(None),
    columns: slice = slice(None),
) -> Float[np.ndarray, "rows columns"]:
    """Line integrals in g/cm² of densities interpolated between voxel centres; what the pictures are made with.

    `rows` and `columns` limit the work to a part of the detector; the result has that part's shape.
    Source: Joseph's method, bilinear on the planes of the axis each ray runs along most.
    """
    rays = detector.rays_in(affine)
    top, bottom, _ = rows.indices(detector.size)
    left, end, _ = columns.indices(detector.size)
    result = np.empty((max(0, bottom - top), max(0, end - left)), volume.dtype)
    thin = int(min(volume.shape) < 2)  # interpolation needs two voxels along each axis
    table = _table(rays, corner=thin, row=top, column=left)
    steps_cm = rays.matrix / MM_PER_CM
    joseph(np.ascontiguousarray(np.pad(volume, 1) if thin else volume), table, steps_cm.T @ steps_cm, result)
    return result


def integrate_between(
    volume: Float[np.ndarray, "k j i"],
    affine: Affine,
    starts_lps_mm: Float[np.ndarray, "n 3"],
    ends_lps_mm: Float[np.ndarray, "n 3"],
) -> Shaped[np.ndarray, "n"]:
    """Line integrals in g/cm² between pairs of points: the tissue that a needle displaces along each ray."""
    starts, ends = affine.to_index(starts_lps_mm), affine.to_index(ends_lps_mm)
    lengths_cm = np.linalg.norm(ends_lps_mm - starts_lps_mm, axis=1) / MM_PER_CM
    result = np.zeros(len(starts), volume.dtype)
    _between(volume, starts, ends, lengths_cm, result)
    return result
