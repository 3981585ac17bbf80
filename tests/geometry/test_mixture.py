"""The opacifier's share and the density of mixed cement, against sums done by hand."""

import pytest

from vertebroplasty.geometry.mixture import OPACIFIERS_G_PER_CM3, mixed_density_g_per_cm3, mixed_fraction


def test_the_liquid_thins_what_the_label_states():
    # 6 g of barium sulphate in 20 g of powder, 29.2 g in all
    assert mixed_fraction(0.30, powder_g=20.0, liquid_g=9.2) == pytest.approx(6.0 / 29.2)
    assert mixed_fraction(0.30, powder_g=20.0, liquid_g=9.2) < 0.21  # the label's 30 % would be the common mistake


@pytest.mark.parametrize(
    ("opacifier", "fraction", "density"),
    [
        ("barium-sulfate", 0.10, 1.28),
        ("barium-sulfate", 0.20, 1.40),
        ("barium-sulfate", 0.30, 1.53),
        ("zirconia", 0.30, 1.56),
        ("zirconia", 0.45, 1.85),
    ],
)
def test_volumes_add(opacifier, fraction, density):
    assert mixed_density_g_per_cm3(opacifier, fraction) == pytest.approx(density, abs=0.005)  # tabulated to 0.01
    masses_add = fraction * OPACIFIERS_G_PER_CM3[opacifier] + (1 - fraction) * 1.19
    assert masses_add > density * 1.1  # averaging densities by mass is wrong, and the test sees it


def test_plain_polymer_has_its_own_density_and_an_unknown_opacifier_has_none():
    assert mixed_density_g_per_cm3("tantalum", 0.0) == pytest.approx(1.19)
    with pytest.raises(KeyError):
        mixed_density_g_per_cm3("gold", 0.1)
