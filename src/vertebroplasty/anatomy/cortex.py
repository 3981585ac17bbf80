"""The body's cortex on a CT that blurs it: how thick it appears, and gaps where the CT can show any.

Cortex is 0.3-0.5 mm thin; a CT shows it as a sheet of partial volume.  A gap is called only where that sheet vanishes
over a connected patch: a missed gap is an unknown, but a false one would be an outlet that is not there.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from vertebroplasty.anatomy.body_core import crop_points, foreign_on_crop, remembered
from vertebroplasty.anatomy.measurement import Spot
from vertebroplasty.anatomy.surroundings import faces
from vertebroplasty.anatomy.vertebra import Vertebra

__all__ = ["Breach", "Cortex", "find_breaches", "found_cortex"]

SHARPEST_SPACING_MM = 1.5  # [choice] on a coarser CT every cortex looks like a sieve and no gap is called
LEAST_RADIUS_MM = 1.0  # [choice] a gap is at least twice this across
NORMAL_FILTER_MM = 1.0  # [choice] smoothing of the distance before its gradient is taken as normal
STEP_MM = 0.25  # [choice] sampling along normals
SHEET_MM = (-2.5, 1.0)  # [choice] where along the outward normal the cortex is looked for
SPONGY_MM = (-10.0, -6.5)  # [choice] the same length of line deep in spongy bone: how high HU peaks without a cortex
BASE_MM = ((-6.0, -4.0), (2.0, 3.0))  # [choice] inner and outer base lines of the apparent thickness
CLEAR_CONTRAST = 6.0  # [choice] cortex so many noises above spongy bone needs no averaging over neighbours
CLEAR_SHARE, NOISY_SHARE = 0.25, 0.12  # [choice] a gap peaks below this share of the way from spongy bone to cortex
CLEAR_PATCH, NOISY_PATCH = 1.05, 1.45  # [choice] spacings around a gap's centre that must be open as well
NEIGHBOUR_SPACINGS = 1.1  # [choice] neighbours averaged where the CT is noisy
JOINED_SPACINGS = 1.8  # [choice] open points so close are one gap
SIEVE_SHARE = 0.05  # [choice] where more of the surface reads as open, the CT does not resolve the cortex
FORAMEN_HALF_MM = (5.0, 5.0)  # [choice] half width and height of the basivertebral foramen, no fracture gap
ONE_SIGMA = (0.1587, 0.8413)  # [exact] quantiles one standard deviation from the mean of a normal distribution


@dataclass(frozen=True, eq=False, kw_only=True)
class Breach:
    """One gap: as a spot, and the open points of the surface with their outward normals, LPS."""

    spot: Spot
    points_lps_mm: Float[np.ndarray, "n 3"]
    normals_lps: Float[np.ndarray, "n 3"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Cortex:
    """What the CT shows of the body's cortex; without `can_be_seen` the list of gaps says nothing."""

    breaches: tuple[Breach, ...]
    can_be_seen: bool
    why_not: str
    apparent_mm: float | None


@dataclass(frozen=True, eq=False)
class _Surface:
    """Points on the body's outer surface with outward normals, LPS, and the area each stands for."""

    points: Float[np.ndarray, "n 3"]
    normals: Float[np.ndarray, "n 3"]
    area_mm2: Float[np.ndarray, "n"]


def find_breaches(vertebra: Vertebra) -> tuple[tuple[Spot, ...], bool, float | None]:
    """Gaps in the body's cortex, whether this CT can show any, and the apparent thickness of the cortex in mm.

    A gap is seen only where the CT's spacing is at most 1.5 mm, the cortex stands out from the noise, and the gap is at
    least 2 mm (and two voxels) across.  The posterior foramen of the basivertebral vein is no gap.  The thickness is
    what the CT makes of the cortex (its full width at half maximum), several times the true one.
    """
    cortex = found_cortex(vertebra)
    return tuple(breach.spot for breach in cortex.breaches), cortex.can_be_seen, cortex.apparent_mm


def found_cortex(vertebra: Vertebra) -> Cortex:
    """The cortex with the open points of each gap, worked out once per level."""
    found: Cortex = remembered(vertebra.level, "cortex", lambda: _measure(vertebra))
    return found


def _measure(vertebra: Vertebra) -> Cortex:
    surface = _body_surface(vertebra)
    apparent = _apparent_thickness(vertebra, surface)
    spacing = max(vertebra.level.ct.largest_spacing_mm, float(vertebra.distance_affine.spacing_mm.max()))
    if spacing > SHARPEST_SPACING_MM * 1.001:
        why = f"Gaps in the cortex are not assessed: the CT's spacing is {spacing:.2g} mm, above 1.5 mm."
        return Cortex(breaches=(), can_be_seen=False, why_not=why, apparent_mm=apparent)
    is_open, patch_mm = _open_points(vertebra, surface, spacing)
    if np.mean(is_open) > SIEVE_SHARE:
        why = "Gaps in the cortex are not assessed: noise or thin cortex make the whole shell look porous on this CT."
        return Cortex(breaches=(), can_be_seen=False, why_not=why, apparent_mm=apparent)
    breaches = _patches(vertebra, surface, is_open, patch_mm, JOINED_SPACINGS * spacing)
    return Cortex(breaches=breaches, can_be_seen=True, why_not="", apparent_mm=apparent)


def _body_surface(vertebra: Vertebra) -> _Surface:
    """Voxels of the body next to no bone, moved onto the zero of the distance along its gradient."""
    distance = vertebra.distance_mm
    affine = vertebra.distance_affine
    face = ndimage.generate_binary_structure(3, 1)
    free = (distance >= 0) & ~foreign_on_crop(vertebra)
    at = vertebra.body_mask() & ndimage.binary_dilation(free, face) & ~foreign_on_crop(vertebra)
    smooth = ndimage.gaussian_filter(distance, NORMAL_FILTER_MM / affine.spacing_mm[::-1])
    gradient = np.stack([each[at] for each in np.gradient(smooth)[::-1]], axis=-1) / affine.spacing_mm
    along_index = gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), np.finfo(np.float32).eps)
    normals = along_index @ affine.directions.T
    points = crop_points(distance.shape, affine)[at] - distance[at][:, None] * normals
    # A layer of face-connected voxels holds, per area, the largest of |n|/spacing times the inverse cell volume.
    area = affine.voxel_ml * 1000.0 / np.max(np.abs(along_index) * affine.spacing_mm, axis=1)
    return _Surface(points, normals, area)


def _profiles(vertebra: Vertebra, surface: _Surface, reach_mm: tuple[float, float]) -> Float[np.ndarray, "n t"]:
    """HU along the outward normal of every surface point."""
    steps = np.arange(reach_mm[0], reach_mm[1] + STEP_MM / 2, STEP_MM)
    return vertebra.level.ct.sample(surface.points[:, None, :] + steps[None, :, None] * surface.normals[:, None, :])


def _apparent_thickness(vertebra: Vertebra, surface: _Surface) -> float | None:
    """Full width at half maximum of the mean profile, each half against its own base line."""
    if not len(surface.points):
        return None
    low, high = BASE_MM[0][0], BASE_MM[1][1]
    profiles = _profiles(vertebra, surface, (low, high))
    if not np.all(np.isfinite(profiles).any(axis=0)):
        return None
    mean = np.nanmean(profiles, axis=0, dtype=float)
    t = np.linspace(low, high, len(mean))
    inner = float(mean[t <= BASE_MM[0][1]].mean())
    outer = float(mean[t >= BASE_MM[1][0]].mean())
    peak = int(np.argmax(mean))
    if mean[peak] <= max(inner, outer) or not 0 < peak < len(mean) - 1:
        return None
    rising = float(np.interp((mean[peak] + inner) / 2, mean[: peak + 1], t[: peak + 1]))
    falling = float(np.interp(-(mean[peak] + outer) / 2, -mean[peak:], t[peak:]))
    return falling - rising


def _open_points(vertebra: Vertebra, surface: _Surface, spacing_mm: float) -> tuple[Bool[np.ndarray, "n"], float]:
    """Surface points without a cortical peak, and how far around a gap's centre all must be open."""
    sheet = _profiles(vertebra, surface, SHEET_MM)
    spongy = _profiles(vertebra, surface, SPONGY_MM)
    bare = np.max(spongy, axis=1)
    low, high = np.nanquantile(bare, ONE_SIGMA)
    contrast = np.nanmedian(np.max(sheet, axis=1)) - np.nanmedian(bare)
    share, patch = CLEAR_SHARE, CLEAR_PATCH
    if contrast < CLEAR_CONTRAST * (high - low) / 2:
        share, patch = NOISY_SHARE, NOISY_PATCH
        average = _neighbour_average(surface, NEIGHBOUR_SPACINGS * spacing_mm)
        sheet, spongy = average @ sheet, average @ spongy
    peak, bare = np.max(sheet, axis=1), np.max(spongy, axis=1)
    spongy_peak = np.nanmedian(bare)
    is_open = peak < spongy_peak + share * (np.nanmedian(peak) - spongy_peak)
    return is_open, max(LEAST_RADIUS_MM, patch * spacing_mm)


def _neighbour_average(surface: _Surface, radius_mm: float) -> csr_array:
    """Matrix that averages a surface quantity over all points within a radius."""
    pairs = cKDTree(surface.points).query_pairs(radius_mm, output_type="ndarray")
    count = len(surface.points)
    rows = np.concatenate([np.arange(count), pairs[:, 0], pairs[:, 1]])
    columns = np.concatenate([np.arange(count), pairs[:, 1], pairs[:, 0]])
    weight = 1.0 / np.bincount(rows, minlength=count)[rows]
    return csr_array((weight, (rows, columns)), shape=(count, count))


def _patches(
    vertebra: Vertebra, surface: _Surface, is_open: Bool[np.ndarray, "n"], patch_mm: float, joined_mm: float
) -> tuple[Breach, ...]:
    """Connected open points that hold a disc of the least radius, the largest first; the vein's foramen left out."""
    where = np.flatnonzero(is_open)
    if not where.size:
        return ()
    around = cKDTree(surface.points).query_ball_point(surface.points[where], patch_mm)
    wide = np.array([bool(is_open[near].all()) for near in around])
    pairs = cKDTree(surface.points[where]).query_pairs(joined_mm, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(where.size, where.size))
    count, group = connected_components(links, directed=False)
    breaches = []
    for number in range(count):
        members = group == number
        area = float(surface.area_mm2[where[members]].sum())
        if wide[members].any() and area >= np.pi * LEAST_RADIUS_MM**2:
            breach = _breach(vertebra, surface, where[members], area)
            if not _is_vein_foramen(vertebra, breach):
                breaches.append(breach)
    return tuple(sorted(breaches, key=lambda breach: -(breach.spot.area_mm2 or 0.0)))


def _breach(vertebra: Vertebra, surface: _Surface, members: Float[np.ndarray, "n"], area_mm2: float) -> Breach:
    points, normals = surface.points[members], surface.normals[members]
    centre = points.mean(axis=0)
    local, normal = vertebra.frame.to_local(centre), vertebra.frame.direction_to_local(normals.mean(axis=0))
    toward = faces(vertebra, local, normal / np.linalg.norm(normal))
    spot = Spot(centre_lps_mm=centre, area_mm2=area_mm2, toward=toward)
    return Breach(spot=spot, points_lps_mm=points, normals_lps=normals)


def _is_vein_foramen(vertebra: Vertebra, breach: Breach) -> bool:
    """Whether a gap lies within the natural foramen in the middle of the posterior wall."""
    if breach.spot.toward != "canal":
        return False
    local = vertebra.frame.to_local(breach.points_lps_mm)
    middle = np.array([(vertebra.left_mm + vertebra.right_mm) / 2, (vertebra.upper_mm + vertebra.lower_mm) / 2])
    return bool(np.all(np.abs(local[:, [0, 2]].mean(axis=0) - middle) <= FORAMEN_HALF_MM))
