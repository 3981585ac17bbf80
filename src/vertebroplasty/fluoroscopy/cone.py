"""The part of a CT that one picture's rays can meet: the rest need not be turned into materials nor projected."""

from dataclasses import replace
from itertools import product

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.fluoroscopy.detector import Detector

__all__ = ["within_cone"]

MARGIN_VOXELS = 2  # [choice] what interpolation reaches beside a ray


def within_cone(ct: CtVolume, detector: Detector) -> CtVolume:
    """The CT cut to the box around the cone from the focal spot to the detector; line integrals stay the same.

    A CT that the cone misses keeps one voxel, in which no ray runs.
    """
    index = ct.affine.to_index(_slab_corners(ct, detector))[:, ::-1]  # k, j, i
    low = np.floor(index.min(axis=0)).astype(int) - MARGIN_VOXELS
    high = np.ceil(index.max(axis=0)).astype(int) + MARGIN_VOXELS + 1
    size = np.array(ct.hu.shape)
    start = np.clip(low, 0, size - 1)
    stop = np.clip(high, start + 1, size)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return replace(ct, hu=ct.hu[k, j, i], affine=ct.affine.shifted((i.start, j.start, k.start)))


def _slab_corners(ct: CtVolume, detector: Detector) -> Float[np.ndarray, "8 3"]:
    """Corners (LPS) of the piece of the cone that lies as deep behind the focal spot as the CT does."""
    source, pixels = detector.view.source_lps_mm, detector.pixels_lps_mm()
    ends = np.array(list(product(*((-0.5, size - 0.5) for size in ct.hu.shape[::-1]))))
    depths = (ct.affine.to_world(ends) - source) @ detector.view.to_detector / detector.view.sid_mm
    rays = np.array([pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]]) - source
    near, far = np.clip([depths.min(), depths.max()], 0.0, 1.0)
    return np.concatenate([source + near * rays, source + far * rays])
