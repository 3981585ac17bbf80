"""The one volume type: Hounsfield units, where they lie in the patient, and what lies outside the scan."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy import ndimage

from vertebroplasty.geometry.frame import Affine, Points

__all__ = ["CtVolume", "InputFile", "crop_slices"]

OUTSIDE_HU = -1500.0  # [choice] at or below: padding outside the scan circle, not air


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One input by its role, its name (the role alone for DICOM folders, whose names carry patients) and SHA-256."""

    role: str
    name: str
    sha256: str


@dataclass(frozen=True, eq=False, kw_only=True)
class CtVolume:
    """A CT as the rooms see it: HU stored [k, j, i], its affine to LPS mm, and what was said on reading it.

    `notes` are sentences for the user (a shear projected, tilt resampled); `inputs` is the provenance.
    `scanner_model` and `kernel` are the image header's words, empty where it has none.
    """

    hu: Shaped[np.ndarray, "k j i"]  # int16 or float32
    affine: Affine
    frame_of_reference_uid: str | None = None
    notes: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    kvp: float | None = None
    contrast_agent_stated: bool | None = None
    scanner_model: str = ""
    kernel: str = ""

    @property
    def largest_spacing_mm(self) -> float:
        """The coarsest of the three voxel spacings."""
        return float(self.affine.spacing_mm.max())

    def outside(self) -> Bool[np.ndarray, "k j i"]:
        """Voxels that the scanner never measured (padding), which are not air."""
        return np.asarray(self.hu <= OUTSIDE_HU)

    def sample(self, points_lps_mm: Points, *, beyond_hu: float = np.nan) -> Float[np.ndarray, "*n"]:
        """HU at LPS points by trilinear interpolation; `beyond_hu` where the volume does not reach."""
        index = self.affine.to_index(points_lps_mm)
        coordinates = np.moveaxis(index[..., ::-1], -1, 0)
        values: Float[np.ndarray, "*n"] = ndimage.map_coordinates(
            self.hu, coordinates, output=np.float32, order=1, mode="constant", cval=beyond_hu
        )
        return values


def crop_slices(
    mask: Bool[np.ndarray, "k j i"], margin_mm: float, spacing_ijk_mm: Float[np.ndarray, "3"]
) -> tuple[slice, slice, slice]:
    """The [k, j, i] slices of a mask's bounding box with a margin, clipped at the array's edge."""
    boxes = ndimage.find_objects(mask.astype(np.uint8))
    if not boxes:
        raise ValueError("The mask is empty.")
    margins = np.ceil(margin_mm / np.asarray(spacing_ijk_mm)[::-1]).astype(int)
    k, j, i = (
        slice(max(0, box.start - pad), min(size, box.stop + pad))
        for box, pad, size in zip(boxes[0], margins, mask.shape, strict=True)
    )
    return k, j, i
