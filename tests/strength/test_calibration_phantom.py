"""Rods of known density in a made-up scan: the line is found again, and wrong rods are refused."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.strength.calibration_phantom import Rod, calibrate_with_rods

SLOPE, INTERCEPT = 0.82, -6.0
RODS = tuple(
    Rod(name=f"rod {n}", centre_lps_mm=(-60.0 + 30 * n, 40.0, 0.0), diameter_mm=18.0, density_mg_per_ml=density)
    for n, density in enumerate((0.0, 50.0, 100.0, 200.0, 400.0))
)
SIZE = (30, 60, 150)


def scan(noise_hu=0.0, moved_mm=0.0, spacing=(1.0, 1.0, 2.0)):
    """Five rods along z in water-like plastic."""
    affine = Affine.from_parts(np.array([-75.0, 10.0, -30.0]), np.eye(3), np.array(spacing))
    k, j, i = np.indices(SIZE)
    world = affine.to_world(np.stack([i, j, k], axis=-1))
    density = np.full(SIZE, 0.0)
    for rod in RODS:
        off = np.hypot(world[..., 0] - rod.centre_lps_mm[0] - moved_mm, world[..., 1] - rod.centre_lps_mm[1])
        density[off <= rod.diameter_mm / 2] = rod.density_mg_per_ml
    hu = (density - INTERCEPT) / SLOPE + np.random.default_rng(8).normal(0, 1, SIZE) * noise_hu
    return CtVolume(hu=hu.astype(np.float32), affine=affine)


def test_the_line_is_found_again():
    found = calibrate_with_rods(scan(), RODS)
    # Single precision of the volume.
    assert found.slope_mg_per_ml_per_hu == pytest.approx(SLOPE, rel=1e-6)
    assert found.intercept_mg_per_ml == pytest.approx(INTERCEPT, abs=1e-4)
    assert [rod.density_mg_per_ml for rod in found.references] == [0, 50, 100, 200, 400]
    # 70 % of 9 mm: π · 6.3² voxels in each of the eleven slices within ±10 mm.
    assert found.references[0].voxels == pytest.approx(11 * np.pi * 6.3**2, rel=0.05)


def test_the_interval_holds_the_truth_under_noise():
    found = calibrate_with_rods(scan(noise_hu=60.0), RODS)
    low, high = found.slope_interval
    assert low < SLOPE < high
    assert high - low < 0.1
    at = np.array([150.0])
    densities = [float(line.density_mg_per_ml(at)[0]) for line in found.lines]
    assert densities[1] < SLOPE * 150 + INTERCEPT < densities[2]


def test_what_the_rods_are_made_of_is_carried():
    found = calibrate_with_rods(scan(), RODS, mineral="potassium-phosphate")
    assert "phosphate" in found.mineral
    assert "10 %" in found.notes[0]
    assert calibrate_with_rods(scan(), RODS).mineral == "hydroxyapatite"
    with pytest.raises(Refused, match="mineral chalk"):
        calibrate_with_rods(scan(), RODS, mineral="chalk")


def test_a_tilted_rod_is_measured_along_its_own_axis():
    axis = (0.6, 0.0, 0.8)
    affine = Affine.from_parts(np.array([-75.0, 10.0, -30.0]), np.eye(3), np.array([1.0, 1.0, 2.0]))
    k, j, i = np.indices(SIZE)
    off = affine.to_world(np.stack([i, j, k], axis=-1)) - np.array([0.0, 40.0, 0.0])
    radius = np.linalg.norm(off - (off @ axis)[..., None] * axis, axis=-1)
    tilted = replace(scan(), hu=np.where(radius <= 9.0, 300.0, 0.0).astype(np.float32))
    rod = replace(RODS[2], centre_lps_mm=(0.0, 40.0, 0.0), axis_lps=axis, density_mg_per_ml=246.0)
    water = tuple(replace(RODS[0], name=f"water {x}", centre_lps_mm=(x, 40.0, 0.0)) for x in (-60.0, 60.0))
    found = calibrate_with_rods(tilted, (rod, *water))
    assert found.references[0].hu == pytest.approx(300.0)
    with pytest.raises(Refused, match="reads differently in its parts"):
        calibrate_with_rods(tilted, (replace(rod, axis_lps=(0.0, 0.0, 1.0), length_mm=40.0), *water))


@pytest.mark.parametrize(
    ("rods", "sentence"),
    [
        (RODS[:2], "2 rods were given"),
        (tuple(replace(rod, density_mg_per_ml=50.0) for rod in RODS), "the same density"),
        ((*RODS, replace(RODS[0], name="far", centre_lps_mm=(0.0, 400.0, 0.0))), "Rod far lies outside the scan"),
        ((*RODS, replace(RODS[0], name="end", centre_lps_mm=(-60.0, 40.0, 26.0))), "Rod end lies outside the scan"),
        ((*RODS, replace(RODS[0], name="thin", diameter_mm=1.0)), "inside rod thin"),
        (tuple(replace(r, density_mg_per_ml=400 - r.density_mg_per_ml) for r in RODS), "mg/ml per HU"),
        ((*RODS[:4], replace(RODS[4], density_mg_per_ml=480.0)), "off a straight line"),
        ((*RODS, replace(RODS[0], axis_lps=(0.0, 0.0, 0.0))), "has no direction"),
    ],
)
def test_rods_that_cannot_be_right_are_refused(rods, sentence):
    with pytest.raises(Refused, match=sentence):
        calibrate_with_rods(scan(), rods)


def test_rods_beside_their_place_are_refused():
    with pytest.raises(Refused, match="reads differently in its parts"):
        calibrate_with_rods(scan(moved_mm=5.0), RODS[2:])


def test_padding_inside_a_rod_is_outside_the_scan():
    ct = scan()
    ct.hu[15, 30, 15:20] = -2048
    with pytest.raises(Refused, match="Rod rod 0 lies outside"):
        calibrate_with_rods(ct, RODS)
