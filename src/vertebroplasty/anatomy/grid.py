"""The vertebra's own upright grid, on which cement and strength work: HU, tissue and part of every voxel."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, UInt8

from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.geometry.frame import Affine, Frame

__all__ = ["Tissue", "VertebraGrid"]


class Tissue(IntEnum):
    """What fills a voxel of the grid."""

    OUTSIDE_SCAN = 0
    AIR = 1
    SOFT = 2
    TRABECULAR = 3
    CORTEX = 4
    CANAL = 5
    DISC_ABOVE = 6
    DISC_BELOW = 7
    FORAMEN_LEFT = 8
    FORAMEN_RIGHT = 9
    BASIVERTEBRAL_VEIN = 10
    SEGMENTAL_VEIN = 11
    CLEFT = 12
    LESION = 13
    NEIGHBOUR = 14
    OLD_CEMENT = 15
    METAL = 16


@dataclass(frozen=True, eq=False, kw_only=True)
class VertebraGrid:
    """Upright isotropic grid of one vertebra: i runs to the patient's right, j anterior, k superior.

    `tissue` holds `Tissue` values, `part` the ids of `vertebra.Part` (the bone of this level only).
    A gap in the cortex is a voxel on the bone's surface whose tissue is TRABECULAR, CLEFT or LESION instead of
    CORTEX; where `breaches_can_be_seen` is False the shell is closed and the bony leak sites are not assessed.
    Veins that a CT cannot show are painted from a template, named in `notes`; `fracture_lines` are those that a reader
    stated.  On a grid that spans the neighbours (`stack.build_stack`), `above` and `below` hold the parts of theirs.
    """

    level: str
    frame: Frame
    affine: Affine  # index (i, j, k) to LPS mm
    spacing_mm: float
    hu: Float[np.ndarray, "k j i"]
    tissue: UInt8[np.ndarray, "k j i"]
    part: UInt8[np.ndarray, "k j i"]
    breaches_can_be_seen: bool
    apparent_cortex_mm: float | None = None
    notes: tuple[str, ...] = ()
    fracture_lines: tuple[FractureLine, ...] = ()
    above: UInt8[np.ndarray, "k j i"] | None = None
    below: UInt8[np.ndarray, "k j i"] | None = None

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return self.spacing_mm**3 / 1000.0

    def is_tissue(self, *kinds: Tissue) -> Bool[np.ndarray, "k j i"]:
        """Voxels filled by any of the given tissues."""
        return np.isin(self.tissue, [int(kind) for kind in kinds])

    def body(self) -> Bool[np.ndarray, "k j i"]:
        """Voxels of the vertebral body."""
        return np.asarray(self.part == 1)

    def to_local(self, index_ijk: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Local (right, anterior, superior) mm of grid indices."""
        return self.frame.to_local(self.affine.to_world(index_ijk))
