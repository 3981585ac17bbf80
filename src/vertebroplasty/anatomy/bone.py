"""One label before any axes are known: its distance field, its bone as a cloud of points, and a seed in its body."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.clean import CleanLabel, clean_label
from vertebroplasty.anatomy.levels import Level, Subregion
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.signed_distance import distance_field
from vertebroplasty.errors import Refused

__all__ = ["Bone", "bone_of", "neighbour_bone"]

CLOUD_MM = 1.5  # [choice] lattice of the bone cloud; fine enough for a canal seen in projection
BLUR_MM = 7.0  # [choice] the body is the only part that fills a ball of this size
SHIFT_RADIUS_MM = 13.0  # [choice] mean shift pulls the seed to the middle of the body
SHIFT_ROUNDS = 30  # [choice] the shift settles in fewer
SMALLEST_CORPUS_SHARE = 0.2  # [choice] of the label; a smaller corpus label is a stray piece


@dataclass(frozen=True, eq=False, kw_only=True)
class Bone:
    """A cleaned label, its distance field, its points (LPS) and a point within the body (LPS).

    `corpus` is the distance field of the body's own label where the segmentation has subregions, on the same crop.
    """

    level: Level
    label: CleanLabel
    field: Field
    cloud_lps_mm: Float[np.ndarray, "n 3"]
    seed_lps_mm: Float[np.ndarray, "3"]
    corpus: Field | None


def _lattice(label: CleanLabel) -> tuple[Float[np.ndarray, "n 3"], tuple[int, int, int]]:
    """World-aligned points over the label's box, symmetric about its middle, and their count along x, y, z."""
    voxels = np.argwhere(label.mask)[:, ::-1]
    low, high = voxels.min(axis=0), voxels.max(axis=0)
    corners = np.array([[(low, high)[c >> b & 1][b] for b in range(3)] for c in range(8)], float)
    world = label.affine.to_world(corners)
    middle = (world.min(axis=0) + world.max(axis=0)) / 2
    half = np.ceil((world.max(axis=0) - world.min(axis=0)) / 2 / CLOUD_MM).astype(int) + 1
    axes = [middle[d] + CLOUD_MM * np.arange(-half[d], half[d] + 1) for d in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    nx, ny, nz = points.shape[:3]
    return points.reshape(-1, 3), (nx, ny, nz)


def _seed(
    points: Float[np.ndarray, "n 3"], is_bone: Bool[np.ndarray, "n"], shape: tuple[int, int, int]
) -> Float[np.ndarray, "3"]:
    """Where blurred bone is thickest, then shifted to the middle of the bone around it."""
    blurred = ndimage.gaussian_filter(is_bone.reshape(shape).astype(np.float32), BLUR_MM / CLOUD_MM, mode="constant")
    seed = points[int(np.argmax(blurred))]
    cloud = points[is_bone]
    for _ in range(SHIFT_ROUNDS):
        near = cloud[np.sum((cloud - seed) ** 2, axis=1) < SHIFT_RADIUS_MM**2]
        moved = near.mean(axis=0)
        if np.linalg.norm(moved - seed) < CLOUD_MM / 100:
            break
        seed = moved
    return np.asarray(seed)


def _corpus_mask(level: Level, label: CleanLabel) -> Bool[np.ndarray, "k j i"] | None:
    """The body as labelled, in one piece without holes; None where the segmentation does not say."""
    if level.spine.subregions is None:
        return None
    mask = (label.crop(level.spine.subregions) == Subregion.CORPUS) & label.mask
    pieces, count = ndimage.label(mask)
    if count == 0:
        return None
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    mask = np.asarray(ndimage.binary_fill_holes(pieces == int(np.argmax(sizes))))
    return mask if mask.sum() > SMALLEST_CORPUS_SHARE * label.mask.sum() else None


def neighbour_bone(level: Level, step: int) -> Bone | None:
    """The bone of the level directly below (+1) or above (-1), None where the scan shows none of it."""
    neighbour = level.neighbour(step)
    if neighbour is None:
        return None
    try:
        return bone_of(neighbour)
    except Refused:
        return None


def bone_of(level: Level) -> Bone:
    """The level's bone before axes, worked out once per spine.

    Raises:
        Refused: the level has no voxel.
    """
    key = f"bone of {level.name}"
    if key not in level.spine._found:
        label = clean_label(level)
        field = distance_field(label.mask, label.affine)
        points, shape = _lattice(label)
        is_bone = field.at(points) < 0
        corpus = _corpus_mask(level, label)
        if corpus is None:
            seed = _seed(points, is_bone, shape)
        else:
            seed = label.affine.to_world(np.argwhere(corpus)[:, ::-1].mean(axis=0))
        level.spine._found[key] = Bone(
            level=level,
            label=label,
            field=field,
            cloud_lps_mm=points[is_bone],
            seed_lps_mm=seed,
            corpus=None if corpus is None else distance_field(corpus, label.affine),
        )
    bone: Bone = level.spine._found[key]
    return bone
