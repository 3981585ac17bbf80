"""Cement mixed anew within the cement that is there: how much of each voxel is of which mix.

Between two pressure solutions a mix is carried along by the frozen fluxes: what passes through a voxel mixes with what
the voxel holds.  Old cement is thus pushed ahead of fresh cement, as in the bone, with a front some voxels wide.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from vertebroplasty.cement.front import Fluxes
from vertebroplasty.cement.rheology import PowerLaw
from vertebroplasty.kernels import kernel

__all__ = ["Batch"]

NEIGHBOURS = 6  # [exact] voxels that share a face with one

Flat = Float64[np.ndarray, "n"]
Field = Float64[np.ndarray, "k j i"]


@dataclass(eq=False, kw_only=True)
class Batch:
    """One later mix in the bone: ml of it in every voxel, its part of the whole flow's sources, its viscosity now."""

    content: Field
    source: Field
    law: PowerLaw
    pushed_ml: float = 0.0

    def carried(
        self,
        box: tuple[slice, ...],
        fluxes: Fluxes,
        held: tuple[Flat, Flat, Bool[np.ndarray, "n"]],
        source: Flat,
        pushed_ml: float,
    ) -> None:
        """Carry this mix along while `pushed_ml` of all cement came in, spread over the voxels as `source`.

        `held` are the cement in the box's voxels before and after, and which were full before.  What rounding lost is
        spread over all of it, so that its volume is what was pushed of it.
        """
        before, after, full = held
        mine = np.ascontiguousarray(self.content[box]).reshape(-1)
        own = np.ascontiguousarray(self.source[box]).reshape(-1)
        carry(fluxes, source * pushed_ml, own * pushed_ml, before, after, full, mine)
        self.pushed_ml += pushed_ml * float(self.source.sum())
        self.content[box] = mine.reshape(self.content[box].shape)
        total = float(self.content.sum())
        if total > 0.0:
            self.content *= self.pushed_ml / total

    def laid(self, gained_ml: Field) -> None:
        """Add cement that came by other means than the flow."""
        self.content += gained_ml
        self.pushed_ml += float(gained_ml.sum())


@kernel
def carry(
    fluxes: Fluxes, source: Flat, own: Flat, before: Flat, after: Flat, full: Bool[np.ndarray, "n"], mine: Flat
) -> None:
    """Move one mix's volumes `mine` with all cement, voxel by voxel down the pressure; ml throughout."""
    takes = np.zeros(before.size, np.bool_)
    for n in range(fluxes.order.size - 1, -1, -1):
        c = fluxes.order[n]
        takes[c] = not full[c]
        for side in range(NEIGHBOURS):
            d, flow = _beside(c, side, fluxes)
            takes[c] |= flow > 0.0 and takes[d]
    inflow, share_in = source.copy(), own.copy()
    for c in fluxes.order:
        room = before[c] + inflow[c]
        if room <= 0.0:
            continue
        part = min((mine[c] + share_in[c]) / room, 1.0)
        out = max(inflow[c] - (after[c] - before[c]), 0.0)
        mine[c] = part * after[c]
        total = 0.0
        for side in range(NEIGHBOURS):
            d, flow = _beside(c, side, fluxes)
            if flow > 0.0 and takes[d]:
                total += flow
        if out <= 0.0 or total <= 0.0:
            continue
        for side in range(NEIGHBOURS):
            d, flow = _beside(c, side, fluxes)
            if flow > 0.0 and takes[d]:
                inflow[d] += out * flow / total
                share_in[d] += part * out * flow / total


@kernel
def _beside(c: int, side: int, fluxes: Fluxes) -> tuple[int, float]:
    """A voxel beside `c` and the flux from `c` into it."""
    step = (1, 1, fluxes.row, fluxes.row, fluxes.layer, fluxes.layer)[side]
    field = fluxes.i if side < 2 else fluxes.j if side < 4 else fluxes.k
    d = c + step if side % 2 == 0 else c - step
    return d, field[c] if side % 2 == 0 else -field[d]
