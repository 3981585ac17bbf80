"""One grid of the elasticity solver, and the grid of twice its spacing."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Float32

from vertebroplasty.solvers.elasticity_element import CORNERS, Cube
from vertebroplasty.solvers.elasticity_kernels import apply_stiffness
from vertebroplasty.solvers.elasticity_rows import Rows, rows_of
from vertebroplasty.solvers.elasticity_transfers import coarse_held, coarse_modulus
from vertebroplasty.solvers.elasticity_voxels import modulus_sum

__all__ = ["Grid"]


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxels, the places of their nodes, what is held, and the inverse diagonal (zero where held or without stiffness).

    `held` and `inverse` are vectors over the degrees of freedom of `rows`, `active` one over its nodes: it tells nodes
    that touch stiffness from those in gaps.
    """

    modulus_mpa: Float32[np.ndarray, "k j i"]
    spacing_mm: float
    cube: Cube
    rows: Rows
    held: Bool[np.ndarray, "n"]
    active: Bool[np.ndarray, "count"] = field(init=False)
    inverse: Float32[np.ndarray, "n"] = field(init=False)

    def __post_init__(self) -> None:
        total = np.empty(self.rows.count, np.float32)
        modulus_sum(self.modulus_mpa, self.rows.nodes, self.rows.origin, total)
        active = total > 0
        inverse = np.zeros((3, total.size), np.float32)
        held = self.held.reshape(inverse.shape)
        for component, diagonal in enumerate(self.cube.diagonal):
            unit = np.float32(diagonal * self.spacing_mm)
            np.divide(1, total * unit, out=inverse[component], where=active & ~held[component])
        object.__setattr__(self, "active", active)
        object.__setattr__(self, "inverse", inverse.ravel())

    @classmethod
    def of_voxels(
        cls,
        modulus_mpa: Float32[np.ndarray, "k j i"],
        spacing_mm: float,
        held: Bool[np.ndarray, "3 kn jn in"],
        cube: Cube,
    ) -> "Grid":
        """The grid of a voxel model whose `held` degrees of freedom are prescribed."""
        rows = rows_of(modulus_mpa)
        return cls(modulus_mpa, spacing_mm, cube, rows, rows.packed_mask(held))

    def apply(self, u: Float[np.ndarray, "n"], out: Float[np.ndarray, "n"]) -> None:
        """Write K u in the float type of u, held degrees of freedom included."""
        apply_stiffness(u, out, self.modulus_mpa, self.rows, (self.cube.modes * self.spacing_mm).astype(u.dtype))

    def coarser(self) -> "Grid":
        """The grid of twice the spacing."""
        modulus = np.empty(tuple((n + 1) // 2 for n in self.modulus_mpa.shape), np.float32)
        coarse_modulus(self.modulus_mpa, modulus, self._half_factors())
        fine, rows = self.rows, rows_of(modulus)
        held = np.empty(3 * rows.count, np.bool_)
        coarse_held(self.held, self.active, fine.nodes, fine.origin, rows.nodes, rows.origin, held)
        return Grid(modulus, 2 * self.spacing_mm, self.cube, rows, held)

    def _half_factors(self) -> Float32[np.ndarray, "3"]:
        """Factor for coarse voxels that reach half a voxel beyond the end of the grid, along k, j and i.

        Where the end is a held plate, the coarse grid holds it half a voxel further out: the voxels between must be as
        stiff at twice the thickness.  Their root mean square with void would be √8 too soft.
        """
        factors = np.ones(3, np.float32)
        held = self.held.reshape(3, -1)
        for axis, place in enumerate(self._ends()):
            active = self.active[place]
            if 2 * np.count_nonzero(held[2 - axis][place] & active) > np.count_nonzero(active):
                factors[axis] = np.sqrt(CORNERS)
        return factors

    def _ends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places of the nodes at the far end along k, j and i."""
        nodes, origin = self.rows.nodes, self.rows.origin
        last = np.arange(self.rows.planes[-2], self.rows.planes[-1])
        rows = [np.arange(*(o + n)) for o, n in zip(origin[:, -1], nodes[:, -1], strict=True)]
        far = nodes[..., 1] > self.modulus_mpa.shape[2]
        return last, np.concatenate(rows), origin[far] + self.modulus_mpa.shape[2]
