"""Edges of the body along straight lines in its own axes: posterior and anterior wall, endplates, sides."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.robust_fit import robust_fit
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import WallLine
from vertebroplasty.geometry.frame import Frame

__all__ = ["Plate", "Walls", "anterior_line", "plate_samples", "rough_plates"]

REACH_MM = 6.0  # [choice] a point just outside the body looks this far for it
STEP_MM = 1.0  # [choice] between samples along superior
FRONT_SHARE = 0.38  # [choice] of the front's own height to each side of its middle; the rims curl
SHORTEST_FRONT_MM = 2.0  # [choice] of those heights to each side in a crushed body
FOREMOST_PERCENTILE = 90.0  # [choice] of the front edge on one lateral place: a single point is not dependable
FOREMOST_MM = 1.5  # [choice] behind it the edge still counts as foremost
BEHIND_FRONT_MM = 2.5  # [choice] behind it the front's own lower and upper edge are looked for
FEWEST = 8  # [choice] edge points below which a wall or plate is not fitted
CENTRAL_ELLIPSE = 0.7  # [choice] share of the body's half-axes over which a rough plate is fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A rough endplate plane: superior = at_zero_mm + right_slope · right + anterior_slope · anterior."""

    at_zero_mm: float
    right_slope: float
    anterior_slope: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """The posterior and the anterior wall near the mid-sagittal plane."""

    posterior: WallLine
    anterior: WallLine

    def depth_at(self, superior_mm: float) -> float:
        """Distance between the walls at a height."""
        return float(self.anterior.anterior_at(superior_mm) - self.posterior.anterior_at(superior_mm))


def _front(
    field: Field, frame: Frame, right_mm: Float[np.ndarray, "r"], superior_mm: Float[np.ndarray, "s"]
) -> Float[np.ndarray, "r s"]:
    """Anterior coordinate of the body's front edge at lateral places and heights; NaN where not found."""
    across, superior = np.meshgrid(right_mm, superior_mm, indexing="ij")
    points = np.stack([across, np.zeros_like(across), superior], axis=-1).reshape(-1, 3)
    edges = field.runs(frame.to_world(points), frame.anterior, reach_mm=REACH_MM)[:, 1]
    return np.asarray(edges.reshape(across.shape))


def _front_edges(
    field: Field,
    frame: Frame,
    right_mm: Float[np.ndarray, "r"],
    superior_mm: Float[np.ndarray, "s"],
    front_mm: Float[np.ndarray, "r s"],
) -> tuple[float, float] | None:
    """Heights of the body's lower and upper edge just behind its foremost part; None where they cannot be seen."""
    shown = np.isfinite(front_mm).any(axis=1)
    if not shown.any():
        return None
    right, front = right_mm[shown], front_mm[shown]
    foremost = np.nanpercentile(front, FOREMOST_PERCENTILE, axis=1)
    place, height = np.nonzero(front > foremost[:, None] - FOREMOST_MM)
    ends = plate_samples(field, frame, right[place], foremost[place] - BEHIND_FRONT_MM, superior_mm[height])
    # a waist may part the foremost samples of one place into an upper and a lower rim: their whole span counts
    lower, upper = np.full(len(right), np.inf), np.full(len(right), -np.inf)
    np.fmin.at(lower, place, ends[0])
    np.fmax.at(upper, place, ends[1])
    seen = lower < upper
    return (float(np.median(lower[seen])), float(np.median(upper[seen]))) if seen.any() else None


def anterior_line(
    field: Field, frame: Frame, *, half_width_mm: float, reach_mm: float, right_mm: float = 0.0
) -> WallLine | None:
    """Robust line of the front wall about a sagittal line over its own height; the curve sideways is removed.

    The front of a wedged body may lie far above or below the middle.  It is looked for over ± reach, where lines may
    also meet a sloping endplate; the line is fitted between the edges of what lies foremost.
    """
    right = right_mm + np.linspace(-half_width_mm, half_width_mm, 9)
    heights = np.arange(-reach_mm, reach_mm + STEP_MM / 2, STEP_MM)
    front = _front(field, frame, right, heights)
    edges = _front_edges(field, frame, right, heights, front)
    if edges is not None:
        middle = (edges[0] + edges[1]) / 2
        reach_mm = max(FRONT_SHARE * (edges[1] - edges[0]), SHORTEST_FRONT_MM)
        heights = middle + np.arange(-reach_mm, reach_mm + STEP_MM / 2, STEP_MM)
        front = _front(field, frame, right, heights)
    across, superior = np.meshgrid(right, heights, indexing="ij")
    seen = np.isfinite(front)
    if seen.sum() < FEWEST:
        return None
    offset = across[seen] - right_mm
    design = np.stack([np.ones(seen.sum()), superior[seen], offset, offset**2], axis=1)
    zero, slope = robust_fit(design, front[seen])[:2]
    return WallLine(at_zero_mm=float(zero), slope=float(slope))


def plate_samples(
    field: Field,
    frame: Frame,
    right_mm: Float[np.ndarray, "n"],
    anterior_mm: Float[np.ndarray, "n"],
    middle_mm: Float[np.ndarray, "n"],
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Heights of the lower and upper bone edge of the body on lines along superior; NaN where not found."""
    starts = np.stack(np.broadcast_arrays(right_mm, anterior_mm, middle_mm), axis=-1).astype(float)
    runs = field.runs(frame.to_world(starts), frame.superior, reach_mm=REACH_MM)
    return starts[:, 2] + runs[:, 0], starts[:, 2] + runs[:, 1]


def rough_plates(
    field: Field, frame: Frame, *, half_depth_mm: float, half_width_mm: float, step_mm: float = 2.0
) -> tuple[Plate, Plate] | None:
    """Planes through the central part of the lower and the upper endplate; None where they cannot be seen."""
    reach = np.arange(-half_width_mm, half_width_mm + step_mm, step_mm) * CENTRAL_ELLIPSE
    depth = np.arange(-half_depth_mm, half_depth_mm + step_mm, step_mm) * CENTRAL_ELLIPSE
    right, anterior = (axis.ravel() for axis in np.meshgrid(reach, depth))
    inside = (right / half_width_mm) ** 2 + (anterior / half_depth_mm) ** 2 <= CENTRAL_ELLIPSE**2
    right, anterior = right[inside], anterior[inside]
    plates = []
    for heights in plate_samples(field, frame, right, anterior, np.zeros(len(right))):
        seen = np.isfinite(heights)
        if seen.sum() < FEWEST:
            return None
        design = np.stack([np.ones(seen.sum()), right[seen], anterior[seen]], axis=1)
        zero, across, along = robust_fit(design, heights[seen])
        plates.append(Plate(at_zero_mm=float(zero), right_slope=float(across), anterior_slope=float(along)))
    return plates[0], plates[1]
