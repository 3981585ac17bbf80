"""Laying labels onto the CT's own grid: unchanged where the grids agree, by nearest neighbour where they do not."""

import numpy as np
from jaxtyping import Float, Shaped
from scipy import ndimage

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


def _largest_shift(difference: Float[np.ndarray, "4 4"], shape_kji: tuple[int, ...]) -> float:
    """The largest absolute value an affine difference takes over the index box."""
    extent = np.array(shape_kji[::-1]) - 1
    return float((np.abs(difference[:3, :3]) @ extent + np.abs(difference[:3, 3])).max())


def _is_reordering(to_label: Float[np.ndarray, "4 4"], shape_kji: tuple[int, ...]) -> bool:
    """Whether the grids share their voxel centres and differ only in axis order, direction or extent."""
    whole = np.rint(to_label)
    same_size = round(abs(float(np.linalg.det(whole[:3, :3])))) == 1
    return same_size and _largest_shift(to_label - whole, shape_kji) < SAME_PLACE_SHARE


def _nearest(
    labels: Shaped[np.ndarray, "k j i"], to_label: Float[np.ndarray, "4 4"], shape_kji: tuple[int, ...]
) -> Shaped[np.ndarray, "k2 j2 i2"]:
    """The label nearest to every CT voxel, slice by slice; only where labels can be, so that it stays quick."""
    result = np.zeros(shape_kji, labels.dtype)
    ks, js, columns = _reach(labels, to_label, shape_kji)
    if not (len(ks) and len(js) and len(columns)):
        return result
    j, i = np.meshgrid(js, columns, indexing="ij")
    base = [row[0] * i + row[1] * j + row[3] for row in to_label[:3]]
    for k in ks:
        at_i, at_j, at_k = (
            np.rint(start + row[2] * k).astype(np.int64) for start, row in zip(base, to_label, strict=False)
        )
        inside = np.ones(j.shape, bool)
        for at, size in zip((at_k, at_j, at_i), labels.shape, strict=True):
            inside &= (at >= 0) & (at < size)
        result[k, j[inside], i[inside]] = labels[at_k[inside], at_j[inside], at_i[inside]]
    return result


def _reach(
    labels: Shaped[np.ndarray, "k j i"], to_label: Float[np.ndarray, "4 4"], shape_kji: tuple[int, ...]
) -> tuple[range, range, range]:
    """The ranges of CT indices k, j, i that the labelled box can fall on."""
    box = ndimage.find_objects((labels > 0).astype(np.uint8))[0]
    ends = [(side.start - 1.0, side.stop + 0.0) for side in box[::-1]]
    corners = np.array([[i, j, k, 1.0] for i in ends[0] for j in ends[1] for k in ends[2]])
    index = corners @ np.linalg.inv(to_label).T
    first = np.maximum(np.floor(index.min(axis=0)), 0).astype(int)
    last = np.minimum(np.ceil(index.max(axis=0))[:3], np.array(shape_kji[::-1]) - 1).astype(int)
    i_range, j_range, k_range = (range(int(first[axis]), int(last[axis]) + 1) for axis in range(3))
    return k_range, j_range, i_range
