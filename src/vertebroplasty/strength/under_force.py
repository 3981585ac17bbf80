"""One tested vertebra under a force of one's choice: how much it shortens and tilts, and where it is loaded most."""

from dataclasses import dataclass

import numpy as np

from vertebroplasty.strength.adjacent import AdjacentChange, adjacent_change
from vertebroplasty.strength.endplates import body_shortening_mm
from vertebroplasty.strength.load_map import most_loaded_strain
from vertebroplasty.strength.response import Response
from vertebroplasty.strength.result import Strength

__all__ = ["UnderForce", "neighbours_under_force", "plate_tilt_deg", "under_force"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderForce:
    """What a force does; shortening is along the force's line between the plates, and of the body alone.

    The tilts are the upper plate's, forward and to the patient's right; a plate that may not tilt has 0.
    """

    force_n: float
    plate_shortening_mm: float
    body_shortening_mm: float
    tilt_forward_deg: float
    tilt_right_deg: float
    most_loaded_strain: float


def under_force(strength: Strength, force_n: float) -> UnderForce | None:
    """The tested vertebra under a force; None where its newtons are unknown.

    Raises:
        Refused: a force that does not press.
    """
    if strength.response is None or strength.stiffness_n_per_mm is None:
        return None
    loaded = strength.response.at_force(force_n)
    forward, right = plate_tilt_deg(loaded)
    return UnderForce(
        force_n=force_n,
        plate_shortening_mm=loaded.case.amount,
        body_shortening_mm=body_shortening_mm(loaded),
        tilt_forward_deg=forward,
        tilt_right_deg=right,
        most_loaded_strain=most_loaded_strain(loaded),
    )


def neighbours_under_force(before: Strength, after: Strength, force_n: float) -> tuple[AdjacentChange, ...]:
    """The neighbours' endplates before and after cement under one force; empty where there is no stack or no newtons.

    Raises:
        Refused: the two are not one stack under one load.
    """
    if before.response is None or after.response is None or before.stiffness_n_per_mm is None:
        return ()
    return adjacent_change(before.response, after.response, force_n)


def plate_tilt_deg(response: Response) -> tuple[float, float]:
    """Forward tilt of the upper plate and its tilt to the patient's right, degrees, from what is prescribed on it."""
    held = response.case.held[2, -1]
    j, i = np.nonzero(held)
    plane = np.column_stack((np.ones(j.size), j, i))
    down = -response.case.prescribed_mm[2, -1][held]
    (_, per_j, per_i), *_ = np.linalg.lstsq(plane, down, rcond=None)
    spacing = response.specimen.spacing_mm
    return float(np.degrees(per_j / spacing)), float(np.degrees(per_i / spacing))
