"""Genant's grade and shape from the loss of height against unfractured neighbours, and regional kyphosis."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measurement import Genant, Measured, unknown
from vertebroplasty.anatomy.plus_minus import PlusMinus, plus_minus
from vertebroplasty.anatomy.references import is_complete, references, unfractured
from vertebroplasty.anatomy.sizes import Sizes, sizes_of

__all__ = ["genant", "genant_grade", "genant_shape", "regional_kyphosis"]

MILD, MODERATE, SEVERE = 20.0, 25.0, 40.0  # [Genant1993] percent loss of height: grade 1 from, 2 from, 3 above
NO_REFERENCE = "No complete, unfractured level above or below is in the scan."
NO_NEIGHBOURS = "Regional kyphosis needs the complete levels directly above and below."


def genant_grade(loss_percent: float) -> int:
    """Grade 0 below 20 %, 1 from 20 %, 2 from 25 to 40 %, 3 above."""
    if loss_percent < MILD:
        return 0
    if loss_percent < MODERATE:
        return 1
    return 2 if loss_percent <= SEVERE else 3


def genant_shape(losses_percent: Float[np.ndarray, "3"]) -> str:
    """Shape of a graded fracture from anterior, middle and posterior loss: crush where the back is lost too."""
    anterior, middle, posterior = losses_percent
    if max(anterior, middle, posterior) < MILD:
        return "none"
    if posterior >= MILD:
        return "crush"
    return "biconcave" if middle > anterior else "wedge"


def _errors(error: PlusMinus) -> Float[np.ndarray, "3"]:
    return np.array([error.corner_mm, error.middle_mm, error.corner_mm])


def genant(level: Level, sizes: Sizes) -> Genant:
    """Grade, shape and largest loss of height against the nearest complete, unfractured levels."""
    known = references(level, unfractured)
    names = tuple(reference.name for reference in known)
    if sizes.middle is None or not known:
        why = NO_REFERENCE if sizes.middle is not None else f"The heights of {level.name} are unknown."
        return Genant(grade=None, shape=None, height_loss_percent=unknown(why), reference_levels=names)
    heights, errors = [], []
    for reference in known:
        found = sizes_of(reference)
        if found.middle is not None:
            heights.append(found.middle.heights_mm)
            errors.append(_errors(plus_minus(found, found.middle)))
    expected = np.mean(heights, axis=0)
    expected_error = np.sqrt(np.sum(np.square(errors), axis=0)) / len(errors)
    own = sizes.middle.heights_mm
    losses = 100.0 * (1.0 - own / expected)
    largest = int(np.argmax(losses))
    spread = np.hypot(_errors(plus_minus(sizes, sizes.middle)), own / expected * expected_error)
    loss = float(losses[largest])
    return Genant(
        grade=genant_grade(loss),
        shape=genant_shape(losses),
        height_loss_percent=Measured(loss, float(100.0 * spread[largest] / expected[largest])),
        reference_levels=names,
    )


def regional_kyphosis(level: Level) -> Measured:
    """Angle between the upper endplate of the level above and the lower endplate of the level below, mid-sagittal.

    Positive is kyphosis: the two plates come closer in front.
    """
    above, below = level.neighbour(-1), level.neighbour(1)
    if above is None or below is None or not (_whole(above) and _whole(below)):
        return unknown(NO_NEIGHBOURS)
    frame = sizes_of(level).vertebra.frame
    tilts, error = [], 0.0
    for neighbour, upper in ((above, True), (below, False)):
        sizes = sizes_of(neighbour)
        if sizes.middle is None:
            return unknown(NO_NEIGHBOURS)
        points = sizes.middle.upper if upper else sizes.middle.lower
        along = np.array([0.0, *(points[0] - points[2])])
        local = frame.direction_to_local(sizes.vertebra.frame.direction_to_world(along))
        tilts.append(np.degrees(np.arctan2(local[2], local[1])))
        error = float(np.hypot(error, plus_minus(sizes, sizes.middle).wedge_deg))
    return Measured(float(tilts[1] - tilts[0]), error)


def _whole(level: Level) -> bool:
    return is_complete(level) and sizes_of(level).middle is not None
