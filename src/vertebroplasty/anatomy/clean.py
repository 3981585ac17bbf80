"""The label of one vertebra made fit for measuring: stray islands dropped, holes filled, cut faces named."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Shaped
from scipy import ndimage

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.volume import crop_slices
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine

__all__ = ["CleanLabel", "clean_label", "cut_sides", "touched_sides"]

MARGIN_MM = 8.0  # [choice] air kept around the label, so that distances outside are known
ISLAND_ML = 0.3  # [choice] smaller pieces are noise
ISLAND_SHARE = 0.02  # [choice] of the largest piece; thick slices split true processes off, which are larger
SMALLEST_GAP_ML = (
    1.0  # [choice] of unscanned voxels; a smaller gap within the volume is a flaw of the image, not an edge
)
SIDES = (("right", "left"), ("anterior", "posterior"), ("inferior", "superior"))  # towards −x +x, −y +y, −z +z
SIDE_ORDER = ("left", "right", "anterior", "posterior", "superior", "inferior")


@dataclass(frozen=True, eq=False, kw_only=True)
class CleanLabel:
    """One vertebra's voxels on a crop of the label grid, closed with air where the volume's own face cuts it.

    `slices` cut the crop from the whole array; `padding` is the air added beyond faces that cut the label.
    """

    mask: Bool[np.ndarray, "k j i"]
    affine: Affine
    slices: tuple[slice, slice, slice]
    padding: tuple[tuple[int, int], ...]
    cut_sides: tuple[str, ...]

    def crop(self, whole: Shaped[np.ndarray, "k j i"]) -> Shaped[np.ndarray, "k j i"]:
        """The same crop, with the same padding (zeros), of another array on the label grid."""
        return np.pad(whole[self.slices], self.padding)

    def inner(self, cropped: Shaped[np.ndarray, "k j i"]) -> Shaped[np.ndarray, "k j i"]:
        """The part of a crop that lies within the volume."""
        before = [low for low, _ in self.padding]
        after = [size - high for size, (_, high) in zip(cropped.shape, self.padding, strict=True)]
        return cropped[before[0] : after[0], before[1] : after[1], before[2] : after[2]]


def touched_sides(
    mask: Bool[np.ndarray, "k j i"], slices: tuple[slice, slice, slice], shape: tuple[int, ...], affine: Affine
) -> tuple[str, ...]:
    """Patient sides on which a mask (a crop of an array of `shape`) touches the array's own faces."""
    sides: set[str] = set()
    for axis in range(3):
        direction = affine.directions[:, 2 - axis]
        world = int(np.argmax(np.abs(direction)))
        towards_plus = direction[world] > 0
        if slices[axis].start == 0 and np.take(mask, 0, axis=axis).any():
            sides.add(SIDES[world][0 if towards_plus else 1])
        if slices[axis].stop == shape[axis] and np.take(mask, -1, axis=axis).any():
            sides.add(SIDES[world][1 if towards_plus else 0])
    return tuple(side for side in SIDE_ORDER if side in sides)


def _ends_the_scan(outside: Bool[np.ndarray, "k j i"], voxel_ml: float) -> Bool[np.ndarray, "k j i"]:
    """Voxels without a value whose connected region reaches a face of the volume or is large; single flaws are not."""
    regions, _ = ndimage.label(outside)
    sizes = np.bincount(regions[outside])
    ends = sizes >= SMALLEST_GAP_ML / voxel_ml
    for axis in range(3):
        for face in (0, -1):
            ends[np.unique(np.take(regions, face, axis=axis))] = True
    ends[0] = False
    return np.asarray(ends[regions])


def _never_scanned(level: Level) -> Bool[np.ndarray, "k j i"] | None:
    """Voxels beyond the edge of the scan, as beside a resampled tilt; None where there are none."""
    key = "never scanned"
    if key not in level.spine._found:
        outside, labels = level.ct.outside(), level.spine.labels
        beyond = None
        if outside.shape == labels.shape and outside.any():
            beyond = _ends_the_scan(outside, level.spine.affine.voxel_ml)
        level.spine._found[key] = beyond if beyond is not None and beyond.any() else None
    found: Bool[np.ndarray, "k j i"] | None = level.spine._found[key]
    return found


def _sides_towards(mask: Bool[np.ndarray, "k j i"], beyond: Bool[np.ndarray, "k j i"], affine: Affine) -> set[str]:
    """Patient sides on which a mask borders on voxels that were never scanned."""
    sides: set[str] = set()
    for axis in range(3):
        direction = affine.directions[:, 2 - axis]
        world = int(np.argmax(np.abs(direction)))
        here, there = (np.moveaxis(array, axis, 0) for array in (mask, beyond))
        for towards_plus, meets in ((True, here[:-1] & there[1:]), (False, here[1:] & there[:-1])):
            if meets.any():
                sides.add(SIDES[world][int(towards_plus == (direction[world] > 0))])
    return sides


def _padding(
    mask: Bool[np.ndarray, "k j i"], slices: tuple[slice, slice, slice], shape: tuple[int, ...], affine: Affine
) -> tuple[tuple[int, int], ...]:
    """Layers of air beyond each face of the volume that cuts the mask, per array axis."""
    layers = np.ceil(MARGIN_MM / affine.spacing_mm[::-1]).astype(int)
    padding = []
    for axis in range(3):
        first = slices[axis].start == 0 and np.take(mask, 0, axis=axis).any()
        last = slices[axis].stop == shape[axis] and np.take(mask, -1, axis=axis).any()
        padding.append((int(layers[axis]) * bool(first), int(layers[axis]) * bool(last)))
    return tuple(padding)


def clean_label(level: Level) -> CleanLabel:
    """The level's voxels without islands and holes, cropped with a margin, and the faces it is cut by.

    Raises:
        Refused: nothing of this level is left.
    """
    whole, beyond = level.mask(), _never_scanned(level)
    affine = level.spine.affine
    if beyond is not None:
        whole &= ~beyond
    if not whole.any():
        raise Refused(f"{level.name} has no voxel in the segmentation: check the labels.", where=level.name)
    slices = crop_slices(whole, MARGIN_MM, affine.spacing_mm)
    mask = whole[slices]
    pieces, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    if count > 1:
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        smallest = min(max(ISLAND_ML / affine.voxel_ml, ISLAND_SHARE * sizes.max()), sizes.max())
        keep = sizes >= smallest
        keep[0] = False
        mask = keep[pieces]
    mask = ndimage.binary_fill_holes(mask)
    padding = _padding(mask, slices, whole.shape, affine)
    start = [slices[2 - axis].start - padding[2 - axis][0] for axis in range(3)]
    return CleanLabel(
        mask=np.pad(mask, padding),
        affine=affine.shifted((start[0], start[1], start[2])),
        slices=slices,
        padding=padding,
        cut_sides=_cut_sides(level, mask, slices),
    )


def _cut_sides(level: Level, mask: Bool[np.ndarray, "k j i"], slices: tuple[slice, slice, slice]) -> tuple[str, ...]:
    affine, beyond = level.spine.affine, _never_scanned(level)
    sides = set(touched_sides(mask, slices, level.spine.labels.shape, affine))
    if beyond is not None:
        sides |= _sides_towards(mask, beyond[slices], affine)
    return tuple(side for side in SIDE_ORDER if side in sides)


def cut_sides(level: Level, label: CleanLabel, part: Bool[np.ndarray, "k j i"]) -> tuple[str, ...]:
    """Patient sides on which a part of the vertebra (on its crop) ends where the scan ends."""
    return _cut_sides(level, label.inner(part), label.slices)
