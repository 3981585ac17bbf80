"""Compiled loops over voxels with their written-out stiffness: energies, and the matrix of a small model."""

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["add_voxels", "element_energies", "modulus_sum"]

Modulus = Float32[np.ndarray, "k j i"]
Matrix = Float64[np.ndarray, "24 24"]


@parallel_kernel
def element_energies(
    u: Float64[np.ndarray, "3 kn jn in"], modulus: Modulus, stiffness: Matrix, out: Float64[np.ndarray, "k j i"]
) -> None:  # fmt: skip
    """Strain energy ½ uᵀ(E·K₀)u of every voxel, straight from the matrix (and so a check on the transform)."""
    for k in prange(modulus.shape[0]):
        corner = np.empty(24)
        for j in range(modulus.shape[1]):
            for i in range(modulus.shape[2]):
                out[k, j, i] = 0.0
                if modulus[k, j, i] == 0:
                    continue
                for n in range(24):
                    corner[n] = u[n // 8, k + (n >> 2 & 1), j + (n >> 1 & 1), i + (n & 1)]
                total = 0.0
                for row in range(24):
                    force = 0.0
                    for column in range(24):
                        force += stiffness[row, column] * corner[column]
                    total += corner[row] * force
                out[k, j, i] = 0.5 * modulus[k, j, i] * total


@kernel
def modulus_sum(
    modulus: Modulus, nodes: Int32[np.ndarray, "kn jn 2"], origin: Int64[np.ndarray, "kn jn"],
    out: Float32[np.ndarray, "count"],
) -> None:  # fmt: skip
    """Sum of the moduli of the up to eight voxels around every node of the model."""
    nk, nj, ni = modulus.shape
    for k in range(nk + 1):
        for j in range(nj + 1):
            for i in range(nodes[k, j, 0], nodes[k, j, 1]):
                total = 0.0
                for kk in range(max(k - 1, 0), min(k + 1, nk)):
                    for jj in range(max(j - 1, 0), min(j + 1, nj)):
                        for ii in range(max(i - 1, 0), min(i + 1, ni)):
                            total += modulus[kk, jj, ii]
                out[origin[k, j] + i] = total


@kernel
def add_voxels(
    modulus: Modulus, origin: Int64[np.ndarray, "kn jn"], number: Int32[np.ndarray, "n"], stiffness: Matrix,
    out: Float64[np.ndarray, "m m"],
) -> None:  # fmt: skip
    """Add every voxel's stiffness to the matrix of the degrees of freedom whose `number` is not negative."""
    count = number.size // 3
    place = np.empty(24, np.int64)
    for k in range(modulus.shape[0]):
        for j in range(modulus.shape[1]):
            for i in range(modulus.shape[2]):
                e = modulus[k, j, i]
                if e == 0:
                    continue
                for n in range(24):
                    row = origin[k + (n >> 2 & 1), j + (n >> 1 & 1)]
                    place[n] = number[n // 8 * count + row + i + (n & 1)]
                for a in range(24):
                    for b in range(24):
                        if place[a] >= 0 and place[b] >= 0:
                            out[place[a], place[b]] += e * stiffness[a, b]
