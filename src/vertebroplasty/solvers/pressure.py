"""Pressure in a porous bed: cell-centred finite volumes with seven points, solved with conserved face fluxes.

Between two cells the conductance is the harmonic mean of their mobilities (an arithmetic mean would leak through a
cortical wall).  The operator is applied in float64 as a sum of face fluxes, so what leaves a cell enters its neighbour
to the last bit; a float32 multigrid cycle is the preconditioner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64, UInt8

from vertebroplasty.errors import Refused
from vertebroplasty.kernels import kernel, parallel_kernel, prange
from vertebroplasty.solvers.conjugate_gradient import conjugate_gradient
from vertebroplasty.solvers.pressure_multigrid import SERIAL_BELOW, Multigrid

__all__ = ["Faces", "PressureSolution", "face_conductances", "solve_pressure"]

NEGLIGIBLE_SOURCE = 1e-9  # [choice] of the largest source: net inflow of a closed region below this is rounding

FIXED = 2  # [exact] mark of a cell whose pressure is given

Field = Float64[np.ndarray, "k j i"]
Mask = Bool[np.ndarray, "k j i"]
Flat = Float64[np.ndarray, "n"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Faces:
    """Conductance of the face between each cell and the next along i, j and k, in m³/(s·Pa).

    `wall` is, for every cell, the conductance of those faces behind which the pressure is fixed at zero.
    """

    i: Field
    j: Field
    k: Field
    wall: Field


@dataclass(frozen=True, eq=False, kw_only=True)
class PressureSolution:
    """Pressure in Pa above the outside, and the flow in m³/s from each cell to the next along i, j and k."""

    pressure_pa: Field
    flux_i: Field
    flux_j: Field
    flux_k: Field
    iterations: int
    relative_residual: float


def face_conductances(
    mobility: Float[np.ndarray, "k j i"],
    active: Bool[np.ndarray, "k j i"],
    *,
    spacing_m: float,
    axis_factors: Sequence[float] = (1.0, 1.0, 1.0),
    fixed: Bool[np.ndarray, "k j i"] | None = None,
    open_faces: Sequence[Bool[np.ndarray, "k j i"]] | None = None,
) -> Faces:
    """Conductances between neighbouring active cells: spacing times the harmonic mean of the two mobilities.

    `mobility` is permeability over viscosity in m²/(Pa·s); `axis_factors` multiply it along i, j and k.  A cell of
    zero mobility conducts nothing.  Cells of `fixed` lie at pressure zero; `open_faces` (along i, j, k) closes faces.
    """
    state = np.asarray(active).astype(np.uint8)
    if fixed is not None:
        state[np.asarray(fixed) & (state == 0)] = FIXED
    fi, fj, fk, wall = (np.zeros(state.shape) for _ in range(4))
    factors = np.array([spacing_m * factor for factor in axis_factors])
    everywhere = np.ones(state.shape, np.bool_)
    open_i, open_j, open_k = (everywhere,) * 3 if open_faces is None else open_faces
    _conduct(np.asarray(mobility, np.float64), state, factors, open_i, open_j, open_k, fi, fj, fk, wall)
    return Faces(i=fi, j=fj, k=fk, wall=wall)


@kernel
def _conduct(
    mobility: Field,
    state: UInt8[np.ndarray, "k j i"],
    factors: Float64[np.ndarray, "3"],
    open_i: Mask,
    open_j: Mask,
    open_k: Mask,
    fi: Field,
    fj: Field,
    fk: Field,
    wall: Field,
) -> None:
    """Write the conductances of all faces between active cells, and of those towards fixed cells into `wall`."""
    nk, nj, ni = mobility.shape
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                here = state[k, j, i]
                if here == 0:
                    continue
                for axis in range(3):
                    c, b, a = k + (axis == 2), j + (axis == 1), i + (axis == 0)
                    if c == nk or b == nj or a == ni or state[c, b, a] == 0:
                        continue
                    passing = (open_i if axis == 0 else open_j if axis == 1 else open_k)[k, j, i]
                    product = mobility[k, j, i] * mobility[c, b, a]
                    if not passing or product == 0.0:
                        continue
                    face = 2.0 * factors[axis] * product / (mobility[k, j, i] + mobility[c, b, a])
                    if here == 1 and state[c, b, a] == 1:
                        (fi if axis == 0 else fj if axis == 1 else fk)[k, j, i] = face
                    elif here == 1:
                        wall[k, j, i] += face
                    elif state[c, b, a] == 1:
                        wall[c, b, a] += face


def _apply_body(x: Field, out: Field, fi: Field, fj: Field, fk: Field, drain: Field) -> None:
    nk, nj, ni = x.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                here = x[k, j, i]
                flow = fi[k, j, i] * (here - x[k, j, i + 1]) + fi[k, j, i - 1] * (here - x[k, j, i - 1])
                flow += fj[k, j, i] * (here - x[k, j + 1, i]) + fj[k, j - 1, i] * (here - x[k, j - 1, i])
                flow += fk[k, j, i] * (here - x[k + 1, j, i]) + fk[k - 1, j, i] * (here - x[k - 1, j, i])
                out[k, j, i] = flow + drain[k, j, i] * here


_apply = (kernel(_apply_body), parallel_kernel(_apply_body))


def _padded(field: Float[np.ndarray, "k j i"], dtype: type = np.float64) -> np.ndarray:
    """The field with one ghost layer of zeros."""
    out = np.zeros(tuple(n + 2 for n in field.shape), dtype)
    out[1:-1, 1:-1, 1:-1] = field
    return out


def _clear_ghosts(field: Field) -> None:
    """Zero the ghost layer, which the loops never write."""
    for axis in range(3):
        moved = np.moveaxis(field, axis, 0)
        moved[0] = 0.0
        moved[-1] = 0.0


@kernel
def _join(fi: Flat, fj: Flat, fk: Flat, root: Int64[np.ndarray, "n"], row: int, layer: int) -> None:
    """Give every cell the lowest index of the cells it is connected with (union by index, paths halved)."""
    for c in range(root.size):
        for axis in range(3):
            face = (fi if axis == 0 else fj if axis == 1 else fk)[c]
            if face <= 0.0:
                continue
            a, b = c, c + (1 if axis == 0 else row if axis == 1 else layer)
            while root[a] != a:
                root[a] = root[root[a]]
                a = root[a]
            while root[b] != b:
                root[b] = root[root[b]]
                b = root[b]
            root[max(a, b)] = min(a, b)
    for c in range(root.size):
        root[c] = root[root[c]]


def _refuse_closed(faces: Faces, drain: Field, source: Field) -> None:
    """Refuse a region that is fed but has no outlet: its pressure does not exist."""
    root = np.arange(source.size)
    _join(faces.i.reshape(-1), faces.j.reshape(-1), faces.k.reshape(-1), root, source.shape[2], source[0].size)
    outlet = np.bincount(root, drain.reshape(-1))
    net = np.bincount(root, source.reshape(-1))
    if np.any((outlet == 0) & (np.abs(net) > NEGLIGIBLE_SOURCE * np.abs(source).max(initial=0.0))):
        raise Refused(
            "Fluid is pushed into a closed region that nothing can leave, so its pressure does not exist: "
            "give it an outlet or a venous drain."
        )


class _Scaled:
    """The operator with conductances divided by the largest, so that float32 carries them, and its preconditioner."""

    def __init__(self, faces: Faces, sink: Field) -> None:
        fields = (faces.i, faces.j, faces.k, sink, faces.wall)
        self.scale = max(float(field.max(initial=0.0)) for field in fields) or 1.0
        self.fi, self.fj, self.fk = (_padded(field / self.scale) for field in fields[:3])
        self.drain = _padded((sink + faces.wall) / self.scale)
        self.parallel = self.drain.size > SERIAL_BELOW
        self.multigrid = Multigrid(
            self.fi.astype(np.float32),
            self.fj.astype(np.float32),
            self.fk.astype(np.float32),
            _padded(faces.wall / self.scale, np.float32),
            _padded(sink / self.scale, np.float32),
        )

    def apply(self, x: Flat, out: Flat) -> None:
        """Net flow out of every cell."""
        shape = self.drain.shape
        _clear_ghosts(out.reshape(shape))
        _apply[self.parallel](x.reshape(shape), out.reshape(shape), self.fi, self.fj, self.fk, self.drain)

    def precondition(self, residual: Flat, out: Flat) -> None:
        """One multigrid cycle."""
        shape = self.drain.shape
        np.copyto(self.multigrid.levels[0].b, residual.reshape(shape), casting="same_kind")
        np.copyto(out.reshape(shape), self.multigrid.cycle())


def solve_pressure(
    faces: Faces,
    source_m3_per_s: Field,
    *,
    sink: Field,
    start_pa: Field | None = None,
    relative_tolerance: float = 1e-6,
    max_iterations: int = 500,
) -> PressureSolution:
    """The pressure at which inflow, face fluxes and drains balance in every cell.

    `sink` (venous drain) is a conductance in m³/(s·Pa) to pressure zero, like the faces' `wall`; a fixed outside
    pressure g enters as a source of conductance times g.

    Raises:
        Refused: a region is fed but has no outlet.
        NotConverged: the tolerance was not reached.
    """
    _refuse_closed(faces, sink + faces.wall, source_m3_per_s)
    operator = _Scaled(faces, sink)
    solution = conjugate_gradient(
        operator.apply,
        operator.precondition,
        _padded(source_m3_per_s / operator.scale).reshape(-1),
        start=None if start_pa is None else _padded(start_pa).reshape(-1),
        relative_tolerance=relative_tolerance,
        max_iterations=max_iterations,
    )
    pressure = solution.x.reshape(operator.drain.shape)
    inner = pressure[1:-1, 1:-1, 1:-1]
    return PressureSolution(
        pressure_pa=inner.copy(),
        flux_i=faces.i * (inner - pressure[1:-1, 1:-1, 2:]),
        flux_j=faces.j * (inner - pressure[1:-1, 2:, 1:-1]),
        flux_k=faces.k * (inner - pressure[2:, 1:-1, 1:-1]),
        iterations=solution.iterations,
        relative_residual=solution.relative_residual,
    )
