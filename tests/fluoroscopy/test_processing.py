"""What is done to a picture for the screen: a flat picture stays flat, a ramp is damped, an edge is raised."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.processing import EVEN_SHARE, SHARPEN_GAIN, screen_correction

ALL = np.ones((300, 300), bool)


def test_flat_stays_flat():
    np.testing.assert_allclose(screen_correction(np.full((300, 300), -3.2), ALL, 0.25), 0.0, atol=1e-5)


def test_broad_differences_are_damped_and_none_is_made():
    ramp = np.linspace(-1.0, 1.0, 1200)[None, :] * np.ones((300, 1))
    known = np.ones(ramp.shape, bool)
    slope = np.gradient(ramp + screen_correction(ramp, known, 0.25, sharpen=0.0), axis=1)[150, 500:700]
    assert slope == pytest.approx((1.0 - EVEN_SHARE) * 2.0 / 1199, rel=1e-2)


def test_an_edge_is_raised_on_both_sides_where_it_is():
    step = np.where(np.arange(300) < 150, 0.0, 1.0)[None, :] * np.ones((300, 1))
    raised = step + screen_correction(step, ALL, 0.25)
    plain = step + screen_correction(step, ALL, 0.25, sharpen=0.0)
    difference = (raised - plain)[150]
    # Half the gain on each side of the edge, and nothing 6 mm away.
    assert difference[149] == pytest.approx(-0.5 * SHARPEN_GAIN, abs=0.05)
    assert difference[150] == pytest.approx(0.5 * SHARPEN_GAIN, abs=0.05)
    assert np.abs(difference[:125]).max() < 1e-4
    assert np.argmax(np.diff(raised[150])) == 149


def test_what_is_not_known_does_not_bleed_in():
    picture = np.full((300, 300), -2.0)
    picture[:, :100] = 0.0
    known = ALL.copy()
    known[:, :100] = False
    np.testing.assert_allclose(screen_correction(picture, known, 0.25)[:, 100:], 0.0, atol=1e-4)
    assert not screen_correction(picture, np.zeros_like(ALL), 0.25).any()
