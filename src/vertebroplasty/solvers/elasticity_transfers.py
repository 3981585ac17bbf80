"""Compiled loops between the grids of the elasticity solver, and the coarsest solve.

Nodal vectors lie row after row (see `elasticity_rows`); the inverse diagonal is zero on every degree of freedom that is
held or has no stiffness, and so masks all of them.
"""

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["cholesky", "cholesky_solve", "coarse_held", "coarse_modulus", "interpolate", "restrict"]

Vector = Float32[np.ndarray, "n"]
Nodes = Int32[np.ndarray, "kn jn 2"]
Origin = Int64[np.ndarray, "kn jn"]
Matrix = Float64[np.ndarray, "m m"]


@kernel
def _gather(line: Vector, fine: Vector, nodes: Nodes, origin: Origin, base: int, k: int, j: int) -> None:
    """Add up to nine rows around fine row (k, j), weighted by half per row of distance; line[0] is node −1."""
    for kk in range(max(k - 1, 0), min(k + 2, origin.shape[0])):
        for jj in range(max(j - 1, 0), min(j + 2, origin.shape[1])):
            weight = np.float32(1 if kk == k else 0.5) * np.float32(1 if jj == j else 0.5)
            start, stop = nodes[kk, jj, 0], nodes[kk, jj, 1]
            at = base + origin[kk, jj]
            source, target = fine[at + start : at + stop], line[start + 1 : stop + 1]
            for i in range(source.size):
                target[i] += weight * source[i]


@parallel_kernel
def _restrict(
    fine: Vector, fine_nodes: Nodes, fine_origin: Origin, coarse: Vector, nodes: Nodes, origin: Origin, longest: int
) -> None:  # fmt: skip
    """A coarse node gathers from its 27 fine neighbours; no row has more than `longest` coarse nodes."""
    fine_count, count = fine.size // 3, coarse.size // 3
    half = np.float32(0.5)
    for k in prange(origin.shape[0]):
        line = np.empty(2 * (longest + 1), np.float32)
        for c in range(3):
            for j in range(origin.shape[1]):
                start, stop = nodes[k, j, 0], nodes[k, j, 1]
                if start == stop:
                    continue
                for i in range(line.size):
                    line[i] = 0
                _gather(line, fine, fine_nodes, fine_origin, c * fine_count, 2 * k, 2 * j)
                at = c * count + origin[k, j]
                for i in range(start, stop):
                    coarse[at + i] = line[2 * i + 1] + half * (line[2 * i] + line[2 * i + 2])


def restrict(
    fine: Vector, fine_nodes: Nodes, fine_origin: Origin, coarse: Vector, nodes: Nodes, origin: Origin
) -> None:  # fmt: skip
    """Transpose of the trilinear interpolation."""
    _restrict(fine, fine_nodes, fine_origin, coarse, nodes, origin, int(nodes[:, :, 1].max()))


@parallel_kernel
def _interpolate(
    coarse: Vector, coarse_origin: Origin, step: Vector, nodes: Nodes, origin: Origin, longest: int
) -> None:  # fmt: skip
    """Trilinear interpolation of a coarse field, row by row; no row has more than `longest` nodes."""
    coarse_count, count = coarse.size // 3, step.size // 3
    quarter, half = np.float32(0.25), np.float32(0.5)
    for k in prange(origin.shape[0]):
        sums = np.zeros(longest + 2, np.float32)
        for c in range(3):
            for j in range(origin.shape[1]):
                start, stop = nodes[k, j, 0], nodes[k, j, 1]
                if start == stop:
                    continue
                base = c * coarse_count
                a = base + coarse_origin[k // 2, j // 2]
                b = base + coarse_origin[k // 2, (j + 1) // 2]
                d = base + coarse_origin[(k + 1) // 2, j // 2]
                e = base + coarse_origin[(k + 1) // 2, (j + 1) // 2]
                for i in range(start // 2, stop // 2 + 1):
                    sums[i] = quarter * ((coarse[a + i] + coarse[b + i]) + (coarse[d + i] + coarse[e + i]))
                at = c * count + origin[k, j]
                if start % 2:
                    step[at + start] = half * (sums[start // 2] + sums[start // 2 + 1])
                for i in range((start + 1) // 2, stop // 2):
                    step[at + 2 * i] = sums[i]
                    step[at + 2 * i + 1] = half * (sums[i] + sums[i + 1])
                if stop % 2:
                    step[at + stop - 1] = sums[stop // 2]


@parallel_kernel
def _add_free(x: Vector, step: Vector, inverse: Vector) -> None:
    """Add a step where a degree of freedom is free, and make it zero elsewhere."""
    for n in prange(x.size):
        step[n] = step[n] if inverse[n] > 0 else np.float32(0)
        x[n] += step[n]


def interpolate(
    coarse: Vector, coarse_origin: Origin, x: Vector, step: Vector, inverse: Vector, nodes: Nodes, origin: Origin
) -> None:  # fmt: skip
    """Trilinear interpolation of a coarse field to the free degrees of freedom: written to `step`, added to x."""
    _interpolate(coarse, coarse_origin, step, nodes, origin, int(nodes[:, :, 1].max()))
    _add_free(x, step, inverse)


@kernel
def coarse_modulus(
    fine: Float32[np.ndarray, "k j i"], coarse: Float32[np.ndarray, "kc jc ic"], half: Float32[np.ndarray, "3"]
) -> None:  # fmt: skip
    """Root mean square of each block of 2x2x2 voxels, void and outside counting as zero.

    Blocks that the grid's end cuts in half along k, j or i are multiplied by the factors `half`.
    """
    nk, nj, ni = fine.shape
    for k in range(coarse.shape[0]):
        for j in range(coarse.shape[1]):
            for i in range(coarse.shape[2]):
                total = 0.0
                for kk in range(2 * k, min(2 * k + 2, nk)):
                    for jj in range(2 * j, min(2 * j + 2, nj)):
                        for ii in range(2 * i, min(2 * i + 2, ni)):
                            total += fine[kk, jj, ii] ** 2
                root = np.sqrt(total / 8)
                root *= half[0] if 2 * k + 1 == nk else 1
                root *= half[1] if 2 * j + 1 == nj else 1
                root *= half[2] if 2 * i + 1 == ni else 1
                coarse[k, j, i] = root


@kernel
def coarse_held(
    held: Bool[np.ndarray, "n"],
    active: Bool[np.ndarray, "count"],
    fine_nodes: Nodes,
    fine_origin: Origin,
    nodes: Nodes,
    origin: Origin,
    out: Bool[np.ndarray, "m"],
) -> None:
    """A coarse degree of freedom is held where more than half the weight of its active fine neighbours is held."""
    fine_count, count = active.size, out.size // 3
    for k in range(origin.shape[0]):
        for c in range(3):
            for j in range(origin.shape[1]):
                for i in range(nodes[k, j, 0], nodes[k, j, 1]):
                    balance = 0.0
                    for kk in range(max(2 * k - 1, 0), min(2 * k + 2, fine_origin.shape[0])):
                        for jj in range(max(2 * j - 1, 0), min(2 * j + 2, fine_origin.shape[1])):
                            low, high = fine_nodes[kk, jj, 0], fine_nodes[kk, jj, 1]
                            for ii in range(max(2 * i - 1, low), min(2 * i + 2, high)):
                                at = fine_origin[kk, jj] + ii
                                if active[at]:
                                    distance = abs(kk - 2 * k) + abs(jj - 2 * j) + abs(ii - 2 * i)
                                    weight = 0.5**distance
                                    balance += weight if held[c * fine_count + at] else -weight
                    out[c * count + origin[k, j] + i] = balance > 0


@kernel
def cholesky(matrix: Matrix) -> None:
    """Replace the lower triangle by the Cholesky factor; in place, right-looking.

    Own code and not LAPACK: a BLAS library's threads disturb those of these loops and may change the last bits.
    """
    size = matrix.shape[0]
    for m in range(size):
        pivot = np.sqrt(matrix[m, m])
        for row in range(m, size):
            matrix[row, m] /= pivot
        column = matrix[m:, m].copy()
        for row in range(m + 1, size):
            factor = column[row - m]
            if factor != 0:
                target = matrix[row, m + 1 : row + 1]
                for n in range(target.size):
                    target[n] -= factor * column[n + 1]


@kernel
def cholesky_solve(factor: Matrix, x: Float64[np.ndarray, "m"]) -> None:
    """Solve L Lᵀ x = b in place."""
    size = factor.shape[0]
    for m in range(size):
        row = factor[m]
        total = x[m]
        for n in range(m):
            total -= row[n] * x[n]
        x[m] = total / row[m]
    for m in range(size - 1, -1, -1):
        row = factor[m]
        x[m] /= row[m]
        for n in range(m):
            x[n] -= row[n] * x[m]
