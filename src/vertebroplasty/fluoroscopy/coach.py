"""The coach: how far a view is from a true AP or a true lateral, what shows it on the picture, and what to turn.

A view is true when the beam runs along the vertebra's own anterior axis (AP) or right axis (lateral).  On the picture
that is seen as endplates in one line, the spinous process midway between the pedicles, and left over right.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.fluoroscopy.view_landmarks import Endplate, ViewLandmarks
from vertebroplasty.fluoroscopy.views import view_along
from vertebroplasty.geometry.c_arm_view import CArmView, angles_of_direction
from vertebroplasty.geometry.frame import Frame, unit

__all__ = ["Sign", "ViewTruth", "endplate_opening_mm", "signs_seen", "truth"]

TRUE_AP_TURN_DEG = 1.5  # [choice] 1 mm of offset of a spinous tip 40 mm behind the pedicles
TRUE_TILT_DEG = 2.0  # [choice] endplate still a single line
EXACT_DEG = 0.3  # [choice] below this no turn is advised: finer than a C-arm is set by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing seen on the picture, in mm at the detector, beside what a true view of this vertebra would show.

    In a cone beam, and in a vertebra that is not symmetric, even the true view leaves some of it.
    """

    what: str
    detector_mm: float
    in_true_view_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewTruth:
    """How far a view is from the vertebra's true AP and true lateral, in degrees, and what to turn.

    `nearest` is `AP` or `lateral`; the two moves lead there in the C-arm's own angles, positive LAO and cranial.
    """

    from_true_ap_deg: float
    from_true_lateral_deg: float
    nearest: str
    move_lao_deg: float
    move_cranial_deg: float
    turn: str


def truth(view: CArmView, frame: Frame) -> ViewTruth:
    """Compare a view with the true AP and the true lateral; a detector in front or behind, left or right is as good.

    `turn` says how to move the detector to the nearer of the two, first around the patient, then along.
    """
    toward = view.to_detector
    from_ap, from_lateral = (_angle_between_lines(toward, axis) for axis in (frame.anterior, frame.right))
    axis, name = (frame.anterior, "AP") if from_ap <= from_lateral else (frame.right, "lateral")
    lao, cranial = angles_of_direction(axis if toward @ axis > 0 else -axis)
    around = (lao - view.lao_deg + 180.0) % 360.0 - 180.0
    tilt = cranial - view.cranial_deg
    return ViewTruth(
        from_true_ap_deg=from_ap,
        from_true_lateral_deg=from_lateral,
        nearest=name,
        move_lao_deg=around,
        move_cranial_deg=tilt,
        turn=_advice(view, name, around, tilt),
    )


def _angle_between_lines(first: Float[np.ndarray, "3"], second: Float[np.ndarray, "3"]) -> float:
    """Angle of two undirected lines in degrees; exact for small angles too."""
    first, second = unit(first), unit(second)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), abs(first @ second))))


def _advice(view: CArmView, name: str, around: float, tilt: float) -> str:
    """The moves in a sentence; within what counts as true they are offered, not asked for."""
    moves = []
    if abs(around) > EXACT_DEG:
        lao = (view.lao_deg + around + 180.0) % 360.0 - 180.0
        lao = 180.0 if round(lao, 1) <= -180.0 else lao
        moves.append(f"turn the C-arm by {abs(around):.1f}° {_sideways(view, around)} (to lao {lao:.1f}°)")
    if abs(tilt) > EXACT_DEG:
        end = "head" if tilt > 0 else "feet"
        to = view.cranial_deg + tilt
        moves.append(f"tilt the detector by {abs(tilt):.1f}° towards the {end} (to cranial {to:.1f}°)")
    if not moves:
        return f"This is a true {name}."
    asked = ", then ".join(moves)
    if abs(around) <= TRUE_AP_TURN_DEG and abs(tilt) <= TRUE_TILT_DEG:
        return f"This counts as a true {name}; to make it exact, {asked}."
    return f"For a true {name} {asked}."


def _sideways(view: CArmView, around_deg: float) -> str:
    """Where the detector goes when `lao_deg` changes: the way it moves now, named by the patient's side."""
    middle = np.radians(view.lao_deg + 0.5 * around_deg)
    moves_lps = np.sign(around_deg) * np.array([np.cos(middle), np.sin(middle)])
    if abs(moves_lps[0]) >= abs(moves_lps[1]):
        return "moving the detector towards the patient's " + ("left" if moves_lps[0] > 0 else "right")
    return "moving the detector towards the patient's " + ("back" if moves_lps[1] > 0 else "front")


def endplate_opening_mm(view: CArmView, endplate: Endplate) -> float:
    """How far the front and back rims of an endplate open on the detector: 0 where the beam runs within its plane.

    The shadow of the disc is an ellipse; this is its short axis, to first order of the perspective at its centre.
    """
    axes = np.stack([endplate.to_front_lps_mm, endplate.to_right_lps_mm])
    offset = endplate.centre_lps_mm - view.source_lps_mm
    depth = float(offset @ view.to_detector)
    right, up = view.detector_axes
    # How a small step at the disc's centre moves on the detector: along it, less what the step in depth shrinks.
    columns = [
        view.sid_mm / depth * (axes @ along - (axes @ view.to_detector) * float(offset @ along) / depth)
        for along in (right, up)
    ]
    return float(2.0 * np.linalg.svd(np.stack(columns), compute_uv=False)[-1])


def signs_seen(view: CArmView, frame: Frame, landmarks: ViewLandmarks) -> tuple[Sign, ...]:
    """What the picture shows of the distance to the nearer true view, in mm at the detector.

    AP: both endplates' opening and the spinous process' offset from the middle between the pedicles, positive towards
    the patient's right.  Lateral: both endplates' opening, and how far the left and right edge of the posterior wall,
    and the two pedicles, stand apart along the patient's depth.
    """
    aim = truth(view, frame)
    axis = frame.anterior if aim.nearest == "AP" else frame.right
    toward = axis if view.to_detector @ axis > 0 else -axis
    exact = view_along(toward, view.isocentre_lps_mm, sid_mm=view.sid_mm, sod_mm=view.sod_mm)
    now, then = (_measured(pose, frame, landmarks, aim.nearest) for pose in (view, exact))
    return tuple(Sign(what=what, detector_mm=now[what], in_true_view_mm=then[what]) for what in now)


def _measured(view: CArmView, frame: Frame, landmarks: ViewLandmarks, name: str) -> dict[str, float]:
    found = {f"{plate.name} endplate open": endplate_opening_mm(view, plate) for plate in landmarks.endplates}
    across, pedicles = _across(view, frame), landmarks.pedicles_lps_mm
    if name == "lateral":
        found["posterior wall doubled"] = abs(float(across @ np.diff(view.project(landmarks.wall_lps_mm), axis=0)[0]))
        if pedicles is not None:
            found["pedicles apart"] = abs(float(across @ np.diff(view.project(pedicles), axis=0)[0]))
    elif pedicles is not None and landmarks.spinous_tip_lps_mm is not None:
        offset = view.project(landmarks.spinous_tip_lps_mm)[0] - view.project(pedicles).mean(axis=0)
        # The picture's right is the patient's right where the detector stands behind.
        towards_right = -np.sign(view.detector_axes[0][0])
        found["spinous process off the middle"] = float(towards_right * (across @ offset))
    return found


def _across(view: CArmView, frame: Frame) -> Float[np.ndarray, "2"]:
    """Direction on the picture across the vertebra, to the right: a spine that leans is judged along itself."""
    right, up = view.detector_axes
    along = np.array([frame.superior @ right, frame.superior @ up])
    return unit(np.array([along[1], -along[0]]))
