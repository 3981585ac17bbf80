"""Where cement lies at the end, and when it came there."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float32

from vertebroplasty.cement.marrow_flow import MarrowFlow

__all__ = ["arrival_s", "edge_warnings", "fill_of"]

HALF = 0.5  # [exact] arrival is the passing of half a voxel's content


def fill_of(flow: MarrowFlow, voxel_ml: float) -> Float32[np.ndarray, "k j i"]:
    """Cement volume per voxel volume."""
    return (flow.content / voxel_ml).astype(np.float32)


def arrival_s(
    flow: MarrowFlow,
    history: Iterable[tuple[float, np.ndarray, np.ndarray]],
    columns: Iterable[tuple[float, np.ndarray]],
) -> Float32[np.ndarray, "k j i"]:
    """When each voxel passed half its final content: exact for full voxels, else between pressure solutions.

    `history` are times with the flat indices and content of the voxels partly filled then, `columns` times with the
    voxels that a column of cement was laid into.  Infinite where none came.
    """
    times = np.where(flow.full, flow.half_time, np.inf).reshape(-1)
    cells = np.flatnonzero((flow.content > 0) & ~flow.full)
    half = HALF * flow.content.reshape(-1)[cells]
    before, before_s = np.zeros(cells.size), 0.0
    for now_s, index, content in history:
        now = np.zeros(cells.size)
        _, here, there = np.intersect1d(cells, index, assume_unique=True, return_indices=True)
        now[here] = content[there]
        crossed = (before < half) & (now >= half)
        share = (half[crossed] - before[crossed]) / (now[crossed] - before[crossed])
        times[cells[crossed]] = before_s + share * (now_s - before_s)
        before, before_s = now, now_s
    for laid_s, laid in columns:
        times[laid] = np.minimum(times[laid], laid_s)
    return times.reshape(flow.content.shape).astype(np.float32)


def edge_warnings(flow: MarrowFlow) -> list[str]:
    """A sentence where cement reached the last voxel layer it may enter."""
    inner = np.zeros(flow.content.shape, bool)
    inner[2:-2, 2:-2, 2:-2] = True
    if (flow.content[~inner] > 0).any():
        return ["Cement reached the edge of the modelled region and was closed off there: its way beyond is unknown."]
    return []
