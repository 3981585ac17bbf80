"""The bone that an injection leaves behind: cement, what a balloon compacted, and height that stays."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.stack import moved
from vertebroplasty.case.cement_files import CementRun
from vertebroplasty.case.load_request import STACK
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.strength_load import BalloonBoneEntry, balloon_bone_entry
from vertebroplasty.errors import Refused
from vertebroplasty.strength.balloon_bone import compacted_bone
from vertebroplasty.strength.raised_body import raised_body

__all__ = ["TreatedBone", "balloon_bone", "bone_for_case", "said_of_balloons", "treated_bone"]

SEGMENTS = ("through-discs", STACK)
NO_HEIGHT_KEPT = (
    "A balloon was used: the bone that it compacted is in this strength, but none of the {gain:.1f} mm of height that "
    "it gained while inflated, since how much of it stays is not known. State a share with --height-kept."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class TreatedBone:
    """A treated vertebra as strength takes it; `density_factor` is None where no balloon was used.

    `height_gain_mm` is what the balloons gained while inflated, `kept_mm` what of it is assumed to stay, and
    `wedge_change_deg` by how much less the body is then wedged, which is the change of its kyphosis.
    """

    grid: VertebraGrid
    fill: Float[np.ndarray, "k j i"]
    density_factor: Float[np.ndarray, "k j i"] | None = None
    height_gain_mm: float = 0.0
    kept_mm: float = 0.0
    wedge_change_deg: float = 0.0


def treated_bone(grid: VertebraGrid, run: Injection | CementRun, *, height_kept: float = 0.0) -> TreatedBone:
    """Cement and balloons of an injection on the vertebra's own grid.

    How much of a balloon's height gain stays once it is let down is not known: `height_kept` is the share (0 to 1) that
    the caller assumes, by default none.

    Raises:
        Refused: the share is not within 0 to 1, or above 0 without a balloon.
    """
    if not 0 <= height_kept <= 1:
        raise Refused(f"A share of {height_kept:g} of the height cannot be kept: use 0 to 1.", where="--height-kept")
    if not run.cavities:
        if height_kept > 0:
            raise Refused("No balloon was used, so there is no height to keep.", where="--height-kept")
        return TreatedBone(grid=grid, fill=run.fill)
    factor = np.ones(grid.hu.shape)
    for cavity in run.cavities:
        factor *= compacted_bone(
            grid, cavity.mask, shell_ml=cavity.shell_ml, shell_density_ratio=cavity.shell_density_ratio
        )
    inflated_mm = max(cavity.height_gain_mm for cavity in run.cavities)
    gain_mm = height_kept * inflated_mm
    if gain_mm == 0:
        return TreatedBone(grid=grid, fill=run.fill, density_factor=factor, height_gain_mm=inflated_mm)
    raised = raised_body(grid, gain_mm, fill=run.fill, density_factor=factor)
    return TreatedBone(
        grid=raised.grid,
        fill=run.fill if raised.fill is None else raised.fill,
        density_factor=raised.density_factor,
        height_gain_mm=inflated_mm,
        kept_mm=gain_mm,
        wedge_change_deg=raised.wedge_change_deg,
    )


def bone_for_case(
    own: VertebraGrid, loaded: VertebraGrid, run: Injection | CementRun, case: str, *, height_kept: float = 0.0
) -> TreatedBone:
    """The treated vertebra on the grid that a load case loads: the level's own one, or a stack's.

    Raises:
        Refused: a balloon with a case that loads the discs, or an impossible share of height.
    """
    treated = treated_bone(own, run, height_kept=height_kept)
    if case in SEGMENTS and treated.density_factor is not None:
        raise Refused(f"After a balloon the case {case} is not modelled: press or bend the body alone.", where="--case")
    if case != STACK:
        return treated
    return TreatedBone(grid=loaded, fill=moved(np.where(own.body(), treated.fill, np.float32(0)), own, loaded))


def said_of_balloons(treated: TreatedBone | None) -> tuple[str, ...]:
    """That height a balloon gained is left out, where it is."""
    if treated is None or treated.height_gain_mm == 0 or treated.kept_mm > 0:
        return ()
    return (NO_HEIGHT_KEPT.format(gain=treated.height_gain_mm),)


def balloon_bone(run: Injection | CementRun, treated: TreatedBone, height_kept: float = 0.0) -> BalloonBoneEntry | None:
    """What balloons made of the bone; None without any."""
    if not run.cavities:
        return None
    return balloon_bone_entry(
        cavity_ml=sum(cavity.volume_ml for cavity in run.cavities),
        shell_ml=sum(cavity.shell_ml for cavity in run.cavities),
        height_gain_mm=treated.height_gain_mm,
        height_kept=height_kept,
        kept_mm=treated.kept_mm,
        wedge_change_deg=treated.wedge_change_deg,
    )
