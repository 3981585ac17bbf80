"""What is put under load: a block of voxels with a stiffness each, and what every voxel is made of."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity_element import Cube, cube
from vertebroplasty.strength.material import POISSON_RATIO

__all__ = ["TREATED_BODY", "Matter", "Specimen"]


class Matter(IntEnum):
    """What a voxel of a specimen is."""

    NOTHING = 0
    BONE = 1
    PROCESS = 2
    CEMENT_BONE = 3
    OLD_CEMENT = 4
    CAP = 5
    DISC = 6
    NEIGHBOUR_ABOVE = 7
    NEIGHBOUR_BELOW = 8


TREATED_BODY = (Matter.BONE, Matter.CEMENT_BONE, Matter.OLD_CEMENT)


@dataclass(frozen=True, eq=False, kw_only=True)
class Specimen:
    """Voxels between two plates, k running superior; the first and last layer along k touch the plates.

    `modulus_mpa` is 0 where there is nothing and `matter` holds `Matter` values.  `fill` is the volume fraction of new
    cement (None: no cement was given) and `density_mg_per_ml` the calibrated density of the bone (None: not known).
    `height_mm` is that of the treated body, mean distance between its endplates.  Voxel (0, 0, 0) of the specimen is
    voxel `first_kji` of the grid it was cut from; that may be negative, since caps reach beyond a grid.
    Every voxel is isotropic with `poisson_ratio`, or an `element` of unit modulus says otherwise for all of them.

    Raises:
        Refused: the fields differ in shape, or nothing touches a plate.
    """

    modulus_mpa: Float32[np.ndarray, "k j i"]
    matter: UInt8[np.ndarray, "k j i"]
    spacing_mm: float
    height_mm: float
    fill: Float32[np.ndarray, "k j i"] | None = None
    density_mg_per_ml: Float32[np.ndarray, "k j i"] | None = None
    first_kji: tuple[int, int, int] = (0, 0, 0)
    poisson_ratio: float = POISSON_RATIO
    element: Cube | None = None

    def __post_init__(self) -> None:
        """Refuse fields that do not fit each other."""
        fields = (self.matter, self.fill, self.density_mg_per_ml)
        if any(field is not None and field.shape != self.modulus_mpa.shape for field in fields):
            raise Refused("The fields of a specimen differ in shape: hand in one value of each for every voxel.")
        if not (self.modulus_mpa[0].any() and self.modulus_mpa[-1].any()):
            raise Refused("The model does not reach both plates: it needs material in its first and last layer.")

    @property
    def unit_cube(self) -> Cube:
        """A voxel of unit modulus and edge."""
        return self.element or cube(self.poisson_ratio)

    def made_of(self, *kinds: Matter) -> Bool[np.ndarray, "k j i"]:
        """Voxels of any of the given kinds."""
        return np.isin(self.matter, [int(kind) for kind in kinds])

    def treated_body(self) -> Bool[np.ndarray, "k j i"]:
        """Voxels of the vertebral body under treatment, whether bone, bone with cement or old cement."""
        return self.made_of(*TREATED_BODY)

    def onto_grid(
        self, field: Float[np.ndarray, "k j i"], shape: tuple[int, ...], *, outside: float = 0.0
    ) -> Float[np.ndarray, "kk jj ii"]:
        """A field of the specimen on the grid that it was cut from; voxels beyond the grid (caps) are dropped."""
        placed = np.full(shape, outside, field.dtype)
        here, there = [], []
        for first, count, size in zip(self.first_kji, field.shape, shape, strict=True):
            start = max(first, 0)
            stop = max(start, min(first + count, size))
            there.append(slice(start, stop))
            here.append(slice(start - first, stop - first))
        placed[tuple(there)] = field[tuple(here)]
        return placed
