"""What a fluoroscopy system does to a picture before it reaches the screen: evens out the exposure, sharpens edges.

Works on the logarithm of the signal.  Both steps are standard in digital fluoroscopy; each maker tunes them in its own
way, so the strengths here are choices that make a 1 mm CT look like an X-ray picture, no more.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

__all__ = ["SHARPEN_GAIN", "screen_correction"]

EVEN_SIGMA_MM = 15.0  # [choice] unevenness broader than this is damped
EVEN_SHARE = 0.4  # [choice] of it is taken away
SHARPEN_SIGMA_MM = 1.2  # [choice] about the blur that CT voxels of 1 to 1.5 mm leave
SHARPEN_GAIN = 0.8  # [choice] of what is finer than that is added again
LEAST_WEIGHT = 1e-3  # [choice] below it rounding would speak

Pixels = Float[np.ndarray, "rows columns"]


def screen_correction(
    patient_only: Pixels, known: Bool[np.ndarray, "rows columns"], pixel_mm: float, *, sharpen: float = SHARPEN_GAIN
) -> Pixels:
    """What is added to a log signal for the screen: broad differences damped, edges sharpened.

    Worked out from `patient_only`, the log signal without needle and cement, so that these neither brighten what lies
    beside them nor get a halo; they are sharp already.  Only `known` pixels count as neighbours.  `pixel_mm` is the
    pixel in the plane of the isocentre; `sharpen` is how often what is finer than the CT's blur is added again.
    """
    if not known.any():
        return np.zeros_like(patient_only)
    broad = _mean_of_known(patient_only, known, _broad(EVEN_SIGMA_MM / pixel_mm))
    correction = -EVEN_SHARE * (broad - float(broad[known].mean()))
    if sharpen:
        soft = _mean_of_known(patient_only, known, _gaussian(SHARPEN_SIGMA_MM / pixel_mm))
        correction = correction + sharpen * (patient_only - soft)
    return np.asarray(correction)


def _gaussian(sigma: float) -> Callable[[Pixels], Pixels]:
    return lambda values: ndimage.gaussian_filter(values, sigma, mode="nearest")


def _broad(sigma: float) -> Callable[[Pixels], Pixels]:
    """Three running means, near to a Gaussian and as fast for any width."""
    width = max(1, round(2.0 * sigma))

    def smooth(values: Pixels) -> Pixels:
        for _ in range(3):
            values = ndimage.uniform_filter(values, width, mode="nearest")
        return values

    return smooth


def _mean_of_known(
    values: Pixels, known: Bool[np.ndarray, "rows columns"], smooth: Callable[[Pixels], Pixels]
) -> Pixels:
    """A smoothed picture to which only known pixels contribute; the others keep their value."""
    weight = smooth(known.astype(np.float32))
    summed = smooth(np.where(known, values, 0.0).astype(np.float32))
    return np.asarray(np.where(known, summed / np.maximum(weight, LEAST_WEIGHT), values))
