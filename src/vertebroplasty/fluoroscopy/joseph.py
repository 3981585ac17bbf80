"""Joseph's line integrals: bilinear values where each ray crosses the planes of the axis that it runs along most.

Nothing lies outside the array: beyond its outermost voxel centres the values fade to zero within one voxel.
"""

from typing import Any

import numpy as np
from numba import types

from vertebroplasty.fluoroscopy.lanes import LANES, Lanes, RayTable, compiled_step, look_up, look_up_pairs, start_of
from vertebroplasty.fluoroscopy.tile import PIXELS, SIDE, main_axis, other_axes, ray_through
from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["joseph"]

A, SLOPE_A, B, SLOPE_B, TOTAL, WEIGHTS_A, WEIGHTS_B = 0, 1, 2, 3, 4, 5, 7  # [exact] rows of a tile's table of rays
BESIDE = -2.0  # [exact] farther from the first voxel than interpolation reaches

Weights = tuple[Lanes, Lanes]


def _place_inside(table: RayTable, row: int, step: Lanes, last: Lanes) -> tuple[Lanes, Weights]:
    """Cells and weights of rays that all cross the plane between voxel centres."""
    at = table[row] + step * table[row + 1]
    cell = at.at_most(last.to_number(at)).to_index()
    share = at - cell.to_number(at)
    return cell, (at.constant(1.0) - share, share)


def _place_anywhere(table: RayTable, row: int, step: Lanes, last: Lanes) -> tuple[Lanes, Weights]:
    """Cells and weights of rays that may cross outside, where they look up the nearest cell with a weight of zero."""
    at = table[row] + step * table[row + 1]
    one, zero = at.constant(1.0), at.constant(0.0)
    cell = at.at_least(zero).at_most(last.to_number(at)).to_index()
    share = at - cell.to_number(at)
    return cell, ((one - share.size()).at_least(zero), (one - (share - one).size()).at_least(zero))


def _reaching(place: Any) -> Any:
    """The compiled step that finds the cells and weights with which sixteen rays cross a plane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rays, found, group, step, last, over = arguments
        table = RayTable(context, builder, signature.args[0], rays, group)
        found = RayTable(context, builder, signature.args[1], found, group)
        steps = Lanes.all_of(builder, step)
        cells = []
        for axis, (row, weights) in enumerate(((A, WEIGHTS_A), (B, WEIGHTS_B))):
            last_here, over_here = (Lanes.all_of(builder, builder.extract_value(pair, axis)) for pair in (last, over))
            cell, (table[weights], table[weights + 1]) = place(table, row, steps, last_here)
            cells.append(cell * over_here)
        found[0] = cells[0] + cells[1]
        return context.get_dummy_value()

    @compiled_step
    def reach(_: Any, rays: Any, cells: Any, group: Any, step: Any, last: Any, over: Any) -> Any:
        return types.void(rays, cells, group, step, last, over), generate

    return reach


def _crossing(*, along_rows: bool) -> Any:
    """The compiled step that adds sixteen rays' values on a plane.

    `along_rows`: the plane's first axis runs along the rows of memory, so that two neighbours load together.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flat, offset, rays, cells, group, over = arguments
        table = RayTable(context, builder, signature.args[2], rays, group)
        here = RayTable(context, builder, signature.args[3], cells, group).cells(0)
        over_a, over_b = (builder.extract_value(over, n) for n in range(2))
        corner = builder.gep(start_of(context, builder, signature.args[0], flat), [offset])

        def across(start: Any) -> Lanes:
            if along_rows:
                low, high = look_up_pairs(start, here)
            else:
                low, high = look_up(start, here), look_up(builder.gep(start, [over_a]), here)
            return low * table[WEIGHTS_A] + high * table[WEIGHTS_A + 1]

        above = across(corner) * table[WEIGHTS_B]
        table[TOTAL] = table[TOTAL] + above + across(builder.gep(corner, [over_b])) * table[WEIGHTS_B + 1]
        return context.get_dummy_value()

    @compiled_step
    def cross(_: Any, flat: Any, offset: Any, rays: Any, cells: Any, group: Any, over: Any) -> Any:
        return types.void(flat, offset, rays, cells, group, over), generate

    return cross


_reach_inside, _reach_anywhere = _reaching(_place_inside), _reaching(_place_anywhere)
_cross_rows, _cross_columns = _crossing(along_rows=True), _crossing(along_rows=False)


@kernel
def _set_up(bundle: Any, gram: Any, top: int, left: int, size: Any, main: int, rays: Any, lengths: Any) -> int:
    """Fill a tile's table with its rays along one main axis; others pass beside the volume.  Returns their number.

    Free of branches, and divisions unchecked (no ray is at right angles to its own main axis), so that it vectorises.
    """
    one, two = other_axes(main)
    source_m, source_a, source_b = bundle[0, main], bundle[0, one], bundle[0, two]
    count = 0
    for row in range(SIDE):
        start_m = bundle[1, main] - source_m + (top + row) * bundle[2, main] + left * bundle[3, main]
        start_a = bundle[1, one] - source_a + (top + row) * bundle[2, one] + left * bundle[3, one]
        start_b = bundle[1, two] - source_b + (top + row) * bundle[2, two] + left * bundle[3, two]
        for column in range(SIDE):
            n = row * SIDE + column
            m = start_m + column * bundle[3, main]
            slope_a = np.divide(start_a + column * bundle[3, one], m)
            slope_b = np.divide(start_b + column * bundle[3, two], m)
            # Of equal components the first axis is the main one.
            mine = (abs(slope_a) < 1.0 if one < main else abs(slope_a) <= 1.0) & (
                abs(slope_b) < 1.0 if two < main else abs(slope_b) <= 1.0
            )
            mine &= (top + row < size[0]) & (left + column < size[1])
            rays[A, n] = source_a - source_m * slope_a if mine else BESIDE
            rays[B, n] = source_b - source_m * slope_b if mine else BESIDE
            rays[SLOPE_A, n] = slope_a if mine else 0.0
            rays[SLOPE_B, n] = slope_b if mine else 0.0
            rays[TOTAL, n] = 0.0
            along = gram[main, main] + slope_a * (slope_a * gram[one, one] + 2.0 * gram[main, one])
            along += slope_b * (slope_b * gram[two, two] + 2.0 * gram[main, two] + 2.0 * slope_a * gram[one, two])
            lengths[n] = np.sqrt(along) if mine else 0.0
            count += mine
    return count


@kernel
def _reach(rays: Any, place: int, slope: int, plane: int) -> tuple[float, float]:
    """Least and greatest place of a full tile's rays on one plane: those of its corners, as the map is projective."""
    low, high = np.inf, -np.inf
    for n in (0, SIDE - 1, PIXELS - SIDE, PIXELS - 1):
        at = rays[place, n] + plane * rays[slope, n]
        low, high = min(low, at), max(high, at)
    return low, high


@kernel
def _walk(flat: Any, shape: Any, stride: Any, main: int, full: bool, rays: Any, cells: Any) -> None:
    """Take a tile's rays across all planes of their main axis; `full` if all its pixels are among them."""
    one, two = other_axes(main)
    last = np.int32(shape[one] - 2), np.int32(shape[two] - 2)
    over = np.int32(stride[one]), np.int32(stride[two])
    for plane in range(shape[main]):
        inside = False
        if full:
            low_a, high_a = _reach(rays, A, SLOPE_A, plane)
            low_b, high_b = _reach(rays, B, SLOPE_B, plane)
            if high_a <= -1.0 or high_b <= -1.0 or low_a >= shape[one] or low_b >= shape[two]:
                continue
            inside = low_a >= 0.0 and low_b >= 0.0 and high_a <= shape[one] - 1.0 and high_b <= shape[two] - 1.0
        offset, step = plane * stride[main], rays.dtype.type(plane)
        # Two turns, so that the cells pass through memory: `StoredCells`.
        for group in range(PIXELS // LANES):
            if inside:
                _reach_inside(rays, cells, group, step, last, over)
            else:
                _reach_anywhere(rays, cells, group, step, last, over)
        for group in range(PIXELS // LANES):
            if main != 0:
                _cross_rows(flat, offset, rays, cells, group, over)
            else:
                _cross_columns(flat, offset, rays, cells, group, over)


@parallel_kernel
def joseph(volume: Any, bundle: Any, gram: Any, result: Any) -> None:
    """Interpolating sums of `volume` [k, j, i] times the length between planes; at least two voxels along each axis.

    `bundle` holds source, first pixel, step down and step right as index triples (i, j, k); `gram` holds the products
    of the world steps from voxel to voxel, in the unit of the lengths squared.
    """
    shape = (volume.shape[2], volume.shape[1], volume.shape[0])
    stride = (1, shape[0], shape[0] * shape[1])
    flat = volume.reshape(-1)
    across = -(-result.shape[1] // SIDE)
    for tile in prange(-(-result.shape[0] // SIDE) * across):
        top, left = tile // across * SIDE, tile % across * SIDE
        bottom, end = min(top + SIDE, result.shape[0]), min(left + SIDE, result.shape[1])
        rays, cells = np.empty((WEIGHTS_B + 2, PIXELS), volume.dtype), np.empty((1, PIXELS), np.int32)
        lengths, ray = np.empty(PIXELS), np.empty(3)
        result[top:bottom, left:end] = 0
        ray_through(bundle, top, left, ray)
        main, done = main_axis(ray), 0
        while done < (bottom - top) * (end - left):  # rays beside 45° may run along two axes, or all three
            count = _set_up(bundle, gram, top, left, result.shape, main, rays, lengths)
            if count:
                _walk(flat, shape, stride, main, count == PIXELS, rays, cells)
                for row in range(top, bottom):
                    for column in range(left, end):
                        n = (row - top) * SIDE + column - left
                        result[row, column] += rays[TOTAL, n] * lengths[n]
            main, done = (main + 1) % 3, done + count
