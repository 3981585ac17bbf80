"""The stiffness of one cubic voxel, in the basis where almost all of its 576 numbers vanish.

An eight-node trilinear cube with unit modulus and edge 1 has the stiffness matrix K₀; with modulus E and edge h it is
E·h·K₀.  Sums and differences of the corner displacements (a Walsh–Hadamard transform H along the three axes) respect
the mirror planes of the cube, so that H K₀ H / 64 holds only 45 numbers: 8 different ones when the material is
isotropic, 33 when it has the mirror planes of the cube alone.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.linalg import eigh, hadamard

from vertebroplasty.errors import Refused

__all__ = ["CORNERS", "Cube", "cube", "transversely_isotropic"]

CORNERS = 8  # [exact] a cube
GAUSS = 1 / np.sqrt(3.0)  # [exact] two-point Gauss rule on [-1, 1]
TRANSVERSE_MODULUS = (
    0.333  # [bone-elastic-ratios] Ex/Ez = Ey/Ez as a public finite-element code states it; paper not read
)
POISSON_TRANSVERSE = 0.381  # [bone-elastic-ratios] nu_xy, transverse load and transverse response; not read
POISSON_AXIAL = 0.104  # [bone-elastic-ratios] nu_xz = nu_yz, transverse load and response along z; not read
SHEAR_AXIAL = 0.157  # [bone-elastic-ratios] Gzx/Ez = Gyz/Ez as a public finite-element code states it; paper not read
SHEAR_TRANSVERSE = 0.121  # [bone-elastic-ratios] Gxy/Ez as a public finite-element code states it; paper not read
SHEAR_MISMATCH = 0.01  # [choice] of Gxy against Ex/(2 (1 + nu_xy)): the published ratios are rounded
Elasticity = Float64[np.ndarray, "6 6"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Cube:
    """One voxel of unit modulus and unit edge.

    `elasticity` is the stress per strain (xx, yy, zz, yz, xz, xy; shears as engineering strains).  `stiffness` has its
    rows ordered component by component (x, y, z), each over the corners 0..7 whose bits say which side of the cube they
    lie on (1: x, 2: y, 4: z).  `modes` are the values of H K₀ H / 64 in the order that the kernels expect, 8 or 33.
    `diagonal` is the diagonal, one value per component.  `spectral_bound` is the largest eigenvalue of
    K₀ scaled by its diagonal: since stiffness and diagonal of any voxel model are sums of this one cube's, it bounds
    the scaled spectrum for every distribution of modulus, every shape and every support.
    """

    elasticity: Elasticity
    stiffness: Float64[np.ndarray, "24 24"]
    modes: Float64[np.ndarray, "modes"]
    diagonal: Float64[np.ndarray, "3"]
    spectral_bound: float


def cube(poisson_ratio: float) -> Cube:
    """The unit cube for one Poisson's ratio (isotropic, linear elastic).

    Raises:
        Refused: no material has this ratio, or it is incompressible.
    """
    nu = poisson_ratio
    if not -1 < nu < 0.5:
        raise Refused(f"A Poisson's ratio of {nu} is impossible for this solver: use -1 < ratio < 0.5.")
    shear = 1 / (2 * (1 + nu))
    elasticity = np.diag([2 * shear] * 3 + [shear] * 3)
    elasticity[:3, :3] += nu / ((1 + nu) * (1 - 2 * nu))
    return _cube(elasticity, isotropic=True)


def transversely_isotropic(
    *,
    transverse_modulus: float = TRANSVERSE_MODULUS,
    poisson_transverse: float = POISSON_TRANSVERSE,
    poisson_axial: float = POISSON_AXIAL,
    shear_axial: float = SHEAR_AXIAL,
    shear_transverse: float = SHEAR_TRANSVERSE,
) -> Cube:
    """The unit cube of bone that is stiffest along z (superior) and alike in all directions across it.

    The modulus of a voxel is then that along z; all arguments are ratios to it.

    Args:
        transverse_modulus: Ex = Ey.
        poisson_transverse: strain along y for a load along x.
        poisson_axial: strain along z for a load along x or y (for a load along z the strain across is larger by
            1 / `transverse_modulus`).
        shear_axial: Gzx = Gyz.
        shear_transverse: Gxy, which must be Ex / (2 (1 + `poisson_transverse`)) within 1 %.

    Raises:
        Refused: the ratios are no transverse isotropy, or some strain would release energy.
    """
    expected = transverse_modulus / (2 * (1 + poisson_transverse))
    if not abs(shear_transverse / expected - 1) <= SHEAR_MISMATCH:
        raise Refused(
            f"A shear modulus of {shear_transverse:g} across is not transversely isotropic: use {expected:.4g}, "
            "Ex / (2 (1 + nu_xy)), within 1 %."
        )
    across, along = poisson_transverse / transverse_modulus, poisson_axial / transverse_modulus
    compliance = np.diag([1 / transverse_modulus] * 2 + [1.0] + [1 / shear_axial] * 2 + [1 / shear_transverse])
    compliance[0, 1] = compliance[1, 0] = -across
    compliance[:2, 2] = compliance[2, :2] = -along
    if not eigh(compliance, eigvals_only=True)[0] > 0:
        raise Refused("These elastic ratios would let some strain release energy: use smaller Poisson's ratios.")
    return _cube(np.linalg.inv(compliance), isotropic=False)


def _cube(elasticity: Elasticity, *, isotropic: bool) -> Cube:
    stiffness = _stiffness(elasticity)
    diagonal = np.diagonal(stiffness).copy()
    scaled = stiffness / np.sqrt(np.outer(diagonal, diagonal))
    hat = _transformed(stiffness)
    return Cube(
        elasticity=elasticity,
        stiffness=stiffness,
        modes=_isotropic_modes(hat) if isotropic else _mirrored_modes(hat),
        diagonal=diagonal[::CORNERS],
        spectral_bound=float(eigh(scaled, eigvals_only=True)[-1]),
    )


def _stiffness(elasticity: Elasticity) -> Float64[np.ndarray, "24 24"]:
    """K₀ by 2x2x2 Gauss integration, exact for a cube."""
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


def _transformed(stiffness: Float64[np.ndarray, "24 24"]) -> Float64[np.ndarray, "3 8 3 8"]:
    """H K₀ H / 64 by component and wave, twice."""
    transform = np.kron(np.eye(3), hadamard(CORNERS))
    return np.asarray(transform @ stiffness @ transform / CORNERS**2).reshape(3, CORNERS, 3, CORNERS)


def _isotropic_modes(hat: Float64[np.ndarray, "3 8 3 8"]) -> Float64[np.ndarray, "8"]:
    """The eight different values of the transformed matrix, by the pair of modes that they couple."""
    pairs = (
        (0, 1, 0, 1),  # stretch along an axis
        (0, 1, 1, 2),  # stretch of two axes
        (1, 3, 1, 3),  # bending
        (1, 3, 2, 5),  # bending in two planes
        (0, 2, 0, 2),  # shear
        (0, 7, 0, 7),  # hourglass
        (0, 6, 0, 6),  # twist
        (0, 6, 1, 5),  # twist about two axes
    )
    return np.array([hat[pair] for pair in pairs])


def _mirrored_modes(hat: Float64[np.ndarray, "3 8 3 8"]) -> Float64[np.ndarray, "33"]:
    """The different values for a material that only has the cube's mirror planes, block by block (upper triangles)."""
    blocks: tuple[tuple[tuple[int, int], ...], ...] = (
        ((0, 1), (1, 2), (2, 4)),  # stretch
        ((0, 6), (1, 5), (2, 3)),  # twist
        ((0, 2), (1, 1)),  # shear xy, xz, yz
        ((0, 4), (2, 1)),
        ((1, 4), (2, 2)),
        ((1, 3), (2, 5)),  # bending along x, y, z
        ((0, 3), (2, 6)),
        ((0, 5), (1, 6)),
        ((0, 7),),  # hourglass
        ((1, 7),),
        ((2, 7),),
    )
    return np.array([hat[(*a, *b)] for block in blocks for n, a in enumerate(block) for b in block[n:]])
