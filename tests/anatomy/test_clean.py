"""Islands go, holes fill, processes split off by thick slices stay, and cut faces are named by patient side."""

from dataclasses import replace

import numpy as np
import pytest

from analytic_field import spine_of
from vertebroplasty.anatomy.clean import clean_label
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine

IDENTITY = Affine(np.eye(4))


def block(shape=(40, 40, 40), low=10, high=30):
    labels = np.zeros(shape, np.uint8)
    labels[low:high, low:high, low:high] = 22
    return labels


def cleaned(labels, affine=IDENTITY):
    return clean_label(spine_of(labels, affine, {22: "L3"})["L3"])


def test_islands_are_dropped_and_holes_are_filled():
    labels = block()
    labels[2:5, 2:5, 2:5] = 22  # 27 mm³
    labels[18:22, 18:22, 18:22] = 0
    label = cleaned(labels)
    assert label.mask.sum() == 20**3
    assert label.cut_sides == ()


def test_a_large_piece_split_off_is_kept():
    labels = block()
    labels[10:30, 10:30, 33:36] = 22  # 1.2 ml: a process behind a gap
    assert cleaned(labels).mask.sum() == 20**3 + 20 * 20 * 3


@pytest.mark.parametrize(
    ("axis", "end", "side"),
    [(2, 0, "right"), (2, 1, "left"), (1, 0, "anterior"), (1, 1, "posterior"), (0, 0, "inferior"), (0, 1, "superior")],
)
def test_each_face_is_named_by_the_patients_side(axis, end, side):
    labels = np.roll(block(), 10 if end else -10, axis=axis)
    label = cleaned(labels)
    assert label.cut_sides == (side,)
    # air beyond the cut closes the label, and the inner part is the volume's own
    assert label.mask.sum() == 20**3
    assert not np.take(label.mask, -1 if end else 0, axis=axis).any()
    assert np.take(label.inner(label.mask), -1 if end else 0, axis=axis).any()


def test_a_flipped_grid_names_the_same_side():
    flipped = Affine(np.diag([-1.0, 1.0, 1.0, 1.0]))
    assert cleaned(np.roll(block(), -10, axis=2), flipped).cut_sides == ("left",)


def with_unscanned(labels, place):
    """The label of a level where the scanner left some voxels without a value."""
    spine = spine_of(labels, IDENTITY, {22: "L3"})
    hu = spine.ct.hu.copy()
    hu[place] = -2048
    return clean_label(replace(spine, ct=replace(spine.ct, hu=hu), _found={})["L3"])


@pytest.mark.parametrize("size", [1, 9])  # the larger one is 0.73 ml
def test_a_few_voxels_without_a_value_are_no_edge_of_the_scan(size):
    inside = (slice(15, 15 + size),) * 3
    label = with_unscanned(block(), inside)
    assert label.cut_sides == ()
    assert label.mask.sum() == 20**3


def test_a_region_that_reaches_a_face_or_is_large_ends_the_scan():
    strip = with_unscanned(block(), (slice(25, 26), slice(25, 26), slice(25, None)))
    assert "left" in strip.cut_sides
    large = with_unscanned(block(), (slice(5, 15), slice(8, 32), slice(8, 32)))  # 5.8 ml that reach no face
    assert large.cut_sides == ("inferior",)
    assert large.mask.sum() == 20 * 20 * 15


def test_an_absent_level_is_refused():
    with pytest.raises(Refused, match="no voxel"):
        cleaned(np.zeros((5, 5, 5), np.uint8))
