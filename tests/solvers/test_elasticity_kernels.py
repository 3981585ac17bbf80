"""The matrix-free product against the same matrix written out element by element."""

import numba
import numpy as np
import pytest

from vertebroplasty.solvers.elasticity_element import cube
from vertebroplasty.solvers.elasticity_kernels import (
    apply_stiffness,
    element_energies,
    modulus_sum,
    occupied_spans,
)


def random_model(shape, seed=0, void=0.3):
    """Random moduli with holes, and random displacements."""
    rng = np.random.default_rng(seed)
    modulus = rng.uniform(1, 1000, shape).astype(np.float32)
    modulus[rng.random(shape) < void] = 0
    return modulus, rng.normal(size=(3, *(n + 1 for n in shape)))


def written_out(modulus, u, matrix):
    out = np.zeros_like(u)
    for k, j, i in np.argwhere(modulus > 0):
        box = (slice(None), slice(k, k + 2), slice(j, j + 2), slice(i, i + 2))
        out[box] += (modulus[k, j, i] * matrix @ u[box].ravel()).reshape(3, 2, 2, 2)
    return out


def applied(modulus, u, modes):
    spans = np.empty((*modulus.shape[:2], 2), np.int32)
    occupied_spans(modulus, spans)
    out = np.full_like(u, np.nan)
    apply_stiffness(u, out, modulus, spans, modes.astype(u.dtype))
    return out


# 70 voxels make two runs of the buffer, 150 three.
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (2, 3, 70), (2, 2, 150)])
@pytest.mark.parametrize("nu", [0.0, 0.3])
def test_the_product_is_that_of_the_matrix(shape, nu):
    modulus, u = random_model(shape, void=0.3 if np.prod(shape) > 1 else 0)
    reference = written_out(modulus, u, cube(nu).stiffness)
    assert np.abs(applied(modulus, u, cube(nu).modes) - reference).max() < 1e-13 * np.abs(reference).max()


def test_single_precision_agrees_to_its_rounding():
    modulus, u = random_model((6, 7, 8))
    reference = written_out(modulus, u, cube(0.3).stiffness)
    single = applied(modulus, u.astype(np.float32), cube(0.3).modes)
    assert single.dtype == np.float32
    assert np.abs(single - reference).max() < 1e-6 * np.abs(reference).max()


def test_one_and_two_threads_give_the_same_bits():
    modulus, u = random_model((9, 10, 11))
    before = numba.get_num_threads()
    results = []
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        results.append(applied(modulus, u, cube(0.3).modes).tobytes())
    numba.set_num_threads(before)
    assert results[0] == results[1]


def test_element_energies_sum_to_half_u_k_u():
    modulus, u = random_model((4, 5, 6))
    energy = np.empty(modulus.shape)
    element_energies(u, modulus, cube(0.3).stiffness, energy)
    assert energy.sum() == pytest.approx(0.5 * np.sum(u * applied(modulus, u, cube(0.3).modes)), rel=1e-12)
    assert (energy[modulus == 0] == 0).all()


def test_spans_and_sums_see_only_material():
    modulus = np.zeros((1, 2, 6), np.float32)
    modulus[0, 1, 2], modulus[0, 1, 4] = 3, 5
    spans, total = np.empty((1, 2, 2), np.int32), np.empty((2, 3, 7), np.float32)
    occupied_spans(modulus, spans)
    modulus_sum(modulus, total)
    assert spans.tolist() == [[[0, 0], [2, 5]]]
    assert total[0, 1].tolist() == [0, 0, 3, 3, 5, 5, 0]
