"""How a body of small cubes deforms under given displacements: linear elasticity on a structured grid, no matrix.

Eight-node trilinear cubes, one modulus per voxel times one unit element (isotropic, or stiffest along one axis).
Conjugate gradients in float64 with one float32 multigrid V-cycle as preconditioner.  Results do not depend on the
number of threads.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64
from scipy import ndimage

from vertebroplasty.errors import Refused
from vertebroplasty.kernels import few_threads
from vertebroplasty.solvers.elasticity_element import Cube, cube
from vertebroplasty.solvers.elasticity_grid import Grid
from vertebroplasty.solvers.elasticity_iteration import iterate
from vertebroplasty.solvers.elasticity_vectors import free_dot, in_order, partial_sums
from vertebroplasty.solvers.elasticity_voxels import element_energies

__all__ = ["ElasticSolution", "nodal_forces", "solve_elasticity", "strain_energy_density"]

RELATIVE_TOLERANCE = 1e-6  # [choice] the energy's error is of the square of the residual's
MAX_ITERATIONS = 600  # [choice] parts on thin stalks take a hundred; beyond this something is wrong
SERIAL_BELOW = 3_000  # [choice] nodes; waking a second thread costs more than the loops of such a model


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
    poisson_ratio: float | None = None,
    element: Cube | None = None,
    forces_n: Float[np.ndarray, "3 kn jn in"] | None = None,
    start_mm: Float[np.ndarray, "3 kn jn in"] | None = None,
    relative_tolerance: float = RELATIVE_TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> ElasticSolution:
    """Displacements of a voxel model whose `held` degrees of freedom take the values `prescribed_mm`.

    Args:
        modulus_mpa: Young's modulus of each voxel (that of the `element`), 0 where there is nothing.
        spacing_mm: edge of the cubic voxels.
        held: which displacement components of which nodes are prescribed; one node more than voxels along each axis.
        prescribed_mm: their values; ignored where not held.
        poisson_ratio: of every voxel, if isotropic.
        element: else the unit element that every modulus multiplies, such as
            `elasticity_element.transversely_isotropic()`, z along k.
        forces_n: external forces on the nodes; ignored where held.
        start_mm: displacements near the answer, to begin from.
        relative_tolerance: of the residual, against the load that the prescribed displacements and forces make.
        max_iterations: of the conjugate gradients.

    Raises:
        Refused: shapes, moduli or Poisson's ratio are impossible, neither or both of ratio and element are given, or
            nothing with stiffness is held.
        NotConverged: the tolerance was not reached.
    """
    unit = _element(poisson_ratio, element)
    _check(modulus_mpa, spacing_mm, held)
    modulus, loose = _attached(np.asarray(modulus_mpa, np.float32), held)
    grid = Grid.of_voxels(modulus, float(spacing_mm), held, unit)
    rows = grid.rows
    with few_threads(rows.count < SERIAL_BELOW):
        x = rows.packed(prescribed_mm)
        x[np.tile(~grid.active, 3) | ~grid.held] = 0
        forces = None if forces_n is None else rows.packed(forces_n)
        scale = _load_norm(grid, x, forces)
        if start_mm is not None:
            free = grid.inverse > 0
            x[free] = rows.packed(start_mm)[free]
        ended = iterate(
            grid, x, forces, scale, relative_tolerance=relative_tolerance, max_iterations=max_iterations
        )  # fmt: skip
    return ElasticSolution(
        displacement_mm=rows.unpacked(x, held.shape[3]),
        energy_n_mm=ended.energy,
        iterations=ended.iterations,
        relative_residual=ended.relative_residual,
        loose_voxels=loose,
    )


def nodal_forces(
    modulus_mpa: Float[np.ndarray, "k j i"],
    spacing_mm: float,
    displacement_mm: Float64[np.ndarray, "3 kn jn in"],
    *,
    poisson_ratio: float | None = None,
    element: Cube | None = None,
) -> Float64[np.ndarray, "3 kn jn in"]:
    """Forces in newton that hold a displaced voxel model: K u, the reactions at what is held and zero elsewhere."""
    modulus, nothing = np.asarray(modulus_mpa, np.float32), np.zeros(displacement_mm.shape, np.bool_)
    grid = Grid.of_voxels(modulus, float(spacing_mm), nothing, _element(poisson_ratio, element))
    u = grid.rows.packed(displacement_mm)
    forces = np.empty_like(u)
    grid.apply(u, forces)
    return grid.rows.unpacked(forces, displacement_mm.shape[3])


def strain_energy_density(
    modulus_mpa: Float[np.ndarray, "k j i"],
    spacing_mm: float,
    displacement_mm: Float64[np.ndarray, "3 kn jn in"],
    *,
    poisson_ratio: float | None = None,
    element: Cube | None = None,
) -> Float64[np.ndarray, "k j i"]:
    """Mean strain energy per volume of every voxel in MPa (N·mm per mm³)."""
    energy = np.empty(modulus_mpa.shape)
    stiffness = _element(poisson_ratio, element).stiffness
    element_energies(displacement_mm, np.asarray(modulus_mpa, np.float32), stiffness, energy)
    return energy * (spacing_mm / spacing_mm**3)


def _element(poisson_ratio: float | None, element: Cube | None) -> Cube:
    if element is not None and poisson_ratio is None:
        return element
    if poisson_ratio is None or element is not None:
        raise Refused("Give either Poisson's ratio or an element, and not both.")
    return cube(poisson_ratio)


def _load_norm(grid: Grid, fixed: Float64[np.ndarray, "n"], forces: Float64[np.ndarray, "n"] | None) -> float:
    """Size of the load on the free degrees of freedom; 1 where there is none, so that rest is an answer."""
    image, partial = np.empty_like(fixed), partial_sums(fixed.size)
    grid.apply(fixed, image)
    if forces is not None:
        image -= forces
    free_dot(image, grid.inverse, partial)
    return float(np.sqrt(in_order(partial))) or 1.0


def _check(modulus_mpa: Float[np.ndarray, "k j i"], spacing_mm: float, held: Bool[np.ndarray, "3 kn jn in"]) -> None:
    if held.shape != (3, *(n + 1 for n in modulus_mpa.shape)):
        raise Refused(f"Held nodes {held.shape} do not fit {modulus_mpa.shape} voxels: one more along each axis.")
    if not spacing_mm > 0:
        raise Refused(f"A voxel edge of {spacing_mm} mm is impossible: give a positive one.")
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
