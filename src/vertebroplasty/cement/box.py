"""Boxes of voxels on a grid, as slices along k, j and i."""

import numpy as np
from jaxtyping import Bool

__all__ = ["Box", "box_of", "grown", "shifted", "within"]

Box = tuple[slice, slice, slice]


def box_of(mask: Bool[np.ndarray, "k j i"]) -> Box:
    """Smallest box that holds the mask."""
    found = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    k, j, i = (slice(int(n[0]), int(n[-1]) + 1) for n in found)
    return k, j, i


def grown(box: Box, layers: int, shape: tuple[int, ...]) -> Box:
    """The box with so many voxels more on every side, within the grid."""
    k, j, i = (slice(max(0, s.start - layers), min(n, s.stop + layers)) for s, n in zip(box, shape, strict=True))
    return k, j, i


def shifted(box: Box, outer: Box) -> Box:
    """A box counted within `outer`, counted on the whole grid."""
    k, j, i = (slice(s.start + o.start, s.stop + o.start) for s, o in zip(box, outer, strict=True))
    return k, j, i


def within(box: Box, outer: Box) -> Box:
    """The part of a box that lies in `outer`, counted within `outer`."""
    k, j, i = (
        slice(max(s.start, o.start) - o.start, min(s.stop, o.stop) - o.start) for s, o in zip(box, outer, strict=True)
    )
    return k, j, i
