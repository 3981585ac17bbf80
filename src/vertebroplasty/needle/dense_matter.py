"""Metal and old cement in the way: which straight needles would meet matter that no needle passes."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.body_core import dense_matter, remembered
from vertebroplasty.anatomy.density import metal_or_cement
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.geometry.gauges import Gauge

__all__ = ["distance_to_dense_matter", "meets_dense_matter"]

DENSE_CLEARANCE_MM = 1.0  # [choice] between a needle's surface and metal or old cement
BEFORE_ENTRY_MM = 5.0  # [choice] looked for from here: the head of a screw stands on the bone
SHAFT_STEP_MM = 0.5  # [choice] between the points of a shaft
LINES_AT_ONCE = 2000  # [choice] lines read together, for memory


def distance_to_dense_matter(level: Level) -> Field | None:
    """Millimetres to metal or old cement (voxels above 2000 HU in groups) near one level; None where there is none.

    Half a voxel is taken off, since the matter reaches beyond the centres of its voxels.
    """

    def measure() -> Field | None:
        if not metal_or_cement(level):
            return None
        dense = dense_matter(level)
        away = ndimage.distance_transform_edt(dense.groups == 0, sampling=dense.affine.spacing_mm[::-1])
        return Field(away - level.ct.largest_spacing_mm / 2, dense.affine)

    return remembered(level, "distance-to-dense-matter", measure)


def meets_dense_matter(
    to_dense: Field | None,
    entries_lps_mm: Float[np.ndarray, "n 3"],
    tips_lps_mm: Float[np.ndarray, "n 3"],
    gauge: Gauge,
) -> Bool[np.ndarray, "n"]:
    """Which needles come within 1 mm of metal or old cement, from 5 mm before the bone to the tip."""
    meets = np.zeros(len(tips_lps_mm), bool)
    if to_dense is None:
        return meets
    nearest = gauge.outer_mm / 2 + DENSE_CLEARANCE_MM
    for first in range(0, len(meets), LINES_AT_ONCE):
        some = slice(first, first + LINES_AT_ONCE)
        entries, offset = entries_lps_mm[some], tips_lps_mm[some] - entries_lps_mm[some]
        length = np.linalg.norm(offset, axis=1)
        direction = offset / length[:, None]
        places = np.arange(-BEFORE_ENTRY_MM, float(length.max()) + SHAFT_STEP_MM, SHAFT_STEP_MM)
        along = np.minimum(places[None, :], length[:, None])[..., None]
        meets[some] = to_dense.at(entries[:, None] + along * direction[:, None]).min(axis=1) < nearest
    return meets
