"""Conjugate gradients for the pressure, with the loops over cells fused; the preconditioner is one multigrid cycle.

The pressure, the conductances and the residual that counts are float64.  Directions are float32: their flows are sums
of conductance times a difference, so that rounding changes every conductance by 1e-7 of itself and nothing else, and
whenever the residual has fallen far it is replaced by the true one.  Every sum runs along the rows of a layer and then
over the layers in order, so that the answer does not depend on the number of threads.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64

from vertebroplasty.kernels import kernel, parallel_kernel, prange
from vertebroplasty.solvers.conjugate_gradient import NotConverged
from vertebroplasty.solvers.pressure_multigrid import SERIAL_BELOW, Multigrid

__all__ = ["Conductances", "Iteration"]

Field = Float64[np.ndarray, "k j i"]
Cells = Float32[np.ndarray, "k j i"]
Lanes = Float64[np.ndarray, "3 k i"]

TINY = np.float32(1e-37)  # [choice] keeps 0/0 from arising in cells that do not exist
REPLACE_AFTER = 1e-4  # [choice] fall of the residual after which the true one replaces it: float32 carries 1e-7
WEAKLY_DRAINED = 1e-6  # [choice] share of drains in all conductances below which the mean is lost to float32
ACCEPTED = 10.0  # [choice] times the tolerance: where rounding lets the true residual fall no further


def _residual_body(
    x: Field,
    source: Field,
    fi: Field,
    fj: Field,
    fk: Field,
    drain: Field,
    w: Cells,
    factor: float,
    b: Cells,
    lanes: Lanes,
) -> None:
    """What is fed into each cell less what leaves it, over the cell's weight; the sum of its squares.

    x, w and b carry ghost cells, the others none; before the first layer or row stands a face counted zero times.
    """
    nk, nj, ni = drain.shape
    for k in prange(nk):
        lanes[0, k] = 0.0
        below, further_k = max(k - 1, 0), min(k, 1) * 1.0
        for j in range(nj):
            front, further_j = max(j - 1, 0), min(j, 1) * 1.0
            for i in range(ni):
                here = x[k + 1, j + 1, i + 1]
                flow = fi[k, j, i] * (here - x[k + 1, j + 1, i + 2]) + drain[k, j, i] * here
                flow += fj[k, j, i] * (here - x[k + 1, j + 2, i + 1]) + fk[k, j, i] * (here - x[k + 2, j + 1, i + 1])
                flow += further_j * fj[k, front, i] * (here - x[k + 1, j, i + 1])
                lanes[1, k, i] = source[k, j, i] - flow - further_k * fk[below, j, i] * (here - x[k, j + 1, i + 1])
            for i in range(1, ni):
                lanes[1, k, i] -= fi[k, j, i - 1] * (x[k + 1, j + 1, i + 1] - x[k + 1, j + 1, i])
            for i in range(ni):
                value = lanes[1, k, i]
                lanes[0, k, i] += value * value
                b[k + 1, j + 1, i + 1] = np.float32(factor * value) / max(w[k + 1, j + 1, i + 1], TINY)


def _image_body(p: Cells, w: Cells, drain: Cells, gi: Cells, gj: Cells, gk: Cells, q: Cells, lanes: Lanes) -> None:
    """Net flow out of every cell at pressures p, over its weight, and the sum of flow times p.

    Written as weight times coupling times difference, it keeps its precision where p is almost constant.
    """
    nk, nj, ni = p.shape
    for k in prange(1, nk - 1):
        lanes[0, k - 1] = 0.0
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                here, weight = p[k, j, i], w[k, j, i]
                flow = gi[k, j, i] * w[k, j, i + 1] * (here - p[k, j, i + 1])
                flow += gi[k, j, i - 1] * w[k, j, i - 1] * (here - p[k, j, i - 1])
                flow += gj[k, j, i] * w[k, j + 1, i] * (here - p[k, j + 1, i])
                flow += gj[k, j - 1, i] * w[k, j - 1, i] * (here - p[k, j - 1, i])
                flow += gk[k, j, i] * w[k + 1, j, i] * (here - p[k + 1, j, i])
                flow += gk[k - 1, j, i] * w[k - 1, j, i] * (here - p[k - 1, j, i])
                q[k, j, i] = flow + drain[k, j, i] * weight * here
            for i in range(1, ni - 1):
                lanes[0, k - 1, i - 1] += np.float64(q[k, j, i]) * np.float64(w[k, j, i]) * np.float64(p[k, j, i])


def _step_body(x: Field, p: Cells, b: Cells, q: Cells, w: Cells, alpha: float, factor: float, lanes: Lanes) -> None:
    """Step along p; the sum of the squared residual."""
    nk, nj, ni = x.shape
    size = np.float32(alpha)
    for k in prange(1, nk - 1):
        lanes[0, k - 1] = 0.0
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                x[k, j, i] += factor * np.float64(p[k, j, i])
                b[k, j, i] -= size * q[k, j, i]
            for i in range(1, ni - 1):
                value = np.float64(b[k, j, i] * w[k, j, i])
                lanes[0, k - 1, i - 1] += value * value


def _overlap_body(b: Cells, z: Cells, lanes: Lanes) -> None:
    """The sum of b z."""
    nk, nj, ni = b.shape
    for k in prange(1, nk - 1):
        lanes[0, k - 1] = 0.0
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                lanes[0, k - 1, i - 1] += np.float64(b[k, j, i]) * np.float64(z[k, j, i])


def _turn_body(p: Cells, z: Cells, w: Cells, beta: float) -> None:
    """The next direction from the preconditioner's answer."""
    nk, nj, ni = p.shape
    kept = np.float32(beta)
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                p[k, j, i] = kept * p[k, j, i] + z[k, j, i] / max(w[k, j, i], TINY)


def _share_body(drain: Field, source: Field, w: Cells, factor: float, shares: Cells, lanes: Lanes) -> None:
    """Drain over squared weight, as the directions see it; the sums of squared source, of drains and of weights."""
    nk, nj, ni = drain.shape
    for k in prange(nk):
        lanes[:, k] = 0.0
        for j in range(nj):
            for i in range(ni):
                weight = w[k + 1, j + 1, i + 1]
                share = np.float32(factor * drain[k, j, i]) / max(weight, TINY)
                shares[k + 1, j + 1, i + 1] = share / max(weight, TINY)
            for i in range(ni):
                lanes[0, k, i] += source[k, j, i] * source[k, j, i]
                lanes[1, k, i] += factor * drain[k, j, i]
                lanes[2, k, i] += np.float64(w[k + 1, j + 1, i + 1]) ** 2


def _level_body(r: Cells, w: Cells, lanes: Lanes) -> None:
    """The sum of what all cells are fed in excess."""
    nk, nj, ni = r.shape
    for k in prange(1, nk - 1):
        lanes[0, k - 1] = 0.0
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                lanes[0, k - 1, i - 1] += np.float64(r[k, j, i]) * np.float64(w[k, j, i])


def _raise_body(x: Field, w: Cells, pressure: float) -> None:
    """Add a pressure to all cells."""
    nk, nj, ni = x.shape
    for k in prange(1, nk - 1):
        for j in range(1, nj - 1):
            for i in range(1, ni - 1):
                x[k, j, i] += pressure if w[k, j, i] > 0.0 else 0.0


_residual = (kernel(_residual_body), parallel_kernel(_residual_body))
_image = (kernel(_image_body), parallel_kernel(_image_body))
_step = (kernel(_step_body), parallel_kernel(_step_body))
_overlap = (kernel(_overlap_body), parallel_kernel(_overlap_body))
_turn = (kernel(_turn_body), parallel_kernel(_turn_body))
_share = (kernel(_share_body), parallel_kernel(_share_body))
_level = (kernel(_level_body), parallel_kernel(_level_body))
_raise = (kernel(_raise_body), parallel_kernel(_raise_body))


@kernel
def _sum_in_order(lanes: Lanes, which: int) -> float:
    total = 0.0
    for k in range(lanes.shape[1]):
        layer = 0.0
        for i in range(lanes.shape[2]):
            layer += lanes[which, k, i]
        total += layer
    return total


class Conductances(NamedTuple):
    """Faces to the next cell along i, j and k, and each cell's drain to pressure zero, in m³/(s·Pa), no ghosts."""

    i: Field
    j: Field
    k: Field
    drain: Field


@dataclass(frozen=True, eq=False, kw_only=True)
class _Question:
    """What is asked of one solution: its source, its size, and the drains' sum where that is weak."""

    conductances: Conductances
    source: Field
    size: float
    weak_m3_per_s_pa: float | None


class Iteration:
    """The vectors of one grid shape, taken once; `x` holds the answer, with a layer of ghost cells."""

    def __init__(self, multigrid: Multigrid) -> None:
        """Take the memory for the finest grid of a multigrid cycle."""
        self.multigrid = multigrid
        self.b, self.z, self.w, self.gi, self.gj, self.gk = (multigrid.grid(p, 0) for p in multigrid.of_the_finest)
        self.x = np.zeros(self.b.shape)
        self.p, self.q, self.shares = (np.zeros_like(self.b) for _ in range(3))
        self.lanes = np.zeros((3, self.b.shape[0] - 2, self.b.shape[2] - 2))
        self.run = int(self.x.size > SERIAL_BELOW)

    def solve(
        self, conductances: Conductances, source: Field, *, relative_tolerance: float, max_iterations: int
    ) -> tuple[int, float]:
        """Bring |source − A x| below tolerance · |source| from what x holds; iterations and true residual.

        Raises:
            NotConverged: the tolerance was not reached within `max_iterations`, or the residual is not finite.
        """
        asked = self._begin(conductances, source)
        if asked.size == 0.0:
            self.x[...] = 0.0
            return 0, 0.0
        known = relative = self._replaced(asked)
        rho, iterations = 0.0, 0
        while np.isfinite(relative):
            if relative <= max(relative_tolerance, REPLACE_AFTER * known) and iterations:
                before, known = known, self._replaced(asked)
                relative = known
                if known <= ACCEPTED * relative_tolerance and known > 0.5 * before:
                    return iterations, known
                if asked.weak_m3_per_s_pa is not None:
                    rho = 0.0  # the mean was moved: begin with a fresh direction
            if relative <= relative_tolerance:
                return iterations, relative
            if iterations == max_iterations:
                break
            rho, curvature = self._turn(rho)
            if not curvature > 0.0:
                break  # the operator is singular along this direction
            alpha = rho / curvature
            along = alpha * asked.size / self.multigrid.scale
            _step[self.run](self.x, self.p, self.b, self.q, self.w, alpha, along, self.lanes)
            relative = float(np.sqrt(_sum_in_order(self.lanes, 0)))
            iterations += 1
        raise NotConverged(
            f"The pressure stopped at a relative residual of {relative:.2e} after {iterations} iterations "
            f"(asked: {relative_tolerance:.0e}): check the material contrast or use a coarser --grid-mm."
        )

    def _begin(self, conductances: Conductances, source: Field) -> _Question:
        """Prepare the drains, and size up the source and the drains."""
        scale = self.multigrid.scale
        _share[self.run](conductances.drain, source, self.w, 1.0 / scale, self.shares, self.lanes)
        square, drains, weights = (_sum_in_order(self.lanes, which) for which in range(3))
        weak = 0.0 < drains < WEAKLY_DRAINED * weights
        self.p[...] = 0.0
        return _Question(
            conductances=conductances,
            source=source,
            size=float(np.sqrt(square)),
            weak_m3_per_s_pa=drains * scale if weak else None,
        )

    def _turn(self, before: float) -> tuple[float, float]:
        """The next direction and its image; the residual's square in the cycle's measure, and the curvature."""
        self.multigrid.cycle()
        _overlap[self.run](self.b, self.z, self.lanes)
        rho = _sum_in_order(self.lanes, 0)
        _turn[self.run](self.p, self.z, self.w, rho / before if before else 0.0)
        _image[self.run](self.p, self.w, self.shares, self.gi, self.gj, self.gk, self.q, self.lanes)
        return rho, _sum_in_order(self.lanes, 0)

    def _replaced(self, asked: _Question) -> float:
        """Put the true residual in place of the updated one; its size relative to the source's.

        Where the drains are weak in sum, all cells first take the pressure at which they carry off what is fed.
        """
        run, lanes, w = self.run, self.lanes, self.w
        fields = (self.x, asked.source, *asked.conductances, w, 1.0 / asked.size, self.b, lanes)
        if asked.weak_m3_per_s_pa is not None:
            _residual[run](*fields)
            _level[run](self.b, w, lanes)
            _raise[run](self.x, w, _sum_in_order(lanes, 0) * asked.size / asked.weak_m3_per_s_pa)
        _residual[run](*fields)
        return float(np.sqrt(_sum_in_order(lanes, 0))) / asked.size
