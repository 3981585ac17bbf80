"""Quantum noise: Poisson's moments, energy weighting against a simulation photon by photon, and the dose."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.dose import photons_per_mm2_ngy
from vertebroplasty.fluoroscopy.noise import SWANK, quanta_per_mm2_ngy, with_quantum_noise

WATER = {"water": 20.0}
PIXELS = 1000 * 1000


def flat(signal: float = 0.02) -> np.ndarray:
    return np.full((1000, 1000), signal)


@pytest.mark.parametrize("quanta", [4.0, 23.0, 500.0])
def test_mean_variance_and_skewness_of_a_flat_field(quanta):
    counts = with_quantum_noise(flat(), quanta / 0.02, seed=5) / 0.02 * quanta
    # 3 standard errors; that of a variance is sqrt((2 + 1/n)/N)·n, that of a skewness about sqrt((6 + 20/n)/N)
    assert counts.mean() == pytest.approx(quanta, abs=3 * np.sqrt(quanta / PIXELS))
    assert counts.var() == pytest.approx(quanta, abs=3 * quanta * np.sqrt((2 + 1 / quanta) / PIXELS))
    skewness = np.mean((counts - quanta) ** 3) / quanta**1.5
    assert skewness == pytest.approx(1 / np.sqrt(quanta), abs=3 * np.sqrt((6 + 20 / quanta) / PIXELS))


def test_bell_shaped_noise_of_the_same_variance_would_be_seen():
    counts = 4.0 + 2.0 * np.random.default_rng(5).normal(size=PIXELS)
    assert abs(np.mean((counts - 4.0) ** 3) / 8.0 - 0.5) > 25 * 3 * np.sqrt(11 / PIXELS)


def test_pixels_are_independent():
    noise = with_quantum_noise(flat(), 1e4, seed=9) - 0.02
    for one, other in ((noise[:, 1:], noise[:, :-1]), (noise[1:], noise[:-1])):
        assert abs(np.mean(one * other) / noise.var()) < 5e-3


def test_half_the_dose_is_twice_the_relative_variance():
    full, half = (with_quantum_noise(flat(), quanta, seed=3).var() for quanta in (4e3, 2e3))
    assert half / full == pytest.approx(2.0, rel=6 * np.sqrt(2 / PIXELS))


def test_the_same_seed_and_frame_repeat_and_others_do_not():
    signal = flat()[:50, :50]
    first = with_quantum_noise(signal, 1e3, seed=1, frame=7)
    np.testing.assert_array_equal(first, with_quantum_noise(signal, 1e3, seed=1, frame=7))
    for other in ({"seed": 1, "frame": 8}, {"seed": 2, "frame": 7}):
        again = with_quantum_noise(signal, 1e3, **other)
        assert abs(np.corrcoef(first.ravel(), again.ravel())[0, 1]) < 0.1  # 5 standard errors of 2500 pixels


def test_the_quanta_have_the_variance_of_energies_added_photon_by_photon():
    """Draws the photons of every energy apart and adds up their energies: nothing shared with the code but the beam."""
    through, kerma, area = beam(80), 3.0, 0.04
    photons = through.photons * np.exp(-20.0 * mass_attenuation("water", through.kev))
    expected = kerma * area * photons_per_mm2_ngy(through, WATER) * photons / photons.sum() * through.absorbed
    counts = np.random.default_rng(11).poisson(expected, size=(200_000, len(expected)))
    energy = counts @ through.kev
    found = energy.mean() ** 2 / energy.var()
    equal_quanta = kerma * area * quanta_per_mm2_ngy(through, WATER) / SWANK
    assert found == pytest.approx(equal_quanta, rel=4 * np.sqrt(2 / 200_000))
    # equal photons would be counted more: the spread of energies costs some
    assert expected.sum() > 1.02 * equal_quanta
    # the signal of these photons is the one the pictures are made with
    share = energy.mean() / (photons_per_mm2_ngy(through, WATER) / photons.sum() * kerma * area)
    whole = float(through.photons * through.absorbed @ through.kev)
    assert share / whole == pytest.approx(float(transmission({"water": np.array([20.0])}, through)[0]), rel=2e-3)


def test_efficiency_lies_where_screens_of_this_thickness_do():
    for kvp in (70, 80, 90):
        efficiency = quanta_per_mm2_ngy(beam(kvp), WATER) / photons_per_mm2_ngy(beam(kvp), WATER)
        assert 0.60 < efficiency < 0.79  # 0.65 to 0.79 with Swank's factor from 0.85 to 0.9


def test_no_signal_has_no_noise_and_no_dose_is_refused():
    assert not with_quantum_noise(np.zeros((4, 4)), 1e3, seed=0).any()
    for dose in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(Refused, match="more than 0 nGy"):
            with_quantum_noise(np.ones((4, 4)), dose, seed=0)
