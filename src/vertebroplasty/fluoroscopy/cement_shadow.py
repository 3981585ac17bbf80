"""The shadow of cement: opacified PMMA in the pores, in place of the marrow it drove out."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import project_smooth
from vertebroplasty.geometry.frame import Affine

__all__ = ["OPACIFIERS_G_PER_CM3", "CementMass", "CementMix", "cement_areal"]

PMMA_G_PER_CM3 = 1.19  # [xraylib] pore-free PMMA
OPACIFIERS_G_PER_CM3 = {  # [xraylib] densities of the pure powders
    "barium-sulfate": 4.5,
    "zirconia": 5.68,
    "tantalum": 16.65,
    "tungsten": 19.3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CementMix:
    """Mixed cement: PMMA and its opacifier, as mass fraction of the whole mix (labels state that of the powder)."""

    opacifier: str
    opacifier_fraction: float

    def __post_init__(self) -> None:
        if self.opacifier not in OPACIFIERS_G_PER_CM3:
            known = ", ".join(OPACIFIERS_G_PER_CM3)
            raise Refused(f"The opacifier {self.opacifier} is not known: choose one of {known}.", where="--product")
        if not 0.0 <= self.opacifier_fraction < 1.0:
            raise Refused("The opacifier's share of the mixed cement must lie from 0 up to 1.", where="--product")

    @classmethod
    def of_powder(cls, opacifier: str, *, powder_fraction: float, powder_g: float, liquid_g: float) -> "CementMix":
        """From the label, which states the opacifier's share of the powder: the liquid thins it."""
        return cls(opacifier=opacifier, opacifier_fraction=powder_fraction * powder_g / (powder_g + liquid_g))

    @property
    def density_g_per_cm3(self) -> float:
        """Density of the mix: volumes add."""
        share = self.opacifier_fraction
        return 1.0 / (share / OPACIFIERS_G_PER_CM3[self.opacifier] + (1.0 - share) / PMMA_G_PER_CM3)


@dataclass(frozen=True, eq=False, kw_only=True)
class CementMass:
    """Where cement is: its volume fraction per voxel on its own grid (0 to 1), and what it is mixed of."""

    fill: Float[np.ndarray, "k j i"]
    affine: Affine
    mix: CementMix

    @property
    def volume_ml(self) -> float:
        """Cement volume."""
        return float(self.fill.sum(dtype=np.float64) * self.affine.voxel_ml)


def cement_areal(
    cement: CementMass, detector: Detector
) -> tuple[tuple[slice, slice], Float[np.ndarray, "rows columns"]]:
    """Volume of cement per area along each ray (cm), on the part of the detector its bounding box falls on.

    Returns the (rows, columns) slices of that part with it; both empty where there is no cement in the picture.
    """
    filled = np.argwhere(cement.fill > 0.0)
    if not len(filled):
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), np.float32)
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    box = cement.fill[low[0] : high[0], low[1] : high[1], low[2] : high[2]].astype(np.float32)
    affine = cement.affine.shifted((int(low[2]), int(low[1]), int(low[0])))
    # Interpolation reaches one voxel beyond the box.
    corners = np.array(list(product(*((-1.0, float(n)) for n in box.shape[::-1]))))
    pixels = detector.to_pixel(affine.to_world(corners))
    start = np.clip(np.floor(pixels.min(axis=0)), 0, detector.size).astype(int)
    stop = np.clip(np.ceil(pixels.max(axis=0)) + 1, 0, detector.size).astype(int)
    part = slice(int(start[0]), int(stop[0])), slice(int(start[1]), int(stop[1]))
    path_cm = project_smooth(box, affine, detector, rows=part[0], columns=part[1])
    return part, path_cm
