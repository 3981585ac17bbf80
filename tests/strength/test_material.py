"""Laws of bone and cement against their published values and their bounds."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.sources import source
from vertebroplasty.strength.material import LAWS, Density, bone_law, cement_modulus_mpa, with_cement


def test_kopperdahl_at_150_mg_per_ml():
    # Linear 450 MPa and power 407 MPa at 0.15 g/cm³, worked out by hand from the published coefficients.
    assert bone_law("kopperdahl2002-linear").modulus_mpa(np.array([150.0])) == pytest.approx(449.8, abs=0.05)
    assert bone_law("kopperdahl2002-power").modulus_mpa(np.array([150.0])) == pytest.approx(406.55, abs=0.01)


def test_morgan_reads_the_density_as_ash():
    # 0.12 g/cm³ ash is 0.2 apparent: 4730 · 0.2^1.56 = 384.2
    assert bone_law("morgan2003").modulus_mpa(np.array([120.0])) == pytest.approx(384.2, abs=0.2)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_every_law_rises_from_one_floor_and_has_a_source(law):
    modulus = law.modulus_mpa(np.linspace(-200, 1500, 400))
    assert (np.diff(modulus) >= 0).all()
    assert modulus[0] == 0.1
    assert source(law.source).title


def test_cement_part_is_the_upper_bound_of_a_porous_solid():
    # Hashin and Shtrikman 1963 with voids as second phase, written in bulk and shear moduli, nu = 0.3.
    for fill in (0.0, 0.2, 0.5, 0.85, 1.0):
        young = 1937.0
        bulk, shear = young / 1.2, young / 2.6
        k = bulk * fill / (1 + (1 - fill) * 3 * bulk / (4 * shear))
        g = shear * fill / (1 + (1 - fill) * 6 * (bulk + 2 * shear) / (9 * bulk + 8 * shear))
        bound = 9 * k * g / (3 * k + g) if fill else 0.0
        found = with_cement(np.zeros(1), np.array([fill]), young)
        assert found[0] == pytest.approx(bound, rel=3e-3, abs=1e-12)


def test_cement_never_softens_and_set_cement_is_stiffest():
    bone, fill = np.array([0.1, 100, 2000]), np.array([0.1, 0.5, 1.0])
    assert (with_cement(bone, fill, cement_modulus_mpa(0.4)) > bone).all()
    assert cement_modulus_mpa(0) == 0
    assert cement_modulus_mpa(0.5) < cement_modulus_mpa(1)


def test_impossible_values_are_refused():
    with pytest.raises(Refused, match="volume fraction"):
        with_cement(np.ones(1), np.array([1.2]), 1.0)
    with pytest.raises(Refused, match="conversion"):
        cement_modulus_mpa(1.1)
    with pytest.raises(Refused, match="choose one of"):
        bone_law("granite")


def test_older_laws_by_hand():
    # 150 mg/ml of mineral is 0.25 g/cm³ apparent: -58 + 1540 * 0.25 = 327 and -80 + 2100 * 0.25 = 445 MPa;
    # as ash 1890 * 0.15^1.92 = 49.5 MPa.
    density = np.array([150.0])
    assert bone_law("keaveny1997").modulus_mpa(density) == pytest.approx(327.0, abs=0.01)
    assert bone_law("kopperdahl-keaveny1998").modulus_mpa(density) == pytest.approx(445.0, abs=0.01)
    assert bone_law("keller1994").modulus_mpa(density) == pytest.approx(49.5, abs=0.1)


def test_a_law_says_which_density_it_means():
    assert bone_law("morgan2003").density is Density.APPARENT
    assert bone_law("kopperdahl2002-linear").equation == "E = -34.7 + 3230 · rho MPa, rho: QCT density in g/cm³"
    assert not source("Keller1994").verified


def upper_bound(parts):
    """Young's modulus of the stiffest mixture of isotropic parts (share, modulus), Hashin and Shtrikman, nu = 0.3."""
    stiffest = max(young for _, young in parts)
    g_max, k_max = stiffest / 2.6, stiffest / 1.2
    zeta = g_max * (9 * k_max + 8 * g_max) / (6 * (k_max + 2 * g_max))
    bulk = 1 / sum(share / (young / 1.2 + 4 / 3 * g_max) for share, young in parts) - 4 / 3 * g_max
    shear = 1 / sum(share / (young / 2.6 + zeta) for share, young in parts) - zeta
    return 9 * bulk * shear / (3 * bulk + shear)


def test_bone_with_cement_never_exceeds_the_upper_bound_of_its_parts():
    # Bone tissue of 10 GPa (8 to 12 in textbooks) holds about 1.1 g/cm³ of mineral: its share follows from the density.
    for density in np.linspace(5.0, 300.0, 12):
        tissue = density / 1100.0
        bone = bone_law("kopperdahl2002-power").modulus_mpa(np.array([density]))
        for filled in np.linspace(0.0, 1.0, 21):
            fill = filled * (1 - tissue)
            bound = upper_bound([(tissue, 10000.0), (fill, 1937.0), (1 - tissue - fill, 0.0)])
            assert with_cement(bone, np.array([fill]), 1937.0)[0] <= bound * 1.001


def test_plain_addition_of_cement_would_exceed_the_bound():
    # The negative control of the test above: bone and cement side by side in every direction.
    bound = upper_bound([(5 / 1100, 10000.0), (0.5, 1937.0), (0.5 - 5 / 1100, 0.0)])
    bone = bone_law("kopperdahl2002-power").modulus_mpa(np.array([5.0]))[0]
    assert bone + 0.5 * 1937.0 > bound
