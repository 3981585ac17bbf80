"""The PNG: sides from the patient, letters that flip with the picture, the same bytes every time."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.render import foot_lines, render_png, side_letters
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

HALF = 49.5
LUMP = (0.6, 0.0, 0.3)  # towards the patient's left and head


@pytest.fixture(scope="module")
def ct() -> CtVolume:
    hu = np.zeros((100, 100, 100), np.int16)
    hu[60:75, 45:55, 75:85] = 1400  # k up, i left
    return CtVolume(hu=hu, affine=Affine.from_parts(np.full(3, -HALF), np.eye(3), np.ones(3)))


def picture(ct, lao=180.0, *, pixel_mm=None, **options):
    view = CArmView(lao_deg=lao, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
    return xray(ct, view, size=200, pixel_mm=pixel_mm, **options)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize(
    ("lao", "letters"),
    [(180, ("L", "R")), (0, ("R", "L")), (90, ("A", "P")), (-90, ("P", "A")), (160, ("L", "R")), (-160, ("L", "R"))],
)
def test_sides_are_the_patients(ct, lao, letters):
    assert side_letters(picture(ct, lao)) == letters


def darkest_column(png: bytes) -> float:
    inner = 255.0 - pixels(png)[40:90, 45:155]
    return float((inner.sum(axis=0) ** 4 @ np.arange(45, 155)) / (inner.sum(axis=0) ** 4).sum())


def test_bone_on_the_patients_left_is_dark_beside_the_l(ct):
    image = picture(ct)
    dark = np.unravel_index(np.argmin(image.transmission), image.transmission.shape)
    assert dark[1] < 80  # the L stands at the left edge
    assert dark[0] < 90  # towards the head is up
    assert darkest_column(render_png(image)) < 90


def test_flip_mirrors_picture_and_letters(ct):
    image = picture(ct)
    straight, flipped = pixels(render_png(image)), pixels(render_png(image, flip=True))
    assert darkest_column(render_png(image, flip=True)) > 110
    # Away from the writing, the flipped picture is the mirrored one.
    np.testing.assert_array_equal(straight[50:80, 40:160], flipped[50:80, 40:160][:, ::-1])
    assert straight.shape == image.transmission.shape  # the writing adds no strip


def test_letters_change_sides_but_are_not_mirrored(ct):
    # Close up, so that the ground behind the letters is tissue; white is the letters alone.
    close, from_front = picture(ct, 180.0, pixel_mm=0.4), picture(ct, 0.0, pixel_mm=0.4)
    edge = (slice(80, 120), slice(8, 34))
    straight, flipped = pixels(render_png(close))[edge], pixels(render_png(close, flip=True))[edge]
    # Flipped, the left edge reads R, as it does unflipped from the front.
    np.testing.assert_array_equal(flipped == 255, pixels(render_png(from_front))[edge] == 255)
    assert not np.array_equal(straight == 255, flipped == 255)


def test_same_picture_same_bytes_and_no_text_inside(ct):
    one, two = render_png(picture(ct)), render_png(picture(ct))
    assert one == two
    assert Image.open(io.BytesIO(one)).info == {}  # no metadata, so no name


def test_what_the_ct_does_not_cover_is_hatched(ct):
    view = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
    image = xray(ct, view, size=300, pixel_mm=1.2)
    shown = pixels(render_png(image))[:300]
    corner = shown[60:100, 30:40]
    assert image.outside[60:100, 30:40].all()
    assert set(np.unique(corner)) == {70, 96}


def test_cement_does_not_shift_the_greys(ct):
    from vertebroplasty.fluoroscopy.cement_shadow import CementMass, CementMix

    affine = Affine.from_parts(np.full(3, -5.0), np.eye(3), np.ones(3))
    mix = CementMix(opacifier="barium-sulfate", opacifier_fraction=0.2)
    cement = CementMass(fill=np.ones((10, 10, 10), np.float32), affine=affine, mix=mix)
    before, after = pixels(render_png(picture(ct))), pixels(render_png(picture(ct, cement=cement)))
    np.testing.assert_array_equal(before[130:150, 40:80], after[130:150, 40:80])
    assert after[100, 100] < before[100, 100]


@pytest.mark.parametrize("field", ["transmission", "patient_only"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_picture_of_no_numbers_is_refused(ct, field, value):
    image = picture(ct)
    broken = getattr(image, field).copy()
    broken[3, 4] = value
    with pytest.raises(Refused, match="holds values that are no number"):
        render_png(replace(image, **{field: broken}))


def test_inverted_bone_is_bright_and_the_writing_stays(ct):
    image = picture(ct)
    shown, inverted = pixels(render_png(image)).astype(int), pixels(render_png(image, inverted=True)).astype(int)
    inner = (slice(60, 160), slice(45, 155))
    assert np.abs(shown[inner] + inverted[inner] - 255).max() <= 1
    edge = (slice(85, 115), slice(8, 34))
    assert (inverted[edge] == 255).sum() > 20  # the letter is white in both
    assert (shown[edge] == 255).sum() > 20


def test_water_is_said_on_the_picture(ct):
    assert not any("water" in line for line in foot_lines(picture(ct)))
    assert "water added to 200 mm" in foot_lines(picture(ct, thickness_mm=200.0))
    assert foot_lines(picture(ct, pixel_mm=0.4)) == []
