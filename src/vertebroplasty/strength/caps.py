"""Embed a vertebral body in acrylic, as a cadaver specimen is potted before a compression test."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.errors import Refused

__all__ = ["Caps", "add_caps"]

CAP_MM = 3.0  # [spineFE-benchmark] least thickness of the caps, as in its voxel models
CAP_REACH = 1 / 3  # [choice] of the height: a surface deeper than this below the rim is a side wall, not endplate


@dataclass(frozen=True, eq=False, kw_only=True)
class Caps:
    """A body between caps: which voxels are body and which cap, on a grid that ends at the plates.

    `window` says which part of the given body the grid covers; beyond it along k lie `layers` more at either end.
    `height_mm` is the mean distance between the endplates over the columns capped on both sides.
    """

    body: Bool[np.ndarray, "k j i"]
    cap: Bool[np.ndarray, "k j i"]
    window: tuple[slice, slice, slice]
    layers: int
    height_mm: float

    @property
    def first_kji(self) -> tuple[int, int, int]:
        """The voxel of the given body's grid at which this one begins; caps may begin below it."""
        k, j, i = self.window
        return k.start - self.layers, j.start, i.start

    def place(self, field: Float[np.ndarray, "kk jj ii"]) -> Float[np.ndarray, "k j i"]:
        """A field of the given grid on the grid of the model, zero outside the body."""
        pad = ((self.layers, self.layers), (0, 0), (0, 0))
        return np.where(self.body, np.pad(field[self.window], pad), 0)


def add_caps(
    body: Bool[np.ndarray, "k j i"],
    spacing_mm: float,
    *,
    onto: Bool[np.ndarray, "k j i"] | None = None,
    reach_mm: float | None = None,
) -> Caps:
    """Embed both endplates of an upright body in flat caps, as a cadaver specimen is potted before a compression test.

    Every column of the body whose endplate lies within `reach_mm` (a third of the body's height where not stated) of
    the highest (lowest) point gets cap from there to the plate.  With `onto`, only where that endplate is one of these
    voxels.

    Raises:
        Refused: the body is empty.
    """
    boxes = ndimage.find_objects(body.astype(np.uint8))
    if not boxes:
        raise Refused("There is no vertebral body on this grid: check the level and its segmentation.")
    k, j, i = boxes[0]
    layers = int(np.ceil(CAP_MM / spacing_mm))
    inner = np.pad(body[k, j, i], ((layers, layers), (0, 0), (0, 0)))
    filled = inner.any(axis=0)
    lowest = inner.argmax(axis=0)
    highest = inner.shape[0] - 1 - inner[::-1].argmax(axis=0)
    reach = CAP_REACH * (k.stop - k.start) if reach_mm is None else reach_mm / spacing_mm
    taking = inner if onto is None else np.pad((onto & body)[k, j, i], ((layers, layers), (0, 0), (0, 0)))
    level = np.arange(inner.shape[0])[:, None, None]
    capped_above = (taking & (level == highest)).any(axis=0) & (inner.shape[0] - 1 - layers - highest <= reach)
    capped_below = (taking & (level == lowest)).any(axis=0) & (lowest - layers <= reach)
    cap = (capped_above & (level > highest)) | (capped_below & (level < lowest))
    both = capped_above & capped_below
    columns = both if both.any() else filled
    height = float((highest - lowest + 1)[columns].mean()) * spacing_mm
    return Caps(body=inner, cap=cap, window=(k, j, i), layers=layers, height_mm=height)
