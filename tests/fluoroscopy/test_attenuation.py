"""What voxels are made of: coefficients against published tables, absorption edges, and the HU that come back."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.attenuation import (
    MATERIALS,
    Dense,
    cortical_hu,
    density_of,
    hu_of_densities,
    mass_attenuation,
    mixture_attenuation,
    tissue_densities,
)

HU = np.arange(-1000, 3072, dtype=np.int16).reshape(1, 1, -1)
SCANNED = np.zeros(HU.shape, bool)


@pytest.mark.parametrize(
    ("material", "kev", "cm2_per_g"),
    # NIST XAAMDI, printed to four digits.
    [("water", 60, 0.2059), ("water", 80, 0.1837), ("cortical-bone", 60, 0.3148), ("cortical-bone", 40, 0.6655)],
)
def test_agrees_with_published_tables(material, kev, cm2_per_g):
    assert mass_attenuation(material, kev) == pytest.approx(cm2_per_g, rel=1e-3)  # NIST-xraylib differences


TABULATED_KEV = (30, 50, 60, 80, 100, 120)
TABULATED = {  # computed apart with xraylib and printed to four digits
    "soft-tissue": (0.3790, 0.2264, 0.2048, 0.1823, 0.1693, 0.1599),
    "bone-mineral": (2.099, 0.5867, 0.4067, 0.2589, 0.2019, 0.1734),
    "pmma": (0.3032, 0.2074, 0.1924, 0.1751, 0.1641, 0.1557),
    "barium-sulfate": (6.222, 8.253, 5.116, 2.414, 1.362, 0.8683),
    "zirconia": (18.50, 4.626, 2.821, 1.318, 0.7552, 0.4968),
    "tantalum": (21.88, 5.718, 3.569, 7.588, 4.300, 2.698),
    "tungsten": (22.73, 5.951, 3.713, 7.809, 4.437, 2.787),
    "steel-316l": (8.551, 2.057, 1.266, 0.6228, 0.3865, 0.2782),
    "iodine": (8.562, 12.32, 7.577, 3.510, 1.942, 1.211),
    "copper": (10.91, 2.613, 1.593, 0.7630, 0.4585, 0.3195),
    "aluminium": (1.128, 0.3682, 0.2778, 0.2018, 0.1704, 0.1533),
}


@pytest.mark.parametrize("material", TABULATED)
def test_every_material_agrees_with_its_tabulated_coefficients(material):
    found = mass_attenuation(material, np.array(TABULATED_KEV, float))
    np.testing.assert_allclose(found, TABULATED[material], rtol=5e-4)  # half of the last printed digit


def test_a_mixture_attenuates_by_its_shares_of_the_mass():
    # linear coefficients at 60 keV of mixed cement, summed by hand: 1/cm, printed to three decimals
    for opacifier, share, density, linear in (
        ("barium-sulfate", 0.10, 1.28448, 0.880),
        ("barium-sulfate", 0.30, 1.52695, 2.549),
        ("zirconia", 0.45, 1.84703, 2.540),
    ):
        found = density * mixture_attenuation({"pmma": 1 - share, opacifier: share}, 60.0)
        assert found == pytest.approx(linear, rel=2e-3)  # 0.880 is itself rounded
        by_volume = share * density / density_of(opacifier)
        wrong = density * mixture_attenuation({"pmma": 1 - by_volume, opacifier: by_volume}, 60.0)
        assert abs(wrong - linear) > 0.3 * linear  # shares of the volume in place of the mass would be seen


def test_the_label_states_the_powder_and_taking_it_for_the_mix_is_seen():
    # 30 % of 20 g of powder with 9.2 g of liquid is 20.5 % of the mix: a third less opacifier than the label says
    mixed, label = (mixture_attenuation({"pmma": 1 - w, "barium-sulfate": w}, 60.0) for w in (0.30 * 20.0 / 29.2, 0.30))
    assert label / mixed > 1.3


def test_shares_that_are_no_shares_are_refused():
    with pytest.raises(ValueError, match="add up to 1"):
        mixture_attenuation({"pmma": 0.7, "barium-sulfate": 0.2}, 60.0)


@pytest.mark.parametrize(
    ("material", "edge_kev"), [("barium-sulfate", 37.4406), ("tantalum", 67.4164), ("tungsten", 69.525)]
)
def test_never_interpolates_across_an_edge(material, edge_kev):
    below = mass_attenuation(material, np.array([edge_kev - 0.6, edge_kev - 0.3, edge_kev - 0.02]))
    above = mass_attenuation(material, np.array([edge_kev + 0.02, edge_kev + 0.3]))
    assert np.all(np.diff(below) < 0)  # still falling right up to the edge
    assert above[0] > 3 * below[-1]
    assert above[1] < above[0]


def test_every_material_has_a_table_and_its_limits_are_refused():
    for material in MATERIALS:
        assert 0.05 < mass_attenuation(material, 100.0) < 10
    with pytest.raises(ValueError, match="121 keV"):
        mass_attenuation("water", 140.0)


def test_hounsfield_units_come_back():
    tissue = tissue_densities(HU, SCANNED)
    assert np.abs(hu_of_densities(tissue) - HU).max() < 0.5  # float32 densities: far below one HU


def test_the_round_trip_sees_a_wrong_bone():
    tissue = tissue_densities(HU, SCANNED)
    heavier = replace(tissue, bone=1.05 * tissue.bone)  # 5 % more bone mineral
    assert np.abs(hu_of_densities(heavier) - HU).max() > 50


def test_hounsfield_units_come_back_when_the_dense_is_cement():
    tissue = tissue_densities(HU, SCANNED, dense_material=Dense.CEMENT)
    assert np.abs(hu_of_densities(tissue) - HU).max() < 0.5
    assert tissue.dense_voxels == np.count_nonzero(HU > 2500)


def test_solid_cortical_bone_reads_1558_hu():
    # 0.2570 · 1.92 / 0.1929 at 70 keV
    assert cortical_hu() == pytest.approx(1558, abs=1.0)
    bone = tissue_densities(np.full((1, 1, 1), 1559, np.int16), np.zeros((1, 1, 1), bool))
    assert bone.bone.item() == pytest.approx(1.92, rel=1e-3)
    assert bone.soft.item() == 0.0


def test_soft_tissue_holds_no_bone_and_neither_material_jumps():
    tissue = tissue_densities(HU, SCANNED)
    hu = HU.ravel()
    assert tissue.bone.ravel()[hu <= 80].max() == 0.0
    inside = hu < 2500
    # one HU is 1e-3 of water's density; the steepest of both ramps is 1.92/1478 per HU
    assert np.abs(np.diff(tissue.bone.ravel()[inside])).max() < 2e-3
    assert np.abs(np.diff(tissue.soft.ravel()[inside])).max() < 2e-3


def test_what_the_scanner_never_measured_is_empty():
    tissue = tissue_densities(np.full((2, 2, 2), 500, np.int16), np.ones((2, 2, 2), bool))
    assert tissue.soft.sum() == 0.0
    assert tissue.bone.sum() == 0.0
