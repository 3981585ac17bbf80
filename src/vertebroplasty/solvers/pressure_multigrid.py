"""Multigrid for pressure on a voxel grid: the float32 preconditioner under the float64 conjugate gradients.

Aggregates of 2x2x2 cells with piecewise-constant transfers; the summed face conductances are halved on every coarser
grid (a constant transfer alone is twice too stiff in the smooth limit), sinks are summed as they are.  A W-cycle with a
Chebyshev polynomial of degree 2 before and after: symmetric, so plain conjugate gradients suffice.  [Braess1995]

All arrays carry one layer of ghost cells whose conductances are zero, so that no loop asks where the grid ends.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["Level", "Multigrid"]

Cells = Float32[np.ndarray, "k j i"]

LARGEST_EIGENVALUE = 2.0  # [exact] Gershgorin bound of the diagonally scaled operator
SMOOTHED_RATIO = 4.0  # [choice] the smoother damps the upper three quarters of the spectrum
SERIAL_BELOW = 100_000  # [choice] cells; starting threads costs more than the loop below this
COARSEST_CELLS = 64  # [choice] solved with a dense inverse
REGULARISATION = 1e-6  # [choice] of the coarsest diagonal, for parts without any outlet
SUMMED_FACES = 0.5  # [Braess1995] over-correction of piecewise-constant aggregation
CENTRE = 0.5 * (LARGEST_EIGENVALUE + LARGEST_EIGENVALUE / SMOOTHED_RATIO)  # [exact] of the smoothed interval
HALF_WIDTH = 0.5 * (LARGEST_EIGENVALUE - LARGEST_EIGENVALUE / SMOOTHED_RATIO)  # [exact] of the smoothed interval


def _start_body(x: Cells, step: Cells, b: Cells, inverse: Cells, factor: float) -> None:
    nk, nj, ni = x.shape
    scale = np.float32(factor)
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                value = scale * inverse[k, j, i] * b[k, j, i]
                step[k, j, i] = value
                x[k, j, i] = value


def _smooth_body(
    x: Cells,
    new: Cells,
    step: Cells,
    b: Cells,
    inverse: Cells,
    diagonal: Cells,
    fi: Cells,
    fj: Cells,
    fk: Cells,
    keep: float,
    take: float,
) -> None:
    nk, nj, ni = x.shape
    kept, taken = np.float32(keep), np.float32(take)
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                flow = fi[k, j, i] * x[k, j, i + 1] + fi[k, j, i - 1] * x[k, j, i - 1]
                flow += fj[k, j, i] * x[k, j + 1, i] + fj[k, j - 1, i] * x[k, j - 1, i]
                flow += fk[k, j, i] * x[k + 1, j, i] + fk[k - 1, j, i] * x[k - 1, j, i]
                residual = b[k, j, i] - diagonal[k, j, i] * x[k, j, i] + flow
                value = kept * step[k, j, i] + taken * inverse[k, j, i] * residual
                step[k, j, i] = value
                new[k, j, i] = x[k, j, i] + value


def _residual_body(x: Cells, out: Cells, b: Cells, diagonal: Cells, fi: Cells, fj: Cells, fk: Cells) -> None:
    nk, nj, ni = x.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                flow = fi[k, j, i] * x[k, j, i + 1] + fi[k, j, i - 1] * x[k, j, i - 1]
                flow += fj[k, j, i] * x[k, j + 1, i] + fj[k, j - 1, i] * x[k, j - 1, i]
                flow += fk[k, j, i] * x[k + 1, j, i] + fk[k - 1, j, i] * x[k - 1, j, i]
                out[k, j, i] = b[k, j, i] - diagonal[k, j, i] * x[k, j, i] + flow


def _restrict_body(fine: Cells, coarse: Cells) -> None:
    """Sum 2x2x2 blocks; the padded fine grid is even-sized or its missing last cells are ghosts."""
    nk, nj, ni = coarse.shape
    fk, fj, fi = fine.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                total = np.float32(0.0)
                for c in range(2 * k - 1, min(2 * k + 1, fk - 1)):
                    for b in range(2 * j - 1, min(2 * j + 1, fj - 1)):
                        for a in range(2 * i - 1, min(2 * i + 1, fi - 1)):
                            total += fine[c, b, a]
                coarse[k, j, i] = total


def _prolong_body(coarse: Cells, x: Cells, inverse: Cells) -> None:
    nk, nj, ni = x.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                if inverse[k, j, i] > 0.0:
                    x[k, j, i] += coarse[(k + 1) // 2, (j + 1) // 2, (i + 1) // 2]


_start = (kernel(_start_body), parallel_kernel(_start_body))
_smooth = (kernel(_smooth_body), parallel_kernel(_smooth_body))
_residual = (kernel(_residual_body), parallel_kernel(_residual_body))
_restrict = (kernel(_restrict_body), parallel_kernel(_restrict_body))
_prolong = (kernel(_prolong_body), parallel_kernel(_prolong_body))


@kernel
def _coarse_faces(fine: Cells, coarse: Cells, axis: int) -> None:
    """Half the sum of the fine faces that lie on each coarse face; `axis` 0, 1, 2 for k, j, i."""
    nk, nj, ni = coarse.shape
    fk, fj, fi = fine.shape
    for k in range(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                total = 0.0
                for c in range(2 * k if axis == 0 else 2 * k - 1, min(2 * k + 1, fk - 1)):
                    for b in range(2 * j if axis == 1 else 2 * j - 1, min(2 * j + 1, fj - 1)):
                        for a in range(2 * i if axis == 2 else 2 * i - 1, min(2 * i + 1, fi - 1)):
                            total += fine[c, b, a]
                coarse[k, j, i] = SUMMED_FACES * total


@kernel
def _dense_times(matrix: Float64[np.ndarray, "n n"], cells: np.ndarray, b: Cells, x: Cells) -> None:
    """The coarsest grid's solve, summed in index order."""
    flat_b, flat_x = b.reshape(-1), x.reshape(-1)
    for row in range(cells.size):
        total = 0.0
        for column in range(cells.size):
            total += matrix[row, column] * flat_b[cells[column]]
        flat_x[cells[row]] = total


@dataclass(frozen=True, eq=False, kw_only=True)
class Level:
    """One grid of the hierarchy: conductances to the next cell along i, j, k, sinks, and work arrays."""

    fi: Cells
    fj: Cells
    fk: Cells
    sink: Cells
    diagonal: Cells
    inverse: Cells  # zero where there is no cell
    b: Cells
    x: Cells
    other: Cells
    step: Cells

    @classmethod
    def from_faces(cls, fi: Cells, fj: Cells, fk: Cells, wall: Cells, sink: Cells) -> "Level":
        """Build from padded conductances; `wall` are half-cell faces to a fixed pressure, `sink` anything else."""
        diagonal = wall + sink + fi + fj + fk
        diagonal[:, :, 1:] += fi[:, :, :-1]
        diagonal[:, 1:] += fj[:, :-1]
        diagonal[1:] += fk[:-1]
        inverse = np.zeros_like(diagonal)
        np.divide(1.0, diagonal, out=inverse, where=diagonal > 0)
        work = [np.zeros_like(diagonal) for _ in range(4)]
        return cls(
            fi=fi, fj=fj, fk=fk, sink=sink, diagonal=diagonal, inverse=inverse,
            b=work[0], x=work[1], other=work[2], step=work[3],
        )  # fmt: skip


class Multigrid:
    """One W-cycle as an approximate inverse; built anew for every conductance field."""

    def __init__(self, fi: Cells, fj: Cells, fk: Cells, wall: Cells, sink: Cells) -> None:
        """Take padded float32 conductances of the finest grid and coarsen until a dense inverse is cheap."""
        self.levels = [Level.from_faces(fi, fj, fk, wall, sink)]
        while True:
            fine = self.levels[-1]
            inner = np.array(fine.x.shape) - 2
            if np.prod(inner) <= COARSEST_CELLS:
                break
            shape = tuple(int(n) for n in (inner + 1) // 2 + 2)
            coarse_i, coarse_j, coarse_k = (np.zeros(shape, np.float32) for _ in range(3))
            _coarse_faces(fine.fi, coarse_i, 2)
            _coarse_faces(fine.fj, coarse_j, 1)
            _coarse_faces(fine.fk, coarse_k, 0)
            coarse_sink, coarse_wall = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
            _restrict[0](fine.sink, coarse_sink)
            _restrict[0](wall, coarse_wall)
            wall = np.float32(SUMMED_FACES) * coarse_wall
            self.levels.append(Level.from_faces(coarse_i, coarse_j, coarse_k, wall, coarse_sink))
        self._factorise()

    def _factorise(self) -> None:
        """Dense inverse of the coarsest grid."""
        last = self.levels[-1]
        self.cells = np.flatnonzero(last.diagonal)
        number = np.full(last.x.size, -1)
        number[self.cells] = np.arange(self.cells.size)
        matrix = np.diag(last.diagonal.reshape(-1)[self.cells].astype(float) * (1 + REGULARISATION))
        _, nj, ni = last.x.shape
        for field, offset in ((last.fi, 1), (last.fj, ni), (last.fk, ni * nj)):
            left = np.flatnonzero(field)
            matrix[number[left], number[left + offset]] = -field.reshape(-1)[left]
            matrix[number[left + offset], number[left]] = -field.reshape(-1)[left]
        self.inverse = np.linalg.inv(matrix)

    def cycle(self, depth: int = 0) -> Cells:
        """Approximate A⁻¹ b of the level's `b` into its `x`, twice visiting every coarser grid; returns `x`."""
        level = self.levels[depth]
        if depth == len(self.levels) - 1:
            _dense_times(self.inverse, self.cells, level.b, level.x)
            return level.x
        run = int(level.x.size > SERIAL_BELOW)
        ratio = CENTRE / HALF_WIDTH
        first = 1.0 / ratio
        second = 1.0 / (2.0 * ratio - first)
        matrix = (level.diagonal, level.fi, level.fj, level.fk)
        keep, take = first * second, 2.0 * second / HALF_WIDTH

        def smooth() -> None:
            _smooth[run](level.x, level.other, level.step, level.b, level.inverse, *matrix, 0.0, 1.0 / CENTRE)
            _smooth[run](level.other, level.x, level.step, level.b, level.inverse, *matrix, keep, take)

        _start[run](level.other, level.step, level.b, level.inverse, 1.0 / CENTRE)
        _smooth[run](level.other, level.x, level.step, level.b, level.inverse, *matrix, keep, take)
        coarse = self.levels[depth + 1]
        self._correct(level, coarse, depth, run)
        smooth()
        return level.x

    def _correct(self, level: Level, coarse: Level, depth: int, run: int) -> None:
        """Add the coarse grid's answer to the residual: a second visit refines the first, which makes it a W."""
        _residual[run](level.x, level.other, level.b, level.diagonal, level.fi, level.fj, level.fk)
        _restrict[run](level.other, coarse.b)
        answer = self.cycle(depth + 1)
        if depth + 1 < len(self.levels) - 1:
            first, asked = answer.copy(), coarse.b.copy()
            _residual[0](answer, coarse.other, asked, coarse.diagonal, coarse.fi, coarse.fj, coarse.fk)
            coarse.b[...] = coarse.other
            answer = self.cycle(depth + 1)
            answer += first
        _prolong[run](answer, level.x, level.inverse)
