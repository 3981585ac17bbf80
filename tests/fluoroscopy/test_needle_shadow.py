"""Chords through a cannula: closed forms, ends, bore, and a search that knows nothing of quadrics."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.needle_shadow import cannulas, cylinder_chords
from vertebroplasty.geometry.needle_path import NeedlePath


def placed(seed):
    """A random rotation and shift: the cylinder's own axes in the world."""
    random = np.random.default_rng(seed)
    q, _ = np.linalg.qr(random.normal(size=(3, 3)))
    return q, random.normal(0, 50, 3)


@pytest.mark.parametrize("seed", range(4))
def test_oblique_chord_through_the_middle(seed):
    q, shift = placed(seed)
    radius, length = 1.5, 100.0
    for angle_deg, offset in [(90, 0.0), (90, 1.2), (35, 0.0), (35, -0.7), (12, 1.49)]:
        angle = np.radians(angle_deg)
        direction = np.array([np.sin(angle), 0, np.cos(angle)])
        source = np.array([0, offset, length / 2]) - 400 * direction
        chord = cylinder_chords(
            q @ source + shift, (q @ direction)[None], shift, q @ np.array([0, 0, length]) + shift, 2 * radius
        ).length_mm[0]
        assert chord == pytest.approx(2 * np.sqrt(radius**2 - offset**2) / np.sin(angle), rel=1e-10)  # 400 mm / 1e-13


def test_along_the_axis_it_is_the_length_and_beside_it_nothing():
    rear, tip, along = np.zeros(3), np.array([0, 0, 80.0]), np.array([[0, 0, 1.0]])
    assert cylinder_chords(np.array([0.3, 0.2, -500]), along, rear, tip, 3.0).length_mm[0] == pytest.approx(80.0)
    assert cylinder_chords(np.array([1.6, 0.0, -500]), along, rear, tip, 3.0).length_mm[0] == 0.0


def test_ends_are_flat():
    rear, tip, across = np.zeros(3), np.array([0, 0, 80.0]), np.array([[1.0, 0, 0]])
    for height, chord in [(-0.01, 0.0), (0.01, 3.0), (79.99, 3.0), (80.01, 0.0)]:
        found = cylinder_chords(np.array([-300, 0, height]), across, rear, tip, 3.0).length_mm[0]
        assert found == pytest.approx(chord, abs=1e-12)


def test_agrees_with_a_walk_along_the_ray():
    random = np.random.default_rng(11)
    q, shift = placed(11)
    rear, tip, diameter = shift, q @ np.array([0, 0, 12.0]) + shift, 6.0
    source = shift + q @ np.array([80.0, -60, 30])
    targets = shift + (random.uniform(-4, 4, (200, 3)) + np.array([0, 0, 6])) @ q.T
    directions = (targets - source) / np.linalg.norm(targets - source, axis=1, keepdims=True)
    t = np.arange(0.0, 200.0, 0.01)
    local = ((source + t[:, None, None] * directions - shift) @ q).astype(np.float32)
    inside = (np.hypot(local[..., 0], local[..., 1]) < diameter / 2) & (local[..., 2] > 0) & (local[..., 2] < 12)
    walked = inside.sum(axis=0) * 0.01
    assert (walked > 0).sum() > 100
    np.testing.assert_allclose(cylinder_chords(source, directions, rear, tip, diameter).length_mm, walked, atol=0.03)


def test_a_needle_reaches_back_to_the_hub_and_counts_once():
    path = NeedlePath(entry_lps_mm=np.array([0, 40.0, 0]), tip_lps_mm=np.zeros(3), gauge_number=11)
    again = NeedlePath(entry_lps_mm=np.array([0, 40.0, 0]), tip_lps_mm=np.zeros(3), gauge_number=11)
    other = NeedlePath(entry_lps_mm=np.array([9.0, 40.0, 0]), tip_lps_mm=np.zeros(3), gauge_number=11)
    assert len(cannulas((path, again, other))) == 2
    (one,) = cannulas((path,), hollow=True)
    np.testing.assert_allclose(one.rear_lps_mm, [0, 125.0, 0])
    np.testing.assert_allclose(one.tip_lps_mm, 0)
    assert (one.outer_mm, one.bore_mm) == (3.05, 2.39)
    assert cannulas((path,))[0].bore_mm == 0.0
