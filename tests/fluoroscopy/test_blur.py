"""Blur: the transfer that an edge shows, and what must stay the same."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.blur import (
    focal_spot_blurred,
    focal_spot_transfer,
    scintillator_blurred,
    scintillator_transfer,
    spread,
)
from vertebroplasty.geometry.c_arm_view import CArmView

AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
PIXEL_MM = 0.05


def edge(count: int = 1024) -> np.ndarray:
    """Dark left of the middle, bright right of it, the same in every row."""
    return np.tile((np.arange(count) >= count // 2).astype(float), (8, 1))


def transfer_of_edge(blurred: np.ndarray, frequency_per_mm: float) -> float:
    """Edge spread to line spread to transfer, as it is measured on detectors."""
    line = np.diff(blurred[0])
    place = (np.arange(len(line)) - np.argmax(line)) * PIXEL_MM
    # a difference over one pixel is a mean over it: its own transfer is a sinc
    return abs(np.sum(line * np.exp(-2j * np.pi * frequency_per_mm * place))) / line.sum()


@pytest.mark.parametrize(("frequency", "expected"), [(1.0, 0.55), (2.0, 0.25)])
def test_the_screen_passes_an_edge_by_its_transfer_at_one_and_two_line_pairs(frequency, expected):
    assert scintillator_transfer(np.array(frequency)) == pytest.approx(expected, rel=1e-12)
    measured = transfer_of_edge(scintillator_blurred(edge(), PIXEL_MM), frequency)
    assert measured == pytest.approx(expected, rel=0.01)
    assert transfer_of_edge(scintillator_blurred(edge(), 1.05 * PIXEL_MM), frequency) != pytest.approx(
        expected, rel=0.01
    )


def test_a_focal_spot_smears_an_edge_over_its_shadow():
    # 0.6 mm magnified by 1100/700 - 1: 0.343 mm on the detector
    blurred = focal_spot_blurred(edge(), AP, PIXEL_MM)
    width = 0.6 * (1100 / 700 - 1)
    assert transfer_of_edge(blurred, 1.0) == pytest.approx(np.sinc(width), rel=0.01)
    # the rise of a box's integral from 10 to 90 %, interpolated
    rise = np.interp([0.1, 0.9], blurred[0, 400:-400], np.arange(224) * PIXEL_MM)
    assert np.diff(rise)[0] == pytest.approx(0.8 * width, abs=PIXEL_MM)
    at_the_detector = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3), sid_mm=700.0, sod_mm=700.0)
    np.testing.assert_allclose(focal_spot_blurred(edge(), at_the_detector, PIXEL_MM), edge(), atol=1e-12)
    assert focal_spot_transfer(np.array(0.0), 0.3) == 1.0


@pytest.mark.parametrize("blur", [scintillator_blurred, lambda p, mm: focal_spot_blurred(p, AP, mm)])
def test_nothing_is_lost_and_a_flat_picture_stays_flat(blur):
    picture = np.random.default_rng(1).random((40, 56))
    assert blur(picture, 0.2).sum() == pytest.approx(picture.sum(), rel=1e-12)
    np.testing.assert_allclose(blur(np.full((40, 56), 3.0), 0.2), 3.0, rtol=1e-12)


def test_a_transfer_of_one_changes_nothing_and_both_axes_are_their_own():
    picture = np.random.default_rng(2).random((24, 40))
    np.testing.assert_allclose(spread(picture, 0.3, lambda down, across: np.ones((24, 40))), picture, atol=1e-12)
    rows_only = spread(picture, 0.3, lambda down, across: (down == 0) * np.ones_like(across))
    np.testing.assert_allclose(rows_only, np.tile(picture.mean(axis=0), (24, 1)), atol=1e-12)


def test_single_precision_stays_single():
    picture = np.random.default_rng(3).random((64, 64)).astype(np.float32)
    blurred = scintillator_blurred(picture, 0.3)
    assert blurred.dtype == np.float32
    np.testing.assert_allclose(blurred, scintillator_blurred(picture.astype(float), 0.3), atol=1e-5)
