"""How a body of small cubes deforms under given displacements: linear elasticity on a structured grid, no matrix.

Eight-node trilinear cubes, isotropic modulus per voxel, one Poisson's ratio.  Conjugate gradients in float64 with one
float32 multigrid V-cycle as preconditioner.  Results do not depend on the number of threads.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64
from scipy import ndimage

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.conjugate_gradient import chunked_dot, conjugate_gradient
from vertebroplasty.solvers.elasticity_element import cube
from vertebroplasty.solvers.elasticity_kernels import element_energies
from vertebroplasty.solvers.elasticity_multigrid import Grid, Multigrid
from vertebroplasty.solvers.elasticity_transfers import masked_copy

__all__ = ["ElasticSolution", "nodal_forces", "solve_elasticity", "strain_energy_density"]

RELATIVE_TOLERANCE = 1e-6  # [choice] the energy's error is of the square of the residual's
MAX_ITERATIONS = 600  # [choice] parts on thin stalks take a hundred; beyond this something is wrong


@dataclass(frozen=True, eq=False, kw_only=True)
class ElasticSolution:
    """The deformed state.

    `displacement_mm` is component first (along i, j, k) on the nodes; `energy_n_mm` is the strain energy ½ uᵀ K u,
    whose error is of second order in that of u.  `loose_voxels` counts voxels that touch nothing held: they carry
    no load and were left out.
    """

    displacement_mm: Float64[np.ndarray, "3 kn jn in"]
    energy_n_mm: float
    iterations: int
    relative_residual: float
    loose_voxels: int


def solve_elasticity(
    modulus_mpa: Float[np.ndarray, "k j i"],
    spacing_mm: float,
    *,
    held: Bool[np.ndarray, "3 kn jn in"],
    prescribed_mm: Float[np.ndarray, "3 kn jn in"],
    poisson_ratio: float,
    relative_tolerance: float = RELATIVE_TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> ElasticSolution:
    """Displacements of a voxel model whose `held` degrees of freedom take the values `prescribed_mm`.

    Args:
        modulus_mpa: Young's modulus of each voxel, 0 where there is nothing.
        spacing_mm: edge of the cubic voxels.
        held: which displacement components of which nodes are prescribed; one node more than voxels along each axis.
        prescribed_mm: their values; ignored where not held.
        poisson_ratio: of every voxel.
        relative_tolerance: of the residual, against the load that the prescribed displacements make.
        max_iterations: of the conjugate gradients.

    Raises:
        Refused: shapes, moduli or Poisson's ratio are impossible, or nothing with stiffness is held.
        NotConverged: the tolerance was not reached.
    """
    _check(modulus_mpa, spacing_mm, held, poisson_ratio)
    modulus, loose = _attached(np.asarray(modulus_mpa, np.float32), held)
    grid = Grid(modulus, float(spacing_mm), np.ascontiguousarray(held), cube(poisson_ratio))
    inverse, shape = grid.inverse.ravel(), held.shape

    def apply(u: Float64[np.ndarray, "n"], out: Float64[np.ndarray, "n"]) -> None:
        grid.apply(u.reshape(shape), out.reshape(shape))
        masked_copy(out, out, inverse)

    fixed = np.where(held & grid.active, np.asarray(prescribed_mm, np.float64), 0.0).ravel()
    load = np.empty_like(fixed)
    apply(fixed, load)
    np.negative(load, out=load)
    solution = conjugate_gradient(
        apply,
        Multigrid(grid).precondition,
        load,
        relative_tolerance=relative_tolerance,
        max_iterations=max_iterations,
    )
    total = solution.x + fixed
    grid.apply(total.reshape(shape), load.reshape(shape))
    return ElasticSolution(
        displacement_mm=total.reshape(shape),
        energy_n_mm=0.5 * chunked_dot(total, load),
        iterations=solution.iterations,
        relative_residual=solution.relative_residual,
        loose_voxels=loose,
    )


def nodal_forces(
    modulus_mpa: Float[np.ndarray, "k j i"],
    spacing_mm: float,
    displacement_mm: Float64[np.ndarray, "3 kn jn in"],
    *,
    poisson_ratio: float,
) -> Float64[np.ndarray, "3 kn jn in"]:
    """Forces in newton that hold a displaced voxel model: K u, the reactions at what is held and zero elsewhere."""
    modulus = np.asarray(modulus_mpa, np.float32)
    grid = Grid(modulus, float(spacing_mm), np.zeros(displacement_mm.shape, np.bool_), cube(poisson_ratio))
    forces = np.empty_like(displacement_mm)
    grid.apply(displacement_mm, forces)
    return forces


def strain_energy_density(
    modulus_mpa: Float[np.ndarray, "k j i"],
    spacing_mm: float,
    displacement_mm: Float64[np.ndarray, "3 kn jn in"],
    *,
    poisson_ratio: float,
) -> Float64[np.ndarray, "k j i"]:
    """Mean strain energy per volume of every voxel in MPa (N·mm per mm³)."""
    energy = np.empty(modulus_mpa.shape)
    element_energies(displacement_mm, np.asarray(modulus_mpa, np.float32), cube(poisson_ratio).stiffness, energy)
    return energy * (spacing_mm / spacing_mm**3)


def _check(
    modulus_mpa: Float[np.ndarray, "k j i"], spacing_mm: float, held: Bool[np.ndarray, "3 kn jn in"], poisson: float
) -> None:
    if held.shape != (3, *(n + 1 for n in modulus_mpa.shape)):
        raise Refused(f"Held nodes {held.shape} do not fit {modulus_mpa.shape} voxels: one more along each axis.")
    if not spacing_mm > 0:
        raise Refused(f"A voxel edge of {spacing_mm} mm is impossible: give a positive one.")
    if not -1 < poisson < 0.5:
        raise Refused(f"A Poisson's ratio of {poisson} is impossible for this solver: use -1 < ratio < 0.5.")
    if not np.isfinite(modulus_mpa).all() or modulus_mpa.min() < 0:
        raise Refused("Some moduli are negative or not finite: use 0 for void and positive numbers for material.")


def _attached(
    modulus_mpa: Float32[np.ndarray, "k j i"], held: Bool[np.ndarray, "3 kn jn in"]
) -> tuple[Float32[np.ndarray, "k j i"], int]:
    """The moduli without the parts that hang on nothing held, and how many voxels those have."""
    parts, _ = ndimage.label(modulus_mpa > 0, structure=np.ones((3, 3, 3)))
    node = np.asarray(held.any(axis=0))
    touched = np.zeros(modulus_mpa.shape, np.bool_)
    k, j, i = modulus_mpa.shape
    for dk, dj, di in np.ndindex(2, 2, 2):
        touched |= node[dk : dk + k, dj : dj + j, di : di + i]
    kept = np.isin(parts, np.unique(parts[touched & (parts > 0)])) & (parts > 0)
    if not kept.any():
        raise Refused("Nothing with stiffness is held: prescribe displacements on nodes of the material.")
    return np.where(kept, modulus_mpa, np.float32(0)), int(np.count_nonzero(parts)) - int(np.count_nonzero(kept))
