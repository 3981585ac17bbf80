"""Conjugate gradients of the elasticity solver: float64 outside, the float32 V-cycle inside, loops fused.

All sums run in a fixed order; the residual is carried in float64 and checked against the true one at the end.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from vertebroplasty.solvers.conjugate_gradient import NotConverged
from vertebroplasty.solvers.elasticity_boxes import RigidBoxes
from vertebroplasty.solvers.elasticity_grid import Grid
from vertebroplasty.solvers.elasticity_multigrid import Multigrid
from vertebroplasty.solvers.elasticity_vectors import advance, dot, free_dot, in_order, partial_sums, turn

__all__ = ["Iterated", "iterate"]

Vector = Float64[np.ndarray, "n"]
TRIAL_STEPS = (4, 8, 12)  # [choice] after so many steps the rate of the later half of them is judged
SLOW = 0.5  # [choice] residual per step above which boxes help: compact bodies reach 0.35, arches 0.7
DRIFT = 10.0  # [choice] the true residual may exceed the carried one so many times


@dataclass(frozen=True, kw_only=True)
class Iterated:
    """How the iteration ended: steps, true relative residual and the energy ½ uᵀ K u."""

    iterations: int
    relative_residual: float
    energy: float


def iterate(
    grid: Grid, x: Vector, forces: Vector | None, scale: float, *, relative_tolerance: float, max_iterations: int
) -> Iterated:
    """Improve the free entries of x until |f − K x| ≤ tolerance · `scale` on the free degrees of freedom.

    `forces` act on the nodes (none if None).  x is changed in place.  After a few steps the rate tells whether parts
    hang on thin stalks; if so the iteration begins again from there with the rigid motions of boxes as a help.

    Raises:
        NotConverged: the tolerance was not reached, or the residual is not finite.
    """
    state = _State(grid, x, forces, scale)
    history = [state.restart()]
    boxes: RigidBoxes | None = None
    if history[0] > relative_tolerance:
        state.cycle = Multigrid(grid)
    while history[-1] > relative_tolerance and len(history) <= max_iterations:
        if boxes is None and _slow(history):
            boxes = RigidBoxes(grid)
            boxes.add_to(x, state.residual)
            state.restart()
        reached = state.step(boxes)
        if reached is None:
            break
        history.append(reached)
    if not history[-1] <= relative_tolerance:
        raise NotConverged(
            f"The solver stopped at a relative residual of {history[-1]:.2e} after {len(history) - 1} iterations "
            f"(asked: {relative_tolerance:.0e}): check the material contrast or use a coarser --grid-mm."
        )
    return _finished(grid, x, forces, scale, history, relative_tolerance)


def _slow(history: list[float]) -> bool:
    """Whether the V-cycle alone converges too slowly, judged at a few fixed steps."""
    steps = len(history) - 1
    return steps in TRIAL_STEPS and history[-1] > SLOW ** (steps // 2) * history[-1 - steps // 2]


class _State:
    """The vectors of the iteration."""

    def __init__(self, grid: Grid, x: Vector, forces: Vector | None, scale: float) -> None:
        self.grid, self.x, self.forces, self.scale = grid, x, forces, scale
        self.residual, self.image, self.direction = np.empty_like(x), np.empty_like(x), np.zeros_like(x)
        self.partial = partial_sums(x.size)
        self.cycle: Multigrid | None = None
        self.before = 0.0

    def restart(self) -> float:
        """The true residual and its relative size; the next direction forgets the earlier ones."""
        self.grid.apply(self.x, self.residual)
        np.subtract(0.0 if self.forces is None else self.forces, self.residual, out=self.residual)
        self.residual[self.grid.inverse == 0] = 0
        self.before = 0.0
        return _norm(self.residual, self.grid, self.partial) / self.scale

    def step(self, boxes: RigidBoxes | None) -> float | None:
        """One step of conjugate gradients and the relative residual then; None if the operator is singular."""
        assert self.cycle is not None
        if self.before == 0.0:
            self.cycle.residual[:] = self.residual
        self.cycle.cycle()
        correction = self.cycle.correction
        if boxes is not None:
            boxes.add_after(self.residual, correction)
        dot(self.residual, correction, self.partial)
        rho = in_order(self.partial)
        turn(self.direction, correction, rho / self.before if self.before else 0.0)
        self.before = rho
        self.grid.apply(self.direction, self.image)
        dot(self.direction, self.image, self.partial)
        curvature = in_order(self.partial)
        if not curvature > 0.0:
            return None
        alpha, inverse = rho / curvature, self.grid.inverse
        advance(self.x, self.residual, self.direction, self.image, inverse, alpha, self.cycle.residual, self.partial)
        return float(np.sqrt(in_order(self.partial)) / self.scale)


def _norm(vector: Vector, grid: Grid, partial: Vector) -> float:
    free_dot(vector, grid.inverse, partial)
    return float(np.sqrt(in_order(partial)))


def _finished(
    grid: Grid, x: Vector, forces: Vector | None, scale: float, history: list[float], tolerance: float
) -> Iterated:
    """Energy and true residual; the carried residual must not have drifted away from it."""
    partial, image = partial_sums(x.size), np.empty_like(x)
    grid.apply(x, image)
    dot(x, image, partial)
    energy = 0.5 * in_order(partial)
    if forces is not None:
        image -= forces
    true_residual = _norm(image, grid, partial) / scale
    if true_residual > DRIFT * tolerance:
        raise NotConverged(
            f"The solver's true residual is {true_residual:.2e}, not {tolerance:.0e}: the system is near singular."
        )
    return Iterated(iterations=len(history) - 1, relative_residual=true_residual, energy=energy)
