"""The outer iteration against a direct solve; what cannot converge is an error, never a number."""

import numba
import numpy as np
import pytest

from vertebroplasty.solvers.conjugate_gradient import NotConverged, chunked_dot, conjugate_gradient

SIZE = 200


@pytest.fixture
def system():
    rng = np.random.default_rng(7)
    basis = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0]
    matrix = basis @ np.diag(np.geomspace(1.0, 1e3, SIZE)) @ basis.T
    return matrix, rng.normal(size=SIZE)


def solve(matrix, right, **options):
    def apply(x, out):
        out[:] = matrix @ x

    def jacobi(r, out):
        out[:] = r / np.diag(matrix)

    return conjugate_gradient(apply, jacobi, right, **({"relative_tolerance": 1e-10, "max_iterations": 2000} | options))


def test_it_agrees_with_a_direct_solve(system):
    matrix, right = system
    found = solve(matrix, right)
    # Error is at most the condition number times the residual.
    assert found.x == pytest.approx(np.linalg.solve(matrix, right), abs=1e-6)
    assert found.relative_residual <= 1e-9
    assert found.iterations == len(found.history) - 1


def test_a_good_start_needs_no_iteration(system):
    matrix, right = system
    assert solve(matrix, right, start=np.linalg.solve(matrix, right), relative_tolerance=1e-8).iterations == 0


def test_a_zero_right_hand_side_has_the_zero_solution(system):
    assert not solve(system[0], np.zeros(SIZE)).x.any()


def test_too_few_iterations_raise(system):
    with pytest.raises(NotConverged, match="after 3 iterations"):
        solve(*system, max_iterations=3)


def test_nan_raises(system):
    matrix, right = system
    right[0] = np.nan
    with pytest.raises(NotConverged):
        solve(matrix, right)


def test_sums_do_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 500_000))
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = chunked_dot(a, b)
        numba.set_num_threads(min(2, before))
        assert chunked_dot(a, b) == one
    finally:
        numba.set_num_threads(before)
    assert one == pytest.approx(float(a @ b), rel=1e-12)
