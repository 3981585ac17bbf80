"""Tilt undone: a field linear in the patient survives linear interpolation exactly, wherever it was scanned."""

import numpy as np
import pytest

from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake.slice_stack import SliceStack
from vertebroplasty.intake.untilt import resample_upright


def tilted_stack(degrees, *, slices=9, rows=12, columns=5, row_lean=0.0):
    angle = np.radians(degrees)
    along_row = np.array([np.cos(row_lean), 0, np.sin(row_lean)])
    along_column = np.array([0, np.cos(angle), np.sin(angle)])
    along_column = along_column - (along_column @ along_row) * along_row
    along_column /= np.linalg.norm(along_column)
    return SliceStack(
        order=tuple(range(slices)),
        rows=rows,
        columns=columns,
        along_row=along_row,
        along_column=along_column,
        normal=np.cross(along_row, along_column),
        origin_lps_mm=np.array([3.0, -4.0, 50.0]),
        spacing_ij_mm=np.array([0.9, 1.1]),
        step_mm=np.array([0, 0, 2.0]),
    )


def field(world):
    return 100.0 + world @ np.array([2.0, -3.0, 5.0])


def scanned(stack):
    k, j, i = np.indices((len(stack.order), stack.rows, stack.columns))
    world = (
        stack.origin_lps_mm
        + i[..., None] * stack.spacing_ij_mm[0] * stack.along_row
        + j[..., None] * stack.spacing_ij_mm[1] * stack.along_column
        + k[..., None] * stack.step_mm
    )
    return field(world).astype(np.float32)


@pytest.mark.parametrize("degrees", [12.0, -16.5])
def test_a_linear_field_is_restored_exactly_on_an_upright_grid(degrees):
    stack = tilted_stack(degrees)
    hu, affine = resample_upright(scanned(stack), stack)
    np.testing.assert_allclose(affine.directions, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(affine.spacing_mm, [0.9, 1.1 * np.cos(np.radians(degrees)), 2.0])
    k, j, i = np.nonzero(hu > -2048)
    found = hu[k, j, i]
    np.testing.assert_allclose(found, field(affine.to_world(np.stack([i, j, k], axis=-1))), rtol=1e-5)  # float32
    assert found.size > 0.8 * hu.shape[1] * hu.shape[2] * (len(stack.order) - 1)


def test_nothing_scanned_is_cut_off():
    stack = tilted_stack(20.0)
    hu, affine = resample_upright(scanned(stack), stack)
    corner = stack.origin_lps_mm + (stack.rows - 1) * stack.spacing_ij_mm[1] * stack.along_column + 8 * stack.step_mm
    index = affine.to_index(corner)
    assert np.all(index >= -1e-9)
    assert np.all(index <= np.array(hu.shape[::-1]) - 1 + 1e-9)


def test_padding_does_not_blend_into_tissue():
    stack = tilted_stack(12.0)
    hu = np.full((9, 12, 5), 40, np.int16)
    hu[4] = -2048
    upright, _ = resample_upright(hu, stack)
    assert set(np.unique(upright)) == {-2048, 40}


def test_shear_in_two_directions_is_no_gantry_tilt():
    stack = tilted_stack(12.0, row_lean=0.2)
    with pytest.raises(UnreadableImage, match="rows and columns at once"):
        resample_upright(scanned(stack), stack)
