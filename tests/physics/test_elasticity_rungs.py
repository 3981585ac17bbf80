"""The voxel solver against continuum mechanics, each answer with a wrong model that the same test would catch.

What belongs to the solver alone (convergence, refusals, storage) is tested beside it.
"""

import numba
import numpy as np
import pytest
import scipy.sparse.linalg
import skfem
from skfem.helpers import sym_grad

from elasticity_models import (
    bonded,
    bonded_stiffness,
    nodes,
    nothing_held,
    random_modulus,
    rollers,
    solved,
    strains,
    surface,
)
from vertebroplasty.solvers.elasticity import nodal_forces, strain_energy_density
from vertebroplasty.solvers.elasticity_element import cube, transversely_isotropic

MATERIALS = {"isotropic": cube(0.3), "transverse": transversely_isotropic()}
BOTH = pytest.mark.parametrize("element", MATERIALS.values(), ids=MATERIALS)


# --- Patch test

GRADIENT = np.array([[0.01, 0.02, -0.03], [0.005, -0.02, 0.01], [0.03, 0.015, 0.04]])  # stretch, shear and rotation


@BOTH
@pytest.mark.parametrize("edge", [1.0, 0.5])
def test_patch_an_affine_displacement_of_the_surface_fills_the_inside(element, edge):
    shape = (5, 6, 7)
    affine = np.einsum("ab,bkji->akji", GRADIENT, nodes(shape, edge))
    ends = {"held": surface(shape), "prescribed_mm": np.where(surface(shape), affine, 0)}
    modulus = np.full(shape, 250.0)
    found = solved(modulus, ends, element=element, spacing=edge, tolerance=1e-13).displacement_mm
    assert found == pytest.approx(affine, abs=1e-10 * np.abs(affine).max())
    strain = (GRADIENT + GRADIENT.T) / 2
    everywhere = np.broadcast_to(strain[:, :, None, None, None], (3, 3, *shape))
    assert strains(found, edge) == pytest.approx(everywhere, abs=1e-10)
    voigt = np.array([*np.diagonal(strain), 2 * strain[1, 2], 2 * strain[0, 2], 2 * strain[0, 1]])
    density = strain_energy_density(modulus, edge, found, element=element)
    assert density == pytest.approx(125 * voigt @ element.elasticity @ voigt, rel=1e-9)
    # The control: one voxel unlike the others, and the field is affine no more.
    modulus[2, 3, 3] *= 1.01
    spoilt = solved(modulus, ends, element=element, spacing=edge, tolerance=1e-13).displacement_mm
    assert np.abs(spoilt - affine).max() > 1e-5 * np.abs(affine).max()


# --- Rigid modes


@BOTH
def test_exactly_six_rigid_modes_cost_nothing(element):
    eigenvalues = np.linalg.eigvalsh(element.stiffness)
    assert np.abs(eigenvalues[:6]).max() < 1e-14
    assert eigenvalues[6] > 1e-3
    modulus, at = random_modulus((4, 5, 6)), nodes((4, 5, 6))
    largest = modulus.max() * np.abs(at).max()
    spin = np.array([[0, -0.3, -0.2], [0.3, 0, -0.1], [0.2, 0.1, 0]])
    moved = np.einsum("ab,bkji->akji", spin, at) + np.array([1.0, 2, 3])[:, None, None, None]
    assert np.abs(nodal_forces(modulus, 0.7, moved, element=element)).max() < 1e-10 * largest
    # The control: one sign wrong makes the rotation a shear.
    shear = np.einsum("ab,bkji->akji", np.abs(spin), at)
    assert np.abs(nodal_forces(modulus, 0.7, shear, element=element)).max() > 1e-3 * largest


# --- Bars and layers


def slid_stiffness(modulus, *, spacing=1.0, **material):
    """Stiffness between sliding plates, the sides free."""
    ends = rollers(modulus.shape, (None, None, -0.1))
    return 2 * solved(modulus, ends, spacing=spacing, **material).energy_n_mm / 0.1**2


@BOTH
@pytest.mark.parametrize("spacing", [1.0, 0.25])
def test_bar_ea_over_l(element, spacing):
    # Free to widen, so that any Poisson's ratio gives EA/L; bonded ends are stiffer.
    bar = np.full((9, 4, 5), 700.0)
    exact = 700 * 20 * spacing / 9
    assert slid_stiffness(bar, element=element, spacing=spacing) == pytest.approx(exact, rel=1e-9)
    assert bonded_stiffness(bar, element=element, spacing=spacing) > 1.005 * exact


def test_a_bar_across_the_fibres_has_the_modulus_across():
    bar = np.full((4, 5, 9), 700.0)
    ends = rollers(bar.shape, (-0.1, None, None))
    across = 2 * solved(bar, ends, element=transversely_isotropic()).energy_n_mm / 0.1**2
    assert across == pytest.approx(0.333 * 700 * 20 / 9, rel=1e-9)


def test_layers_in_series_and_columns_in_parallel():
    layers = np.repeat(np.array([100.0, 900, 30, 250]), 2)
    series = np.broadcast_to(layers[:, None, None], (8, 4, 4))
    assert slid_stiffness(series, nu=0.0) == pytest.approx(16 / np.sum(1 / layers), rel=1e-9)
    columns = np.broadcast_to(layers, (6, 5, 8))
    voigt = 5 * layers.sum() / 6
    assert slid_stiffness(columns, nu=0.0) == pytest.approx(voigt, rel=1e-9)
    # One Poisson's ratio for all: columns widen alike, but layers hold each other back.
    assert slid_stiffness(columns, nu=0.3) == pytest.approx(voigt, rel=1e-9)
    assert 1.005 * 16 / np.sum(1 / layers) < slid_stiffness(series, nu=0.3) < 16 * layers.mean() / 8


def test_an_infinite_laminate_has_its_closed_form():
    shape, nu = (8, 3, 3), 0.3
    layers = np.broadcast_to(np.tile([10.0, 1.0], 4)[:, None, None], shape)
    # Every layer has the same strain across e, and the stresses across cancel on average: energy is a quadratic in e.
    energy = {
        (z, e): solved(layers, rollers(shape, (3 * e, 3 * e, 8 * z)), nu=nu).energy_n_mm * 2 / layers.size
        for z, e in ((1, 0), (0, 1), (1, 1))
    }
    coupling = (energy[1, 1] - energy[1, 0] - energy[0, 1]) / 2
    apparent = energy[1, 0] - coupling**2 / energy[0, 1]
    compliance = (1 + nu) * (1 - 2 * nu) / (1 - nu) * 0.55 + 2 * nu**2 / ((1 - nu) * 5.5)
    assert apparent == pytest.approx(1 / compliance, rel=1e-9)
    assert apparent == pytest.approx(2.196, abs=5e-4)
    assert 20 / 11 < apparent < 5.5  # Reuss and Voigt
    assert abs(energy[1, 0] - apparent) > 0.1  # sides that may not move at all would be another modulus


# --- Cantilever


def tip_compliance(n, nu):
    """Work of a unit parabolic tip shear on a beam of length 10, thickness and width 1, n elements through it."""
    shape, h = (n, 1, 10 * n), 1 / n
    held, forces = nothing_held(shape), np.zeros((3, n + 1, 2, 10 * n + 1))
    held[:, :, :, 0] = True
    held[1] = True
    points, weights = np.polynomial.legendre.leggauss(3)
    for element in range(n):
        for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
            s = (element + point) * h
            share = weight * h * 6 * s * (1 - s) * np.array([1 - point, point])
            forces[2, element : element + 2, :, -1] += share[:, None] / 2 * h  # width h carries h of the load
    ends = {"held": held, "prescribed_mm": np.zeros(held.shape)}
    return 2 * solved(np.ones(shape), ends, nu=nu, spacing=h, forces_n=forces).energy_n_mm / h


def test_cantilever_converges_with_order_two():
    exact = 10**3 / (3 / 12) + 10 / (5 / 6 * 0.5)  # Timoshenko, shear factor 5/6, no Poisson's ratio
    errors = np.array([1 - tip_compliance(n, 0.0) / exact for n in (2, 4, 8)])
    assert errors[0] == pytest.approx(0.11, abs=0.02)
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2, abs=0.15)
    # The control: a bending stiffness wrong by 1 % would show as a loss of order.
    wrong = np.abs(1 - tip_compliance(8, 0.0) / (1.01 * exact))
    assert np.log2(errors[1] / wrong) != pytest.approx(2, abs=0.15)


# --- Invariance, energy and a second implementation


@BOTH
def test_mirrors_quarter_turns_and_threads_leave_the_stiffness(element):
    modulus = random_modulus((6, 7, 9))
    reference = bonded_stiffness(modulus, element=element)
    turned = modulus.transpose(0, 2, 1)[:, ::-1]
    for other in (modulus[::-1], modulus[:, ::-1], modulus[:, :, ::-1], modulus.transpose(0, 2, 1), turned):
        assert bonded_stiffness(np.ascontiguousarray(other), element=element) == pytest.approx(reference, rel=1e-9)
    # The control: the same voxels, the weak ones gathered in the lowest layers.
    assert bonded_stiffness(np.sort(modulus, axis=0), element=element) < 0.9 * reference
    before, found = numba.get_num_threads(), []
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        found.append(bonded_stiffness(modulus, element=element))
    numba.set_num_threads(before)
    assert found[0] == found[1]


def test_a_quarter_turn_about_the_fibres_is_allowed_and_one_across_is_not():
    modulus, bone = random_modulus((7, 7, 7)), transversely_isotropic()
    upright = bonded_stiffness(modulus, element=bone)
    lying = np.ascontiguousarray(modulus.transpose(2, 1, 0))
    held, prescribed = nothing_held(modulus.shape), np.zeros((3, 8, 8, 8))
    held[:, :, :, 0] = held[:, :, :, -1] = True
    prescribed[0, :, :, -1] = -0.1
    turned = solved(lying, {"held": held, "prescribed_mm": prescribed}, element=bone)
    assert 2 * turned.energy_n_mm / 0.1**2 < 0.6 * upright
    isotropic = solved(lying, {"held": held, "prescribed_mm": prescribed}, nu=0.3)
    assert 2 * isotropic.energy_n_mm / 0.1**2 == pytest.approx(bonded_stiffness(modulus, nu=0.3), rel=1e-9)


@BOTH
def test_energy_work_and_reactions_agree(element):
    modulus = random_modulus((7, 8, 9))
    ends = bonded(modulus.shape)
    solution = solved(modulus, ends, element=element, tolerance=1e-11)
    forces = nodal_forces(modulus, 1.0, solution.displacement_mm, element=element)
    top, bottom = forces[:, -1].sum(axis=(1, 2)), forces[:, 0].sum(axis=(1, 2))
    assert top == pytest.approx(-bottom, abs=1e-9 * np.abs(top).max())
    assert solution.energy_n_mm == pytest.approx(0.5 * np.sum(forces * ends["prescribed_mm"]), rel=1e-9)
    density = strain_energy_density(modulus, 1.0, solution.displacement_mm, element=element)
    assert solution.energy_n_mm == pytest.approx(density.sum(), rel=1e-9)
    assert np.abs(forces[:, 1:-1]).max() < 1e-9 * np.abs(top).max()


@BOTH
def test_a_second_implementation_finds_the_same_reaction(element):
    modulus = random_modulus((5, 4, 6), low=10, high=1000).astype(np.float32)
    modulus[2, 1:3, 2:4] = 0
    solution = solved(modulus, bonded(modulus.shape), element=element)
    forces = nodal_forces(modulus, 1.0, solution.displacement_mm, element=element)
    reaction = -forces[2, -1].sum()
    assert reaction == pytest.approx(_assembled_reaction(modulus, element.elasticity), rel=1e-8)
    swapped = element.elasticity[np.ix_([2, 1, 0, 5, 4, 3], [2, 1, 0, 5, 4, 3])] * 1.001
    assert reaction != pytest.approx(_assembled_reaction(modulus, swapped), rel=1e-4)


def _assembled_reaction(modulus, elasticity):
    """The same model with scikit-fem's hexahedra, assembled and solved directly: force on the upper plate."""
    mesh = skfem.MeshHex.init_tensor(*(np.arange(n + 1.0) for n in modulus.shape[::-1]))
    basis = skfem.Basis(mesh, skfem.ElementVector(skfem.ElementHex1()), intorder=3)
    centre = mesh.p[:, mesh.t].mean(axis=1).astype(int)
    field = basis.with_element(skfem.ElementHex0()).interpolate(modulus[centre[2], centre[1], centre[0]].astype(float))

    @skfem.BilinearForm
    def energy(u, v, w):
        a, b = (
            np.stack([g[0, 0], g[1, 1], g[2, 2], 2 * g[1, 2], 2 * g[0, 2], 2 * g[0, 1]])
            for g in (sym_grad(u), sym_grad(v))
        )
        return w["modulus"] * np.einsum("a...,ab,b...->...", a, elasticity, b)

    matrix = energy.assemble(basis, modulus=field)
    top = basis.get_dofs(lambda x: x[2] > modulus.shape[0] - 1e-9)
    ends = np.concatenate([top.all(), basis.get_dofs(lambda x: x[2] < 1e-9).all()])
    x = np.zeros(basis.N)
    x[top.all("u^3")] = -0.1
    free = np.setdiff1d(np.flatnonzero(matrix.diagonal()), ends)
    x[free] = scipy.sparse.linalg.spsolve(matrix[free][:, free].tocsc(), -(matrix @ x)[free])
    return float(-(matrix @ x)[top.all("u^3")].sum())
