"""How a picture is seen: noise-free, as a live picture, or as the last image held on the screen.

A live frame holds few photons, so the screen shows a recursive mean of it and those before; when the pedal is let go
more frames are averaged.  The mean of n frames of a still scene has the noise of one frame of n times the dose.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import ndimage

from vertebroplasty.fluoroscopy.exposure import KERMA_NGY, Exposure, Metered, metered, one_frame
from vertebroplasty.fluoroscopy.image import Pixels, XrayImage
from vertebroplasty.fluoroscopy.scatter import GRID_DIVIDES_BY

__all__ = ["Look", "Screen", "as_seen", "caption", "screen"]

NEW_SHARE = 0.5  # [choice] of the newest frame in the live picture's recursive mean
LIVE_FRAMES = (2.0 - NEW_SHARE) / NEW_SHARE  # [exact] frames whose plain mean is as noisy as the recursive one
HELD_FRAMES = 8.0  # [choice] systems average the last 2 to 8 frames
SCREEN_FILTER_PIXELS = 0.8  # [choice] standard deviation of the noise filter before the screen


class Look(StrEnum):
    """What the screen shows."""

    STILL = "still"
    LIVE = "live"
    HOLD = "hold"


@dataclass(frozen=True, eq=False, kw_only=True)
class Screen:
    """What all frames of one pose share: scatter behind the grid, meter, and the patient alone on the screen."""

    exposure: Exposure
    meter: Metered
    patient_only: Pixels


def screen(image: XrayImage) -> Screen:
    """Meter a pose for its live frames and its last image hold, with an anti-scatter grid."""
    exposure = Exposure(kerma_ngy=None, scatter=metered(image).scatter / GRID_DIVIDES_BY)
    meter = metered(image, exposure.scatter)
    bare = replace(image, transmission=image.patient_only)
    return Screen(exposure=exposure, meter=meter, patient_only=one_frame(bare, exposure, seed=0, meter=meter))


def as_seen(
    image: XrayImage,
    look: Look,
    seed: int = 0,
    frame: int = 0,
    *,
    kerma_ngy: float = KERMA_NGY,
    on: Screen | None = None,
) -> XrayImage:
    """The picture with a live picture's or a last image hold's noise, scatter and blur; a still is left as it is.

    Taken with an anti-scatter grid, at `kerma_ngy` a frame at the detector.  The patient alone, from which the grey
    scale is taken, gets the same scatter and blur without noise.  The same seed and frame number give the same picture;
    motion is left out.  `on` is the pose's `screen`, where it has been worked out before.
    """
    if look is Look.STILL:
        return image
    shared = screen(image) if on is None else on
    frames = LIVE_FRAMES if look is Look.LIVE else HELD_FRAMES
    exposure = replace(shared.exposure, kerma_ngy=kerma_ngy * frames)
    noisy = one_frame(image, exposure, seed=seed, frame=frame, meter=shared.meter)
    shown = ndimage.gaussian_filter(noisy, SCREEN_FILTER_PIXELS, mode="nearest")
    # The logarithm of a pixel that no photon reached is taken from the weakest that one did.
    least = shown[shown > 0.0].min() if np.any(shown > 0.0) else shown.dtype.type(1.0)
    return replace(image, transmission=np.maximum(shown, least), patient_only=shared.patient_only)


def caption(look: Look, kerma_ngy: float = KERMA_NGY) -> str:
    """The line on the picture that says how it was taken."""
    if look is Look.STILL:
        return ""
    name = "live, recursive mean" if look is Look.LIVE else f"last image hold, mean of {HELD_FRAMES:.0f} frames"
    return f"{name}, {kerma_ngy:.0f} nGy a frame at the detector, grid"
