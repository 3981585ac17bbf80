"""Holes and clefts must be found where painted, at their volume, and never be read out of noise."""

import numpy as np
import pytest

from hand_made import HandMade, rotation
from vertebroplasty.anatomy.spots import find_clefts, find_lytic_holes


def ball(centre, radius):
    return lambda local: np.linalg.norm(local - np.asarray(centre, float), axis=-1) < radius


def lens(centre, half):
    return lambda local: np.linalg.norm((local - np.asarray(centre, float)) / half, axis=-1) < 1


def ml(a, b, c):
    return 4 / 3 * np.pi * a * b * c / 1000


def test_gas_is_found_at_its_place_and_volume():
    drawn = HandMade(paint=((lens((4, 3, 2), (9, 7, 2.5)), -900.0),), rotation=rotation(12, 8, 5))
    vertebra = drawn.vertebra()
    (cleft,) = find_clefts(vertebra)
    assert cleft.content == "gas"
    assert cleft.volume_ml == pytest.approx(ml(9, 7, 2.5), rel=0.05)  # a lattice count of 650 voxels
    assert vertebra.frame.to_local(cleft.centre_lps_mm) == pytest.approx([4, 3, 2], abs=0.3)
    assert find_lytic_holes(vertebra) == ()


def test_a_bubble_below_the_least_volume_is_not_called():
    assert find_clefts(HandMade(paint=((ball((0, 0, 0), 2.0), -900.0),)).vertebra()) == ()


def test_gas_of_the_disc_is_no_cleft():
    assert find_clefts(HandMade(paint=((lens((0, 0, 15.5), (10, 8, 2)), -900.0),)).vertebra()) == ()


@pytest.mark.parametrize("noise", [0.0, 60.0])
def test_a_lytic_hole_is_found_at_its_place_and_volume(noise):
    vertebra = HandMade(paint=((ball((-8, 4, 1), 6), 45.0),), noise_hu=noise).vertebra()
    (hole,) = find_lytic_holes(vertebra)
    assert hole.volume_ml == pytest.approx(ml(6, 6, 6), rel=0.2)  # the filter rounds a 2 mm edge
    assert vertebra.frame.to_local(hole.centre_lps_mm) == pytest.approx([-8, 4, 1], abs=0.5)
    assert find_clefts(vertebra) == ()


def test_a_flat_level_pool_of_water_is_a_fluid_cleft():
    vertebra = HandMade(paint=((lens((0, 2, 3), (12, 9, 3.5)), 5.0),)).vertebra()
    (cleft,) = find_clefts(vertebra)
    assert cleft.content == "fluid"
    assert find_lytic_holes(vertebra) == ()


def test_a_hole_below_the_least_volume_is_not_called():
    dense = 400.0  # so dense that even a hole of 0.15 ml stands out after smoothing
    assert find_lytic_holes(HandMade(paint=((ball((-8, 4, 1), 3.3), 40.0),), spongy_hu=dense).vertebra()) == ()
    assert len(find_lytic_holes(HandMade(paint=((ball((-8, 4, 1), 4.2), 40.0),), spongy_hu=dense).vertebra())) == 1


def test_noise_alone_makes_no_hole_at_any_density():
    assert find_lytic_holes(HandMade(noise_hu=93.0, spacing=(1.5, 1.5, 1.5)).vertebra()) == ()


def test_fatty_marrow_is_no_lytic_hole():
    assert find_lytic_holes(HandMade(paint=((ball((-8, 4, 1), 6), -90.0),)).vertebra()) == ()


def test_old_cement_is_no_place_of_its_own():
    vertebra = HandMade(paint=((ball((5, 0, 0), 6), 3000.0),)).vertebra()
    assert find_lytic_holes(vertebra) == ()
    assert find_clefts(vertebra) == ()
