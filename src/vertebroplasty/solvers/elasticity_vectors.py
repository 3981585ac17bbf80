"""Compiled loops over whole vectors of the elasticity solver: smoothing, and the steps of the outer iteration.

The inverse diagonal is zero on every degree of freedom that is held or has no stiffness, and so masks all of them.
Sums run over fixed chunks whose partial sums are added in order, so that no answer depends on the number of threads.
"""

import numpy as np
from jaxtyping import Float32, Float64

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["advance", "dot", "free_dot", "in_order", "partial_sums", "smooth_first",
           "smooth_step", "subtract", "turn"]  # fmt: skip

CHUNK = 8192  # [choice] entries that a partial sum runs over; fixes the order of summation
Single = Float32[np.ndarray, "n"]
Double = Float64[np.ndarray, "n"]
Partial = Float64[np.ndarray, "chunks"]


def partial_sums(size: int) -> Partial:
    """Room for the partial sums of a vector."""
    return np.empty((size + CHUNK - 1) // CHUNK)


@kernel
def in_order(partial: Partial) -> float:
    """The sum, always in the same order."""
    total = 0.0
    for value in partial:
        total += value
    return total


@parallel_kernel
def smooth_first(x: Single, step: Single, residual: Single, inverse: Single, scale: float) -> None:
    """First step of the smoother from x = 0: step = D⁻¹ r · scale, and x the same."""
    factor = np.float32(scale)
    for n in prange(x.size):
        step[n] = factor * inverse[n] * residual[n]
        x[n] = step[n]


@parallel_kernel
def smooth_step(
    x: Single, step: Single, residual: Single, image: Single, inverse: Single, carry: float, scale: float
) -> None:  # fmt: skip
    """A further step: the residual loses K·step, the next step carries part of the last one (none if `carry` is 0)."""
    keep, factor = np.float32(carry), np.float32(scale)
    for n in prange(x.size):
        residual[n] -= image[n]
        step[n] = keep * step[n] + factor * inverse[n] * residual[n]
        x[n] += step[n]


@parallel_kernel
def subtract(residual: Single, image: Single, inverse: Single) -> None:
    """Write r − K·step where a degree of freedom is free, zero elsewhere."""
    for n in prange(residual.size):
        residual[n] = residual[n] - image[n] if inverse[n] > 0 else np.float32(0)


@parallel_kernel
def advance(
    x: Double, residual: Double, direction: Double, image: Double, inverse: Single, alpha: float, single: Single,
    partial: Partial,
) -> None:  # fmt: skip
    """One step of conjugate gradients: x, the residual, its copy in float32 and the partial sums of its square."""
    for chunk in prange(partial.size):
        total = 0.0
        for n in range(chunk * CHUNK, min((chunk + 1) * CHUNK, x.size)):
            x[n] += alpha * direction[n]
            value = residual[n] - alpha * image[n] if inverse[n] > 0 else 0.0
            residual[n] = value
            single[n] = value
            total += value * value
        partial[chunk] = total


@parallel_kernel
def turn(direction: Double, correction: Single, beta: float) -> None:
    """The next direction: correction + β · last direction."""
    for n in prange(direction.size):
        direction[n] = correction[n] + beta * direction[n]


@parallel_kernel
def dot(a: Double, b: Double | Single, partial: Partial) -> None:
    """Partial sums of a · b in float64, compiled for each type of b."""
    for chunk in prange(partial.size):
        start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, a.size)
        whole = start + (stop - start) // 4 * 4
        one, two, three, four = 0.0, 0.0, 0.0, 0.0  # four at a time: a single sum would wait for itself
        for n in range(start, whole, 4):
            one += a[n] * b[n]
            two += a[n + 1] * b[n + 1]
            three += a[n + 2] * b[n + 2]
            four += a[n + 3] * b[n + 3]
        for n in range(whole, stop):
            one += a[n] * b[n]
        partial[chunk] = (one + two) + (three + four)


def free_dot(a: Double, inverse: Single, partial: Partial) -> None:
    """Partial sums of a · a over the free degrees of freedom."""
    free = np.where(inverse > 0, a, 0.0)
    dot(free, free, partial)
