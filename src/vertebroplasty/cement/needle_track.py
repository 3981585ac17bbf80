"""Cement that stays behind in a needle's track when the cannula is drawn out over it.

Without the stylet in it, the cannula's column of cement is held by the cement in the bone and slides out of the
cannula: it lies in the track, first within the bone, then in the tissue behind it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.leak import CODE_INSIDE
from vertebroplasty.cement.marrow_flow import MarrowFlow
from vertebroplasty.cement.tip import needle_steel
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["Laid", "lay_column"]

MM3_PER_ML = 1000.0  # [exact] mm³ in a millilitre


@dataclass(frozen=True, eq=False, kw_only=True)
class Laid:
    """Cement that stayed in a track: its volume and the flat indices of its voxels."""

    volume_ml: float
    cells: Int64[np.ndarray, "n"]


def lay_column(flow: MarrowFlow, grid: VertebraGrid, path: NeedlePath, column_ml: float, now_s: float) -> Laid:
    """Lay a cannula's column into the track, from the tip backwards; returns what stayed in it.

    The bore's volume is spread evenly over the voxels of the shaft, which is drawn to 20 mm behind the bone; what finds
    no room there leaves with the cannula.
    """
    cells, behind_mm = _from_the_tip_back(grid, path)
    if cells.size == 0:
        return Laid(volume_ml=0.0, cells=cells)
    drawn_mm = behind_mm[-1] - behind_mm[0] + grid.spacing_mm
    each_ml = np.pi * (0.5 * path.gauge.inner_mm) ** 2 * drawn_mm / MM3_PER_ML / cells.size
    content, site = flow.content.reshape(-1), flow.site.reshape(-1)
    cells = cells[(grid.part.reshape(-1)[cells] > 0) | (site[cells] != CODE_INSIDE)]
    room = np.maximum(np.minimum(each_ml, grid.voxel_ml - content[cells]), 0.0)
    before = np.concatenate(([0.0], np.cumsum(room)[:-1]))
    amount = np.clip(column_ml - before, 0.0, room)
    content[cells] += amount
    cells, amount = cells[amount > 0], amount[amount > 0]
    for cell, ml in zip(cells, amount, strict=True):
        if (code := site[cell]) != CODE_INSIDE:
            flow.site_volume[code] += ml
            flow.first_time[code] = min(flow.first_time[code], now_s)
    return Laid(volume_ml=float(amount.sum()), cells=cells)


def _from_the_tip_back(grid: VertebraGrid, path: NeedlePath) -> tuple[Int64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Flat indices of the needle's voxels, those nearest to its tip first, and how far behind the tip they lie."""
    k, j, i = np.nonzero(needle_steel(grid, path))
    points = grid.affine.to_world(np.stack([i, j, k], axis=-1).astype(float))
    behind = (path.tip_lps_mm - points) @ path.direction_lps
    cells = np.ravel_multi_index((k, j, i), grid.tissue.shape)
    order = np.argsort(behind, kind="stable")
    return cells[order], behind[order]
