"""Bounds that tell a CT from a damaged or hostile file."""

import numpy as np
import pytest

from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake.limits import check_rescale, check_size, check_spacing


@pytest.mark.parametrize("shape", [(4001, 10, 10), (10, 2049, 10), (10, 10, 2049), (0, 10, 10), (4000, 2048, 2048)])
def test_sizes_no_ct_has_are_refused(shape):
    with pytest.raises(UnreadableImage, match="which no CT has"):
        check_size(shape, name="a.nii")


def test_a_whole_body_ct_is_accepted():
    check_size((2500, 512, 512), name="a.nii")
    check_spacing(np.array([0.98, 0.98, 5.0]), name="a.nii")
    check_rescale(1.0, -8192.0, name="a.nii")


@pytest.mark.parametrize("spacing", [(1, 1, np.nan), (0, 1, 1), (1, 1, 30), (-1, 1, 1), (np.inf, 1, 1)])
def test_spacings_no_ct_has_are_refused(spacing):
    with pytest.raises(UnreadableImage, match="voxel spacing"):
        check_spacing(np.array(spacing, float), name="a.nii")


@pytest.mark.parametrize("rescale", [(0, 0), (np.nan, 0), (np.inf, 0), (1e6, 0), (1, 1e9), (-1, 0), (1, np.nan)])
def test_rescales_no_scanner_writes_are_refused(rescale):
    with pytest.raises(UnreadableImage, match="rescales to HU"):
        check_rescale(*rescale, name="a.dcm")
