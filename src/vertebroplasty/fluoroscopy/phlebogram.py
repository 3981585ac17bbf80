"""The phlebogram look: iodine contrast medium in the basivertebral and segmental veins of one vertebra.

The veins are those painted on the vertebra's grid from a template of average anatomy, not this patient's; the picture
teaches where cement may run, it does not show where this patient's veins are.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import project_smooth
from vertebroplasty.geometry.frame import Affine

__all__ = ["PHLEBOGRAM_NOTE", "Contrast", "contrast_areal", "venous_contrast"]

IODINE_G_PER_ML = 0.3  # [choice] contrast medium of 300 mg of iodine per ml, undiluted
PHLEBOGRAM_NOTE = "Phlebogram: the veins are painted from a template of average anatomy, not this patient's own."


@dataclass(frozen=True, eq=False, kw_only=True)
class Contrast:
    """Where contrast medium is: iodine in g/cm³ on its own grid; it replaces blood, not tissue."""

    iodine: Float[np.ndarray, "k j i"]
    affine: Affine


def venous_contrast(grid: VertebraGrid) -> Contrast:
    """The painted veins of a vertebra, filled with contrast medium."""
    veins = grid.is_tissue(Tissue.BASIVERTEBRAL_VEIN, Tissue.SEGMENTAL_VEIN)
    return Contrast(iodine=np.where(veins, np.float32(IODINE_G_PER_ML), np.float32(0.0)), affine=grid.affine)


def contrast_areal(contrast: Contrast, detector: Detector) -> Float[np.ndarray, "rows columns"]:
    """Iodine in g/cm² along each ray."""
    areal: Float[np.ndarray, "rows columns"] = project_smooth(contrast.iodine, contrast.affine, detector)
    return areal
