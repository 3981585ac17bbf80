"""Cement and bone as volumes that a browser draws: cement as a film of moments, bone as a still behind it."""

import gzip
from collections.abc import Sequence
from typing import Any

import nibabel
import numpy as np
from jaxtyping import Float, UInt8

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.geometry.frame import Affine

__all__ = ["bone_backdrop", "growing_cement"]

LPS_OF_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
FULL = 255  # [exact] largest value of eight bits
DARK_HU, BRIGHT_HU = -100.0, 900.0  # [choice] HU drawn empty and drawn brightest
AROUND_VOXELS = 2  # [choice] kept around what is drawn, so that its surface closes
EFFORT = 6  # [choice] of the compression


def growing_cement(
    fill: Float[np.ndarray, "k j i"], arrived_s: Float[np.ndarray, "k j i"], times_s: Sequence[float], affine: Affine
) -> bytes:
    """A four-dimensional NIfTI, gzipped: at each moment the cement that had arrived, 255 where it fills a voxel.

    In the patient's world; cut to the box that holds cement.
    """
    box = _box_around(fill > 0.0)
    there = np.rint(np.clip(fill[box], 0.0, 1.0) * FULL).astype(np.uint8)
    moments = np.array(times_s, np.float32).reshape(-1, 1, 1, 1)
    film: UInt8[np.ndarray, "t k j i"] = np.where(arrived_s[box][None] <= moments, there[None], np.uint8(0))
    return _nifti(film.transpose(3, 2, 1, 0), affine, box)


def bone_backdrop(grid: VertebraGrid) -> bytes:
    """The level's own bone as a gzipped NIfTI of eight bits, dark outside it."""
    bone = grid.part > 0
    box = _box_around(bone)
    shown = np.clip((grid.hu[box] - DARK_HU) / (BRIGHT_HU - DARK_HU), 0.0, 1.0) * FULL
    still: UInt8[np.ndarray, "k j i"] = np.where(bone[box], np.maximum(np.rint(shown), 1.0), 0.0).astype(np.uint8)
    return _nifti(still.transpose(2, 1, 0), grid.affine, box)


def _box_around(there: np.ndarray) -> tuple[slice, slice, slice]:
    """The smallest box that holds all that is there and a margin; the first voxel where nothing is."""
    sides = []
    for axis in range(3):
        found = np.flatnonzero(there.any(axis=tuple(other for other in range(3) if other != axis)))
        first, last = (int(found[0]), int(found[-1])) if len(found) else (0, 0)
        sides.append(slice(max(first - AROUND_VOXELS, 0), last + 1 + AROUND_VOXELS))
    k, j, i = sides
    return k, j, i


def _nifti(values: UInt8[np.ndarray, "..."], affine: Affine, box: tuple[slice, slice, slice]) -> bytes:
    """Values by (i, j, k) and perhaps moment; the same values give the same bytes."""
    matrix = affine.matrix.copy()
    matrix[:3, 3] = affine.to_world(np.array([side.start for side in reversed(box)], float))
    image: Any = nibabel.Nifti1Image(values, LPS_OF_RAS @ matrix)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm", "sec" if values.ndim > box.__len__() else "unknown")
    return gzip.compress(image.to_bytes(), EFFORT, mtime=0)
