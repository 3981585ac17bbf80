"""Compiled loops between and on the grids of the elasticity solver: smoothing, transfers, the coarsest solve.

The inverse diagonal is zero on every degree of freedom that is held or has no stiffness, and so masks all of them.
"""

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = [
    "cholesky",
    "cholesky_solve",
    "coarse_held",
    "coarse_modulus",
    "interpolate_add",
    "masked_copy",
    "masked_difference",
    "restrict",
    "smooth_first",
    "smooth_step",
]

Field = Float32[np.ndarray, "3 kn jn in"]
Flat = Float32[np.ndarray, "n"]
Matrix = Float64[np.ndarray, "m m"]


@parallel_kernel
def smooth_first(x: Flat, step: Flat, residual: Flat, inverse: Flat, scale: float, fresh: bool) -> None:
    """First step of the smoother: step = D⁻¹ r · scale, added to x (or written to it when x is fresh, that is zero)."""
    factor = np.float32(scale)
    for n in prange(x.size):
        step[n] = factor * inverse[n] * residual[n]
        x[n] = step[n] if fresh else x[n] + step[n]


@parallel_kernel
def smooth_step(
    x: Flat, step: Flat, residual: Flat, image: Flat, inverse: Flat, carry: float, scale: float
) -> None:  # fmt: skip
    """A further step: the residual loses K·step, the next step carries part of the last one."""
    keep, factor = np.float32(carry), np.float32(scale)
    for n in prange(x.size):
        residual[n] -= image[n]
        step[n] = keep * step[n] + factor * inverse[n] * residual[n]
        x[n] += step[n]


@parallel_kernel
def masked_difference(out: Flat, a: Flat, b: Flat, inverse: Flat) -> None:
    """Write a − b where a degree of freedom is free, zero elsewhere."""
    for n in prange(out.size):
        out[n] = a[n] - b[n] if inverse[n] > 0 else 0


@parallel_kernel
def masked_copy(out: Float[np.ndarray, "n"], a: Float[np.ndarray, "n"], inverse: Flat) -> None:
    """Write a where a degree of freedom is free, zero elsewhere; converts the float type."""
    for n in prange(out.size):
        out[n] = a[n] if inverse[n] > 0 else 0


@parallel_kernel
def restrict(fine: Field, coarse: Field) -> None:
    """Transpose of the trilinear interpolation: a coarse node gathers from its 27 fine neighbours."""
    nk, nj, ni = fine.shape[1:]
    for k in prange(coarse.shape[1]):
        for c in range(3):
            for j in range(coarse.shape[2]):
                for i in range(coarse.shape[3]):
                    total = np.float32(0)
                    for kk in range(max(2 * k - 1, 0), min(2 * k + 2, nk)):
                        for jj in range(max(2 * j - 1, 0), min(2 * j + 2, nj)):
                            weight = np.float32(1 if kk == 2 * k else 0.5) * np.float32(1 if jj == 2 * j else 0.5)
                            for ii in range(max(2 * i - 1, 0), min(2 * i + 2, ni)):
                                total += weight * np.float32(1 if ii == 2 * i else 0.5) * fine[c, kk, jj, ii]
                    coarse[c, k, j, i] = total


@parallel_kernel
def interpolate_add(coarse: Field, fine: Field, inverse: Field) -> None:
    """Add the trilinear interpolation of a coarse field to the free degrees of freedom of the fine one."""
    eighth = np.float32(0.125)
    for k in prange(fine.shape[1]):
        k0, k1 = k // 2, (k + 1) // 2
        for c in range(3):
            for j in range(fine.shape[2]):
                j0, j1 = j // 2, (j + 1) // 2
                a, b, d, e = coarse[c, k0, j0], coarse[c, k0, j1], coarse[c, k1, j0], coarse[c, k1, j1]
                out, free = fine[c, k, j], inverse[c, k, j]
                for i in range(out.size):
                    if free[i] > 0:
                        left, right = i // 2, (i + 1) // 2
                        near = a[left] + b[left] + d[left] + e[left]
                        out[i] += eighth * (near + a[right] + b[right] + d[right] + e[right])


@parallel_kernel
def coarse_modulus(
    fine: Float32[np.ndarray, "k j i"], coarse: Float32[np.ndarray, "kc jc ic"], half: Float32[np.ndarray, "3"]
) -> None:  # fmt: skip
    """Root mean square of each block of 2x2x2 voxels, void and outside counting as zero.

    Blocks that the grid's end cuts in half along k, j or i are multiplied by the factors `half`.
    """
    nk, nj, ni = fine.shape
    for k in prange(coarse.shape[0]):
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


@parallel_kernel
def coarse_held(
    held: Bool[np.ndarray, "3 kn jn in"],
    active: Bool[np.ndarray, "kn jn in"],
    out: Bool[np.ndarray, "3 kc jc ic"],
) -> None:
    """A coarse degree of freedom is held where more than half the weight of its active fine neighbours is held."""
    nk, nj, ni = active.shape
    for k in prange(out.shape[1]):
        for c in range(3):
            for j in range(out.shape[2]):
                for i in range(out.shape[3]):
                    balance = 0.0
                    for kk in range(max(2 * k - 1, 0), min(2 * k + 2, nk)):
                        for jj in range(max(2 * j - 1, 0), min(2 * j + 2, nj)):
                            for ii in range(max(2 * i - 1, 0), min(2 * i + 2, ni)):
                                if active[kk, jj, ii]:
                                    distance = abs(kk - 2 * k) + abs(jj - 2 * j) + abs(ii - 2 * i)
                                    weight = 0.5**distance
                                    balance += weight if held[c, kk, jj, ii] else -weight
                    out[c, k, j, i] = balance > 0


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
