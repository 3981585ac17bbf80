"""Where cement leaves the bone: sites, the ways open to it, and the posterior wall it must not reach.

Every leak is made of voxels outside the bone.  Its site is what fills the voxel; in the canal it is the way taken:
through the vein's foramen `basivertebral-vein`, through a gap in the bone `epidural`.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int8
from scipy import ndimage

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.leak_sites import BONY_SITES, SIMULATED_SITES, YEOM, LeakSite
from vertebroplasty.anatomy.sites import NO_LEAK, site_of
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.permeability import GAP_PERMEABILITY, VEINS, PorousBed
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = [
    "BONY_SITES", "CODE_INSIDE", "SITES", "YEOM", "Leak", "LeakSite", "Links", "links", "mouths", "near_posterior_wall",
    "next_to", "site_codes", "with_gaps",
]  # fmt: skip

WALL_DISTANCE_MM = 1.0  # [choice] cement this close to the inner posterior wall has reached the posterior cortex
WALL_AVERAGED_MM = 1.0  # [choice] to each side, over which the wall's inner face is averaged
WALL_STEP_MM = 1.5  # [choice] a row whose wall lies this much farther on is another wall's
OPENING_MM = 3.0  # [choice] around a gap or a foramen there is no wall to reach
SHELL_MM = 2.0  # [choice] depth of a gap through the cortical shell
WALL_TO_CANAL_MM = 6.0  # [choice] the cortex of the body this close in front of the canal is its posterior wall
CODE_INSIDE = -1  # [exact] not a leak

SITES = SIMULATED_SITES
Mask = Bool[np.ndarray, "k j i"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One leak: site, volume, first drop and first moment it could be seen (None: never), Yeom's type."""

    site: LeakSite
    volume_ml: float
    first_time_s: float
    first_visible_s: float | None
    yeom: str | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Links:
    """Which faces between a voxel and the next along i, j, k let anything pass."""

    i: Mask
    j: Mask
    k: Mask


def links(grid: VertebraGrid, bed: PorousBed) -> Links:
    """The faces that are open.

    A vein's wall is tight: outside the bone it opens into its own kind alone, and the basivertebral vein into the
    canal at its foramen.  Where the CT cannot show gaps in the cortex, marrow meets the outside nowhere.
    """
    vein = grid.is_tissue(*VEINS)
    basivertebral = grid.tissue == Tissue.BASIVERTEBRAL_VEIN
    canal = grid.tissue == Tissue.CANAL
    fields = []
    for axis in (2, 1, 0):
        a, b = [slice(None)] * 3, [slice(None)] * 3
        a[axis], b[axis] = slice(None, -1), slice(1, None)
        here, there = tuple(a), tuple(b)
        passing = (bed.inside | bed.outside)[here] & (bed.inside | bed.outside)[there]
        for one, other in ((here, there), (there, here)):
            loose = bed.outside[other] & ~vein[other]
            through_wall = vein[one] & loose & ~(basivertebral[one] & canal[other])
            passing &= ~through_wall
            if not grid.breaches_can_be_seen:
                passing &= ~(bed.inside[one] & ~vein[one] & loose)
        field = np.zeros_like(bed.inside)
        field[here] = passing
        fields.append(field)
    return Links(i=fields[0], j=fields[1], k=fields[2])


def site_codes(grid: VertebraGrid, bed: PorousBed, needle: NeedlePath | None = None) -> Int8[np.ndarray, "k j i"]:
    """Index into `SITES` of every voxel outside the bone, −1 inside; canal voxels count as epidural until reached."""
    sites, names = site_of(grid, () if needle is None else (needle,))
    here = np.array([SITES.index(LeakSite(name)) for name in names], np.int8)
    codes = np.full(sites.shape, CODE_INSIDE, np.int8)
    known = bed.outside & (sites != NO_LEAK)
    codes[known] = here[sites[known]]
    codes[bed.outside & (grid.tissue == Tissue.CANAL)] = SITES.index(LeakSite.EPIDURAL)
    return codes


def mouths(bed: PorousBed, open_links: Links) -> Mask:
    """Voxels of the bone that open to the outside: gaps in the cortex and veins where they leave it."""
    return np.asarray(next_to(bed.outside, open_links) & bed.inside)


def next_to(mask: Mask, open_links: Links) -> Mask:
    """Voxels that share an open face with the mask."""
    out = np.zeros_like(mask)
    for axis, link in ((2, open_links.i), (1, open_links.j), (0, open_links.k)):
        here, faces, found = (np.moveaxis(a, axis, 0) for a in (mask, link, out))
        found[1:] |= here[:-1] & faces[:-1]
        found[:-1] |= here[1:] & faces[:-1]
    return out


def with_gaps(grid: VertebraGrid, bed: PorousBed, open_links: Links) -> PorousBed:
    """The bed with its gaps as open cracks through the whole thickness of the shell."""
    depth = max(1, round(SHELL_MM / grid.spacing_mm))
    solid = bed.inside & ~grid.is_tissue(*VEINS)
    gaps = ndimage.binary_dilation(mouths(bed, open_links) & solid, iterations=depth, mask=solid)
    return replace(
        bed, permeability_m2=np.where(gaps, np.maximum(bed.permeability_m2, GAP_PERMEABILITY), bed.permeability_m2)
    )


def near_posterior_wall(grid: VertebraGrid, bed: PorousBed, open_links: Links) -> Mask:
    """Voxels of the body that lie within 1 mm of the inner posterior wall.

    In every sagittal row the wall is the cortex between the canal and the body's marrow; its inner face is averaged
    over the rows around, so that it lies between voxels and no single one of them stands out as a wall.  Within 3 mm
    of a gap or of a vein's foramen cement is on its way out and counts once it has leaked.  From a way into the canal
    these 3 mm are counted beside its whole passage through the wall, which looks thicker or thinner as the lattice
    lies.
    """
    body = grid.part == Part.BODY
    cortex = body & (grid.tissue == Tissue.CORTEX)
    reach = max(1, round(WALL_TO_CANAL_MM / grid.spacing_mm))
    passed = cortex | grid.is_tissue(Tissue.CANAL, Tissue.SOFT)
    canal_behind = _carried_forward(grid.tissue == Tissue.CANAL, reach, stop=~passed)
    wall = cortex & canal_behind
    marrow = bed.inside & body & ~grid.is_tissue(*VEINS)
    face = np.zeros_like(wall)
    face[:, 1:] = wall[:, :-1] & marrow[:, 1:]
    before_mm = _before_the_wall(face, grid.spacing_mm)
    near = marrow & (np.abs(before_mm) <= WALL_DISTANCE_MM)
    openings = mouths(bed, open_links)
    into_canal = openings & next_to(bed.outside & (grid.tissue == Tissue.CANAL), open_links)
    openings |= _carried_forward(into_canal, reach, stop=np.zeros_like(into_canal))
    if openings.any():
        near &= ndimage.distance_transform_edt(~openings) * grid.spacing_mm > OPENING_MM
    return np.asarray(near)


def _before_the_wall(face: Mask, spacing_mm: float) -> Float64[np.ndarray, "k j i"]:
    """How far each voxel's centre lies before the wall's inner face, across it; not a number in rows without a wall.

    `face` marks the first voxel of marrow before the wall.  Rows around whose wall lies far before or behind belong to
    something else and are not averaged.
    """
    rows = face.shape[1]
    first = np.where(face.any(axis=1), rows - 1.0 - np.argmax(face[:, ::-1], axis=1), np.nan)
    half = max(1, round(WALL_AVERAGED_MM / spacing_mm))
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(first, half, constant_values=np.nan), (2 * half + 1, 2 * half + 1)
    )
    own = first[:, :, None, None]
    same = np.abs(around - own) * spacing_mm <= WALL_STEP_MM
    inner = np.where(same, around, own).mean(axis=(2, 3)) - 0.5
    up, right = np.nan_to_num(np.gradient(inner))
    across = spacing_mm / np.sqrt(1.0 + up**2 + right**2)
    return np.asarray((np.arange(rows)[None, :, None] - inner[:, None, :]) * across[:, None, :])


def _carried_forward(start: Mask, steps: int, *, stop: Mask) -> Mask:
    """Voxels reached from `start` by going at most so many voxels anterior, through voxels that do not stop."""
    reached = start.copy()
    for _ in range(steps):
        reached[:, 1:] |= reached[:, :-1] & ~stop[:, 1:]
    return reached
