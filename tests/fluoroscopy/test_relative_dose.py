"""The relative dose follows the time, the thickness and the inverse square."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.beam import air_mass_energy_absorption, beam
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S, relative_dose
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

CT = CtVolume(
    hu=np.zeros((30, 30, 30), np.int16), affine=Affine.from_parts(np.full(3, -29.0), np.eye(3), np.full(3, 2.0))
)
AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))


def dose(thickness: float, seconds: float = 60.0, view: CArmView = AP):
    return relative_dose(xray(CT, view, size=33, thickness_mm=thickness), seconds)


def test_dose_is_proportional_to_time():
    one, two = dose(200.0, 30.0), dose(200.0, 60.0)
    assert two.entrance_mgy == pytest.approx(2 * one.entrance_mgy, rel=1e-12)
    assert one.frames == 30 * FRAMES_PER_S
    assert one.detector_ugy == pytest.approx(one.frames * one.detector_ngy_per_frame / 1000)
    assert dose(200.0, 0.0).entrance_mgy == 0.0


def test_thick_patients_ask_for_more():
    thin, thick = dose(200.0), dose(300.0)
    assert thick.passed < 0.2 * thin.passed
    assert 4.0 < thick.entrance_mgy / thin.entrance_mgy < 12.0


def test_inverse_square_to_the_skin():
    near = replace(AP, sod_mm=500.0)
    # Same trunk, same detector: the skin lies 400 mm from the focal spot instead of 600.
    assert dose(200.0, view=near).entrance_mgy / dose(200.0).entrance_mgy == pytest.approx((600 / 400) ** 2, rel=0.02)


def test_a_negative_time_is_refused():
    with pytest.raises(Refused, match="zero or more seconds"):
        dose(200.0, -1.0)


def test_the_entrance_is_the_detector_undone():
    # 30 nGy at the detector, of which four fifths are scatter behind 20 cm; air kerma through water, bin by bin.
    beam80, water = beam(80), mass_attenuation("water", beam(80).kev)
    kerma = beam80.photons * beam80.kev * air_mass_energy_absorption(beam80.kev)
    share = float(kerma @ np.exp(-20.0 * water) / kerma.sum())
    found = dose(200.0, 1.0 / FRAMES_PER_S)
    assert found.frames == 1
    assert found.passed == pytest.approx(share, rel=2e-3)
    assert found.entrance_mgy == pytest.approx(30.0 / 5.0 / share * (1100 / 600) ** 2 * 1e-6, rel=1e-2)
