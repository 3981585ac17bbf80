"""A power-law fluid in the cannula against closed forms, with the twins that must fail."""

import numpy as np
import pytest
from scipy.integrate import quad

from vertebroplasty.cement.product import products
from vertebroplasty.cement.rheology import (
    PowerLaw,
    cannula_flow,
    cannula_pressure,
    power_law,
)

FLOW = 4e-6 / 60.0  # 4 ml/min
LENGTH = 0.125
BORE_M = 2.39e-3
LAWS = (
    PowerLaw(consistency_pa_s=100.0, index=1.0),
    PowerLaw(consistency_pa_s=200.0, index=0.7),
    PowerLaw(consistency_pa_s=300.0, index=0.5),
)
# bore in mm: pressure in MPa for the three fluids
TABLE = {
    3.430: (0.2453, 0.2259, 0.2006),
    2.690: (0.6484, 0.4798, 0.3682),
    2.390: (1.0406, 0.6922, 0.4949),
    1.800: (3.2344, 1.6670, 1.0054),
}


def pressure(law, flow=FLOW, radius=BORE_M / 2, length=LENGTH):
    return cannula_pressure(law, flow, radius_m=radius, length_m=length)


def flow_by_quadrature(law, pressure_pa, radius, length):
    """Flow from the velocity profile that the shear stress of a straight tube drives: no use of Rabinowitsch."""

    def shear(r):
        return (pressure_pa * r / (2 * length) / law.consistency_pa_s) ** (1 / law.index)

    return np.pi * quad(lambda r: r**2 * shear(r), 0.0, radius, epsabs=0.0, epsrel=1e-12)[0]


@pytest.mark.parametrize("bore_mm", TABLE)
def test_rung_21_table_of_cannula_pressures(bore_mm):
    for law, expected in zip(LAWS, TABLE[bore_mm], strict=True):
        assert pressure(law, radius=bore_mm / 2e3) / 1e6 == pytest.approx(expected, rel=5e-4)


@pytest.mark.parametrize("law", LAWS)
def test_rung_21_pressure_drives_the_flow_of_its_own_velocity_profile(law):
    assert flow_by_quadrature(law, pressure(law), BORE_M / 2, LENGTH) == pytest.approx(FLOW, rel=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_rung_21_slopes_with_bore_length_and_flow(law):
    n, scale = law.index, np.array([1.0, 1.3, 2.0])
    for found, slope in (
        ([pressure(law, radius=s * BORE_M / 2) for s in scale], -(3 * n + 1)),
        ([pressure(law, length=s * LENGTH) for s in scale], 1.0),
        ([pressure(law, flow=s * FLOW) for s in scale], n),
    ):
        assert np.polyfit(np.log(scale), np.log(found), 1)[0] == pytest.approx(slope, abs=1e-10)


def test_rung_21_newtonian_limit_and_a_widened_cannula():
    law = LAWS[0]
    assert pressure(law) == pytest.approx(8 * 100.0 * LENGTH * FLOW / (np.pi * (BORE_M / 2) ** 4), rel=1e-12)
    widened = pressure(law, length=0.328 * LENGTH) + pressure(law, radius=BORE_M, length=0.672 * LENGTH)
    assert 1 - widened / pressure(law) == pytest.approx(0.63, abs=5e-4)


def test_rung_21_notices_a_forgotten_rabinowitsch_factor():
    # the Newtonian wall shear rate in a power law: right for index 1, and only there
    for law in LAWS:
        naive = 2 * law.consistency_pa_s * LENGTH / (BORE_M / 2) * (4 * FLOW / (np.pi * (BORE_M / 2) ** 3)) ** law.index
        agrees = abs(naive / pressure(law) - 1) < 1e-3
        assert agrees == (law.index == 1.0)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("bed", [0.0, 5e11])
def test_rung_22_flow_at_a_pressure_and_back(law, bed):
    tube = {"radius_m": BORE_M / 2, "length_m": LENGTH}
    for flow in (0.01 * FLOW, FLOW, 30 * FLOW):
        driving = pressure(law, flow=flow) + bed * flow
        assert cannula_flow(law, driving, bed_pa_s_per_m3=bed, **tube) == pytest.approx(flow, rel=1e-8)


@pytest.mark.parametrize("law", LAWS)
def test_rung_22_a_cap_below_the_pressure_asked_slows_the_push(law):
    tube = {"radius_m": BORE_M / 2, "length_m": LENGTH}
    asked, bed = pressure(law) + 5e11 * FLOW, 5e11
    shares = np.array([1.0, 0.8, 0.5, 0.2])
    flows = np.array([cannula_flow(law, s * asked, bed_pa_s_per_m3=bed, **tube) for s in shares])
    times = 3e-6 / flows  # seconds for 3 ml
    assert np.all(np.diff(times) > 0)
    # without a bed the flow falls with the pressure to the power 1/n: not in proportion unless n is 1
    bare = np.array([cannula_flow(law, s * asked, **tube) for s in shares])
    assert np.polyfit(np.log(shares), np.log(bare), 1)[0] == pytest.approx(1 / law.index, rel=1e-8)


def test_viscosity_by_time_shear_and_temperature():
    # a warmer syringe is further on its clock, so that at the same moment the cement is thicker
    from vertebroplasty.cement.setting import SettingClock

    for cement in products().values():
        if cement.family != "acrylic":
            continue
        cool, warm = (SettingClock(product=cement, room_temperature_c=c) for c in (18.0, 24.0))
        thin, thick = (power_law(cement, clock.equivalent_min(300.0)) for clock in (cool, warm))
        assert thin.consistency_pa_s < thick.consistency_pa_s
        assert thin.viscosity(10.0) < thin.viscosity(1.0) == pytest.approx(thin.consistency_pa_s)
