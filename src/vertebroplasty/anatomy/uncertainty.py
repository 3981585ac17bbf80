"""How far a label can be wrong at an edge: half a voxel where the edge lies along the slices, less where it is tilted.

A surface parallel to a voxel layer may lie anywhere within one layer: ± half a voxel.  A tilted one crosses several
layers within the patch that is measured, and the crossings show where it lies: the error falls with their number.
"""

import numpy as np
from jaxtyping import Float

from vertebroplasty.geometry.frame import Affine

__all__ = ["edge_error_mm", "voxel_along"]


def voxel_along(affine: Affine, direction_lps: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
    """Length in mm over which a unit direction passes through one voxel, on average over all places."""
    shares = np.abs(np.asarray(direction_lps) @ np.linalg.inv(affine.directions).T)
    return np.asarray(1.0 / np.sqrt(np.sum((shares / affine.spacing_mm) ** 2, axis=-1)))


def edge_error_mm(affine: Affine, normal_lps: Float[np.ndarray, "3"], patch_mm: float) -> float:
    """Largest error in mm, along its normal, of a flat edge fitted to a label over a patch of the given width."""
    cosines = np.clip(np.abs(affine.directions.T @ np.asarray(normal_lps, float)), 0.0, 1.0)
    axis = int(np.argmax(cosines))
    step, cosine = float(affine.spacing_mm[axis]), float(cosines[axis])
    crossings = patch_mm * np.sqrt(1.0 - cosine**2) / cosine / step
    return float(0.5 * step * cosine / (1.0 + crossings))
