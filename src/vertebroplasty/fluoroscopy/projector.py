"""Line integrals of densities along the rays of a picture: exact for voxels (Siddon), or interpolating (Joseph).

Densities are stored `[k, j, i]`.  Any affine will do: rays are walked in index space, lengths are counted in the
patient's millimetres.  Both walk the planes of the axis that a ray runs along most; nothing lies outside the array.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["integrate_between", "project_exact", "project_smooth"]

TINY = 1e-12  # [choice] a direction component that counts as zero, relative to the largest


@kernel
def _main_axis(ray: Any) -> tuple[int, int, int]:
    """The axis along which a ray runs most, and the two others."""
    x, y, z = abs(ray[0]), abs(ray[1]), abs(ray[2])
    if x >= y and x >= z:
        return 0, 1, 2
    return (1, 0, 2) if y >= z else (2, 0, 1)


@kernel
def _narrow(low: float, high: float, start: float, slope: float, least: float, most: float) -> tuple[float, float]:
    """The part of [low, high] on which start + slope·m stays within [least, most]; empty when low exceeds high."""
    if abs(slope) < TINY:
        return (low, high) if least <= start < most else (1.0, 0.0)
    a, b = (least - start) / slope, (most - start) / slope
    return max(low, min(a, b)), min(high, max(a, b))


@kernel
def _length_per_plane(ray: Any, matrix: Any, main: int) -> float:
    """World length of a ray between two neighbouring planes of its main axis."""
    total = 0.0
    for row in range(3):
        part = matrix[row, 0] * ray[0] + matrix[row, 1] * ray[1] + matrix[row, 2] * ray[2]
        total += part * part
    return np.sqrt(total) / abs(ray[main])


@kernel
def _planes(
    flat: Any,
    base: int,
    step: int,
    a: float,
    slope_a: float,
    over_a: int,
    b: float,
    slope_b: float,
    over_b: int,
    count: int,
) -> float:
    """Sum of bilinear values where a ray crosses `count` planes; (a, b) are its places on the first."""
    total = 0.0
    for plane in range(count):
        at_a, at_b = a + plane * slope_a, b + plane * slope_b
        cell_a, cell_b = np.int32(at_a), np.int32(at_b)
        share_a, share_b = at_a - cell_a, at_b - cell_b
        # Unsigned, so that the compiler need not test for indices counted from the end.
        here = np.uint64(base + plane * step + cell_a * over_a + cell_b * over_b)
        next_a, next_b = here + np.uint64(over_a), here + np.uint64(over_b)
        lower = flat[here] + share_a * (flat[next_a] - flat[here])
        upper = flat[next_b] + share_a * (flat[next_b + np.uint64(over_a)] - flat[next_b])
        total += lower + share_b * (upper - lower)
    return total


@parallel_kernel
def _joseph(padded: Any, source: Any, first: Any, down: Any, right: Any, matrix: Any, result: Any) -> None:
    """Interpolating sums; the array carries a rim of zeros, so that a cell and its next are always there."""
    shape = (padded.shape[2], padded.shape[1], padded.shape[0])
    stride = (1, shape[0], shape[0] * shape[1])
    flat = padded.reshape(-1)
    for row in prange(result.shape[0]):
        ray = np.empty(3)
        for column in range(result.shape[1]):
            for axis in range(3):
                ray[axis] = first[axis] + row * down[axis] + column * right[axis] - source[axis]
            main, one, two = _main_axis(ray)
            slope_a, slope_b = ray[one] / ray[main], ray[two] / ray[main]
            # Places at plane 0 of the main axis.
            a, b = source[one] - source[main] * slope_a, source[two] - source[main] * slope_b
            low, high = _narrow(1.0, shape[main] - 2.0, a, slope_a, 0.0, shape[one] - 1.0 - 1e-9)
            low, high = _narrow(low, high, b, slope_b, 0.0, shape[two] - 1.0 - 1e-9)
            start = int(np.ceil(low))
            count = int(np.floor(high)) - start + 1
            total = 0.0
            if count > 0:
                total = _planes(
                    flat, start * stride[main], stride[main], a + start * slope_a, slope_a, stride[one],
                    b + start * slope_b, slope_b, stride[two], count,
                )  # fmt: skip
            result[row, column] = total * _length_per_plane(ray, matrix, main)


@kernel
def _slabs(
    flat: Any,
    base: int,
    step: int,
    a: float,
    slope_a: float,
    over_a: int,
    last_a: int,
    b: float,
    slope_b: float,
    over_b: int,
    last_b: int,
    ends: tuple[float, float],
) -> float:
    """Exact sum over the voxels that a ray meets, slab by slab.

    In a slab the ray crosses at most one wall of each other axis, so it meets at most three voxels: before the first
    crossing, between the two, after the second.  `ends` are the ray's first and last place in units of slabs.
    """
    total = 0.0
    enter = ends[0]
    # A ray that never leaves its cell along an axis may cross anywhere: both sides are the same cell.
    per_a = 1.0 / slope_a if abs(slope_a) >= TINY else 0.0
    per_b = 1.0 / slope_b if abs(slope_b) >= TINY else 0.0
    cell_a = min(max(int(a + enter * slope_a), 0), last_a)
    cell_b = min(max(int(b + enter * slope_b), 0), last_b)
    for slab in range(int(np.floor(ends[0])), int(np.ceil(ends[1]))):
        leave = min(float(slab + 1), ends[1])
        next_a = min(max(int(a + leave * slope_a), 0), last_a)
        next_b = min(max(int(b + leave * slope_b), 0), last_b)
        cross_a = min(max((max(cell_a, next_a) - a) * per_a, enter), leave)
        cross_b = min(max((max(cell_b, next_b) - b) * per_b, enter), leave)
        a_first = cross_a <= cross_b
        one, two = (cross_a, cross_b) if a_first else (cross_b, cross_a)
        middle_a, middle_b = (next_a, cell_b) if a_first else (cell_a, next_b)
        plane = base + slab * step
        total += (one - enter) * flat[np.uint64(plane + cell_a * over_a + cell_b * over_b)]
        total += (two - one) * flat[np.uint64(plane + middle_a * over_a + middle_b * over_b)]
        total += (leave - two) * flat[np.uint64(plane + next_a * over_a + next_b * over_b)]
        enter, cell_a, cell_b = leave, next_a, next_b
    return total


@parallel_kernel
def _siddon(volume: Any, source: Any, first: Any, down: Any, right: Any, matrix: Any, result: Any) -> None:
    """Exact sums; places are counted from the array's outer corner, so that cell n spans from n to n + 1."""
    shape = (volume.shape[2], volume.shape[1], volume.shape[0])
    stride = (1, shape[0], shape[0] * shape[1])
    flat = volume.reshape(-1)
    for row in prange(result.shape[0]):
        ray = np.empty(3)
        for column in range(result.shape[1]):
            for axis in range(3):
                ray[axis] = first[axis] + row * down[axis] + column * right[axis] - source[axis]
            main, one, two = _main_axis(ray)
            slope_a, slope_b = ray[one] / ray[main], ray[two] / ray[main]
            a, b = source[one] - source[main] * slope_a, source[two] - source[main] * slope_b
            ends = _narrow(0.0, float(shape[main]), a, slope_a, 0.0, float(shape[one]))
            ends = _narrow(ends[0], ends[1], b, slope_b, 0.0, float(shape[two]))
            total = 0.0
            if ends[1] > ends[0]:
                total = _slabs(
                    flat, 0, stride[main], a, slope_a, stride[one], shape[one] - 1,
                    b, slope_b, stride[two], shape[two] - 1, ends,
                )  # fmt: skip
            result[row, column] = total * _length_per_plane(ray, matrix, main)


@parallel_kernel
def _between(padded: Any, starts: Any, ends: Any, lengths: Any, result: Any) -> None:
    """Trilinear midpoint sums between two index-space points of each ray, steps of at most half a voxel."""
    for ray in prange(starts.shape[0]):
        span = 0.0
        for axis in range(3):
            span = max(span, abs(ends[ray, axis] - starts[ray, axis]))
        steps = int(np.ceil(2.0 * span)) + 1
        at, weight = np.empty(3, np.int64), np.empty(3)
        total = 0.0
        for sample in range(steps):
            inside = True
            for axis in range(3):
                place = starts[ray, axis] + (sample + 0.5) / steps * (ends[ray, axis] - starts[ray, axis])
                at[axis] = int(np.floor(place))
                weight[axis] = place - at[axis]
                inside = inside and 0 <= at[axis] < padded.shape[2 - axis] - 1
            if not inside:
                continue
            for corner in range(8):
                di, dj, dk = corner & 1, (corner >> 1) & 1, corner >> 2
                share = (weight[0] if di else 1.0 - weight[0]) * (weight[1] if dj else 1.0 - weight[1])
                share *= weight[2] if dk else 1.0 - weight[2]
                total += share * padded[at[2] + dk, at[1] + dj, at[0] + di]
        result[ray] = total * lengths[ray] / steps


def project_exact(
    volume: Float[np.ndarray, "k j i"], affine: Affine, detector: Detector
) -> Float[np.ndarray, "rows columns"]:
    """Line integrals in g/cm² (of densities in g/cm³), exact for voxels of constant density; for verification.

    The sums of Siddon 1985, taken slab by slab.  Works in the precision of `volume`.
    """
    rays = detector.rays_in(affine)
    result = np.empty((detector.size, detector.size), volume.dtype)
    corner = rays.source + 0.5, rays.first + 0.5
    _siddon(np.ascontiguousarray(volume), *corner, rays.down, rays.right, rays.matrix / 10.0, result)
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
    first = rays.first + 1.0 + top * rays.down + left * rays.right
    result = np.empty((max(0, bottom - top), max(0, end - left)), volume.dtype)
    _joseph(np.pad(volume, 1), rays.source + 1.0, first, rays.down, rays.right, rays.matrix / 10.0, result)
    return result


def integrate_between(
    volume: Float[np.ndarray, "k j i"],
    affine: Affine,
    starts_lps_mm: Float[np.ndarray, "n 3"],
    ends_lps_mm: Float[np.ndarray, "n 3"],
) -> Shaped[np.ndarray, "n"]:
    """Line integrals in g/cm² between pairs of points: the tissue that a needle displaces along each ray."""
    starts, ends = affine.to_index(starts_lps_mm) + 1.0, affine.to_index(ends_lps_mm) + 1.0
    lengths_cm = np.linalg.norm(ends_lps_mm - starts_lps_mm, axis=1) / 10.0
    result = np.zeros(len(starts), volume.dtype)
    _between(np.pad(volume, 1), starts, ends, lengths_cm, result)
    return result
