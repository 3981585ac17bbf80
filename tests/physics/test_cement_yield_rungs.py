"""A cement with a yield stress in a tube: Buckingham and Reiner, Herschel and Bulkley, and what must fail."""

import numpy as np
import pytest
from scipy.integrate import quad

from vertebroplasty.cement.mixture import mixture
from vertebroplasty.cement.product import product
from vertebroplasty.cement.rheology import PowerLaw, cannula_flow, cannula_pressure, power_law, tube_flow

FLOW = 4e-6 / 60.0  # 4 ml/min
LENGTH, RADIUS = 0.125, 2.39e-3 / 2
TUBE = {"radius_m": RADIUS, "length_m": LENGTH}
BINGHAM = PowerLaw(consistency_pa_s=300.0, index=1.0, yield_pa=100.0)
LAWS = (
    BINGHAM,
    PowerLaw(consistency_pa_s=200.0, index=0.7, yield_pa=30.0),
    PowerLaw(consistency_pa_s=2000.0, index=0.5, yield_pa=1000.0),
)


def flow_by_quadrature(law, wall_pa):
    """Flow from the velocity profile: r² times the shear rate, integrated over what flows outside the plug."""

    def shear(r):
        return (max(wall_pa * r / RADIUS - law.yield_pa, 0.0) / law.consistency_pa_s) ** (1 / law.index)

    plug = min(law.yield_pa / wall_pa, 1.0) * RADIUS
    return np.pi * quad(lambda r: r**2 * shear(r), plug, RADIUS, epsabs=0.0, epsrel=1e-11)[0]


@pytest.mark.parametrize("wall_pa", [101.0, 150.0, 400.0, 4000.0, 1e6])
def test_bingham_in_a_tube_is_buckingham_and_reiner(wall_pa):
    plug = 100.0 / wall_pa
    exact = np.pi * RADIUS**3 * wall_pa / (4 * 300.0) * (1 - 4 * plug / 3 + plug**4 / 3)
    # close to the yield stress the closed form itself cancels nearly all its digits
    assert tube_flow(BINGHAM, wall_pa, radius_m=RADIUS) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("times_yield", [1.05, 1.5, 4.0, 50.0])
def test_the_flow_is_that_of_its_velocity_profile(law, times_yield):
    wall = times_yield * law.yield_pa
    assert tube_flow(law, wall, radius_m=RADIUS) == pytest.approx(flow_by_quadrature(law, wall), rel=1e-8)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("bed", [0.0, 5e11])
def test_pressure_for_a_flow_and_flow_for_a_pressure(law, bed):
    for flow in (1e-3 * FLOW, FLOW, 30 * FLOW):
        driving = cannula_pressure(law, flow, **TUBE) + bed * flow
        assert cannula_flow(law, driving, bed_pa_s_per_m3=bed, **TUBE) == pytest.approx(flow, rel=1e-7)


def test_below_the_yield_stress_nothing_comes_out():
    least = 2 * LENGTH / RADIUS * 100.0  # 21 kPa in an 11G cannula
    assert least == pytest.approx(20.9e3, rel=1e-2)
    assert cannula_flow(BINGHAM, 0.999 * least, **TUBE) < 1e-20
    assert cannula_flow(BINGHAM, 1.01 * least, **TUBE) > 0.0
    assert cannula_pressure(BINGHAM, 1e-6 * FLOW, **TUBE) == pytest.approx(least, rel=1e-2)


@pytest.mark.parametrize("index", [1.0, 0.6])
def test_without_yield_stress_it_is_the_power_law(index):
    nearly = PowerLaw(consistency_pa_s=300.0, index=index, yield_pa=1e-9)
    plain = PowerLaw(consistency_pa_s=300.0, index=index)
    assert cannula_pressure(nearly, FLOW, **TUBE) == pytest.approx(cannula_pressure(plain, FLOW, **TUBE), rel=1e-9)


def test_the_naive_sum_of_both_pressures_is_told_apart():
    """Adding the pressure that starts the flow to Newton's forgets that the plug narrows: four thirds of it."""
    newton = cannula_pressure(PowerLaw(consistency_pa_s=300.0, index=1.0), FLOW, **TUBE)
    start = 2 * LENGTH / RADIUS * 100.0
    found = cannula_pressure(BINGHAM, FLOW, **TUBE)
    assert found == pytest.approx(newton + 4 / 3 * start, rel=1e-6)
    assert abs(found - newton - start) > 0.3 * start


def in_bone(yield_pa, speed):
    """Apparent viscosity of Newtonian cement in a bed, by what it does to the mobility."""
    one = np.ones(1)
    found = np.zeros(1)
    mixture(one, 1e-8 * one, 0.85 * one, speed * one, one > 0, 300.0, 1.0, 0.1, found, yield_pa)
    return 1e-8 / found[0]


def test_in_bone_a_yield_stress_costs_four_thirds_of_itself_on_the_pores_walls():
    shear = 12.0 * 1e-3 / np.sqrt(150.0 * 1e-8 * 0.85)
    assert in_bone(0.0, 1e-3) == pytest.approx(300.0)
    assert in_bone(60.0, 1e-3) == pytest.approx(300.0 + 80.0 / shear)
    # hardly moving it creeps, as thick as cement that no longer moves
    assert in_bone(1000.0, 1e-12) == 1e4


def test_the_smoothed_law_has_the_yield_stress_where_it_flows():
    for shear in (0.1, 1.0, 10.0):
        assert BINGHAM.viscosity(shear) * shear == pytest.approx(300.0 * shear + 100.0, rel=1e-3)


def test_a_product_states_it_for_the_end_of_its_paste():
    from dataclasses import replace

    stated = replace(product("pmma-medium"), yield_end_pa=80.0)
    assert power_law(stated, stated.handling_min).yield_pa == pytest.approx(80.0)
    assert power_law(stated, stated.liquid_min).yield_pa == pytest.approx(80.0 * 100.0 / 2000.0)
    assert power_law(product("pmma-medium"), 8.5).yield_pa == 0.0


def test_beyond_the_paste_it_gels_and_is_immobile_before_it_is_hard():
    cement = product("pmma-medium")
    end, hard = cement.handling_min, cement.hardened_min
    growth = np.log(20.0) / (end - cement.liquid_min)
    at = end + 0.5
    exact = 2000.0 * np.exp(growth * 0.5) / (1 - 0.5 / (hard - end))
    assert power_law(cement, at).consistency_pa_s == pytest.approx(exact)
    assert power_law(cement, end + 1e-9).consistency_pa_s == pytest.approx(2000.0)  # no jump
    for minutes in (hard - 0.05, hard, hard + 5.0):
        assert power_law(cement, minutes).consistency_pa_s == 1e4
