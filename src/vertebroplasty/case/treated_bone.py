"""The bone that an injection leaves behind: cement, what a balloon compacted, and height that stays."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.result import Injection
from vertebroplasty.errors import Refused
from vertebroplasty.strength.balloon_bone import compacted_bone
from vertebroplasty.strength.raised_body import raised_body

__all__ = ["TreatedBone", "treated_bone"]


@dataclass(frozen=True, eq=False, kw_only=True)
class TreatedBone:
    """A treated vertebra as strength takes it; `density_factor` is None where no balloon was used."""

    grid: VertebraGrid
    fill: Float[np.ndarray, "k j i"]
    density_factor: Float[np.ndarray, "k j i"] | None = None
    wedge_change_deg: float = 0.0


def treated_bone(grid: VertebraGrid, run: Injection, *, height_kept: float = 0.0) -> TreatedBone:
    """Cement and balloons of an injection on the vertebra's own grid.

    How much of a balloon's height gain stays once it is let down is not known: `height_kept` is the share (0 to 1) that
    the caller assumes, by default none.

    Raises:
        Refused: the share is not within 0 to 1.
    """
    if not 0 <= height_kept <= 1:
        raise Refused(f"A share of {height_kept:g} of the height cannot be kept: use 0 to 1.", where="--height-kept")
    if not run.cavities:
        return TreatedBone(grid=grid, fill=run.fill)
    factor = np.ones(grid.hu.shape)
    for cavity in run.cavities:
        factor *= compacted_bone(
            grid, cavity.mask, shell_ml=cavity.shell_ml, shell_density_ratio=cavity.shell_density_ratio
        )
    gain_mm = height_kept * max(cavity.height_gain_mm for cavity in run.cavities)
    if gain_mm == 0:
        return TreatedBone(grid=grid, fill=run.fill, density_factor=factor)
    raised = raised_body(grid, gain_mm, fill=run.fill, density_factor=factor)
    return TreatedBone(
        grid=raised.grid,
        fill=run.fill if raised.fill is None else raised.fill,
        density_factor=raised.density_factor,
        wedge_change_deg=raised.wedge_change_deg,
    )
