"""Multigrid for pressure on a voxel grid: the float32 preconditioner under the float64 conjugate gradients.

Aggregates of 2x2x2 cells with piecewise-constant transfers; the summed face conductances are halved on every coarser
grid (a constant transfer alone is twice too stiff in the smooth limit), sinks are summed as they are.  A W-cycle with a
Chebyshev polynomial of degree 2 before and after: symmetric, so plain conjugate gradients suffice.  [Braess1995]
"""

import numpy as np
from jaxtyping import Float, Float32, Int64

from vertebroplasty.solvers.pressure_cycle import (
    CORRECT,
    REFINE,
    REST,
    SOLVE,
    START,
    correct,
    first_sweep,
    rest,
    second_sweep,
    start,
    visit,
)
from vertebroplasty.solvers.pressure_setup import coarsen, couple, dense_inverse, weigh

__all__ = ["SERIAL_BELOW", "Multigrid"]

SERIAL_BELOW = 100_000  # [choice] cells; starting threads costs more than the loop below this
COARSEST_CELLS = 64  # [choice] solved with a dense inverse

Cells = Float32[np.ndarray, "k j i"]
Packed = Float32[np.ndarray, "n"]
Conductance = Float[np.ndarray, "k j i"]
Fields = tuple[Conductance, Conductance, Conductance, Conductance, Conductance]
Corner = Int64[np.ndarray, "2"]
Operations = Int64[np.ndarray, "step 2"]


def _five(cells: np.ndarray) -> Fields:
    """Room for the conductances of a coarse grid."""
    fi, fj, fk, wall, sink = (np.zeros(cells, np.float32) for _ in range(5))
    return fi, fj, fk, wall, sink


class Multigrid:
    """One W-cycle as an approximate inverse of A/scale; its memory is taken once, for grids of one shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Lay out all grids down to one whose dense inverse is cheap; nothing is set up yet."""
        self.shapes = [np.array(shape)]
        while np.prod(self.shapes[-1]) > COARSEST_CELLS:
            self.shapes.append((self.shapes[-1] + 1) // 2)
        sizes = [int(np.prod(cells + 2)) for cells in self.shapes]
        begins = np.concatenate([[0], np.cumsum(sizes)])
        self.table = np.array([[begin, *(cells + 2)] for begin, cells in zip(begins, self.shapes, strict=False)])
        self.x, self.y, self.b, self.w, self.gi, self.gj, self.gk = (np.zeros(begins[-1], np.float32) for _ in range(7))
        self.coarse = [_five(cells) for cells in self.shapes[1:]]
        self.rows = np.zeros((self.shapes[0][0] // 2 + 1, 5, self.shapes[0][2] + 2))
        self.last = len(self.shapes) - 1
        large = [size > SERIAL_BELOW for size in sizes[: self.last]]
        self.first_small = sum(large)
        self.from_zero, self.again = (self._operations(self.first_small, fresh) for fresh in (True, False))

    def grid(self, packed: Packed, level: int) -> Cells:
        """One level's array in the packed storage, ghosts included."""
        begin, *shape = (int(n) for n in self.table[level])
        return packed[begin : begin + int(np.prod(shape))].reshape(shape)

    @property
    def of_the_finest(self) -> tuple[Packed, ...]:
        """Packed right-hand side, answer, weights and couplings, whose first grid is the finest."""
        return self.b, self.x, self.w, self.gi, self.gj, self.gk

    def set_up(self, conductances: Fields, scale: float, low: Corner, high: Corner) -> None:
        """Take the conductances (faces along i, j, k, walls, sinks) of the rows from `low` up to `high`.

        Rows are counted along k and j.  All grids are rewritten where they reach, to the numbers of rewriting all.
        """
        self.scale = scale
        fields, factor = conductances, 1.0 / scale
        for level, cells in enumerate(self.shapes):
            run, cells = int(np.prod(high - low) * cells[2] > SERIAL_BELOW), cells[:2]
            w, inverse, gi, gj, gk = (self.grid(p, level) for p in (self.w, self.y, self.gi, self.gj, self.gk))
            first, behind, last = np.maximum(low - 1, 0), np.minimum(high + 1, cells), np.minimum(high + 2, cells)
            fi, fj, fk, wall, sink = fields
            weigh[run](fi, fj, fk, wall, sink, factor, w, inverse, first, last)
            couple[run](fi, fj, fk, factor, inverse, gi, gj, gk, first, behind)
            if level == self.last:
                self.inverse = dense_inverse(gi, gj, gk)
                return
            low, high = low // 2, (high + 1) // 2
            coarsen[run](fi, fj, fk, wall, sink, factor, *self.coarse[level], self.rows, low, high)
            fields, factor = self.coarse[level], 1.0

    def cycle(self, level: int = 0, *, from_zero: bool = True) -> None:
        """Approximate A⁻¹ b of a level's `b` in its `x`, from zero or from what `x` holds."""
        if level == self.first_small:
            operations = self.from_zero if from_zero else self.again
            packed = (self.x, self.y, self.b, self.w, self.gi, self.gj, self.gk)
            visit(operations, self.table, *packed, self.inverse)
            return
        x, y, b, w, gi, gj, gk = (
            self.grid(packed, level) for packed in (self.x, self.y, self.b, self.w, self.gi, self.gj, self.gk)
        )
        couplings = (gi, gj, gk)
        if from_zero:
            start[1](x, b, *couplings)
        else:
            first_sweep[1](x, y, b, *couplings)
            second_sweep[1](x, y, b, *couplings)
        coarse_x, coarse_b, coarse_w = (self.grid(packed, level + 1) for packed in (self.x, self.b, self.w))
        rest[1](x, y, b, w, *couplings, coarse_b, coarse_w)
        self.cycle(level + 1)
        if level + 1 < self.last:
            self.cycle(level + 1, from_zero=False)
        correct[1](x, y, w, coarse_x, coarse_w)
        first_sweep[1](x, y, b, *couplings)
        second_sweep[1](x, y, b, *couplings)

    def _operations(self, level: int, from_zero: bool) -> Operations:
        """The cycle below a level as a list; every coarser grid but the last is visited twice, which makes it a W."""
        if level == self.last:
            return np.array([[SOLVE, level]])
        parts = [np.array([[START if from_zero else REFINE, level], [REST, level]]), self._operations(level + 1, True)]
        if level + 1 < self.last:
            parts.append(self._operations(level + 1, False))
        return np.concatenate([*parts, np.array([[CORRECT, level], [REFINE, level]])])
