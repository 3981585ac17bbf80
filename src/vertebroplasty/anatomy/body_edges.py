"""Edges of the body along straight lines in its own axes: posterior and anterior wall, endplates, sides."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.robust_fit import robust_fit
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import WallLine
from vertebroplasty.geometry.frame import Frame

__all__ = ["Plate", "Walls", "depth_edges", "fit_walls", "plate_samples", "rough_plates"]

REACH_MM = 6.0  # [choice] a point just outside the body looks this far for it
FEWEST = 8  # [choice] edge points below which a wall or plate is not fitted
CENTRAL_ELLIPSE = 0.7  # [choice] share of the body's half-axes over which a rough plate is fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A rough endplate plane: superior = at_zero_mm + right_slope · right + anterior_slope · anterior."""

    at_zero_mm: float
    right_slope: float
    anterior_slope: float

    def superior_at(
        self, right_mm: Float[np.ndarray, "*n"] | float, anterior_mm: Float[np.ndarray, "*n"] | float
    ) -> Float[np.ndarray, "*n"]:
        """Height of the plane."""
        return np.asarray(
            self.at_zero_mm
            + self.right_slope * np.asarray(right_mm)
            + self.anterior_slope * np.asarray(anterior_mm)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """The posterior and the anterior wall near the mid-sagittal plane."""

    posterior: WallLine
    anterior: WallLine

    def depth_at(self, superior_mm: float) -> float:
        """Distance between the walls at a height."""
        return float(self.anterior.anterior_at(superior_mm) - self.posterior.anterior_at(superior_mm))


def _grid(*axes: Float[np.ndarray, "n"]) -> Float[np.ndarray, "m 3"]:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def depth_edges(
    field: Field, frame: Frame, right_mm: Float[np.ndarray, "a"], superior_mm: Float[np.ndarray, "b"]
) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, "n 3"]]:
    """Edge points (local) of the body behind and in front of its middle, on lines along anterior."""
    starts = _grid(right_mm, np.zeros(1), superior_mm)
    runs = field.runs(frame.to_world(starts), frame.anterior, reach_mm=REACH_MM)
    edges = []
    for side in (0, 1):
        seen = np.isfinite(runs[:, side])
        points = starts[seen].copy()
        points[:, 1] = runs[seen, side]
        edges.append(points)
    return edges[0], edges[1]


def _line(points: Float[np.ndarray, "n 3"], sideways: bool) -> WallLine | None:
    """Robust line of the anterior coordinate over height; with `sideways` a curved wall's x and x² are taken out."""
    if len(points) < FEWEST:
        return None
    columns = [np.ones(len(points)), points[:, 2]]
    if sideways:
        columns += [points[:, 0], points[:, 0] ** 2]
    fit = robust_fit(np.stack(columns, axis=1), points[:, 1])
    return WallLine(at_zero_mm=float(fit[0]), slope=float(fit[1]))


def fit_walls(
    field: Field, frame: Frame, *, half_width_mm: float, low_mm: float, high_mm: float, step_mm: float = 1.0
) -> Walls | None:
    """Robust straight walls over |right| ≤ half_width between two heights; None where they cannot be seen."""
    right = np.linspace(-half_width_mm, half_width_mm, 9)
    heights = np.arange(low_mm, high_mm + step_mm / 2, step_mm)
    back, front = depth_edges(field, frame, right, heights)
    posterior, anterior = _line(back, sideways=True), _line(front, sideways=True)
    if posterior is None or anterior is None:
        return None
    return Walls(posterior=posterior, anterior=anterior)


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
