"""Which way is right: the vertebra's own mirror plane, found where the label best matches its mirror image."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize, minimize_scalar

from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.geometry.frame import Frame, unit

__all__ = ["SymmetryBox", "best_yaw", "mirror_frame", "on_midline", "turned"]

CLIP_MM = 5.0  # [choice] a missing process counts no more than this
LATTICE_MM = 3.0  # [choice] of the compared points: some three thousand
LATERAL_MM = 30.0  # [choice] compared to each side; beyond lie ribs and transverse processes
STARTS_RAD = (-0.15, 0.0, 0.15)  # [choice] yaw; the valley may hold side pockets
SIMPLEX = (0.1, 0.1, 2.0)  # [choice] first steps: yaw and roll in rad, shift in mm
SHIFTS_MM = tuple(range(-10, 11))  # [choice] of a midline sought along stated axes
TOLERANCE = 1e-4  # [choice] rad and mm: far below what a label can tell


@dataclass(frozen=True, slots=True, kw_only=True)
class SymmetryBox:
    """The local box whose two halves are compared: anterior and superior limits in mm."""

    anterior_low_mm: float
    anterior_high_mm: float
    superior_low_mm: float
    superior_high_mm: float

    def points(self) -> Float[np.ndarray, "n 3"]:
        """Lattice of the right half, local mm."""
        axes = (
            np.arange(LATTICE_MM / 2, LATERAL_MM, LATTICE_MM),
            np.arange(self.anterior_low_mm, self.anterior_high_mm, LATTICE_MM),
            np.arange(self.superior_low_mm, self.superior_high_mm, LATTICE_MM),
        )
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def turned(frame: Frame, *, yaw: float = 0.0, roll: float = 0.0, pitch: float = 0.0, shift_mm: float = 0.0) -> Frame:
    """The frame turned about superior (yaw), anterior (roll) and right (pitch), radians, and shifted to the right."""
    right = unit(frame.right + np.tan(yaw) * frame.anterior + np.tan(roll) * frame.superior)
    superior = frame.superior + np.tan(pitch) * frame.anterior
    superior = unit(superior - (superior @ right) * right)
    return Frame(frame.origin_lps_mm + shift_mm * right, right, np.cross(superior, right), superior)


def _asymmetry(field: Field, frame: Frame, points: Float[np.ndarray, "n 3"]) -> float:
    """Mean difference of the clipped distance between the two halves, mm."""
    here = np.clip(field.at(frame.to_world(points)), -CLIP_MM, CLIP_MM)
    there = np.clip(field.at(frame.to_world(points * np.array([-1.0, 1.0, 1.0]))), -CLIP_MM, CLIP_MM)
    return float(np.abs(here - there).mean())


def best_yaw(field: Field, frame: Frame, box: SymmetryBox, yaws_rad: tuple[float, ...]) -> Frame:
    """The frame turned about superior by that of the given angles with the best mirror symmetry."""
    points = box.points()
    return min((turned(frame, yaw=yaw) for yaw in yaws_rad), key=lambda tried: _asymmetry(field, tried, points))


def mirror_frame(field: Field, frame: Frame, box: SymmetryBox, starts: tuple[float, ...] = STARTS_RAD) -> Frame:
    """The frame with its right axis and midline moved to the plane of best mirror symmetry; superior follows."""
    points = box.points()
    scale = np.array(SIMPLEX)

    def cost(scaled: Float[np.ndarray, "3"]) -> float:
        yaw, roll, shift = scaled * scale
        return _asymmetry(field, turned(frame, yaw=yaw, roll=roll, shift_mm=shift), points)

    best, lowest = frame, np.inf
    for start in starts:
        first = np.array([start / scale[0], 0.0, 0.0])
        simplex = np.vstack([first, first + np.eye(3)])
        found = minimize(
            cost,
            first,
            method="Nelder-Mead",
            options={"initial_simplex": simplex, "xatol": TOLERANCE / scale[0], "fatol": TOLERANCE / scale[0]},
        )
        if found.fun < lowest:
            lowest = found.fun
            yaw, roll, shift = found.x * scale
            best = turned(frame, yaw=yaw, roll=roll, shift_mm=shift)
    return best


def on_midline(field: Field, frame: Frame, box: SymmetryBox) -> Frame:
    """The frame with its axes kept and its origin shifted along right to the plane of best mirror symmetry."""
    points = box.points()

    def cost(shift_mm: float) -> float:
        return _asymmetry(field, turned(frame, shift_mm=shift_mm), points)

    first = min(SHIFTS_MM, key=cost)
    found = minimize_scalar(cost, bounds=(first - 1.0, first + 1.0), method="bounded")
    return turned(frame, shift_mm=float(found.x))
