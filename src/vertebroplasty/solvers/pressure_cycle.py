"""The loops of one multigrid cycle on a voxel grid, in single precision.

Every grid carries its operator scaled to unit diagonal: with w² the sum of a cell's conductances, a face of conductance
f couples its two cells by g = f / (w w'), and the unknown is w times the pressure.  So the smoother reads three fields
of couplings and no diagonal, and a constant correction e from the coarser grid arrives as w e.

All arrays carry one layer of ghost cells whose couplings and weights are zero, so that no loop asks where the grid
ends; `n` below counts the ghosts.  Small grids run in one call, `visit`, that follows a list of operations.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["CORRECT", "REFINE", "REST", "SOLVE", "START", "correct", "first_sweep", "rest", "second_sweep", "start",
           "visit"]  # fmt: skip

LARGEST_EIGENVALUE = 2.0  # [exact] Gershgorin bound of the operator scaled to unit diagonal
SMOOTHED_RATIO = 4.0  # [choice] the smoother damps the upper three quarters of the spectrum
CENTRE = 0.5 * (LARGEST_EIGENVALUE + LARGEST_EIGENVALUE / SMOOTHED_RATIO)  # [exact] of the smoothed interval
HALF_WIDTH = 0.5 * (LARGEST_EIGENVALUE - LARGEST_EIGENVALUE / SMOOTHED_RATIO)  # [exact] of the smoothed interval
FIRST = HALF_WIDTH / CENTRE  # [exact] Chebyshev recurrence, first step
SECOND = 1.0 / (2.0 * CENTRE / HALF_WIDTH - FIRST)  # [exact] Chebyshev recurrence, second step
KEEP = np.float32(FIRST * SECOND)  # [exact] share of the first step in the second
TAKE = np.float32(2.0 * SECOND / HALF_WIDTH)  # [exact] share of the residual in the second step
STEP = np.float32(1.0 / CENTRE)  # [exact] share of the residual in the first step
START_OWN = np.float32((1.0 + FIRST * SECOND) * STEP + TAKE - TAKE * STEP)  # [exact] both steps from zero, own cell
START_NEXT = np.float32(TAKE * STEP)  # [exact] both steps from zero, neighbours
TINY = np.float32(1e-37)  # [choice] keeps 0/0 from arising in cells that do not exist

START, REFINE, REST, SOLVE, CORRECT = 0, 1, 2, 3, 4  # [exact] operations of `visit`

Cells = Float32[np.ndarray, "k j i"]
Packed = Float32[np.ndarray, "n"]


def _start_body(x: Cells, b: Cells, gi: Cells, gj: Cells, gk: Cells) -> None:
    """Two Chebyshev steps from zero, written as one polynomial."""
    nk, nj, ni = x.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                flow = gi[k, j, i] * b[k, j, i + 1] + gi[k, j, i - 1] * b[k, j, i - 1]
                flow += gj[k, j, i] * b[k, j + 1, i] + gj[k, j - 1, i] * b[k, j - 1, i]
                flow += gk[k, j, i] * b[k + 1, j, i] + gk[k - 1, j, i] * b[k - 1, j, i]
                x[k, j, i] = START_OWN * b[k, j, i] + START_NEXT * flow


def _first_sweep_body(x: Cells, y: Cells, b: Cells, gi: Cells, gj: Cells, gk: Cells) -> None:
    """First Chebyshev step from x, into y."""
    nk, nj, ni = x.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                flow = gi[k, j, i] * x[k, j, i + 1] + gi[k, j, i - 1] * x[k, j, i - 1]
                flow += gj[k, j, i] * x[k, j + 1, i] + gj[k, j - 1, i] * x[k, j - 1, i]
                flow += gk[k, j, i] * x[k + 1, j, i] + gk[k - 1, j, i] * x[k - 1, j, i]
                y[k, j, i] = x[k, j, i] + STEP * (b[k, j, i] - x[k, j, i] + flow)


def _second_sweep_body(x: Cells, y: Cells, b: Cells, gi: Cells, gj: Cells, gk: Cells) -> None:
    """Second Chebyshev step from y, back into x, which still holds where the first began."""
    nk, nj, ni = x.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                flow = gi[k, j, i] * y[k, j, i + 1] + gi[k, j, i - 1] * y[k, j, i - 1]
                flow += gj[k, j, i] * y[k, j + 1, i] + gj[k, j - 1, i] * y[k, j - 1, i]
                flow += gk[k, j, i] * y[k + 1, j, i] + gk[k - 1, j, i] * y[k - 1, j, i]
                here = y[k, j, i]
                x[k, j, i] = here + KEEP * (here - x[k, j, i]) + TAKE * (b[k, j, i] - here + flow)


def _rest_body(
    x: Cells, y: Cells, b: Cells, w: Cells, gi: Cells, gj: Cells, gk: Cells, coarse_b: Cells, coarse_w: Cells
) -> None:
    """What is left of b, summed over 2x2x2 cells; y is scratch, a row for each coarse row."""
    nk, nj, ni = x.shape
    mk, mj, mi = coarse_b.shape
    for kc in prange(1, mk - 1):
        for jc in range(1, mj - 1):
            for i in range(1, ni - 1):
                y[kc, jc, i] = np.float32(0.0)
        for k in range(2 * kc - 1, min(2 * kc + 1, nk - 1)):
            for j in range(1, nj - 1):
                jc = (j + 1) // 2
                for i in range(1, ni - 1):
                    flow = gi[k, j, i] * x[k, j, i + 1] + gi[k, j, i - 1] * x[k, j, i - 1]
                    flow += gj[k, j, i] * x[k, j + 1, i] + gj[k, j - 1, i] * x[k, j - 1, i]
                    flow += gk[k, j, i] * x[k + 1, j, i] + gk[k - 1, j, i] * x[k - 1, j, i]
                    y[kc, jc, i] += w[k, j, i] * (b[k, j, i] - x[k, j, i] + flow)
        for jc in range(1, mj - 1):
            for i in range(1, mi - 1):
                total = y[kc, jc, 2 * i - 1] + y[kc, jc, 2 * i]  # the last may be a ghost, which is zero
                coarse_b[kc, jc, i] = total / max(coarse_w[kc, jc, i], TINY)


def _correct_body(x: Cells, y: Cells, w: Cells, coarse_x: Cells, coarse_w: Cells) -> None:
    """Add the coarser grid's pressure to every cell; y is scratch, a row for each coarse row."""
    nk, nj, ni = x.shape
    mk, mj, mi = coarse_x.shape
    for kc in prange(1, mk - 1):
        for jc in range(1, mj - 1):
            for i in range(1, mi - 1):
                value = coarse_x[kc, jc, i] / max(coarse_w[kc, jc, i], TINY)
                y[kc, jc, 2 * i - 1] = value
                if 2 * i < ni - 1:
                    y[kc, jc, 2 * i] = value
            for k in range(2 * kc - 1, min(2 * kc + 1, nk - 1)):
                for j in range(2 * jc - 1, min(2 * jc + 1, nj - 1)):
                    for i in range(1, ni - 1):
                        x[k, j, i] += w[k, j, i] * y[kc, jc, i]


_start, _first_sweep, _second_sweep = kernel(_start_body), kernel(_first_sweep_body), kernel(_second_sweep_body)
_rest, _correct = kernel(_rest_body), kernel(_correct_body)
start = (_start, parallel_kernel(_start_body))
first_sweep = (_first_sweep, parallel_kernel(_first_sweep_body))
second_sweep = (_second_sweep, parallel_kernel(_second_sweep_body))
rest = (_rest, parallel_kernel(_rest_body))
correct = (_correct, parallel_kernel(_correct_body))


@kernel
def _grid(packed: Packed, table: Int64[np.ndarray, "level 4"], level: int) -> Cells:
    """One level's array in the packed storage; `table` holds where it begins and its shape."""
    begin, nk, nj, ni = table[level]
    return packed[begin : begin + nk * nj * ni].reshape((nk, nj, ni))


@kernel
def _solve(inverse: Float64[np.ndarray, "n n"], b: Cells, x: Cells) -> None:
    """The coarsest grid, summed in index order."""
    nk, nj, ni = b.shape
    total = np.zeros(inverse.shape[0])
    column = 0
    for k in range(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                total += inverse[column] * b[k, j, i]
                column += 1
    column = 0
    for k in range(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                x[k, j, i] = total[column]
                column += 1


@kernel
def visit(
    operations: Int64[np.ndarray, "step 2"],
    table: Int64[np.ndarray, "level 4"],
    x: Packed,
    y: Packed,
    b: Packed,
    w: Packed,
    gi: Packed,
    gj: Packed,
    gk: Packed,
    inverse: Float64[np.ndarray, "n n"],
) -> None:
    """Run a list of (operation, level) on packed grids."""
    for step in range(operations.shape[0]):
        operation, level = operations[step, 0], operations[step, 1]
        xs, ys, bs = _grid(x, table, level), _grid(y, table, level), _grid(b, table, level)
        if operation == SOLVE:
            _solve(inverse, bs, xs)
            continue
        ci, cj, ck = _grid(gi, table, level), _grid(gj, table, level), _grid(gk, table, level)
        if operation == START:
            _start(xs, bs, ci, cj, ck)
        elif operation == REFINE:
            _first_sweep(xs, ys, bs, ci, cj, ck)
            _second_sweep(xs, ys, bs, ci, cj, ck)
        elif operation == REST:
            coarse_b, coarse_w = _grid(b, table, level + 1), _grid(w, table, level + 1)
            _rest(xs, ys, bs, _grid(w, table, level), ci, cj, ck, coarse_b, coarse_w)
        else:
            coarse_x, coarse_w = _grid(x, table, level + 1), _grid(w, table, level + 1)
            _correct(xs, ys, _grid(w, table, level), coarse_x, coarse_w)
