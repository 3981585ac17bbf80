"""Compiled loops of the elasticity solver: K u voxel by voxel, without a matrix.

Displacements and forces are stored component first, `[c, k, j, i]` on the nodes; the modulus lies on the voxels.
Layers of voxels are worked through in two passes, every second one at a time: within a pass no two layers share a
node, so nothing is written twice at once and the order of every sum is fixed, whatever the number of threads.

A row of voxels is copied into one small buffer whose lines have a fixed length: the compiler then sees that lines do
not overlap and handles several voxels at once.
"""

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Int32

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["apply_stiffness", "element_energies", "modulus_sum", "occupied_spans"]

RUN = 63  # [choice] voxels handled together; with their last node they fill four groups
GROUP = 16  # [choice] runs are rounded up to whole vectors of float32
LINE = 80  # [choice] length of a line of the buffer: more than RUN + GROUP, no power of two
INPUTS = 12  # [exact] 3 components on 4 rows of nodes
FORCES = 24  # [exact] 3 components at 8 corners
MODULUS_LINE = FORCES + INPUTS  # [exact] the last line of the buffer: forces, displacements, modulus

Nodal = Float[np.ndarray, "3 kn jn in"]
Modulus = Float32[np.ndarray, "k j i"]
Spans = Int32[np.ndarray, "k j 2"]
Modes = Float[np.ndarray, "8"]
Line = Float[np.ndarray, "n"]
Flat = Float[np.ndarray, "m"]
Rows = Int[np.ndarray, "12"]
Eight = tuple[float, float, float, float, float, float, float, float]


@kernel
def _hadamard(a0: float, a1: float, a2: float, a3: float, a4: float, a5: float, a6: float, a7: float) -> Eight:
    """Sums and differences along x, then y, then z; its own inverse up to the factor 8."""
    b0, b1, b2, b3, b4, b5, b6, b7 = a0 + a1, a0 - a1, a2 + a3, a2 - a3, a4 + a5, a4 - a5, a6 + a7, a6 - a7
    c0, c1, c2, c3, c4, c5, c6, c7 = b0 + b2, b1 + b3, b0 - b2, b1 - b3, b4 + b6, b5 + b7, b4 - b6, b5 - b7
    return c0 + c4, c1 + c5, c2 + c6, c3 + c7, c0 - c4, c1 - c5, c2 - c6, c3 - c7


@kernel
def _corner_modes(line: Line, component: int, i: int) -> Eight:
    """The eight modes of one displacement component of voxel i from its four rows of nodes."""
    at = (FORCES + 4 * component) * LINE + i
    return _hadamard(
        line[at],
        line[at + 1],
        line[at + LINE],
        line[at + LINE + 1],
        line[at + 2 * LINE],
        line[at + 2 * LINE + 1],
        line[at + 3 * LINE],
        line[at + 3 * LINE + 1],
    )


@kernel
def _put_forces(
    line: Line, component: int, i: int,
    f0: float, f1: float, f2: float, f3: float, f4: float, f5: float, f6: float, f7: float,
) -> None:  # fmt: skip
    """Back from modes to the eight corner forces of one component; those on node i + 1 are put one place further."""
    at = 8 * component * LINE + i
    g0, g1, g2, g3, g4, g5, g6, g7 = _hadamard(f0, f1, f2, f3, f4, f5, f6, f7)
    line[at] = g0
    line[at + LINE + 1] = g1
    line[at + 2 * LINE] = g2
    line[at + 3 * LINE + 1] = g3
    line[at + 4 * LINE] = g4
    line[at + 5 * LINE + 1] = g5
    line[at + 6 * LINE] = g6
    line[at + 7 * LINE + 1] = g7


@kernel
def _run_forces(line: Line, modes: Eight, count: int) -> None:
    """Corner forces of a run of voxels: stretch, bending, shear, hourglass and twist, each in its own small block."""
    stretch, stretch2, bend, bend2, shear, glass, twist, twist2 = modes
    zero = line.dtype.type(0.0)
    for i in range(count):
        e = line[MODULUS_LINE * LINE + i]
        _, x1, x2, x3, x4, x5, x6, x7 = _corner_modes(line, 0, i)
        _, y1, y2, y3, y4, y5, y6, y7 = _corner_modes(line, 1, i)
        _, z1, z2, z3, z4, z5, z6, z7 = _corner_modes(line, 2, i)
        volume = e * stretch2 * (x1 + y2 + z4)
        own = e * (stretch - stretch2)
        slide = e * shear
        xy, xz, yz = slide * (x2 + y1), slide * (x4 + z1), slide * (y4 + z2)
        ebend, ebend2, eglass = e * bend, e * bend2, e * glass
        turned = e * twist2 * (x6 + y5 + z3)
        alone = e * (twist - twist2)
        _put_forces(
            line, 0, i, zero, volume + own * x1, xy, ebend * x3 + ebend2 * z6, xz, ebend * x5 + ebend2 * y6,
            turned + alone * x6, eglass * x7,
        )  # fmt: skip
        _put_forces(
            line, 1, i, zero, xy, volume + own * y2, ebend * y3 + ebend2 * z5, yz, turned + alone * y5,
            ebend * y6 + ebend2 * x5, eglass * y7,
        )  # fmt: skip
        _put_forces(
            line, 2, i, zero, xz, yz, turned + alone * z3, volume + own * z4, ebend * z5 + ebend2 * y3,
            ebend * z6 + ebend2 * x3, eglass * z7,
        )  # fmt: skip


@kernel
def _load_run(line: Line, u: Flat, rows: Rows, base: int, moduli: Float32[np.ndarray, "n"]) -> None:
    """Copy the twelve rows of nodes and the moduli of a run; voxels past its end have none."""
    for n in range(rows.size):
        source = u[base + rows[n] : base + rows[n] + moduli.size + 1]
        target = line[(FORCES + n) * LINE : (FORCES + n) * LINE + source.size]
        for i in range(source.size):
            target[i] = source[i]
    target = line[MODULUS_LINE * LINE :]
    for i in range(moduli.size):
        target[i] = moduli[i]
    for i in range(moduli.size, LINE):
        target[i] = 0


@kernel
def _add_run(line: Line, out: Flat, rows: Rows, base: int, count: int) -> None:
    """Add the corner forces of a run to its nodes."""
    for n in range(rows.size):
        target = out[base + rows[n] : base + rows[n] + count + 1]
        left = line[2 * n * LINE : 2 * n * LINE + target.size]
        right = line[(2 * n + 1) * LINE : (2 * n + 1) * LINE + target.size]
        for i in range(target.size):
            target[i] += left[i] + right[i]


@kernel
def _add_layer(u: Flat, out: Flat, modulus: Modulus, spans: Spans, modes: Modes, rows: Rows, k: int) -> None:
    """Add the forces of one layer of voxels."""
    line = np.zeros((MODULUS_LINE + 1) * LINE, u.dtype)
    tupled = (modes[0], modes[1], modes[2], modes[3], modes[4], modes[5], modes[6], modes[7])
    nj, ni = modulus.shape[1], modulus.shape[2]
    for j in range(nj):
        start, stop = spans[k, j, 0], spans[k, j, 1]
        while start < stop:
            count = min(RUN, stop - start)
            base = (k * (nj + 1) + j) * (ni + 1) + start
            _load_run(line, u, rows, base, modulus[k, j, start : start + count])
            _run_forces(line, tupled, (count + GROUP) // GROUP * GROUP)
            _add_run(line, out, rows, base, count)
            start += count


@parallel_kernel
def _add_layers(
    u: Flat, out: Flat, modulus: Modulus, spans: Spans, modes: Modes, rows: Rows, first: int
) -> None:  # fmt: skip
    """Add the forces of every second layer."""
    for half in prange((modulus.shape[0] - first + 1) // 2):
        _add_layer(u, out, modulus, spans, modes, rows, 2 * half + first)


def apply_stiffness(u: Nodal, out: Nodal, modulus: Modulus, spans: Spans, modes: Modes) -> None:
    """Write K u; `modes` (edge length included) and `u` have the same float type, which is that of the arithmetic."""
    _, nk, nj, ni = u.shape
    component, layer = np.meshgrid(np.arange(3) * nk * nj * ni, np.arange(2) * nj * ni, indexing="ij")
    rows = (
        component[:, :, None] + layer[:, :, None] + np.arange(2) * ni
    ).ravel()  # row of a voxel's corners 0, 2, 4, 6
    out.fill(0)
    for first in (0, 1):
        _add_layers(u.reshape(-1), out.reshape(-1), modulus, spans, modes, rows, first)


@kernel
def element_energies(
    u: Float64[np.ndarray, "3 kn jn in"], modulus: Modulus, stiffness: Float64[np.ndarray, "24 24"],
    out: Float64[np.ndarray, "k j i"],
) -> None:  # fmt: skip
    """Strain energy ½ uᵀ(E·K₀)u of every voxel, straight from the matrix (and so a check on the transform)."""
    corner = np.empty(24)
    for k in range(modulus.shape[0]):
        for j in range(modulus.shape[1]):
            for i in range(modulus.shape[2]):
                out[k, j, i] = 0.0
                if modulus[k, j, i] == 0:
                    continue
                for n in range(24):
                    corner[n] = u[n // 8, k + (n >> 2 & 1), j + (n >> 1 & 1), i + (n & 1)]
                total = 0.0
                for row in range(24):
                    force = 0.0
                    for column in range(24):
                        force += stiffness[row, column] * corner[column]
                    total += corner[row] * force
                out[k, j, i] = 0.5 * modulus[k, j, i] * total


@parallel_kernel
def modulus_sum(modulus: Modulus, out: Float32[np.ndarray, "kn jn in"]) -> None:
    """Sum of the moduli of the up to eight voxels around every node."""
    nk, nj, ni = modulus.shape
    for k in prange(nk + 1):
        for j in range(nj + 1):
            for i in range(ni + 1):
                total = 0.0
                for kk in range(max(k - 1, 0), min(k + 1, nk)):
                    for jj in range(max(j - 1, 0), min(j + 1, nj)):
                        for ii in range(max(i - 1, 0), min(i + 1, ni)):
                            total += modulus[kk, jj, ii]
                out[k, j, i] = total


@kernel
def occupied_spans(modulus: Modulus, spans: Spans) -> None:
    """First and one past the last voxel with stiffness in every row; equal where the row is void."""
    for k in range(modulus.shape[0]):
        for j in range(modulus.shape[1]):
            spans[k, j, 0] = 0
            spans[k, j, 1] = 0
            for i in range(modulus.shape[2]):
                if modulus[k, j, i] > 0:
                    if spans[k, j, 1] == 0:
                        spans[k, j, 0] = i
                    spans[k, j, 1] = i + 1
