"""The syringe's pressure and the age of cement in bone."""

import pytest

from vertebroplasty.cement.product import product
from vertebroplasty.cement.setting import SettingClock, speed_relative_to_22_c
from vertebroplasty.cement.syringe import Bolus, Syringe
from vertebroplasty.geometry.gauges import gauge


def syringe(limit=3215.0, number=11):
    clock = SettingClock(product=product("pmma-medium"))
    return Syringe(clock=clock, gauge=gauge(number), pressure_limit_kpa=limit)


def test_pressure_rises_with_time_and_rate_and_falls_with_the_bore():
    early, late = (syringe().pressure_kpa(t, 0.05) for t in (320.0, 480.0))
    assert late > early
    assert syringe().pressure_kpa(320.0, 0.1) > early
    assert syringe(number=13).pressure_kpa(320.0, 0.05) > early


def test_rate_and_pressure_are_inverse():
    one = syringe()
    pressure = one.pressure_kpa(400.0, 0.04) + 0.04 * 1500.0
    assert one.rate_at(400.0, pressure, 1500.0) == pytest.approx(0.04, rel=1e-8)


def test_the_cannula_takes_more_than_nine_tenths():
    """With bone of 1e-8 m² the cannula's share is about 97 % when the cement's viscosity is 100 Pa·s throughout."""
    r0, r, k, mu, q = 1.5e-3, 1.04e-2, 1e-8, 100.0, 4e-6 / 60
    bone = q * mu / (4 * 3.141592653589793 * k) * (1 / r0 - 1 / r)
    tube = 8 * mu * 0.125 * q / (3.141592653589793 * 1.195e-3**4)
    assert tube / (tube + bone) == pytest.approx(0.972, abs=0.01)


def test_cement_in_bone_warms_and_sets_faster_than_in_the_syringe():
    bolus = Bolus(volume_ml=2.0, temperature_c=22.0, equivalent_min=5.5)
    later = bolus.aged(60.0)
    assert 22.0 < later.temperature_c < 37.0
    assert 1.0 < later.equivalent_min - 5.5 < speed_relative_to_22_c(37.0)
    assert bolus.aged(1e6).temperature_c == pytest.approx(37.0)
    small = Bolus(volume_ml=0.2, temperature_c=22.0, equivalent_min=5.5).aged(60.0)
    assert small.temperature_c > later.temperature_c  # a small bolus warms faster


def test_fresh_cement_joins_by_volume():
    joined = Bolus(volume_ml=1.0, temperature_c=34.0, equivalent_min=9.0).joined(3.0, 22.0, 6.0)
    assert joined == Bolus(volume_ml=4.0, temperature_c=25.0, equivalent_min=6.75)
    assert joined.joined(0.0, 22.0, 6.0) == joined
