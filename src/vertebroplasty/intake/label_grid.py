"""Laying labels onto the CT's own grid: unchanged where the grids agree, by nearest neighbour where they do not."""

import numpy as np
from jaxtyping import Shaped

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake.label_volume import LabelVolume

__all__ = ["labels_on_ct"]

SAME_PLACE_SHARE = 0.02  # [choice] of a voxel: rounding of affines written by two programs


def labels_on_ct(volume: LabelVolume, ct: CtVolume) -> tuple[Shaped[np.ndarray, "k j i"], tuple[str, ...]]:
    """The labels at the CT's voxels, and a sentence if they had to be resampled or lie partly outside the CT.

    Raises:
        UnreadableImage: the labels belong to another frame of reference, or none lies in the CT.
    """
    uids = (volume.frame_of_reference_uid, ct.frame_of_reference_uid)
    if None not in uids and uids[0] != uids[1]:
        raise UnreadableImage(
            f"{volume.name} belongs to another frame of reference than the CT: give the segmentation of this CT.",
            where=volume.name,
        )
    to_label = np.linalg.inv(volume.affine.matrix) @ ct.affine.matrix
    same_shape = volume.labels.shape == ct.hu.shape
    if same_shape and _largest_shift(to_label - np.eye(4), ct.hu.shape) < SAME_PLACE_SHARE:
        return volume.labels, ()
    labels = _nearest(volume.labels, to_label, ct.hu.shape)
    if not labels.any():
        raise UnreadableImage(
            f"No label of {volume.name} lies inside the CT: give the segmentation of this CT.", where=volume.name
        )
    notes: list[str] = []
    if _is_reordering(to_label, ct.hu.shape):
        if np.count_nonzero(labels) < np.count_nonzero(volume.labels):
            notes.append(f"Labels of {volume.name} reach beyond the CT and were cut there.")
    else:
        notes.append(f"{volume.name} lies on another grid than the CT: its labels were resampled by nearest neighbour.")
    return labels, tuple(notes)


def _largest_shift(difference: np.ndarray, shape_kji: tuple[int, ...]) -> float:
    """The largest absolute value an affine difference takes over the index box."""
    extent = np.array(shape_kji[::-1]) - 1
    return float((np.abs(difference[:3, :3]) @ extent + np.abs(difference[:3, 3])).max())


def _is_reordering(to_label: np.ndarray, shape_kji: tuple[int, ...]) -> bool:
    """Whether the grids share their voxel centres and differ only in axis order, direction or extent."""
    return _largest_shift(to_label - np.rint(to_label), shape_kji) < SAME_PLACE_SHARE


def _nearest(
    labels: Shaped[np.ndarray, "k j i"], to_label: np.ndarray, shape_kji: tuple[int, ...]
) -> Shaped[np.ndarray, "k2 j2 i2"]:
    """The label nearest to every CT voxel, slice by slice so that a large CT needs little memory."""
    result = np.zeros(shape_kji, labels.dtype)
    slices, rows, columns = shape_kji
    j, i = np.indices((rows, columns), dtype=np.float64)
    sizes = labels.shape[::-1]
    for k in range(slices):
        index = [
            np.rint(
                to_label[axis, :3] @ np.stack([i, j, np.full_like(i, k)]).reshape(3, -1) + to_label[axis, 3]
            ).astype(np.int64)
            for axis in range(3)
        ]
        inside = np.logical_and.reduce([(at >= 0) & (at < size) for at, size in zip(index, sizes, strict=True)])
        flat = result[k].reshape(-1)
        flat[inside] = labels[index[2][inside], index[1][inside], index[0][inside]]
    return result
