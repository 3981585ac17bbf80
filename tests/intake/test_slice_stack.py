"""Geometry of slices alone: what is one regular stack, and which sentence stops what is not."""

import numpy as np
import pytest

from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake.slice_stack import Slice, stack_slices

TILT_DEG = 12.0


def a_slice(z, *, name=None, axes=((1, 0, 0), (0, 1, 0)), xy=(5.0, -7.0), size=(4, 6), spacing=(0.7, 0.8)):
    return Slice(
        name=name or f"z{z:g}",
        rows=size[0],
        columns=size[1],
        along_row=np.array(axes[0], float),
        along_column=np.array(axes[1], float),
        position_lps_mm=np.array([*xy, z], float),
        spacing_ij_mm=np.array(spacing),
    )


def test_shuffled_slices_are_sorted_along_their_normal():
    heights = [3.0, -1.5, 1.5, 0.0, 4.5]
    stack = stack_slices([a_slice(z) for z in heights])
    assert [heights[index] for index in stack.order] == sorted(heights)
    np.testing.assert_allclose(stack.affine.to_world(np.array([2, 3, 4])), [5 + 2 * 0.7, -7 + 3 * 0.8, 4.5])


def test_a_normal_that_points_down_makes_k_grow_downwards():
    flipped = ((1, 0, 0), (0, -1, 0))
    stack = stack_slices([a_slice(z, axes=flipped) for z in (0.0, 2.0, 4.0)])
    assert stack.order == (2, 1, 0)
    np.testing.assert_allclose(stack.affine.directions[:, 2], [0, 0, -1])
    np.testing.assert_allclose(stack.affine.origin_lps_mm, [5, -7, 4])


def test_an_oblique_reformat_is_no_tilt():
    angle = np.radians(20)
    column = np.array([0, np.cos(angle), np.sin(angle)])
    normal = np.cross([1, 0, 0], column)
    slices = [
        Slice(
            name=str(n),
            rows=4,
            columns=4,
            along_row=np.array([1.0, 0, 0]),
            along_column=column,
            position_lps_mm=2.0 * n * normal,
            spacing_ij_mm=np.array([1.0, 1.0]),
        )
        for n in range(5)
    ]
    stack = stack_slices(slices)
    assert not stack.is_tilted
    np.testing.assert_allclose(stack.affine.spacing_mm, [1, 1, 2])


@pytest.mark.parametrize("sign", [1, -1])
def test_the_tilt_is_the_angle_between_table_and_normal_whatever_its_sign(sign):
    angle = np.radians(sign * TILT_DEG)
    axes = ((1, 0, 0), (0, np.cos(angle), np.sin(angle)))
    stack = stack_slices([a_slice(z, axes=axes) for z in np.arange(6) * 2.5])
    assert stack.tilt_deg == pytest.approx(TILT_DEG)
    assert stack.is_tilted


def test_positions_rounded_to_a_tenth_of_a_millimetre_are_one_stack():
    heights = np.round(np.arange(40) * 0.625, 1)
    stack = stack_slices([a_slice(z) for z in heights])
    assert stack.affine.spacing_mm[2] == pytest.approx(0.625, abs=0.1 / 39)


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        ([0, 1, 2, 4, 5], "1 slice is missing: 2.00 mm lie between z2 and z4"),
        ([0, 1, 4, 5, 6, 7], "2 slices are missing: 3.00 mm"),
        ([0, 1, 1, 2, 3], "z1 and z1 lie at the same position"),
        ([0, 4, 8, 9.1, 16, 23], "not evenly spaced: 1.10 to 7.00 mm"),
        ([0, 1.0, 2.0, 3.0, 3.5, 4.5], "not evenly spaced"),
        ([0], "single slice"),
    ],
)
def test_gaps_and_repeats_are_named(heights, message):
    with pytest.raises(UnreadableImage, match=message):
        stack_slices([a_slice(z) for z in heights])


def test_spacing_that_drifts_is_uneven_even_if_every_gap_nearly_fits():
    heights = np.concatenate([[0], np.cumsum([*[3.0] * 20, *[3.09] * 20])])
    with pytest.raises(UnreadableImage, match="not evenly spaced"):
        stack_slices([a_slice(z) for z in heights])


def test_the_odd_slice_out_is_named():
    usual = [a_slice(float(z)) for z in range(5)]
    odd = {
        "is 4 x 4 pixels where the other slices are 6 x 4": a_slice(5.0, name="odd", size=(4, 4)),
        "is oriented differently": a_slice(5.0, name="odd", axes=((0, 1, 0), (-1, 0, 0))),
        "has pixels spaced differently": a_slice(5.0, name="odd", spacing=(0.6, 0.8)),
        "is shifted sideways by 30.0 mm": a_slice(2.0, name="odd", xy=(35.0, -7.0)),
    }
    for sentence, item in odd.items():
        others = [other for other in usual if other.position_lps_mm[2] != item.position_lps_mm[2]]
        with pytest.raises(UnreadableImage, match=f"odd {sentence}"):
            stack_slices([*others, item])


def test_directions_that_are_not_at_right_angles_are_refused():
    with pytest.raises(UnreadableImage, match="not at right angles"):
        stack_slices([a_slice(z, axes=((1, 0, 0), (0.1, 1, 0))) for z in (0.0, 1.0)])
