"""Preconditioned conjugate gradients: the one outer iteration under the pressure and the elasticity solver.

Residual and dot products are float64 and summed in fixed chunks in index order, so that the answer does not depend on
the number of threads; the preconditioner may work in float32.  Non-convergence is an error, never a number.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from vertebroplasty.errors import VertebroplastyError
from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["NotConverged", "Solution", "chunked_dot", "conjugate_gradient"]

SERIAL_BELOW = 200_000  # [choice] entries; starting threads costs more than the loop below this
CHUNK = 8192  # [choice] entries a partial sum runs over; fixes the order of summation
Vector = Float64[np.ndarray, "n"]


class NotConverged(VertebroplastyError):
    """The linear solver did not reach its tolerance."""

    kind = "not-converged"


@dataclass(frozen=True, eq=False, kw_only=True)
class Solution:
    """What the iteration found, after how many steps, to which true relative residual."""

    x: Vector
    iterations: int
    relative_residual: float
    history: tuple[float, ...]


def _partial_dots_body(a: Vector, b: Vector, partial: Vector) -> None:
    for chunk in prange(partial.size):
        total = 0.0
        for n in range(chunk * CHUNK, min((chunk + 1) * CHUNK, a.size)):
            total += a[n] * b[n]
        partial[chunk] = total


@kernel
def _in_order(partial: Vector) -> float:
    total = 0.0
    for value in partial:
        total += value
    return total


def _step_body(x: Vector, residual: Vector, direction: Vector, image: Vector, alpha: float) -> None:
    for n in prange(x.size):
        x[n] += alpha * direction[n]
        residual[n] -= alpha * image[n]


def _turn_body(direction: Vector, correction: Vector, beta: float) -> None:
    for n in prange(direction.size):
        direction[n] = correction[n] + beta * direction[n]


_partial_dots = (kernel(_partial_dots_body), parallel_kernel(_partial_dots_body))
_step = (kernel(_step_body), parallel_kernel(_step_body))
_turn = (kernel(_turn_body), parallel_kernel(_turn_body))


def chunked_dot(a: Vector, b: Vector) -> float:
    """Dot product whose value does not depend on the number of threads."""
    partial = np.empty((a.size + CHUNK - 1) // CHUNK)
    _partial_dots[a.size > SERIAL_BELOW](a, b, partial)
    return float(_in_order(partial))


def conjugate_gradient(
    apply: Callable[[Vector, Vector], None],
    precondition: Callable[[Vector, Vector], None],
    right_hand_side: Vector,
    *,
    start: Vector | None = None,
    relative_tolerance: float,
    max_iterations: int,
) -> Solution:
    """Solve A x = b; `apply(x, out)` writes A x, `precondition(r, out)` an approximation of A⁻¹ r (symmetric).

    All vectors are flat float64.  The stop is |b − A x| ≤ tolerance · |b|, and the true residual is checked at the end.

    Raises:
        NotConverged: the tolerance was not reached within `max_iterations`, or the residual is not finite.
    """
    scale = np.sqrt(chunked_dot(right_hand_side, right_hand_side))
    x = np.zeros_like(right_hand_side) if start is None else start.copy()
    if scale == 0.0:
        return Solution(x=np.zeros_like(x), iterations=0, relative_residual=0.0, history=(0.0,))
    image = np.empty_like(x)
    apply(x, image)
    residual = right_hand_side - image
    correction = np.empty_like(x)
    direction = np.zeros_like(x)
    history = [np.sqrt(chunked_dot(residual, residual)) / scale]
    rho = 1.0
    run = x.size > SERIAL_BELOW
    for iteration in range(max_iterations + 1):
        if not np.isfinite(history[-1]):
            break
        if history[-1] <= relative_tolerance:
            return _checked(apply, right_hand_side, x, scale, iteration, history, relative_tolerance)
        if iteration == max_iterations:
            break
        precondition(residual, correction)
        rho, before = chunked_dot(residual, correction), rho
        _turn[run](direction, correction, rho / before if iteration else 0.0)
        apply(direction, image)
        curvature = chunked_dot(direction, image)
        if not curvature > 0.0:
            break  # the operator is singular along this direction
        _step[run](x, residual, direction, image, rho / curvature)
        history.append(np.sqrt(chunked_dot(residual, residual)) / scale)
    raise NotConverged(
        f"The solver stopped at a relative residual of {history[-1]:.2e} after {len(history) - 1} iterations "
        f"(asked: {relative_tolerance:.0e}): check the material contrast or use a coarser --grid-mm."
    )


def _checked(
    apply: Callable[[Vector, Vector], None],
    right_hand_side: Vector,
    x: Vector,
    scale: float,
    iterations: int,
    history: list[float],
    tolerance: float,
) -> Solution:
    """The solution with its true residual; the recurrence must not have drifted away from it."""
    image = np.empty_like(x)
    apply(x, image)
    image -= right_hand_side
    true_residual = float(np.sqrt(chunked_dot(image, image)) / scale)
    if true_residual > 10 * tolerance:
        raise NotConverged(
            f"The solver's true residual is {true_residual:.2e}, not {tolerance:.0e}: the system is near singular."
        )
    return Solution(x=x, iterations=iterations, relative_residual=true_residual, history=tuple(history))
