"""What the CT shows in and around one body: HU on its crop, depth below its surface, dense foreign matter."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.resampling import cropped_to, measured_hu, onto
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.anatomy.volume import crop_slices
from vertebroplasty.geometry.frame import Affine

__all__ = [
    "DENSE_HU",
    "DenseMatter",
    "body_depth_mm",
    "crop_points",
    "dense_matter",
    "foreign_on_crop",
    "ground_mm",
    "hu_on_crop",
    "remembered",
]

DENSE_HU = 2000.0  # [house] acrylic cement with 30 % barium sulfate and metal read above it, cortex rarely
DENSE_ML = 0.05  # [choice] smaller dense groups are cortex or noise
DENSE_MARGIN_MM = 20.0  # [choice] how far beside the label dense matter is looked for, as far as the grid reaches
HALO_MM = 2.0  # [choice] streaks around dense matter, kept out of every HU figure besides half a voxel

Result = TypeVar("Result")


class DenseMatter(NamedTuple):
    """Voxels of the CT dense as cement or metal, near one level, as numbered groups on a crop of the CT."""

    groups: Int[np.ndarray, "k j i"]
    n_groups: int
    affine: Affine


def crop_points(shape: tuple[int, ...], affine: Affine) -> Float[np.ndarray, "k j i 3"]:
    """LPS mm of every voxel centre of an array."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return affine.to_world(np.stack([i, j, k], axis=-1))


def ground_mm(vertebra: Vertebra) -> Float[np.ndarray, "k j i 3"]:
    """Local (right, anterior, superior) mm of every voxel centre of the vertebra's crop."""
    return vertebra.frame.to_local(crop_points(vertebra.distance_mm.shape, vertebra.distance_affine))


def hu_on_crop(vertebra: Vertebra) -> Float[np.ndarray, "k j i"]:
    """HU of the CT at the vertebra's crop; NaN where the scanner measured nothing."""

    def read() -> Float[np.ndarray, "k j i"]:
        return measured_hu(vertebra.level.ct, vertebra.distance_affine, vertebra.distance_mm.shape)

    return remembered(vertebra.level, "hu-on-crop", read)


def body_depth_mm(vertebra: Vertebra) -> Float[np.ndarray, "k j i"]:
    """How deep each voxel lies below the surface of the body, mm; the cut through the pedicles counts as surface."""

    def measure() -> Float[np.ndarray, "k j i"]:
        spacing = vertebra.distance_affine.spacing_mm[::-1]
        to_cut = ndimage.distance_transform_edt(vertebra.body_mask(), sampling=spacing) - spacing.min() / 2
        return np.asarray(np.minimum(to_cut, -vertebra.distance_mm), np.float32)

    return remembered(vertebra.level, "body-depth", measure)


def dense_matter(level: Level) -> DenseMatter:
    """Groups of voxels above 2000 HU in the label or beside it: old cement, screws, rods.

    10 % barium sulfate in acrylic cement reads 2370 HU at 70 keV, 20 % 5000 HU; cortex stays below 2000 HU but for
    single voxels, hence the least volume of a group.
    """

    def search() -> DenseMatter:
        ct, labels = level.ct, level.spine.affine
        box = crop_slices(level.mask(), DENSE_MARGIN_MM, labels.spacing_mm)
        near = labels.shifted(tuple(side.start for side in box[::-1]))
        crop, place = cropped_to(ct.hu, ct.affine, near, tuple(side.stop - side.start for side in box))
        groups, count = ndimage.label(crop > DENSE_HU, structure=np.ones((3, 3, 3)))
        kept = np.bincount(groups.ravel(), minlength=count + 1) * ct.affine.voxel_ml >= DENSE_ML
        kept[0] = False
        number = np.where(kept, np.cumsum(kept), 0)
        return DenseMatter(number[groups], int(kept.sum()), place)

    return remembered(level, "dense-matter", search)


def foreign_on_crop(vertebra: Vertebra) -> Bool[np.ndarray, "k j i"]:
    """Voxels of the crop in dense matter or within 2 mm and half a voxel of it: no bone is measured there."""
    dense = dense_matter(vertebra.level)
    shape = vertebra.distance_mm.shape
    if not dense.n_groups:
        return np.zeros(shape, bool)
    halo = HALO_MM + vertebra.level.ct.largest_spacing_mm / 2
    away = ndimage.distance_transform_edt(dense.groups == 0, sampling=dense.affine.spacing_mm[::-1])
    return np.asarray(onto(away, dense.affine, vertebra.distance_affine, shape, beyond=2 * halo) < halo)


def remembered(level: Level, what: str, work_out: Callable[[], Result]) -> Result:
    """What was worked out once for this level of this spine."""
    found = level.spine._found
    key = f"{what} of {level.name}"
    if key not in found:
        found[key] = work_out()
    result: Result = found[key]
    return result
