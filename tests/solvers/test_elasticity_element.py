"""The unit cube: what a single element must satisfy before any mesh is built of it."""

import numpy as np
import pytest
from scipy.linalg import hadamard

from vertebroplasty.solvers.elasticity_element import cube

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
