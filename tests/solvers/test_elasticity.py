"""Elasticity against closed forms, a second implementation, and the symmetries of nature."""

import numba
import numpy as np
import pytest
import scipy.sparse.linalg
import skfem
from skfem.helpers import ddot, eye, sym_grad, trace

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity import nodal_forces, solve_elasticity, strain_energy_density


def nodes(shape):
    """Coordinates (x, y, z) of the nodes of [k, j, i] voxels of edge 1, component first."""
    k, j, i = np.meshgrid(*(np.arange(n + 1.0) for n in shape), indexing="ij")
    return np.stack([i, j, k])


def boundary(shape):
    """Nodes on the surface of the box, all components."""
    held = np.ones((3, *(n + 1 for n in shape)), bool)
    held[:, 1:-1, 1:-1, 1:-1] = False
    return held


def between_plates(shape, *, sliding=False, shortening=0.1):
    """Bottom and top held, the top moved down; sliding plates hold the normal component alone, and rigid motion."""
    held = np.zeros((3, *(n + 1 for n in shape)), bool)
    for plate in (0, -1):
        held[2 if sliding else slice(None), plate] = True
    if sliding:
        held[0, :, :, 0] = True  # symmetry planes
        held[1, :, 0, :] = True
    prescribed = np.zeros(held.shape)
    prescribed[2, -1] = -shortening
    return {"held": held, "prescribed_mm": prescribed}


def stiffness(modulus, *, nu=0.0, spacing=1.0, sliding=True, shortening=0.1, tolerance=1e-10):
    ends = between_plates(modulus.shape, sliding=sliding, shortening=shortening)
    solution = solve_elasticity(modulus, spacing, **ends, poisson_ratio=nu, relative_tolerance=tolerance)
    return 2 * solution.energy_n_mm / shortening**2


def random_modulus(shape, seed=0, low=1.0, high=100.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


@pytest.mark.parametrize("edge", [1.0, 0.5])
def test_patch_an_affine_displacement_of_the_surface_fills_the_inside(edge):
    shape = (5, 6, 7)
    gradient = np.array([[0.01, 0.02, -0.03], [0.005, -0.02, 0.01], [0.03, 0.015, 0.04]])
    affine = np.einsum("ab,bkji->akji", gradient, edge * nodes(shape))
    solution = solve_elasticity(
        np.full(shape, 250.0), edge, held=boundary(shape), prescribed_mm=affine, poisson_ratio=0.3,
        relative_tolerance=1e-12,
    )  # fmt: skip
    assert solution.displacement_mm == pytest.approx(affine, abs=1e-10 * np.abs(affine).max())
    strain = (gradient + gradient.T) / 2
    lame, shear = 250 * 0.3 / (1.3 * 0.4), 250 / 2.6
    density = 0.5 * lame * np.trace(strain) ** 2 + shear * np.sum(strain**2)
    found = strain_energy_density(np.full(shape, 250.0), edge, solution.displacement_mm, poisson_ratio=0.3)
    assert found == pytest.approx(density, rel=1e-9)


def test_a_rigid_motion_makes_no_force():
    modulus, at = random_modulus((4, 5, 6)), nodes((4, 5, 6))
    turn = np.cross([0.1, -0.2, 0.3], at, axisa=-1, axisb=0, axisc=0) + np.array([1.0, 2, 3])[:, None, None, None]
    forces = nodal_forces(modulus, 0.7, turn, poisson_ratio=0.3)
    assert np.abs(forces).max() < 1e-10 * modulus.max() * np.abs(turn).max()


@pytest.mark.parametrize("spacing", [1.0, 0.25])
def test_bar_ea_over_l(spacing):
    # Free to widen, so that any Poisson's ratio gives EA/L.
    found = stiffness(np.full((9, 4, 5), 700.0), nu=0.3, spacing=spacing)
    assert found == pytest.approx(700 * 20 * spacing / 9, rel=1e-9)


def test_layers_in_series_and_columns_in_parallel():
    layers = np.repeat(np.array([100.0, 900, 30, 250]), 2)
    series = np.broadcast_to(layers[:, None, None], (8, 4, 4))
    assert stiffness(series) == pytest.approx(16 / np.sum(1 / layers), rel=1e-9)
    columns = np.broadcast_to(layers, (6, 5, 8))
    assert stiffness(columns) == pytest.approx(5 * layers.sum() / 6, rel=1e-9)
    # One Poisson's ratio for all: columns still widen alike.
    assert stiffness(columns, nu=0.3) == pytest.approx(5 * layers.sum() / 6, rel=1e-9)


def test_bonded_layers_lie_between_reuss_and_voigt():
    layers = np.broadcast_to(np.tile([10.0, 1.0], 4)[:, None, None], (8, 12, 12))
    apparent = stiffness(layers, nu=0.3) * 8 / 144
    assert 20 / 11 * 1.01 < apparent < 5.5  # strictly above Reuss, by more than any solver error


def test_cantilever_converges_with_order_two():
    # Length 10, thickness 1; no Poisson's ratio, or the clamped end would not be Timoshenko's.
    length, errors = 10, []
    for n in (2, 4, 8):
        shape, h = (n, 1, length * n), 1 / n
        held = np.zeros((3, n + 1, 2, length * n + 1), bool)
        held[:, :, :, 0] = True
        held[1] = True
        prescribed = np.zeros(held.shape)
        solution = _with_tip_shear(shape, h, held, prescribed)
        exact = length**3 / (3 / 12) + length / (5 / 6 * 0.5)  # per unit width and modulus
        errors.append(abs(solution / exact - 1))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[0] == pytest.approx(0.11, abs=0.02)
    assert orders == pytest.approx(2, abs=0.15)


def _with_tip_shear(shape, h, held, prescribed):
    """Work-mean deflection of the tip under unit parabolic shear, by superposition of unit tip displacements.

    The solver takes displacements, so the tip's compliance is found from its reactions: the matrix of the tip nodes'
    forces under unit displacements is inverted.  The tip's axial displacement stays free.
    """
    tips = [(2, k, j, shape[2]) for k in range(shape[0] + 1) for j in (0, 1)]
    held = held.copy()
    for place in tips:
        held[place] = True
    matrix = np.empty((len(tips), len(tips)))
    for column, place in enumerate(tips):
        prescribed[:] = 0
        prescribed[place] = 1
        solution = solve_elasticity(
            np.ones(shape), h, held=held, prescribed_mm=prescribed, poisson_ratio=0.0, relative_tolerance=1e-10
        )
        forces = nodal_forces(np.ones(shape), h, solution.displacement_mm, poisson_ratio=0.0)
        matrix[:, column] = [forces[tip] for tip in tips]
    load = _parabolic_loads(shape[0], h)
    load = np.repeat(load / 2, 2)
    # Width h instead of 1: the unit load is spread over it.
    return load @ np.linalg.solve(matrix, load) * h


def _parabolic_loads(n, h):
    """Consistent nodal loads of the shear stress 6 s (1 − s) over the thickness, total 1."""
    points, weights = np.polynomial.legendre.leggauss(3)
    load = np.zeros(n + 1)
    for element in range(n):
        for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
            s = (element + point) * h
            load[element : element + 2] += weight * h * 6 * s * (1 - s) * np.array([1 - point, point])
    return load


def test_energy_work_and_reactions_agree():
    modulus = random_modulus((7, 8, 9))
    ends = between_plates(modulus.shape)
    solution = solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3, relative_tolerance=1e-11)
    forces = nodal_forces(modulus, 1.0, solution.displacement_mm, poisson_ratio=0.3)
    top, bottom = forces[:, -1].sum(axis=(1, 2)), forces[:, 0].sum(axis=(1, 2))
    assert top == pytest.approx(-bottom, abs=1e-9 * np.abs(top).max())
    assert solution.energy_n_mm == pytest.approx(0.5 * np.sum(forces * ends["prescribed_mm"]), rel=1e-9)
    density = strain_energy_density(modulus, 1.0, solution.displacement_mm, poisson_ratio=0.3)
    assert solution.energy_n_mm == pytest.approx(density.sum(), rel=1e-9)
    assert np.abs(forces[:, 1:-1]).max() < 1e-9 * np.abs(top).max()


def test_a_loose_tolerance_spoils_the_energy_only_to_second_order():
    modulus = random_modulus((10, 12, 14))
    exact = stiffness(modulus, nu=0.3, sliding=False, tolerance=1e-11)
    assert stiffness(modulus, nu=0.3, sliding=False, tolerance=1e-4) == pytest.approx(exact, rel=1e-7)


def test_mirrors_and_quarter_turns_leave_the_stiffness():
    modulus = random_modulus((6, 7, 9))
    reference = stiffness(modulus, nu=0.3, sliding=False)
    for other in (modulus[::-1], modulus[:, ::-1], modulus[:, :, ::-1], modulus.transpose(0, 2, 1)):
        assert stiffness(np.ascontiguousarray(other), nu=0.3, sliding=False) == pytest.approx(reference, rel=1e-9)


def test_more_modulus_anywhere_never_softens():
    modulus = random_modulus((6, 6, 6))
    before = stiffness(modulus, nu=0.3, sliding=False)
    for place in [(0, 0, 0), (3, 3, 3), (5, 2, 4)]:
        stiffer = modulus.copy()
        stiffer[place] *= 3
        assert stiffness(stiffer, nu=0.3, sliding=False) > before


def test_stiffness_scales_with_modulus_and_size():
    modulus = random_modulus((5, 6, 7))
    reference = stiffness(modulus, nu=0.3, sliding=False)
    assert stiffness(3 * modulus, nu=0.3, sliding=False) == pytest.approx(3 * reference, rel=1e-6)  # float32 moduli
    assert stiffness(modulus, nu=0.3, sliding=False, spacing=0.5) == pytest.approx(reference / 2, rel=1e-9)


def test_a_second_implementation_agrees():
    shape, nu = (5, 4, 6), 0.3
    modulus = random_modulus(shape, low=10, high=1000).astype(np.float32)
    modulus[2, 1:3, 2:4] = 0
    mine = stiffness(modulus, nu=nu, sliding=False)
    assert mine == pytest.approx(_assembled_stiffness(modulus, nu), rel=1e-9)


def _assembled_stiffness(modulus, nu, shortening=0.1):
    """The same model with scikit-fem's hexahedra, assembled and solved directly."""
    mesh = skfem.MeshHex.init_tensor(*(np.arange(n + 1.0) for n in modulus.shape[::-1]))
    basis = skfem.Basis(mesh, skfem.ElementVector(skfem.ElementHex1()), intorder=3)
    centre = mesh.p[:, mesh.t].mean(axis=1).astype(int)
    per_element = modulus[centre[2], centre[1], centre[0]].astype(float)
    field = basis.with_element(skfem.ElementHex0()).interpolate(per_element)

    @skfem.BilinearForm
    def energy(u, v, w):
        a, b = sym_grad(u), sym_grad(v)
        lame, shear = nu / ((1 + nu) * (1 - 2 * nu)), 1 / (2 * (1 + nu))
        return w["modulus"] * ddot(lame * eye(trace(a), 3) + 2 * shear * a, b)

    matrix = energy.assemble(basis, modulus=field)
    height = modulus.shape[0]
    ends = basis.get_dofs(lambda x: (x[2] < 1e-9) | (x[2] > height - 1e-9)).all()
    x = np.zeros(basis.N)
    top = basis.get_dofs(lambda x: x[2] > height - 1e-9)
    x[top.all("u^3")] = -shortening
    empty = np.flatnonzero(matrix.diagonal() == 0)
    free = np.setdiff1d(np.arange(basis.N), np.concatenate([ends, empty]))
    x[free] = scipy.sparse.linalg.spsolve(matrix[free][:, free].tocsc(), -(matrix @ x)[free])
    return float(x @ (matrix @ x)) / shortening**2


def test_one_and_two_threads_give_the_same_bits():
    modulus = random_modulus((12, 13, 14))
    ends, before, found = between_plates(modulus.shape), numba.get_num_threads(), []
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        found.append(solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3))
    numba.set_num_threads(before)
    assert found[0].energy_n_mm == found[1].energy_n_mm
    assert found[0].displacement_mm.tobytes() == found[1].displacement_mm.tobytes()


def test_iterations_do_not_grow_with_the_grid():
    counts = []
    for n in (12, 24, 36):
        modulus = np.full((n, n, n), 100.0)
        ends = between_plates(modulus.shape)
        counts.append(solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3).iterations)
    assert max(counts) <= 1.5 * counts[0]
    assert max(counts) < 20


def test_void_and_loose_parts_bear_nothing():
    solid = np.full((6, 4, 4), 50.0)
    around = np.zeros((6, 8, 9))
    around[:, 2:6, 1:5] = solid
    assert stiffness(around, nu=0.3, sliding=False) == pytest.approx(stiffness(solid, nu=0.3, sliding=False), rel=1e-9)
    around[2:4, 2:4, 7:9] = 50.0
    ends = between_plates(around.shape)
    solution = solve_elasticity(around, 1.0, **ends, poisson_ratio=0.3, relative_tolerance=1e-10)
    assert solution.loose_voxels == 8
    assert solution.energy_n_mm * 200 == pytest.approx(stiffness(solid, nu=0.3, sliding=False), rel=1e-9)


def test_impossible_input_is_refused():
    modulus, ends = np.ones((3, 3, 3)), between_plates((3, 3, 3))
    with pytest.raises(Refused, match="one more along each axis"):
        solve_elasticity(np.ones((3, 3, 4)), 1.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="negative or not finite"):
        solve_elasticity(-modulus, 1.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="negative or not finite"):
        solve_elasticity(modulus * np.nan, 1.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="Poisson's ratio"):
        solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.5)
    with pytest.raises(Refused, match="positive"):
        solve_elasticity(modulus, 0.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="Nothing with stiffness is held"):
        solve_elasticity(modulus * 0, 1.0, **ends, poisson_ratio=0.3)
