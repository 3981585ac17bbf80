"""The voxel solver against spheres in a matrix, and between the bounds that every mixture keeps."""

import numpy as np
import pytest

from elasticity_models import bonded_stiffness, nodes, nothing_held, random_modulus, rollers, solved, strains

# --- Spheres (an eighth of each; the planes x = 0, y = 0 and z = 0 are mirrors)


def ball(n, radius):
    """Voxels whose centre lies in the ball, and its radius as their volume has it."""
    centre = np.arange(n) + 0.5
    inside = centre[:, None, None] ** 2 + centre[:, None] ** 2 + centre**2 < radius**2
    return inside, (np.count_nonzero(inside) * 6 / np.pi) ** (1 / 3)


def moduli(young, nu):
    """Bulk and shear modulus."""
    return young / (3 * (1 - 2 * nu)), young / (2 * (1 + nu))


def disturbed(n, stiff, *, parts):
    """An equal pull from all sides on a ball of radius n / `parts` and this modulus in a matrix of modulus 1.

    Outside, the closed form is r + (c − 1) a³ / r², where c is the dilatation inside (Eshelby; Lamé for a cavity); it
    is prescribed on the outer faces.  Returns the voxels of the ball, its radius, c, the displacement beyond the
    uniform one that was found, and the one that was expected.
    """
    nu = 0.3
    inside, radius = ball(n, n / parts)
    (matrix_bulk, shear), (bulk, _) = moduli(1, nu), moduli(stiff, nu)
    dilatation = (3 * matrix_bulk + 4 * shear) / (3 * bulk + 4 * shear)
    at = nodes(inside.shape)
    r = np.maximum(np.sqrt(np.sum(at**2, axis=0)), 1e-9)
    expected = (dilatation - 1) * radius**3 / r**3 * at
    ends = rollers(inside.shape, (0, 0, 0))
    outer = nothing_held(inside.shape)
    outer[:, -1] = outer[:, :, -1] = outer[:, :, :, -1] = True
    ends["held"] |= outer
    ends["prescribed_mm"] = np.where(outer, at + expected, 0)
    found = solved(np.where(inside, stiff, 1.0), ends, nu=nu, tolerance=1e-8).displacement_mm - at
    return inside, radius, dilatation, found, expected


@pytest.mark.parametrize("stiff", [0.1, 3.0])
def test_the_dilatation_of_a_spherical_inclusion_is_eshelbys(stiff):
    inside, _, dilatation, found, _ = disturbed(36, stiff, parts=3)
    mean = 1 + np.trace(strains(found))[inside].mean() / 3
    assert mean == pytest.approx(dilatation, rel=0.03)
    assert abs(dilatation - 1) > 0.3  # no inclusion at all would be found out


def test_lame_a_cavity_under_equal_pull_converges():
    errors = []
    grids = (8, 12, 16, 24, 32, 48)
    for n in grids:
        _, radius, _, found, expected = disturbed(n, 0.0, parts=4)
        r = np.sqrt(np.sum(nodes((n, n, n)) ** 2, axis=0))
        far = (r >= 1.5 * radius) & (nodes((n, n, n)).max(axis=0) < n)
        errors.append(np.linalg.norm((found - expected)[:, far]) / np.linalg.norm(expected[:, far]))
    order = -np.polyfit(np.log(grids), np.log(errors), 1)[0]
    assert order > 0.5, errors  # a staircase: about first order, no two of them of quite the same shape
    assert errors[-1] < 0.02


def test_stress_beside_a_cavity_follows_its_closed_form():
    nu, n = 0.3, 36
    inside, radius = ball(n, n / 6)
    solution = solved(np.where(inside, 0.0, 1.0), rollers(inside.shape, (None, None, n)), nu=nu, tolerance=1e-8)
    strain = strains(solution.displacement_mm)[:, :, 0, 0]
    bulk, shear = moduli(1, nu)
    stress = (bulk - 2 * shear / 3) * np.trace(strain) + 2 * shear * strain[2, 2]
    r = np.hypot(np.arange(n) + 0.5, np.sqrt(0.5))
    ratio = radius / r
    exact = 1 + (4 - 5 * nu) / (2 * (7 - 5 * nu)) * ratio**3 + 9 / (2 * (7 - 5 * nu)) * ratio**5
    far = (r >= radius + 2) & (r < n / 2)
    assert stress[far] == pytest.approx(exact[far], rel=0.05)
    assert exact[far][0] > 1.15  # uniform stress would be found out
    assert (np.diff(stress[far]) < 0).all()


# --- Bounds


@pytest.mark.parametrize("seed", range(3))
def test_random_grids_lie_between_the_bounds_of_hashin_and_shtrikman(seed):
    n, nu, low, high = 16, 0.3, 1.0, 10.0
    coarse = np.random.default_rng(seed).random((n // 2,) * 3) < 0.5
    stiff = coarse.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    modulus = np.where(stiff, high, low)
    bulk = 2 * solved(modulus, rollers(stiff.shape, (n, n, n)), nu=nu).energy_n_mm / n**3 / 9
    part, ((k0, g0), (k1, g1)) = stiff.mean(), (moduli(low, nu), moduli(high, nu))
    lower = k0 + part / (1 / (k1 - k0) + 3 * (1 - part) / (3 * k0 + 4 * g0))
    upper = k1 + (1 - part) / (1 / (k0 - k1) + 3 * part / (3 * k1 + 4 * g1))
    assert lower < bulk < upper
    assert part * k1 + (1 - part) * k0 > 1.05 * upper  # the plain means lie outside
    assert 1 / (part / k1 + (1 - part) / k0) < 0.95 * lower


def test_more_modulus_anywhere_never_softens():
    modulus = random_modulus((6, 6, 6))
    before = bonded_stiffness(modulus, nu=0.3)
    for place in [(0, 0, 0), (3, 3, 3), (5, 2, 4)]:
        stiffer, softer = modulus.copy(), modulus.copy()
        stiffer[place] *= 3
        softer[place] /= 3
        assert bonded_stiffness(softer, nu=0.3) < before < bonded_stiffness(stiffer, nu=0.3)
