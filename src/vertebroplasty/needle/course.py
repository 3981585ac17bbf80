"""The course of a pedicle read from its walls: the direction that their normals are square to."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.vertebra import Pedicle, Vertebra
from vertebroplasty.needle.corridor import bone_field, ray_lengths

__all__ = ["pedicle_course"]

HALF_LENGTH_MM = 2.5  # [choice] of wall before and behind the isthmus: further off, lamina and body begin
STEP_MM = 0.5  # [choice] between the sections
RAYS = 32  # [choice] directions around a section
GRADIENT_MM = 1.0  # [choice] half the distance over which a normal is read
WIDER = 1.2  # [choice] walls further away than this share of the isthmus are no longer the pedicle's
LEAST_WALL = 0.5  # [choice] share of the rays that must meet the pedicle's own wall
ROUNDS = 4  # [choice] the direction settles in fewer


def pedicle_course(vertebra: Vertebra, pedicle: Pedicle) -> Float[np.ndarray, "3"]:
    """Unit vector (LPS) along the pedicle's walls near the isthmus, from the back to the front.

    The sum of squares of (normal · direction) over the walls is least there, however a pedicle flares to both ends.
    Where less than half of the wall is the pedicle's own, it is the axis of the smallest section.
    """
    field, frame = bone_field(vertebra), vertebra.frame
    axis = measured = frame.direction_to_world(pedicle.axis)
    isthmus = frame.to_world(pedicle.isthmus_mm)
    turn = 2 * np.pi * np.arange(RAYS) / RAYS
    places = np.arange(-HALF_LENGTH_MM, HALF_LENGTH_MM + STEP_MM / 2, STEP_MM)
    for _ in range(ROUNDS):
        up = frame.superior - (frame.superior @ axis) * axis
        up /= np.linalg.norm(up)
        side = np.cross(axis, up)
        ring = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up
        starts = np.repeat(isthmus + places[:, None] * axis, RAYS, axis=0)
        rays = np.tile(ring, (len(places), 1))
        length = ray_lengths(field, starts, rays)
        half = np.hypot(np.cos(turn) * pedicle.width_mm, np.sin(turn) * pedicle.height_mm) / 2
        own = length < WIDER * np.tile(half, len(places))
        if own.mean() < LEAST_WALL:
            return measured
        normals = _normals(vertebra, (starts + length[:, None] * rays)[own])
        across = normals @ np.stack([side, up], axis=1)
        lean = np.linalg.lstsq(across, -normals @ axis, rcond=None)[0]
        axis = axis + lean[0] * side + lean[1] * up
        axis /= np.linalg.norm(axis)
    return axis


def _normals(vertebra: Vertebra, points_lps_mm: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Outward unit normals of the bone's surface at points on it."""
    field = bone_field(vertebra)
    steps = GRADIENT_MM * np.eye(3)
    slope = np.stack([field.at(points_lps_mm + step) - field.at(points_lps_mm - step) for step in steps], axis=1)
    return np.asarray(slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), np.finfo(float).tiny))
