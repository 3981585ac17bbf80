"""The six points of a sagittal line: corners where the endplates meet the walls, and the plates' middles."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.body_edges import Walls, anterior_line, plate_samples
from vertebroplasty.anatomy.robust_fit import robust_fit
from vertebroplasty.anatomy.vertebra import WallLine

__all__ = ["SixPoints", "six_points", "walls_at"]

HALF_STRIP_MM = 6.0  # [choice] plates are fitted this far to each side of the line
WALL_STRIP_MM = 4.0  # [choice] the front wall of a line beside the midline is fitted this far to each side
WALL_SHARE = 0.38  # [choice] of the height to each side over which that wall is fitted
STEP_MM = 1.0  # [choice] between plate samples
NEAR_CORNER = (0.03, 0.5)  # [choice] share of the depth from a wall over which a corner is fitted
WHOLE = (0.03, 0.97)  # [choice] share of the depth over which a plate's curvature is fitted
WHOLE_TO_LOCAL = 2.0  # [choice] the whole plate's curvature counts twice what the samples near the corner say
CURVATURE_INFORMATION = 180.0  # [exact] variance of the quadratic over a uniform interval: length⁴ / 180
MIDDLE = (0.28, 0.72)  # [choice] share of the depth over which a plate's middle is fitted
FEWEST = 12  # [choice] samples below which a point is not fitted


@dataclass(frozen=True, eq=False, kw_only=True)
class SixPoints:
    """Corners and middles of the two endplates on one sagittal line: (anterior, superior) pairs in local mm."""

    right_mm: float
    upper: Float[np.ndarray, "3 2"]  # anterior corner, middle, posterior corner
    lower: Float[np.ndarray, "3 2"]

    @property
    def heights_mm(self) -> Float[np.ndarray, "3"]:
        """Anterior, middle and posterior height: distances of the pairs."""
        return np.linalg.norm(self.upper - self.lower, axis=1)

    @property
    def upper_tilt_rad(self) -> float:
        """Angle of the upper corner-to-corner line against anterior; positive where the front is higher."""
        return _tilt(self.upper)

    @property
    def lower_tilt_rad(self) -> float:
        """Likewise for the lower endplate."""
        return _tilt(self.lower)

    @property
    def wedge_deg(self) -> float:
        """Angle between the corner-to-corner lines, positive where the front is lower."""
        return float(np.degrees(self.lower_tilt_rad - self.upper_tilt_rad))


def _tilt(points: Float[np.ndarray, "3 2"]) -> float:
    along = points[0] - points[2]
    return float(np.arctan2(along[1], along[0]))


def walls_at(body: Body, walls: Walls, right_mm: float, height_mm: float) -> Walls:
    """The walls of a sagittal line beside the midline: the plane behind, the rounded front as it lies there."""
    reach = max(WALL_SHARE * height_mm, 2.0)
    front = anterior_line(body.surface, body.frame, half_width_mm=WALL_STRIP_MM, reach_mm=reach, right_mm=right_mm)
    return walls if front is None else Walls(posterior=body.plane, anterior=front)


def _plate(
    offset_mm: Float[np.ndarray, "n"],
    depth_mm: Float[np.ndarray, "n"],
    superior_mm: Float[np.ndarray, "n"],
    curvature: tuple[float, float] | None = None,
) -> Float[np.ndarray, "3"]:
    """Height over depth on the line itself (constant, slope, curvature); the plate's curve sideways is removed.

    With `curvature` (value, weight of the value) the curvature is drawn towards that of the whole plate.
    """
    design = np.stack([np.ones_like(depth_mm), depth_mm, depth_mm**2, offset_mm, offset_mm**2], axis=1)
    if curvature is None:
        return robust_fit(design, superior_mm)[:3]
    value, weight = curvature
    pull = np.zeros((1, design.shape[1]))
    pull[0, 2] = weight
    return robust_fit(design, superior_mm, pull, np.array([weight * value]))[:3]


def _corner(fit: Float[np.ndarray, "p"], wall: WallLine) -> tuple[float, float]:
    """Where a fitted plate meets a wall: (anterior, superior)."""
    superior = float(fit[0])
    for _ in range(4):
        anterior = float(wall.anterior_at(superior))
        superior = float(np.polynomial.polynomial.polyval(anterior, fit))
    return anterior, superior


def _at(anterior_mm: float, fit: Float[np.ndarray, "3"]) -> tuple[float, float]:
    """The point of a fitted plate at a depth: (anterior, superior)."""
    return anterior_mm, float(np.polynomial.polynomial.polyval(anterior_mm, fit))


def _chosen(
    seen: Bool[np.ndarray, "n"], share: Float[np.ndarray, "n"], limits: tuple[float, float]
) -> Bool[np.ndarray, "n"]:
    """Samples that were found within limits of the depth."""
    return seen & (share >= limits[0]) & (share <= limits[1])


def _pull(count: int, length_mm: float) -> float:
    """Weight of the whole plate's curvature against what evenly spread samples over a length tell of it."""
    return float(np.sqrt(WHOLE_TO_LOCAL * count * length_mm**4 / CURVATURE_INFORMATION))


def six_points(body: Body, walls: Walls, right_mm: float) -> SixPoints | None:
    """The six points on the sagittal line at `right_mm`; None where a plate cannot be seen."""
    back, front = float(walls.posterior.at_zero_mm), float(walls.anterior.at_zero_mm)
    offset = np.arange(-HALF_STRIP_MM, HALF_STRIP_MM + STEP_MM / 2, STEP_MM)
    steps = max(int((front - back) / STEP_MM), 10)
    share = (np.arange(steps) + 0.5) / steps
    grid_offset, grid_share = (axis.ravel() for axis in np.meshgrid(offset, share, indexing="ij"))
    depth = back + grid_share * (front - back)
    lower, upper = plate_samples(body.surface, body.frame, right_mm + grid_offset, depth, np.zeros(len(depth)))
    plates = []
    for heights in (upper, lower):
        seen = np.isfinite(heights)
        points = []
        whole = _chosen(seen, grid_share, WHOLE)
        if whole.sum() < FEWEST:
            return None
        curvature = float(_plate(grid_offset[whole], depth[whole], heights[whole])[2])
        for (low, high), wall in (
            ((1 - NEAR_CORNER[1], 1 - NEAR_CORNER[0]), walls.anterior),
            (MIDDLE, None),
            (NEAR_CORNER, walls.posterior),
        ):
            chosen = _chosen(seen, grid_share, (low, high))
            if chosen.sum() < FEWEST:
                return None
            pull = None if wall is None else (curvature, _pull(int(chosen.sum()), (high - low) * (front - back)))
            fit = _plate(grid_offset[chosen], depth[chosen], heights[chosen], pull)
            points.append(_corner(fit, wall) if wall is not None else _at((back + front) / 2, fit))
        plates.append(np.array(points))
    return SixPoints(right_mm=right_mm, upper=plates[0], lower=plates[1])
