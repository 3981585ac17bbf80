"""The peak of a tissue's HU: unbiased by noise and neighbours, and refused where there is none."""

import numpy as np
import pytest

from vertebroplasty.anatomy.tissue_peak import tissue_peak

SHAPE = (20, 40, 40)
FAT = (-160.0, -40.0)


def parts():
    """Halves along k."""
    return np.broadcast_to((np.arange(SHAPE[0]) >= 10)[:, None, None].astype(int), SHAPE)


def noisy(values, sd=12.0, seed=1):
    return values + np.random.default_rng(seed).normal(0.0, sd, SHAPE)


def test_fat_between_skin_and_muscle_is_found_to_a_tenth_of_its_noise():
    hu = np.full(SHAPE, 55.0)
    hu[:, 4:20] = -103.0
    hu[:, :4] = 30.0
    peak = tissue_peak(noisy(hu), np.ones(SHAPE, bool), parts(), FAT)
    # 8000 blocks of 12 HU noise: the mean is good to 0.15 HU; three of these.
    assert peak.hu == pytest.approx(-103.0, abs=0.5)
    assert not peak.where[:, 20:].any()
    assert peak.plus_minus_hu < 1.0


def test_a_border_that_blurs_into_muscle_does_not_pull_the_mean():
    hu = np.full(SHAPE, -103.0)
    hu[:, 20] = -80.0  # one layer of partial volume, within the range
    hu[:, 21:] = 55.0
    with_border = tissue_peak(hu, np.ones(SHAPE, bool), parts(), FAT).hu
    # The layer next to muscle has a neighbour outside the range and is left out.
    assert with_border == pytest.approx(-103.0, abs=1e-6)


def test_parts_that_read_differently_widen_the_error():
    hu = np.full(SHAPE, -100.0)
    hu[10:] = -90.0
    peak = tissue_peak(noisy(hu, 3.0), np.ones(SHAPE, bool), parts(), FAT)
    assert peak.hu == pytest.approx(-95.0, abs=0.5)
    assert peak.plus_minus_hu == pytest.approx(10 / np.sqrt(2), abs=0.3)


def test_an_even_spread_of_hu_is_no_tissue():
    hu = np.random.default_rng(2).uniform(*FAT, SHAPE)
    assert tissue_peak(hu, np.ones(SHAPE, bool), parts(), FAT) == "its HU show no clear peak"


def test_too_few_blocks_are_no_tissue():
    assert "too little" in tissue_peak(np.full(SHAPE, 55.0), np.ones(SHAPE, bool), parts(), FAT)
