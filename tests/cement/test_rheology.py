"""Viscosity over time and shear, and the power law in a tube, against closed forms."""

import numpy as np
import pytest

from vertebroplasty.cement.product import product
from vertebroplasty.cement.rheology import PowerLaw, cannula_flow, cannula_pressure, cannula_wall_shear, power_law
from vertebroplasty.geometry.gauges import gauge

FLOW = 4e-6 / 60.0  # 4 ml/min
LENGTH = 0.125
# 13 G with the rounded bore of the table it is compared with
BORES_MM = {8: 3.430, 10: 2.690, 11: 2.390, 13: 1.800}
TABLE_MPA = {
    8: (0.2453, 0.2259, 0.2006),
    10: (0.6484, 0.4798, 0.3682),
    11: (1.0406, 0.6922, 0.4949),
    13: (3.2344, 1.6670, 1.0054),
}
LAWS = (
    PowerLaw(consistency_pa_s=100.0, index=1.0),
    PowerLaw(consistency_pa_s=200.0, index=0.7),
    PowerLaw(consistency_pa_s=300.0, index=0.5),
)


@pytest.mark.parametrize("number", TABLE_MPA)
def test_cannula_pressures_of_three_fluids(number):
    for law, expected in zip(LAWS, TABLE_MPA[number], strict=True):
        found = cannula_pressure(law, FLOW, radius_m=BORES_MM[number] / 2e3, length_m=LENGTH)
        assert found / 1e6 == pytest.approx(expected, rel=5e-4)


def test_the_gauges_carry_these_bores():
    assert all(gauge(n).inner_mm == pytest.approx(bore, abs=0.005) for n, bore in BORES_MM.items())


def test_newtonian_fluid_follows_poiseuille():
    law = PowerLaw(consistency_pa_s=37.0, index=1.0)
    radius = 1.1e-3
    assert cannula_pressure(law, FLOW, radius_m=radius, length_m=LENGTH) == pytest.approx(
        8 * 37.0 * LENGTH * FLOW / (np.pi * radius**4), rel=1e-12
    )
    assert cannula_wall_shear(law, FLOW, radius_m=radius) == pytest.approx(4 * FLOW / (np.pi * radius**3), rel=1e-12)


@pytest.mark.parametrize("n", [0.5, 0.7, 1.0])
def test_pressure_falls_with_the_bore_to_the_power_three_n_plus_one(n):
    radii = np.array([0.8e-3, 1.0e-3, 1.5e-3])
    law = PowerLaw(consistency_pa_s=100.0, index=n)
    pressures = [cannula_pressure(law, FLOW, radius_m=r, length_m=LENGTH) for r in radii]
    assert np.polyfit(np.log(radii), np.log(pressures), 1)[0] == pytest.approx(-(3 * n + 1), rel=1e-10)


def test_widening_two_thirds_of_the_cannula_saves_63_percent():
    law = PowerLaw(consistency_pa_s=100.0, index=1.0)
    narrow = cannula_pressure(law, FLOW, radius_m=1.195e-3, length_m=LENGTH)
    mixed = cannula_pressure(law, FLOW, radius_m=1.195e-3, length_m=0.328 * LENGTH) + cannula_pressure(
        law, FLOW, radius_m=2.39e-3, length_m=0.672 * LENGTH
    )
    assert 1 - mixed / narrow == pytest.approx(0.63, abs=5e-4)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("bed", [0.0, 5e11])
def test_flow_at_a_pressure_inverts_pressure_at_a_flow(law, bed):
    tube = {"radius_m": 1.195e-3, "length_m": LENGTH}
    pressure = cannula_pressure(law, FLOW, **tube) + bed * FLOW
    assert cannula_flow(law, pressure, bed_pa_s_per_m3=bed, **tube) == pytest.approx(FLOW, rel=1e-8)
    assert cannula_flow(law, 0.5 * pressure, bed_pa_s_per_m3=bed, **tube) < FLOW
    assert cannula_flow(law, 0.0, bed_pa_s_per_m3=bed, **tube) == 0.0


def test_consistency_passes_through_both_ends_of_the_paste():
    for key in ("pmma-low", "pmma-medium", "pmma-high"):
        cement = product(key)
        assert power_law(cement, cement.liquid_min).consistency_pa_s == pytest.approx(cement.consistency_paste_pa_s)
        assert power_law(cement, cement.handling_min).consistency_pa_s == pytest.approx(cement.consistency_end_pa_s)
        middle = power_law(cement, 0.5 * (cement.liquid_min + cement.handling_min)).consistency_pa_s
        assert middle == pytest.approx(np.sqrt(cement.consistency_paste_pa_s * cement.consistency_end_pa_s))


def test_cement_thins_with_shear_and_more_so_with_age():
    early, late = power_law(product("pmma-medium"), 5.0), power_law(product("pmma-medium"), 8.5)
    assert (early.index, late.index) == pytest.approx((0.7, 0.5))
    assert early.viscosity(10.0) == pytest.approx(early.consistency_pa_s * 10**-0.3)
    assert late.viscosity(1e-9) == late.viscosity(1e-3)  # bounded below that shear
