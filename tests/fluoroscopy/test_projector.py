"""Line integrals against chords that can be written down, for rays and arrays at any angle."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import integrate_between, project_exact, project_smooth
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

SIZE = 9  # odd, so that the central ray is among them
ORIGIN = np.zeros(3)


def rotation(seed: int) -> np.ndarray:
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return q  # may be left-handed, as CTs may be


def detector(lao, cranial, *, size=SIZE, pixel_mm=20.0) -> Detector:
    view = CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=ORIGIN)
    return Detector(view=view, size=size, pixel_mm=pixel_mm)


def centred(shape_kji, spacing, directions) -> Affine:
    """The affine that puts the array's centre at the isocentre."""
    affine = Affine.from_parts(ORIGIN, directions, spacing)
    middle = affine.to_world((np.array(shape_kji[::-1]) - 1) / 2)
    return Affine.from_parts(-middle, directions, spacing)


def slab_chords_cm(d: Detector, shape_kji, affine) -> np.ndarray:
    """Chord through the box by the slab method along the box's own axes: nothing shared with the code."""
    half = np.array(shape_kji[::-1]) * affine.spacing_mm / 2
    source = d.view.source_lps_mm @ affine.directions
    ray = d.pixels_lps_mm().reshape(-1, 3) @ affine.directions - source
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (-half - source) / ray, (half - source) / ray
    near, far = np.fmin(a, b), np.fmax(a, b)
    still = np.abs(ray) < 1e-9
    inside = np.abs(source) < half
    near = np.where(still, np.where(inside, -np.inf, np.inf), near).max(axis=1)
    far = np.where(still, np.where(inside, np.inf, -np.inf), far).min(axis=1)
    chord = np.maximum(0.0, far - near) * np.linalg.norm(ray, axis=1) / 10
    return chord.reshape(d.size, d.size)


@pytest.mark.parametrize("seed", range(5))
def test_box_chords_are_exact_at_any_angle(seed):
    random = np.random.default_rng(seed)
    shape, spacing = (7, 11, 5), np.array([9.0, 5.0, 7.5])
    affine = centred(shape, spacing, rotation(seed))
    d = detector(random.uniform(-179, 180), random.uniform(-80, 80))
    chords = project_exact(np.ones(shape), affine, d)
    expected = slab_chords_cm(d, shape, affine)
    assert (expected > 0).sum() > 5
    assert (expected == 0).sum() > 5  # some rays miss, some meet
    np.testing.assert_allclose(chords, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("lao", [0.0, 90.0, 180.0, -90.0])
def test_rays_along_the_axes_and_between_voxels(lao):
    shape, spacing = (6, 8, 4), np.array([8.0, 5.0, 6.0])  # even: the central ray runs along a voxel face
    affine = centred(shape, spacing, np.eye(3))
    d = detector(lao, 0.0)
    np.testing.assert_allclose(project_exact(np.ones(shape), affine, d), slab_chords_cm(d, shape, affine), rtol=1e-12)


def test_each_voxel_counts_once():
    random = np.random.default_rng(8)
    volume = random.random((5, 6, 7))
    affine = centred((5, 6, 7), np.array([8.0, 9.0, 10.0]), rotation(2))
    d = detector(33.0, 21.0)
    whole = project_exact(volume, affine, d)
    single = np.zeros_like(whole)
    for k in range(5):
        part = np.zeros_like(volume)
        part[k] = volume[k]
        single += project_exact(part, affine, d)
    np.testing.assert_allclose(single, whole, rtol=1e-12)


def sphere(n: int, radius: float, box: float) -> tuple[np.ndarray, Affine]:
    affine = centred((n, n, n), np.full(3, box / n), np.eye(3))
    index = np.stack(np.meshgrid(*(np.arange(n),) * 3, indexing="ij"), axis=-1)[..., ::-1]
    distance = np.linalg.norm(affine.to_world(index), axis=-1)
    h = box / n
    return np.clip(0.5 + (radius - distance) / h, 0, 1), affine  # partial volume at the rim


def sphere_chords_cm(d: Detector, radius: float) -> np.ndarray:
    ray = d.pixels_lps_mm() - d.view.source_lps_mm
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    miss = np.linalg.norm(np.cross(d.view.source_lps_mm, ray), axis=-1)
    return 2 * np.sqrt(np.maximum(0.0, radius**2 - miss**2)) / 10


@pytest.mark.parametrize("project", [project_exact, project_smooth])
def test_sphere_chords_converge(project):
    d = detector(25.0, 15.0, size=61, pixel_mm=1.3)
    exact = sphere_chords_cm(d, 20.0)
    errors = []
    for n in (16, 32, 64):
        volume, affine = sphere(n, 20.0, 48.0)
        errors.append(np.sqrt(np.mean((project(volume, affine, d) - exact) ** 2)))
    order = np.polyfit(np.log([16, 32, 64]), np.log(errors), 1)[0]
    assert order < -0.9  # first order in the voxel: the rim is a staircase
    assert errors[-1] < 0.02 * exact.max()


def test_interpolating_agrees_with_exact_on_a_smooth_field():
    n = 48
    affine = centred((n, n, n), np.full(3, 1.5), rotation(4))
    index = np.stack(np.meshgrid(*(np.arange(n),) * 3, indexing="ij"), axis=-1)[..., ::-1]
    density = np.exp(-np.sum(affine.to_world(index) ** 2, axis=-1) / (2 * 8.0**2))
    d = detector(140.0, -20.0, size=21, pixel_mm=2.0)
    exact = project_exact(density, affine, d)
    # the integral of a Gaussian along its central ray: sqrt(2π)·8 mm
    assert project_smooth(density, affine, d)[10, 10] == pytest.approx(np.sqrt(2 * np.pi) * 0.8, rel=5e-3)
    np.testing.assert_allclose(project_smooth(density, affine, d), exact, atol=1e-2 * exact.max())


def test_single_precision_holds_five_digits():
    random = np.random.default_rng(1)
    volume = random.random((20, 20, 20))
    affine = centred((20, 20, 20), np.full(3, 2.0), rotation(6))
    d = detector(70.0, 10.0, size=31, pixel_mm=2.0)
    double, single = (project_smooth(volume.astype(kind), affine, d) for kind in (np.float64, np.float32))
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


def test_part_of_the_detector_is_part_of_the_picture():
    volume, affine = sphere(16, 15.0, 40.0)
    d = detector(10.0, 5.0, size=40, pixel_mm=1.5)
    whole = project_smooth(volume, affine, d)
    part = project_smooth(volume, affine, d, rows=slice(7, 30), columns=slice(11, 25))
    np.testing.assert_allclose(part, whole[7:30, 11:25], rtol=1e-12, atol=1e-12)


def test_segments_add_up_to_the_whole_ray():
    volume, affine = sphere(32, 15.0, 40.0)
    d = detector(10.0, 5.0)
    source, end = d.view.source_lps_mm, d.pixels_lps_mm()[4, 4]
    middle = source + 0.63 * (end - source)  # within the sphere
    points = np.stack([source, middle]), np.stack([middle, end])
    parts = integrate_between(volume, affine, *points)
    assert parts.min() > 0.5
    # the steps of a part are half a voxel at most; over 1.1 m of ray they are as fine
    assert parts.sum() == pytest.approx(3.0, rel=0.01)


@pytest.mark.parametrize("project", [project_exact, project_smooth])
def test_storage_order_and_direction_do_not_matter(project):
    random = np.random.default_rng(5)
    volume = random.random((6, 7, 8))
    affine = centred((6, 7, 8), np.array([4.0, 5.0, 6.0]), rotation(9))
    d = detector(160.0, 12.0, size=25, pixel_mm=3.0)
    reference = project(volume, affine, d)
    flipped = affine.matrix.copy()
    flipped[:3, 3] = affine.to_world(np.array([7.0, 0.0, 0.0]))
    flipped[:3, 0] *= -1
    np.testing.assert_allclose(project(volume[:, :, ::-1].copy(), Affine(flipped), d), reference, atol=1e-9)
    swapped = affine.matrix[:, [2, 0, 1, 3]]  # storage (i, j, k) becomes (k, i, j)
    np.testing.assert_allclose(
        project(np.ascontiguousarray(volume.transpose(1, 2, 0)), Affine(swapped), d), reference, atol=1e-9
    )


@pytest.mark.parametrize("project", [project_exact, project_smooth])
def test_turning_patient_and_c_arm_together_changes_nothing(project):
    random = np.random.default_rng(7)
    volume = random.random((6, 7, 8))
    affine = centred((6, 7, 8), np.array([4.0, 5.0, 6.0]), rotation(3))
    turned = np.eye(4)
    turned[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]  # +90° about the body's axis: x (left) comes to y (back)
    here = project(volume, affine, detector(20.0, 12.0, size=25, pixel_mm=3.0))
    there = project(volume, Affine(turned @ affine.matrix), detector(110.0, 12.0, size=25, pixel_mm=3.0))
    np.testing.assert_allclose(there, here, atol=1e-9)


@pytest.mark.parametrize("project", [project_exact, project_smooth])
def test_does_not_depend_on_the_number_of_threads(project):
    from vertebroplasty.kernels import bound_threads

    volume, affine = sphere(24, 15.0, 40.0)
    d = detector(44.0, -8.0, size=64, pixel_mm=1.0)
    results = []
    for threads in (1, 2):
        bound_threads(threads)
        results.append(project(volume.astype(np.float32), affine, d))
    np.testing.assert_array_equal(*results)


def index_rays(d: Detector, affine: Affine) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source and directions in index space, and the length in cm of one direction."""
    pixels, source = d.pixels_lps_mm().reshape(-1, 3), d.view.source_lps_mm
    directions = affine.to_index(pixels) - affine.to_index(source)
    return affine.to_index(source), directions, np.linalg.norm(pixels - source, axis=1) / 10


def joseph_plainly(volume, affine, d) -> np.ndarray:
    """Ray by ray: on each plane of the main axis hat functions of all voxels, nothing shared with the vectors."""
    source, directions, lengths = index_rays(d, affine)
    shape, sums = volume.shape[::-1], []
    for ray, length in zip(directions, lengths, strict=True):
        main = int(np.argmax(np.abs(ray)))
        total = 0.0
        for plane in range(shape[main]):
            at = source + (plane - source[main]) / ray[main] * ray
            at[main] = plane
            i, j, k = (np.maximum(0.0, 1.0 - np.abs(np.arange(n) - x)) for n, x in zip(shape, at, strict=True))
            total += np.einsum("kji,k,j,i", volume, k, j, i)
        sums.append(total * length / abs(ray[main]))
    return np.reshape(sums, (d.size, d.size))


def siddon_plainly(volume, affine, d) -> np.ndarray:
    """Ray by ray: all walls crossed are sorted, each piece is looked up at its middle."""
    source, directions, lengths = index_rays(d, affine)
    shape, sums = volume.shape[::-1], []
    for ray, length in zip(directions, lengths, strict=True):
        walls = [(np.arange(n + 1) - 0.5 - source[a]) / ray[a] for a, n in enumerate(shape) if abs(ray[a]) > 1e-9]
        crossings = np.sort(np.concatenate(walls))
        middles = source + 0.5 * (crossings[1:] + crossings[:-1])[:, None] * ray
        cells = np.floor(middles + 0.5).astype(int)
        inside = np.all((cells >= 0) & (cells < shape), axis=1)
        i, j, k = cells[inside].T
        sums.append(np.sum(np.diff(crossings)[inside] * volume[k, j, i]) * length)
    return np.reshape(sums, (d.size, d.size))


PLAIN_TWINS = [(project_exact, siddon_plainly), (project_smooth, joseph_plainly)]


@pytest.mark.parametrize(("project", "plainly"), PLAIN_TWINS)
@pytest.mark.parametrize(
    ("lao", "cranial", "size"),
    [(180.0, 0.0, 20), (90.0, 0.0, 17), (45.0, 0.0, 20), (135.0, 35.2643896, 33), (20.0, 88.0, 16)],
)  # along two axes; at 45° and along the diagonal, where rays of one tile run along two or three axes; from above
def test_vectors_agree_with_the_plain_sum(project, plainly, lao, cranial, size):
    volume = np.random.default_rng(3).random((6, 7, 8))
    affine = centred((6, 7, 8), np.array([4.0, 5.0, 6.0]), np.eye(3))
    # Off-centre, so that no ray runs between voxels, where either side would do
    d = detector(lao, cranial, size=size, pixel_mm=80.0 / size)
    affine = Affine.from_parts(
        affine.origin_lps_mm + np.array([0.31, 0.17, 0.23]), affine.directions, affine.spacing_mm
    )
    np.testing.assert_allclose(project(volume, affine, d), plainly(volume, affine, d), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("project", "plainly"), PLAIN_TWINS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 4), (6, 1, 3), (2, 2, 2)])
def test_thin_arrays(project, plainly, shape):
    volume = np.random.default_rng(4).random(shape)
    affine = centred(shape, np.array([9.0, 8.0, 10.0]), rotation(1))
    d = detector(31.0, 12.0, size=13, pixel_mm=6.0)
    expected = plainly(volume, affine, d)
    assert expected.max() > 0.1
    np.testing.assert_allclose(project(volume, affine, d), expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("project", [project_exact, project_smooth])
@pytest.mark.parametrize("lao", [180.0, 155.0, 135.0])
def test_single_precision_on_grain(project, lao):
    # Grain is the worst case: a place off by one rounding (1e-5 voxels at 100) shifts walls between unlike voxels;
    # for rays almost along an axis, of slope s, by 1/s as much.
    volume = np.random.default_rng(6).random((100, 100, 100))
    affine = centred(volume.shape, np.ones(3), np.eye(3))
    d = detector(lao, 0.0, size=64, pixel_mm=2.0)
    double, single = (project(volume.astype(kind), affine, d) for kind in (np.float64, np.float32))
    assert np.abs(single - double).max() < 1e-4 * double.max()
    assert np.sqrt(np.mean((single - double) ** 2)) < 1e-5 * double.max()


@pytest.mark.parametrize("corner", [(-0.5, -0.5, -0.5), (5.5, 7.5, 5.5), (-0.5, 7.5, 2.0)])
def test_close_to_the_rim_values_fade_to_zero(corner):
    # Whole tiles of rays lie within one voxel of the outermost centres, on either side.
    volume = np.random.default_rng(5).random((8, 8, 8))
    affine = Affine.from_parts(-5.0 * np.array(corner), np.eye(3), np.full(3, 5.0))
    for lao in (180.0, 90.0, 150.0):
        d = detector(lao, 0.0, size=48, pixel_mm=0.5)
        np.testing.assert_allclose(project_smooth(volume, affine, d), joseph_plainly(volume, affine, d), atol=1e-11)


def test_a_ray_at_exactly_45_degrees_counts_once():
    from vertebroplasty.fluoroscopy.joseph import joseph

    # Rays (16, 16, 0), (16, 16, 16), (16, 0, 16) and (0, 16, 16) through eight planes of ones.
    for ray in ((16.0, 16.0, 0.0), (16.0, 16.0, 16.0), (16.0, 0.0, 16.0), (0.0, 16.0, 16.0)):
        source = np.where(np.array(ray) > 0, -4.0, 3.0)
        bundle = np.stack([source, source + ray, np.zeros(3), np.zeros(3)])
        result = np.empty((1, 1))
        joseph(np.ones((8, 8, 8)), bundle, np.eye(3), result)
        steps = np.count_nonzero(ray)
        assert result[0, 0] == pytest.approx(8 * np.sqrt(steps), rel=1e-12)
