"""What voxels are made of: coefficients against published tables, absorption edges, and the HU that come back."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.attenuation import (
    MATERIALS,
    Dense,
    cortical_hu,
    hu_of_densities,
    mass_attenuation,
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
