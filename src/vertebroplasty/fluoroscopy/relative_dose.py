"""A relative dose of one view: kerma at the detector over the fluoroscopy time, and what that asks for at the skin.

The dose per frame at the detector is what automatic exposure control holds constant; the entrance follows from how
little of the beam arrives there.  Good for comparing views, patients and times with each other, not for a record.
"""

from dataclasses import dataclass

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.beam import beam
from vertebroplasty.fluoroscopy.dose import detector_share_of_kerma, entrance_kerma_ngy
from vertebroplasty.fluoroscopy.exposure import KERMA_NGY, metered
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.trunk import trunk_thickness_mm

__all__ = ["DOSE_LIMITS", "FRAMES_PER_S", "RelativeDose", "relative_dose"]

FRAMES_PER_S = 8.0  # [choice] pulsed fluoroscopy, of the usual 4 to 15
CENTRE_SHARE = 0.25  # [choice] half side of the part of the picture that steers the exposure, of the whole
NGY_PER_UGY, NGY_PER_MGY = 1e3, 1e6  # [exact] units
DOSE_LIMITS = (
    "Relative: from a constant detector dose without an anti-scatter grid; no backscatter, table, collimation or "
    "overlap of fields. Compare with it, do not record it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeDose:
    """Dose of one view held for a time.

    Kerma at the detector counts what arrives behind the patient, scatter included; the entrance is free in air where
    the beam meets the skin.  `passed` is the share of the beam's kerma that reaches the detector unscattered.
    """

    fluoroscopy_s: float
    frames: int
    detector_ngy_per_frame: float
    detector_ugy: float
    passed: float
    entrance_mgy: float


def relative_dose(image: XrayImage, fluoroscopy_s: float, *, kerma_ngy: float = KERMA_NGY) -> RelativeDose:
    """The dose of a time under the beam in one view, needles and cement left out.

    The middle of the picture stands for the patient; the inverse square brings the beam from the detector to the skin,
    half a trunk in front of the isocentre.

    Raises:
        Refused: a time below zero.
    """
    if not 0.0 <= fluoroscopy_s < np.inf:
        raise Refused("The fluoroscopy time must be zero or more seconds.", where="--fluoroscopy-s")
    size, shadow = image.detector.size, image.shadow
    middle = slice(int(size * (0.5 - CENTRE_SHARE)), max(1, int(np.ceil(size * (0.5 + CENTRE_SHARE)))))
    behind = {
        "water": float(np.median(shadow.soft[middle, middle])),
        "cortical-bone": float(np.median(shadow.bone[middle, middle])),
    }
    through, frames = beam(image.kvp), round(fluoroscopy_s * FRAMES_PER_S)
    entrance_ngy = entrance_kerma_ngy(
        kerma_ngy,
        through,
        behind,
        image.view,
        thickness_mm=shadow.thickness_mm or trunk_thickness_mm(image.view),
        scatter_to_primary=metered(image).scatter,
    )
    return RelativeDose(
        fluoroscopy_s=fluoroscopy_s,
        frames=frames,
        detector_ngy_per_frame=kerma_ngy,
        detector_ugy=frames * kerma_ngy / NGY_PER_UGY,
        passed=detector_share_of_kerma(through, behind),
        entrance_mgy=frames * entrance_ngy / NGY_PER_MGY,
    )
