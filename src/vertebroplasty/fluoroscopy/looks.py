"""How a picture is seen: noise-free, as a live picture, or as the last image held on the screen.

A live frame holds few photons, so the screen shows a recursive mean of it and those before; when the pedal is let go
more frames are averaged.  The mean of n frames of a still scene has the noise of one frame of n times the dose.
"""

from dataclasses import replace
from enum import StrEnum

import numpy as np
from scipy import ndimage

from vertebroplasty.fluoroscopy.exposure import KERMA_NGY, Exposure, metered, one_frame
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.scatter import GRID_DIVIDES_BY

__all__ = ["Look", "as_seen", "caption"]

NEW_SHARE = 0.5  # [choice] of the newest frame in the live picture's recursive mean
LIVE_FRAMES = (2.0 - NEW_SHARE) / NEW_SHARE  # [exact] frames whose plain mean is as noisy as the recursive one
HELD_FRAMES = 8.0  # [choice] systems average the last 2 to 8 frames
SCREEN_FILTER_PIXELS = 0.8  # [choice] standard deviation of the noise filter before the screen


class Look(StrEnum):
    """What the screen shows."""

    STILL = "still"
    LIVE = "live"
    HOLD = "hold"


def as_seen(image: XrayImage, look: Look, seed: int = 0, frame: int = 0, *, kerma_ngy: float = KERMA_NGY) -> XrayImage:
    """The picture with a live picture's or a last image hold's noise, scatter and blur; a still is left as it is.

    Taken with an anti-scatter grid, at `kerma_ngy` a frame at the detector.  The patient alone, from which the grey
    scale is taken, gets the same scatter and blur without noise.  The same seed and frame number give the same picture;
    motion is left out.
    """
    if look is Look.STILL:
        return image
    exposure = Exposure(
        kerma_ngy=kerma_ngy * (LIVE_FRAMES if look is Look.LIVE else HELD_FRAMES),
        scatter=metered(image).scatter / GRID_DIVIDES_BY,
    )
    meter = metered(image, exposure.scatter)
    noisy = one_frame(image, exposure, seed=seed, frame=frame, meter=meter)
    bare = replace(image, transmission=image.patient_only)
    smooth = one_frame(bare, replace(exposure, kerma_ngy=None), seed=seed, meter=meter)
    shown = ndimage.gaussian_filter(noisy, SCREEN_FILTER_PIXELS, mode="nearest")
    # The logarithm of a pixel that no photon reached is taken from the weakest that one did.
    least = shown[shown > 0.0].min() if np.any(shown > 0.0) else shown.dtype.type(1.0)
    return replace(image, transmission=np.maximum(shown, least), patient_only=smooth)


def caption(look: Look, kerma_ngy: float = KERMA_NGY) -> str:
    """The line on the picture that says how it was taken."""
    if look is Look.STILL:
        return ""
    name = "live, recursive mean" if look is Look.LIVE else f"last image hold, mean of {HELD_FRAMES:.0f} frames"
    return f"{name}, {kerma_ngy:.0f} nGy a frame at the detector, grid"
