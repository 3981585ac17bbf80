"""Vertebral grids with known stiffness, and the real L3 on an upright 1 mm grid."""

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.geometry.frame import Affine, Frame


def grid_of(hu, body, spacing_mm=1.0, tissue=None):
    """A grid whose body is given, spongy bone inside, its axes those of the patient."""
    filled = np.where(body, int(Tissue.TRABECULAR), int(Tissue.SOFT)).astype(np.uint8)
    axes = np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
    return VertebraGrid(
        level="L3",
        frame=Frame(np.zeros(3), *axes),
        affine=Affine.from_parts(np.zeros(3), axes.T, np.full(3, spacing_mm)),
        spacing_mm=spacing_mm,
        hu=np.asarray(hu, np.float32),
        tissue=filled if tissue is None else tissue,
        part=np.where(body, Part.BODY, Part.NONE).astype(np.uint8),
        breaches_can_be_seen=False,
    )


@pytest.fixture
def cylinder():
    """An elliptic body of 100 HU with a hollow in the upper endplate, in air."""
    k, j, i = np.meshgrid(np.arange(26), np.arange(30), np.arange(40), indexing="ij")
    across = ((j - 14.5) / 11) ** 2 + ((i - 19.5) / 16) ** 2
    body = (across <= 1) & (k >= 3) & (k < 23 - np.round(3 * np.clip(1 - 2 * across, 0, 1)))
    return grid_of(np.where(body, 100.0, -1000.0), body)


@pytest.fixture(scope="session")
def l3(data):
    """The real L3 at 1 mm, along the scan's own axes."""
    folder = data / "l3_verse"
    names = ("sub-ct_label-22_ct", "sub-ct_seg-vert_label-22_msk", "sub-ct_seg-subreg_label-22_msk")
    images = [nibabel.as_closest_canonical(nibabel.load(folder / f"{name}.nii.gz")) for name in names]
    hu, level, region = (np.asarray(image.dataobj).transpose(2, 1, 0) for image in images)
    body = (level == 22) & np.isin(region, (49, 50))
    fine = ndimage.zoom(hu.astype(np.float32), 1.5, order=1, grid_mode=True, mode="nearest")
    inside = ndimage.zoom(body.astype(np.float32), 1.5, order=1, grid_mode=True, mode="nearest") > 0.5
    return grid_of(fine, inside)
