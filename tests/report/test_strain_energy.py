"""The picture of stored energy: bright where energy is, one scale for both states, the same bytes every time."""

import io

import numpy as np
import pytest
from PIL import Image

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import Affine, Frame
from vertebroplasty.report.strain_energy import strain_energy_picture, strain_energy_slice
from vertebroplasty.strength.load_map import LoadMap

SHAPE = (40, 50, 60)


@pytest.fixture(scope="module")
def scene():
    """A block of a body about the origin, on the scan's own voxels."""
    axes = np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
    affine = Affine.from_parts(axes.T @ np.array([-29.5, -24.5, -19.5]), axes.T, np.ones(3))
    body = np.zeros(SHAPE, bool)
    body[8:32, 10:40, 12:48] = True
    grid = VertebraGrid(
        level="L3",
        frame=Frame(np.zeros(3), *axes),
        affine=affine,
        spacing_mm=1.0,
        hu=np.where(body, 200.0, 40.0).astype(np.float32),
        tissue=np.where(body, int(Tissue.TRABECULAR), int(Tissue.SOFT)).astype(np.uint8),
        part=np.where(body, Part.BODY, Part.NONE).astype(np.uint8),
        breaches_can_be_seen=False,
    )
    return CtVolume(hu=grid.hu.astype(np.int16), affine=affine), grid


def load(grid, energy_mpa):
    most = np.zeros(SHAPE, bool)
    most[20:24, 20:30, 28:32] = True
    field = np.where(grid.body(), energy_mpa, 0.0)
    return LoadMap(
        force_n=1000.0,
        strain_energy_mpa=field,
        effective_strain=field,
        most_loaded=most & grid.body(),
        most_loaded_strain=0.01,
    )


def brightness(picture, mm_right, mm_up):
    """Mean of the colours in a small square of a slice, by place on the picture."""
    pixels = np.asarray(picture.image, float)
    column, row = picture.image.width / 2 + mm_right / 0.3, picture.image.height / 2 - mm_up / 0.3
    return pixels[int(row) - 4 : int(row) + 5, int(column) - 4 : int(column) + 5].mean()


def test_the_right_side_of_the_patient_is_on_the_left_and_bright_means_energy(scene):
    ct, grid = scene
    right = np.arange(SHAPE[2]) > 29  # i runs to the patient's right
    half = load(grid, np.where(right, 0.004, 0.0002) * np.ones(SHAPE))
    coronal = strain_energy_slice(ct, grid, half, 0.004, view="coronal", title="before")
    assert brightness(coronal, -12, 6) > 2 * brightness(coronal, 12, 6)
    front = np.arange(SHAPE[1])[:, None] > 24
    sagittal = strain_energy_slice(
        ct, grid, load(grid, np.where(front, 0.004, 0.0002) * np.ones(SHAPE)), 0.004, view="sagittal", title="before"
    )
    assert brightness(sagittal, -10, 8) > 2 * brightness(sagittal, 10, 8)


def test_half_the_energy_after_cement_is_darker_on_the_same_scale(scene):
    ct, grid = scene
    before, after = (load(grid, value * np.ones(SHAPE)) for value in (0.004, 0.0015))
    png = strain_energy_picture(ct, grid, before, after)
    assert png == strain_energy_picture(ct, grid, before, after)
    sheet = np.asarray(Image.open(io.BytesIO(png)), float)
    row = sheet[50:60]
    wide = (sheet.shape[1] - 116) // 2
    assert row[:, 90:130].mean() > 1.5 * row[:, wide + 90 : wide + 130].mean()


def test_without_cement_one_column_is_drawn(scene):
    ct, grid = scene
    one = load(grid, 0.004 * np.ones(SHAPE))
    alone, both = (Image.open(io.BytesIO(strain_energy_picture(ct, grid, one, after))).size for after in (None, one))
    assert alone[1] == both[1]
    assert alone[0] < both[0]


def test_an_unloaded_body_is_dark_and_divides_by_nothing(scene):
    ct, grid = scene
    assert strain_energy_picture(ct, grid, load(grid, np.zeros(SHAPE)), None)[:4] == b"\x89PNG"
