"""How often a hand that aims at a planned path would leave the bone: a plain error model, sampled reproducibly."""

import numpy as np

from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.corridor import bone_field, rim_of, shaft_of

__all__ = ["HAND_MODEL", "breach_probability"]

SIGMA_MM = 1.0  # [choice] of the entry on each of two axes across the needle: 2 mm is two sigma
SIGMA_DEG = 1.5  # [choice] of the direction in each of two planes: 3 degrees is two sigma
SAMPLES = 2000  # [choice] a probability of 10 % is known to ± 0.7 %
EVERY = 2  # [choice] of the shaft's points, 0.5 mm apart
SEED = 20260101  # [choice] fixed, so that the same plan gives the same number
HAND_MODEL = (
    f"Error of a hand: independent normal deviations of {SIGMA_MM:g} mm on two axes at the entry and {SIGMA_DEG:g}° in "
    "two planes (a choice); no correction on the way in."
)


def breach_probability(vertebra: Vertebra, path: NeedlePath) -> float:
    """Share of aimed needles whose surface leaves the bone anywhere from 5 mm past the entry to the tip."""
    shaft = shaft_of(vertebra, path)
    deviation = np.random.default_rng(SEED).normal(size=(SAMPLES, 4))
    across = np.stack([shaft.medial, shaft.superior])
    offset = SIGMA_MM * deviation[:, :2] @ across
    slope = np.tan(np.radians(SIGMA_DEG) * deviation[:, 2:]) @ across
    along = np.linalg.norm(shaft.points[::-EVERY] - path.entry_lps_mm, axis=1)
    turned = path.direction_lps + slope
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    points = path.entry_lps_mm + offset[:, None, :] + along[None, :, None] * turned[:, None, :]
    # The needle's surface, not its axis, is looked up: near the surface a distance field is exact, in the middle of a
    # narrow pedicle it is not.
    field = bone_field(vertebra)
    out = np.zeros(SAMPLES, bool)
    for offset_to_surface in rim_of(shaft):
        out |= np.any(field.at(points + offset_to_surface) > 0, axis=1)
    return float(np.mean(out))
