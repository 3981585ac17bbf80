"""Where a needle passes the skin, read on the CT."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["skin_behind"]

SKIN_HU = -300.0  # [choice] below: air
SKIN_RUN_MM = 3.0  # [choice] air so thick behind the back is outside the patient
SKIN_STEP_MM = 0.5  # [choice] between samples on the way back to the skin


def skin_behind(ct: CtVolume, path: NeedlePath) -> Float[np.ndarray, "3"] | None:
    """Where the line, followed back from the entry, first meets air; None if the scan ends before."""
    longest = float(np.sum(np.array(ct.hu.shape[::-1]) * ct.affine.spacing_mm))
    back = np.arange(0.0, longest, SKIN_STEP_MM)
    hu = ct.sample(path.entry_lps_mm - back[:, None] * path.direction_lps)
    measured = np.flatnonzero(~np.isfinite(hu))
    hu = hu[: measured[0]] if measured.size else hu
    run = int(np.ceil(SKIN_RUN_MM / SKIN_STEP_MM))
    if len(hu) < run:
        return None
    air = np.lib.stride_tricks.sliding_window_view(hu < SKIN_HU, run).all(axis=1)
    if not air.any():
        return None
    return path.entry_lps_mm - back[int(np.argmax(air))] * path.direction_lps
