"""Rigid motions of small boxes of a voxel model, as a second coarse space beside the multigrid cycle.

An arch or a process on a thin stalk moves almost as a rigid body; the trilinear functions of a coarser grid cannot
describe that, however well they are solved.  The nodes are cut into boxes, each with its three translations and three
rotations about its centre.  A rigid motion stores no energy inside its own box, so the stiffness of this space comes
only from voxels between boxes or at held nodes; it is small, sparse, and factorised once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Int32, Int64

from vertebroplasty.kernels import kernel, parallel_kernel, prange
from vertebroplasty.solvers.elasticity_grid import Grid

__all__ = ["RigidBoxes"]

BOX_NODES = 8  # [choice] nodes along the edge of a box
MOST_BOXES = 700  # [choice] more boxes than this become larger: their factorisation would cost more than it saves
SHIFT = 1e-7  # [choice] of the unit diagonal: boxes with few nodes have motions that cost nothing
MOTIONS = 6  # [exact] three translations, three rotations
NEIGHBOURS = 27  # [exact] boxes around a box, itself included

Ids = Int32[np.ndarray, "kb jb ib"]
Blocks = Float64[np.ndarray, "boxes 27 6 6"]
Motions = Float64[np.ndarray, "boxes 6"]
Nodes = Int32[np.ndarray, "kn jn 2"]
Origin = Int64[np.ndarray, "kn jn"]


@dataclass(frozen=True, eq=False)
class _Layout:
    """Number of every box that has free nodes (−1 for the others), and its edge in nodes."""

    ids: Ids
    edge: int
    count: int


class RigidBoxes:
    """The best combination of rigid motions against a residual."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.layout = grid, _layout(grid)
        layout = self.layout
        blocks = np.zeros((layout.count, NEIGHBOURS, MOTIONS, MOTIONS))
        stiffness = grid.cube.stiffness * grid.spacing_mm
        _add_blocks(grid.modulus_mpa, grid.rows.origin, grid.inverse, stiffness, layout.ids, layout.edge, blocks)
        self.scale, self.factor = _factorised(blocks, layout.ids)
        self.image = np.empty(grid.inverse.size, np.float32)
        self.motions = np.empty((layout.count, MOTIONS))

    def add_after(self, residual: Float64[np.ndarray, "n"], correction: Float32[np.ndarray, "n"]) -> None:
        """Add to a correction the rigid motions that answer what it leaves of the residual."""
        self.grid.apply(correction, self.image)
        self._gather(residual, self.image)
        self._spread(correction)

    def add_to(self, x: Float64[np.ndarray, "n"], residual: Float64[np.ndarray, "n"]) -> None:
        """Add to x the rigid motions that answer its residual."""
        self.image[:] = 0
        self._gather(residual, self.image)
        self._spread(x)

    def _gather(self, residual: Float64[np.ndarray, "n"], image: Float32[np.ndarray, "n"]) -> None:
        rows, layout = self.grid.rows, self.layout
        self.motions[:] = 0
        _forces_on_boxes(
            residual, image, self.grid.inverse, rows.nodes, rows.origin, layout.ids, layout.edge, self.motions
        )
        self.motions[:] = (self.scale * self.factor.solve(self.scale * self.motions.ravel())).reshape(-1, MOTIONS)

    def _spread(self, x: Float[np.ndarray, "n"]) -> None:
        rows, layout = self.grid.rows, self.layout
        _add_motions(x, self.grid.inverse, rows.nodes, rows.origin, layout.ids, layout.edge, self.motions)


def _layout(grid: Grid) -> _Layout:
    edge = BOX_NODES
    while True:
        shape = tuple((n + edge - 1) // edge for n in (n + 1 for n in grid.modulus_mpa.shape))
        ids = np.full(shape, -1, np.int32)
        _mark(grid.inverse, grid.rows.nodes, grid.rows.origin, ids, edge)
        count = int(np.count_nonzero(ids >= 0))
        if count <= MOST_BOXES:
            break
        edge += edge // 2
    ids[ids >= 0] = np.arange(count, dtype=np.int32)
    return _Layout(ids, edge, count)


def _factorised(blocks: Blocks, ids: Ids) -> tuple[Float64[np.ndarray, "unknowns"], Any]:
    """Scales that make the diagonal one, and the sparse factor of the scaled matrix."""
    from scipy.sparse import bsr_array, diags_array
    from scipy.sparse.linalg import splu

    padded = np.pad(ids, 1, constant_values=-1)
    around = np.stack([padded[dk : dk + n[0], dj : dj + n[1], di : di + n[2]] for n in (ids.shape,)
                       for dk, dj, di in np.ndindex(3, 3, 3)], axis=-1)[ids >= 0]  # fmt: skip
    row, neighbour = np.nonzero(around >= 0)
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(around >= 0, axis=1))])
    size = len(blocks) * MOTIONS
    matrix = bsr_array((blocks[row, neighbour], around[row, neighbour], starts), shape=(size, size)).tocsc()
    diagonal = matrix.diagonal()
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
    scaled = diags_array(scale) @ matrix @ diags_array(scale)
    shifted = (scaled + diags_array(np.where(diagonal > 0, SHIFT, 1.0))).tocsc()
    options = {"SymmetricMode": True}
    return scale, splu(shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)


@kernel
def _mark(inverse: Float32[np.ndarray, "n"], nodes: Nodes, origin: Origin, ids: Ids, edge: int) -> None:
    """0 for boxes that have a free degree of freedom."""
    count = inverse.size // 3
    for k in range(origin.shape[0]):
        for j in range(origin.shape[1]):
            for i in range(nodes[k, j, 0], nodes[k, j, 1]):
                at = origin[k, j] + i
                if inverse[at] > 0 or inverse[count + at] > 0 or inverse[2 * count + at] > 0:
                    ids[k // edge, j // edge, i // edge] = 0


@kernel
def _add_blocks(
    modulus: Float32[np.ndarray, "k j i"], origin: Origin, inverse: Float32[np.ndarray, "n"],
    stiffness: Float64[np.ndarray, "24 24"], ids: Ids, edge: int, blocks: Blocks,
) -> None:  # fmt: skip
    """Add the stiffness between the rigid motions of boxes, voxel by voxel."""
    count = inverse.size // 3
    box, place, free, at = np.empty((8, 3), np.int64), np.empty(8, np.int64), np.empty((3, 8)), np.empty((8, 3))
    for k in range(modulus.shape[0]):
        for j in range(modulus.shape[1]):
            for i in range(modulus.shape[2]):
                if modulus[k, j, i] == 0:
                    continue
                alone = True
                for n in range(8):
                    node = (k + (n >> 2 & 1), j + (n >> 1 & 1), i + (n & 1))
                    for axis in range(3):
                        box[n, axis] = node[axis] // edge
                        at[n, 2 - axis] = (node[axis] - box[n, axis] * edge) / edge - 0.5
                        alone = alone and box[n, axis] == box[0, axis]
                    place[n] = origin[node[0], node[1]] + node[2]
                    for c in range(3):
                        free[c, n] = 1.0 if inverse[c * count + place[n]] > 0 else 0.0
                        alone = alone and free[c, n] == 1.0
                if not alone:
                    _add_voxel(modulus[k, j, i], stiffness, box, free, at, ids, blocks)


@kernel
def _add_voxel(
    young: float, stiffness: Float64[np.ndarray, "24 24"], box: Int64[np.ndarray, "8 3"],
    free: Float64[np.ndarray, "3 8"], at: Float64[np.ndarray, "8 3"], ids: Ids, blocks: Blocks,
) -> None:  # fmt: skip
    """One voxel's share: the forces of its corners' motions, box by box, gathered by the motions again."""
    force = np.empty((24, 6))
    for first in range(8):
        b0, b1, b2 = box[first]
        seen = False
        for n in range(first):
            seen = seen or (box[n, 0] == b0 and box[n, 1] == b1 and box[n, 2] == b2)
        if seen or ids[b0, b1, b2] < 0:
            continue
        force[:] = 0
        for n in range(first, 8):
            if box[n, 0] == b0 and box[n, 1] == b1 and box[n, 2] == b2:
                x, y, z = at[n]
                for row in range(24):
                    kx = young * stiffness[row, n] * free[0, n]
                    ky = young * stiffness[row, 8 + n] * free[1, n]
                    kz = young * stiffness[row, 16 + n] * free[2, n]
                    force[row, 0] += kx
                    force[row, 1] += ky
                    force[row, 2] += kz
                    force[row, 3] += y * kz - z * ky
                    force[row, 4] += z * kx - x * kz
                    force[row, 5] += x * ky - y * kx
        for m in range(8):
            own = ids[box[m, 0], box[m, 1], box[m, 2]]
            if own < 0:
                continue
            x, y, z = at[m]
            neighbour = 9 * (b0 - box[m, 0] + 1) + 3 * (b1 - box[m, 1] + 1) + b2 - box[m, 2] + 1
            block = blocks[own, neighbour]
            for column in range(6):
                fx, fy, fz = (
                    force[m, column] * free[0, m], force[8 + m, column] * free[1, m], force[16 + m, column] * free[2, m]
                )  # fmt: skip
                block[0, column] += fx
                block[1, column] += fy
                block[2, column] += fz
                block[3, column] += y * fz - z * fy
                block[4, column] += z * fx - x * fz
                block[5, column] += x * fy - y * fx


@parallel_kernel
def _forces_on_boxes(
    residual: Float64[np.ndarray, "n"], image: Float32[np.ndarray, "n"], inverse: Float32[np.ndarray, "n"],
    nodes: Nodes, origin: Origin, ids: Ids, edge: int, out: Motions,
) -> None:  # fmt: skip
    """Forces and moments of residual − image on every box; one layer of boxes at a time, so the order is fixed."""
    count = inverse.size // 3
    for layer in prange(ids.shape[0]):
        for k in range(layer * edge, min((layer + 1) * edge, origin.shape[0])):
            for j in range(origin.shape[1]):
                y, z = (j % edge) / edge - 0.5, (k % edge) / edge - 0.5
                start, stop = nodes[k, j, 0], nodes[k, j, 1]
                for column in range(start // edge, (stop + edge - 1) // edge):
                    own = ids[layer, j // edge, column]
                    if own < 0:
                        continue
                    fx, fy, fz, xy, xz = 0.0, 0.0, 0.0, 0.0, 0.0
                    for i in range(max(start, column * edge), min(stop, (column + 1) * edge)):
                        at, x = origin[k, j] + i, (i - column * edge) / edge - 0.5
                        if inverse[at] > 0:
                            fx += residual[at] - image[at]
                        at += count
                        if inverse[at] > 0:
                            fy += residual[at] - image[at]
                            xy += x * (residual[at] - image[at])
                        at += count
                        if inverse[at] > 0:
                            fz += residual[at] - image[at]
                            xz += x * (residual[at] - image[at])
                    out[own, 0] += fx
                    out[own, 1] += fy
                    out[own, 2] += fz
                    out[own, 3] += y * fz - z * fy
                    out[own, 4] += z * fx - xz
                    out[own, 5] += xy - y * fx


@parallel_kernel
def _add_motions(
    x: Float[np.ndarray, "n"], inverse: Float32[np.ndarray, "n"], nodes: Nodes, origin: Origin, ids: Ids, edge: int,
    motions: Motions,
) -> None:  # fmt: skip
    """Add the displacements of the boxes' motions to the free degrees of freedom."""
    count = inverse.size // 3
    for k in prange(origin.shape[0]):
        for j in range(origin.shape[1]):
            b, c = (j % edge) / edge - 0.5, (k % edge) / edge - 0.5
            start, stop = nodes[k, j, 0], nodes[k, j, 1]
            for column in range(start // edge, (stop + edge - 1) // edge):
                own = ids[k // edge, j // edge, column]
                if own < 0:
                    continue
                m = motions[own]
                along, across, up = m[0] + c * m[4] - b * m[5], m[1] - c * m[3], m[2] + b * m[3]
                turn, tilt = m[5], m[4]
                for i in range(max(start, column * edge), min(stop, (column + 1) * edge)):
                    at, a = origin[k, j] + i, (i - column * edge) / edge - 0.5
                    if inverse[at] > 0:
                        x[at] += along
                    at += count
                    if inverse[at] > 0:
                        x[at] += across + a * turn
                    at += count
                    if inverse[at] > 0:
                        x[at] += up - a * tilt
