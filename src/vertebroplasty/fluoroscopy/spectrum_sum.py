"""The sum over a beam's energies behind areal densities, for all pixels, fast enough for moving pictures."""

from typing import Any

import numpy as np

from vertebroplasty.kernels import kernel, parallel_kernel, prange

__all__ = ["sum_energies"]

CHUNK = 2048  # [choice] pixels handled at once: their sums stay in the nearest cache
LOG2_E = 1.4426950408889634  # [exact] exp(x) = 2^(x·log2(e))
LEAST_POWER = -126.0  # [exact] of two, that single precision holds with all its digits
MANTISSA_BITS, BIAS = 23, 127  # [exact] of single precision
# [exact] Taylor series of 2^x = exp(x·ln 2); on ±1/2 the first term left out is below 2e-9
C1, C2, C3, C4, C5, C6, C7 = (np.float32(np.log(2.0) ** n / f) for n, f in enumerate((1, 2, 6, 24, 120, 720, 5040), 1))


@kernel
def _exp_single(x: Any) -> Any:
    """exp(x) of a single precision x <= 0 to a few units in the last place; the compiler's own does not vectorise."""
    power = x * np.float32(LOG2_E)
    power = np.float32(LEAST_POWER) if power < np.float32(LEAST_POWER) else power  # what is no number stays none
    whole = np.floor(power + np.float32(0.5))
    part = power - whole
    series = C4 + part * (C5 + part * (C6 + part * C7))
    series = np.float32(1.0) + part * (C1 + part * (C2 + part * (C3 + part * series)))
    return series * np.int32((np.int32(whole) + np.int32(BIAS)) << np.int32(MANTISSA_BITS)).view(np.float32)


@kernel
def _deepen(depth: Any, coefficient: Any, areal: Any) -> None:
    for pixel in range(len(depth)):
        depth[pixel] -= coefficient * areal[pixel]


@kernel
def _add_transmitted(result: Any, weight: Any, depth: Any) -> None:
    for pixel in range(len(depth)):
        result[pixel] += weight * _exp_single(depth[pixel])


@parallel_kernel
def sum_energies(areal: Any, coefficients: Any, signal: Any, result: Any) -> None:
    """`result[p] = Σ_e signal[e] · exp(-Σ_m coefficients[m, e] · areal[m, p])`, all in single precision."""
    count = areal.shape[1]
    for chunk in prange(-(-count // CHUNK)):
        start, stop = chunk * CHUNK, min(count, chunk * CHUNK + CHUNK)
        total, depth = result[start:stop], np.empty(stop - start, np.float32)
        total[:] = 0.0
        for energy in range(len(signal)):
            depth[:] = 0.0
            for material in range(len(areal)):
                _deepen(depth, coefficients[material, energy], areal[material, start:stop])
            _add_transmitted(total, signal[energy], depth)
