"""The upright lattice of one vertebra: its own axes, one spacing, 20 mm around its label, clipped at the CT's edge."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from vertebroplasty.anatomy.resampling import cropped_to, measured_hu, onto
from vertebroplasty.anatomy.vertebra import Part, Vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine

__all__ = ["Lattice", "bone_on", "lattice_of", "neighbours_on"]

MARGIN_MM = 20.0  # [choice] room around the whole vertebra for what leaks
SPACING_LIMITS_MM = (0.4, 3.0)  # [choice] finer is beyond any CT, coarser than a cortex of one voxel
OUTSIDE_FILL_HU = -1000.0  # [choice] HU written where the scanner measured nothing; the tissue says outside-scan
SIDES = ("left", "right", "posterior", "anterior", "inferior", "superior")


class Lattice(NamedTuple):
    """Where the grid lies, the HU on it, and where the scanner measured at all."""

    affine: Affine
    spacing_mm: float
    hu: Float[np.ndarray, "k j i"]
    measured: Bool[np.ndarray, "k j i"]
    clipped: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along k, j and i."""
        return self.hu.shape


def lattice_of(vertebra: Vertebra, spacing_mm: float, neighbours: tuple[Vertebra, ...] = ()) -> Lattice:
    """The lattice whose voxel centres include the frame's origin, with the CT's HU on it.

    Where `neighbours` are given it also holds their bodies.

    Raises:
        Refused: the spacing is not between 0.4 and 3 mm.
    """
    low, high = SPACING_LIMITS_MM
    if not low <= spacing_mm <= high:
        raise Refused(f"A grid of {spacing_mm:g} mm is outside {low:g}-{high:g} mm: choose another.", where="--grid-mm")
    frame = vertebra.frame
    held = [(vertebra, vertebra.part != Part.NONE), *((each, each.part == Part.BODY) for each in neighbours)]
    local = np.concatenate(
        [frame.to_local(each.distance_affine.to_world(np.argwhere(mask)[:, ::-1])) for each, mask in held]
    )
    first = np.floor((local.min(axis=0) - MARGIN_MM) / spacing_mm).astype(int)
    last = np.ceil((local.max(axis=0) + MARGIN_MM) / spacing_mm).astype(int)
    shape = tuple(int(n) for n in (last - first + 1)[::-1])
    affine = Affine.from_parts(frame.to_world(first * spacing_mm), frame.axes.T, np.full(3, spacing_mm))
    hu = measured_hu(vertebra.level.ct, affine, shape)
    measured = np.isfinite(hu)
    box = ndimage.find_objects(measured.astype(np.uint8))[0]
    k, j, i = box
    reached = zip((i, j, k), shape[::-1], strict=True)
    touched = [side for axis, size in reached for side in (axis.start > 0, axis.stop < size)]
    hu, measured = hu[box], measured[box]
    return Lattice(
        affine=affine.shifted((i.start, j.start, k.start)),
        spacing_mm=spacing_mm,
        hu=np.where(measured, hu, np.float32(OUTSIDE_FILL_HU)),
        measured=measured,
        clipped=tuple(name for name, cut in zip(SIDES, touched, strict=True) if cut),
    )


def bone_on(vertebra: Vertebra, lattice: Lattice) -> tuple[UInt8[np.ndarray, "k j i"], Float[np.ndarray, "k j i"]]:
    """The parts of the bone on the lattice and the depth below its surface in mm, read between the label's voxels."""
    known = vertebra.part != Part.NONE
    nearest = ndimage.distance_transform_edt(
        ~known, sampling=vertebra.distance_affine.spacing_mm[::-1], return_distances=False, return_indices=True
    )
    filled = vertebra.part[tuple(nearest)]
    place = vertebra.distance_affine
    far = float(vertebra.distance_mm.max())
    distance = onto(vertebra.distance_mm, place, lattice.affine, lattice.shape, beyond=max(far, 1.0))
    part = onto(filled, place, lattice.affine, lattice.shape, beyond=Part.NONE, nearest=True)
    return np.where((distance < 0) & lattice.measured, part, Part.NONE).astype(np.uint8), -distance


def neighbours_on(vertebra: Vertebra, lattice: Lattice) -> Bool[np.ndarray, "k j i"]:
    """Voxels of any other labelled bone on the lattice."""
    spine, own = vertebra.level.spine, vertebra.level.value
    near, _ = cropped_to(spine.labels, spine.affine, lattice.affine, lattice.shape)
    if not np.any((near > 0) & (near != own)):
        return np.zeros(lattice.shape, bool)
    share = onto(
        spine.labels,
        spine.affine,
        lattice.affine,
        lattice.shape,
        beyond=0.0,
        first=lambda crop: (crop > 0) & (crop != own),
    )
    return share >= np.float32(0.5)
