"""The float32 multigrid V-cycle that preconditions the elasticity solver.

Every grid has voxels twice as large as the one before, with the root mean square of the moduli they cover: the plain
mean makes partly empty voxels too soft, so that the coarse correction overshoots.  Smoothing is three steps of the
Chebyshev iteration on [λ/16, λ], where λ bounds the scaled spectrum of every such grid (see `elasticity_element`), so
no eigenvalue is estimated.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Float64, Int64

from vertebroplasty.kernels import few_threads
from vertebroplasty.solvers.elasticity_grid import Grid
from vertebroplasty.solvers.elasticity_transfers import cholesky, cholesky_solve, interpolate, restrict
from vertebroplasty.solvers.elasticity_vectors import smooth_first, smooth_step, subtract
from vertebroplasty.solvers.elasticity_voxels import add_voxels

__all__ = ["Multigrid"]

SMOOTHED_RANGE = 16.0  # [choice] the smoother acts on [bound / 16, bound]
SMOOTHING_STEPS = 3  # [choice] degree of the Chebyshev polynomial, before and after the coarse correction
DIRECT_UNKNOWNS = 300  # [choice] free degrees of freedom below which a grid is solved directly
COARSEST_VOXELS = 2  # [choice] no further coarsening once every side has so few voxels
DIRECT_SHIFT = 1e-6  # [choice] of the diagonal: keeps loose parts of the coarsest grid solvable
SERIAL_BELOW = 20_000  # [choice] nodes; waking a second thread costs more than the loops of such a grid

Vector = Float32[np.ndarray, "n"]


@dataclass(frozen=True, eq=False)
class _Level:
    """A grid and its vectors: the answer x, the residual r (used up), the last step d and its image t = K d."""

    grid: Grid
    x: Vector = field(init=False)
    r: Vector = field(init=False)
    d: Vector = field(init=False)
    t: Vector = field(init=False)

    def __post_init__(self) -> None:
        for name in ("x", "r", "d", "t"):
            object.__setattr__(self, name, np.zeros(self.grid.inverse.size, np.float32))

    def smooth(self, *, fresh: bool) -> None:
        """Chebyshev steps from r, from x = 0 if fresh; r then still lacks the last step, which stands in d.

        If not fresh, d holds a correction that x already has and r still lacks, and t its image.
        """
        high = self.grid.cube.spectral_bound
        centre, half = (high + high / SMOOTHED_RANGE) / 2, (high - high / SMOOTHED_RANGE) / 2
        rho = half / centre
        if fresh:
            smooth_first(self.x, self.d, self.r, self.grid.inverse, 1 / centre)
        else:
            smooth_step(self.x, self.d, self.r, self.t, self.grid.inverse, 0.0, 1 / centre)
        for _ in range(SMOOTHING_STEPS - 1):
            self.grid.apply(self.d, self.t)
            following = 1 / (2 * centre / half - rho)
            smooth_step(self.x, self.d, self.r, self.t, self.grid.inverse, following * rho, 2 * following / half)
            rho = following


class Multigrid:
    """One V-cycle as a symmetric approximate inverse of the stiffness on the free degrees of freedom."""

    def __init__(self, grid: Grid) -> None:
        grids = [grid]
        while not _small(grids[-1]):
            grids.append(grids[-1].coarser())
        self.levels = [_Level(grid) for grid in grids]
        self.free, self.factor = _factorised(grids[-1])

    @property
    def residual(self) -> Vector:
        """Where the residual goes before a cycle; it is used up."""
        return self.levels[0].r

    @property
    def correction(self) -> Vector:
        """Where the answer stands after a cycle."""
        return self.levels[0].x

    def cycle(self) -> None:
        """From `residual` to `correction`."""
        self._cycle(0)

    def _cycle(self, depth: int) -> None:
        level = self.levels[depth]
        if depth == len(self.levels) - 1:
            self._solve_coarsest()
            return
        grid, below = level.grid, self.levels[depth + 1]
        level.smooth(fresh=True)
        grid.apply(level.d, level.t)
        subtract(level.r, level.t, grid.inverse)
        fine, coarse = grid.rows, below.grid.rows
        restrict(level.r, fine.nodes, fine.origin, below.r, coarse.nodes, coarse.origin)
        with few_threads(coarse.count < SERIAL_BELOW):
            self._cycle(depth + 1)
        interpolate(below.x, coarse.origin, level.x, level.d, grid.inverse, fine.nodes, fine.origin)
        grid.apply(level.d, level.t)
        level.smooth(fresh=False)

    def _solve_coarsest(self) -> None:
        last = self.levels[-1]
        values = last.r[self.free].astype(np.float64)
        cholesky_solve(self.factor, values)
        last.x[:] = 0
        last.x[self.free] = values


def _small(grid: Grid) -> bool:
    free = int(np.count_nonzero(grid.inverse))
    return free <= DIRECT_UNKNOWNS or max(grid.modulus_mpa.shape) <= COARSEST_VOXELS


def _factorised(grid: Grid) -> tuple[Int64[np.ndarray, "m"], Float64[np.ndarray, "m m"]]:
    """The free degrees of freedom of the coarsest grid and the Cholesky factor of its stiffness."""
    free = np.flatnonzero(grid.inverse)
    number = np.full(grid.inverse.size, -1, np.int32)
    number[free] = np.arange(free.size, dtype=np.int32)
    matrix = np.zeros((free.size, free.size))
    add_voxels(grid.modulus_mpa, grid.rows.origin, number, grid.cube.stiffness * grid.spacing_mm, matrix)
    matrix[np.diag_indices_from(matrix)] *= 1 + DIRECT_SHIFT
    cholesky(matrix)
    return free, matrix
