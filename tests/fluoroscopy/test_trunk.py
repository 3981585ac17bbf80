"""A cropped CT gets the water that is missing around it; padding is outside, not air."""

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.image import patient_shadow, xray
from vertebroplasty.fluoroscopy.trunk import holds_whole_trunk, trunk_thickness_mm
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
SIZE = 65


def block(hu: float, n=(40, 40, 40), h=2.0) -> CtVolume:
    half = (np.array(n[::-1]) - 1) / 2 * h
    return CtVolume(hu=np.full(n, hu, np.float32), affine=Affine.from_parts(-half, np.eye(3), np.full(3, h)))


@pytest.mark.parametrize(
    ("lao", "cranial", "thickness"),
    [(180, 0, 200), (0, 0, 200), (90, 0, 300), (-90, 0, 300), (180, 60, 400), (135, 0, 2 / np.hypot(2 / 300, 2 / 200))],
)
def test_an_elliptic_trunk_is_200_by_300(lao, cranial, thickness):
    view = CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=np.zeros(3))
    # At 45 degrees: 1/sqrt(sin²/300² + cos²/200²).
    expected = thickness if lao != 135 else 1 / np.hypot(np.sqrt(0.5) / 300, np.sqrt(0.5) / 200)
    assert trunk_thickness_mm(view) == pytest.approx(expected, rel=1e-12)


def test_the_central_ray_passes_the_whole_trunk():
    image = xray(block(0.0), AP, size=SIZE, thickness_mm=200.0)
    expected = transmission({"water": np.array([20.0])}, beam(80))[0]
    assert image.transmission[32, 32] == pytest.approx(expected, rel=1e-4)
    assert any("water stands for the patient around it, to 200 mm" in note for note in image.notes)


def test_rays_beside_a_water_block_pass_as_much_as_rays_through_it():
    # No edge of the CT shows where the CT itself is water.
    image = xray(block(0.0), AP, size=SIZE, pixel_mm=4.0, thickness_mm=200.0)
    assert image.outside.any()
    assert np.ptp(image.transmission) < 1e-3 * image.transmission.mean()


def test_air_in_the_scan_is_air_and_padding_is_outside():
    air, padding = block(0.0), block(0.0)
    air.hu[:, :20] = -1000.0  # the front half
    padding.hu[:, :20] = -2000.0
    through_air = xray(air, AP, size=SIZE, thickness_mm=200.0).transmission[32, 32]
    through_padding = xray(padding, AP, size=SIZE, thickness_mm=200.0).transmission[32, 32]
    # 40 mm of the block are air that was measured; of padding nothing is known, so the trunk goes on there.
    assert through_air == pytest.approx(transmission({"water": np.array([16.0])}, beam(80))[0], rel=2e-2)
    assert through_padding == pytest.approx(transmission({"water": np.array([20.0])}, beam(80))[0], rel=1e-3)


def test_a_scan_thicker_than_the_trunk_is_left_as_it_is():
    whole = block(0.0, n=(20, 120, 40))
    np.testing.assert_array_equal(
        patient_shadow(whole, AP, size=9, pixel_mm=2.0, thickness_mm=200.0).soft,
        patient_shadow(whole, AP, size=9, pixel_mm=2.0).soft,
    )
    assert not any("water" in note for note in xray(whole, AP, size=9, pixel_mm=2.0, thickness_mm=200.0).notes)


@pytest.mark.parametrize("thickness", [-1.0, 20.0, 700.0, np.nan])
def test_no_patient_is_that_thick(thickness):
    with pytest.raises(Refused, match="is not possible: state 50 to 600 mm"):
        patient_shadow(block(0.0), AP, size=9, thickness_mm=thickness)


def test_nothing_is_added_to_a_whole_trunk_that_is_thinner():
    thin = block(-1000.0, n=(20, 120, 40))
    thin.hu[:, 20:100] = 0.0  # 160 mm of tissue with air before and behind it
    assert holds_whole_trunk(thin, AP)
    image = xray(thin, AP, size=SIZE, thickness_mm=200.0)
    assert image.transmission[32, 32] == pytest.approx(transmission({"water": np.array([16.0])}, beam(80))[0], rel=1e-3)
    assert image.shadow.thickness_mm is None
    # From the side the same scan is cut through tissue.
    lateral = CArmView(lao_deg=90.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
    cut = block(0.0, n=(20, 120, 40))
    cut.hu[:, :20] = -1000.0
    assert not holds_whole_trunk(cut, lateral)
    assert not holds_whole_trunk(cut, AP)  # air in front alone: the back is missing


def test_padding_around_the_skin_is_no_air():
    padded = block(-2000.0, n=(20, 120, 40))
    padded.hu[:, 30:90] = 0.0
    assert not holds_whole_trunk(padded, AP)
    padded.hu[:, 25:30] = padded.hu[:, 90:95] = -1000.0
    assert holds_whole_trunk(padded, AP)
