"""What blurs a picture: the size of the focal spot, and the light that spreads in the detector's scintillator.

Blur is a transfer function over spatial frequency; the picture goes on beyond its edge as in a mirror.  The focal spot
blurs what the quanta show, so it belongs before the noise; the scintillator blurs the quanta too, so it belongs after.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import fft

from vertebroplasty.geometry.c_arm_view import CArmView

__all__ = ["focal_spot_blurred", "focal_spot_transfer", "scintillator_blurred", "scintillator_transfer", "spread"]

FOCAL_SPOT_MM = 0.6  # [choice] of the usual 0.3 and 0.6 mm, the one for thick parts
# Through 0.55 at 1 line pair per mm and 0.25 at 2: 1/(1 + 0.818 f^1.874).
SCINTILLATOR_A = 1.0 / 0.55 - 1.0  # [choice] transfer of 0.55 at 1 line pair per mm, usual for a caesium iodide panel
SCINTILLATOR_POWER = np.log2((1.0 / 0.25 - 1.0) / SCINTILLATOR_A)  # [choice] and of 0.25 at 2 line pairs per mm
KEPT = 8  # [choice] transfer functions kept for the next frame: two poses' worth

Pixels = Float[np.ndarray, "rows columns"]
Transfer = Callable[[Float[np.ndarray, "rows 1"], Float[np.ndarray, "1 columns"]], Pixels]


def spread(picture: Pixels, pixel_mm: float, transfer: Transfer) -> Pixels:
    """Filter a picture by a transfer function of the spatial frequencies down and across, in cycles per mm.

    The transfer function must be even.  A flat picture is multiplied by its value at zero; nothing is lost at the
    edge, where the picture is taken to go on as its mirror image.  Works in the precision of the picture.
    """
    coefficients = fft.dctn(picture, norm="ortho")
    coefficients *= _on_grid(transfer, picture.shape, pixel_mm, picture.dtype.char)
    return np.asarray(fft.idctn(coefficients, norm="ortho", overwrite_x=True))


@lru_cache(maxsize=KEPT)
def _on_grid(transfer: Transfer, shape: tuple[int, int], pixel_mm: float, kind: str) -> Pixels:
    """A transfer function at the frequencies of a picture; kept, for the frames of a run share it."""
    down, across = (
        (np.arange(count) / (2.0 * count * pixel_mm)).reshape(place)
        for count, place in zip(shape, ((-1, 1), (1, -1)), strict=True)
    )
    return transfer(down, across).astype(kind)


def focal_spot_transfer(frequency_per_mm: Float[np.ndarray, "*n"], width_mm: float) -> Float[np.ndarray, "*n"]:
    """Transfer of a square focal spot whose shadow on the detector is `width_mm` wide, along one side of it."""
    return np.asarray(np.sinc(width_mm * frequency_per_mm))


def scintillator_transfer(frequency_per_mm: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Modulation transfer of the caesium iodide screen: 0.55 at 1 line pair per mm, 0.25 at 2."""
    return np.asarray(1.0 / (1.0 + SCINTILLATOR_A * frequency_per_mm**SCINTILLATOR_POWER))


@lru_cache(maxsize=KEPT)
def _square_spot(width_mm: float) -> Transfer:
    def transfer(down: Float[np.ndarray, "rows 1"], across: Float[np.ndarray, "1 columns"]) -> Pixels:
        return focal_spot_transfer(down, width_mm) * focal_spot_transfer(across, width_mm)

    return transfer


def _screen(down: Float[np.ndarray, "rows 1"], across: Float[np.ndarray, "1 columns"]) -> Pixels:
    return scintillator_transfer(np.hypot(down, across))


def focal_spot_blurred(
    picture: Pixels, view: CArmView, pixel_mm: float, *, focal_spot_mm: float = FOCAL_SPOT_MM
) -> Pixels:
    """The signal as a focal spot of finite size makes it, for parts in the plane of the isocentre.

    The shadow of the spot is its width times the magnification less one.
    """
    return spread(picture, pixel_mm, _square_spot(focal_spot_mm * (view.sid_mm / view.sod_mm - 1.0)))


def scintillator_blurred(picture: Pixels, pixel_mm: float) -> Pixels:
    """The signal, noise and all, as the light of the screen spreads it: the noise becomes correlated and weaker."""
    return spread(picture, pixel_mm, _screen)
