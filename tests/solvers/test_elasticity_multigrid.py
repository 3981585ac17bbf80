"""The V-cycle: a symmetric positive preconditioner on grids that cover the same body."""

import numpy as np
import pytest

from vertebroplasty.solvers.elasticity import solve_elasticity
from vertebroplasty.solvers.elasticity_element import cube
from vertebroplasty.solvers.elasticity_multigrid import Grid, Multigrid
from vertebroplasty.solvers.elasticity_transfers import cholesky, cholesky_solve, interpolate_add, restrict


def held_bottom(shape):
    held = np.zeros((3, *(n + 1 for n in shape)), bool)
    held[:, 0] = True
    return held


def random_grid(shape, seed=1):
    rng = np.random.default_rng(seed)
    modulus = rng.uniform(10, 1000, shape).astype(np.float32)
    modulus[1:][rng.random((shape[0] - 1, *shape[1:])) < 0.2] = 0
    return Grid(modulus, 1.0, held_bottom(shape), cube(0.3))


def test_interpolation_reproduces_linear_fields_and_restriction_is_its_transpose():
    rng = np.random.default_rng(0)
    fine, coarse = (3, 8, 9, 12), (3, 5, 5, 7)
    everywhere = np.ones(fine, np.float32)
    k, j, i = np.meshgrid(*(np.arange(n) for n in coarse[1:]), indexing="ij")
    linear = np.stack([k + 2 * j, i - k, 3 * i + j]).astype(np.float32)
    out = np.zeros(fine, np.float32)
    interpolate_add(linear, out, everywhere)
    k, j, i = np.meshgrid(*(np.arange(n) / 2 for n in fine[1:]), indexing="ij")
    assert np.abs(out - np.stack([k + 2 * j, i - k, 3 * i + j])).max() < 1e-5
    a, b = rng.normal(size=coarse).astype(np.float32), rng.normal(size=fine).astype(np.float32)
    up, down = np.zeros(fine, np.float32), np.zeros(coarse, np.float32)
    interpolate_add(a, up, everywhere)
    restrict(b, down)
    assert np.vdot(up, b) == pytest.approx(np.vdot(a, down), rel=1e-5)  # float32 sums


def test_coarse_modulus_is_the_root_mean_square_with_void_as_zero():
    modulus = np.zeros((3, 2, 2), np.float32)
    modulus[0], modulus[1, 0, 0], modulus[2] = 2, 4, 6
    coarse = Grid(modulus, 1.0, held_bottom((3, 2, 2)), cube(0.3)).coarser()
    assert coarse.modulus_mpa.ravel() == pytest.approx([np.sqrt((4 * 4 + 16) / 8), np.sqrt(4 * 36 / 8)])
    assert coarse.spacing_mm == 2


@pytest.mark.parametrize("layers", [4, 5])
def test_plates_stay_held_on_coarse_grids_even_and_odd(layers):
    shape = (layers, 4, 4)
    held = held_bottom(shape)
    held[:, -1] = True
    coarse = Grid(np.ones(shape, np.float32), 1.0, held, cube(0.3)).coarser()
    assert coarse.held[:, 0].all()
    assert coarse.held[:, -1].all()
    assert not coarse.held[:, 1:-1].any()


def test_a_half_voxel_at_a_held_plate_keeps_its_stiffness():
    held = held_bottom((3, 2, 2))
    free_end = Grid(np.ones((3, 2, 2), np.float32), 1.0, held, cube(0.3)).coarser()
    held[:, -1] = True
    plate = Grid(np.ones((3, 2, 2), np.float32), 1.0, held, cube(0.3)).coarser()
    # One layer of modulus 1 becomes one of double thickness: modulus 2 under a plate, partly empty at a free end.
    assert plate.modulus_mpa.ravel() == pytest.approx([1, 2])
    assert free_end.modulus_mpa.ravel() == pytest.approx([1, np.sqrt(0.5)])


@pytest.mark.parametrize("layers", range(24, 34))
def test_the_number_of_layers_does_not_matter(layers):
    shape = (layers, 12, 12)
    held = held_bottom(shape)
    held[:, -1] = True
    prescribed = np.zeros(held.shape)
    prescribed[2, -1] = -0.1
    solution = solve_elasticity(np.ones(shape), 1.0, held=held, prescribed_mm=prescribed, poisson_ratio=0.3)
    assert solution.iterations <= 9


def test_the_cycle_is_symmetric_and_positive():
    grid = random_grid((12, 13, 14))
    cycle = Multigrid(grid)
    assert len(cycle.grids) > 1
    rng = np.random.default_rng(2)
    free = grid.inverse.ravel() > 0
    a, b = (np.where(free, rng.normal(size=free.size), 0) for _ in range(2))
    za, zb = np.empty_like(a), np.empty_like(b)
    cycle.precondition(a, za)
    cycle.precondition(b, zb)
    assert a @ zb == pytest.approx(b @ za, rel=1e-4)  # float32 cycle
    assert a @ za > 0
    assert (za[~free] == 0).all()


def test_cholesky_solves():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(40, 40))
    matrix = root @ root.T + np.eye(40)
    x = rng.normal(size=40)
    b, factor = matrix @ x, matrix.copy()
    cholesky(factor)
    cholesky_solve(factor, b)
    assert b == pytest.approx(x, rel=1e-10)
