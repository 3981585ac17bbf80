"""Air kerma and half-value layers: against SpekPy's own filtering, and against the standard radiation qualities."""

import json
from importlib.resources import files

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.beam import Beam, air_mass_energy_absorption, beam
from vertebroplasty.fluoroscopy.dose import (
    detector_share_of_kerma,
    entrance_kerma_ngy,
    half_value_layer_mm,
    kerma_per_photon_ngy_mm2,
    mean_kev,
    photons_per_mm2_ngy,
)
from vertebroplasty.geometry.c_arm_view import CArmView

BEAMS = json.loads(files("vertebroplasty.fluoroscopy").joinpath("data/spectra.json").read_text(encoding="utf-8"))[
    "beams"
]
AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))


@pytest.mark.parametrize("kvp", range(60, 121, 5))
def test_filtering_here_agrees_with_filtering_in_the_program_that_made_the_spectra(kvp):
    for said in BEAMS[str(kvp)]["spekpy_says"]:
        through = beam(kvp, aluminium_mm=said["al_mm"], copper_mm=said["cu_mm"])
        # two libraries of coefficients: xraylib here, PENELOPE there
        assert half_value_layer_mm(through) == pytest.approx(said["half_value_layer_mm_al"], rel=5e-3)
        assert mean_kev(through) == pytest.approx(said["mean_kev"], rel=1e-3)
        assert photons_per_mm2_ngy(through) == pytest.approx(said["photons_per_mm2_ngy"], rel=3e-3)


# IEC 61267: half-value layers in mm Al of the qualities behind a tube (RQR, as a calibration laboratory lists them) and
# behind more aluminium (RQA, quoted from memory).
RQR = {60: 2.2, 70: 2.6, 80: 3.0, 90: 3.5, 100: 4.0, 120: 5.0}
RQA = {60: (16, 5.4), 70: (21, 6.8), 80: (26, 8.2), 90: (30, 9.2), 100: (34, 10.1), 120: (40, 11.6)}
TUBE_AL_MM = 3.2  # one tube's filtration for all voltages


@pytest.mark.parametrize("kvp", RQR)
def test_half_value_layers_of_the_standard_qualities(kvp):
    bare = half_value_layer_mm(beam(kvp, aluminium_mm=TUBE_AL_MM, copper_mm=0.0))
    assert bare == pytest.approx(RQR[kvp], rel=0.10)  # the standard adjusts the filter at each voltage
    added_mm, expected = RQA[kvp]
    hard = half_value_layer_mm(beam(kvp, aluminium_mm=TUBE_AL_MM + added_mm, copper_mm=0.0))
    assert hard == pytest.approx(expected, rel=0.02)
    # ten kilovolts more would be seen
    assert half_value_layer_mm(beam(min(120, kvp + 20), aluminium_mm=TUBE_AL_MM + 16)) > 1.05 * RQA[60][1]


def test_photons_per_kerma_of_the_quality_detectors_are_measured_in():
    # RQA5 of IEC 62220-1: 30 174 photons per mm² and µGy (quoted from memory)
    rqa5 = beam(70, aluminium_mm=TUBE_AL_MM + 21, copper_mm=0.0)
    assert photons_per_mm2_ngy(rqa5) == pytest.approx(30.17, rel=0.02)


@pytest.mark.parametrize(
    ("kvp", "copper_mm", "mean", "hvl", "photons", "mean_behind", "photons_behind", "share"),
    [
        (60, 0.1, 40.1, 3.32, 19.9, 46.7, 26.7, 0.0040),
        (70, 0.2, 46.8, 4.81, 24.9, 52.8, 30.0, 0.0073),
        (80, 0.2, 50.9, 5.50, 26.7, 57.8, 31.4, 0.0094),
        (90, 0.2, 54.5, 6.14, 27.8, 62.0, 31.9, 0.0112),
    ],
)
def test_beams_in_front_of_and_behind_twenty_centimetres_of_water(
    kvp, copper_mm, mean, hvl, photons, mean_behind, photons_behind, share
):
    through, water = beam(kvp, copper_mm=copper_mm), {"water": 20.0}
    near = {"rel": 0.01}  # the table is printed to two or three digits
    assert mean_kev(through) == pytest.approx(mean, **near)
    assert half_value_layer_mm(through) == pytest.approx(hvl, **near)
    assert photons_per_mm2_ngy(through) == pytest.approx(photons, **near)
    assert mean_kev(through, water) == pytest.approx(mean_behind, **near)
    assert photons_per_mm2_ngy(through, water) == pytest.approx(photons_behind, **near)
    assert detector_share_of_kerma(through, water) == pytest.approx(share, rel=0.02)


def test_one_energy_has_the_half_value_layer_of_its_coefficient():
    mono = Beam.of_photons("60 keV", np.array([60.0]), np.ones(1))
    expected = 10 * np.log(2) / (2.699 * float(mass_attenuation("aluminium", 60.0)))
    assert half_value_layer_mm(mono) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("kev", "cm2_per_g"), [(20, 0.5389), (50, 0.04098), (60, 0.03041), (80, 0.02407)])
def test_kerma_of_one_photon_by_hand(kev, cm2_per_g):
    # keV · 1.602e-16 J · cm²/g of air in NIST's tables · 1e14 nGy·mm² per photon; PENELOPE's air absorbs 1 to 2 % less
    by_hand = kev * 1.602177e-16 * cm2_per_g * 1e14
    assert 0.97 * by_hand < kerma_per_photon_ngy_mm2(np.array([float(kev)]))[0] < by_hand


def test_air_beyond_its_table_is_refused():
    with pytest.raises(ValueError, match="table of air"):
        air_mass_energy_absorption(np.array([140.0]))


def test_the_skin_receives_what_the_patient_stops_and_distance_dilutes():
    through = beam(80)
    entrance = entrance_kerma_ngy(30.0, through, {"water": 20.0}, AP, thickness_mm=200.0)
    assert entrance == pytest.approx(30.0 / 0.0094 * (1100 / 600) ** 2, rel=0.02)
    with_scatter = entrance_kerma_ngy(30.0, through, {"water": 20.0}, AP, thickness_mm=200.0, scatter_to_primary=4.0)
    assert with_scatter == pytest.approx(entrance / 5)
    thicker = entrance_kerma_ngy(30.0, through, {"water": 30.0}, AP, thickness_mm=300.0)
    assert thicker > 5 * entrance  # ten centimetres more of water let through less than a fifth
