"""The picture of a moment: the patient with needles and cement as they are, in the C-arm's present pose.

And, for the debrief, how the cement grew.
"""

import numpy as np
from jaxtyping import Float32

from vertebroplasty.cement.arrival import arrival_s, fill_of
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.fluoroscopy.cement_shadow import CementMass, CementMix
from vertebroplasty.fluoroscopy.image import PatientShadow, XrayImage, xray
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["cement_in_beam", "cement_over_time", "picture"]

Volume = Float32[np.ndarray, "k j i"]


def picture(
    state: RehearsalState, plane: int = 1, *, size: int = 512, shadow: PatientShadow | None = None
) -> XrayImage:
    """What a tube's detector measures now; `shadow` is the pose's, where it is known already (then `size` is its).

    Free of noise, scatter and blur, as every still; `fluoroscopy.looks` adds them.

    Raises:
        Refused: the second tube has not been set.
    """
    needles = tuple(state.bone.needles.placed.values())
    ct = state.case.vertebra.level.ct
    return xray(ct, state.view_of(plane), needles=needles, cement=cement_in_beam(state), size=size, shadow=shadow)


def cement_in_beam(state: RehearsalState) -> CementMass | None:
    """The cement as it lies now, opacified as its product is; None before the first drop."""
    if state.bone.flow is None or state.product is None:
        return None
    cement, grid = cement_product(state.product), state.case.grid
    mix = CementMix(opacifier=cement.opacifier, opacifier_fraction=cement.opacifier_mixed_fraction)
    return CementMass(fill=fill_of(state.bone.flow, grid.voxel_ml), affine=grid.affine, mix=mix)


def cement_over_time(state: RehearsalState) -> tuple[Volume, Volume] | None:
    """Fill (cement volume per voxel volume) and arrival on the session's clock, infinite where none came.

    For the debrief only; None where nothing was pushed.
    """
    operation = state.bone.operation
    if operation is None or state.mixed_s is None:
        return None
    run = operation.run
    arrived = arrival_s(run.flow, run.history, run.columns) + np.float32(state.mixed_s)
    return fill_of(run.flow, state.case.grid.voxel_ml), arrived.astype(np.float32)
