"""Pressure in a porous bed: cell-centred finite volumes with seven points, solved with conserved face fluxes.

Between two cells the conductance is the harmonic mean of their mobilities (an arithmetic mean would leak through a
cortical wall).  The operator is applied in float64 as a sum of face fluxes, so what leaves a cell enters its neighbour
to the last bit; a float32 multigrid cycle is the preconditioner.

`solve_pressure` answers one question.  Where the same grid is solved again and again while cement enters, a
`PressureSystem` keeps its memory, takes changed conductances in a box of cells, and starts from the last answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, UInt8

from vertebroplasty.errors import Refused
from vertebroplasty.kernels import kernel, parallel_kernel, prange
from vertebroplasty.solvers.pressure_iteration import Conductances, Iteration
from vertebroplasty.solvers.pressure_multigrid import SERIAL_BELOW, Multigrid
from vertebroplasty.solvers.pressure_outlets import fed_without_outlet

__all__ = ["Cells", "Faces", "PressureSolution", "PressureSystem", "face_conductances", "solve_pressure"]

FIXED = 2  # [exact] mark of a cell whose pressure is given

Field = Float64[np.ndarray, "k j i"]
Mask = Bool[np.ndarray, "k j i"]
Cells = tuple[slice, slice, slice]  # a box of cells along k, j and i


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


def _fluxes_body(
    x: Field, fi: Field, fj: Field, fk: Field, pressure: Field, flux_i: Field, flux_j: Field, flux_k: Field
) -> None:
    """Take the answer out of its ghost cells, and the flow through every face."""
    nk, nj, ni = pressure.shape
    for k in prange(nk):
        for j in range(nj):
            for i in range(ni):
                here = x[k + 1, j + 1, i + 1]
                pressure[k, j, i] = here
                flux_i[k, j, i] = fi[k, j, i] * (here - x[k + 1, j + 1, i + 2])
                flux_j[k, j, i] = fj[k, j, i] * (here - x[k + 1, j + 2, i + 1])
                flux_k[k, j, i] = fk[k, j, i] * (here - x[k + 2, j + 1, i + 1])


_fluxes = (kernel(_fluxes_body), parallel_kernel(_fluxes_body))


class PressureSystem:
    """The balance of one grid of cells, solved again and again while its conductances change.

    All work arrays are taken when it is made; `take` hands it conductances, `solve` a source.  The last answer is
    where the next solution starts.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        """Take the memory for a grid of this shape along k, j and i."""
        self.shape = shape
        self._multigrid = Multigrid(shape)
        self._iteration = Iteration(self._multigrid)
        self._drain = np.zeros(shape)
        self._scale: float | None = None

    def take(self, faces: Faces, sink: Field, *, changed: Cells | None = None) -> None:
        """Use these conductances from now on; they are kept as views, not copied.

        `changed` is a box that holds every cell whose entries in `faces` or `sink` are not what they were when last
        taken (a face belongs to the cell before it): only what depends on it is set up anew, to the same numbers as
        from scratch.  A cell forgotten here costs convergence, which is checked on the conductances themselves.

        Raises:
            Refused: the grid has another shape, or a box was given before any conductances.
        """
        given = (faces.i, faces.j, faces.k, faces.wall, sink)
        fi, fj, fk, wall, drain = fields = tuple(np.ascontiguousarray(field, np.float64) for field in given)
        if any(field.shape != self.shape for field in fields):
            raise Refused(f"The conductances are not those of the grid of {self.shape} cells: make a new system.")
        if changed is not None and self._scale is None:
            raise Refused("A box of changed cells was given before any conductances: give all cells first.")
        if changed is None or self._scale is None:
            largest = max(float(field.max(initial=0.0)) for field in fields)
            self._scale = float(2.0 ** np.floor(np.log2(largest))) if largest > 0.0 else 1.0
            changed = (slice(None),) * 3
        spans = [cells.indices(n)[:2] for cells, n in zip(changed, self.shape, strict=True)]
        low, high = (np.array(corner, np.int64) for corner in zip(*spans, strict=True))
        np.add(wall, drain, out=self._drain)
        self._conductances = Conductances(fi, fj, fk, self._drain)
        if np.all(low < high):
            self._multigrid.set_up((fi, fj, fk, wall, drain), self._scale, low[:2], high[:2])

    def start_from(self, pressure_pa: Field) -> None:
        """Start the next solution from these pressures."""
        self._iteration.x[1:-1, 1:-1, 1:-1] = pressure_pa

    def solve(
        self, source_m3_per_s: Field, *, relative_tolerance: float = 1e-6, max_iterations: int = 500
    ) -> PressureSolution:
        """The pressure at which inflow, face fluxes and drains balance in every cell.

        Raises:
            Refused: a region is fed but has no outlet, or no conductances were taken.
            NotConverged: the tolerance was not reached.
        """
        if self._scale is None:
            raise Refused("The pressure was asked for before any conductances: give them first.")
        source = np.ascontiguousarray(source_m3_per_s, np.float64)
        if fed_without_outlet(*self._conductances, source):
            raise Refused(
                "Fluid is pushed into a closed region that nothing can leave, so its pressure does not exist: "
                "give it an outlet or a venous drain."
            )
        iterations, residual = self._iteration.solve(
            self._conductances,
            source,
            relative_tolerance=relative_tolerance,
            max_iterations=max_iterations,
        )
        pressure, flux_i, flux_j, flux_k = (np.empty(self.shape) for _ in range(4))
        x, faces = self._iteration.x, self._conductances[:3]
        _fluxes[x.size > SERIAL_BELOW](x, *faces, pressure, flux_i, flux_j, flux_k)
        return PressureSolution(
            pressure_pa=pressure,
            flux_i=flux_i,
            flux_j=flux_j,
            flux_k=flux_k,
            iterations=iterations,
            relative_residual=residual,
        )


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
    system = PressureSystem(sink.shape)
    system.take(faces, sink)
    if start_pa is not None:
        system.start_from(start_pa)
    return system.solve(source_m3_per_s, relative_tolerance=relative_tolerance, max_iterations=max_iterations)
