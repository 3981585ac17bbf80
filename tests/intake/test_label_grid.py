"""Labels laid onto the CT's grid, losslessly where the grids share their voxels."""

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.intake.label_grid import labels_on_ct
from vertebroplasty.intake.label_volume import LabelVolume

GRID = Affine.from_parts(np.array([5.0, -3.0, 100.0]), np.eye(3), np.array([1.0, 2.0, 3.0]))


def drawn():
    labels = np.zeros((6, 5, 4), np.uint8)
    labels[1:4, 1:4, 1:3] = np.arange(1, 19).reshape(3, 3, 2)
    return labels


def ct_on(affine, shape, uid=None):
    return CtVolume(hu=np.zeros(shape, np.int16), affine=affine, frame_of_reference_uid=uid)


def volume(affine=GRID, labels=None, uid=None):
    return LabelVolume(
        name="seg.nii.gz", labels=drawn() if labels is None else labels, affine=affine, frame_of_reference_uid=uid
    )


def test_the_same_grid_is_left_alone():
    labels, notes = labels_on_ct(volume(), ct_on(GRID, (6, 5, 4)))
    np.testing.assert_array_equal(labels, drawn())
    assert notes == ()


def test_turned_axes_are_reordered_without_loss():
    matrix = GRID.matrix[:, [2, 0, 1, 3]].copy()  # i of the CT is k of the labels, and so on
    matrix[:3, 3] += 5 * GRID.matrix[:3, 2]
    matrix[:3, 0] *= -1
    labels, notes = labels_on_ct(volume(), ct_on(Affine(matrix), (5, 4, 6)))
    np.testing.assert_array_equal(labels, drawn()[::-1].transpose(1, 2, 0))
    assert notes == ()


def test_a_larger_ct_on_the_same_lattice_keeps_every_label():
    labels, notes = labels_on_ct(volume(), ct_on(GRID.shifted((-2, -3, -1)), (9, 9, 9)))
    np.testing.assert_array_equal(labels[1:7, 3:8, 2:6], drawn())
    assert np.count_nonzero(labels) == np.count_nonzero(drawn())
    assert notes == ()


def test_a_ct_that_cuts_the_labels_says_so():
    labels, notes = labels_on_ct(volume(), ct_on(GRID.shifted((0, 0, 2)), (4, 5, 4)))
    np.testing.assert_array_equal(labels, drawn()[2:])
    assert "reach beyond the CT" in notes[0]


def test_another_spacing_is_resampled_by_nearest_neighbour_and_said():
    finer = Affine.from_parts(GRID.origin_lps_mm - [0.25, 0.5, 0.75], np.eye(3), GRID.spacing_mm / 2)
    labels, notes = labels_on_ct(volume(), ct_on(finer, (12, 10, 8)))
    np.testing.assert_array_equal(labels, drawn().repeat(2, 0).repeat(2, 1).repeat(2, 2))
    assert "resampled by nearest neighbour" in notes[0]


def test_a_coarser_ct_is_another_grid_even_if_every_voxel_centre_meets_one():
    coarser = Affine.from_parts(GRID.origin_lps_mm, np.eye(3), GRID.spacing_mm * 2)
    labels, notes = labels_on_ct(volume(), ct_on(coarser, (3, 3, 2)))
    np.testing.assert_array_equal(labels, drawn()[::2, ::2, ::2])
    assert "resampled by nearest neighbour" in notes[0]


def test_labels_elsewhere_are_refused():
    with pytest.raises(UnreadableImage, match="lies inside the CT"):
        labels_on_ct(volume(), ct_on(GRID.shifted((500, 0, 0)), (6, 5, 4)))


def test_another_frame_of_reference_is_refused():
    with pytest.raises(UnreadableImage, match="another frame of reference"):
        labels_on_ct(volume(uid="1.2"), ct_on(GRID, (6, 5, 4), uid="1.3"))
    labels_on_ct(volume(uid="1.2"), ct_on(GRID, (6, 5, 4)))
