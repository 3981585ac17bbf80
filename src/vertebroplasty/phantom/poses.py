"""Where each synthetic level stands: a chain of bodies and discs along a curved posterior wall."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.phantom.shape import LevelShape

__all__ = ["Pose", "chain", "rotation"]

JOINT_MM = 15.0  # [choice] disc heights are kept on this line in front of the posterior wall


@dataclass(frozen=True, eq=False)
class Pose:
    """Origin and rows right, anterior, superior of one level, in the patient's right, anterior, superior mm."""

    origin: Float[np.ndarray, "3"]
    axes: Float[np.ndarray, "3 3"]


def rotation(degrees_xyz: tuple[float, float, float]) -> Float[np.ndarray, "3 3"]:
    """Turn about the x, then the y, then the z axis."""
    turn = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees_xyz)):
        step = np.eye(3)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        step[[a, b], [a, b]] = np.cos(angle)
        step[a, b], step[b, a] = -np.sin(angle), np.sin(angle)
        turn = step @ turn
    return turn


def _axes(forward_deg: float, right_deg: float) -> Float[np.ndarray, "3 3"]:
    """Rows right, anterior, superior of a level whose top leans forward and to the right."""
    return rotation((-forward_deg, right_deg, 0.0)).T


def _joint(shape: LevelShape, *, upper: bool) -> Float[np.ndarray, "3"]:
    """Where the disc's height is kept: on the plane of the rim, a fixed depth in front of the wall."""
    front, _, back = shape.upper_mm if upper else shape.lower_mm
    share = JOINT_MM / shape.depth_mm
    return np.array([0.0, shape.wall_mm + JOINT_MM, back + share * (front - back)])


def chain(shapes: tuple[LevelShape, ...], disc_mm: float, lordosis_deg: float, scoliosis_deg: float) -> list[Pose]:
    """Poses from the top level down, centred on their mean; the curve is shared evenly by the discs."""
    last = max(1, len(shapes) - 1)
    shares = [n / last - 0.5 if len(shapes) > 1 else 0.0 for n in range(len(shapes))]
    turns = [_axes(lordosis_deg * share, scoliosis_deg * share) for share in shares]
    origins = [np.zeros(3)]
    for n in range(1, len(shapes)):
        down = -(turns[n - 1][2] + turns[n][2])
        step = _joint(shapes[n - 1], upper=False) @ turns[n - 1]
        step = step + disc_mm * down / np.linalg.norm(down) - _joint(shapes[n], upper=True) @ turns[n]
        origins.append(origins[-1] + step)
    middle = np.mean(origins, axis=0)
    return [Pose(origin - middle, axes) for origin, axes in zip(origins, turns, strict=True)]
