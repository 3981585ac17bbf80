"""The float32 multigrid V-cycle that preconditions the elasticity solver.

Every grid has voxels twice as large as the one before, with the root mean square of the moduli they cover: the plain
mean makes partly empty voxels too soft, so that the coarse correction overshoots.  Smoothing is three steps of the
Chebyshev iteration on [λ/8, λ], where λ bounds the scaled spectrum of every such grid (see `elasticity_element`), so no
eigenvalue is estimated.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32

from vertebroplasty.solvers.elasticity_element import CORNERS, Cube
from vertebroplasty.solvers.elasticity_kernels import apply_stiffness, modulus_sum, occupied_spans
from vertebroplasty.solvers.elasticity_transfers import (
    cholesky,
    cholesky_solve,
    coarse_held,
    coarse_modulus,
    interpolate_add,
    masked_copy,
    masked_difference,
    restrict,
    smooth_first,
    smooth_step,
)

__all__ = ["Grid", "Multigrid"]

SMOOTHED_RANGE = 8.0  # [choice] the smoother acts on [bound / 8, bound]
SMOOTHING_STEPS = 3  # [choice] degree of the Chebyshev polynomial, before and after the coarse correction
DIRECT_UNKNOWNS = 700  # [choice] free degrees of freedom below which a grid is solved directly
COARSEST_VOXELS = 2  # [choice] no further coarsening once every side has so few voxels
DIRECT_SHIFT = 1e-6  # [choice] of the diagonal: keeps loose parts of the coarsest grid solvable


@dataclass(frozen=True, eq=False)
class Grid:
    """One grid: its voxels, what is held, and the inverse diagonal (zero where held or without stiffness)."""

    modulus_mpa: Float32[np.ndarray, "k j i"]
    spacing_mm: float
    held: Bool[np.ndarray, "3 kn jn in"]
    cube: Cube
    inverse: Float32[np.ndarray, "3 kn jn in"] = field(init=False)
    active: Bool[np.ndarray, "kn jn in"] = field(init=False)
    spans: Int32[np.ndarray, "k j 2"] = field(init=False)

    def __post_init__(self) -> None:
        total = np.empty(self.held.shape[1:], np.float32)
        modulus_sum(self.modulus_mpa, total)
        active = total > 0
        inverse = np.zeros(self.held.shape, np.float32)
        unit = self.cube.diagonal * self.spacing_mm
        np.divide(1.0, total * np.float32(unit), out=inverse, where=active & ~self.held)
        spans = np.empty((*self.modulus_mpa.shape[:2], 2), np.int32)
        occupied_spans(self.modulus_mpa, spans)
        for name, value in (("inverse", inverse), ("active", active), ("spans", spans)):
            object.__setattr__(self, name, value)

    def apply(self, u: np.ndarray, out: np.ndarray) -> None:
        """Write K u in the float type of u, held degrees of freedom included."""
        apply_stiffness(u, out, self.modulus_mpa, self.spans, (self.cube.modes * self.spacing_mm).astype(u.dtype))

    def coarser(self) -> "Grid":
        """The grid of twice the spacing."""
        shape = tuple((n + 1) // 2 for n in self.modulus_mpa.shape)
        modulus = np.empty(shape, np.float32)
        coarse_modulus(self.modulus_mpa, modulus, self._half_factors())
        held = np.empty((3, *(n + 1 for n in shape)), np.bool_)
        coarse_held(self.held, self.active, held)
        return Grid(modulus, 2 * self.spacing_mm, held, self.cube)

    def _half_factors(self) -> Float32[np.ndarray, "3"]:
        """Factor for coarse voxels that reach half a voxel beyond the end of the grid, along k, j and i.

        Where the end is a held plate, the coarse grid holds it half a voxel further out: the voxels between must be as
        stiff at twice the thickness.  Their root mean square with void would be √8 too soft.
        """
        factors = np.ones(3, np.float32)
        for axis in range(3):
            active = self.active.take(-1, axis=axis)
            held = self.held[2 - axis].take(-1, axis=axis) & active
            if 2 * np.count_nonzero(held) > np.count_nonzero(active):
                factors[axis] = np.sqrt(CORNERS)
        return factors


class Multigrid:
    """One V-cycle as a symmetric approximate inverse of the stiffness on the free degrees of freedom."""

    def __init__(self, grid: Grid) -> None:
        self.grids = [grid]
        while not _small(self.grids[-1]):
            self.grids.append(self.grids[-1].coarser())
        self.fields = [{name: np.zeros(g.held.shape, np.float32) for name in ("x", "r", "d", "t")} for g in self.grids]
        self.free, self.factor = _factorised(self.grids[-1])

    def precondition(self, residual: Float64[np.ndarray, "n"], out: Float64[np.ndarray, "n"]) -> None:
        """Write the V-cycle's answer to a flat float64 residual."""
        inverse = self.grids[0].inverse.ravel()
        masked_copy(self.fields[0]["r"].ravel(), residual, inverse)
        self._cycle(0)
        masked_copy(out, self.fields[0]["x"].ravel(), inverse)

    def _cycle(self, level: int) -> None:
        """From `r` to `x` on one level; `r` is used up."""
        if level == len(self.grids) - 1:
            self._solve_coarsest()
            return
        grid, fields = self.grids[level], self.fields[level]
        flat = {name: value.ravel() for name, value in fields.items()}
        inverse = grid.inverse.ravel()
        self._smooth(level, fresh=True)
        grid.apply(fields["d"], fields["t"])
        masked_difference(flat["r"], flat["r"], flat["t"], inverse)
        restrict(fields["r"], self.fields[level + 1]["r"])
        flat["d"][:] = flat["x"]
        self._cycle(level + 1)
        interpolate_add(self.fields[level + 1]["x"], fields["x"], grid.inverse)
        masked_difference(flat["d"], flat["x"], flat["d"], inverse)
        grid.apply(fields["d"], fields["t"])
        masked_difference(flat["r"], flat["r"], flat["t"], inverse)
        self._smooth(level, fresh=False)

    def _smooth(self, level: int, *, fresh: bool) -> None:
        """Chebyshev steps from the residual `r`; afterwards `r` still lacks the last step, which stands in `d`."""
        grid, fields = self.grids[level], self.fields[level]
        x, r, d, t = (fields[name].ravel() for name in ("x", "r", "d", "t"))
        inverse = grid.inverse.ravel()
        high = grid.cube.spectral_bound
        centre, half = (high + high / SMOOTHED_RANGE) / 2, (high - high / SMOOTHED_RANGE) / 2
        rho = half / centre
        smooth_first(x, d, r, inverse, 1 / centre, fresh)
        for _ in range(SMOOTHING_STEPS - 1):
            grid.apply(fields["d"], fields["t"])
            following = 1 / (2 * centre / half - rho)
            smooth_step(x, d, r, t, inverse, following * rho, 2 * following / half)
            rho = following

    def _solve_coarsest(self) -> None:
        x, r = (self.fields[-1][name].ravel() for name in ("x", "r"))
        values = r[self.free].astype(np.float64)
        cholesky_solve(self.factor, values)
        x[:] = 0
        x[self.free] = values


def _small(grid: Grid) -> bool:
    free = int(np.count_nonzero(grid.inverse))
    return free <= DIRECT_UNKNOWNS or max(grid.modulus_mpa.shape) <= COARSEST_VOXELS


def _factorised(grid: Grid) -> tuple[Int32[np.ndarray, "m"], Float64[np.ndarray, "m m"]]:
    """The free degrees of freedom of the coarsest grid and the Cholesky factor of its stiffness."""
    free = np.flatnonzero(grid.inverse)
    matrix = np.empty((free.size, free.size))
    load, image = np.zeros(grid.held.shape), np.empty(grid.held.shape)
    for row, degree in enumerate(free):
        load.ravel()[degree] = 1
        grid.apply(load, image)
        load.ravel()[degree] = 0
        matrix[row] = image.ravel()[free]
    matrix[np.diag_indices_from(matrix)] *= 1 + DIRECT_SHIFT
    cholesky(matrix)
    return free.astype(np.int32), matrix
