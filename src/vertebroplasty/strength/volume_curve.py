"""How stiffness and failure load rise with the volume of cement, and which volume gives back what a fracture took."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.strength.cases import COMPRESSION, LoadSetting
from vertebroplasty.strength.material import CEMENT_MPA, FLOOR_MPA, with_cement
from vertebroplasty.strength.pistoia import pistoia_load_n
from vertebroplasty.strength.specimen import Matter, Specimen
from vertebroplasty.strength.toggle import Toggle, toggle

__all__ = ["VolumeCurve", "VolumePoint", "damaged", "volume_curve", "with_fill"]

MM3_PER_ML = 1000.0  # [exact] cubic millimetres


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumePoint:
    """The treated vertebra at one volume; ratios are over the untreated one, damaged if damage was stated.

    `failure_load_n` is by the linear rule of shortening, `pistoia_load_n` by that of strained bone (None where it does
    not apply).  `body_share` is the cement's volume over the body's, `toggle` the answer of a plate
    that may tilt, where asked for.
    """

    volume_ml: float
    body_share: float
    stiffness_n_per_mm: float
    failure_load_n: float
    pistoia_load_n: float | None
    stiffness_ratio: float
    failure_load_ratio: float
    toggle: Toggle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeCurve:
    """Points by rising volume, the first one without cement, and the volume that restores the undamaged stiffness.

    `restoring_ml` is None where no damage was stated or the largest volume did not suffice; then `why_unknown` says so.
    """

    points: tuple[VolumePoint, ...]
    undamaged_stiffness_n_per_mm: float
    lost_modulus: float
    restoring_ml: float | None
    restoring_body_share: float | None
    why_unknown: str = ""


def damaged(specimen: Specimen, lost_modulus: float) -> Specimen:
    """The specimen after a fracture that took a share of the modulus of the body's bone (a stated assumption).

    Raises:
        Refused: a share outside 0..1.
    """
    if not 0 <= lost_modulus < 1:
        raise Refused(f"A loss of {lost_modulus} of the modulus is impossible: use 0 to below 1.", where="--loss")
    softer = np.maximum(specimen.modulus_mpa * (1 - lost_modulus), FLOOR_MPA)
    return replace(
        specimen, modulus_mpa=np.where(specimen.made_of(Matter.BONE), softer, specimen.modulus_mpa).astype(np.float32)
    )


def with_fill(specimen: Specimen, fill: Float[np.ndarray, "k j i"], cement_mpa: float = CEMENT_MPA) -> Specimen:
    """The specimen with cement in the pores of its body's bone; cement elsewhere bears nothing.

    Raises:
        Refused: the fill has another shape or lies outside 0..1.
    """
    if fill.shape != specimen.modulus_mpa.shape:
        raise Refused(f"The fill {fill.shape} does not lie on the specimen {specimen.modulus_mpa.shape}.")
    taken = specimen.made_of(Matter.BONE) & (fill > 0)
    filled = np.where(taken, fill, 0.0)
    return replace(
        specimen,
        modulus_mpa=with_cement(specimen.modulus_mpa, filled, cement_mpa).astype(np.float32),
        matter=np.where(taken, np.uint8(Matter.CEMENT_BONE), specimen.matter),
        fill=filled.astype(np.float32),
    )


def volume_curve(
    specimen: Specimen,
    fills: Mapping[float, Float[np.ndarray, "k j i"]],
    *,
    lost_modulus: float = 0.0,
    cement_mpa: float = CEMENT_MPA,
    with_toggle: bool = False,
    setting: LoadSetting = COMPRESSION,
) -> VolumeCurve:
    """Stiffness and failure load without cement and at each volume.

    Args:
        specimen: without new cement and undamaged.
        fills: volume fraction of cement in each voxel of the specimen, by volume in ml.
        lost_modulus: share of the modulus of the body's bone that the fracture took.
        cement_mpa: modulus of the cement.
        with_toggle: whether to press a tilting plate too, at five more solutions a volume.
        setting: the load case.

    Raises:
        Refused: no volume, an impossible loss, or fills that do not fit the specimen.
        NotConverged: the solver did not reach its tolerance.
    """
    if not fills:
        raise Refused("A volume curve needs a volume: give millilitres.", where="--volumes")
    intact = setting.respond(specimen).stiffness
    weak = damaged(specimen, lost_modulus)
    bare = np.zeros(specimen.modulus_mpa.shape, np.float32)
    points: list[VolumePoint] = []
    for volume, fill in ((0.0, bare), *sorted(fills.items(), key=lambda item: item[0])):
        filled = with_fill(weak, fill, cement_mpa)
        point = _point(filled, volume, points[0] if points else None, setting)
        points.append(replace(point, toggle=toggle(filled)) if with_toggle else point)
    restoring, why = _restoring_ml(points, intact, lost_modulus)
    body_ml = _body_ml(specimen)
    return VolumeCurve(
        points=tuple(points),
        undamaged_stiffness_n_per_mm=intact,
        lost_modulus=lost_modulus,
        restoring_ml=restoring,
        restoring_body_share=None if restoring is None else restoring / body_ml,
        why_unknown=why,
    )


def _point(specimen: Specimen, volume_ml: float, untreated: VolumePoint | None, setting: LoadSetting) -> VolumePoint:
    response = setting.respond(specimen)
    load = setting.failure_load_n(response)
    return VolumePoint(
        volume_ml=volume_ml,
        body_share=volume_ml / _body_ml(specimen),
        stiffness_n_per_mm=response.stiffness,
        failure_load_n=load,
        pistoia_load_n=pistoia_load_n(response) if specimen.made_of(Matter.BONE).any() else None,
        stiffness_ratio=response.stiffness / untreated.stiffness_n_per_mm if untreated else 1.0,
        failure_load_ratio=load / untreated.failure_load_n if untreated else 1.0,
    )


def _body_ml(specimen: Specimen) -> float:
    return float(specimen.treated_body().sum()) * specimen.spacing_mm**3 / MM3_PER_ML


def _restoring_ml(points: list[VolumePoint], intact: float, lost_modulus: float) -> tuple[float | None, str]:
    """The volume at which the curve first regains the undamaged stiffness, between its points by a straight line."""
    if lost_modulus == 0:
        return None, "No loss by the fracture was stated, so there is nothing to restore."
    for one, two in pairwise(points):
        if two.stiffness_n_per_mm >= intact:
            share = (intact - one.stiffness_n_per_mm) / (two.stiffness_n_per_mm - one.stiffness_n_per_mm)
            return one.volume_ml + share * (two.volume_ml - one.volume_ml), ""
    return None, f"Up to {points[-1].volume_ml:g} ml do not restore the stiffness before the fracture."
