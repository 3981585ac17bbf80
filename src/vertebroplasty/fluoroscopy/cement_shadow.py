"""The shadow of cement: opacified PMMA in the pores, in place of the marrow it drove out."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import project_smooth
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.geometry.mixture import OPACIFIERS_G_PER_CM3, mixed_density_g_per_cm3, mixed_fraction

__all__ = ["CementMass", "CementMix", "cement_areal"]


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
        return cls(
            opacifier=opacifier,
            opacifier_fraction=mixed_fraction(powder_fraction, powder_g=powder_g, liquid_g=liquid_g),
        )

    @property
    def density_g_per_cm3(self) -> float:
        """Density of the mix: volumes add."""
        return mixed_density_g_per_cm3(self.opacifier, self.opacifier_fraction)


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


def _filled_box(fill: Float[np.ndarray, "k j i"]) -> tuple[slice, slice, slice] | None:
    """The smallest box that holds all cement, None where there is none."""
    sides = []
    wet: Bool[np.ndarray, "k j i"] = fill > 0.0
    shadow = np.any(wet, axis=0)
    for there in (np.any(wet, axis=(1, 2)), np.any(shadow, axis=1), np.any(shadow, axis=0)):
        found = np.flatnonzero(there)
        if not len(found):
            return None
        sides.append(slice(int(found[0]), int(found[-1]) + 1))
    k, j, i = sides
    return k, j, i


def cement_areal(
    cement: CementMass, detector: Detector
) -> tuple[tuple[slice, slice], Float[np.ndarray, "rows columns"]]:
    """Volume of cement per area along each ray (cm), on the part of the detector its bounding box falls on.

    Returns the (rows, columns) slices of that part with it; both empty where there is no cement in the picture.
    """
    filled = _filled_box(cement.fill)
    if filled is None:
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), np.float32)
    box = cement.fill[filled].astype(np.float32)
    k, j, i = (part.start for part in filled)
    affine = cement.affine.shifted((i, j, k))
    # Interpolation reaches one voxel beyond the box.
    corners = np.array(list(product(*((-1.0, float(n)) for n in box.shape[::-1]))))
    pixels = detector.to_pixel(affine.to_world(corners))
    start = np.clip(np.floor(pixels.min(axis=0)), 0, detector.size).astype(int)
    stop = np.clip(np.ceil(pixels.max(axis=0)) + 1, 0, detector.size).astype(int)
    part = slice(int(start[0]), int(stop[0])), slice(int(start[1]), int(stop[1]))
    path_cm = project_smooth(box, affine, detector, rows=part[0], columns=part[1])
    return part, path_cm
