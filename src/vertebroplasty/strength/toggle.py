"""How a plate that may tilt answers a central force: cement on one side makes it dip to the other ("toggle").

Bonded plates that stay level hide this: under them a bolus on one side even looks stiffer than a central one.
"""

from dataclasses import dataclass

import numpy as np

from vertebroplasty.strength.load_cases import Motion
from vertebroplasty.strength.plate import free_plate
from vertebroplasty.strength.specimen import Specimen

__all__ = ["Toggle", "toggle"]

KILONEWTON = 1000.0  # [exact] newton
WAYS = list(Motion)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggle:
    """Answer of a freely tilting and sliding plate to an axial force through the middle of the body.

    The tilts are in degrees per kilonewton, positive where the front, or the patient's right, dips.
    """

    stiffness_n_per_mm: float
    tilt_right_deg_per_kn: float
    tilt_forward_deg_per_kn: float


def toggle(specimen: Specimen) -> Toggle:
    """Press the middle of a plate that may tilt and slide.

    Raises:
        NotConverged: the solver did not reach its tolerance.
    """
    flexibility = np.linalg.inv(free_plate(specimen).stiffness)[:, WAYS.index(Motion.DOWN)]
    turned = np.degrees(flexibility * KILONEWTON)
    return Toggle(
        stiffness_n_per_mm=1 / float(flexibility[WAYS.index(Motion.DOWN)]),
        tilt_right_deg_per_kn=float(turned[WAYS.index(Motion.TILT_RIGHT)]),
        tilt_forward_deg_per_kn=float(turned[WAYS.index(Motion.TILT_FORWARD)]),
    )
