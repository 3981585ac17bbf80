"""The demonstration patient and random phantoms."""

import numpy as np
import pytest

from vertebroplasty.phantom import demo_patient, random_phantom


def test_the_demonstration_patient_has_a_grade_two_wedge_with_an_intact_wall_and_one_hole():
    phantom = demo_patient()
    truth = phantom.truth("L2")
    neighbours = np.mean([phantom.truth(name).anterior_mm for name in ("L1", "L3")])
    loss = 100.0 * (1.0 - truth.anterior_mm / neighbours)
    assert 25.0 < loss < 40.0  # Genant grade 2
    assert truth.compromise_percent == pytest.approx(0.0, abs=1e-9)
    assert [spot.toward for spot in truth.breaches] == ["disc-above"]
    assert truth.breaches[0].area_mm2 > np.pi * 1.5**2
    assert np.prod(phantom.grid[1]) < 220 * 220 * 170


def test_random_phantoms_follow_their_seed():
    assert random_phantom(np.random.default_rng(4)) == random_phantom(np.random.default_rng(4))
    assert random_phantom(np.random.default_rng(4)) != random_phantom(np.random.default_rng(5))


def test_random_phantoms_are_turned_by_at_most_thirty_degrees_and_stay_inside_the_scan():
    for seed in range(60):
        phantom = random_phantom(np.random.default_rng(seed))
        turn = np.degrees(np.arccos(np.clip((np.trace(_turn(phantom)) - 1.0) / 2.0, -1.0, 1.0)))
        assert turn <= 30.0 + 1e-6
        assert min(phantom.spacing_mm) >= 0.6
        assert max(phantom.spacing_mm) <= 3.0


def _turn(phantom):
    return phantom.patient_frame.axes.T @ np.diag([-1.0, -1.0, 1.0])


def test_a_random_phantom_shows_all_its_levels_whole():
    _, spine = random_phantom(np.random.default_rng(11)).build()
    for name in spine:
        places = np.argwhere(spine[name].mask())
        assert np.all(places.min(axis=0) > 0)
        assert np.all(places.max(axis=0) < np.array(spine.labels.shape) - 1)
