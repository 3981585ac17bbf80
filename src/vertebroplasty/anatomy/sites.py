"""Where cement that has left the bone is said to be: the leak site of every voxel of the grid."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.leak_sites import SIMULATED_SITES
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["LEAK_SITES", "NO_LEAK", "site_of"]

LEAK_SITES: tuple[str, ...] = tuple(site.value for site in SIMULATED_SITES)
NO_LEAK = 255  # [choice] bone, the vein within it, neighbours, and what the scan does not show
BY_TISSUE = {
    Tissue.DISC_ABOVE: "disc-above",
    Tissue.DISC_BELOW: "disc-below",
    Tissue.CANAL: "epidural",
    Tissue.FORAMEN_LEFT: "foramen-left",
    Tissue.FORAMEN_RIGHT: "foramen-right",
    Tissue.BASIVERTEBRAL_VEIN: "basivertebral-vein",
    Tissue.SEGMENTAL_VEIN: "segmental-vein",
    Tissue.SOFT: "paravertebral",
    Tissue.AIR: "paravertebral",
}


def site_of(
    grid: VertebraGrid, needles: Sequence[NeedlePath] = ()
) -> tuple[UInt8[np.ndarray, "k j i"], tuple[str, ...]]:
    """The leak site of every voxel as an index into the returned names; 255 is no leak.

    Cement in the canal came out of the basivertebral foramen or through a gap in the cortex, whichever lies nearer;
    without a gap it came out of the vein.  With `needles` their tracks behind the bone are sites of their own.
    """
    site = np.full(grid.tissue.shape, NO_LEAK, np.uint8)
    outside = grid.part == Part.NONE
    for tissue, name in BY_TISSUE.items():
        site[outside & (grid.tissue == tissue)] = LEAK_SITES.index(name)
    site[_from_the_vein(grid)] = LEAK_SITES.index("basivertebral-vein")
    for needle in needles:
        site[outside & (site != NO_LEAK) & _track(grid, needle)] = LEAK_SITES.index("needle-track")
    return site, LEAK_SITES


def _from_the_vein(grid: VertebraGrid) -> Bool[np.ndarray, "k j i"]:
    """Canal voxels nearer to the basivertebral foramen than to any gap in the cortex that opens to the canal."""
    canal = grid.tissue == Tissue.CANAL
    rim = ndimage.binary_dilation(canal)
    bone = grid.part != Part.NONE
    foramen = rim & bone & (grid.tissue == Tissue.BASIVERTEBRAL_VEIN)
    gap = rim & bone & grid.is_tissue(Tissue.TRABECULAR, Tissue.CLEFT, Tissue.LESION)
    if not foramen.any():
        return np.zeros(canal.shape, bool)
    if not gap.any():
        return canal
    to_foramen, to_gap = (ndimage.distance_transform_edt(~each) for each in (foramen, gap))
    return np.asarray(canal & (to_foramen <= to_gap))


def _track(grid: VertebraGrid, needle: NeedlePath) -> Bool[np.ndarray, "k j i"]:
    """Voxels the needle passes behind its entry into bone, at least one line of voxels."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.tissue.shape), indexing="ij")
    offset: Float[np.ndarray, "k j i 3"] = grid.affine.to_world(np.stack([i, j, k], axis=-1)) - needle.entry_lps_mm
    along = offset @ needle.direction_lps
    aside = np.linalg.norm(offset - along[..., None] * needle.direction_lps, axis=-1)
    return np.asarray((along < 0) & (aside <= max(needle.gauge.outer_mm / 2, grid.spacing_mm)))
