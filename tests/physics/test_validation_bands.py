"""Against published experiments and series: rungs 45 to 48, 51 and 52.  No number here was used to set a parameter.

A band stands before its number was known.  Where the simulation falls outside, the test is marked so, with the reason;
it then fails on the day the simulation comes to lie inside, and the mark goes.
"""

import numpy as np
import pytest

from real_spine import real_spine
from validation_experiments import (
    GROUPS,
    bolus,
    cannula_share,
    leaked_g,
    leaked_of_viscosity,
    newtonian_shares,
    odds_ratio,
    simulated_push,
    specimen,
    spread_ap_over_si,
    tip_kpa,
    visible_ml,
)
from vertebroplasty.cement.rheology import PowerLaw

# --- 45: the cannula takes nearly all of the pressure [BaroudSteffen2005]; peaks are as measured [Krebs2005]

LEAST_SHARE = 0.90
MEASURED_MPA = (0.5, 3.2)
MEAN_IN_SPHERE = "the tip's pressure is the mean in the sphere it feeds, a fifth above that on its surface: 89.9 %"
THINS_AND_WARMS = "cement thins in the cannula, and warms and thickens in the bone: that takes 11 and 24 %"


@pytest.fixture(scope="module")
def shares():
    return {number: newtonian_shares(number) for number in (11, 13)}


@pytest.mark.parametrize(
    ("number", "permeability"),
    [
        pytest.param(11, 3e-9, marks=pytest.mark.xfail(reason=MEAN_IN_SPHERE)), (11, 1e-8), (11, 5e-8),
        (13, 3e-9), (13, 1e-8), (13, 5e-8),
    ],
)  # fmt: skip
def test_rung_45_cement_of_one_viscosity_spends_its_pressure_in_the_cannula(shares, number, permeability):
    assert shares[number][permeability] >= LEAST_SHARE


def test_rung_45_share_at_the_usual_permeability_follows_the_closed_form(shares):
    assert shares[11][1e-8] == pytest.approx(0.972, abs=0.01)


def test_rung_45_notices_a_cannula_as_wide_as_a_drinking_straw():
    law = PowerLaw(consistency_pa_s=100.0, index=1.0)
    assert cannula_share(8, tip_kpa(law, 3e-9, 4.0), law) < LEAST_SHARE


@pytest.mark.parametrize("number", [11, 13])
@pytest.mark.parametrize("ml_per_min", [4.0, 8.0])
def test_rung_45_peak_pressure_is_one_that_was_measured_in_patients(number, ml_per_min):
    assert MEASURED_MPA[0] <= simulated_push(number, ml_per_min).peak_mpa <= MEASURED_MPA[1]


def test_rung_45_the_simulated_push_in_loose_bone():
    assert simulated_push(11, 4.0, 5e-8).share >= LEAST_SHARE


@pytest.mark.xfail(reason=THINS_AND_WARMS)
@pytest.mark.parametrize("permeability", [3e-9, 1e-8])
def test_rung_45_the_simulated_push_in_tighter_bone(permeability):
    assert simulated_push(11, 4.0, permeability).share >= LEAST_SHARE


# --- 46: a foam with a leak path [Habib2010]: 4.0 g, then less with waiting, 0.92 g for high viscosity


def in_order(masses):
    """Whether every group leaks less than the one before it, each cement by itself, and the last least of all."""
    low, high = masses[:3], masses[3:]
    return bool(np.all(np.diff(low) < 0) and np.all(np.diff(high) < 0) and max(high) < min(low))


@pytest.fixture(scope="module")
def masses():
    return [leaked_g(cement, start, spacing=2.0) for cement, start in GROUPS]


def test_rung_46_a_bore_beside_the_tip_leaks(masses):
    # of some 8 g: neither closed nor the easier way
    assert all(0.1 < mass < 4.0 for mass in masses)


@pytest.mark.xfail(reason="thicker cement also thins more with shear, which favours the wide path over the pores")
def test_rung_46_waiting_and_high_viscosity_lower_the_leak(masses):
    assert in_order(masses)


@pytest.mark.xfail(reason="all these cements are over a hundred times as thick as marrow; beyond that the path is set")
def test_rung_46_how_much_less_high_viscosity_leaks(masses):
    assert 2.0 <= masses[0] / masses[-1] <= 8.0


def test_rung_46_at_one_shear_index_thin_cement_leaks_most():
    # the published direction, in the range where viscosity still acts: from that of marrow to a hundred times it
    found = [leaked_of_viscosity(viscosity, spacing=2.0) for viscosity in (0.1, 1.0, 10.0)]
    assert np.all(np.diff(found) < 0)


# --- 47: fifty random vertebrae: what makes a leak likelier [Zhan2017, HVCmeta2018, JoVE2026, IVC2021]

SPECIMENS = 50
PAIRS = 24  # of them, injected again with a breach, and with a cleft as well


@pytest.fixture(scope="module")
def plain():
    return [specimen(seed) for seed in range(SPECIMENS)]


@pytest.fixture(scope="module")
def breached():
    return [specimen(seed, breach=True) for seed in range(PAIRS)]


@pytest.fixture(scope="module")
def cleft():
    return [specimen(seed, breach=True, cleft=True) for seed in range(PAIRS)]


def test_rung_47_a_breach_is_what_makes_a_cortical_leak(plain, breached):
    assert not any(each.cortical for each in plain)
    assert sum(each.cortical for each in breached) > 0
    assert odds_ratio([e.any for e in breached], [e.any for e in plain[:PAIRS]]) >= 1.0


def test_rung_47_with_a_cleft_more_cortical_and_less_venous_leaks(breached, cleft):
    assert sum(e.cortical for e in cleft) > sum(e.cortical for e in breached)
    assert sum(e.venous for e in cleft) < sum(e.venous for e in breached)


@pytest.mark.xfail(reason="see rung 46: against marrow both cements are thick, so that the same specimens leak")
def test_rung_47_high_viscosity_leaks_less_often(plain):
    high = [specimen(seed, "pmma-high") for seed in range(SPECIMENS)]
    assert 0.25 <= sum(e.any for e in high) / sum(e.any for e in plain) <= 0.8


# --- 48: spread [Baroud2004]


@pytest.mark.parametrize("viscosity", [1.0, 100.0])
def test_rung_48_cement_spreads_farther_along_the_spine(viscosity):
    found = spread_ap_over_si(viscosity)
    assert 0.8 <= found <= 1.0
    assert found == pytest.approx(np.sqrt(0.78), abs=0.02)  # a sixth of a voxel on a radius of 9.4


# --- 51: a bolus in bone and in a cleft [Anselmetti2009, Belkoff2003]


def test_rung_51_a_bolus_in_a_cleft_is_hotter_and_bone_beyond_3_mm_stays_below_50_degrees():
    in_bone, in_cleft = bolus(0.85, spacing=2.0), bolus(1.0, spacing=2.0)
    assert in_bone.peak_cement_c < in_cleft.peak_cement_c
    assert in_bone.peak_bone_c < in_cleft.peak_bone_c
    assert max(in_bone.depth_above_50_c_mm, in_cleft.depth_above_50_c_mm) <= 3.0
    assert 44.8 - 2.6 <= in_bone.peak_cement_c <= 86.7 + 10.7
    assert 49.0 <= in_cleft.peak_cement_c <= 112.0


# --- 52: what a picture of the real L3 shows


def test_rung_52_a_tenth_of_a_millilitre_shows_with_30_percent_barium_and_more_is_needed_with_10(data):
    full, thin = visible_ml(real_spine(data), (0.30, 0.10))
    assert set(full) == set(thin)
    for site in full:
        assert full[site] < 0.1, site
        assert thin[site] > full[site], site
