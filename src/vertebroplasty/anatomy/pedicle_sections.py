"""Sections across a pedicle, compiled: area by rays, the largest inscribed circle, and chords."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.geometry.frame import Frame

__all__ = ["across", "ray_lengths", "section_areas"]

AREA_RAYS = 20  # [choice] rays by which the area of a section is summed
RAY_MM = 12.0  # [choice] a ray that finds no edge ends here: half of the tallest pedicle and more


def across(axis: Float[np.ndarray, "*n 3"]) -> tuple[Float[np.ndarray, "*n 3"], Float[np.ndarray, "*n 3"]]:
    """Unit vectors across an axis (local): sideways (in the axial plane) and upwards."""
    axis = np.asarray(axis, float)
    up = np.array([0.0, 0.0, 1.0])
    sideways = np.cross(axis, np.broadcast_to(up, axis.shape))
    sideways /= np.linalg.norm(sideways, axis=-1, keepdims=True)
    return sideways, np.cross(sideways, axis)


def ray_lengths(
    bone: Field, frame: Frame, centres: Float[np.ndarray, "n 3"], axes: Float[np.ndarray, "n 3"], rays: int
) -> Float[np.ndarray, "n rays"]:
    """Distance from each local centre to the edge of bone along rays across its axis; the limit where none is met."""
    angles = 2 * np.pi * np.arange(rays) / rays
    sideways, upwards = across(axes)
    directions = (
        np.cos(angles)[None, :, None] * sideways[:, None, :] + np.sin(angles)[None, :, None] * upwards[:, None, :]
    ).reshape(-1, 3)
    starts = np.repeat(centres, rays, axis=0)
    runs = bone.runs(frame.to_world(starts), frame.direction_to_world(directions), length_mm=RAY_MM)[:, 1]
    inside = bone.at(frame.to_world(starts)) < 0
    lengths = np.where(np.isfinite(runs), np.minimum(runs, RAY_MM), RAY_MM)
    return np.where(inside, lengths, 0.0).reshape(-1, rays)


def section_areas(
    bone: Field, frame: Frame, centres: Float[np.ndarray, "n 3"], axes: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "n"]:
    """Area in mm² of the bone section through each local centre across its axis; infinite where it is not bone."""
    lengths = ray_lengths(bone, frame, centres, axes, AREA_RAYS)
    area = 0.5 * np.sin(2 * np.pi / AREA_RAYS) * np.sum(lengths * np.roll(lengths, 1, axis=1), axis=1)
    return np.where(area > 0, area, np.inf)
