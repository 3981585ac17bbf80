"""Gaps must be found where cut, called by what they face, and never be read out of noise, thick slices or the vein."""

import numpy as np
import pytest

from hand_made import HandMade, rotation
from real_spine import real_spine
from vertebroplasty.anatomy.cortex import find_breaches, found_cortex
from vertebroplasty.anatomy.find import find_vertebra

NARROW = (40.0, 50.0, 25.0)  # field of view: bone only, for speed


def in_wall(right, up, radius):
    """A round hole through the posterior wall."""
    return lambda p: (np.hypot(p[..., 0] - right, p[..., 2] - up) < radius) & (p[..., 1] < -8) & (p[..., 1] > -17)


def in_plate(right, front, radius, sign):
    return lambda p: (np.hypot(p[..., 0] - right, p[..., 1] - front) < radius) & (sign * p[..., 2] > 8)


def in_side(front, up, radius, sign):
    return lambda p: (np.hypot(p[..., 1] - front, p[..., 2] - up) < radius) & (sign * p[..., 0] > 18)


@pytest.fixture(scope="module")
def l3_vertebra(data):
    return find_vertebra(real_spine(data)["L3"])


@pytest.mark.parametrize(
    ("gap", "toward", "where"),
    [
        (in_wall(5, -8, 2.5), "canal", [5, -16, -8]),
        (in_plate(4, 2, 2.5, 1), "disc-above", [4, 2, 14]),
        (in_plate(4, 2, 2.5, -1), "disc-below", [4, 2, -14]),
        (in_side(3, -2, 2.5, -1), "paravertebral", [-23, 3, -2]),
        (in_wall(13, -7, 2.5), "foramen-right", [13, -16, -7]),
        (in_wall(-13, -7, 2.5), "foramen-left", [-13, -16, -7]),
    ],
)
def test_a_gap_is_found_where_it_was_cut_and_named_by_what_it_faces(gap, toward, where):
    vertebra = HandMade(gaps=(gap,), half_fov=NARROW).vertebra()
    spots, can_be_seen, _ = find_breaches(vertebra)
    assert can_be_seen
    (spot,) = spots
    assert spot.toward == toward
    assert vertebra.frame.to_local(spot.centre_lps_mm) == pytest.approx(where, abs=0.6)  # under one voxel
    assert spot.area_mm2 == pytest.approx(np.pi * 2.5**2, rel=0.35)  # the rim of one voxel is half cortex


def test_turning_the_patient_turns_the_gap_with_him():
    drawn = HandMade(gaps=(in_wall(5, -8, 3.0),), half_fov=(50, 55, 35), rotation=rotation(15, -10, 8))
    ((spot,), _, _) = find_breaches(drawn.vertebra())
    assert spot.toward == "canal"
    assert drawn.frame().to_local(spot.centre_lps_mm) == pytest.approx([5, -16, -8], abs=0.6)


@pytest.mark.parametrize("noise", [0.0, 60.0, 120.0])
def test_an_intact_cortex_has_no_gap_however_noisy(noise):
    spots, can_be_seen, _ = find_breaches(HandMade(noise_hu=noise, half_fov=NARROW).vertebra())
    assert (spots, can_be_seen) == ((), True)


def test_a_hole_narrower_than_two_voxels_is_not_called():
    assert find_breaches(HandMade(gaps=(in_wall(5, -8, 0.7),), half_fov=NARROW).vertebra())[0] == ()


def test_thick_slices_show_no_gap_and_say_so():
    vertebra = HandMade(gaps=(in_wall(5, -8, 3.0),), spacing=(0.8, 0.8, 3.0), half_fov=NARROW).vertebra()
    cortex = found_cortex(vertebra)
    assert cortex.breaches == ()
    assert not cortex.can_be_seen
    assert "3 mm" in cortex.why_not


def test_a_cortex_lost_in_noise_is_a_sieve_that_cannot_be_assessed():
    cortex = found_cortex(HandMade(cortex_mm=0.05, noise_hu=150.0, half_fov=NARROW).vertebra())
    assert not cortex.can_be_seen
    assert "noise" in cortex.why_not


def test_the_foramen_of_the_basivertebral_vein_is_no_gap():
    spots, can_be_seen, _ = find_breaches(HandMade(gaps=(in_wall(0, 0, 3.0),), half_fov=NARROW).vertebra())
    assert (spots, can_be_seen) == ((), True)


def test_the_apparent_thickness_grows_with_the_cortex_and_never_falls_below_the_blur():
    thin, thick = (
        find_breaches(HandMade(cortex_mm=t, spacing=(0.6,) * 3, half_fov=NARROW).vertebra())[2] for t in (1.0, 3.0)
    )
    assert thick == pytest.approx(3.0, abs=0.4)  # resolved: sheet of five voxels
    assert 1.0 <= thin <= 1.6  # blurred: wider than it is


def test_the_real_osteoporotic_body_is_no_sieve(l3_vertebra):
    spots, can_be_seen, apparent = find_breaches(l3_vertebra)
    assert can_be_seen
    assert len(spots) <= 1  # no fracture gap is known in this body; its cortex is thin and the CT noisy
    assert apparent == pytest.approx(2.1, abs=0.3)  # one and a half voxels of 1.5 mm
