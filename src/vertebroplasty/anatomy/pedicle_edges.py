"""The outer edge of a pedicle read on the CT, between its cortex and the soft tissue outside."""

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.pedicle_sections import across, ray_lengths
from vertebroplasty.anatomy.uncertainty import voxel_along
from vertebroplasty.anatomy.volume import CtVolume

__all__ = ["edge_share", "outer_radii"]

INWARD_MM, OUTWARD_MM = 2.0, 2.5  # [choice] of the label's edge: the cortex's peak and the outside are sought there
STEP_MM = 0.1  # [choice] along a ray
ALONG_MM = (-1.0, -0.5, 0.0, 0.5, 1.0)  # [choice] the profile is averaged over this length of the pedicle
LEAST_CONTRAST_HU = 80.0  # [choice] a fainter edge is noise: the label's edge stands
METAL_ABOVE_HU = 2000.0  # [choice] a screw or cement blooms: the label's edge stands
MEDIAN_RAYS = 5  # [choice] neighbouring rays whose median is taken
CORTEX_MM = 1.2  # [choice] thickness assumed for a pedicle's cortex when its blurred peak is judged
MARROW_SHARE = 0.2  # [choice] marrow against cortex, both above the tissue outside
BLUR_PER_VOXEL = 0.5  # [exact] standard deviation of a voxel's box (1/12) and of linear interpolation (1/6), in voxels
LARGEST_SHARE = 0.65  # [choice] nearer to the peak, noise and the blurred marrow decide more than the edge


def edge_share(voxel_mm: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Where between the tissue outside (0) and the blurred peak (1) the true outer edge of a thin cortex lies.

    A plate of `CORTEX_MM` before marrow, blurred by the voxel along the ray: half the height where voxels are small,
    more where the peak itself is flattened.
    """
    sigma = BLUR_PER_VOXEL * np.asarray(voxel_mm, float)
    whole, half = ndtr(CORTEX_MM / sigma), ndtr(CORTEX_MM / (2 * sigma))
    edge = whole - 0.5 + MARROW_SHARE * (1 - whole)
    peak = 2 * half - 1 + MARROW_SHARE * (1 - half)
    return np.minimum(edge / peak, LARGEST_SHARE)


def _edge(profile: Float[np.ndarray, "n"], offsets: Float[np.ndarray, "n"], share: float) -> float:
    """Offset from the label's edge at which one profile falls to a share of its peak; 0 where there is no edge."""
    inner = offsets <= OUTWARD_MM / 2
    peak = int(np.argmax(np.where(inner, profile, -np.inf)))
    lowest = peak + int(np.argmin(profile[peak:]))
    if profile[peak] - profile[lowest] < LEAST_CONTRAST_HU:
        return 0.0
    level = profile[lowest] + share * (profile[peak] - profile[lowest])
    below = peak + int(np.argmax(profile[peak:] < level))
    upper, lower = profile[below - 1], profile[below]
    return float(offsets[below - 1] + (upper - level) / (upper - lower) * (offsets[below] - offsets[below - 1]))


def outer_radii(
    body: Body, ct: CtVolume, centre: Float[np.ndarray, "3"], axis: Float[np.ndarray, "3"], rays: int
) -> Float[np.ndarray, "rays"]:
    """Distance from the isthmus' centre to the pedicle's outer edge along rays across its axis, local mm."""
    label = ray_lengths(body.bone, body.frame, centre[None], axis[None], rays)[0]
    angles = 2 * np.pi * np.arange(rays) / rays
    sideways, upwards = across(axis)
    directions = np.cos(angles)[:, None] * sideways + np.sin(angles)[:, None] * upwards
    offsets = np.arange(-INWARD_MM, OUTWARD_MM + STEP_MM / 2, STEP_MM)
    reach = np.maximum(label[:, None] + offsets, 0.0)
    points = centre + reach[..., None] * directions[:, None, :]
    profiles = np.zeros(reach.shape)
    for along in ALONG_MM:
        profiles += ct.sample(body.frame.to_world(points + along * axis), beyond_hu=0.0)
    profiles /= len(ALONG_MM)
    if profiles.max() > METAL_ABOVE_HU:
        return label
    shares = edge_share(voxel_along(ct.affine, body.frame.direction_to_world(directions)))
    offset = np.array([_edge(profile, offsets, share) for profile, share in zip(profiles, shares, strict=True)])
    moved = label + offset
    window = np.stack([np.roll(moved, shift) for shift in range(-(MEDIAN_RAYS // 2), MEDIAN_RAYS // 2 + 1)])
    return np.asarray(np.median(window, axis=0))
