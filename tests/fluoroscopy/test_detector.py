"""Where points fall on the detector: magnification, the signs of both angles, and three unlike spheres."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import project_exact
from vertebroplasty.geometry.c_arm_view import CArmView, angles_of_direction
from vertebroplasty.geometry.frame import Affine

LEFT, BACK, UP = np.eye(3)
ISOCENTRE = np.array([12.0, -7.0, 30.0])


def view(lao, cranial, isocentre=ISOCENTRE) -> CArmView:
    return CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=isocentre)


@pytest.mark.parametrize(
    ("lao", "cranial", "towards"),
    # DICOM: zero in front of the chest, +90 at the patient's left, positive secondary angle towards the head.
    [(0, 0, -BACK), (90, 0, LEFT), (-90, 0, -LEFT), (180, 0, BACK), (0, 89, UP), (180, 89, UP)],
)
def test_detector_stands_where_dicom_says(lao, cranial, towards):
    v = view(lao, cranial)
    assert v.to_detector @ towards == pytest.approx(1.0, abs=2e-4)
    assert (v.source_lps_mm - ISOCENTRE) @ towards == pytest.approx(-700, abs=0.2)


@pytest.mark.parametrize("seed", range(4))
def test_angles_and_directions_are_inverse(seed):
    random = np.random.default_rng(seed)
    lao, cranial = random.uniform(-179, 180), random.uniform(-85, 85)
    assert angles_of_direction(view(lao, cranial).to_detector) == pytest.approx((lao, cranial), abs=1e-9)


def test_reversing_the_beam_turns_by_180_and_negates_the_tilt():
    # A posterior detector tilted cranially images the lines of the caudal anterior view.
    np.testing.assert_allclose(view(160, 5).to_detector, -view(-20, -5).to_detector, atol=1e-12)
    # ... and one tilted by a towards the left, 180 - a, those of the right anterior oblique.
    np.testing.assert_allclose(view(170, 0).to_detector, -view(-10, 0).to_detector, atol=1e-12)


def test_detector_behind_shows_the_patients_right_on_the_right():
    assert view(180, 0).project(ISOCENTRE - 10 * LEFT)[0, 0] > 0
    assert view(0, 0).project(ISOCENTRE + 10 * LEFT)[0, 0] > 0  # in front: face to face, left is on the right
    assert view(90, 0).project(ISOCENTRE + 10 * BACK)[0, 0] > 0  # from the left: the back is on the right
    for lao in (0, 90, 180, -90):
        assert view(lao, 0).project(ISOCENTRE + 10 * UP)[0, 1] > 0


@pytest.mark.parametrize("depth", [300.0, 700.0, 1000.0])
def test_magnification_is_source_to_image_over_depth(depth):
    v = view(37.0, -12.0)
    right, up = v.detector_axes
    point = v.source_lps_mm + depth * v.to_detector + 3.0 * right - 2.0 * up
    np.testing.assert_allclose(v.project(point)[0], np.array([3.0, -2.0]) * 1100 / depth, rtol=1e-10)


def test_shadow_of_a_sphere_is_wider_than_its_great_circle():
    # radius a on the axis at distance D casts SID·a/sqrt(D²-a²): 31.441, not 31.429 mm
    a, distance, sid = 20.0, 700.0, 1100.0
    v = view(0.0, 0.0)
    angle = np.arcsin(a / distance)
    toward = np.cos(angle) * v.to_detector + np.sin(angle) * v.detector_axes[0]
    touch = v.source_lps_mm + np.sqrt(distance**2 - a**2) * toward
    assert np.linalg.norm(touch - ISOCENTRE) == pytest.approx(a, abs=1e-9)
    assert v.project(touch)[0, 0] == pytest.approx(sid * a / np.sqrt(distance**2 - a**2), abs=1e-9)
    assert v.project(touch)[0, 0] == pytest.approx(31.441, abs=5e-4)


@pytest.mark.parametrize("seed", range(20))
def test_projection_agrees_with_the_textbook_formula(seed):
    random = np.random.default_rng(seed)
    lao, cranial = random.uniform(-179, 180), random.uniform(-80, 80)
    a, b = np.radians([lao, cranial])
    d = np.array([np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b), np.sin(b)])
    up = np.array([-np.sin(a) * np.sin(b), np.cos(a) * np.sin(b), np.cos(b)])
    right = np.array([np.cos(a), np.sin(a), 0.0])  # AP with the detector in front: the patient's left
    point = ISOCENTRE + random.normal(0, 40, 3)
    q = point - ISOCENTRE + 700 * d
    expected = 1100 * np.array([q @ right, q @ up]) / (q @ d)
    np.testing.assert_allclose(view(lao, cranial).project(point)[0], expected, atol=1e-6)


@pytest.mark.parametrize(("lao", "cranial"), [(0, 0), (180, 0), (90, 0), (158, 12), (-35, -25)])
def test_three_unlike_spheres_fall_where_they_should(lao, cranial):
    # left, superior and posterior of the isocentre; their shadows' centres of mass against the projection
    n, h = 60, 2.0
    affine = Affine.from_parts(ISOCENTRE - (n - 1) / 2 * h, np.eye(3), np.full(3, h))
    index = np.stack(np.meshgrid(*(np.arange(n),) * 3, indexing="ij"), axis=-1)[..., ::-1]
    world = affine.to_world(index)
    d = Detector(view=view(lao, cranial), size=120, pixel_mm=2.0)
    pixels = np.stack(np.meshgrid(np.arange(120), np.arange(120), indexing="ij"), axis=-1)
    for direction, radius in ((LEFT, 6.0), (UP, 8.0), (BACK, 10.0)):
        centre = ISOCENTRE + 40 * direction
        ball = (np.linalg.norm(world - centre, axis=-1) < radius).astype(float)
        shadow = project_exact(ball, affine, d)
        found = (pixels * shadow[..., None]).sum(axis=(0, 1)) / shadow.sum()
        # half a pixel: the staircase ball and the cone's distortion of its weight
        np.testing.assert_allclose(found, d.to_pixel(centre)[0], atol=0.5)


def test_pixels_and_points_are_inverse():
    d = Detector(view=view(130, -17), size=33, pixel_mm=1.7)
    points = d.pixels_lps_mm()
    pixels = d.to_pixel(points.reshape(-1, 3)).reshape(33, 33, 2)
    np.testing.assert_allclose(pixels[..., 0], np.arange(33)[:, None] * np.ones(33), atol=1e-9)
    np.testing.assert_allclose(pixels[..., 1], np.ones(33)[:, None] * np.arange(33), atol=1e-9)
    assert d.object_pixel_mm == pytest.approx(1.7 * 700 / 1100)
