"""What is shown of an opened case: the CT along the vertebra's own axes, and what fills every voxel of it."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Int16, UInt8

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.resampling import measured_hu, onto
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.web.cases.beside import kept_beside_the_case

__all__ = ["NOT_SCANNED_HU", "Shown", "UprightImage", "upright_image"]

SPACING_MM = 0.8  # [choice] finer than most CTs of a spine along the body, coarser than in its slices
WIDE_MM, DEEP_MM, HIGH_MM = 120.0, 120.0, 110.0  # [choice] what is shown: the whole vertebra, its neighbours' plates
BEHIND_MM = 75.0  # [choice] of the depth, behind the body's centre: the spinous process and muscle
FAR_MM = 10.0  # [choice] outside, where the bone's outline is not known
NOT_SCANNED_HU = -32768  # [choice] stands for no value


class Shown(IntEnum):
    """What fills a voxel, by the numbers in the label map."""

    NOTHING = 0
    BODY = 1
    PEDICLE_LEFT = 2
    PEDICLE_RIGHT = 3
    ARCH = 4
    CANAL = 5
    DISC = 6
    FORAMEN = 7
    NEIGHBOUR = 8
    CLEFT = 9
    LESION = 10
    VEIN = 11
    FOREIGN = 12


AROUND = {
    Tissue.CANAL: Shown.CANAL,
    Tissue.DISC_ABOVE: Shown.DISC,
    Tissue.DISC_BELOW: Shown.DISC,
    Tissue.FORAMEN_LEFT: Shown.FORAMEN,
    Tissue.FORAMEN_RIGHT: Shown.FORAMEN,
    Tissue.NEIGHBOUR: Shown.NEIGHBOUR,
    Tissue.SEGMENTAL_VEIN: Shown.VEIN,
}
WITHIN = {
    Tissue.CLEFT: Shown.CLEFT,
    Tissue.LESION: Shown.LESION,
    Tissue.BASIVERTEBRAL_VEIN: Shown.VEIN,
    Tissue.OLD_CEMENT: Shown.FOREIGN,
    Tissue.METAL: Shown.FOREIGN,
}


@dataclass(frozen=True, eq=False, kw_only=True)
class UprightImage:
    """The CT and its labels on one upright lattice: i runs to the patient's right, j anterior, k superior.

    `hu` is rounded to whole Hounsfield units, -32768 where the CT holds nothing; `labels` are those of `Shown`.
    `affine` maps (i, j, k) to LPS mm.
    """

    hu: Int16[np.ndarray, "k j i"]
    labels: UInt8[np.ndarray, "k j i"]
    affine: Affine
    start_mm: tuple[float, float, float]  # voxel (0, 0, 0) in the vertebra's axes: right, anterior, superior
    spacing_mm: float


@kept_beside_the_case
def upright_image(case: OpenedCase) -> UprightImage:
    """The image of a case; worked out when it is first asked for."""
    vertebra = case.rehearsal.vertebra
    frame = vertebra.frame
    shape = tuple(round(length / SPACING_MM) + 1 for length in (HIGH_MM, DEEP_MM, WIDE_MM))
    start = (-WIDE_MM / 2, -BEHIND_MM, -HIGH_MM / 2)
    affine = Affine.from_parts(frame.to_world(np.array(start)), frame.axes.T, np.full(3, SPACING_MM))
    return UprightImage(
        hu=_whole(measured_hu(vertebra.level.ct, affine, shape)),
        labels=_labels(vertebra, case.rehearsal.grid, affine, shape),
        affine=affine,
        start_mm=start,
        spacing_mm=SPACING_MM,
    )


def _whole(hu: np.ndarray) -> Int16[np.ndarray, "k j i"]:
    """Whole Hounsfield units, with one number for what was not scanned."""
    limits = np.iinfo(np.int16)
    whole = np.clip(np.rint(np.nan_to_num(hu, nan=NOT_SCANNED_HU)), limits.min, limits.max)
    return np.asarray(whole, np.int16)


def _labels(
    vertebra: Vertebra, grid: VertebraGrid, affine: Affine, shape: tuple[int, ...]
) -> UInt8[np.ndarray, "k j i"]:
    """Parts of the bone by its own outline; canal, discs and what lies in the body from the coarser grid."""
    tissue = onto(grid.tissue, grid.affine, affine, shape, beyond=0.0, nearest=True).astype(np.uint8)
    labels = _recoded(tissue, AROUND)
    spine = vertebra.level.spine
    other = onto(
        spine.labels,
        spine.affine,
        affine,
        shape,
        beyond=0.0,
        nearest=True,
        first=lambda near: np.isin(near, [value for value in spine.names if value != vertebra.level.value]),
    )
    labels[other > 0] = Shown.NEIGHBOUR
    bone = onto(vertebra.distance_mm, vertebra.distance_affine, affine, shape, beyond=FAR_MM) < 0
    part = onto(vertebra.part, vertebra.distance_affine, affine, shape, beyond=0.0, nearest=True).astype(np.uint8)
    labels[bone & (part > 0)] = part[bone & (part > 0)]  # the numbers of the parts are those of Shown
    inner = _recoded(tissue, WITHIN)
    return np.where((inner > 0) & (bone | (inner == Shown.FOREIGN)), inner, labels).astype(np.uint8)


def _recoded(tissue: UInt8[np.ndarray, "k j i"], names: dict[Tissue, Shown]) -> UInt8[np.ndarray, "k j i"]:
    table = np.zeros(max(Tissue) + 1, np.uint8)
    for kind, shown in names.items():
        table[kind] = shown
    return np.asarray(table[tissue])
