"""Landmarks that a reader states for one level: axes, posterior wall, isthmuses and fracture lines.

The first three stand in the place of what would be measured; nothing else looks for fracture lines.  All points
and directions are LPS, millimetres.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Frame, unit

__all__ = ["IsthmusLandmark", "Landmarks", "WallLandmark", "axes_of"]

UNIT_WITHIN = 0.02  # [choice] a direction's length may differ from one by its rounding
SQUARE_WITHIN_DEG = 2.0  # [choice] two axes read by hand may miss the right angle by so much; they are squared
FARTHEST_TURN_DEG = 75.0  # [choice] of an axis from the patient's own: beyond, left and right or front were mixed up
WALL_TURN_DEG = 45.0  # [choice] of the wall from the vertebra's frontal plane; beyond, it is another surface
SLOPE_NEEDS_MM = 6.0  # [choice] of height between points of the wall, below which they cannot show its slope
PATIENT = {
    "right": np.array([-1.0, 0.0, 0.0]),
    "anterior": np.array([0.0, -1.0, 0.0]),
    "superior": np.array([0.0, 0.0, 1.0]),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class WallLandmark:
    """The posterior wall as points on it, or as a plane through one point with its normal."""

    points_lps_mm: Float[np.ndarray, "n 3"]
    normal_lps: Float[np.ndarray, "3"] | None = None

    def line_in(self, frame: Frame, measured_slope: float) -> tuple[float, float]:
        """Depth at the frame's origin (mm) and slope of the wall in its mid-sagittal plane.

        Points that span too little height keep the slope that was measured.

        Raises:
            Refused: the plane's normal does not lead from the wall to the front of the body.
        """
        local = frame.to_local(self.points_lps_mm)
        if self.normal_lps is not None:
            normal = frame.direction_to_local(self.normal_lps)
            normal = normal if normal[1] > 0 else -normal
            if normal[1] < np.cos(np.radians(WALL_TURN_DEG)):
                raise Refused(
                    f"The stated posterior wall stands {np.degrees(np.arccos(normal[1])):.0f}° off the vertebra's "
                    "frontal plane: give the normal that leads to the front of the body.",
                    where="--landmarks",
                )
            slope = -normal[2] / normal[1]
            return float(local[0] @ normal / normal[1]), float(slope)
        if np.ptp(local[:, 2]) < SLOPE_NEEDS_MM:
            return float(np.mean(local[:, 1] - measured_slope * local[:, 2])), measured_slope
        slope, zero = np.polyfit(local[:, 2], local[:, 1], 1)
        return float(zero), float(slope)


@dataclass(frozen=True, eq=False, kw_only=True)
class IsthmusLandmark:
    """The middle of one pedicle's isthmus; axis (from the arch towards the body), width and height where stated."""

    centre_lps_mm: Float[np.ndarray, "3"]
    axis_lps: Float[np.ndarray, "3"] | None = None
    width_mm: float | None = None
    height_mm: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Landmarks:
    """What is stated for one level; what is not stated is measured.

    `axes` holds the rows right, anterior and superior.
    """

    axes: Float[np.ndarray, "3 3"] | None = None
    posterior_wall: WallLandmark | None = None
    isthmus: Mapping[str, IsthmusLandmark] = field(default_factory=dict)  # by side
    fracture_lines: tuple[FractureLine, ...] = ()

    def points_lps_mm(self) -> dict[str, Float[np.ndarray, "3"]]:
        """Every stated point by what it is called."""
        points = {f"{side} isthmus": isthmus.centre_lps_mm for side, isthmus in self.isthmus.items()}
        if self.posterior_wall is not None:
            points |= {f"posterior-wall point {n + 1}": p for n, p in enumerate(self.posterior_wall.points_lps_mm)}
        for number, line in enumerate(self.fracture_lines, start=1):
            points |= {f"fracture line {number}, point {n + 1}": p for n, p in enumerate(line.points_lps_mm)}
        return points

    def names(self) -> tuple[str, ...]:
        """What is stated, in words."""
        said = ["axes"] if self.axes is not None else []
        said += ["posterior wall"] if self.posterior_wall is not None else []
        said += [f"{side} isthmus" for side in self.isthmus]
        return (*said, *(f"fracture line {n + 1}" for n in range(len(self.fracture_lines))))


def axes_of(stated: Mapping[str, Float[np.ndarray, "3"]]) -> Float[np.ndarray, "3 3"]:
    """Right, anterior and superior from two or three stated unit vectors, squared to each other.

    Raises:
        Refused: fewer than two, not of length one, not at right angles, or pointing to the patient's wrong side.
    """
    if len(stated) < 2:
        raise Refused("The axes need two of right, anterior and superior: one alone leaves a turn open.", where="axes")
    for name, axis in stated.items():
        _check_axis(name, axis)
    names = list(stated)
    for n, first in enumerate(names):
        for second in names[n + 1 :]:
            off = abs(90.0 - np.degrees(np.arccos(np.clip(unit(stated[first]) @ unit(stated[second]), -1.0, 1.0))))
            if off > SQUARE_WITHIN_DEG:
                raise Refused(
                    f"The axes {first} and {second} are {off:.0f}° off a right angle: give axes at right angles.",
                    where="axes",
                )
    if "right" in stated and "superior" in stated:
        superior = unit(stated["superior"])
        right = unit(stated["right"] - (stated["right"] @ superior) * superior)
        return np.stack([right, np.cross(superior, right), superior])
    anterior = unit(stated["anterior"])
    if "superior" in stated:
        superior = unit(stated["superior"] - (stated["superior"] @ anterior) * anterior)
        return np.stack([np.cross(anterior, superior), anterior, superior])
    right = unit(stated["right"] - (stated["right"] @ anterior) * anterior)
    return np.stack([right, anterior, np.cross(right, anterior)])


def _check_axis(name: str, axis: Float[np.ndarray, "3"]) -> None:
    length = float(np.linalg.norm(axis))
    if abs(length - 1.0) > UNIT_WITHIN:
        raise Refused(f"The axis {name} is {length:.3g} long: give a unit vector in LPS.", where=f"axes.{name}")
    turn = float(np.degrees(np.arccos(np.clip(unit(axis) @ PATIENT[name], -1.0, 1.0))))
    if turn > FARTHEST_TURN_DEG:
        raise Refused(
            f"The axis {name} points {turn:.0f}° away from the patient's {name}: in LPS x grows to the left, y to the "
            "back and z to the head.",
            where=f"axes.{name}",
        )
