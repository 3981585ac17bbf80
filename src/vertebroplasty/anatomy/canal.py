"""The vertebral canal in the vertebra's own axes: its centre line, half width and half depth."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.canal_projection import CanalHole
from vertebroplasty.anatomy.robust_fit import robust_fit
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import Canal
from vertebroplasty.geometry.frame import Frame

__all__ = ["locate_canal"]

BEYOND_BODY_MM = 4.0  # [choice] the centre line is given this far above and below the body
MIDLINE_MM = 3.0  # [choice] front and back of the canal are read this close to the midline
LATERAL_PERCENTILE = 15.0  # [choice] of lateral distances to bone: recesses and foramina lie wider
CANAL_REACH_MM = 30.0  # [choice] bone farther from the canal's centre is not its border
FEWEST = 6  # [choice] rays below which a border is not fitted
LARGEST_SLOPE = 0.35  # [choice] of the canal's back against its front: beyond it is one lamina's own slope


def _fitted(heights: Float[np.ndarray, "n"], places: Float[np.ndarray, "n"]) -> tuple[float, float] | None:
    """Robust line through a border of the canal; its slope kept within what a canal has."""
    seen = np.isfinite(places)
    if seen.sum() < FEWEST:
        return None
    design = np.stack([np.ones(seen.sum()), heights[seen]], axis=1)
    zero, slope = robust_fit(design, places[seen])
    if abs(slope) > LARGEST_SLOPE:
        return float(np.median(places[seen])), 0.0
    return float(zero), float(slope)


def locate_canal(field: Field, frame: Frame, hole: CanalHole, half_height_mm: float) -> Canal:
    """The canal's centre line over the height of the body, from rays out of the hole seen in projection."""
    heights = np.arange(-half_height_mm, half_height_mm + 0.5, 1.0)
    lines = []
    for right in (-MIDLINE_MM, 0.0, MIDLINE_MM):
        points = np.stack([np.full_like(heights, right), np.full_like(heights, hole.anterior_mm), heights], axis=1)
        lines.append(field.runs(frame.to_world(points), frame.anterior, free=True, length_mm=CANAL_REACH_MM))
    runs = np.concatenate(lines) + hole.anterior_mm
    repeated = np.tile(heights, 3)
    front = _fitted(repeated, runs[:, 1])
    back = _fitted(repeated, runs[:, 0])
    if front is None:
        front = (hole.anterior_mm + hole.radius_mm, 0.0)
    if back is None:
        back = (hole.anterior_mm - hole.radius_mm, front[1])
    reach = half_height_mm + BEYOND_BODY_MM
    along = np.linspace(-reach, reach, 2 * int(reach) + 1)
    centre = (front[0] + back[0]) / 2 + (front[1] + back[1]) / 2 * along
    start = np.stack([np.zeros_like(along), centre, along], axis=1)
    sideways = field.runs(frame.to_world(start), frame.right, free=True, length_mm=CANAL_REACH_MM)
    met = np.abs(sideways[np.isfinite(sideways)])
    half_width = float(np.percentile(met, LATERAL_PERCENTILE)) if len(met) >= FEWEST else hole.radius_mm
    return Canal(
        superior_mm=along,
        centre_right_mm=np.zeros_like(along),
        centre_anterior_mm=centre,
        half_width_mm=max(half_width, hole.radius_mm),
        half_depth_mm=max((front[0] - back[0]) / 2, 1.0),
        closed_fraction=hole.closed_share,
    )
