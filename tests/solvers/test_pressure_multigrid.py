"""The multigrid cycle as a matrix: symmetric, positive, close to the inverse, and the same by any route."""

import numpy as np
import pytest

from vertebroplasty.solvers import pressure_multigrid
from vertebroplasty.solvers.pressure_cycle import correct, first_sweep, rest, second_sweep, start
from vertebroplasty.solvers.pressure_multigrid import Multigrid


def conductances(shape, seed=1):
    """Random faces of contrast 1e4 with closed outer sides, a wall in front and a small sink."""
    random = np.random.default_rng(seed)
    faces = [10.0 ** random.uniform(-2, 2, shape) for _ in range(3)]
    for face, axis in zip(faces, (2, 1, 0), strict=True):
        np.moveaxis(face, axis, 0)[-1] = 0.0
    wall, sink = np.zeros(shape), np.full(shape, 1e-4)
    wall[0] = 1.0
    return (*faces, wall, sink)


def made(shape, fields=None):
    grid = Multigrid(shape)
    grid.set_up(fields or conductances(shape), 1.0, np.zeros(2, int), np.array(shape[:2]))
    return grid


def inner(field):
    return field[1:-1, 1:-1, 1:-1]


def cycled(grid, values):
    inner(grid.grid(grid.b, 0))[...] = values
    grid.cycle()
    return inner(grid.grid(grid.x, 0)).astype(float)


def operator(fields, w, x):
    """The scaled operator on x, written from the conductances."""
    p = x / w
    out = (fields[3] + fields[4]) * p
    for face, axis in zip(fields[:3], (2, 1, 0), strict=True):
        f, q, o = (np.moveaxis(a, axis, 0) for a in (face, p, out))
        flow = f[:-1] * (q[:-1] - q[1:])
        o[:-1] += flow
        o[1:] -= flow
    return out / w


@pytest.mark.parametrize("shape", [(9, 12, 17), (16, 16, 16), (1, 1, 300), (2, 3, 4)])
def test_the_cycle_is_symmetric_and_positive(shape):
    grid, random = made(shape), np.random.default_rng(2)
    a, b = random.standard_normal((2, *shape))
    za, zb = cycled(grid, a), cycled(grid, b)
    size = np.linalg.norm(za) * np.linalg.norm(b)
    assert abs((b * za).sum() - (a * zb).sum()) < 1e-5 * size  # single precision
    assert (a * za).sum() > 0


def test_the_weights_turn_the_diagonal_into_one():
    shape = (6, 7, 9)
    fields = conductances(shape)
    grid = made(shape, fields)
    w = inner(grid.grid(grid.w, 0)).astype(float)
    for cell in ((0, 0, 0), (3, 4, 5), (5, 6, 8)):
        unit = np.zeros(shape)
        unit[cell] = 1.0
        assert operator(fields, w, unit)[cell] == pytest.approx(1.0, rel=1e-6)  # single precision


def test_a_small_grid_is_solved_exactly():
    shape = (3, 4, 5)
    fields = conductances(shape)
    grid = made(shape, fields)
    x = np.random.default_rng(3).standard_normal(shape)
    b = operator(fields, inner(grid.grid(grid.w, 0)).astype(float), x)
    # the diagonal is raised by 1e-6 and b rounded to 6e-8; the smallest eigenvalue is about 1e-3
    np.testing.assert_allclose(cycled(grid, b), x, atol=5e-3)


def test_the_loops_on_one_and_on_many_threads_agree(monkeypatch):
    shape = (20, 22, 26)
    values = np.random.default_rng(4).standard_normal(shape)
    expected = cycled(made(shape), values)
    monkeypatch.setattr(pressure_multigrid, "SERIAL_BELOW", 500)  # most levels by the parallel loops
    grid = made(shape)
    assert grid.first_small > 1
    np.testing.assert_array_equal(cycled(grid, values), expected)


def test_both_forms_of_a_loop_have_caches_of_their_own():
    for serial, parallel in (start, first_sweep, second_sweep, rest, correct):
        assert serial.py_func.__qualname__ != parallel.py_func.__qualname__
        assert parallel.targetoptions["parallel"]
