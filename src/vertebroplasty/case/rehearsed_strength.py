"""What a rehearsed injection did for the strength of the vertebra: failure load after over before."""

from dataclasses import dataclass

import numpy as np

from vertebroplasty.cement.arrival import fill_of
from vertebroplasty.errors import VertebroplastyError
from vertebroplasty.rehearsal.state import RehearsalState
from vertebroplasty.strength.balloon_bone import compacted_bone
from vertebroplasty.strength.compression import compress

__all__ = ["Gained", "failure_load_ratio", "strength_gained"]

NOTHING_INJECTED = "nothing was injected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gained:
    """Failure load in compression after over before, or None and why."""

    ratio: float | None
    why: str = ""


def failure_load_ratio(state: RehearsalState) -> float | None:
    """Failure load in compression after over before, with the cement as it lies now; None where it is not known."""
    return strength_gained(state).ratio


def strength_gained(state: RehearsalState) -> Gained:
    """The ratio on the session's own grid, on the generic density line's middle; the cement counts as fully set.

    Needles still in place are left out, and so is the height that a balloon gained.
    """
    flow, grid = state.bone.flow, state.case.grid
    if flow is None or state.bone.injected_ml == 0.0:
        return Gained(ratio=None, why=NOTHING_INJECTED)
    try:
        factor = np.ones(grid.hu.shape) if state.bone.cavities else None
        for cavity in state.bone.cavities:
            factor = factor * compacted_bone(
                grid, cavity.mask, shell_ml=cavity.shell_ml, shell_density_ratio=cavity.shell_density_ratio
            )
        before = compress(grid)
        after = compress(grid, fill=fill_of(flow, grid.voxel_ml), density_factor=factor)
    except VertebroplastyError as refusal:
        return Gained(ratio=None, why=refusal.message)
    if not before.relative_failure_load:
        return Gained(ratio=None, why=before.why_unknown)
    return Gained(ratio=after.relative_failure_load[0] / before.relative_failure_load[0])
