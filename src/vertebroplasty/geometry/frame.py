"""Where an array lies in the patient: affines in LPS millimetres, and frames of right, anterior and superior.

Arrays are stored `[k, j, i]`; an affine maps the index `(i, j, k)` to LPS: +x left, +y posterior, +z superior.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["Affine", "Frame", "Points", "unit"]

Points = Float[np.ndarray, "*n 3"]
Vector = Float[np.ndarray, "3"]


def unit(vector: Vector) -> Vector:
    """The vector at length one."""
    return np.asarray(vector, float) / np.linalg.norm(vector)


@dataclass(frozen=True, eq=False)
class Affine:
    """Maps voxel indices (i, j, k) of an array stored [k, j, i] to LPS millimetres."""

    matrix: Float[np.ndarray, "4 4"]

    @classmethod
    def from_parts(cls, origin_lps_mm: Vector, directions: Float[np.ndarray, "3 3"], spacing_mm: Vector) -> "Affine":
        """Build from the position of voxel (0, 0, 0), unit columns along i, j, k, and their spacing."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.asarray(directions, float) * np.asarray(spacing_mm, float)
        matrix[:3, 3] = origin_lps_mm
        return cls(matrix)

    @property
    def spacing_mm(self) -> Vector:
        """Distance between voxel centres along i, j and k."""
        return np.linalg.norm(self.matrix[:3, :3], axis=0)

    @property
    def directions(self) -> Float[np.ndarray, "3 3"]:
        """Unit columns: where i, j and k point to in LPS."""
        return self.matrix[:3, :3] / self.spacing_mm

    @property
    def origin_lps_mm(self) -> Vector:
        """Centre of voxel (0, 0, 0)."""
        return self.matrix[:3, 3]

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.matrix[:3, :3]))) / 1000.0

    def to_world(self, index_ijk: Points) -> Points:
        """LPS position of (fractional) indices (i, j, k)."""
        return np.asarray(index_ijk, float) @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def to_index(self, world_lps_mm: Points) -> Points:
        """Fractional indices (i, j, k) of LPS positions."""
        inverse = np.linalg.inv(self.matrix[:3, :3])
        return (np.asarray(world_lps_mm, float) - self.matrix[:3, 3]) @ inverse.T

    def shifted(self, start_ijk: tuple[int, int, int]) -> "Affine":
        """The affine of a sub-array that begins at the given index."""
        matrix = self.matrix.copy()
        matrix[:3, 3] = self.to_world(np.array(start_ijk, float))
        return Affine(matrix)


@dataclass(frozen=True, eq=False)
class Frame:
    """A vertebra's own axes: right, anterior, superior (unit, LPS) through an origin.

    Local coordinates are (right, anterior, superior) in mm from the origin; the frame is right-handed.
    """

    origin_lps_mm: Vector
    right: Vector
    anterior: Vector
    superior: Vector

    @property
    def axes(self) -> Float[np.ndarray, "3 3"]:
        """Rows right, anterior, superior in LPS."""
        return np.stack([self.right, self.anterior, self.superior])

    def to_local(self, world_lps_mm: Points) -> Points:
        """Local (right, anterior, superior) mm of LPS points."""
        return (np.asarray(world_lps_mm, float) - self.origin_lps_mm) @ self.axes.T

    def to_world(self, local_mm: Points) -> Points:
        """LPS mm of local (right, anterior, superior) points."""
        return np.asarray(local_mm, float) @ self.axes + self.origin_lps_mm

    def direction_to_world(self, local: Points) -> Points:
        """LPS direction of a local direction."""
        return np.asarray(local, float) @ self.axes

    def direction_to_local(self, world: Points) -> Points:
        """Local direction of an LPS direction."""
        return np.asarray(world, float) @ self.axes.T
