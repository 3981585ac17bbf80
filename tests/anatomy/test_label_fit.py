"""A label that lies beside the bone, and a CT whose numbers are shifted, are said; a good one is not doubted."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.density import trabecular_density
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.label_fit import label_doubts
from vertebroplasty.phantom import LevelShape, SpinePhantom


@pytest.fixture(scope="module")
def spine():
    levels = {name: LevelShape() for name in ("L1", "L2", "L3")}
    return SpinePhantom(levels=levels, spacing_mm=(1.5, 1.5, 1.5), noise_hu=20.0).build()[1]


def doubts(spine):
    vertebra = find_vertebra(spine["L2"])
    return label_doubts(vertebra, trabecular_density(vertebra))


def test_a_label_on_bone_is_not_doubted(spine):
    assert doubts(replace(spine, subregions=None, _found={})) == ()


def test_a_label_beside_the_bone_is_said(spine):
    shifted = replace(spine, labels=np.roll(spine.labels, 6, axis=1), subregions=None, _found={})
    assert any("does not lie on bone" in sentence for sentence in doubts(shifted))


def test_numbers_that_are_no_hounsfield_units_are_said(spine):
    offset = replace(spine.ct, hu=spine.ct.hu + np.int16(1024))
    assert any("rescale" in sentence for sentence in doubts(replace(spine, ct=offset, subregions=None, _found={})))
