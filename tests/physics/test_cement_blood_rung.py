"""Blood carries heat away: the exact steady profile beside a warm wall, its order, and a negative control."""

import numpy as np
import pytest

from vertebroplasty.cement.heat import (
    BLOOD_FLOW_ML_PER_100G_MIN,
    BODY_C,
    BONE_W_PER_M_K,
    ThermalBox,
    blood_w_per_m3_k,
    heat_in_bone,
)
from vertebroplasty.cement.kinetics import Kinetics
from vertebroplasty.errors import Refused

INERT = Kinetics(k1_per_s=0.0, k2_per_s=0.0, energy_j_per_mol=0.0, m=1.0, n=1.0, seed=0.0)
LENGTH_M = 4e-3
BLOOD = BONE_W_PER_M_K / LENGTH_M**2  # so that the profile falls to 1/e over 4 mm
RISE_C = 10.0


def beside_a_warm_wall(cells_per_length, blood=BLOOD):
    """Rise over the body's temperature, divided by the wall's, at voxel centres once nothing changes any more.

    The wall is a voxel held warm by a huge heat capacity; the exact rise from its face on is exp(−x/L), as Pennes'
    equation without time is T'' = T/L²; the far end, 12 L away, is insulated, which changes e^−24 there.
    """
    h = LENGTH_M / cells_per_length
    n = 12 * cells_per_length
    box = ThermalBox.of(np.zeros((n, 1, 1)), h, kinetics=INERT, open_faces=0.0, blood_w_per_m3_k=blood)
    box.blood[0] = 0.0
    box.capacity[0] = 1e18  # holds its temperature
    box.conductivity[0] = 1e6  # its face is as warm as its centre
    box.temperature_c[0] = BODY_C + RISE_C
    box.advance(10.0 * 2.6e6 / BLOOD)  # the slowest part has decayed by exp(-10)
    x = (np.arange(1, n) - 0.5) * h
    return x, (box.temperature_c[1:, 0, 0] - BODY_C) / RISE_C


def error(cells_per_length, **options):
    """Largest error of the steady profile within two lengths of the wall."""
    x, found = beside_a_warm_wall(cells_per_length, **options)
    near = x < 2 * LENGTH_M
    return float(np.abs(found - np.exp(-x / LENGTH_M))[near].max())


def test_bone_beside_a_warm_wall_cools_exponentially_at_second_order():
    errors = [error(cells) for cells in (2, 4, 8)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 2.5e-3  # an eighth of the length a voxel
    assert np.all(orders > 1.7), orders


def test_five_percent_more_blood_would_be_noticed():
    assert error(8, blood=1.05 * BLOOD) > 5 * error(8)


def test_without_blood_the_profile_is_another():
    assert error(4, blood=0.0) > 0.3


def test_a_uniform_excess_decays_at_the_rate_of_the_blood():
    box = ThermalBox.of(np.zeros((3, 3, 3)), 1e-3, kinetics=INERT, open_faces=0.0, blood_w_per_m3_k=BLOOD)
    box.temperature_c += RISE_C
    box.advance(50.0)
    left = np.exp(-50.0 * BLOOD / 2.6e6)
    # explicit Euler: the relative error of the decay is half a step times the rate squared times the time
    np.testing.assert_allclose((box.temperature_c - BODY_C) / RISE_C, left, rtol=5e-3)


def test_the_measured_flow_in_watts():
    # 17.6 ml per 100 g and minute, 1.13 g/ml, 3.8 MJ/(m³·K): 12.6 kW/(m³·K), a length of 5.6 mm
    found = blood_w_per_m3_k(BLOOD_FLOW_ML_PER_100G_MIN)
    assert found == pytest.approx(0.176 * 1.13 / 60 * 3.8e6)
    assert np.sqrt(BONE_W_PER_M_K / found) == pytest.approx(5.6e-3, abs=1e-4)


def test_blood_cools_the_bone_around_a_bolus_and_harms_less_of_it():
    fill = np.zeros((12, 9, 10))
    fill[2:9, 2:8, 2:8] = 1.0
    dry = heat_in_bone(fill, 2.0)
    fed = heat_in_bone(fill, 2.0, blood_flow_ml_per_100g_min=BLOOD_FLOW_ML_PER_100G_MIN)
    assert BODY_C < fed.peak_bone_c < dry.peak_bone_c
    assert fed.necrosis_depth_mm <= dry.necrosis_depth_mm
    assert np.all(fed.peak_c <= dry.peak_c + 1e-9)


@pytest.mark.parametrize("flow", [-1.0, 500.0, float("nan")])
def test_an_impossible_flow_is_refused(flow):
    with pytest.raises(Refused, match="--blood-ml-per-100g-min must be at least zero"):
        heat_in_bone(np.full((3, 3, 3), 0.5), 2.0, blood_flow_ml_per_100g_min=flow)
