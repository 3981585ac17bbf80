"""Rays, orientation and poses together, each beside the mistake that it must not let through."""

from itertools import product

import numpy as np
import pytest
from scipy import ndimage

from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.needle_shadow import cylinder_chords
from vertebroplasty.fluoroscopy.projector import project_exact, project_smooth
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

LEFT, BACK, UP = np.eye(3)
ORIGIN = np.zeros(3)


def detector(lao, cranial, *, size=1, pixel_mm=1.0, isocentre=ORIGIN) -> Detector:
    view = CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=isocentre)
    return Detector(view=view, size=size, pixel_mm=pixel_mm)


def rotation(seed: int) -> np.ndarray:
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return q * np.sign(np.linalg.det(q))


def centred(shape_kji, spacing, directions) -> Affine:
    affine = Affine.from_parts(ORIGIN, directions, spacing)
    middle = affine.to_world((np.array(shape_kji[::-1]) - 1) / 2)
    return Affine.from_parts(-middle, directions, spacing)


def chords_cm(low: np.ndarray, high: np.ndarray, source: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Chords of rays through boxes by the slab method, all in the boxes' axes; shapes (rays, boxes)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = ((wall[None] - source) / rays[:, None] for wall in (low, high))
    still = np.abs(rays[:, None]) < 1e-12
    inside = (source > low) & (source < high)
    near = np.where(still, np.where(inside, -np.inf, np.inf), np.fmin(a, b)).max(axis=-1)
    far = np.where(still, np.where(inside, np.inf, -np.inf), np.fmax(a, b)).min(axis=-1)
    return np.maximum(0.0, far - near) * np.linalg.norm(rays, axis=1)[:, None] / 10


# Chords of a box ------------------------------------------------------------------------------------------------------
SHAPE, SPACING = (3, 5, 4), np.array([9.0, 5.0, 7.5])
HALF = np.array(SHAPE[::-1]) * SPACING / 2


def aims(kind: str) -> list[tuple[np.ndarray, float, float]]:
    """Points of the box in its own axes that central rays go through, and the angles they come from."""
    random = np.random.default_rng({"inside": 1, "corner": 2, "edge": 3, "parallel": 4, "grazing": 5}[kind])
    found = []
    for _ in range(40):
        angles = random.uniform(-179, 180), random.uniform(-80, 80)
        point = random.uniform(-1, 1, 3) * HALF
        if kind == "corner":
            point = random.choice([-1, 1], 3) * HALF
        elif kind == "edge":
            point[:2] = random.choice([-1, 1], 2) * HALF[:2]
        elif kind == "parallel":
            angles = random.choice([0.0, 90.0, 180.0, -90.0]), 0.0
        elif kind == "grazing":
            angles = random.choice([0.0, 180.0]), 0.0
            point[0] = random.choice([-1, 1]) * (HALF[0] - 1e-6)  # a millionth of a mm within the face
        found.append((point, *angles))
    return found


def box_chords(kind: str, affine: Affine, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central rays through the box: as projected, and by the slab method."""
    projected, exact = [], []
    for point, lao, cranial in aims(kind):
        d = detector(lao, cranial, isocentre=directions @ point)
        projected.append(project_exact(np.ones(SHAPE), affine, d).item())
        ray = directions.T @ d.view.to_detector
        exact.append(chords_cm(-HALF[None], HALF[None], directions.T @ d.view.source_lps_mm, ray[None]).item())
    return np.array(projected), np.array(exact)


@pytest.mark.parametrize("kind", ["inside", "corner", "edge", "parallel", "grazing"])
def test_two_hundred_rays_through_a_box(kind):
    upright = kind in ("parallel", "grazing")
    directions = np.eye(3) if upright else rotation(7)
    affine = centred(SHAPE, SPACING, directions)
    projected, exact = box_chords(kind, affine, directions)
    assert (exact > 1e-9).sum() >= (10 if kind == "corner" else 20)  # most rays through a corner miss the box
    # 1e-12 of the 70 cm from the source, where corners are met or missed by rounding
    np.testing.assert_allclose(projected, exact, rtol=1e-12, atol=7e-11)
    swapped = centred(SHAPE, SPACING[::-1], directions)  # rows taken for columns
    assert np.abs(box_chords(kind, swapped, directions)[0] - exact).max() > 0.1
    assert np.abs(1.05 * projected - exact).max() > 0.05


# Chords of a sphere ---------------------------------------------------------------------------------------------------
def sphere(count: int, radius: float, *, partial: bool) -> tuple[np.ndarray, Affine]:
    affine = centred((count,) * 3, np.full(3, 48.0 / count), rotation(2))
    index = np.stack(np.meshgrid(*(np.arange(count),) * 3, indexing="ij"), axis=-1)[..., ::-1]
    inward = (radius - np.linalg.norm(affine.to_world(index), axis=-1)) / (48.0 / count)
    return (np.clip(0.5 + inward, 0, 1) if partial else (inward > 0).astype(float)), affine


def rms_errors(radius: float, *, partial: bool) -> list[float]:
    d = detector(25.0, 15.0, size=61, pixel_mm=1.3)
    ray = d.pixels_lps_mm() - d.view.source_lps_mm
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    miss = np.linalg.norm(np.cross(d.view.source_lps_mm, ray), axis=-1)
    exact = 2 * np.sqrt(np.maximum(0.0, 20.0**2 - miss**2)) / 10
    return [
        float(np.sqrt(np.mean((project_exact(*sphere(n, radius, partial=partial), d) - exact) ** 2)))
        for n in (16, 24, 32, 48, 64)
    ]


def test_voxels_of_a_sphere_converge_with_first_order_and_partial_volume_helps():
    slope = {}
    errors = {partial: rms_errors(20.0, partial=partial) for partial in (False, True)}
    for partial, found in errors.items():
        slope[partial] = -np.polyfit(np.log([16, 24, 32, 48, 64]), np.log(found), 1)[0]
    assert slope[False] > 0.8
    assert slope[True] > 0.8
    assert np.mean(np.divide(errors[True], errors[False])) < 0.9
    wrong = rms_errors(21.0, partial=True)  # 5 % too large: converges to something else
    assert -np.polyfit(np.log([16, 24, 32, 48, 64]), np.log(wrong), 1)[0] < 0.5
    assert wrong[-1] > 5 * errors[True][-1]


# Adjointness ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_the_projection_and_its_transpose_agree(kind, tolerance):
    """`<A x, y> = <x, Aᵀ y>`, with every voxel's chord in Aᵀ worked out apart by the slab method."""
    directions = rotation(5)
    affine = centred(SHAPE, SPACING, directions)
    d = detector(33.0, -21.0, size=9, pixel_mm=6.0)
    random = np.random.default_rng(6)
    x, y = random.random(SHAPE), random.random((9, 9))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)[..., ::-1].reshape(-1, 3)
    middles = affine.to_world(index) @ directions
    rays = (d.pixels_lps_mm().reshape(-1, 3) - d.view.source_lps_mm) @ directions
    matrix = chords_cm(middles - SPACING / 2, middles + SPACING / 2, d.view.source_lps_mm @ directions, rays)
    forward = float(np.sum(project_exact(x.astype(kind), affine, d).astype(float) * y))
    back = (matrix.T @ y.ravel()).reshape(SHAPE)
    assert forward == pytest.approx(float(np.sum(x * back)), rel=tolerance)
    turned = (matrix.T @ y.T.ravel()).reshape(SHAPE)  # rows of the picture taken for columns
    assert forward != pytest.approx(float(np.sum(x * turned)), rel=1e-4)
    assert forward != pytest.approx(float(np.sum(x * back[::-1])), rel=1e-4)


# Needle ---------------------------------------------------------------------------------------------------------------
def test_chords_of_an_oblique_hollow_needle():
    # 30° to the axis, through it: 2r/sin 30°, less the bore's; an endless tube would let the tip's rays through it too
    angle, outer, bore = np.radians(30.0), 3.05, 2.39
    ray = np.array([np.sin(angle), 0.0, np.cos(angle)])
    rear, tip = np.array([0.0, 0.0, -80.0]), np.array([0.0, 0.0, 40.0])

    def chord(diameter: float, through_z: float, end: np.ndarray = tip) -> float:
        source = np.array([0.0, 0.0, through_z]) - 500.0 * ray
        return float(cylinder_chords(source, ray[None], rear, end, diameter).length_mm[0])

    assert chord(outer, 0.0) == pytest.approx(outer / np.sin(angle), rel=1e-12)
    assert chord(outer, 0.0) - chord(bore, 0.0) == pytest.approx((outer - bore) / np.sin(angle), abs=1e-10)
    assert chord(outer, 40.0) == pytest.approx(0.5 * outer / np.sin(angle), rel=1e-10)  # half of it lies beyond the tip
    assert chord(outer, 40.0, np.array([0.0, 0.0, 400.0])) == pytest.approx(outer / np.sin(angle), rel=1e-10)
    assert chord(1.05 * outer, 0.0) > 1.04 * chord(outer, 0.0)


# Magnification --------------------------------------------------------------------------------------------------------
def test_shadow_of_a_drawn_sphere_is_that_of_its_tangent_cone():
    # Along a ray that passes the middle at b the chord is 2·sqrt(a² - b²), and b² = D²·s with s = r²/(SID² + r²):
    # the square of the chord falls on a straight line over s, and reaches zero where the ray touches.
    d = detector(40.0, 10.0, size=200, pixel_mm=0.4)
    squared = project_smooth(*sphere(96, 20.0, partial=True), d) ** 2
    offset = (np.arange(200) - 99.5) * 0.4
    r2 = offset[:, None] ** 2 + offset[None, :] ** 2
    s, within = r2 / (1100**2 + r2), (r2 > 10**2) & (r2 < 29**2)
    slope, intercept = np.polyfit(s[within], squared[within], 1)
    touching = -intercept / slope
    radius = 1100 * np.sqrt(touching / (1 - touching))
    tangent, great_circle = 1100 * 20 / np.sqrt(700**2 - 20**2), 1100 * 20 / 700
    assert radius == pytest.approx(tangent, abs=0.1)  # a quarter of a pixel, a fifth of a voxel
    assert radius != pytest.approx(1100 * 20 / 690, abs=0.1)  # its middle 10 mm nearer to the source
    assert (round(tangent, 3), round(great_circle, 3)) == (31.441, 31.429)


# Orientation ----------------------------------------------------------------------------------------------------------
SPHERES = ((30.0 * LEFT, 6.0), (40.0 * UP, 8.0), (35.0 * BACK, 10.0))


def shadows(d: Detector, mirror: np.ndarray) -> np.ndarray:
    """Where the three spheres fall, one by one; `mirror` flips the phantom's axes."""
    affine = centred((48,) * 3, np.full(3, 2.5), np.eye(3))
    index = np.stack(np.meshgrid(*(np.arange(48),) * 3, indexing="ij"), axis=-1)[..., ::-1]
    world = affine.to_world(index)
    pixels = np.stack(np.meshgrid(np.arange(d.size), np.arange(d.size), indexing="ij"), axis=-1)
    found = []
    for centre, radius in SPHERES:
        inward = (radius - np.linalg.norm(world - mirror * centre, axis=-1)) / 2.5
        picture = project_smooth(np.clip(0.5 + inward, 0, 1), affine, d)
        found.append((pixels * picture[..., None]).sum(axis=(0, 1)) / picture.sum())
    return np.array(found)


@pytest.mark.parametrize(("lao", "cranial"), [(0, 0), (180, 0), (90, 0), (-90, 0), (158, 12), (-35, -25)])
def test_each_sphere_falls_on_its_side(lao, cranial):
    d = detector(lao, cranial, size=120, pixel_mm=2.0)
    expected = np.array([d.to_pixel(centre)[0] for centre, _ in SPHERES])
    np.testing.assert_allclose(shadows(d, np.ones(3)), expected, atol=0.5)  # half a pixel: cone and interpolation
    for axis in range(3):
        mirrored = np.ones(3)
        mirrored[axis] = -1
        depth_only = abs(d.view.to_detector[axis]) > 0.999  # a flip along the beam moves nothing but the magnification
        assert depth_only or np.abs(shadows(d, mirrored) - expected).max() > 5


def test_a_turn_or_tilt_of_the_wrong_sign_is_seen_only_by_an_asymmetric_phantom():
    for seed in range(20):
        lao, cranial = np.random.default_rng(seed).uniform([-170, -70], [170, 70])
        right, wrong_turn, wrong_tilt = (
            detector(*angles) for angles in ((lao, cranial), (-lao, cranial), (lao, -cranial))
        )
        for wrong, small in ((wrong_turn, np.sin(np.radians(lao))), (wrong_tilt, np.sin(np.radians(cranial)))):
            moved = max(float(np.abs(right.to_pixel(c) - wrong.to_pixel(c)).max()) for c, _ in SPHERES)
            assert moved > 50 * abs(small)
            np.testing.assert_allclose(right.to_pixel(ORIGIN), wrong.to_pixel(ORIGIN), atol=1e-9)


# Rotate the CT --------------------------------------------------------------------------------------------------------
def body(points: np.ndarray) -> np.ndarray:
    """A smooth lopsided patient: density at LPS points."""
    parts = (((5.0, 3.0, -4.0), 14.0, 1.0), ((-12.0, 10.0, 8.0), 7.0, 1.5), ((8.0, -15.0, 12.0), 6.0, 0.8))
    return sum(w * np.exp(-np.sum((points - np.array(c)) ** 2, axis=-1) / (2 * s**2)) for c, s, w in parts)


@pytest.mark.parametrize("project", [project_exact, project_smooth])
def test_a_ct_resampled_at_17_degrees_gives_the_same_picture(project):
    count, spacing, d = 64, 1.6, detector(150.0, 14.0, size=64, pixel_mm=2.0)
    upright = centred((count,) * 3, np.full(3, spacing), np.eye(3))
    index = np.stack(np.meshgrid(*(np.arange(count),) * 3, indexing="ij"), axis=-1)[..., ::-1]
    stored = body(upright.to_world(index))
    turn = np.radians(17.0)
    oblique = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    tilted = centred((count,) * 3, np.full(3, spacing), oblique @ np.diag([1.0, -1.0, 1.0]))
    at = upright.to_index(tilted.to_world(index))
    resampled = ndimage.map_coordinates(stored, np.moveaxis(at[..., ::-1], -1, 0), order=1)
    reference = project(stored, upright, d)
    difference = project(resampled, tilted, d) - reference
    assert np.sqrt(np.mean(difference**2)) < 0.01 * np.sqrt(np.mean(reference**2))
    ignored = project(resampled, upright, d) - reference  # the header's directions not read
    assert np.sqrt(np.mean(ignored**2)) > 0.1 * np.sqrt(np.mean(reference**2))


@pytest.mark.parametrize("project", [project_exact, project_smooth])
def test_every_storage_order_and_direction_gives_the_same_picture(project):
    stored = np.random.default_rng(12).random((5, 6, 7))
    affine = centred((5, 6, 7), np.array([6.0, 5.0, 7.0]), rotation(8))
    d = detector(160.0, 12.0, size=15, pixel_mm=5.0)
    reference = project(stored, affine, d)
    for flips in product((False, True), repeat=3):
        matrix, kept = affine.matrix.copy(), stored
        for axis, flip in enumerate(flips):
            if flip:
                kept = np.flip(kept, 2 - axis)
                matrix[:3, 3] += (stored.shape[2 - axis] - 1) * matrix[:3, axis]
                matrix[:3, axis] *= -1
        np.testing.assert_allclose(project(np.ascontiguousarray(kept), Affine(matrix), d), reference, atol=1e-9)
        if any(flips):
            assert np.abs(project(np.ascontiguousarray(kept), affine, d) - reference).max() > 0.1
