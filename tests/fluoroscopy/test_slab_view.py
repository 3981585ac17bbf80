"""The CT slab: it holds the needle, lies near the transverse plane, and is the right way round."""

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.cement_shadow import CementMass, CementMix
from vertebroplasty.fluoroscopy.slab_render import render_slab
from vertebroplasty.fluoroscopy.slab_view import plane_along, slab
from vertebroplasty.geometry.frame import Affine, Frame
from vertebroplasty.geometry.needle_path import NeedlePath

FRAME = Frame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
NEEDLE = NeedlePath(entry_lps_mm=np.array([18.0, 25.0, 6.0]), tip_lps_mm=np.array([4.0, -12.0, -3.0]))


def scan(n=120) -> CtVolume:
    """HU rise by 2 a mm to the left, 3 a mm to the back and 5 a mm to the head."""
    z, y, x = np.meshgrid(*(np.arange(n) - (n - 1) / 2,) * 3, indexing="ij")
    half = np.full(3, -(n - 1) / 2)
    return CtVolume(
        hu=(2 * x + 3 * y + 5 * z).astype(np.float32), affine=Affine.from_parts(half, np.eye(3), np.ones(3))
    )


def test_the_plane_holds_the_needle_and_no_nearer_one_does():
    plane = plane_along(FRAME, NEEDLE)
    for point in (NEEDLE.entry_lps_mm, NEEDLE.tip_lps_mm):
        assert (point - plane.centre_lps_mm) @ plane.normal_lps == pytest.approx(0.0, abs=1e-9)
    # Of all planes through a line, the one nearest to the transverse is tilted by the line's own steepness.
    steep = np.arcsin(abs(NEEDLE.direction_lps[2]))
    assert np.arccos(-plane.normal_lps[2]) == pytest.approx(steep, abs=1e-9)


def test_seen_from_the_feet_of_a_prone_patient():
    plane = plane_along(FRAME)
    np.testing.assert_allclose(plane.right_lps, [-1, 0, 0], atol=1e-12)  # the patient's right on the right
    np.testing.assert_allclose(plane.up_lps, [0, 1, 0], atol=1e-12)  # the back on top
    np.testing.assert_allclose(plane.normal_lps, [0, 0, -1], atol=1e-12)  # towards the viewer at the feet


def test_a_linear_scan_is_read_exactly():
    plane = plane_along(FRAME, NEEDLE)
    picture = slab(scan(), plane)
    expected = plane.points_lps_mm() @ np.array([2.0, 3.0, 5.0])
    inside = ~np.isnan(picture.hu)
    assert inside.mean() > 0.5
    # The mean over a slab of a linear scan is its middle; samples are single precision.
    np.testing.assert_allclose(picture.hu[inside], expected[inside], atol=1e-2)
    assert any("lies outside the CT" in note for note in picture.notes)


def test_padding_is_outside():
    ct = scan()
    ct.hu[:, :40] = -2048.0
    picture = slab(ct, plane_along(FRAME))
    rows = plane_along(FRAME).points_lps_mm()[:, 0, 1]
    assert np.isnan(picture.hu[rows < -20.0]).all()
    assert not np.isnan(picture.hu[(rows > -18.0) & (rows < 58.0)][:, 240:270]).any()


def test_the_needle_is_white_along_its_whole_length_and_ends_at_the_tip():
    plane = plane_along(FRAME, NEEDLE)
    bare, shown = slab(scan(), plane).hu, slab(scan(), plane, needles=(NEEDLE,)).hu
    points = plane.points_lps_mm()
    along = (points - NEEDLE.tip_lps_mm) @ NEEDLE.direction_lps
    aside = np.linalg.norm(points - NEEDLE.tip_lps_mm - along[..., None] * NEEDLE.direction_lps, axis=-1)
    known = ~np.isnan(bare)
    core = known & (aside < 0.3) & (along < -0.5) & (along > -100)
    assert (shown - bare)[core].min() > 400.0  # a 3 mm cannula in a slab of 6 mm
    np.testing.assert_array_equal(shown[known & (along > 0.2)], bare[known & (along > 0.2)])


def test_cement_adds_its_own_attenuation():
    ct = CtVolume(
        hu=np.zeros((40, 40, 40), np.float32), affine=Affine.from_parts(np.full(3, -19.5), np.eye(3), np.ones(3))
    )
    mix = CementMix(opacifier="barium-sulfate", opacifier_fraction=0.205)
    fill = np.full((20, 20, 20), 0.5, np.float32)
    mass = CementMass(fill=fill, affine=Affine.from_parts(np.full(3, -9.5), np.eye(3), np.ones(3)), mix=mix)
    picture = slab(ct, plane_along(FRAME), cement=mass)
    middle = picture.plane.size // 2
    # Half filled: half of what the mix adds to water at 70 keV.
    shares = {"barium-sulfate": 0.205, "pmma": 0.795}
    linear = mix.density_g_per_cm3 * sum(w * float(mass_attenuation(m, 70.0)) for m, w in shares.items())
    expected = 500.0 * (linear / float(mass_attenuation("water", 70.0)) - 1.0)
    assert picture.hu[middle, middle] == pytest.approx(expected, rel=1e-5)
    assert expected > 1000.0
    assert picture.hu[middle, middle + 60] == pytest.approx(0.0, abs=1e-3)


def test_a_needle_along_the_patient_has_no_transverse_slab():
    steep = NeedlePath(entry_lps_mm=np.zeros(3), tip_lps_mm=np.array([0.0, -10.0, -40.0]))
    with pytest.raises(Refused, match="76° towards the head or feet"):
        plane_along(FRAME, steep)


def test_flip_and_inversion_of_the_picture():
    picture = slab(scan(), plane_along(FRAME))
    shown, flipped = (np.asarray(render_slab(picture, flip=flip)) for flip in (False, True))
    np.testing.assert_array_equal(shown[100:200, 60:452], flipped[100:200, 60:452][:, ::-1])
    inverted = np.asarray(render_slab(picture, inverted=True))
    inside = ~np.isnan(picture.hu)[100:200, 150:350]
    total = shown[100:200, 150:350].astype(int) + inverted[100:200, 150:350]
    assert np.abs(total[inside] - 255).max() <= 1
