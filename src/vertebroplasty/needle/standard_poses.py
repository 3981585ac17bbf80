"""The three C-arm poses of a needle: down the barrel, true AP and true lateral."""

from vertebroplasty.geometry.c_arm_view import angles_of_direction
from vertebroplasty.geometry.frame import Frame
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planned_path import CArmAngles

__all__ = ["c_arm_angles"]


def c_arm_angles(frame: Frame, path: NeedlePath) -> dict[str, CArmAngles]:
    """Down the barrel (detector on the hub's side), true AP (detector behind) and true lateral (detector left)."""
    towards = {"barrel": -path.direction_lps, "ap": -frame.anterior, "lateral": -frame.right}
    angles = {name: angles_of_direction(direction) for name, direction in towards.items()}
    return {name: CArmAngles(lao_deg=lao, cranial_deg=cranial) for name, (lao, cranial) in angles.items()}
