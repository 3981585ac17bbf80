"""How the C-arm stands: angles as in DICOM (0018,1510) and (0018,1511), source and detector in LPS.

Zero angles: detector in front of the chest.  Positive `lao_deg` turns the detector towards the patient's left,
positive `cranial_deg` towards the head.  The default set-up for a prone patient has the detector behind: 180 degrees.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import unit

__all__ = ["CArmView", "angles_of_direction", "turned_left_deg"]

SID_MM = 1100.0  # [choice] source to detector
SOD_MM = 700.0  # [choice] source to isocentre


@dataclass(frozen=True, eq=False, kw_only=True)
class CArmView:
    """One C-arm pose about an isocentre, angles in degrees, distances in mm."""

    lao_deg: float
    cranial_deg: float
    isocentre_lps_mm: Float[np.ndarray, "3"]
    sid_mm: float = SID_MM
    sod_mm: float = SOD_MM

    def __post_init__(self) -> None:
        if not -180.0 < self.lao_deg <= 180.0:
            raise Refused(f"lao_deg is {self.lao_deg}: it must lie in (-180, 180].", where="--view")
        if not -89.0 <= self.cranial_deg <= 89.0:
            raise Refused(f"cranial_deg is {self.cranial_deg}: it must lie within ±89.", where="--view")

    @property
    def to_detector(self) -> Float[np.ndarray, "3"]:
        """Unit vector from the isocentre to the detector, LPS (DICOM PS3.3 C.8.7.5.1.2)."""
        lao, cranial = np.radians(self.lao_deg), np.radians(self.cranial_deg)
        return np.array([np.sin(lao) * np.cos(cranial), -np.cos(lao) * np.cos(cranial), np.sin(cranial)])

    @property
    def source_lps_mm(self) -> Float[np.ndarray, "3"]:
        """Focal spot."""
        return self.isocentre_lps_mm - self.sod_mm * self.to_detector

    @property
    def detector_axes(self) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
        """Unit vectors along image columns (to the viewer's right) and upwards, seen from the detector, LPS."""
        normal = self.to_detector
        up = unit(np.array([0.0, 0.0, 1.0]) - normal[2] * normal)
        # The viewer stands behind the detector and looks at the source: right = up × (towards the viewer).
        return np.cross(up, normal), up

    def project(self, points_lps_mm: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 2"]:
        """Detector coordinates (right, up) in mm of LPS points, from the piercing point of the central ray."""
        offset = np.atleast_2d(points_lps_mm) - self.source_lps_mm
        depth = offset @ self.to_detector
        right, up = self.detector_axes
        return self.sid_mm * np.stack([offset @ right / depth, offset @ up / depth], axis=1)


def angles_of_direction(to_detector_lps: Float[np.ndarray, "3"]) -> tuple[float, float]:
    """The (lao_deg, cranial_deg) that put the detector in the given direction from the isocentre."""
    x, y, z = unit(to_detector_lps)
    lao = float(np.degrees(np.arctan2(x, -y)))
    return (180.0 if lao <= -180.0 else lao), float(np.degrees(np.arcsin(np.clip(z, -1.0, 1.0))))


def turned_left_deg(lao_deg: float) -> float:
    """The angle an operator reads for a prone patient: 0 with the detector above the back, positive to the left.

    Degrees in (-180, 180], negative where the detector is turned towards the patient's right; 180 is below the chest.
    The same formula leads back from it to DICOM's positioner primary angle.
    """
    turned = (180.0 - lao_deg + 180.0) % 360.0 - 180.0
    return 180.0 if turned <= -180.0 else turned
