"""One frame as the detector takes it: the dose it was metered for, what can be left out, and what repeats."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.blur import scintillator_transfer
from vertebroplasty.fluoroscopy.exposure import Exposure, metered, one_frame
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
BARE = Exposure(kerma_ngy=None, scatter=0.0, focal_spot_mm=0.0, screen_blur=False)


def water(thickness_mm: int) -> CtVolume:
    shape = (100, thickness_mm // 2, 100)
    half = np.array([99, shape[1] - 1, 99], float)
    affine = Affine.from_parts(-half, np.eye(3), np.full(3, 2.0))
    return CtVolume(hu=np.zeros(shape, np.float32), affine=affine)


@pytest.fixture(scope="module")
def image():
    return xray(water(200), AP, size=200, pixel_mm=0.5)


def test_with_everything_left_out_it_is_the_picture(image):
    np.testing.assert_array_equal(one_frame(image, BARE, seed=1), image.transmission)


def test_scatter_adds_four_times_the_primary_behind_twenty_centimetres(image):
    frame = one_frame(image, replace(BARE, scatter=None), seed=1)
    assert metered(image).scatter == pytest.approx(4.0, rel=0.01)
    assert frame.mean() / image.transmission.mean() == pytest.approx(5.0, rel=0.01)


def test_a_cut_ct_scatters_as_a_trunk_and_a_thick_one_more():
    thin, thick = (metered(xray(water(mm), AP, size=64, pixel_mm=1.0)).scatter for mm in (60, 300))
    assert thin == pytest.approx(4.0)
    assert thick == pytest.approx(8.0, rel=0.01)


def test_rays_beside_the_patient_shed_no_scatter():
    wide = xray(water(100), AP, size=128, pixel_mm=4.0)
    assert wide.outside.any()
    meter = metered(wide)
    assert meter.shed[wide.outside].max() < 0.05  # interpolation fades the skin over half a voxel
    assert meter.shed[wide.complete].min() > 3.0
    frame = one_frame(wide, replace(BARE, scatter=None), seed=1)
    # air lets everything through: were it to scatter, the patient would drown in it
    assert frame[wide.complete].mean() < 8 * wide.transmission[wide.complete].mean()


@pytest.mark.parametrize("scatter", [0.0, 4.0])
def test_noise_is_that_of_the_dose_whatever_the_scatter(image, scatter):
    # the meter holds primary and scatter together at the dose
    still = one_frame(image, replace(BARE, scatter=scatter), seed=1)
    noisy = one_frame(image, replace(BARE, scatter=scatter, kerma_ngy=30.0), seed=1)
    relative = (noisy - still) / still
    expected = 30.0 * metered(image).quanta_per_mm2_ngy * 0.5**2
    assert 1 / relative.var() == pytest.approx(expected, rel=0.05)  # 3 % sampling, and the field is flat to 3 %
    assert 1 / relative.var() != pytest.approx(2 * expected, rel=0.2)
    assert abs(relative.mean()) < 4 / np.sqrt(expected * still.size)


def test_dose_and_variance_are_inverse(image):
    still = one_frame(image, BARE, seed=1)
    low, high = ((one_frame(image, replace(BARE, kerma_ngy=k), seed=1) - still).var() for k in (10.0, 40.0))
    assert low / high == pytest.approx(4.0, rel=0.05)


def test_the_screen_correlates_the_noise_and_weakens_it(image):
    sharp, soft = (one_frame(image, replace(BARE, kerma_ngy=30.0, screen_blur=b), seed=2) for b in (False, True))
    noise = [frame - one_frame(image, BARE, seed=2) for frame in (sharp, soft)]
    neighbours = [np.mean(n[:, 1:] * n[:, :-1]) / n.var() for n in noise]
    assert abs(neighbours[0]) < 0.02
    # The noise power is the square of the screen's transfer, up to 1 line pair per mm for pixels of 0.5 mm.
    f = (np.arange(400) + 0.5) / 400
    power = scintillator_transfer(np.hypot(f[:, None], f[None, :])) ** 2
    assert noise[1].var() / noise[0].var() == pytest.approx(power.mean(), rel=0.05)  # sampling: 2 % of 40 000 pixels
    assert neighbours[1] == pytest.approx(np.sum(power * np.cos(np.pi * f)) / power.sum(), abs=0.02)
    assert soft.mean() == pytest.approx(sharp.mean(), rel=1e-5)


def test_frames_of_a_run_differ_and_repeat(image):
    meter = metered(image)
    first, second = (one_frame(image, Exposure(), seed=3, frame=n, meter=meter) for n in (0, 1))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, one_frame(image, Exposure(), seed=3, frame=0))
    assert first.dtype == np.float32


def test_no_dose_is_refused(image):
    with pytest.raises(Refused, match="more than 0 nGy"):
        one_frame(image, Exposure(kerma_ngy=0.0), seed=1)
