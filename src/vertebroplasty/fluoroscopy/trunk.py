"""The patient around a cropped CT: how thick the trunk is along the beam, filled with water where the scan ends."""

import numpy as np

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.c_arm_view import CArmView

__all__ = ["checked_thickness", "holds_whole_trunk", "trunk_thickness_mm"]

TRUNK_AP_MM = 200.0  # [choice] front to back of a lumbar trunk
TRUNK_LATERAL_MM = 300.0  # [choice] side to side
THINNEST_MM, THICKEST_MM = 50.0, 600.0  # [choice] beyond these it is no patient's trunk
AIR_BELOW_HU = -500.0  # [choice] halfway between air and fat
WHOLE_SHARE = 0.5  # [choice] of the lines along the beam that begin and end in air where the trunk is whole


def trunk_thickness_mm(view: CArmView) -> float:
    """Length of the central ray in an elliptic trunk of 200 mm front to back and 300 mm side to side.

    200 mm in the AP view, 300 mm in the lateral, in between for obliques, longer where the beam is tilted along the
    patient.
    """
    x, y, _ = view.to_detector
    return float(1.0 / np.hypot(x / TRUNK_LATERAL_MM, y / TRUNK_AP_MM))


def checked_thickness(thickness_mm: float) -> float:
    """The thickness a user states.

    Raises:
        Refused: no trunk is that thick.
    """
    if not THINNEST_MM <= thickness_mm <= THICKEST_MM:
        raise Refused(
            f"A trunk of {thickness_mm} mm is not possible: state {THINNEST_MM:.0f} to {THICKEST_MM:.0f} mm.",
            where="--patient-thickness-mm",
        )
    return thickness_mm


def holds_whole_trunk(ct: CtVolume, view: CArmView) -> bool:
    """Whether the patient ends within the CT on both sides along the beam, so that nothing is missing there.

    Lines of voxels along the CT's axis nearest to the beam are followed from both ends: what was scanned first and
    last is air where the skin lies inside the scan.
    """
    along = np.abs(np.linalg.inv(ct.affine.matrix[:3, :3]) @ view.to_detector)
    axis = 2 - int(np.argmax(along))
    scanned, air = ~ct.outside(), ct.hu < AIR_BELOW_HU
    first = np.take_along_axis(air, np.expand_dims(scanned.argmax(axis), axis), axis)
    last_at = scanned.shape[axis] - 1 - np.flip(scanned, axis).argmax(axis)
    last = np.take_along_axis(air, np.expand_dims(last_at, axis), axis)
    lines = scanned.any(axis, keepdims=True)
    return bool(lines.any() and (first & last)[lines].mean() >= WHOLE_SHARE)
