"""One pedicle: its axis across the smallest section, its isthmus, and its size read on the CT at the outer edge."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.pedicle_edges import outer_radii
from vertebroplasty.anatomy.pedicle_path import bottleneck
from vertebroplasty.anatomy.pedicle_sections import across, ray_lengths, section_areas
from vertebroplasty.anatomy.vertebra import Pedicle
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import unit

__all__ = ["find_pedicle", "pedicle_at"]

COARSE_DEG, FINE_DEG = 6.0, 2.0  # [choice] steps of the axis
COARSE_SPAN_DEG, FINE_SPAN_DEG = 30.0, 6.0  # [choice] range of the axis
NEIGHBOURS_MM = (-1.0, 0.0, 1.0)  # [choice] sections averaged along the axis
SKEW_PENALTY = 0.15  # [choice] weight per square tangent of the angle to anterior
BEHIND_WALL_MM = 7.5  # [choice] the isthmus is sought between the wall and this far behind it
SLIDE_MM = 0.5  # [choice] step of the isthmus along the axis
ROUNDS = 3  # [choice] of axis, place and centre
CIRCLE_RAYS = 36  # [choice] rays by which the inscribed circle is centred
CHORD_RAYS = 72  # [choice] rays by which width and height are read
CIRCLE_STEPS_MM = (1.0, 0.5, 0.25, 0.12)  # [choice] of the centre's search
LENGTH_LIMIT_MM = 30.0  # [choice] no pedicle is longer


def _best_axis(
    body: Body, centre: Float[np.ndarray, "3"], about: tuple[float, float], span_deg: float, step_deg: float
) -> tuple[tuple[float, float], Float[np.ndarray, "3"]]:
    """The direction of the smallest section through a centre: tangents (lateral, superior) and local unit vector."""
    steps = np.arange(-span_deg, span_deg + step_deg / 2, step_deg)
    turn, rise = (
        np.tan(np.radians(angles.ravel()))
        for angles in np.meshgrid(np.degrees(np.arctan(about[0])) + steps, np.degrees(np.arctan(about[1])) + steps)
    )
    axes = np.stack([turn, np.ones_like(turn), rise], axis=1)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    area = np.zeros(len(axes))
    for along in NEIGHBOURS_MM:
        area += section_areas(body.bone, body.frame, centre + along * axes, axes)
    area *= 1.0 + SKEW_PENALTY * (turn**2 + rise**2)
    best = int(np.argmin(area))
    return (float(turn[best]), float(rise[best])), axes[best]


def _centred(
    body: Body, centre: Float[np.ndarray, "3"], axis: Float[np.ndarray, "3"]
) -> tuple[Float[np.ndarray, "3"], float]:
    """The centre of the largest circle inside the section through a point, and its radius."""
    sideways, upwards = across(axis)

    def radius(points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n"]:
        axes = np.broadcast_to(axis, points.shape)
        return ray_lengths(body.bone, body.frame, points, axes, CIRCLE_RAYS).min(axis=1)

    best = float(radius(centre[None])[0])
    for step in CIRCLE_STEPS_MM:
        for _ in range(8):
            moves = [a * step * sideways + b * step * upwards for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
            candidates = centre + np.array(moves)
            radii = radius(candidates)
            if radii.max() <= best + step / 100:
                break
            best, centre = float(radii.max()), candidates[int(np.argmax(radii))]
    return centre, best


def _at_isthmus(
    body: Body, centre: Float[np.ndarray, "3"], axis: Float[np.ndarray, "3"]
) -> tuple[Float[np.ndarray, "3"], bool]:
    """Slide along the axis to the smallest section between the wall and a little behind; False at the range's end."""
    wall = float(body.plane.anterior_at(centre[2]))
    # Stay in the pedicle: anterior between the wall and BEHIND_WALL_MM behind it.
    depth = np.arange(wall - BEHIND_WALL_MM, wall + SLIDE_MM / 2, SLIDE_MM)
    points = centre + ((depth - centre[1]) / axis[1])[:, None] * axis
    areas = section_areas(body.bone, body.frame, points, np.broadcast_to(axis, points.shape))
    smooth = np.convolve(np.pad(areas, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    best = int(np.argmin(smooth))
    return points[best], 0 < best < len(points) - 1


def _length(body: Body, centre: Float[np.ndarray, "3"], axis: Float[np.ndarray, "3"]) -> float:
    """From the posterior wall to the arch along the axis: where the way back leaves bone, or the canal's depth ends."""
    wall = float(body.plane.anterior_at(centre[2]))
    ahead = (wall - centre[1]) / axis[1]
    behind = -float(body.bone.runs(body.frame.to_world(centre[None]), body.frame.direction_to_world(axis))[0, 0])
    if not np.isfinite(behind):
        behind = LENGTH_LIMIT_MM
    return float(min(ahead + behind, LENGTH_LIMIT_MM))


def _chords(radii_mm: Float[np.ndarray, "n"]) -> tuple[float, float]:
    """Smallest chord through the centre and the chord at right angles to it."""
    half = len(radii_mm) // 2
    chords = radii_mm[:half] + radii_mm[half:]
    narrow = int(np.argmin(chords))
    return float(chords[narrow]), float(chords[(narrow + half // 2) % half])


def find_pedicle(body: Body, ct: CtVolume, side: str) -> Pedicle | None:
    """The pedicle of one side, or None where no bone leads from the body to the arch."""
    centre = bottleneck(body, side)
    if centre is None:
        return None
    wall = float(body.plane.anterior_at(centre[2]))
    centre[1] = np.clip(centre[1], wall - BEHIND_WALL_MM, wall)
    tangents, axis = _best_axis(body, centre, (0.0, 0.0), COARSE_SPAN_DEG, COARSE_DEG)
    found = False
    for _ in range(ROUNDS):
        centre, _ = _centred(body, centre, axis)
        centre, found = _at_isthmus(body, centre, axis)
        tangents, axis = _best_axis(body, centre, tangents, FINE_SPAN_DEG, FINE_DEG)
    centre, radius = _centred(body, centre, axis)
    if radius <= 0.0:
        return None
    width, height = _chords(outer_radii(body, ct, centre, axis, CHORD_RAYS))
    return Pedicle(
        side=side,
        isthmus_mm=centre,
        axis=unit(axis),
        width_mm=width,
        height_mm=height,
        length_mm=_length(body, centre, axis),
        radius_mm=radius,
        isthmus_found=found,
    )


def pedicle_at(
    body: Body,
    ct: CtVolume,
    side: str,
    centre: Float[np.ndarray, "3"],
    *,
    axis: Float[np.ndarray, "3"] | None,
    width_mm: float | None,
    height_mm: float | None,
) -> Pedicle | None:
    """The pedicle about a stated isthmus: what is not stated is measured there; None where no label is to measure on.

    Args:
        body: the level's body and bone.
        ct: the CT on which the outer edge is read.
        side: left or right.
        centre: middle of the isthmus, local mm.
        axis: local unit vector towards the body; None to take the direction of the smallest section.
        width_mm: stated width, or None.
        height_mm: stated height, or None.
    """
    inside = float(body.bone.at(body.frame.to_world(centre[None]))[0]) < 0
    if not inside and (axis is None or width_mm is None or height_mm is None):
        return None
    if axis is None:
        _, axis = _best_axis(body, centre, (0.0, 0.0), COARSE_SPAN_DEG, COARSE_DEG)
    axis = unit(axis)
    width, height = width_mm, height_mm
    if width is None or height is None:
        narrow, wide = _chords(outer_radii(body, ct, centre, axis, CHORD_RAYS))
        width, height = narrow if width is None else width, wide if height is None else height
    radius = float(ray_lengths(body.bone, body.frame, centre[None], axis[None], CIRCLE_RAYS).min())
    return Pedicle(
        side=side,
        isthmus_mm=centre,
        axis=axis,
        width_mm=width,
        height_mm=height,
        length_mm=_length(body, centre, axis),
        radius_mm=radius if inside else min(width, height) / 2,
        isthmus_found=True,
        stated=frozenset(name for name, value in (("width", width_mm), ("height", height_mm)) if value is not None),
    )
