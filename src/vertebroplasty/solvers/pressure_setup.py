"""The loops that build a grid of the pressure hierarchy from conductances, over all cells or over a changed box.

A box is given by its first cell and the cell behind its last, counted without ghosts, along k and j; rows are written
whole.  Writing a part gives the same numbers as writing all: every value depends on the conductances around it alone.
"""

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["coarsen", "couple", "dense_inverse", "weigh"]

SUMMED_FACES = 0.5  # [Braess1995] over-correction of piecewise-constant aggregation
REGULARISATION = 1e-6  # [choice] of the coarsest diagonal, for parts without any outlet
TINY = np.float32(1e-37)  # [choice] keeps 1/0 from arising in cells that do not exist

Cells = Float32[np.ndarray, "k j i"]
Conductance = Float[np.ndarray, "k j i"]
Rows = Float64[np.ndarray, "k 5 i"]
Corner = Int64[np.ndarray, "2"]


def _weigh_body(
    fi: Conductance,
    fj: Conductance,
    fk: Conductance,
    wall: Conductance,
    sink: Conductance,
    factor: float,
    w: Cells,
    inverse: Cells,
    low: Corner,
    high: Corner,
) -> None:
    """The root of the sum of each cell's conductances times `factor`, and its inverse, zero where there is no cell.

    Before the first layer or row stands a face that is counted zero times.
    """
    for k in prange(low[0], high[0]):
        below, further_k = max(k - 1, 0), np.float32(min(k, 1))
        for j in range(low[1], high[1]):
            front, further_j = max(j - 1, 0), np.float32(min(j, 1))
            for i in range(1, fi.shape[2]):
                total = fi[k, j, i] + fi[k, j, i - 1] + fj[k, j, i] + further_j * fj[k, front, i]
                total += fk[k, j, i] + further_k * fk[below, j, i] + wall[k, j, i] + sink[k, j, i]
                w[k + 1, j + 1, i + 1] = np.sqrt(np.float32(total * factor))
            total = fi[k, j, 0] + fj[k, j, 0] + further_j * fj[k, front, 0]
            total += fk[k, j, 0] + further_k * fk[below, j, 0] + wall[k, j, 0] + sink[k, j, 0]
            w[k + 1, j + 1, 1] = np.sqrt(np.float32(total * factor))
            for i in range(1, w.shape[2] - 1):
                root = w[k + 1, j + 1, i]
                inverse[k + 1, j + 1, i] = np.float32(1.0) / max(root, TINY) if root > 0.0 else np.float32(0.0)


def _couple_body(
    fi: Conductance,
    fj: Conductance,
    fk: Conductance,
    factor: float,
    inverse: Cells,
    gi: Cells,
    gj: Cells,
    gk: Cells,
    low: Corner,
    high: Corner,
) -> None:
    """Conductance of each face over the weights of its two cells."""
    for k in prange(low[0], high[0]):
        for j in range(low[1], high[1]):
            c, b = k + 1, j + 1
            for i in range(fi.shape[2]):
                gi[c, b, i + 1] = np.float32(factor * fi[k, j, i]) * inverse[c, b, i + 1] * inverse[c, b, i + 2]
            for i in range(fi.shape[2]):
                gj[c, b, i + 1] = np.float32(factor * fj[k, j, i]) * inverse[c, b, i + 1] * inverse[c, b + 1, i + 1]
            for i in range(fi.shape[2]):
                gk[c, b, i + 1] = np.float32(factor * fk[k, j, i]) * inverse[c, b, i + 1] * inverse[c + 1, b, i + 1]


def _coarsen_body(
    fi: Conductance,
    fj: Conductance,
    fk: Conductance,
    wall: Conductance,
    sink: Conductance,
    factor: float,
    coarse_i: Cells,
    coarse_j: Cells,
    coarse_k: Cells,
    coarse_wall: Cells,
    coarse_sink: Cells,
    rows: Rows,
    low: Corner,
    high: Corner,
) -> None:
    """Half the sum of the fine faces that lie on each coarse face, half the walls of its cells, and all their sinks."""
    nk, nj, ni = fi.shape
    half = SUMMED_FACES * factor
    for k in prange(low[0], high[0]):
        for j in range(low[1], high[1]):
            for i in range(ni + 1):
                rows[k, 0, i], rows[k, 1, i], rows[k, 2, i] = 0.0, 0.0, 0.0
                rows[k, 3, i], rows[k, 4, i] = 0.0, 0.0
            for c in range(2 * k, min(2 * k + 2, nk)):
                for b in range(2 * j, min(2 * j + 2, nj)):
                    for i in range(ni):
                        rows[k, 0, i] += fi[c, b, i]
                    for i in range(ni):
                        rows[k, 3, i] += wall[c, b, i]
                    for i in range(ni):
                        rows[k, 4, i] += sink[c, b, i]
                    if b % 2 == 1:
                        for i in range(ni):
                            rows[k, 1, i] += fj[c, b, i]
                    if c % 2 == 1:
                        for i in range(ni):
                            rows[k, 2, i] += fk[c, b, i]
            for i in range(coarse_i.shape[2]):
                coarse_i[k, j, i] = np.float32(half * rows[k, 0, 2 * i + 1])
            for i in range(coarse_i.shape[2]):
                coarse_j[k, j, i] = np.float32(half * (rows[k, 1, 2 * i] + rows[k, 1, 2 * i + 1]))
            for i in range(coarse_i.shape[2]):
                coarse_k[k, j, i] = np.float32(half * (rows[k, 2, 2 * i] + rows[k, 2, 2 * i + 1]))
            for i in range(coarse_i.shape[2]):
                coarse_wall[k, j, i] = np.float32(half * (rows[k, 3, 2 * i] + rows[k, 3, 2 * i + 1]))
            for i in range(coarse_i.shape[2]):
                coarse_sink[k, j, i] = np.float32(factor * (rows[k, 4, 2 * i] + rows[k, 4, 2 * i + 1]))


weigh = (kernel(_weigh_body), parallel_kernel(_weigh_body))
couple = (kernel(_couple_body), parallel_kernel(_couple_body))
coarsen = (kernel(_coarsen_body), parallel_kernel(_coarsen_body))


@kernel
def dense_inverse(gi: Cells, gj: Cells, gk: Cells) -> Float64[np.ndarray, "n n"]:
    """Inverse of a small grid's scaled operator by Gauss-Jordan elimination (positive definite: no pivoting)."""
    nk, nj, ni = gi.shape[0] - 2, gi.shape[1] - 2, gi.shape[2] - 2
    size = nk * nj * ni
    matrix = np.zeros((size, size))
    for n in range(size):
        matrix[n, n] = 1.0 + REGULARISATION
        k, j, i = n // (nj * ni), n // ni % nj, n % ni
        for face, further, there in (
            (gi[k + 1, j + 1, i + 1], i + 1 < ni, n + 1),
            (gj[k + 1, j + 1, i + 1], j + 1 < nj, n + ni),
            (gk[k + 1, j + 1, i + 1], k + 1 < nk, n + ni * nj),
        ):
            if further:
                matrix[n, there] = matrix[there, n] = -face
    for n in range(size):
        pivot = 1.0 / matrix[n, n]
        matrix[n, n] = 1.0
        matrix[n] *= pivot
        for row in range(size):
            if row != n:
                share = matrix[row, n]
                matrix[row, n] = 0.0
                matrix[row] -= share * matrix[n]
    return matrix
