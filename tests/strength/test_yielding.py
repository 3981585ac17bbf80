"""Bars that yield, against their closed forms, and what a curve must obey."""

import numpy as np
import pytest
from scipy.optimize import brentq

from strength_bars import AREA_MM2, HEIGHT_MM, STRESS_IS_DENSITY, bar, halves
from vertebroplasty.errors import Refused
from vertebroplasty.solvers.conjugate_gradient import NotConverged
from vertebroplasty.strength import yielding
from vertebroplasty.strength.specimen import Matter
from vertebroplasty.strength.yield_laws import YieldStrain
from vertebroplasty.strength.yielding import offset_load_n, press_to_yield

STEPS = (0.005, 0.008, 0.012, 0.02, 0.03)
AT_EIGHT_PER_MILLE = YieldStrain(name="0.8 %", strain=0.008, source="bilinear-bone")


def bilinear(strain, modulus, stress_at_yield, slope=0.05):
    """Stress of bone on two straight lines."""
    limit = stress_at_yield / modulus
    return np.where(strain <= limit, modulus * strain, stress_at_yield + slope * modulus * (strain - limit))


def test_one_bar_follows_its_two_lines():
    curve = press_to_yield(bar(100.0, 1.0), STRESS_IS_DENSITY, shortenings=STEPS)
    assert curve.displacement_mm[1:] == pytest.approx([share * HEIGHT_MM for share in STEPS])
    assert curve.load_n[1:] == pytest.approx(AREA_MM2 * bilinear(np.array(STEPS), 100.0, 1.0), rel=1e-6)
    assert curve.yielded_share == 1.0


def test_its_offset_load_is_where_the_shifted_line_meets_the_second_one():
    # E (e - 0.002) = E e_y + 0.05 E (e - e_y)  gives  e = e_y + 0.002 / 0.95.
    curve = press_to_yield(bar(100.0, 1.0), STRESS_IS_DENSITY, shortenings=STEPS)
    assert curve.offset_load_n == pytest.approx(AREA_MM2 * 100.0 * (0.01 + 0.002 / 0.95 - 0.002), rel=1e-5)


def test_two_bars_side_by_side_add_up():
    specimen = bar(halves(100.0, 300.0, axis=2), halves(1.0, 1.5, axis=2))
    curve = press_to_yield(specimen, STRESS_IS_DENSITY, shortenings=STEPS)
    strain = np.array(STEPS)
    expected = AREA_MM2 / 2 * (bilinear(strain, 100.0, 1.0) + bilinear(strain, 300.0, 1.5))
    assert curve.load_n[1:] == pytest.approx(expected, rel=1e-6)


def test_two_bars_on_top_of_each_other_share_one_stress():
    # Here strains are redistributed, so the updates of the secant moduli have work to do.
    specimen = bar(halves(100.0, 300.0, axis=0), halves(1.0, 1.4, axis=0))
    curve = press_to_yield(specimen, STRESS_IS_DENSITY, shortenings=STEPS)

    def mean_strain(stress):
        strains = [
            stress / e if stress <= limit else limit / e + (stress - limit) / (0.05 * e)
            for e, limit in ((100.0, 1.0), (300.0, 1.4))
        ]
        return sum(strains) / 2

    expected = [AREA_MM2 * brentq(lambda s, share=share: mean_strain(s) - share, 0, 20) for share in STEPS]
    # The steps may be 2e-3 out of balance in force norm; the load is then far closer.
    assert curve.load_n[1:] == pytest.approx(expected, rel=1e-3)
    assert curve.updates > 3
    assert curve.out_of_balance <= 2e-3


def test_twice_the_modulus_carries_twice_the_load():
    field = halves(100.0, 300.0, axis=0)
    one, two = (press_to_yield(bar(factor * field), AT_EIGHT_PER_MILLE, shortenings=STEPS) for factor in (1.0, 2.0))
    assert np.array(two.load_n) == pytest.approx(2 * np.array(one.load_n), rel=1e-6)
    assert two.offset_load_n == pytest.approx(2 * one.offset_load_n, rel=1e-6)


def test_caps_and_cement_do_not_yield():
    for matter in (Matter.CAP, Matter.CEMENT_BONE):
        curve = press_to_yield(bar(100.0, 1.0, matter=matter), STRESS_IS_DENSITY, shortenings=STEPS)
        assert curve.load_n[1:] == pytest.approx(AREA_MM2 * 100.0 * np.array(STEPS), rel=1e-6)
        assert curve.offset_load_n is None
        assert "does not bend away" in curve.why_unknown


def test_the_late_load_is_read_off_the_curve_and_not_beyond_it():
    curve = press_to_yield(bar(100.0, 1.0), STRESS_IS_DENSITY, shortenings=STEPS)
    # Between 0.012 and 0.02 the bar is on its second line, so reading off is exact.
    assert curve.load_at_shortening_n() == pytest.approx(AREA_MM2 * bilinear(0.019, 100.0, 1.0), rel=1e-6)
    assert curve.load_at_shortening_n(0.031) is None


def test_a_straight_curve_has_no_offset_load():
    assert offset_load_n((0.0, 1.0), (0.0, 10.0), 10.0, 16.0) is None
    # From (0, 0) to (0.1, 1) to (0.2, 1): the line 10 (x - 0.032) reaches 1 at x = 0.132.
    assert offset_load_n((0.0, 0.1, 0.2), (0.0, 1.0, 1.0), 10.0, 16.0) == pytest.approx(1.0)


def test_no_balance_is_an_error(monkeypatch):
    monkeypatch.setattr(yielding, "MOST_UPDATES", 1)
    specimen = bar(halves(100.0, 300.0, axis=0), halves(1.0, 1.4, axis=0))
    with pytest.raises(NotConverged, match="out of balance"):
        press_to_yield(specimen, STRESS_IS_DENSITY, shortenings=STEPS)


@pytest.mark.parametrize("steps", [(), (0.0, 0.01), (0.01, 0.01)])
def test_steps_must_rise(steps):
    with pytest.raises(Refused, match="must be positive and rise"):
        press_to_yield(bar(), STRESS_IS_DENSITY, shortenings=steps)


def test_an_impossible_slope_is_refused():
    with pytest.raises(Refused, match="post-yield slope"):
        press_to_yield(bar(), STRESS_IS_DENSITY, post_yield_share=0.0)
