"""How uneven the anatomy itself is in a picture: what a blob of cement must stand out from."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.rose import BLOB_VOLUMES_ML, blob_width_mm

__all__ = ["Texture", "texture"]

NEIGHBOURHOOD_MM = 10.0  # [choice] half side of the square whose texture counts
WIDTHS_PIXELS = (1, 3, 5, 9, 15, 25, 41, 69)  # [choice] blob widths at which the texture is measured, odd
LEAST_WEIGHT = 1e-9  # [choice] rounding of a share of known pixels that is zero


@dataclass(frozen=True, eq=False, kw_only=True)
class Texture:
    """Standard deviation of the log signal around every pixel, for blobs of several widths in the object's plane."""

    widths_mm: Float[np.ndarray, "w"]
    deviation: Float[np.ndarray, "w rows columns"]

    def at(self, pixel: tuple[int, int]) -> Float[np.ndarray, "v"]:
        """The deviation at one pixel for each of `BLOB_VOLUMES_ML`."""
        widths = blob_width_mm(np.array(BLOB_VOLUMES_ML))
        return np.asarray(np.interp(widths, self.widths_mm, self.deviation[:, pixel[0], pixel[1]]))


def texture(image: XrayImage) -> Texture:
    """How uneven the anatomy itself is, at the size of a blob: what a blob must stand out from.

    Averages over the blob's width against averages over three times that width, for slower shading is no clutter;
    their deviation over ±10 mm.  Pixels where the CT is cut short are left out.
    """
    mask = image.complete.astype(float)
    logarithm = np.log(np.maximum(image.patient_only, np.finfo(np.float32).tiny)).astype(float)
    reach = 2 * max(1, round(NEIGHBOURHOOD_MM / image.object_pixel_mm)) + 1

    @cache
    def weight(pixels: int) -> Float[np.ndarray, "rows columns"]:
        return np.asarray(ndimage.uniform_filter(mask, pixels, mode="constant"))

    def mean(values: Float[np.ndarray, "rows columns"], pixels: int) -> Float[np.ndarray, "rows columns"]:
        known, summed = weight(pixels), ndimage.uniform_filter(values * mask, pixels, mode="constant")
        return np.asarray(np.where(known > LEAST_WEIGHT, summed / np.maximum(known, LEAST_WEIGHT), 0.0))

    @cache
    def averaged(pixels: int) -> Float[np.ndarray, "rows columns"]:
        return mean(logarithm, pixels)

    maps = []
    for pixels in WIDTHS_PIXELS:
        difference = averaged(pixels) - averaged(3 * pixels)
        maps.append(np.sqrt(np.maximum(0.0, mean(difference**2, reach) - mean(difference, reach) ** 2)))
    return Texture(widths_mm=np.array(WIDTHS_PIXELS) * image.object_pixel_mm, deviation=np.array(maps))
