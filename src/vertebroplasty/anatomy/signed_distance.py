"""The label as a distance: millimetres to its surface, negative in bone, so that edges lie between voxels."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.geometry.frame import Affine

__all__ = ["distance_field", "signed_distance"]


def _to_other_side(mask: Bool[np.ndarray, "k j i"], spacing_kji_mm: Float[np.ndarray, "3"]) -> Float[np.ndarray, "n"]:
    """For the voxels of the mask: distance to the surface between them and the nearest voxel outside.

    The surface is taken half a lattice step before that voxel's centre, whatever the direction.
    """
    nearest = ndimage.distance_transform_edt(mask, sampling=spacing_kji_mm, return_distances=False, return_indices=True)
    here = np.nonzero(mask)
    steps = np.stack([nearest[axis][here] - here[axis] for axis in range(3)])
    length = np.sqrt(np.sum((steps * spacing_kji_mm[:, None]) ** 2, axis=0))
    return np.asarray(length * (1.0 - 0.5 / np.abs(steps).max(axis=0)))


def signed_distance(
    mask: Bool[np.ndarray, "k j i"], spacing_kji_mm: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "k j i"]:
    """Distance in mm to the surface of a mask that has voxels inside and outside; negative inside, float32."""
    distance = np.empty(mask.shape, np.float32)
    distance[mask] = -_to_other_side(mask, spacing_kji_mm)
    distance[~mask] = _to_other_side(~mask, spacing_kji_mm)
    return distance


def distance_field(mask: Bool[np.ndarray, "k j i"], affine: Affine) -> Field:
    """The signed distance of a mask as a field in LPS; the native grid is kept, nothing is resampled."""
    return Field(signed_distance(mask, affine.spacing_mm[::-1]), affine)
