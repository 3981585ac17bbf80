"""The quick sum over energies against the plain one in double precision."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.spectrum_sum import sum_energies

ROUNDING = 2e-6  # single precision of exponents up to 20: their last digits are worth 1e-6


def areal(kind) -> dict[str, np.ndarray]:
    random = np.random.default_rng(2)
    shape = (47, 101)  # neither full chunks nor full vectors
    return {
        "water": random.uniform(0.0, 30.0, shape).astype(kind),
        "cortical-bone": random.uniform(0.0, 6.0, shape).astype(kind),
        "barium-sulfate": random.uniform(0.0, 0.3, shape).astype(kind),
    }


def test_single_precision_agrees_with_double():
    quick, plain = (transmission(areal(kind), beam(80)) for kind in (np.float32, np.float64))
    assert quick.dtype == np.float32
    assert plain.min() < 1e-3 < 0.1 < plain.max()
    np.testing.assert_allclose(quick, plain, rtol=ROUNDING)


@pytest.mark.parametrize(("depth", "expected"), [(0.0, 1.0), (1.0, np.exp(-1.0)), (80.0, np.exp(-80.0)), (1e4, 0.0)])
def test_one_energy_is_the_exponential(depth, expected):
    result = np.empty(3, np.float32)
    one = np.ones(1, np.float32)
    sum_energies(np.full((1, 3), depth, np.float32), one[None], one, result)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-37)  # 80 in single precision: 4e-6


def test_what_is_no_number_stays_none():
    areal, one = np.array([[1.0, np.nan, 2.0]], np.float32), np.ones((1, 1), np.float32)
    result = np.empty(3, np.float32)
    sum_energies(areal, one, one[0], result)
    np.testing.assert_array_equal(np.isnan(result), [False, True, False])
