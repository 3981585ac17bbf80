"""The flat detector: where each pixel lies in the patient's world, and on which pixel a point falls."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine, Points

__all__ = ["Detector", "RayBundle"]


@dataclass(frozen=True, eq=False, kw_only=True)
class RayBundle:
    """All rays of one picture in the index space of an array.

    The pixel (row, column) lies at `first + row·down + column·right`.  Index triples are (i, j, k); `source` is the
    focal spot.  Lengths in mm follow from `matrix`, index to world.
    """

    source: Float[np.ndarray, "3"]
    first: Float[np.ndarray, "3"]
    down: Float[np.ndarray, "3"]
    right: Float[np.ndarray, "3"]
    matrix: Float[np.ndarray, "3 3"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Detector:
    """A square detector of `size` × `size` pixels, centred on the central ray and seen from behind it.

    `pixel_mm` is the pixel on the detector itself; at the isocentre it covers `object_pixel_mm`.
    Row 0 is the top of the picture, column 0 its left edge.
    """

    view: CArmView
    size: int
    pixel_mm: float

    @property
    def object_pixel_mm(self) -> float:
        """Size of a pixel in the plane of the isocentre."""
        return self.pixel_mm * self.view.sod_mm / self.view.sid_mm

    @property
    def _corner(self) -> tuple[Points, Points, Points]:
        """World position of the centre of pixel (0, 0), and the steps to the next row and the next column."""
        right, up = self.view.detector_axes
        half = 0.5 * (self.size - 1) * self.pixel_mm
        centre = self.view.source_lps_mm + self.view.sid_mm * self.view.to_detector
        return centre + half * (up - right), -up * self.pixel_mm, right * self.pixel_mm

    def pixels_lps_mm(self) -> Float[np.ndarray, "rows columns 3"]:
        """World position of every pixel's centre."""
        first, down, right = self._corner
        steps = np.arange(self.size, dtype=float)
        return np.asarray(first + steps[:, None, None] * down + steps[None, :, None] * right)

    def rays_in(self, affine: Affine) -> RayBundle:
        """The picture's rays in the index space of an array."""
        first, down, right = self._corner
        inverse = np.linalg.inv(affine.matrix[:3, :3])
        return RayBundle(
            source=affine.to_index(self.view.source_lps_mm),
            first=affine.to_index(first),
            down=inverse @ down,
            right=inverse @ right,
            matrix=affine.matrix[:3, :3].copy(),
        )

    def to_pixel(self, points_lps_mm: Points) -> Float[np.ndarray, "n 2"]:
        """Fractional (row, column) on which LPS points fall."""
        plane = self.view.project(points_lps_mm)
        middle = 0.5 * (self.size - 1)
        return np.stack([middle - plane[:, 1] / self.pixel_mm, middle + plane[:, 0] / self.pixel_mm], axis=1)
