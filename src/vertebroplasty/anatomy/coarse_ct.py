"""The CT around one level as means over blocks of about 3 mm: little noise, few voxels, for finding whole tissues."""

import numpy as np
from jaxtyping import Bool, Float, Float32

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.anatomy.volume import OUTSIDE_HU, CtVolume
from vertebroplasty.geometry.frame import Affine

__all__ = ["CoarseCt", "coarse_ct"]

BLOCK_MM = 3.0  # [choice] edge of a block: averages noise out and still lies inside a layer of fat
BESIDE_MM = 60.0  # [choice] tissue further above or below than this is not looked at
ACROSS_MM = 400.0  # [choice] half the width of the widest field of view
PADDED_HU = -1024.0  # [exact] the least that twelve bits with an offset of 1024 hold: air is clipped and padded there


class CoarseCt:
    """Mean HU of blocks (NaN where any of a block was never measured), and where every block lies.

    `local_mm` are the blocks' centres in the vertebra's axes (right, anterior, superior).
    """

    def __init__(self, hu: Float32[np.ndarray, "k j i"], affine: Affine, vertebra: Vertebra) -> None:
        self.hu = hu
        self.affine = affine
        self.vertebra = vertebra
        k, j, i = np.indices(hu.shape, np.float32)
        self.local_mm: Float[np.ndarray, "k j i 3"] = vertebra.frame.to_local(
            affine.to_world(np.stack([i, j, k], axis=-1))
        ).astype(np.float32)

    @property
    def spacing_kji_mm(self) -> Float[np.ndarray, "3"]:
        """Edges of a block along k, j and i."""
        return self.affine.spacing_mm[::-1]

    @property
    def measured(self) -> Bool[np.ndarray, "k j i"]:
        """Blocks that the scanner measured."""
        return np.isfinite(self.hu)

    def labelled(self) -> Bool[np.ndarray, "k j i"]:
        """Blocks whose centre lies in any labelled bone."""
        spine: Level = self.vertebra.level
        labels, affine = spine.spine.labels, spine.spine.affine
        k, j, i = np.indices(self.hu.shape, np.float32)
        index = np.rint(affine.to_index(self.affine.to_world(np.stack([i, j, k], axis=-1)))).astype(int)[..., ::-1]
        inside = ((index >= 0) & (index < labels.shape)).all(axis=-1)
        clipped = np.clip(index, 0, np.array(labels.shape) - 1)
        return np.asarray(inside & (labels[tuple(np.moveaxis(clipped, -1, 0))] > 0))


def coarse_ct(vertebra: Vertebra) -> CoarseCt:
    """Block means of the CT from 60 mm below to 60 mm above a vertebra, over the whole width of the scan."""
    ct = vertebra.level.ct
    window = _window(ct, vertebra)
    size = np.maximum(1, np.rint(BLOCK_MM / ct.affine.spacing_mm)).astype(int)[::-1]
    crop = ct.hu[window]
    counts = [max(1, length // int(n)) for length, n in zip(crop.shape, size, strict=True)]
    size = np.minimum(size, crop.shape)
    k, j, i = (count * int(n) for count, n in zip(counts, size, strict=True))
    blocks = crop[:k, :j, :i].reshape(counts[0], size[0], counts[1], size[1], counts[2], size[2])
    hu = blocks.mean(axis=(1, 3, 5), dtype=np.float32)
    lowest, highest = blocks.min(axis=(1, 3, 5)), blocks.max(axis=(1, 3, 5))
    never = (lowest <= OUTSIDE_HU) | ((lowest == highest) & (highest <= PADDED_HU))
    hu[never] = np.nan
    first = ct.affine.shifted((window[2].start, window[1].start, window[0].start))
    matrix = first.matrix.copy()
    matrix[:3, 3] = first.to_world((size[::-1] - 1) / 2)
    matrix[:3, :3] *= size[::-1]
    return CoarseCt(hu, Affine(matrix), vertebra)


def _window(ct: CtVolume, vertebra: Vertebra) -> tuple[slice, slice, slice]:
    """The [k, j, i] slices that hold everything near the vertebra's height."""
    heights = (vertebra.lower_mm - BESIDE_MM, vertebra.upper_mm + BESIDE_MM)
    sides = (-ACROSS_MM, ACROSS_MM)
    corners = np.array([[right, front, up] for right in sides for front in sides for up in heights])
    index = ct.affine.to_index(vertebra.frame.to_world(corners))[:, ::-1]
    starts = np.clip(np.floor(index.min(axis=0)), 0, np.array(ct.hu.shape) - 1).astype(int)
    stops = np.clip(np.ceil(index.max(axis=0)) + 1, starts + 1, ct.hu.shape).astype(int)
    k, j, i = (slice(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True))
    return k, j, i
