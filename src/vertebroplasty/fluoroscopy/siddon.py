"""Siddon's line integrals: the exact sum over all voxels a ray meets, each times the length inside it.

The voxels are taken slab by slab of the axis that a ray runs along most.  In a slab the ray crosses at most one wall
of each other axis, so it meets at most three voxels: before the first crossing, between the two, after the second.
"""

from typing import Any

import numpy as np
from numba import types

from vertebroplasty.fluoroscopy.lanes import LANES, Lanes, RayTable, compiled_step, look_up, start_of
from vertebroplasty.fluoroscopy.tile import PIXELS, SIDE, length_per_slab, main_axis, other_axes, ray_through
from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["siddon"]

A, SLOPE_A, PER_A, B, SLOPE_B, PER_B, FIRST, FINAL, TOTAL, LENGTH = range(10)  # rows of a tile's table of rays
MET = 3  # [exact] voxels that a ray may meet in a slab: so many rows of lengths, and of cells
TINY = 1e-12  # [choice] a direction component that counts as zero, relative to the largest


class _Walls:
    """Sixteen rays between the walls of one axis, from where they enter a slab to where they leave it."""

    def __init__(self, table: RayTable, row: int, enter: Lanes, leave: Lanes, last: Lanes) -> None:
        start, slope, per = table[row], table[row + 1], table[row + 2]
        came, left = start + enter * slope, start + leave * slope
        none, one = last.constant(0), last.constant(1)
        self.before = came.to_index().at_least(none).at_most(last)
        # A ray at 45° may seem to cross two walls where its places are rounded.
        self.after = left.to_index().at_least(self.before - one).at_most(self.before + one)
        self.after = self.after.at_least(none).at_most(last)
        wall = self.before.at_least(self.after).to_number(start)
        self.crossing = (enter + (wall - came) * per).at_least(enter).at_most(leave)


@compiled_step
def _enter_slab(_: Any, rays: Any, cells: Any, group: Any, step: Any, last: Any, over: Any) -> Any:
    """Find the voxels that sixteen rays meet in one slab, and the lengths inside them."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rays, cells, group, step, last, over = arguments
        table = RayTable(context, builder, signature.args[0], rays, group)
        found = RayTable(context, builder, signature.args[1], cells, group)
        overs = [Lanes.all_of(builder, builder.extract_value(over, n)) for n in range(2)]
        ends = [Lanes.all_of(builder, builder.extract_value(last, n)) for n in range(2)]
        slab = Lanes.all_of(builder, step)
        enter = slab.at_least(table[FIRST])
        leave = (slab + slab.constant(1.0)).at_most(table[FINAL]).at_least(enter)
        a, b = (_Walls(table, row, enter, leave, end) for row, end in zip((A, B), ends, strict=True))
        a_before, a_after, b_before, b_after = (
            cell * over for walls, over in zip((a, b), overs, strict=True) for cell in (walls.before, walls.after)
        )
        a_is_first = a.crossing.is_below(b.crossing)
        found[0] = a_before + b_before
        found[1] = a_after.where(a_is_first, a_before) + b_before.where(a_is_first, b_after)
        found[2] = a_after + b_after
        one, two = a.crossing.at_most(b.crossing), a.crossing.at_least(b.crossing)
        table[LENGTH], table[LENGTH + 1], table[LENGTH + 2] = one - enter, two - one, leave - two
        return context.get_dummy_value()

    return types.void(rays, cells, group, step, last, over), generate


@compiled_step
def _pass_slab(_: Any, flat: Any, offset: Any, rays: Any, cells: Any, group: Any) -> Any:
    """Add the voxels that sixteen rays meet in one slab."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flat, offset, rays, cells, group = arguments
        table = RayTable(context, builder, signature.args[2], rays, group)
        found = RayTable(context, builder, signature.args[3], cells, group)
        slab = builder.gep(start_of(context, builder, signature.args[0], flat), [offset])
        total = table[TOTAL]
        for voxel in range(MET):
            total = total + table[LENGTH + voxel] * look_up(slab, found.cells(voxel))
        table[TOTAL] = total
        return context.get_dummy_value()

    return types.void(flat, offset, rays, cells, group), generate


@kernel
def _narrow(low: float, high: float, start: float, slope: float, most: float) -> tuple[float, float]:
    """The part of [low, high] on which start + slope·m stays within [0, most]; empty when low exceeds high."""
    if abs(slope) < TINY:
        return (low, high) if 0.0 <= start < most else (1.0, 0.0)
    a, b = -start / slope, (most - start) / slope
    return max(low, min(a, b)), min(high, max(a, b))


@kernel
def _set_up(
    bundle: Any, matrix: Any, top: int, left: int, size: Any, main: int, shape: Any, rays: Any, lengths: Any
) -> tuple[int, float, float]:
    """Fill a tile's table with its rays along one main axis; the others walk no way.

    Returns their number, and the slabs from which and to which any of them meets the volume.
    """
    one, two = other_axes(main)
    ray = np.empty(3)
    count, first, final = 0, np.inf, -np.inf
    for n in range(PIXELS):
        row, column = top + n // SIDE, left + n % SIDE
        ray_through(bundle, row, column, ray)
        rays[:, n] = 0
        lengths[n] = 0.0
        if row >= size[0] or column >= size[1] or main_axis(ray) != main:
            continue
        count += 1
        slope_a, slope_b = ray[one] / ray[main], ray[two] / ray[main]
        a, b = bundle[0, one] - bundle[0, main] * slope_a, bundle[0, two] - bundle[0, main] * slope_b
        low, high = _narrow(0.0, float(shape[main]), a, slope_a, float(shape[one]))
        low, high = _narrow(low, high, b, slope_b, float(shape[two]))
        if high > low:
            rays[A, n], rays[SLOPE_A, n], rays[B, n], rays[SLOPE_B, n] = a, slope_a, b, slope_b
            # A ray that never leaves its cell along an axis may cross anywhere: both sides are the same cell.
            rays[PER_A, n] = 1.0 / slope_a if abs(slope_a) >= TINY else 0.0
            rays[PER_B, n] = 1.0 / slope_b if abs(slope_b) >= TINY else 0.0
            rays[FIRST, n], rays[FINAL, n] = low, high
            first, final = min(first, low), max(final, high)
            lengths[n] = length_per_slab(ray, matrix, main)
    return count, first, final


@kernel
def _walk(flat: Any, shape: Any, stride: Any, main: int, first: float, final: float, rays: Any, cells: Any) -> None:
    """Take a tile's rays through the slabs of their main axis."""
    one, two = other_axes(main)
    last = np.int32(shape[one] - 1), np.int32(shape[two] - 1)
    over = np.int32(stride[one]), np.int32(stride[two])
    for slab in range(max(0, int(np.floor(first))), min(shape[main], int(np.ceil(final)))):
        # Two turns, so that the cells pass through memory: `StoredCells`.
        for group in range(PIXELS // LANES):
            _enter_slab(rays, cells, group, rays.dtype.type(slab), last, over)
        for group in range(PIXELS // LANES):
            _pass_slab(flat, slab * stride[main], rays, cells, group)


@parallel_kernel
def siddon(volume: Any, bundle: Any, matrix: Any, result: Any) -> None:
    """Exact sums of `volume` [k, j, i] times the length inside each voxel.

    `bundle` holds source, first pixel, step down and step right as index triples (i, j, k) counted from the array's
    outer corner, so that cell n spans from n to n + 1; `matrix` is index to world.
    """
    shape = (volume.shape[2], volume.shape[1], volume.shape[0])
    stride = (1, shape[0], shape[0] * shape[1])
    flat = volume.reshape(-1)
    across = -(-result.shape[1] // SIDE)
    for tile in prange(-(-result.shape[0] // SIDE) * across):
        top, left = tile // across * SIDE, tile % across * SIDE
        bottom, end = min(top + SIDE, result.shape[0]), min(left + SIDE, result.shape[1])
        rays, cells = np.empty((LENGTH + MET, PIXELS), volume.dtype), np.empty((MET, PIXELS), np.int32)
        lengths, ray = np.empty(PIXELS), np.empty(3)
        result[top:bottom, left:end] = 0
        ray_through(bundle, top, left, ray)
        main, done = main_axis(ray), 0
        while done < (bottom - top) * (end - left):  # rays beside 45° may run along two axes, or all three
            count, first, final = _set_up(bundle, matrix, top, left, result.shape, main, shape, rays, lengths)
            if final > first:
                _walk(flat, shape, stride, main, first, final, rays, cells)
                for row in range(top, bottom):
                    for column in range(left, end):
                        n = (row - top) * SIDE + column - left
                        result[row, column] += rays[TOTAL, n] * lengths[n]
            main, done = (main + 1) % 3, done + count
