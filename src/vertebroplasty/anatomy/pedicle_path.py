"""Where a pedicle begins its search: the bottleneck of the widest way through bone from the body to the arch."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.signed_distance import signed_distance

__all__ = ["bottleneck"]

CELL_MM = 1.0  # [choice] lattice on which the way is searched
NEAREST_MM, FARTHEST_MM = 3.5, 32.0  # [choice] lateral limits of the searched box
BEFORE_WALL_MM, BEHIND_WALL_MM = 9.0, 12.0  # [choice] its limits before and behind the posterior wall
HALF_HEIGHT_MM = 20.0  # [choice] its limits above and below the body's middle
HALVINGS = 9  # [choice] of the interval of radii: far below a voxel


def _joined(wide: Bool[np.ndarray, "r a s"], front: slice, back: slice) -> bool:
    """Whether one piece of the mask reaches from the front to the back of the box."""
    pieces, _ = ndimage.label(wide)
    ahead, behind = np.unique(pieces[:, front]), np.unique(pieces[:, back])
    return bool(np.intersect1d(ahead[ahead > 0], behind[behind > 0]).size)


def bottleneck(body: Body, side: str) -> Float[np.ndarray, "3"] | None:
    """Local centre of the narrowest place of the widest way from body to arch on one side; None if none leads there."""
    sign = 1.0 if side == "right" else -1.0
    lateral = np.arange(NEAREST_MM, FARTHEST_MM, CELL_MM)
    behind = np.arange(BEFORE_WALL_MM, -BEHIND_WALL_MM - CELL_MM / 2, -CELL_MM)
    heights = np.arange(-HALF_HEIGHT_MM, HALF_HEIGHT_MM + CELL_MM / 2, CELL_MM)
    right, depth, superior = np.meshgrid(sign * lateral, behind, heights, indexing="ij")
    anterior = depth + body.plane.anterior_at(superior)
    points = np.stack([right, anterior, superior], axis=-1)
    bone = body.bone.at(body.frame.to_world(points)) < 0
    if not bone.any() or bone.all():
        return None
    radius = -signed_distance(bone, np.full(3, CELL_MM))
    front, back = slice(0, 3), slice(len(behind) - 3, len(behind))
    if not _joined(radius > 0, front, back):
        return None
    low, high = 0.0, float(radius.max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _joined(radius > middle, front, back):
            low = middle
        else:
            high = middle
    # Just above the critical radius the way is broken; the bottleneck lies between the two shores.
    pieces, _ = ndimage.label(radius > high)
    ahead, astern = np.unique(pieces[:, front]), np.unique(pieces[:, back])
    shores = [np.isin(pieces, shore[shore > 0]) for shore in (ahead, astern)]
    if not all(shore.any() for shore in shores):
        return None
    gap = sum(ndimage.distance_transform_edt(~shore) for shore in shores)
    gap = np.where(radius > low, gap, np.inf)
    return np.asarray(points[np.unravel_index(int(np.argmin(gap)), gap.shape)])
