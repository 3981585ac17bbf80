"""A label volume as read, before its numbers mean anything, and what can be measured on each label."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped
from scipy import ndimage

from vertebroplasty.geometry.frame import Affine

__all__ = ["LabelPiece", "LabelVolume", "measure_pieces"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelVolume:
    """Labels [k, j, i] (unsigned, 0 = background) on their own grid, with the name of the file they came from.

    `names` is given where the file itself names its levels (coded segmentations); else None.
    """

    name: str
    labels: Shaped[np.ndarray, "k j i"]
    affine: Affine
    names: dict[int, str] | None = None
    frame_of_reference_uid: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelPiece:
    """One label: its size, its centre and whether the volume's edge cuts it."""

    value: int
    voxels: int
    volume_ml: float
    centre_lps_mm: Float[np.ndarray, "3"]
    is_cut: bool


def measure_pieces(volume: LabelVolume) -> dict[int, LabelPiece]:
    """Every label that occurs, measured once."""
    pieces: dict[int, LabelPiece] = {}
    for value, box in enumerate(ndimage.find_objects(volume.labels), start=1):
        if not box:  # a number that does not occur
            continue
        mask = volume.labels[box] == value
        voxels = int(np.count_nonzero(mask))
        centre_kji = [
            side.start + float(mask.sum(axis=tuple({0, 1, 2} - {axis})) @ np.arange(mask.shape[axis])) / voxels
            for axis, side in enumerate(box)
        ]
        pieces[value] = LabelPiece(
            value=value,
            voxels=voxels,
            volume_ml=voxels * volume.affine.voxel_ml,
            centre_lps_mm=volume.affine.to_world(np.array(centre_kji[::-1])),
            is_cut=any(
                side.start == 0 or side.stop == size for side, size in zip(box, volume.labels.shape, strict=True)
            ),
        )
    return pieces
