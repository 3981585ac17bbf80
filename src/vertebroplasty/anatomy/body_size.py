"""The body's depth, width and volume."""

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.vertebra import Vertebra

__all__ = ["body_width_mm"]

IN_FRONT_MM = 8.0  # [choice] of the posterior wall: nearer to it the ends of the pedicles widen the section
THIRD = 1.0 / 6.0  # [exact] half of the middle third of the height
STEP_MM = 1.0  # [choice] between lines
BEYOND_MM = 1.5  # [choice] an edge farther outside the footprint belongs to a process or rib
MEDIAN_LINES = 3  # [choice] neighbouring lines whose median is taken in depth and height


def _edges(body: Body, depths: Float[np.ndarray, "a"], heights: Float[np.ndarray, "b"]) -> Float[np.ndarray, "a b 2"]:
    """Left and right edge of the body (local right) on lines at depths and heights; NaN where a process interferes."""
    anterior, superior = np.meshgrid(depths, heights, indexing="ij")
    points = np.stack([np.zeros(anterior.size), anterior.ravel(), superior.ravel()], axis=1)
    runs = body.surface.runs(body.frame.to_world(points), body.frame.right)
    for side in (0, 1):
        outside = body.footprint.at(np.nan_to_num(runs[:, side]), points[:, 1])
        runs[outside > BEYOND_MM, side] = np.nan
    return runs.reshape(*anterior.shape, 2)


def body_width_mm(vertebra: Vertebra, body: Body) -> float | None:
    """Largest left-to-right extent in the middle third of the height, processes and ribs excluded."""
    height = vertebra.upper_mm - vertebra.lower_mm
    middle = (vertebra.upper_mm + vertebra.lower_mm) / 2
    heights = middle + np.linspace(-THIRD, THIRD, max(int(height / 3 / STEP_MM), 3)) * height
    back = float(body.plane.anterior_at(middle)) + IN_FRONT_MM
    depths = np.arange(back, float(vertebra.anterior_wall.anterior_at(middle)), STEP_MM)
    edges = _edges(body, depths, heights)
    width = edges[..., 1] - edges[..., 0]
    seen = np.isfinite(width)
    if not seen.any():
        return None
    smooth = ndimage.median_filter(np.where(seen, width, 0.0), size=MEDIAN_LINES)
    return float(smooth.max())
