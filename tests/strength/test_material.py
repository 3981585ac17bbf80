"""Laws of bone and cement against their published values and their bounds."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.sources import source
from vertebroplasty.strength.material import LAWS, bone_law, cement_modulus_mpa, with_cement


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
