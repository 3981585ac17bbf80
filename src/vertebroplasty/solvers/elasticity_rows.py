"""Where a voxel model's nodes lie in memory: row after row along i, each from its first to its last node that matters.

A vertebra with its arch fills a quarter of the box around it.  Vectors of the elasticity solver hold nothing before the
first and after the last voxel of a row: that saves the memory and the time of the void, and a vector stays one array.
Node i of row (k, j) has place `origin[k, j] + i`; component c of the displacement lies `c · count` further.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int32, Int64

from vertebroplasty.kernels import kernel

__all__ = ["Rows", "rows_of"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """The places of all nodes.

    `voxels` are the first voxel with stiffness of every row of voxels and one past the last, `nodes` the same of the
    rows of nodes (all nodes that touch such a voxel, and those between); both are equal where a row is void.
    `planes[k]` is the place where the nodes of plane k begin; there are `count` in all.
    """

    voxels: Int32[np.ndarray, "k j 2"]
    nodes: Int32[np.ndarray, "kn jn 2"]
    origin: Int64[np.ndarray, "kn jn"]
    planes: Int64[np.ndarray, "kn+1"]
    count: int

    def packed(self, field: Float[np.ndarray, "3 kn jn in"]) -> Float64[np.ndarray, "n"]:
        """The values of a nodal field at the nodes of the model."""
        out = np.empty(3 * self.count)
        _pack(field, out, self.nodes, self.origin)
        return out

    def packed_mask(self, field: Bool[np.ndarray, "3 kn jn in"]) -> Bool[np.ndarray, "n"]:
        """The same for a mask."""
        out = np.empty(3 * self.count, np.bool_)
        _pack(field, out, self.nodes, self.origin)
        return out

    def unpacked(self, vector: Float64[np.ndarray, "n"], nodes_along_i: int) -> Float64[np.ndarray, "3 kn jn in"]:
        """A nodal field of these values, zero at nodes outside the model."""
        out = np.zeros((3, *self.origin.shape, nodes_along_i))
        _unpack(vector, out, self.nodes, self.origin)
        return out


def rows_of(modulus_mpa: Float32[np.ndarray, "k j i"]) -> Rows:
    """The rows of a voxel model."""
    layers, columns, _ = modulus_mpa.shape
    voxels = np.empty((layers, columns, 2), np.int32)
    nodes = np.empty((layers + 1, columns + 1, 2), np.int32)
    _voxel_spans(modulus_mpa, voxels)
    _node_spans(voxels, nodes)
    length = (nodes[..., 1] - nodes[..., 0]).astype(np.int64)
    end = np.cumsum(length.ravel()).reshape(length.shape)
    return Rows(
        voxels=voxels,
        nodes=nodes,
        origin=end - length - nodes[..., 0],
        planes=np.concatenate([[0], end[:, -1]]),
        count=int(end[-1, -1]),
    )


@kernel
def _voxel_spans(modulus: Float32[np.ndarray, "k j i"], spans: Int32[np.ndarray, "k j 2"]) -> None:
    for k in range(modulus.shape[0]):
        for j in range(modulus.shape[1]):
            row = modulus[k, j]
            first, last = 0, row.size - 1
            while first < row.size and not row[first] > 0:
                first += 1
            while last > first and not row[last] > 0:
                last -= 1
            spans[k, j, 0] = first if first < row.size else 0
            spans[k, j, 1] = last + 1 if first < row.size else 0


@kernel
def _node_spans(voxels: Int32[np.ndarray, "k j 2"], nodes: Int32[np.ndarray, "kn jn 2"]) -> None:
    layers, columns = voxels.shape[:2]
    for k in range(layers + 1):
        for j in range(columns + 1):
            first, last = np.int32(2147483647), np.int32(0)
            for kk in range(max(k - 1, 0), min(k + 1, layers)):
                for jj in range(max(j - 1, 0), min(j + 1, columns)):
                    if voxels[kk, jj, 1] > voxels[kk, jj, 0]:
                        first, last = min(first, voxels[kk, jj, 0]), max(last, voxels[kk, jj, 1] + 1)
            nodes[k, j, 0] = first if last > 0 else 0
            nodes[k, j, 1] = last


@kernel
def _pack(
    field: np.ndarray, out: np.ndarray, nodes: Int32[np.ndarray, "kn jn 2"], origin: Int64[np.ndarray, "kn jn"]
) -> None:
    count = out.size // 3
    for k in range(origin.shape[0]):
        for c in range(3):
            for j in range(origin.shape[1]):
                base = c * count + origin[k, j]
                for i in range(nodes[k, j, 0], nodes[k, j, 1]):
                    out[base + i] = field[c, k, j, i]


@kernel
def _unpack(
    vector: np.ndarray, out: np.ndarray, nodes: Int32[np.ndarray, "kn jn 2"], origin: Int64[np.ndarray, "kn jn"]
) -> None:
    count = vector.size // 3
    for k in range(origin.shape[0]):
        for c in range(3):
            for j in range(origin.shape[1]):
                base = c * count + origin[k, j]
                for i in range(nodes[k, j, 0], nodes[k, j, 1]):
                    out[c, k, j, i] = vector[base + i]
