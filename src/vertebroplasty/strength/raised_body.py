"""A body that a balloon or a posture has raised: the same bone, spread over more height.

The lower endplate stays.  Every column is stretched along k, by the whole gain at the front of the body and by less
towards the back, so that a wedge opens; the posterior wall keeps its height.  Mineral is conserved: density falls as
height grows.  What keeps the height after the balloon is let down is not known here: the gain is an input.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import Refused

__all__ = ["RaisedBody", "raised_body"]

LARGEST_GAIN_SHARE = 0.5  # [choice] of the body's height: more than a collapsed vertebra ever gains


@dataclass(frozen=True, eq=False, kw_only=True)
class RaisedBody:
    """The grid with its body raised, the fields that came with it, and by what angle the endplates parted.

    `fill` and `density_factor` hold what was handed in, thinned by the stretch: cement and mineral are conserved.
    """

    grid: VertebraGrid
    fill: Float[np.ndarray, "k j i"] | None
    density_factor: Float[np.ndarray, "k j i"]
    wedge_change_deg: float


def raised_body(
    grid: VertebraGrid,
    gain_mm: float,
    *,
    fill: Float[np.ndarray, "k j i"] | None = None,
    density_factor: Float[np.ndarray, "k j i"] | None = None,
) -> RaisedBody:
    """Raise a body's front by a height gain, its posterior wall staying as it is.

    Everything above the lower endplate moves with its column, what lies above the body by the column's gain.  Only the
    body is meant to be used afterwards: discs and arch are not followed.

    Raises:
        Refused: a negative gain or one beyond half the body's height, or no body on the grid.
    """
    body = grid.body()
    if not body.any():
        raise Refused("There is no vertebral body on this grid: check the level and its segmentation.")
    levels, depths = np.flatnonzero(body.any(axis=(1, 2))), np.flatnonzero(body.any(axis=(0, 2)))
    height = float(levels[-1] - levels[0] + 1) * grid.spacing_mm
    if not 0 <= gain_mm <= LARGEST_GAIN_SHARE * height:
        raise Refused(
            f"A height gain of {gain_mm:g} mm is impossible for a body of {height:.0f} mm: check the balloon."
        )
    ahead = np.clip((np.arange(body.shape[1]) - depths[0]) / max(int(np.ptp(depths)), 1), 0.0, 1.0)
    stretch = 1.0 + ahead * gain_mm / height
    more = int(np.ceil(gain_mm / grid.spacing_mm)) + 1
    source = _source_levels(body.shape[0] + more, int(levels[0]), stretch)
    factor = np.ones(body.shape) if density_factor is None else density_factor
    spread = _taken(factor, source) / stretch[None, :, None]
    raised = replace(
        grid,
        hu=_taken(grid.hu, source).astype(np.float32),
        tissue=_nearest(grid.tissue, source),
        part=np.where(_nearest(grid.part, source) == Part.BODY, Part.BODY, Part.NONE).astype(np.uint8),
        above=None,
        below=None,
    )
    depth_mm = float(np.ptp(depths)) * grid.spacing_mm
    return RaisedBody(
        grid=raised,
        fill=None if fill is None else _taken(fill, source) / stretch[None, :, None],
        density_factor=spread,
        wedge_change_deg=float(np.degrees(np.arctan2(gain_mm, depth_mm))) if depth_mm > 0 else 0.0,
    )


def _source_levels(count: int, lowest: int, stretch: Float[np.ndarray, "j"]) -> Float[np.ndarray, "k j"]:
    """From which level of the old grid every level of the new one comes, by depth."""
    base = lowest - 0.5
    return np.asarray(base + (np.arange(count)[:, None] - base) / stretch[None, :])


def _taken(field: Float[np.ndarray, "k j i"], source: Float[np.ndarray, "kk j"]) -> Float[np.ndarray, "kk j i"]:
    """A field read between levels, held at its ends."""
    top = field.shape[0] - 1
    place = np.clip(source, 0.0, top)
    low = np.minimum(place.astype(int), max(top - 1, 0))
    share = (place - low)[:, :, None]
    j = np.arange(field.shape[1])[None, :]
    return np.asarray((1 - share) * field[low, j] + share * field[np.minimum(low + 1, top), j])


def _nearest(field: np.ndarray, source: Float[np.ndarray, "kk j"]) -> np.ndarray:
    """A field of names read at the nearest level."""
    place = np.clip(np.rint(source), 0, field.shape[0] - 1).astype(int)
    return np.asarray(field[place, np.arange(field.shape[1])[None, :]])
