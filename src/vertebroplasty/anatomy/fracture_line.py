"""A fracture line that a reader states: an open crack, as a flat patch with an opening, and the voxels it crosses.

On a slice a crack is a line, in the bone it is a surface.  A CT rarely shows it and nothing here looks for it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine

__all__ = ["FractureLine"]

FLAT_WITHIN_MM = 2.0  # [choice] a patch read by hand may bulge by so much; it is taken as flat
LEAST_MM2 = 1.0  # [choice] of a patch; smaller, its points lie on one line and show no surface


@dataclass(frozen=True, eq=False, kw_only=True)
class FractureLine:
    """One crack: the outline of a flat patch, its points in order around it, and how far it gapes.

    Points are LPS mm; a crack that bends is stated as several patches.

    Raises:
        Refused: fewer than three points, points on one line, or a patch that is not flat.
    """

    points_lps_mm: Float[np.ndarray, "n 3"]
    opening_mm: float

    def __post_init__(self) -> None:
        if len(self.points_lps_mm) < 3:
            raise Refused("A fracture line needs three points or more: the outline of a flat patch.", where="points")
        bulge = float(np.abs((self.points_lps_mm - self._plane[0]) @ self._plane[1][2]).max())
        if bulge > FLAT_WITHIN_MM:
            raise Refused(
                f"A fracture line's points lie up to {bulge:.0f} mm off one plane: state a bent crack as several "
                "patches.",
                where="points",
            )
        x, y = self._outline.T
        area = 0.5 * abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))))
        if area < LEAST_MM2:
            raise Refused(
                "A fracture line's points lie on one line: state the outline of a patch, on two slices or more.",
                where="points",
            )

    @cached_property
    def _plane(self) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]:
        """A point of the plane that fits best, and its axes as rows: two along it, the third its normal."""
        middle = self.points_lps_mm.mean(axis=0)
        axes = np.linalg.svd(self.points_lps_mm - middle, full_matrices=True)[2]
        return middle, axes

    @cached_property
    def _outline(self) -> Float[np.ndarray, "n 2"]:
        """The points along the plane."""
        middle, axes = self._plane
        return np.asarray((self.points_lps_mm - middle) @ axes[:2].T)

    def layer_mm(self, affine: Affine) -> float:
        """Thickness of the layer of voxels that stands for it: the thinnest that hangs together by faces, or more."""
        across = np.abs(affine.directions.T @ self._plane[1][2])
        return max(self.opening_mm, float(across @ affine.spacing_mm))

    def crossed(self, affine: Affine, shape: tuple[int, ...]) -> Bool[np.ndarray, "k j i"]:
        """Voxels of a lattice whose centres lie within that layer about the patch."""
        middle, axes = self._plane
        index = np.indices(shape)[::-1].reshape(3, -1).T
        local = (affine.to_world(index.astype(float)) - middle) @ axes.T
        near = np.abs(local[:, 2]) <= 0.5 * self.layer_mm(affine)
        near[near] = _within(local[near, :2], self._outline)
        return np.asarray(near.reshape(shape))


def _within(points: Float[np.ndarray, "m 2"], outline: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, "m"]:
    """Whether points lie within a polygon: a ray to the right crosses its edges an odd number of times."""
    inside = np.zeros(len(points), bool)
    x, y = points.T
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) / (by - ay) * (bx - ax))
    return inside
