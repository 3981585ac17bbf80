"""Where a stated volume of cement lies in the body: a bolus grown about a point, or the first millilitres injected.

These boluses answer how much volume and side matter for stiffness; where cement really flows is what the simulated
injection answers.
"""

from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy import ndimage

from vertebroplasty.errors import Refused
from vertebroplasty.strength.specimen import Specimen

__all__ = ["PORE_SHARE", "Placement", "bolus", "first_millilitres", "onto_specimen"]

PORE_SHARE = 0.85  # [choice] of a voxel that cement can take: the marrow of osteoporotic cancellous bone
SIDE_SHARE = 0.5  # [choice] of the way from the middle to the side wall: where a needle of one side ends too lateral
HIGH_SHARE = 0.5  # [choice] of the way from the middle to the upper endplate
SHELL_VOXELS = 1  # [choice] outermost layer of the body, which stays free: shell and endplates keep cement in
SAME_DISTANCE = 1e-6  # [choice] relative: voxels nearer to each other than this in distance fill together
MM3_PER_ML = 1000.0  # [exact] cubic millimetres


class Placement(StrEnum):
    """Where the middle of a bolus lies; left and right are the patient's."""

    CENTRAL = "central"
    LEFT = "left"
    RIGHT = "right"
    ASYMMETRIC = "asymmetric"


AWAY = {  # [choice] from the middle of the body: shares of the half-width to the right, and of the half-height upwards
    Placement.CENTRAL: (0.0, 0.0),
    Placement.LEFT: (-SIDE_SHARE, 0.0),
    Placement.RIGHT: (SIDE_SHARE, 0.0),
    Placement.ASYMMETRIC: (-SIDE_SHARE, HIGH_SHARE),
}


def bolus(
    body: Bool[np.ndarray, "k j i"],
    spacing_mm: float,
    volume_ml: float,
    placement: Placement = Placement.CENTRAL,
    *,
    pore_share: float = PORE_SHARE,
    taken: Bool[np.ndarray, "k j i"] | None = None,
) -> Float32[np.ndarray, "k j i"]:
    """The volume fraction of cement in each voxel of a bolus of exactly `volume_ml`.

    It grows about its middle in the proportions of the body, as an ellipsoid, and fills each voxel to `pore_share`;
    where it meets the shell it spreads elsewhere.  The voxels of the last layer, equally far, share what remains.

    Args:
        body: voxels of the vertebral body; k runs superior, i to the patient's right.
        spacing_mm: edge of the cubic voxels.
        volume_ml: of the cement.
        placement: where its middle lies.
        pore_share: of each voxel that cement can take.
        taken: voxels without pores, such as earlier cement; the bolus spreads around them.

    Raises:
        Refused: no body, a volume that is not positive, or one that the body has no room for.
    """
    room = ndimage.binary_erosion(body, iterations=SHELL_VOXELS)
    if taken is not None:
        room &= ~taken
    if not room.any():
        raise Refused("The body holds no room for cement: check its segmentation.")
    where = np.argwhere(room).astype(np.float64)
    middle, half = np.argwhere(body).mean(axis=0), np.ptp(where, axis=0) / 2 + 0.5
    right, up = AWAY[placement]
    centre = middle + np.array([up * half[0], 0.0, right * half[2]])
    distance = np.linalg.norm((where - centre) / half, axis=1)
    full_ml = pore_share * spacing_mm**3 / MM3_PER_ML
    content = _innermost_first(distance, np.full(distance.size, full_ml), volume_ml)
    fill = np.zeros(body.shape, np.float32)
    fill[room] = content * (MM3_PER_ML / spacing_mm**3)
    return fill


def first_millilitres(
    fill: Float[np.ndarray, "k j i"],
    arrival_s: Float[np.ndarray, "k j i"],
    body: Bool[np.ndarray, "k j i"],
    spacing_mm: float,
    volume_ml: float,
) -> Float32[np.ndarray, "k j i"]:
    """The cement that had reached the body when so much of it was there, from an injection's arrival times.

    Voxels take their final fill in the order in which they passed half of it; voxels that never did come last.
    Cement outside the body does not count.

    Raises:
        Refused: a volume that is not positive, or more than the injection brought into the body.
    """
    taken = body & (fill > 0)
    content = np.asarray(fill[taken], np.float64) * spacing_mm**3 / MM3_PER_ML
    times = np.asarray(arrival_s[taken], np.float64)
    late = times[np.isfinite(times)].max(initial=0.0) + 1.0
    first = _innermost_first(np.where(np.isfinite(times), times, late), content, volume_ml)
    part = np.zeros(fill.shape, np.float32)
    part[taken] = first * (MM3_PER_ML / spacing_mm**3)
    return part


def _innermost_first(
    order: Float[np.ndarray, "n"], room_ml: Float[np.ndarray, "n"], volume_ml: float
) -> Float[np.ndarray, "n"]:
    """Fill rooms by rising order until the volume is spent; rooms of the same order fill alike."""
    if not volume_ml > 0:
        raise Refused(f"A cement volume of {volume_ml} ml is no volume: give a positive one.", where="--volumes")
    if volume_ml > room_ml.sum() * (1 + SAME_DISTANCE):
        raise Refused(
            f"The body holds {room_ml.sum():.1f} ml of cement, not {volume_ml} ml: give less.", where="--volumes"
        )
    scale = max(float(np.ptp(order)), 1.0) * SAME_DISTANCE
    _, group = np.unique(np.round(order / scale), return_inverse=True)
    layer_ml = np.bincount(group, room_ml)
    before_ml = np.concatenate(([0.0], np.cumsum(layer_ml)[:-1]))
    share = np.clip((volume_ml - before_ml) / np.maximum(layer_ml, np.finfo(float).tiny), 0.0, 1.0)
    return np.asarray(room_ml * share[group])


def onto_specimen(field: Float[np.ndarray, "kk jj ii"], specimen: Specimen) -> Float32[np.ndarray, "k j i"]:
    """A field of the grid that a specimen was cut from, on the specimen; zero in the caps beyond the grid."""
    placed = np.zeros(specimen.modulus_mpa.shape, np.float32)
    here: list[slice] = []
    there: list[slice] = []
    for axis, first in enumerate(specimen.first_kji):
        start, stop = max(first, 0), min(first + placed.shape[axis], field.shape[axis])
        there.append(slice(start, stop))
        here.append(slice(start - first, stop - first))
    placed[tuple(here)] = field[tuple(there)]
    return placed
