"""Live picture and last image hold: the noise of their dose, the same mean, the same grey scale."""

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.fluoroscopy.image import XrayImage, xray
from vertebroplasty.fluoroscopy.looks import Look, as_seen, caption
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))


@pytest.fixture(scope="module")
def image() -> XrayImage:
    ct = CtVolume(
        hu=np.zeros((80, 80, 80), np.int16), affine=Affine.from_parts(np.full(3, -79.0), np.eye(3), np.full(3, 2.0))
    )
    return xray(ct, AP, size=256, thickness_mm=200.0)


def relative_noise(shown: XrayImage) -> float:
    inner = (shown.transmission / shown.patient_only)[40:-40, 40:-40]
    return float(inner.std() / inner.mean())


def test_a_still_is_left_as_it_is(image):
    assert as_seen(image, Look.STILL) is image
    assert caption(Look.STILL) == ""


def test_hold_is_quieter_than_live_by_the_root_of_the_frames(image):
    live, hold = relative_noise(as_seen(image, Look.LIVE)), relative_noise(as_seen(image, Look.HOLD))
    # 3 effective frames against 8; 30 000 pixels whose noise is correlated over a few leave 2 % of error.
    assert live / hold == pytest.approx(np.sqrt(8 / 3), rel=0.04)
    assert 0.002 < hold < live < 0.1


def test_noise_leaves_the_mean(image):
    shown = as_seen(image, Look.LIVE, seed=3)
    assert (shown.transmission / shown.patient_only)[40:-40, 40:-40].mean() == pytest.approx(1.0, abs=3e-3)
    assert np.all(shown.transmission > 0.0)
    # Scatter is there, weakened by the grid: a quarter of the primary's four at 20 cm.
    assert (shown.patient_only / image.patient_only)[100:150, 100:150].mean() == pytest.approx(2.0, rel=0.05)


def test_same_seed_same_picture(image):
    np.testing.assert_array_equal(as_seen(image, Look.LIVE, 5).transmission, as_seen(image, Look.LIVE, 5).transmission)
    assert not np.array_equal(as_seen(image, Look.LIVE, 5).transmission, as_seen(image, Look.LIVE, 6).transmission)
    one, next_one = as_seen(image, Look.LIVE, 5, 0).transmission, as_seen(image, Look.LIVE, 5, 1).transmission
    noise = np.stack([(x / x.mean() - 1)[40:-40, 40:-40].ravel() for x in (one, next_one)])
    assert abs(np.corrcoef(noise)[0, 1]) < 0.05  # two frames share nothing but the patient
