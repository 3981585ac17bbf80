"""A first plan without any segmentation: both pedicles and the body's centre, shown by hand on the CT.

The three points give the midline and the way to the front; where the CT shows the endplates and the anterior cortex,
they give the tilt and the depth, otherwise the points alone do.  Nothing is known of the bone around the needle.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Frame, unit
from vertebroplasty.geometry.gauges import gauge
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.judged import HUB_MM
from vertebroplasty.needle.planned_path import CArmAngles
from vertebroplasty.needle.points_in_ct import behind_entry_mm, plate_tilt, reach_to_front_mm
from vertebroplasty.needle.skin import skin_behind
from vertebroplasty.needle.standard_poses import c_arm_angles

__all__ = ["NOT_MODELLED", "FirstPath", "FirstPlan", "ThreePoints", "first_plan"]

NOT_MODELLED: tuple[str, ...] = (
    "Nothing is avoided: neither bone edges, canal, nerve roots, vessels, lungs, ribs nor metal were looked for.",
    "The error of the three shown points is not carried into the path.",
    "A needle is straight; the position on the table and breathing are not modelled.",
)

NEAREST_MM, FARTHEST_MM = 10.0, 60.0  # [choice] between the two pedicles: no vertebra has less or more
SHALLOWEST_MM, DEEPEST_MM = 10.0, 55.0  # [choice] from the pedicles to the body's centre, along the way to the front
ASIDE_MM = 10.0  # [choice] of the body's centre from the midline between the pedicles
UP_MM = 15.0  # [choice] of the body's centre above or below the pedicles
FROM_WALL_MM = 5.0  # [choice] the shown middle of a pedicle lies so far behind the posterior wall
FROM_FRONT = 0.3  # [choice] of the body's depth: the tip lies in the anterior third
NEAR_MIDLINE = 0.25  # [choice] of the pedicle's distance from the midline: where the tip would best lie
LARGEST_CONVERGENCE_DEG = 20.0  # [choice] a straight needle through a lumbar pedicle converges no more
ENTRY_BEHIND_MM = 15.0  # [choice] from the shown pedicle back to its entry, where the CT does not show the bone's end


@dataclass(frozen=True, eq=False, kw_only=True)
class ThreePoints:
    """Both pedicles and the centre of the body, LPS mm, as shown by hand."""

    left_lps_mm: Float[np.ndarray, "3"]
    right_lps_mm: Float[np.ndarray, "3"]
    body_lps_mm: Float[np.ndarray, "3"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FirstPath:
    """One needle of a first plan; skin, depth and length are None where the CT holds no skin behind the entry."""

    rank: int
    path: NeedlePath
    skin_lps_mm: Float[np.ndarray, "3"] | None
    depth_from_skin_mm: float | None
    needle_length_mm: float | None
    convergence_deg: float
    cranio_caudal_deg: float
    c_arm: dict[str, CArmAngles]  # barrel, ap, lateral
    why: str


@dataclass(frozen=True, eq=False, kw_only=True)
class FirstPlan:
    """Left and right path, the axes they were drawn in, and what each rests on."""

    frame: Frame
    half_depth_mm: float
    paths: tuple[FirstPath, ...]
    notes: tuple[str, ...]


def first_plan(ct: CtVolume, points: ThreePoints, *, gauge_number: int = 11) -> FirstPlan:
    """A straight needle through each shown pedicle to the anterior third of the body.

    Raises:
        Refused: an unknown gauge; points outside the CT, left and right mixed up, or not placed as in a vertebra.
    """
    gauge(gauge_number)
    _check(ct, points)
    frame, tilt_note = _frame(ct, points)
    half_depth, depth_note = _half_depth(ct, frame, points)
    paths = tuple(
        _path(ct, frame, half_depth, side, shown, gauge_number, rank=n + 1)
        for n, (side, shown) in enumerate((("left", points.left_lps_mm), ("right", points.right_lps_mm)))
    )
    return FirstPlan(frame=frame, half_depth_mm=half_depth, paths=paths, notes=(tilt_note, depth_note))


def _check(ct: CtVolume, points: ThreePoints) -> None:
    """Refuse what cannot be two pedicles and a body of one vertebra in this CT."""
    named = {"left": points.left_lps_mm, "right": points.right_lps_mm, "body": points.body_lps_mm}
    for name, point in named.items():
        if not np.isfinite(ct.sample(point[None])).all():
            raise Refused(f"The point {name} lies outside the CT: give LPS millimetres of this CT.", where="--points")
    across = points.left_lps_mm - points.right_lps_mm
    apart = float(np.linalg.norm(across))
    if across[0] <= 0:
        raise Refused(
            "The left pedicle lies to the right of the right one: in LPS x grows to the left.", where="--points"
        )
    if not NEAREST_MM <= apart <= FARTHEST_MM:
        raise Refused(
            f"The two pedicles lie {apart:.0f} mm apart: it is {NEAREST_MM:.0f} to {FARTHEST_MM:.0f} mm in one "
            "vertebra.",
            where="--points",
        )
    offset = points.body_lps_mm - (points.left_lps_mm + points.right_lps_mm) / 2
    aside = abs(float(offset @ across) / apart)
    if aside > ASIDE_MM:
        raise Refused(
            f"The body's centre lies {aside:.0f} mm beside the pedicles' midline: check the three points.",
            where="--points",
        )
    if not SHALLOWEST_MM <= -offset[1] <= DEEPEST_MM or abs(offset[2]) > UP_MM:
        raise Refused(
            f"The body's centre lies {-offset[1]:.0f} mm in front of the pedicles and {offset[2]:+.0f} mm above them: "
            f"in one vertebra it lies {SHALLOWEST_MM:.0f} to {DEEPEST_MM:.0f} mm in front and within {UP_MM:.0f} mm of "
            "their height (y grows to the back).",
            where="--points",
        )


def _frame(ct: CtVolume, points: ThreePoints) -> tuple[Frame, str]:
    """Axes about the body's centre: right from the pedicles, the tilt from the endplates where the CT shows them."""
    right = unit(points.right_lps_mm - points.left_lps_mm)
    ahead = points.body_lps_mm - (points.left_lps_mm + points.right_lps_mm) / 2
    anterior = unit(ahead - (ahead @ right) * right)
    frame = Frame(points.body_lps_mm, right, anterior, np.cross(right, anterior))
    pitch = plate_tilt(ct, frame)
    if pitch is None:
        return (
            frame,
            "The CT shows no clear endplates: the tilt follows the line from the pedicles to the body's centre.",
        )
    superior = unit(np.cos(pitch) * frame.superior + np.sin(pitch) * frame.anterior)
    return (
        Frame(frame.origin_lps_mm, right, np.cross(superior, right), superior),
        "The tilt of the axes was read from the endplates on the CT.",
    )


def _half_depth(ct: CtVolume, frame: Frame, points: ThreePoints) -> tuple[float, str]:
    """Half the body's depth: to the anterior cortex on the CT, or from the pedicles' distance."""
    front = reach_to_front_mm(ct, frame)
    if front is not None:
        return front, f"The anterior cortex was read on the CT, {front:.0f} mm in front of the shown centre."
    behind = -float(np.mean(frame.to_local(np.array([points.left_lps_mm, points.right_lps_mm]))[:, 1]))
    half = max(behind - FROM_WALL_MM, FROM_WALL_MM)
    return (
        half,
        f"The CT shows no clear anterior cortex: half the body's depth was taken as {half:.0f} mm from the points.",
    )


def _path(
    ct: CtVolume,
    frame: Frame,
    half_depth: float,
    side: str,
    shown: Float[np.ndarray, "3"],
    gauge_number: int,
    rank: int,
) -> FirstPath:
    """The straight line through one shown pedicle to the anterior third, back to where its bone ends."""
    start = frame.to_local(shown)
    outward = -1.0 if side == "left" else 1.0
    depth = half_depth * (1.0 - 2.0 * FROM_FRONT)
    most_medial = abs(start[0]) - np.tan(np.radians(LARGEST_CONVERGENCE_DEG)) * (depth - start[1])
    tip = frame.to_world(np.array([outward * max(NEAR_MIDLINE * abs(start[0]), most_medial), depth, 0.0]))
    direction = unit(tip - shown)
    back = behind_entry_mm(ct, shown, -direction)
    why = f"Through the shown {side} pedicle to the anterior third near the midline, from three points."
    if back is None:
        back = ENTRY_BEHIND_MM
        why += f" The CT does not show where the bone ends behind it: the entry was set {back:.0f} mm behind the point."
    path = NeedlePath(entry_lps_mm=shown - back * direction, tip_lps_mm=tip, gauge_number=gauge_number, side=side)
    skin = skin_behind(ct, path)
    from_skin = None if skin is None else float(np.linalg.norm(tip - skin))
    local = frame.direction_to_local(direction)
    return FirstPath(
        rank=rank,
        path=path,
        skin_lps_mm=skin,
        depth_from_skin_mm=from_skin,
        needle_length_mm=None if from_skin is None else from_skin + HUB_MM,
        convergence_deg=float(np.degrees(np.arctan2(-outward * local[0], local[1]))),
        cranio_caudal_deg=float(np.degrees(np.arcsin(local[2]))),
        c_arm=c_arm_angles(frame, path),
        why=why,
    )
