"""Whether a label lies on bone at all, and whether the CT's numbers can be Hounsfield units: what measuring trusts."""

import numpy as np

from vertebroplasty.anatomy.body_core import hu_on_crop
from vertebroplasty.anatomy.measurement import Density
from vertebroplasty.anatomy.vertebra import Vertebra

__all__ = ["label_doubts"]

SHELL_MM = (-2.5, -0.2)  # [choice] just inside the label's surface: the cortex
AROUND_MM = (1.5, 4.0)  # [choice] just outside it: muscle, fat, disc
LEAST_STEP_HU = 80.0  # [choice] 265 on an osteoporotic L3; below 90 once its label is 5 mm off
DENSEST_CORE_HU = 600.0  # [choice] no spongy bone reads so high; a stored offset of 1024 does


def label_doubts(vertebra: Vertebra, core: Density) -> tuple[str, ...]:
    """Sentences where the label does not sit on bone, or where the CT's numbers are no Hounsfield units."""
    hu, distance = hu_on_crop(vertebra), vertebra.distance_mm
    known = np.isfinite(hu)
    shell = hu[known & (distance > SHELL_MM[0]) & (distance < SHELL_MM[1])]
    around = hu[known & (distance > AROUND_MM[0]) & (distance < AROUND_MM[1])]
    doubts = []
    if shell.size and around.size and np.median(shell) - np.median(around) < LEAST_STEP_HU:
        doubts.append(
            f"The label of {vertebra.name} does not lie on bone: its rim reads {np.median(shell):.0f} HU, the tissue "
            f"around it {np.median(around):.0f} HU; check that CT and labels belong together."
        )
    if core.mean_hu is not None and core.mean_hu > DENSEST_CORE_HU:
        doubts.append(
            f"The core of {vertebra.name} reads {core.mean_hu:.0f} HU, more than spongy bone can: "
            "check the CT's rescale."
        )
    return tuple(doubts)
