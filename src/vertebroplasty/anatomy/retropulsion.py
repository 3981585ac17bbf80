"""How far the posterior wall stands behind the chord between the neighbours' walls."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.canal_size import CanalProfile
from vertebroplasty.anatomy.vertebra import Vertebra

__all__ = ["retropulsion_mm"]

PERCENTILE = 90.0  # [choice] of the wall behind the chord: a single point is not dependable


def _wall_point(vertebra: Vertebra, superior_mm: float) -> Float[np.ndarray, "3"]:
    """LPS point of the mid-sagittal posterior wall at a height."""
    wall = float(vertebra.posterior_wall.anterior_at(superior_mm))
    return vertebra.frame.to_world(np.array([0.0, wall, superior_mm]))


def retropulsion_mm(
    vertebra: Vertebra,
    profile: CanalProfile,
    above: Vertebra,
    below: Vertebra,
    above_lower_mm: float,
    below_upper_mm: float,
) -> float | None:
    """Distance in mm by which the wall stands behind the chord; negative in front of it.

    Args:
        vertebra: the level.
        profile: its canal, whose front is the wall.
        above: the complete level directly above.
        below: the complete level directly below.
        above_lower_mm: height of the lower posterior corner in the upper level's frame.
        below_upper_mm: height of the upper posterior corner in the lower level's frame.
    """
    start = vertebra.frame.to_local(_wall_point(above, above_lower_mm))
    end = vertebra.frame.to_local(_wall_point(below, below_upper_mm))
    seen = np.isfinite(profile.front_mm)
    if not seen.any():
        return None
    slope = (end[1] - start[1]) / (end[2] - start[2])
    chord = start[1] + slope * (profile.superior_mm[seen] - start[2])
    behind = (chord - profile.front_mm[seen]) / np.hypot(1.0, slope)
    return float(np.percentile(behind, PERCENTILE))
