"""Rose's criterion: closed forms, a published-style table worked out apart, and what texture does to it."""

import numpy as np
import pytest

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.fluoroscopy.cement_shadow import CementMix
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.visibility import (
    VOLUMES_ML,
    added_attenuation_per_cm,
    blob_contrast,
    smallest_blob_ml,
    texture,
    visibility,
)
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine, Frame

AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))
MIX = CementMix(opacifier="barium-sulfate", opacifier_fraction=0.30)


def water(thickness_mm: int = 200, texture_hu: float = 0.0) -> CtVolume:
    shape = (60, thickness_mm // 2, 60)
    hu = np.zeros(shape, np.float32)
    hu += texture_hu * np.random.default_rng(2).normal(size=(60, 1, 60))
    half = np.array([59, shape[1] - 1, 59], float)
    return CtVolume(hu=hu, affine=Affine.from_parts(-half, np.eye(3), np.full(3, 2.0)))


def test_contrast_of_a_ball_is_the_mean_over_its_disc():
    for volume in (0.001, 0.1, 2.0):
        contrast, area = blob_contrast(2.76, volume)
        radius = (3 * volume / (4 * np.pi)) ** (1 / 3)
        s = (np.arange(200_000) + 0.5) / 200_000 * radius
        mean = np.sum((1 - np.exp(-2.76 * 2 * np.sqrt(radius**2 - s**2))) * 2 * s) / 200_000 / radius
        assert contrast == pytest.approx(mean, rel=1e-5)
        assert area == pytest.approx(np.pi * (10 * radius) ** 2)


@pytest.mark.parametrize(
    ("added", "kerma", "scatter", "mm3"),
    [
        (2.76, 30, 1, 1.5), (2.76, 30, 4, 6.7), (2.76, 10, 4, 17),
        (0.81, 30, 1, 8.5), (0.81, 30, 4, 36), (0.81, 10, 4, 87),
        (2.88, 30, 1, 1.4), (2.88, 30, 4, 6.3), (2.88, 10, 4, 16),
    ],
)  # fmt: skip
def test_smallest_ball_against_photon_noise_alone(added, kerma, scatter, mm3):
    found = 1000 * smallest_blob_ml(added, magnification=1.4, kerma_ngy=kerma, scatter_to_primary=scatter)
    # the table was made with 32 photons instead of 30 (5 %), and volumes are searched in steps of 12 %
    assert mm3 * 0.93 <= found <= mm3 * 1.25


def test_more_light_less_scatter_and_more_opacifier_show_less_cement():
    base = smallest_blob_ml(1.5, magnification=1.5)
    assert smallest_blob_ml(3.0, magnification=1.5) < base
    assert smallest_blob_ml(1.5, magnification=1.5, kerma_ngy=120) < base
    assert smallest_blob_ml(1.5, magnification=1.5, scatter_to_primary=1) < base
    assert smallest_blob_ml(1.5, magnification=1.5, texture_of=[0.1] * len(VOLUMES_ML)) > base
    assert smallest_blob_ml(0.001, magnification=1.5) is None


def test_texture_alone_asks_for_its_contrast():
    # sigma 0.05: contrast 0.25 whatever the dose
    found = smallest_blob_ml(0.81, magnification=1.4, kerma_ngy=1e9, texture_of=[0.05] * len(VOLUMES_ML))
    assert found == pytest.approx(0.084, rel=0.15)  # steps of 12 %
    assert blob_contrast(0.81, found)[0] >= 0.25


def test_cement_behind_twenty_centimetres_of_water():
    image = xray(water(), AP, size=64, pixel_mm=1.0)
    assert added_attenuation_per_cm(image, (32, 32), MIX) == pytest.approx(2.76, rel=0.03)


def test_texture_is_that_of_the_picture():
    flat, rough = (xray(water(100, hu), AP, size=128, pixel_mm=0.6) for hu in (0.0, 100.0))
    assert max(texture(flat).at((64, 64))) < 2e-3  # the cone's own shading
    assert texture(rough).at((64, 64))[20] > 0.02


def test_the_edge_of_the_scan_is_no_texture():
    # Where the CT ends the signal jumps to that of empty space; that is no anatomy.
    wide = xray(water(100), AP, size=128, pixel_mm=2.5)
    assert wide.outside.any()
    rows, columns = np.nonzero(wide.complete)
    edge = int(rows.min()), int(columns[rows == rows.min()][3])
    assert max(texture(wide).at(edge)) < 0.05


def grid() -> VertebraGrid:
    tissue = np.full((40, 40, 40), Tissue.TRABECULAR, np.uint8)
    tissue[:, :8] = Tissue.CANAL
    tissue[35:] = Tissue.DISC_ABOVE
    part = np.zeros(tissue.shape, np.uint8)
    part[tissue == Tissue.TRABECULAR] = 1
    upright = Affine.from_parts(np.array([19.5, 19.5, -19.5]), np.diag([-1.0, -1.0, 1.0]), np.ones(3))
    frame = Frame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
    return VertebraGrid(
        level="L3",
        frame=frame,
        affine=upright,
        spacing_mm=1.0,
        hu=np.zeros(tissue.shape, np.float32),
        tissue=tissue,
        part=part,
        breaches_can_be_seen=True,
    )


def test_every_site_has_a_volume_or_a_reason():
    told = {v.site: v for v in visibility(xray(water(), AP, size=128), grid(), MIX)}
    assert told["disc-above"].smallest_visible_ml is not None
    assert 1e-4 < told["disc-above"].smallest_visible_ml < 0.1
    assert told["epidural"].smallest_visible_ml == told["basivertebral-vein"].smallest_visible_ml is not None
    assert told["foramen-left"].smallest_visible_ml is None
    assert told["foramen-left"].why == "This level's grid holds no such place."
    rough = {v.site: v for v in visibility(xray(water(200, 150.0), AP, size=128), grid(), MIX)}
    assert rough["disc-above"].smallest_visible_ml > told["disc-above"].smallest_visible_ml
    away = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.array([0, 0, 400.0]))
    assert "outside the picture" in visibility(xray(water(), away, size=64), grid(), MIX)[0].why
