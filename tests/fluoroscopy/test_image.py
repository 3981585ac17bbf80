"""Whole pictures: materials add, nothing is counted twice, and cement is drawn where it lies."""

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.cement_shadow import CementMass, CementMix, cement_areal
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.image import patient_shadow, xray
from vertebroplasty.fluoroscopy.needle_shadow import cylinder_chords
from vertebroplasty.fluoroscopy.views import view_along
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.geometry.needle_path import NeedlePath

SIZE = 65
AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
MIX = CementMix(opacifier="barium-sulfate", opacifier_fraction=0.205)
NEEDLE = NeedlePath(entry_lps_mm=np.array([25.0, 30.0, 5.0]), tip_lps_mm=np.array([5.0, -10.0, 0.0]))


def block(hu: float, n=(40, 40, 40), h=2.0) -> CtVolume:
    """A box of one Hounsfield value around the isocentre."""
    half = (np.array(n[::-1]) - 1) / 2 * h
    return CtVolume(hu=np.full(n, hu, np.float32), affine=Affine.from_parts(-half, np.eye(3), np.full(3, h)))


def ball(radius: float, centre=(0.0, 0.0, 0.0), n=32, h=1.0) -> CementMass:
    """A ball of cement on a small grid, partial volume at its rim."""
    affine = Affine.from_parts(np.asarray(centre) - (n - 1) / 2 * h, np.eye(3), np.full(3, h))
    index = np.stack(np.meshgrid(*(np.arange(n),) * 3, indexing="ij"), axis=-1)[..., ::-1]
    distance = np.linalg.norm(affine.to_world(index) - np.asarray(centre), axis=-1)
    return CementMass(fill=np.clip(0.5 + (radius - distance) / h, 0, 1).astype(np.float32), affine=affine, mix=MIX)


def test_central_ray_through_eight_centimetres_of_water():
    image = xray(block(0.0), AP, size=SIZE)
    expected = transmission({"water": np.array([8.0])}, beam(80))[0]
    assert image.transmission[32, 32] == pytest.approx(expected, rel=1e-5)
    assert not image.outside[32, 32]
    assert image.complete[32, 32]


def test_air_and_the_world_beyond_the_scan_let_everything_through():
    assert xray(block(-1000.0), AP, size=SIZE).transmission == pytest.approx(1.0, abs=1e-6)
    wide = xray(block(0.0), AP, size=SIZE, pixel_mm=6.0)
    assert wide.outside[0, 0]
    assert wide.transmission[0, 0] == pytest.approx(1.0, abs=1e-6)
    assert any("outside the CT" in note for note in wide.notes)
    padded = block(-2000.0)
    assert xray(padded, AP, size=SIZE).outside.all()


def test_thin_ct_says_that_the_trunk_is_missing():
    assert any("covers at most 8" in note for note in xray(block(0.0), AP, size=SIZE).notes)
    thick = xray(block(0.0, n=(40, 100, 40)), AP, size=SIZE)
    assert not any("tissue around it is missing" in note for note in thick.notes)


def test_needle_replaces_the_bone_it_lies_in():
    # A solid steel cannula across a block of bone: steel for its chord, bone for the rest, nothing twice.
    image = xray(block(700.0), AP, size=SIZE, needles=(NEEDLE,))
    bare = patient_shadow(block(700.0), AP, size=SIZE)
    pixels = image.detector.pixels_lps_mm()
    source = AP.source_lps_mm
    direction = (pixels - source) / np.linalg.norm(pixels - source, axis=-1, keepdims=True)
    ends = NEEDLE.tip_lps_mm - 125 * NEEDLE.direction_lps, NEEDLE.tip_lps_mm
    chord = cylinder_chords(source, direction, *ends, NEEDLE.gauge.outer_mm).length_mm
    within = chord > 1.0
    # The part of the needle that lies inside the block, by walking along it.
    t = np.arange(600.01, 800, 0.02)  # the needle and the block lie within
    row, column = np.argwhere(within & (bare.covered_mm > 70))[14]
    walk = source + t[:, None] * direction[row, column]
    axis, local = NEEDLE.direction_lps, walk - NEEDLE.tip_lps_mm
    radial = np.linalg.norm(local - (local @ axis)[:, None] * axis, axis=1)
    in_needle = (radial < NEEDLE.gauge.outer_mm / 2) & (local @ axis < 0) & (local @ axis > -125)
    in_block = np.all(np.abs(walk) < 40, axis=1)
    kept = 1 - np.sum(in_needle & in_block) * 0.02 / bare.covered_mm[row, column]
    expected = transmission(
        {
            "water": bare.soft[row, column] * np.array([kept]),
            "cortical-bone": bare.bone[row, column] * np.array([kept]),
            "steel-316l": np.array([0.799 * chord[row, column]]),
        },
        beam(80),
    )[0]
    assert image.transmission[row, column] == pytest.approx(expected, rel=0.01)  # steps of the walk and of the code
    twice = transmission(
        {
            "water": bare.soft[row, column : column + 1],
            "cortical-bone": bare.bone[row, column : column + 1],
            "steel-316l": np.array([0.799 * chord[row, column]]),
        },
        beam(80),
    )[0]
    assert abs(image.transmission[row, column] - expected) < 0.2 * abs(twice - expected)


def test_needle_counts_once_and_hollow_is_brighter():
    ct = block(200.0)
    once, twice = xray(ct, AP, size=SIZE, needles=(NEEDLE,)), xray(ct, AP, size=SIZE, needles=(NEEDLE, NEEDLE))
    np.testing.assert_array_equal(once.transmission, twice.transmission)
    hollow = xray(ct, AP, size=SIZE, needles=(NEEDLE,), hollow=True)
    assert np.all(hollow.transmission >= once.transmission - 1e-7)
    assert hollow.transmission.sum() > once.transmission.sum()


def test_cement_shadow_holds_all_of_the_cement():
    # Seen from far away rays are parallel: the shadow's integral is the volume.
    cement = ball(10.0)
    far = CArmView(lao_deg=150, cranial_deg=20, isocentre_lps_mm=np.zeros(3), sid_mm=1e6, sod_mm=1e6)
    part, path_cm = cement_areal(cement, Detector(view=far, size=201, pixel_mm=0.25))
    assert path_cm.sum() * 0.025**2 == pytest.approx(cement.volume_ml, rel=2e-3)
    assert cement.volume_ml == pytest.approx(4 / 3 * np.pi, rel=0.01)
    assert path_cm.max() == pytest.approx(2.0, rel=0.01)
    assert part[0].stop - part[0].start < 201


def test_cement_in_its_box_equals_cement_on_the_whole_detector():
    cement = ball(6.0, centre=(10.0, -5.0, 8.0))
    detector = Detector(view=AP, size=SIZE, pixel_mm=3.0)
    part, path_cm = cement_areal(cement, detector)
    whole = np.zeros((SIZE, SIZE), np.float32)
    whole[part] = path_cm
    rim = whole.copy()
    rim[part][1:-1, 1:-1] = 0
    assert rim.max() == 0.0  # nothing is cut off
    peak = np.unravel_index(np.argmax(whole), whole.shape)
    np.testing.assert_allclose(peak, detector.to_pixel(np.array([10.0, -5.0, 8.0]))[0], atol=1.0)


def test_cement_attenuates_as_its_mixture_in_place_of_water():
    image = xray(block(0.0), AP, size=SIZE, cement=ball(10.0))
    mass = 2.0 * MIX.density_g_per_cm3
    expected = transmission(
        {
            "water": np.array([6.0]),
            "pmma": np.array([0.795 * mass]),
            "barium-sulfate": np.array([0.205 * mass]),
        },
        beam(80),
    )[0]
    assert image.transmission[32, 32] == pytest.approx(expected, rel=0.03)  # the ball's voxels
    assert image.patient_only[32, 32] > 2 * image.transmission[32, 32]
    empty = CementMass(fill=np.zeros((3, 3, 3), np.float32), affine=Affine(np.eye(4)), mix=MIX)
    np.testing.assert_array_equal(xray(block(0.0), AP, size=SIZE, cement=empty).transmission, image.patient_only)


def test_cement_beyond_the_picture_does_not_wrap_around():
    image = xray(block(0.0), AP, size=SIZE, cement=ball(5.0, centre=(300.0, 0, 0)))
    np.testing.assert_array_equal(image.transmission, image.patient_only)


def test_a_reused_shadow_gives_the_same_picture_and_stays_untouched():
    ct = block(300.0)
    shadow = patient_shadow(ct, AP, size=SIZE)
    before = shadow.soft.copy()
    one = xray(ct, AP, shadow=shadow, needles=(NEEDLE,), cement=ball(8.0))
    two = xray(ct, AP, size=SIZE, needles=(NEEDLE,), cement=ball(8.0))
    np.testing.assert_array_equal(one.transmission, two.transmission)
    np.testing.assert_array_equal(shadow.soft, before)


def test_metal_in_the_ct_is_said_and_dark():
    ct = block(0.0)
    ct.hu[18:22, 18:22, 18:22] = 3071
    image = xray(ct, AP, size=SIZE)
    assert any("64 voxels read above 2500 HU and are shown as metal" in note for note in image.notes)
    assert image.transmission[32, 32] < 0.9 * image.transmission[32, 50]


def test_mixture_follows_the_label_and_the_liquid():
    # 20 g powder with 30 % barium sulfate and 9.2 g liquid: 20.5 % of the mix
    mix = CementMix.of_powder("barium-sulfate", powder_fraction=0.30, powder_g=20.0, liquid_g=9.2)
    assert mix.opacifier_fraction == pytest.approx(0.205, abs=5e-4)
    for share, density in [(0.10, 1.28), (0.20, 1.40), (0.30, 1.53)]:
        found = CementMix(opacifier="barium-sulfate", opacifier_fraction=share)
        assert found.density_g_per_cm3 == pytest.approx(density, abs=6e-3)
        linear = found.density_g_per_cm3 * (
            share * mass_attenuation("barium-sulfate", 60.0) + (1 - share) * mass_attenuation("pmma", 60.0)
        )
        assert linear == pytest.approx({0.10: 0.880, 0.20: 1.642, 0.30: 2.549}[share], rel=2e-3)


def test_refusals():
    with pytest.raises(Refused, match="opacifier chalk is not known"):
        CementMix(opacifier="chalk", opacifier_fraction=0.3)
    with pytest.raises(Refused, match="from 0 up to 1"):
        CementMix(opacifier="zirconia", opacifier_fraction=1.2)
    with pytest.raises(Refused, match="at least one pixel"):
        xray(block(0.0), AP, size=0)


def test_real_vertebra_is_the_right_way_up(data):
    # L3's pedicles lie in the upper half of the body: the AP picture is darker there than at the same depth below,
    # and the arch lies behind the body, to the right of a view from the patient's left.
    import nibabel as nib

    folder = data / "l3_verse"
    image = nib.load(folder / "sub-ct_label-22_ct.nii.gz")
    hu = np.asarray(image.dataobj).transpose(2, 1, 0)
    affine = Affine(np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine)
    ct = CtVolume(hu=np.ascontiguousarray(hu).astype(np.int16), affine=affine)
    parts = np.asarray(nib.load(folder / "sub-ct_seg-subreg_label-22_msk.nii.gz").dataobj).transpose(2, 1, 0)
    masks = np.asarray(nib.load(folder / "sub-ct_seg-vert_label-22_msk.nii.gz").dataobj).transpose(2, 1, 0)
    centre = affine.to_world(np.argwhere((masks == 22) & (parts >= 49)).mean(axis=0)[::-1])
    spinous = affine.to_world(np.argwhere((masks == 22) & (parts == 42)).mean(axis=0)[::-1])
    lateral = view_along(np.array([1.0, 0, 0]), centre)
    picture = xray(ct, lateral, size=256)
    where = picture.detector.to_pixel(np.stack([centre, spinous]))
    assert where[1, 1] > where[0, 1] + 60  # spinous process on the right
    # The dense lower articular processes of the level above: between body and spinous process, darker than the disc.
    window = picture.transmission[picture.complete]
    assert 0.02 < np.median(window) < 0.6
    row, column = np.rint(where[0]).astype(int)
    endplates = -np.log(picture.transmission[row - 60 : row + 60, column - 15 : column + 15]).mean(axis=1)
    assert endplates.max() > 1.15 * endplates[60]  # endplates stand out from the core between them
