"""The unit cube: what a single element must satisfy before any mesh is built of it."""

import numpy as np
import pytest
from scipy.linalg import hadamard

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity_element import cube, transversely_isotropic

CORNERS = np.array([[n & 1, n >> 1 & 1, n >> 2 & 1] for n in range(8)], float)


@pytest.mark.parametrize("nu", [-0.3, 0.0, 0.3, 0.45])
def test_exactly_six_motions_cost_no_energy(nu):
    eigenvalues = np.linalg.eigvalsh(cube(nu).stiffness)
    assert np.abs(eigenvalues[:6]).max() < 1e-14  # rounding of numbers of order 0.1
    assert eigenvalues[6] > 1e-3


def test_translations_and_rotations_make_no_force():
    x, y, z = CORNERS.T
    one, zero = np.ones(8), np.zeros(8)
    motions = [(one, zero, zero), (zero, one, zero), (zero, zero, one), (-y, x, zero), (z, zero, -x), (zero, -z, y)]
    for motion in motions:
        assert np.abs(cube(0.3).stiffness @ np.concatenate(motion)).max() < 1e-14


def test_uniform_strain_has_the_energy_of_hookes_law():
    strain = np.array([[0.3, 0.2, -0.1], [0.2, -0.4, 0.25], [-0.1, 0.25, 0.6]])
    nu, u = 0.3, (CORNERS @ strain).T.ravel()
    lame, shear = nu / ((1 + nu) * (1 - 2 * nu)), 1 / (2 * (1 + nu))
    energy = 0.5 * lame * np.trace(strain) ** 2 + shear * np.sum(strain**2)
    assert 0.5 * u @ cube(nu).stiffness @ u == pytest.approx(energy, rel=1e-13)


def test_the_transformed_matrix_holds_45_numbers_of_8_values():
    transform = np.kron(np.eye(3), hadamard(8))
    hat = transform @ cube(0.3).stiffness @ transform / 64
    filled = np.abs(hat[np.abs(hat) > 1e-14])
    assert filled.size == 45
    apart = np.min(np.abs(filled[:, None] - cube(0.3).modes[None]), axis=1)
    assert apart.max() < 1e-15


def test_the_bound_is_that_of_one_cube():
    # 5.3182 = 117/22 for a Poisson's ratio of 0.3, computed independently.
    assert cube(0.3).spectral_bound == pytest.approx(117 / 22, rel=1e-12)


def test_transverse_isotropy_costs_no_energy_for_six_motions_and_has_its_own_33_values():
    bone = transversely_isotropic()
    eigenvalues = np.linalg.eigvalsh(bone.stiffness)
    assert np.abs(eigenvalues[:6]).max() < 1e-14
    assert eigenvalues[6] > 1e-3
    transform = np.kron(np.eye(3), hadamard(8))
    hat = transform @ bone.stiffness @ transform / 64
    filled = np.abs(hat[np.abs(hat) > 1e-14])
    assert filled.size == 45
    assert np.min(np.abs(filled[:, None] - np.abs(bone.modes)[None]), axis=1).max() < 1e-15


def test_transverse_isotropy_has_the_moduli_it_was_given():
    compliance = np.linalg.inv(transversely_isotropic().elasticity)
    assert 1 / np.diagonal(compliance) == pytest.approx([0.333, 0.333, 1, 0.157, 0.157, 0.121], rel=1e-12)
    assert -compliance[2, 0] * 0.333 == pytest.approx(0.104)  # response along z to a load along x
    assert -compliance[0, 2] == pytest.approx(0.104 / 0.333)  # and the other way round
    assert -compliance[1, 0] * 0.333 == pytest.approx(0.381)


def test_with_equal_moduli_transverse_isotropy_is_isotropy():
    nu, shear = 0.3, 1 / 2.6
    same = transversely_isotropic(
        transverse_modulus=1, poisson_transverse=nu, poisson_axial=nu, shear_axial=shear, shear_transverse=shear
    )
    assert same.stiffness == pytest.approx(cube(nu).stiffness, abs=1e-14)
    assert same.spectral_bound == pytest.approx(cube(nu).spectral_bound, rel=1e-12)


def test_impossible_elastic_ratios_are_refused():
    with pytest.raises(Refused, match="not transversely isotropic"):
        transversely_isotropic(shear_transverse=0.125)
    with pytest.raises(Refused, match="release energy"):
        transversely_isotropic(poisson_axial=0.9)
    with pytest.raises(Refused, match="Poisson's ratio"):
        cube(0.5)
