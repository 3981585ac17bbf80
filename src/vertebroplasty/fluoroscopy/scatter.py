"""Scattered radiation: how much of it a trunk adds to the primary signal, and how broadly it lies over the picture.

Each ray sheds scatter in proportion to its primary signal and to the thickness it passed, spread by a broad kernel:
superposition of symmetric scatter kernels, the simplest of the models compared by Sun and Star-Lack.
"""

import numpy as np
from jaxtyping import Float

from vertebroplasty.fluoroscopy.blur import spread

__all__ = ["GRID_DIVIDES_BY", "scatter_to_primary", "scatter_transfer", "scattered"]

THICKNESS_CM = (0.0, 10.0, 20.0, 30.0)  # [choice] places at which the ratio is stated
RATIOS = (0.0, 1.0, 4.0, 8.0)  # [choice] without a grid: 1, of 2 to 4 and of 4 to 8 the most
GRID_DIVIDES_BY = 4.0  # [choice] an anti-scatter grid divides the ratio by 3 to 5
NARROW_MM, BROAD_MM = 20.0, 70.0  # [choice] standard deviations of the kernel's two Gaussians, on the detector
NARROW_SHARE = 0.5  # [choice] of the kernel in the narrower one

Pixels = Float[np.ndarray, "rows columns"]


def scatter_to_primary(
    water_cm: Float[np.ndarray, "*n"] | float, *, grid_divides_by: float = 1.0
) -> Float[np.ndarray, "*n"]:
    """Scattered over primary signal behind a trunk as thick as so many cm of water; constant beyond 30 cm.

    Without a grid; with one, `grid_divides_by` is 3 to 5.
    """
    return np.asarray(np.interp(water_cm, THICKNESS_CM, RATIOS) / grid_divides_by)


def scatter_transfer(
    down_per_mm: Float[np.ndarray, "rows 1"], across_per_mm: Float[np.ndarray, "1 columns"]
) -> Float[np.ndarray, "rows columns"]:
    """Transfer function of the scatter kernel: two Gaussians that add up to 1 at frequency zero."""

    def gaussian(sigma_mm: float) -> Float[np.ndarray, "rows columns"]:
        one = (np.exp(-2.0 * (np.pi * sigma_mm * frequency) ** 2) for frequency in (down_per_mm, across_per_mm))
        return np.asarray(next(one) * next(one))

    return NARROW_SHARE * gaussian(NARROW_MM) + (1.0 - NARROW_SHARE) * gaussian(BROAD_MM)


def scattered(primary: Pixels, pixel_mm: float, ratio: Pixels | float) -> Pixels:
    """The scatter that lies over a picture of primary signal; add the two.

    `ratio` is scatter to primary, one number or one for every ray; `pixel_mm` the pixel on the detector.  Beyond its
    edge the picture is taken to go on as its mirror image.
    """
    return spread(np.asarray(ratio * primary, primary.dtype), pixel_mm, scatter_transfer)
