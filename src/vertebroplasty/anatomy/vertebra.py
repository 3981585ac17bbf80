"""A level with its own axes and parts: body, pedicles, arch, canal, endplates and posterior wall.

All local coordinates are (right, anterior, superior) mm in the vertebra's `Frame`, whose origin is the body's centre.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.geometry.frame import Affine, Frame

__all__ = ["Canal", "Part", "Pedicle", "Vertebra", "WallLine"]


class Part:
    """Parts of a vertebra, as written in the `part` array of a `VertebraGrid`."""

    NONE = 0
    BODY = 1
    PEDICLE_LEFT = 2
    PEDICLE_RIGHT = 3
    ARCH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WallLine:
    """A wall of the body in the mid-sagittal plane: depth (anterior coordinate) = at_zero_mm + slope · superior."""

    at_zero_mm: float
    slope: float

    def anterior_at(self, superior_mm: Float[np.ndarray, "*n"] | float) -> Float[np.ndarray, "*n"]:
        """The wall's anterior coordinate at a height."""
        return np.asarray(self.at_zero_mm + self.slope * np.asarray(superior_mm, float))


@dataclass(frozen=True, eq=False, kw_only=True)
class Pedicle:
    """One pedicle at its isthmus, the section of smallest area."""

    side: str  # left | right
    isthmus_mm: Float[np.ndarray, "3"]  # local, centre of the largest inscribed circle
    axis: Float[np.ndarray, "3"]  # local unit vector from the arch towards the body
    width_mm: float
    height_mm: float
    length_mm: float
    radius_mm: float  # largest circle inside the isthmus
    isthmus_found: bool  # False: the smallest section lay at the end of the searched range
    stated: frozenset[str] = frozenset()  # width, height: sizes that a reader stated instead of a measurement


@dataclass(frozen=True, eq=False, kw_only=True)
class Canal:
    """The vertebral canal: its centre line and size, local coordinates."""

    superior_mm: Float[np.ndarray, "n"]  # heights at which the centre line is given, ascending
    centre_right_mm: Float[np.ndarray, "n"]
    centre_anterior_mm: Float[np.ndarray, "n"]
    half_width_mm: float
    half_depth_mm: float
    closed_fraction: float  # share of rays that meet bone


@dataclass(frozen=True, eq=False, kw_only=True)
class Vertebra:
    """One level found in the CT: its frame, its label as a signed distance, and its parts.

    `distance_mm` lies on the crop of the label grid given by `distance_affine`: negative inside bone, positive
    outside, zero on the label's surface.  `part` (ids of `Part`) lies on the same crop.
    `cut_sides` names the faces of the volume that the label touches; `body_cut` says whether the body does.
    """

    level: Level
    frame: Frame
    distance_mm: Float[np.ndarray, "k j i"]
    distance_affine: Affine
    part: UInt8[np.ndarray, "k j i"]
    posterior_wall: WallLine
    anterior_wall: WallLine
    upper_mm: float  # local superior coordinate of the upper endplate at mid-depth
    lower_mm: float
    left_mm: float  # local right coordinate of the body's left edge at mid-height (negative)
    right_mm: float
    canal: Canal | None
    pedicles: dict[str, Pedicle]  # by side; a side not found is absent
    cut_sides: tuple[str, ...] = ()
    body_cut: bool = False
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The level's name."""
        return self.level.name

    def body_mask(self) -> Bool[np.ndarray, "k j i"]:
        """Voxels of the body on the crop."""
        return np.asarray(self.part == Part.BODY)
