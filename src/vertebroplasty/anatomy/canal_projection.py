"""Find the canal by looking down the spine: body, pedicles and laminae close a ring in projection, if in no slice."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64
from scipy import ndimage

from vertebroplasty.geometry.frame import Frame
from vertebroplasty.kernels import kernel

__all__ = ["CanalHole", "find_canal_hole"]

PIXEL_MM = 1.5  # [choice] the projection's pixel, the bone cloud's own lattice
HALF_IMAGE_MM = 54.0  # [choice] seen to each side of the body's seed
HALF_SLAB_MM = 36.0  # [choice] bone this far up and down is summed
FREE_BELOW_MM = (2.0, 4.0, 7.0)  # [choice] bone thinner than this counts as free; the next is tried if no ring closes
RAYS = 32  # [choice] directions in which a free pixel looks for bone
RAY_MM = 32.0  # [choice] how far it looks: more than any canal
NEAREST_MM = 8.0  # [choice] of the canal's centre to the seed
FARTHEST_MM = 48.0  # [choice] likewise
SMALLEST_RADIUS_MM = 3.0  # [choice] of the circle in the canal; smaller holes are facet gaps
CORE_SHARE = 0.7  # [choice] pixels this close to the largest circle's depth place its centre


@dataclass(frozen=True, slots=True, kw_only=True)
class CanalHole:
    """The canal seen along the frame's superior axis: local centre, largest circle, share of rays that meet bone."""

    right_mm: float
    anterior_mm: float
    radius_mm: float
    closed_share: float


@kernel
def _enclosed_share(
    is_bone: Bool[np.ndarray, "a r"], down: Int64[np.ndarray, "rays steps"], across: Int64[np.ndarray, "rays steps"]
) -> Float[np.ndarray, "a r"]:
    """For every free pixel the share of rays, given as pixel offsets, that meet bone."""
    rows, columns = is_bone.shape
    rays, steps = down.shape
    share = np.zeros((rows, columns))
    for r in range(rows):
        for c in range(columns):
            if is_bone[r, c]:
                continue
            met = 0
            for ray in range(rays):
                for step in range(steps):
                    y, x = r + down[ray, step], c + across[ray, step]
                    if y < 0 or x < 0 or y >= rows or x >= columns:
                        break
                    if is_bone[y, x]:
                        met += 1
                        break
            share[r, c] = met / rays
    return share


def _ray_offsets() -> tuple[Int64[np.ndarray, "rays steps"], Int64[np.ndarray, "rays steps"]]:
    """Rows and columns that each ray passes, away from its pixel."""
    angles = 2.0 * np.pi * np.arange(RAYS)[:, None] / RAYS
    steps = np.arange(1, int(RAY_MM / PIXEL_MM) + 1)
    return np.rint(steps * np.sin(angles)).astype(np.int64), np.rint(steps * np.cos(angles)).astype(np.int64)


def _thickness(cloud_mm: Float[np.ndarray, "n 3"], point_ml: float) -> Float[np.ndarray, "a r"]:
    """Millimetres of bone along the superior axis per pixel (rows anterior, columns right), spread bilinearly."""
    size = 2 * int(HALF_IMAGE_MM / PIXEL_MM) + 1
    image = np.zeros((size, size))
    near = cloud_mm[np.abs(cloud_mm[:, 2]) < HALF_SLAB_MM]
    place = near[:, :2] / PIXEL_MM + (size - 1) / 2
    base = np.floor(place).astype(int)
    part = place - base
    inside = np.all((base >= 0) & (base < size - 1), axis=1)
    base, part = base[inside], part[inside]
    for right, along in ((0, 1 - part[:, 0]), (1, part[:, 0])):
        for front, across in ((0, 1 - part[:, 1]), (1, part[:, 1])):
            np.add.at(image, (base[:, 1] + front, base[:, 0] + right), along * across)
    return image * point_ml / PIXEL_MM**2


def _largest_hole(share: Float[np.ndarray, "a r"], enclosed: Bool[np.ndarray, "a r"]) -> CanalHole | None:
    """The enclosed region behind the seed that holds the largest circle."""
    size = enclosed.shape[0]
    depth = ndimage.distance_transform_edt(enclosed) * PIXEL_MM
    offsets = (np.arange(size) - (size - 1) / 2) * PIXEL_MM
    anterior, right = np.meshgrid(offsets, offsets, indexing="ij")
    away = np.hypot(anterior, right)
    allowed = (away >= NEAREST_MM) & (away <= FARTHEST_MM) & (anterior < -NEAREST_MM / 2)
    depth_allowed = np.where(allowed, depth, 0.0)
    best = float(depth_allowed.max())
    if best < SMALLEST_RADIUS_MM:
        return None
    regions, _ = ndimage.label(allowed & (depth > CORE_SHARE * best))
    core = regions == regions[np.unravel_index(int(np.argmax(depth_allowed)), depth.shape)]
    weight = depth[core]
    return CanalHole(
        right_mm=float(np.average(right[core], weights=weight)),
        anterior_mm=float(np.average(anterior[core], weights=weight)),
        radius_mm=best,
        closed_share=float(share[core].mean()),
    )


def find_canal_hole(
    cloud_lps_mm: Float[np.ndarray, "n 3"], point_mm3: float, frame: Frame, closed_share: float
) -> CanalHole | None:
    """The canal in the projection along the frame's superior axis, or None if no ring closes.

    Args:
        cloud_lps_mm: points of bone on a regular lattice.
        point_mm3: the volume that each point stands for.
        frame: provisional axes with the origin in the body.
        closed_share: share of rays from a canal pixel that must meet bone.
    """
    thickness = _thickness(frame.to_local(cloud_lps_mm), point_mm3)
    down, across = _ray_offsets()
    for limit in FREE_BELOW_MM:
        share = _enclosed_share(thickness >= limit, down, across)
        hole = _largest_hole(share, share >= closed_share)
        if hole is not None:
            return hole
    return None
