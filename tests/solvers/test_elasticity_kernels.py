"""The matrix-free product against the same matrix written out element by element."""

import numba
import numpy as np
import pytest

from vertebroplasty.solvers.elasticity_element import cube, transversely_isotropic
from vertebroplasty.solvers.elasticity_kernels import _add_layer, apply_stiffness
from vertebroplasty.solvers.elasticity_rows import rows_of
from vertebroplasty.solvers.elasticity_voxels import element_energies, modulus_sum
from vertebroplasty.solvers.vector_lanes import LANES, add_lanes, copy_lanes


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
    """K u, by way of the vectors that leave out the void at the ends of rows."""
    rows = rows_of(modulus)
    vector = rows.packed(u).astype(u.dtype)
    out = np.full_like(vector, np.nan)
    apply_stiffness(vector, out, modulus, rows, modes.astype(u.dtype))
    return rows.unpacked(out, u.shape[3]).astype(u.dtype)


# 70 voxels make two runs of the buffer, 150 three; 40 layers make slabs of two, 150 of eight.
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (2, 3, 70), (2, 2, 150), (40, 2, 3), (150, 1, 2)])
@pytest.mark.parametrize("element", [cube(0.0), cube(0.3), transversely_isotropic()], ids=["0", "0.3", "transverse"])
def test_the_product_is_that_of_the_matrix(shape, element):
    modulus, u = random_model(shape, void=0.3 if np.prod(shape) > 1 else 0)
    reference = written_out(modulus, u, element.stiffness)
    assert np.abs(applied(modulus, u, element.modes) - reference).max() < 1e-13 * np.abs(reference).max()


@pytest.mark.parametrize("lanes", [1, 7, LANES, LANES + 5])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_moves_of_several_numbers_are_their_plain_loops(lanes, kind):
    @numba.njit
    def moved(target, source, lanes):
        copy_lanes(target, 3, source, 2, lanes)
        add_lanes(target, 40, source, 20, 25, lanes)

    source = np.arange(1, 61, dtype=kind)
    target, counted = np.full(80, 0.5, kind), min(lanes, LANES)
    expected = target.copy()
    expected[3 : 3 + LANES] = 0
    expected[3 : 3 + counted] = source[2 : 2 + counted]
    expected[40 : 40 + counted] += source[20 : 20 + counted] + source[25 : 25 + counted]
    moved(target, source, lanes)
    assert target.tolist() == expected.tolist()


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


def test_rows_and_sums_see_only_material():
    modulus = np.zeros((1, 3, 6), np.float32)
    modulus[0, 1, 2], modulus[0, 1, 4] = 3, 5
    rows = rows_of(modulus)
    total = np.empty(rows.count, np.float32)
    modulus_sum(modulus, rows.nodes, rows.origin, total)
    assert rows.voxels.tolist() == [[[0, 0], [2, 5], [0, 0]]]
    assert rows.nodes[0].tolist() == [[0, 0], [2, 6], [2, 6], [0, 0]]
    assert rows.count == 16
    assert total.tolist() == [3, 3, 5, 5] * 4


def test_packing_keeps_what_lies_in_rows_and_drops_the_void():
    modulus, u = random_model((4, 5, 6), void=0.6)
    rows = rows_of(modulus)
    back = rows.unpacked(rows.packed(u), u.shape[3])
    touched = np.zeros(u.shape[1:], bool)
    for k, j, i in np.argwhere(modulus > 0):
        touched[k : k + 2, j : j + 2, i : i + 2] = True
    assert (back[:, touched] == u[:, touched]).all()
    assert ((back == u) | (back == 0)).all()
    assert 3 * rows.count < u.size


@pytest.mark.parametrize(("dimensions", "other"), [(1, "_run_mirrored_forces"), (2, "_run_forces")])
def test_one_form_of_material_is_compiled_without_waiting_for_the_other(dimensions, other):
    vector, modes = numba.float32[::1], numba.types.Array(numba.float32, dimensions, "C")
    fresh = numba.njit(_add_layer.py_func)
    fresh.compile(
        (
            vector,
            vector,
            numba.float32[:, :, ::1],
            numba.int32[:, :, ::1],
            numba.int64[:, ::1],
            modes,
            vector,
            numba.int64,
        )
    )
    (compiled,) = fresh.overloads.values()
    called = " ".join(str(kind) for kind in compiled.type_annotation.typemap.values())
    assert "_load_run" in called
    assert f"{other} " not in called
