"""Compiled loops of the elasticity solver: K u voxel by voxel, without a matrix.

Displacements and forces are vectors over the rows of `elasticity_rows`; the modulus lies on the voxels.  Slabs of a few
layers are worked through in two passes, every second slab at a time: within a pass no two slabs share a node, so
nothing is written twice at once and the order of every sum is fixed, whatever the number of threads.

A row of voxels is copied into one small buffer whose lines have a fixed length: the compiler then sees that lines do
not overlap and handles several voxels at once.
"""

import numpy as np
from jaxtyping import Float, Float32, Int, Int32, Int64

from vertebroplasty.kernels import kernel, parallel_kernel, prange
from vertebroplasty.solvers.elasticity_rows import Rows
from vertebroplasty.solvers.vector_lanes import LANES, add_lanes, copy_lanes

__all__ = ["apply_stiffness"]

RUN = 63  # [choice] voxels handled together; with their last node they fill four groups
GROUP = LANES  # [choice] runs are rounded up to whole vectors of float32
LINE = 80  # [choice] length of a line of the buffer: more than RUN + GROUP, no power of two
INPUTS = 12  # [exact] 3 components on 4 rows of nodes
FORCES = 24  # [exact] 3 components at 8 corners
X, Y, Z = FORCES * LINE, (FORCES + 4) * LINE, (FORCES + 8) * LINE  # [exact] where each component's nodes begin
MODULUS_LINE = FORCES + INPUTS  # [exact] the last line of the buffer: forces, displacements, modulus

ISOTROPIC_MODES = 8  # [exact] different values of the transformed matrix of an isotropic cube
SLABS = 16  # [choice] about so many slabs: enough for eight threads, few enough to share few planes
LAYERS = 8  # [choice] at most in a slab

Modulus = Float32[np.ndarray, "k j i"]
Spans = Int32[np.ndarray, "k j 2"]
Origin = Int64[np.ndarray, "kn jn"]
Planes = Int64[np.ndarray, "kn+1"]
Modes = Float[np.ndarray, "modes"]
Line = Float[np.ndarray, "n"]
Flat = Float[np.ndarray, "m"]
Starts = Int[np.ndarray, "12"]
Eight = tuple[float, float, float, float, float, float, float, float]


@kernel
def _hadamard(a0: float, a1: float, a2: float, a3: float, a4: float, a5: float, a6: float, a7: float) -> Eight:
    """Sums and differences along x, then y, then z; its own inverse up to the factor 8."""
    b0, b1, b2, b3, b4, b5, b6, b7 = a0 + a1, a0 - a1, a2 + a3, a2 - a3, a4 + a5, a4 - a5, a6 + a7, a6 - a7
    c0, c1, c2, c3, c4, c5, c6, c7 = b0 + b2, b1 + b3, b0 - b2, b1 - b3, b4 + b6, b5 + b7, b4 - b6, b5 - b7
    return c0 + c4, c1 + c5, c2 + c6, c3 + c7, c0 - c4, c1 - c5, c2 - c6, c3 - c7


@kernel
def _corner_modes(line: Line, at: int) -> Eight:
    """The eight modes of one displacement component of a voxel whose corner 0 lies at `at`, from four rows of nodes."""
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
    line: Line, at: int,
    f0: float, f1: float, f2: float, f3: float, f4: float, f5: float, f6: float, f7: float,
) -> None:  # fmt: skip
    """Back from modes to the eight corner forces of one component, the first at `at`; odd ones one place further."""
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
        _, x1, x2, x3, x4, x5, x6, x7 = _corner_modes(line, X + i)
        _, y1, y2, y3, y4, y5, y6, y7 = _corner_modes(line, Y + i)
        _, z1, z2, z3, z4, z5, z6, z7 = _corner_modes(line, Z + i)
        volume = e * stretch2 * (x1 + y2 + z4)
        own = e * (stretch - stretch2)
        slide = e * shear
        xy, xz, yz = slide * (x2 + y1), slide * (x4 + z1), slide * (y4 + z2)
        ebend, ebend2, eglass = e * bend, e * bend2, e * glass
        turned = e * twist2 * (x6 + y5 + z3)
        alone = e * (twist - twist2)
        _put_forces(
            line, i, zero, volume + own * x1, xy, ebend * x3 + ebend2 * z6, xz, ebend * x5 + ebend2 * y6,
            turned + alone * x6, eglass * x7,
        )  # fmt: skip
        _put_forces(
            line, 8 * LINE + i, zero, xy, volume + own * y2, ebend * y3 + ebend2 * z5, yz, turned + alone * y5,
            ebend * y6 + ebend2 * x5, eglass * y7,
        )  # fmt: skip
        _put_forces(
            line, 16 * LINE + i, zero, xz, yz, turned + alone * z3, volume + own * z4, ebend * z5 + ebend2 * y3,
            ebend * z6 + ebend2 * x3, eglass * z7,
        )  # fmt: skip


@kernel
def _run_mirrored_forces(line: Line, m: Modes, count: int) -> None:
    """The same for a material that only has the mirror planes of the cube."""
    zero = line.dtype.type(0.0)
    for i in range(count):
        e = line[MODULUS_LINE * LINE + i]
        _, x1, x2, x3, x4, x5, x6, x7 = _corner_modes(line, X + i)
        _, y1, y2, y3, y4, y5, y6, y7 = _corner_modes(line, Y + i)
        _, z1, z2, z3, z4, z5, z6, z7 = _corner_modes(line, Z + i)
        _put_forces(
            line, i, zero, e * (m[0] * x1 + m[1] * y2 + m[2] * z4), e * (m[12] * x2 + m[13] * y1),
            e * (m[24] * x3 + m[25] * z6), e * (m[15] * x4 + m[16] * z1), e * (m[27] * x5 + m[28] * y6),
            e * (m[6] * x6 + m[7] * y5 + m[8] * z3), e * m[30] * x7,
        )  # fmt: skip
        _put_forces(
            line, 8 * LINE + i, zero, e * (m[13] * x2 + m[14] * y1), e * (m[1] * x1 + m[3] * y2 + m[4] * z4),
            e * (m[21] * y3 + m[22] * z5), e * (m[18] * y4 + m[19] * z2), e * (m[7] * x6 + m[9] * y5 + m[10] * z3),
            e * (m[28] * x5 + m[29] * y6), e * m[31] * y7,
        )  # fmt: skip
        _put_forces(
            line, 16 * LINE + i, zero, e * (m[16] * x4 + m[17] * z1), e * (m[19] * y4 + m[20] * z2),
            e * (m[8] * x6 + m[10] * y5 + m[11] * z3), e * (m[2] * x1 + m[4] * y2 + m[5] * z4),
            e * (m[22] * y3 + m[23] * z5), e * (m[25] * x3 + m[26] * z6), e * m[32] * z7,
        )  # fmt: skip


@kernel
def _load_run(line: Line, u: Flat, starts: Starts, first: int, moduli: Float32[np.ndarray, "n"]) -> None:
    """Copy the twelve rows of nodes and the moduli of a run; voxels past its end have none."""
    nodes = moduli.size + 1
    for n in range(starts.size):
        for i in range(0, nodes, GROUP):
            copy_lanes(line, (FORCES + n) * LINE + i, u, starts[n] + first + i, nodes - i)
    target = line[MODULUS_LINE * LINE :]
    for i in range(moduli.size):
        target[i] = moduli[i]
    for i in range(moduli.size, (moduli.size // GROUP + 1) * GROUP):
        target[i] = 0


@kernel
def _add_run(line: Line, out: Flat, starts: Starts, first: int, count: int) -> None:
    """Add the corner forces of a run to its nodes."""
    for n in range(starts.size):
        for i in range(0, count + 1, GROUP):
            at = 2 * n * LINE + i
            add_lanes(out, starts[n] + first + i, line, at, at + LINE, count + 1 - i)


@kernel
def _add_layer(
    u: Flat, out: Flat, modulus: Modulus, spans: Spans, origin: Origin, modes: Modes, line: Line, k: int
) -> None:  # fmt: skip
    """Add the forces of one layer of voxels."""
    starts, count = np.empty(INPUTS, np.int64), u.size // 3
    for j in range(modulus.shape[1]):
        start, stop = spans[k, j, 0], spans[k, j, 1]
        for c in range(3):  # the rows of a voxel's corners 0, 2, 4 and 6
            for row in range(4):
                starts[4 * c + row] = c * count + origin[k + row // 2, j + row % 2]
        while start < stop:
            length = min(RUN, stop - start)
            _load_run(line, u, starts, start, modulus[k, j, start : start + length])
            whole = (length + GROUP) // GROUP * GROUP
            if modes.ndim == 1:  # known when compiling: an isotropic model never waits for the other form
                eight = (modes[0], modes[1], modes[2], modes[3], modes[4], modes[5], modes[6], modes[7])
                _run_forces(line, eight, whole)
            else:
                _run_mirrored_forces(line, modes[0], whole)
            _add_run(line, out, starts, start, length)
            start += length


@kernel
def _clear(out: Flat, planes: Planes, k: int) -> None:
    """Zero the forces of one plane of nodes."""
    count = out.size // 3
    for c in range(3):
        out[c * count + planes[k] : c * count + planes[k + 1]] = 0


@parallel_kernel
def _add_slabs(
    u: Flat, out: Flat, modulus: Modulus, spans: Spans, origin: Origin, planes: Planes, modes: Modes, height: int,
    first: int,
) -> None:  # fmt: skip
    """Write the forces of every second slab; the odd ones add to the end planes that the even ones have written."""
    layers = modulus.shape[0]
    slabs = (layers + height - 1) // height
    for half in prange((slabs - first + 1) // 2):
        line = np.zeros((MODULUS_LINE + 1) * LINE, u.dtype)
        start = (2 * half + first) * height
        stop = min(start + height, layers)
        if first == 0:
            _clear(out, planes, start)
        for k in range(start, stop):
            if first == 0 or k + 1 < stop or stop == layers:
                _clear(out, planes, k + 1)
            _add_layer(u, out, modulus, spans, origin, modes, line, k)


def apply_stiffness(u: Flat, out: Flat, modulus: Modulus, rows: Rows, modes: Modes) -> None:
    """Write K u; `modes` (edge length included) and `u` have the same float type, which is that of the arithmetic."""
    height = min(max(modulus.shape[0] // SLABS, 1), LAYERS)
    if modes.size != ISOTROPIC_MODES:
        modes = modes[np.newaxis]
    for first in (0, 1):
        _add_slabs(u, out, modulus, rows.voxels, rows.origin, rows.planes, modes, height, first)
