"""What the bare CT shows around points shown by hand: tilt of the endplates, the anterior cortex, the bone's end."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import Frame

__all__ = ["behind_entry_mm", "plate_tilt", "reach_to_front_mm"]

STEP_MM = 0.5  # [choice] along a profile
TILTS_DEG = tuple(range(-25, 26))  # [choice] tried about the line between the pedicles
PATCH_MM = (-9.0, -4.5, 0.0, 4.5, 9.0)  # [choice] of the endplates about the body's centre, to both sides and in depth
NEAREST_PLATE_MM, FARTHEST_PLATE_MM = 5.0, 20.0  # [choice] from the body's centre
CORE_MM = 4.0  # [choice] half height of the marrow that plates are compared with
PLATE_ABOVE_CORE_HU = 60.0  # [choice] a mean profile without such a peak shows no endplate
FRONT_PATCH_MM = (-3.0, 0.0, 3.0)  # [choice] over which the way to the front is averaged
NEAREST_FRONT_MM, FARTHEST_FRONT_MM = 8.0, 30.0  # [choice] from the body's centre
CORTEX_HU = 150.0  # [choice] the averaged anterior cortex is brighter
FALL_HU, FALL_MM = 90.0, 4.0  # [choice] it falls by so much within so little
END_HU, END_RUN_MM = 150.0, 3.0  # [choice] behind an entry: less bright for so long, wider than a facet joint
DENSE_HU = 200.0  # [choice] cortex that must have been met before
END_WITHIN_MM = 30.0  # [choice] behind the middle of a pedicle


def plate_tilt(ct: CtVolume, frame: Frame) -> float | None:
    """By how much (radians) superior turns towards anterior so that both endplates stand square to it; None if unseen.

    The mean profile over a patch shows an endplate brightest where the patch lies parallel to it; the two plates of a
    wedged body are taken half and half.
    """
    heights = np.arange(-FARTHEST_PLATE_MM, FARTHEST_PLATE_MM + STEP_MM / 2, STEP_MM)
    profiles = np.stack([_patch_profile(ct, frame, np.radians(tilt), heights) for tilt in TILTS_DEG])
    if not np.isfinite(profiles).all():
        return None
    core = np.median(profiles[:, np.abs(heights) < CORE_MM])
    found = []
    for sign in (1.0, -1.0):
        peaks = profiles[:, sign * heights > NEAREST_PLATE_MM].max(axis=1)
        best = int(np.argmax(peaks))
        if peaks[best] - core < PLATE_ABOVE_CORE_HU or best in (0, len(peaks) - 1):
            return None
        found.append(np.radians(TILTS_DEG[best]))
    return float(np.mean(found))


def _patch_profile(
    ct: CtVolume, frame: Frame, tilt_rad: float, heights_mm: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n"]:
    superior = np.cos(tilt_rad) * frame.superior + np.sin(tilt_rad) * frame.anterior
    anterior = np.cross(superior, frame.right)
    patch = np.array([a * frame.right + b * anterior for a in PATCH_MM for b in PATCH_MM])
    points = frame.origin_lps_mm + heights_mm[:, None, None] * superior + patch
    return np.asarray(ct.sample(points).mean(axis=1))


def reach_to_front_mm(ct: CtVolume, frame: Frame) -> float | None:
    """From the body's centre to the outer edge of the anterior cortex along anterior; None where none is seen."""
    ahead = np.arange(NEAREST_FRONT_MM, FARTHEST_FRONT_MM + FALL_MM, STEP_MM)
    patch = np.array([a * frame.right + b * frame.superior for a in FRONT_PATCH_MM for b in FRONT_PATCH_MM])
    points = frame.origin_lps_mm + ahead[:, None, None] * frame.anterior + patch
    profile = np.asarray(ct.sample(points).mean(axis=1), float)
    window = int(FALL_MM / STEP_MM)
    for n in range(1, len(profile) - window):
        after = profile[n : n + window + 1]
        is_peak = profile[n] >= profile[n - 1] and profile[n] >= after[1:].max()
        if is_peak and profile[n] > CORTEX_HU and profile[n] - after.min() > FALL_HU:
            half = (profile[n] + after.min()) / 2
            edge = n + int(np.argmax(after < half))
            share = (profile[edge - 1] - half) / (profile[edge - 1] - profile[edge])
            return float(ahead[edge - 1] + share * STEP_MM)
    return None


def behind_entry_mm(ct: CtVolume, start_lps_mm: Float[np.ndarray, "3"], back: Float[np.ndarray, "3"]) -> float | None:
    """How far bone reaches back from a point in a pedicle: to soft tissue thicker than a joint; None if not seen."""
    places = np.arange(0.0, END_WITHIN_MM + END_RUN_MM, STEP_MM)
    hu = ct.sample(start_lps_mm + places[:, None] * back)
    run = int(END_RUN_MM / STEP_MM)
    for n in range(1, len(hu) - run):
        soft = hu[n : n + run]
        if hu[:n].max() > DENSE_HU and np.isfinite(soft).all() and (soft < END_HU).all():
            return float(places[n])
    return None
