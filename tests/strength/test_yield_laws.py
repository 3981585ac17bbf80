"""Published yield laws, worked out by hand."""

import numpy as np
import pytest

from strength_bars import bar
from vertebroplasty.errors import Refused
from vertebroplasty.sources import source
from vertebroplasty.strength.specimen import Matter, Specimen
from vertebroplasty.strength.yield_laws import YIELD_LAWS, yield_law, yield_strains


def test_kopperdahl_at_150_mg_per_ml():
    # 37.4 * 0.15^1.39 = 2.677 and -0.75 + 24.9 * 0.15 = 2.985 MPa.
    density = np.array([150.0])
    assert yield_law("kopperdahl2002-power").stress_mpa(density) == pytest.approx(2.677, abs=1e-3)
    assert yield_law("kopperdahl2002-linear").stress_mpa(density) == pytest.approx(2.985, abs=1e-3)
    assert yield_law("kopperdahl2002-linear").stress_mpa(np.array([0.0])) == pytest.approx(1e-4)


def test_the_strain_is_stress_over_modulus():
    assert yield_law("kopperdahl2002-power").strains(np.array([150.0]), np.array([400.0])) == pytest.approx(
        2.677 / 400, rel=1e-3
    )
    assert yield_law("yield-strain").strains(None, np.array([1.0, 2.0])) == pytest.approx(0.008)


def test_only_bone_yields():
    strains = yield_strains(bar(100.0, 1.0, matter=Matter.CAP), yield_law("yield-strain"))
    assert np.isinf(strains).all()


def test_laws_have_sources_and_names():
    assert all(source(law.source).title for law in YIELD_LAWS.values())
    with pytest.raises(Refused, match="choose one of"):
        yield_law("granite")


def test_a_law_of_density_needs_densities():
    whole = bar()
    bare = Specimen(modulus_mpa=whole.modulus_mpa, matter=whole.matter, spacing_mm=2.0, height_mm=16.0)
    with pytest.raises(Refused, match="needs densities"):
        yield_strains(bare, yield_law("kopperdahl2002-power"))
