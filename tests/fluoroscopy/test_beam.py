"""The detector's signal: a slab by hand, beam hardening, the contrast of cement, and the direct double sum."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.beam import Beam, beam, transmission
from vertebroplasty.fluoroscopy.cement_shadow import CementMix

TWO_LINES = Beam.of_photons("two lines", np.array([40.0, 80.0]), np.ones(2))


def test_two_lines_through_ten_centimetres_of_water():
    # T = (40 e^-2.683 + 80 e^-1.837) / 120
    signal = transmission({"water": np.array([10.0])}, TWO_LINES)
    assert -np.log(signal[0]) == pytest.approx(2.048, abs=5e-4)  # the value itself is rounded to 2.048
    exact = (40 * np.exp(-2.68293) + 80 * np.exp(-1.83685)) / 120
    assert signal[0] == pytest.approx(exact, rel=1e-4)


def test_equals_the_direct_double_sum():
    random = np.random.default_rng(3)
    lengths = {"water": random.uniform(0, 20, 7), "cortical-bone": random.uniform(0, 5, 7)}
    b = beam(80)
    direct = [
        sum(
            s * np.exp(-sum(float(mass_attenuation(m, e)) * lengths[m][p] for m in lengths))
            for s, e in zip(b.signal, b.kev, strict=True)
        )
        for p in range(7)
    ]
    np.testing.assert_allclose(transmission(lengths, b), direct, rtol=1e-12)


def test_no_patient_is_full_signal():
    assert transmission({"water": np.zeros(3)}, beam(80)) == pytest.approx(1.0, abs=1e-12)


def test_the_beam_hardens():
    length = np.linspace(1.0, 30.0, 30)
    effective = -np.log(transmission({"water": length}, beam(80))) / length
    assert np.all(np.diff(effective) < 0)
    assert effective[0] / effective[-1] > 1.05  # a single energy would give exactly one


def test_thin_layers_see_the_mean_coefficient():
    b = beam(80)
    thin = 1e-6
    effective = -np.log(transmission({"water": np.array([thin])}, b))[0] / thin
    assert effective == pytest.approx(float(b.signal @ mass_attenuation("water", b.kev)), rel=1e-6)


def added_per_cm(mix: CementMix, kvp: int = 80) -> float:
    """Extra attenuation of 1 mm of cement in place of water, behind a patient of 20 cm of water."""
    mass, share = 0.1 * mix.density_g_per_cm3, mix.opacifier_fraction
    with_cement = {
        "water": np.array([20.0, 19.9]),
        "pmma": np.array([0.0, (1 - share) * mass]),
        mix.opacifier: np.array([0.0, share * mass]),
    }
    without, behind = transmission(with_cement, beam(kvp))
    return float(np.log(without / behind) / 0.1)


def test_contrast_of_cement():
    thirty = added_per_cm(CementMix(opacifier="barium-sulfate", opacifier_fraction=0.30))
    ten = added_per_cm(CementMix(opacifier="barium-sulfate", opacifier_fraction=0.10))
    zirconia = added_per_cm(CementMix(opacifier="zirconia", opacifier_fraction=0.45))
    # ± 3 %: the spectrum model and the replaced water
    assert thirty == pytest.approx(2.76, rel=0.03)
    assert ten == pytest.approx(0.81, rel=0.03)
    assert zirconia == pytest.approx(2.88, rel=0.03)
    assert thirty / ten == pytest.approx(3.4, rel=0.03)


def test_contrast_falls_with_the_voltage():
    mix = CementMix(opacifier="barium-sulfate", opacifier_fraction=0.30)
    assert added_per_cm(mix, 70) == pytest.approx(3.30, rel=0.03)
    assert added_per_cm(mix, 90) == pytest.approx(2.42, rel=0.03)


def test_cement_without_opacifier_is_invisible():
    mu = 1.19 * mass_attenuation("pmma", 60.0) - mass_attenuation("water", 60.0)
    assert 0 < mu < 0.03


def test_unknown_voltage_is_refused():
    with pytest.raises(Refused, match="no spectrum of 65 kVp"):
        beam(65)
