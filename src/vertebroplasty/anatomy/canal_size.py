"""How wide the canal is: front to back over the height of the body, its area and its width between the pedicles."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.bone import bone_of, neighbour_bone
from vertebroplasty.anatomy.robust_fit import robust_fit
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import Canal, Vertebra
from vertebroplasty.geometry.frame import Frame

__all__ = ["CanalProfile", "canal_profile"]

MIDLINE_MM = (-2.0, -1.0, 0.0, 1.0, 2.0)  # [choice] lateral places at which front and back are read
AP_SHARE = 0.42  # [choice] of the height to each side of the middle over which front to back is read
STEP_MM = 1.0  # [choice] along the canal
BEFORE_BACK_MM = 2.5  # [choice] rays start this far in front of the back, so that a fragment does not swallow them
REACH_MM = 5.0  # [choice] a start that lies in bone looks this far for the canal
RAY_MM = 30.0  # [choice] a ray that meets no bone by then leaves the canal
AREA_RAYS = 72  # [choice] of the section's outline
AREA_LOW, AREA_HIGH = -0.10, 0.45  # [choice] share of the height over which the outline is read: pedicles and lamina
AREA_PERCENTILE = 25.0  # [choice] of the hits of one ray; a recess or foramen lies wider
BACK_SECTOR_RAD = 0.5  # [choice] some ray within this angle of straight back must meet a lamina
LEAST_RAYS = 0.8  # [choice] share of rays with bone below which no area is given: the ring is open
WIDTH_FEWEST = 4  # [choice] heights at which both sides must be met
SMOOTH_MM = 3.0  # [choice] of height averaged before the smallest is taken
SMOOTH_VOXELS = 2.5  # [choice] likewise in voxels: the smallest of noisy values is too small


@dataclass(frozen=True, eq=False, kw_only=True)
class CanalProfile:
    """The canal's front and back (anterior, mm) at heights over the body, its area and width; None where unseen."""

    superior_mm: Float[np.ndarray, "n"]
    front_mm: Float[np.ndarray, "n"]
    back_mm: Float[np.ndarray, "n"]
    smallest_ap_mm: float | None
    median_ap_mm: float | None
    area_mm2: float | None
    width_mm: float | None
    rays_with_bone: float


def _arches(vertebra: Vertebra) -> list[Field]:
    """The bone of this level and of its direct neighbours, whose laminae close the canal between two levels."""
    bones = (bone_of(vertebra.level), neighbour_bone(vertebra.level, -1), neighbour_bone(vertebra.level, 1))
    return [bone.field for bone in bones if bone is not None]


def _front_and_back(
    vertebra: Vertebra, canal: Canal, heights: Float[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Mean front and back of the canal near the midline at each height; NaN where no bone is met."""
    own, *others = _arches(vertebra)
    frame = vertebra.frame
    centre = np.interp(heights, canal.superior_mm, canal.centre_anterior_mm)
    start = centre - max(canal.half_depth_mm - BEFORE_BACK_MM, 0.0)
    right, along = (axis.ravel() for axis in np.meshgrid(MIDLINE_MM, heights, indexing="ij"))
    points = np.stack([right, np.tile(start, len(MIDLINE_MM)), along], axis=1)
    world = frame.to_world(points)
    runs = own.runs(world, frame.anterior, reach_mm=REACH_MM, free=True, length_mm=RAY_MM)
    front = points[:, 1] + runs[:, 1]
    back = points[:, 1] + runs[:, 0]
    for other in others:
        farther = other.runs(world, frame.anterior, reach_mm=REACH_MM, free=True, length_mm=RAY_MM)[:, 0]
        back = np.fmax(back, points[:, 1] + farther)
    back = np.where(back < points[:, 1] + REACH_MM, back, np.nan)
    shape = (len(MIDLINE_MM), len(heights))
    return _mean(front.reshape(shape)), _mean(back.reshape(shape))


def _mean(values: Float[np.ndarray, "x n"]) -> Float[np.ndarray, "n"]:
    """Column means without NaN; NaN where a column has fewer than half of its values."""
    seen = np.isfinite(values)
    count = seen.sum(axis=0)
    total = np.where(seen, values, 0.0).sum(axis=0)
    return np.where(2 * count >= len(values), total / np.maximum(count, 1), np.nan)


def _bridged(heights: Float[np.ndarray, "n"], places: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"] | None:
    """Straight bridges over gaps between laminae; None where nothing was met at all."""
    seen = np.isfinite(places)
    return np.interp(heights, heights[seen], places[seen]) if seen.any() else None


def _area(own: Field, frame: Frame, canal: Canal, height_mm: float) -> tuple[float | None, float]:
    """Area inside the outline that rays from the mid canal meet, and the share of rays that meet bone."""
    heights = np.arange(AREA_LOW * height_mm, AREA_HIGH * height_mm + STEP_MM / 2, STEP_MM)
    angles = 2 * np.pi * np.arange(AREA_RAYS) / AREA_RAYS
    centre = np.interp(heights, canal.superior_mm, canal.centre_anterior_mm)
    start = np.stack([np.zeros_like(heights), centre, heights], axis=1)
    points = np.repeat(start, AREA_RAYS, axis=0)
    local = np.tile(np.stack([np.cos(angles), np.sin(angles), np.zeros(AREA_RAYS)], axis=1), (len(heights), 1))
    runs = own.runs(frame.to_world(points), frame.direction_to_world(local), reach_mm=0.0, free=True, length_mm=RAY_MM)[
        :, 1
    ].reshape(len(heights), AREA_RAYS)
    met = np.isfinite(runs).any(axis=0)
    behind = np.sin(angles) < -np.cos(BACK_SECTOR_RAD)
    if met.mean() < LEAST_RAYS or not met[behind].any():
        return None, float(met.mean())
    hits = np.array([np.nanpercentile(runs[:, ray], AREA_PERCENTILE) for ray in np.nonzero(met)[0]])
    radius = np.interp(angles, angles[met], hits, period=2 * np.pi)
    return float(0.5 * np.sin(2 * np.pi / AREA_RAYS) * np.sum(radius * np.roll(radius, 1))), float(met.mean())


def _width(own: Field, vertebra: Vertebra, canal: Canal) -> float | None:
    """Largest distance between the pedicles in front of the canal's centre: median over the heights that they span."""
    height = vertebra.upper_mm - vertebra.lower_mm
    heights = np.arange(-height / 4, height / 2, STEP_MM)
    widest = None
    for share in (0.1, 0.3, 0.5, 0.7):
        front = vertebra.posterior_wall.anterior_at(heights)
        centre = np.interp(heights, canal.superior_mm, canal.centre_anterior_mm)
        points = np.stack([np.zeros_like(heights), front + share * (centre - front), heights], axis=1)
        runs = own.runs(vertebra.frame.to_world(points), vertebra.frame.right, free=True, length_mm=RAY_MM)
        both = np.isfinite(runs).all(axis=1)
        if both.sum() >= WIDTH_FEWEST:
            narrow = np.sort((runs[:, 1] - runs[:, 0])[both])[: max(both.sum() // 2, WIDTH_FEWEST)]
            widest = max(widest or 0.0, float(np.median(narrow)))
    return widest


def _tilt(heights: Float[np.ndarray, "n"], centre: Float[np.ndarray, "n"]) -> float:
    """Slope of the canal's axis against superior."""
    return float(robust_fit(np.stack([np.ones_like(heights), heights], axis=1), centre)[1])


def canal_profile(vertebra: Vertebra) -> CanalProfile | None:
    """The canal of one level; None where no canal was found."""
    canal = vertebra.canal
    if canal is None:
        return None
    height = vertebra.upper_mm - vertebra.lower_mm
    middle = (vertebra.upper_mm + vertebra.lower_mm) / 2
    heights = middle + np.arange(-AP_SHARE * height, AP_SHARE * height + STEP_MM / 2, STEP_MM)
    front, back = _front_and_back(vertebra, canal, heights)
    front_line, back_line = _bridged(heights, front), _bridged(heights, back)
    own = bone_of(vertebra.level).field
    area, share = _area(own, vertebra.frame, canal, height)
    smallest, median = None, None
    if front_line is not None and back_line is not None:
        slope = _tilt(heights, (front_line + back_line) / 2)
        ap = (front_line - back_line) / np.hypot(1.0, slope)
        window = round(max(SMOOTH_MM, SMOOTH_VOXELS * float(vertebra.distance_affine.spacing_mm.max())) / STEP_MM)
        window = min(window, len(ap))
        smooth = np.convolve(ap, np.ones(window) / window, mode="valid")
        smallest, median = float(smooth.min()), float(np.median(ap))
    return CanalProfile(
        superior_mm=heights,
        front_mm=front,
        back_mm=back,
        smallest_ap_mm=smallest,
        median_ap_mm=median,
        area_mm2=area,
        width_mm=_width(own, vertebra, canal),
        rays_with_bone=share,
    )
