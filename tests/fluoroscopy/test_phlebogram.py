"""Phlebogram: iodine on the rays through the painted veins, and a sentence that says so."""

import numpy as np
import pytest

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.fluoroscopy.attenuation import mass_attenuation
from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.phlebogram import venous_contrast
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine, Frame

AP = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=np.zeros(3))


def test_a_vein_along_the_beam_holds_its_iodine():
    size = 40
    affine = Affine.from_parts(np.full(3, (size - 1) / 2) * np.array([1, 1, -1]), np.diag([-1.0, -1, 1]), np.ones(3))
    tissue = np.full((size,) * 3, int(Tissue.TRABECULAR), np.uint8)
    tissue[15:25, 10:30, 15:25] = Tissue.BASIVERTEBRAL_VEIN  # 20 mm front to back
    frame = Frame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
    grid = VertebraGrid(
        level="L3", frame=frame, affine=affine, spacing_mm=1.0, hu=np.zeros(tissue.shape, np.float32), tissue=tissue,
        part=np.ones_like(tissue), breaches_can_be_seen=False,
    )  # fmt: skip
    half = np.full(3, -39.0)
    ct = CtVolume(hu=np.zeros((40, 40, 40), np.int16), affine=Affine.from_parts(half, np.eye(3), np.full(3, 2.0)))
    image = xray(ct, AP, size=33, contrast=venous_contrast(grid))
    # 300 mg of iodine per ml over 2 cm, behind 8 cm of water that the vein does not replace.
    expected = transmission({"water": np.array([8.0]), "iodine": np.array([0.6])}, beam(80))[0]
    assert image.transmission[16, 16] == pytest.approx(expected, rel=1e-3)
    assert image.transmission[2, 2] == image.patient_only[2, 2]
    assert any("painted from a template" in note for note in image.notes)
    assert not any("template" in note for note in xray(ct, AP, size=33).notes)


def test_iodine_steps_up_at_its_edge():
    below, above = mass_attenuation("iodine", 33.1), mass_attenuation("iodine", 33.3)
    assert above / below > 5.0
