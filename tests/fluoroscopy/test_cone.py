"""Cutting a CT to the cone of rays changes no line integral, from any pose, and spares what no ray meets."""

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.fluoroscopy.cone import within_cone
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import project_smooth
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine


@pytest.fixture(scope="module")
def ct():
    hu = np.random.default_rng(5).integers(-200, 900, (60, 70, 80)).astype(np.int16)
    turn = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]])
    return CtVolume(
        hu=hu, affine=Affine.from_parts(np.array([-100.0, -110.0, -120.0]), turn, np.array([3.0, 3.0, 4.0]))
    )


@pytest.mark.parametrize(("lao", "cranial"), [(180, 0), (90, 0), (160, 20), (-135, -35)])
def test_line_integrals_stay_the_same(ct, lao, cranial):
    view = CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=np.array([5.0, -4.0, -10.0]))
    detector = Detector(view=view, size=48, pixel_mm=1.5)
    cut = within_cone(ct, detector)
    assert cut.hu.size < ct.hu.size
    whole = project_smooth(ct.hu.astype(np.float32), ct.affine, detector)
    part = project_smooth(cut.hu.astype(np.float32), cut.affine, detector)
    # float32 sums that begin at another index
    np.testing.assert_allclose(part, whole, rtol=2e-4, atol=2e-4 * np.abs(whole).max())


def test_a_ct_beside_the_cone_keeps_one_voxel(ct):
    view = CArmView(lao_deg=180, cranial_deg=0, isocentre_lps_mm=np.array([5000.0, 0, 0]))
    assert within_cone(ct, Detector(view=view, size=8, pixel_mm=1.0)).hu.shape[2] == 1
