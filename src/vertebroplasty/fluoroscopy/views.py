"""The standard views of one vertebra, and how far a view is from a true AP or a true lateral.

Views depend on the vertebra's own axes alone: a true AP looks along its anterior axis, a true lateral along its right
axis.  The default set-up has the patient prone, the tube below and the detector behind: 180 degrees.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.c_arm_view import SID_MM, SOD_MM, CArmView, angles_of_direction
from vertebroplasty.geometry.frame import Affine, Frame, unit
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["ViewTruth", "barrel", "ct_view", "parse_view", "true_ap", "true_lateral", "truth", "view_along"]

TRUE_AP_TURN_DEG = 1.5  # [choice] 1 mm of offset of a spinous tip 40 mm behind the pedicles
TRUE_TILT_DEG = 2.0  # [choice] endplate still a single line
NAMED = "ap, lateral, barrel, ct or lao=160,cranial=5"


def view_along(
    to_detector_lps: Float[np.ndarray, "3"],
    isocentre_lps_mm: Float[np.ndarray, "3"],
    *,
    sid_mm: float = SID_MM,
    sod_mm: float = SOD_MM,
) -> CArmView:
    """The C-arm with its detector in the given direction from the isocentre."""
    lao, cranial = angles_of_direction(to_detector_lps)
    return CArmView(
        lao_deg=lao,
        cranial_deg=cranial,
        isocentre_lps_mm=np.asarray(isocentre_lps_mm, float),
        sid_mm=sid_mm,
        sod_mm=sod_mm,
    )


def true_ap(frame: Frame) -> CArmView:
    """True AP of a vertebra: the beam along its anterior axis, detector behind the patient, isocentre at its origin."""
    return view_along(-frame.anterior, frame.origin_lps_mm)


def true_lateral(frame: Frame) -> CArmView:
    """True lateral of a vertebra: the beam along its right axis, detector at the patient's left."""
    return view_along(-frame.right, frame.origin_lps_mm)


def barrel(path: NeedlePath, isocentre_lps_mm: Float[np.ndarray, "3"] | None = None) -> CArmView:
    """The view down the needle: the beam along it, the detector on the hub's side, the tip as isocentre unless given.

    With another isocentre the hub and the tip project apart by what the cone beam makes of their distance to it.
    """
    return view_along(-path.direction_lps, path.tip_lps_mm if isocentre_lps_mm is None else isocentre_lps_mm)


def ct_view(affine: Affine, isocentre_lps_mm: Float[np.ndarray, "3"]) -> CArmView:
    """The view along the CT's own axis nearest to front–back, detector behind, whatever way the vertebra turns."""
    axes = affine.directions.T
    axis = axes[int(np.argmax(np.abs(axes[:, 1])))]
    return view_along(axis if axis[1] > 0 else -axis, isocentre_lps_mm)


def parse_view(text: str, frame: Frame, affine: Affine, path: NeedlePath | None = None) -> CArmView:
    """The view a user asks for: `ap` and `lateral` are the true ones of the vertebra, `barrel` looks down `path`.

    `ct` looks along the CT's own front–back axis; `lao=160,cranial=5` states the angles (either may be left out).

    Raises:
        Refused: not a view, an angle given twice, or `barrel` without a needle.
    """
    name = text.strip().lower()
    if name == "ap":
        return true_ap(frame)
    if name == "lateral":
        return true_lateral(frame)
    if name == "ct":
        return ct_view(affine, frame.origin_lps_mm)
    if name == "barrel":
        if path is None:
            raise Refused("The barrel view looks down a needle: give --plan and --path.", where="--view")
        return barrel(path)
    angles = {"lao": 180.0, "cranial": 0.0} | _stated(text)
    lao = 180.0 if angles["lao"] == -180.0 else angles["lao"]
    return CArmView(lao_deg=lao, cranial_deg=angles["cranial"], isocentre_lps_mm=frame.origin_lps_mm)


def _stated(text: str) -> dict[str, float]:
    """The angles in `lao=160,cranial=5`."""
    found: dict[str, float] = {}
    for item in text.strip().lower().split(","):
        key, _, value = (part.strip() for part in item.partition("="))
        if key in found:
            raise Refused(f"{text} gives {key} twice: keep one.", where="--view")
        try:
            found[key] = float(value)
        except ValueError:
            key = ""
        if key not in ("lao", "cranial"):
            raise Refused(f"{text} is not a view: use {NAMED}.", where="--view")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewTruth:
    """How far a view is from the vertebra's true AP and true lateral, in degrees, and what to turn."""

    from_true_ap_deg: float
    from_true_lateral_deg: float
    turn: str


def truth(view: CArmView, frame: Frame) -> ViewTruth:
    """Compare a view with the true AP and the true lateral; a detector in front or behind, left or right is as good.

    `turn` says how to move the detector to the nearer of the two, in the C-arm's own angles.
    """
    toward = view.to_detector
    from_ap, from_lateral = (_angle_between_lines(toward, axis) for axis in (frame.anterior, frame.right))
    axis, name = (frame.anterior, "AP") if from_ap <= from_lateral else (frame.right, "lateral")
    target = axis if toward @ axis > 0 else -axis
    return ViewTruth(from_true_ap_deg=from_ap, from_true_lateral_deg=from_lateral, turn=_turn(view, target, name))


def _angle_between_lines(first: Float[np.ndarray, "3"], second: Float[np.ndarray, "3"]) -> float:
    """Angle of two undirected lines in degrees; exact for small angles too."""
    first, second = unit(first), unit(second)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), abs(first @ second))))


def _turn(view: CArmView, target: Float[np.ndarray, "3"], name: str) -> str:
    lao, cranial = angles_of_direction(target)
    around = (lao - view.lao_deg + 180.0) % 360.0 - 180.0
    tilt = cranial - view.cranial_deg
    if abs(around) <= TRUE_AP_TURN_DEG and abs(tilt) <= TRUE_TILT_DEG:
        return f"This is a true {name}."
    moves = []
    if abs(around) > TRUE_AP_TURN_DEG:
        moves.append(f"turn the C-arm by {abs(around):.1f}° {_sideways(view, around)} (to lao {lao:.1f}°)")
    if abs(tilt) > TRUE_TILT_DEG:
        end = "head" if tilt > 0 else "feet"
        moves.append(f"tilt the detector by {abs(tilt):.1f}° towards the {end} (to cranial {cranial:.1f}°)")
    return f"For a true {name} {' and '.join(moves)}."


def _sideways(view: CArmView, around_deg: float) -> str:
    """Where the detector goes when `lao_deg` changes: the way it moves now, named by the patient's side."""
    middle = np.radians(view.lao_deg + 0.5 * around_deg)
    moves_lps = np.sign(around_deg) * np.array([np.cos(middle), np.sin(middle)])
    if abs(moves_lps[0]) >= abs(moves_lps[1]):
        return "moving the detector towards the patient's " + ("left" if moves_lps[0] > 0 else "right")
    return "moving the detector towards the patient's " + ("back" if moves_lps[1] > 0 else "front")
