"""The anatomy's unevenness behind a blob: none in water, more in texture, and the edge of the scan is none."""

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.rose import BLOB_VOLUMES_ML, blob_width_mm
from vertebroplasty.fluoroscopy.texture import texture
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))


def water(texture_hu: float = 0.0, thickness_mm: int = 100) -> CtVolume:
    shape = (60, thickness_mm // 2, 60)
    hu = np.zeros(shape, np.float32)
    hu += texture_hu * np.random.default_rng(2).normal(size=(60, 1, 60))
    half = np.array([59, shape[1] - 1, 59], float)
    return CtVolume(hu=hu, affine=Affine.from_parts(-half, np.eye(3), np.full(3, 2.0)))


def test_texture_is_that_of_the_picture():
    flat, rough = (xray(water(hu), AP, size=128, pixel_mm=0.6) for hu in (0.0, 100.0))
    assert max(texture(flat).at((64, 64))) < 2e-3  # the cone's own shading
    at_3_mm = int(np.argmin(np.abs(blob_width_mm(np.array(BLOB_VOLUMES_ML)) - 3.0)))
    assert texture(rough).at((64, 64))[at_3_mm] > 0.02


def test_broader_blobs_average_more_of_it_away():
    rough = texture(xray(water(100.0), AP, size=128, pixel_mm=0.6)).at((64, 64))
    assert rough[-1] < 0.5 * rough.max()  # 2 mm voxels of noise behind a blob of 21 mm


def test_twice_the_unevenness_is_twice_the_texture():
    small, large = (texture(xray(water(hu), AP, size=96, pixel_mm=0.8)).at((48, 48)) for hu in (20.0, 40.0))
    assert large[50] / small[50] == pytest.approx(2.0, rel=0.1)  # below 80 HU water scales with HU; half of it is cut


def test_the_edge_of_the_scan_is_no_texture():
    # Where the CT ends the signal jumps to that of empty space; that is no anatomy.
    wide = xray(water(), AP, size=128, pixel_mm=2.5)
    assert wide.outside.any()
    rows, columns = np.nonzero(wide.complete)
    edge = int(rows.min()), int(columns[rows == rows.min()][3])
    assert max(texture(wide).at(edge)) < 0.05
