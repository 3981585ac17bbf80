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


def test_a_counting_detector_would_see_another_slab():
    # Photons weighed equally: (e^-2.683 + e^-1.837)/2. The energy weighting is seen.
    counting = 0.5 * (np.exp(-2.68293) + np.exp(-1.83685))
    assert abs(transmission({"water": np.array([10.0])}, TWO_LINES)[0] / counting - 1) > 0.1


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


def test_one_energy_does_not_harden():
    mono = Beam.of_photons("one line", np.array([60.0]), np.ones(1))
    length = np.linspace(1.0, 30.0, 30)
    effective = -np.log(transmission({"water": length}, mono)) / length
    assert np.ptp(effective) < 1e-12  # the rule of falling coefficients would fail here


def test_thin_layers_see_the_mean_coefficient():
    b = beam(80)
    thin = 1e-6
    effective = -np.log(transmission({"water": np.array([thin])}, b))[0] / thin
    assert effective == pytest.approx(float(b.signal @ mass_attenuation("water", b.kev)), rel=1e-6)


def added_per_cm(mix: CementMix, through: Beam | None = None, cm: float = 0.1) -> float:
    """Extra attenuation of 1 mm of cement in place of water, behind a patient of 20 cm of water."""
    mass, share = cm * mix.density_g_per_cm3, mix.opacifier_fraction
    with_cement = {
        "water": np.array([20.0, 20.0 - cm]),
        "pmma": np.array([0.0, (1 - share) * mass]),
        mix.opacifier: np.array([0.0, share * mass]),
    }
    without, behind = transmission(with_cement, through or beam(80))
    return float(np.log(without / behind) / cm)


def test_contrast_of_cement():
    thirty = added_per_cm(CementMix(opacifier="barium-sulfate", opacifier_fraction=0.30))
    ten = added_per_cm(CementMix(opacifier="barium-sulfate", opacifier_fraction=0.10))
    zirconia = added_per_cm(CementMix(opacifier="zirconia", opacifier_fraction=0.45))
    # ± 3 %: the spectrum model and the replaced water
    assert thirty == pytest.approx(2.76, rel=0.03)
    assert ten == pytest.approx(0.81, rel=0.03)
    assert zirconia == pytest.approx(2.88, rel=0.03)
    assert thirty / ten == pytest.approx(3.4, rel=0.03)


@pytest.mark.parametrize(
    ("kvp", "copper_mm", "thirty", "ten", "zirconia"),
    [(60, 0.1, 4.10, 1.18, 4.72), (70, 0.1, 3.40, 0.99, 3.71), (70, 0.2, 3.30, 0.96, 3.52),
     (80, 0.1, 2.87, 0.84, 3.05), (80, 0.2, 2.76, 0.81, 2.88), (90, 0.2, 2.42, 0.71, 2.49)],
)  # fmt: skip
def test_contrast_of_cement_by_voltage_and_filter(kvp, copper_mm, thirty, ten, zirconia):
    through = beam(kvp, copper_mm=copper_mm)
    for opacifier, share, expected in (
        ("barium-sulfate", 0.30, thirty), ("barium-sulfate", 0.10, ten), ("zirconia", 0.45, zirconia)
    ):  # fmt: skip
        found = added_per_cm(CementMix(opacifier=opacifier, opacifier_fraction=share), through)
        assert found == pytest.approx(expected, rel=0.03)  # the spectrum model, and the replaced water


@pytest.mark.parametrize(("opacifier", "share"), [("tantalum", 0.30), ("tungsten", 0.30)])
def test_heavy_metals_show_more_at_high_voltage_than_barium_does(opacifier, share):
    # Their K edges at 67 and 70 keV lie in the beam of 120 kVp but above most of that of 70 kVp.
    metal, barium = (CementMix(opacifier=o, opacifier_fraction=share) for o in (opacifier, "barium-sulfate"))
    ratio = [added_per_cm(metal, beam(kvp)) / added_per_cm(barium, beam(kvp)) for kvp in (70, 120)]
    assert ratio[1] > 1.5 * ratio[0]


def test_thick_cement_hardens_the_beam_too():
    mix = CementMix(opacifier="barium-sulfate", opacifier_fraction=0.30)
    through = beam(60, copper_mm=0.1)
    assert added_per_cm(mix, through, cm=1.0) == pytest.approx(3.41, rel=0.03)
    assert added_per_cm(mix, through) == pytest.approx(4.10, rel=0.03)


def test_cement_without_opacifier_is_invisible():
    mu = 1.19 * mass_attenuation("pmma", 60.0) - mass_attenuation("water", 60.0)
    assert 0 < mu < 0.03
    least = 1.28 * mass_attenuation("barium-sulfate", 60.0) * 0.10
    assert least > 10 * mu  # a tenth of barium sulphate is not


def test_absorption_is_that_of_the_screen():
    through = beam(80)
    np.testing.assert_allclose(
        through.absorbed, 1 - np.exp(-mass_attenuation("caesium-iodide", through.kev) * 0.06 * 0.75 * 4.51), rtol=1e-12
    )
    edge = np.searchsorted(through.kev, 36.0)
    assert through.absorbed[edge + 1] > through.absorbed[edge - 4] + 0.05  # the iodine and caesium edges below 36 keV


def test_unknown_voltage_is_refused():
    with pytest.raises(Refused, match="no spectrum of 64 kVp"):
        beam(64)


@pytest.mark.parametrize("filters", [{"aluminium_mm": 1.0}, {"copper_mm": -0.1}, {"aluminium_mm": float("nan")}])
def test_filters_that_no_tube_has_are_refused(filters):
    with pytest.raises(Refused, match=r"state 2\.5 to 50 mm of aluminium"):
        beam(80, **filters)
