"""The plane of the posterior wall, also where a fragment bulges behind it in the middle."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.robust_fit import robust_fit
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import WallLine
from vertebroplasty.geometry.frame import Frame

__all__ = ["lateral_line", "posterior_line"]

CENTRAL_MM = 6.0  # [choice] half width of the mid-sagittal part of the wall
LATERAL_SHARES = (0.75, 0.85, 0.95, 1.05)  # [choice] of the canal's half width: beside a bulge, inside the pedicles
BULGE_ABOVE_MM = 1.0  # [choice] the middle stands this far behind the sides: a fragment, and the sides give the plane
INLIER_MM = 0.8  # [choice] samples this close to the plane of the sides belong to the wall and not to a fragment
REFITS = 3  # [choice] of the plane with its own inliers
REACH_MM = 6.0  # [choice] a start just outside the body looks this far for it
FEWEST = 8  # [choice] samples below which no line is fitted
STEP_MM = 1.0  # [choice] between samples along superior
SMOOTH = 3  # [choice] neighbouring heights averaged before the largest bulge is taken


def _samples(
    field: Field, frame: Frame, right_mm: Float[np.ndarray, "n"], reach_mm: float, not_behind_mm: float | None
) -> Float[np.ndarray, "m 3"]:
    """Local points of the body's hind edge; lines that run on through a pedicle are left out."""
    heights = np.arange(-reach_mm, reach_mm + STEP_MM / 2, STEP_MM)
    right, superior = (axis.ravel() for axis in np.meshgrid(right_mm, heights, indexing="ij"))
    points = np.stack([right, np.zeros_like(right), superior], axis=1)
    points[:, 1] = field.runs(frame.to_world(points), frame.anterior, reach_mm=REACH_MM)[:, 0]
    seen = np.isfinite(points[:, 1])
    if not_behind_mm is not None:
        seen &= np.nan_to_num(points[:, 1]) > not_behind_mm
    return points[seen]


def _fit(points: Float[np.ndarray, "n 3"], curved: bool) -> WallLine:
    columns = [np.ones(len(points)), points[:, 2]]
    if curved:
        columns += [points[:, 0], points[:, 0] ** 2]
    zero, slope = robust_fit(np.stack(columns, axis=1), points[:, 1])[:2]
    return WallLine(at_zero_mm=float(zero), slope=float(slope))


def lateral_line(
    field: Field, frame: Frame, reach_mm: float, canal_half_width_mm: float, canal_anterior_mm: float
) -> WallLine | None:
    """The wall beside the middle, between a possible bulge and the pedicles; None where too little of it is seen."""
    shares = np.array(LATERAL_SHARES) * canal_half_width_mm
    sides = _samples(field, frame, np.concatenate([-shares[::-1], shares]), reach_mm, canal_anterior_mm)
    return _fit(sides, curved=False) if len(sides) >= FEWEST else None


def _largest_bulge_mm(central: Float[np.ndarray, "n 3"], line: WallLine) -> float:
    """How far the middle of the wall stands behind a line, at most."""
    heights = np.unique(central[:, 2])
    behind = line.anterior_at(central[:, 2]) - central[:, 1]
    mean = np.array([behind[central[:, 2] == height].mean() for height in heights])
    window = min(SMOOTH, len(mean))
    return float(np.convolve(mean, np.ones(window) / window, mode="valid").max())


def posterior_line(
    field: Field,
    frame: Frame,
    *,
    reach_mm: float,
    canal_half_width_mm: float | None = None,
    canal_anterior_mm: float | None = None,
) -> WallLine | None:
    """The posterior wall in the mid-sagittal plane over ± reach; where it bulges, the plane it bulges from.

    Args:
        field: distance whose negative side is the body (and the arch).
        frame: axes about the body's middle.
        reach_mm: heights up to which the wall is read.
        canal_half_width_mm: half the width of the canal, None if no canal is known.
        canal_anterior_mm: local anterior coordinate of the canal's centre.
    """
    right = np.linspace(-CENTRAL_MM, CENTRAL_MM, 9)
    central = _samples(field, frame, right, reach_mm, canal_anterior_mm)
    if canal_half_width_mm is None or canal_anterior_mm is None:
        return _fit(central, curved=True) if len(central) >= FEWEST else None
    beside = lateral_line(field, frame, reach_mm, canal_half_width_mm, canal_anterior_mm)
    if len(central) < FEWEST:
        return beside
    if beside is None or _largest_bulge_mm(central, beside) < BULGE_ABOVE_MM:
        return _fit(central, curved=True)
    shares = np.linspace(-1.0, 1.0, 17) * LATERAL_SHARES[-1] * canal_half_width_mm
    every = _samples(field, frame, shares, reach_mm, canal_anterior_mm)
    line = beside
    for _ in range(REFITS):
        inliers = every[np.abs(every[:, 1] - line.anterior_at(every[:, 2])) < INLIER_MM]
        if len(inliers) < FEWEST:
            break
        line = _fit(inliers, curved=False)
    return line
