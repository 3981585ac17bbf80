"""The stiffness of one cubic voxel, in the basis where almost all of its 576 numbers vanish.

An eight-node trilinear cube with Young's modulus 1 and edge 1 has the stiffness matrix K₀; with modulus E and edge h it
is E·h·K₀.  Sums and differences of the corner displacements (a Walsh–Hadamard transform H along the three axes) respect
the mirror planes of the cube, so that H K₀ H / 64 holds only 45 numbers with 8 different values.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.linalg import eigh, hadamard

__all__ = ["CORNERS", "Cube", "cube"]

CORNERS = 8  # [exact] a cube
GAUSS = 1 / np.sqrt(3.0)  # [exact] two-point Gauss rule on [-1, 1]


@dataclass(frozen=True, eq=False, kw_only=True)
class Cube:
    """One voxel of unit modulus and unit edge.

    `stiffness` has its rows ordered component by component (x, y, z), each over the corners 0..7 whose bits say which
    side of the cube they lie on (1: x, 2: y, 4: z).  `modes` are the eight values of H K₀ H / 64 in the order that the
    kernels expect.  `diagonal` is the one value on the diagonal.  `spectral_bound` is the largest eigenvalue of
    K₀ scaled by its diagonal: since stiffness and diagonal of any voxel model are sums of this one cube's, it bounds
    the scaled spectrum for every distribution of modulus, every shape and every support.
    """

    stiffness: Float64[np.ndarray, "24 24"]
    modes: Float64[np.ndarray, "8"]
    diagonal: float
    spectral_bound: float


def cube(poisson_ratio: float) -> Cube:
    """The unit cube for one Poisson's ratio (isotropic, linear elastic)."""
    stiffness = _stiffness(poisson_ratio)
    diagonal = float(stiffness[0, 0])
    spectral_bound = float(eigh(stiffness, eigvals_only=True)[-1]) / diagonal
    return Cube(stiffness=stiffness, modes=_modes(stiffness), diagonal=diagonal, spectral_bound=spectral_bound)


def _stiffness(poisson_ratio: float) -> Float64[np.ndarray, "24 24"]:
    """K₀ by 2x2x2 Gauss integration, exact for a cube."""
    nu = poisson_ratio
    shear = 1 / (2 * (1 + nu))
    lame = nu / ((1 + nu) * (1 - 2 * nu))
    elasticity = np.zeros((6, 6))
    elasticity[:3, :3] = lame
    elasticity += np.diag([2 * shear] * 3 + [shear] * 3)
    side = 2.0 * ((np.arange(CORNERS)[:, None] >> np.arange(3)) & 1) - 1.0  # corner, axis
    total = np.zeros((24, 24))
    for point in side * GAUSS:
        shape = (1 + side * point) / 2  # corner, axis
        gradient = np.stack([side[:, a] * np.delete(shape, a, axis=1).prod(axis=1) for a in range(3)])
        strain = np.zeros((6, 3, CORNERS))
        for a in range(3):
            strain[a, a] = gradient[a]
        for row, (a, b) in enumerate(((1, 2), (0, 2), (0, 1)), start=3):
            strain[row, a], strain[row, b] = gradient[b], gradient[a]
        flat = strain.reshape(6, 24)
        total += flat.T @ elasticity @ flat / CORNERS
    return total


def _modes(stiffness: Float64[np.ndarray, "24 24"]) -> Float64[np.ndarray, "8"]:
    """The eight different values of the transformed matrix, by the pair of modes that they couple."""
    transform = np.kron(np.eye(3), hadamard(CORNERS))
    hat = transform @ stiffness @ transform / CORNERS**2

    def between(component: int, wave: int, other: int, other_wave: int) -> float:
        return float(hat[CORNERS * component + wave, CORNERS * other + other_wave])

    return np.array(
        [
            between(0, 1, 0, 1),  # stretch along an axis
            between(0, 1, 1, 2),  # stretch of two axes
            between(1, 3, 1, 3),  # bending
            between(1, 3, 2, 5),  # bending in two planes
            between(0, 2, 0, 2),  # shear
            between(0, 7, 0, 7),  # hourglass
            between(0, 6, 0, 6),  # twist
            between(0, 6, 1, 5),  # twist about two axes
        ]
    )
