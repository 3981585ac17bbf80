"""Air, fat and muscle are found where they are known to lie, and missed with a reason where they are not."""

from dataclasses import replace

import numpy as np
import pytest

from synthetic_scan import AIR, FAT, MUSCLE, trunk, with_hu
from vertebroplasty.anatomy.coarse_ct import coarse_ct
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.reference_tissues import reference_tissues
from vertebroplasty.intake import read_ct, read_labels
from vertebroplasty.phantom.records import Trunk
from vertebroplasty.phantom.shape import LevelShape
from vertebroplasty.phantom.spine import SpinePhantom

CROPPED = "field of view is cropped"


def test_the_tissues_of_a_trunk_are_found():
    found = reference_tissues(trunk()[1]["L3"])
    for name, truth in (("air", AIR), ("fat", FAT), ("muscle", MUSCLE)):
        assert found[name].hu == pytest.approx(truth, abs=0.5), name
        assert found[name].voxels > 1000


def test_noise_does_not_move_them():
    _, spine = trunk()
    hu = spine.ct.hu + np.random.default_rng(3).normal(0.0, 40.0, spine.ct.hu.shape)
    found = reference_tissues(with_hu(spine, hu.astype(np.float32))["L3"])
    # Block means of eight voxels have 14 HU of noise over thousands of blocks.
    for name, truth in (("air", AIR), ("fat", FAT), ("muscle", MUSCLE)):
        assert found[name].hu == pytest.approx(truth, abs=1.0), name


@pytest.mark.parametrize(
    "scan",
    [
        {"spacing_mm": (0.9, 0.9, 5.0), "rotation_deg": (20.0, -15.0, 25.0)},
        {"grid_rotation_deg": (10.0, 20.0, -15.0), "spacing_mm": (1.5, 1.5, 1.5)},
    ],
)
def test_they_are_found_in_thick_slices_and_turned_patients(scan):
    phantom = SpinePhantom(levels={"L3": LevelShape()}, trunk=Trunk(), noise_hu=30.0, **scan)
    found = reference_tissues(phantom.build()[1]["L3"])
    assert found["fat"].hu == pytest.approx(FAT, abs=1.0)
    assert found["muscle"].hu == pytest.approx(MUSCLE, abs=1.0)
    # Twelve bits end at -1024 HU, which cuts the noise of air: its mean is 3.6 HU too high.
    assert found["air"].hu == pytest.approx(AIR + 3.6, abs=0.3)


@pytest.mark.parametrize("padding", [-2048, -1024])
def test_padding_is_not_air(padding):
    ct, spine = trunk()
    hu = np.where(ct.hu < -900, padding, ct.hu).astype(np.int16)
    found = reference_tissues(with_hu(spine, hu)["L3"])
    assert found["air"].hu is None
    assert CROPPED in found["air"].why
    assert found["fat"].hu is None
    assert found["muscle"].hu == pytest.approx(MUSCLE, abs=0.5)


def test_gas_in_the_bowel_is_not_the_room():
    ct, spine = trunk()
    vertebra = find_vertebra(spine["L3"])
    k, j, i = np.indices(ct.hu.shape)
    local = vertebra.frame.to_local(ct.affine.to_world(np.stack([i, j, k], axis=-1)))
    inside = np.where(ct.hu < -900, -2048, ct.hu)  # no room in the picture
    bowel = (np.abs(local[..., 0]) < 40) & (local[..., 1] > 40) & (ct.hu > -900)
    gas = np.where(bowel, -990, inside).astype(np.int16)
    assert bowel.sum() * ct.affine.voxel_ml > 100
    assert reference_tissues(with_hu(spine, gas)["L3"])["air"].hu is None


def test_a_trunk_without_fat_says_so():
    ct, spine = trunk()
    lean = np.where(np.abs(ct.hu - FAT) < 60, MUSCLE, ct.hu).astype(np.int16)
    assert "too little" in reference_tissues(with_hu(spine, lean)["L3"])["fat"].why


def test_the_cropped_real_ct_shows_muscle_but_neither_room_nor_skin(data):
    folder = data / "l3_verse"
    ct = read_ct(folder / "sub-ct_label-22_ct.nii.gz")
    spine = read_labels((folder / "sub-ct_seg-vert_label-22_msk.nii.gz",), like=ct, scheme="verse")
    found = reference_tissues(spine["L3"])
    assert CROPPED in found["air"].why
    assert CROPPED in found["fat"].why
    assert 20 < found["muscle"].hu < 70  # unenhanced muscle


def test_blocks_lie_where_their_voxels_lie():
    ct, spine = trunk()
    k, j, i = np.indices(ct.hu.shape)
    world = ct.affine.to_world(np.stack([i, j, k], axis=-1))
    moved = replace(ct, hu=(3 * world[..., 0] - 2 * world[..., 1] + world[..., 2]).astype(np.float32))
    coarse = coarse_ct(replace(find_vertebra(spine["L3"]), level=replace(spine, ct=moved)["L3"]))
    at = find_vertebra(spine["L3"]).frame.to_world(coarse.local_mm)
    # A mean over a block of a linear field is its value at the block's centre; coordinates are in single precision.
    assert np.abs(3 * at[..., 0] - 2 * at[..., 1] + at[..., 2] - coarse.hu).max() < 1e-3
    assert coarse.spacing_kji_mm == pytest.approx(3.0)
