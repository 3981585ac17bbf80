"""The V-cycle: a symmetric positive preconditioner on grids that cover the same body."""

import numpy as np
import pytest

from vertebroplasty.solvers.elasticity import solve_elasticity
from vertebroplasty.solvers.elasticity_element import cube
from vertebroplasty.solvers.elasticity_grid import Grid
from vertebroplasty.solvers.elasticity_multigrid import Multigrid
from vertebroplasty.solvers.elasticity_rows import rows_of
from vertebroplasty.solvers.elasticity_transfers import cholesky, cholesky_solve, interpolate, restrict


def held_bottom(shape):
    held = np.zeros((3, *(n + 1 for n in shape)), bool)
    held[:, 0] = True
    return held


def random_grid(shape, seed=1):
    rng = np.random.default_rng(seed)
    modulus = rng.uniform(10, 1000, shape).astype(np.float32)
    modulus[1:][rng.random((shape[0] - 1, *shape[1:])) < 0.2] = 0
    return Grid.of_voxels(modulus, 1.0, held_bottom(shape), cube(0.3))


def ellipse(shape):
    """Voxels of an elliptic column: rows of all lengths, some void."""
    j, i = (np.linspace(-1, 1, n) for n in shape[1:])
    return np.broadcast_to((np.hypot(j[:, None], i) < 0.9).astype(np.float32), shape).copy()


def test_interpolation_reproduces_linear_fields_and_restriction_is_its_transpose():
    rng = np.random.default_rng(0)
    modulus = ellipse((7, 9, 12))
    grid = Grid.of_voxels(modulus, 1.0, np.zeros((3, 8, 10, 13), bool), cube(0.3))
    fine, coarse = grid.rows, rows_of(grid.coarser().modulus_mpa)

    def linear(rows, step):
        k, j, i = np.meshgrid(*(step * np.arange(n) for n in (*rows.origin.shape, 13)), indexing="ij")
        return rows.packed(np.stack([k + 2.0 * j, i - k, 3 * i + j])).astype(np.float32)

    def up(vector):
        x, step = np.ones(3 * fine.count, np.float32), np.empty(3 * fine.count, np.float32)
        interpolate(vector, coarse.origin, x, step, grid.inverse, fine.nodes, fine.origin)
        assert (x == 1 + step).all()
        return step

    free = grid.inverse > 0
    assert np.abs(up(linear(coarse, 2)) - linear(fine, 1))[free].max() < 1e-5
    a = rng.normal(size=3 * coarse.count).astype(np.float32)
    b = np.where(free, rng.normal(size=3 * fine.count), 0).astype(np.float32)
    down = np.empty_like(a)
    restrict(b, fine.nodes, fine.origin, down, coarse.nodes, coarse.origin)
    assert np.vdot(up(a), b) == pytest.approx(np.vdot(a, down), rel=1e-5)  # float32 sums


def test_coarse_modulus_is_the_root_mean_square_with_void_as_zero():
    modulus = np.zeros((3, 2, 2), np.float32)
    modulus[0], modulus[1, 0, 0], modulus[2] = 2, 4, 6
    coarse = Grid.of_voxels(modulus, 1.0, held_bottom((3, 2, 2)), cube(0.3)).coarser()
    assert coarse.modulus_mpa.ravel() == pytest.approx([np.sqrt((4 * 4 + 16) / 8), np.sqrt(4 * 36 / 8)])
    assert coarse.spacing_mm == 2


@pytest.mark.parametrize("layers", [4, 5])
def test_plates_stay_held_on_coarse_grids_even_and_odd(layers):
    shape = (layers, 4, 4)
    held = held_bottom(shape)
    held[:, -1] = True
    coarse = Grid.of_voxels(np.ones(shape, np.float32), 1.0, held, cube(0.3)).coarser()
    held = coarse.rows.unpacked(coarse.held.astype(float), 3)
    assert held[:, 0].all()
    assert held[:, -1].all()
    assert not held[:, 1:-1].any()


def test_a_half_voxel_at_a_held_plate_keeps_its_stiffness():
    held = held_bottom((3, 2, 2))
    free_end = Grid.of_voxels(np.ones((3, 2, 2), np.float32), 1.0, held, cube(0.3)).coarser()
    held[:, -1] = True
    plate = Grid.of_voxels(np.ones((3, 2, 2), np.float32), 1.0, held, cube(0.3)).coarser()
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
    assert len(cycle.levels) > 1
    rng = np.random.default_rng(2)
    free = grid.inverse > 0

    def corrected(vector):
        cycle.residual[:] = vector
        cycle.cycle()
        return cycle.correction.astype(float)

    a, b = (np.where(free, rng.normal(size=free.size), 0) for _ in range(2))
    za, zb = corrected(a), corrected(b)
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
