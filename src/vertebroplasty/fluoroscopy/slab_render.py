"""The CT-fluoroscopy slab as a picture: bone window, patient's sides, scale bar."""

import numpy as np
from PIL import Image

from vertebroplasty.fluoroscopy.annotate import DISCLAIMER, Lettering
from vertebroplasty.fluoroscopy.slab_view import SlabPicture

__all__ = ["render_slab"]

WINDOW_HU, LEVEL_HU = (
    1800.0,
    400.0,
)  # [choice] the usual bone window: the cannula is white, fat still darker than muscle
OUTSIDE_GREY, HATCH_GREY = 70, 96  # [choice] ground and line where the CT ends, as on the X-ray
HATCH_PIXELS = 12  # [choice] distance of the hatching lines
WHITE = 255  # [exact] largest grey of eight bits


def render_slab(picture: SlabPicture, *, flip: bool = False, inverted: bool = False) -> Image.Image:
    """The slab as seen from the feet of a prone patient: posterior on top, the patient's left at the left."""
    scaled = WHITE * ((picture.hu - LEVEL_HU) / WINDOW_HU + 0.5)
    greys = np.clip(np.nan_to_num(scaled, nan=0.0), 0, WHITE)
    if inverted:
        greys = WHITE - greys
    rows, columns = np.indices(greys.shape)
    line = (rows + columns) % HATCH_PIXELS < 1
    greys = np.where(np.isnan(picture.hu), np.where(line, HATCH_GREY, OUTSIDE_GREY), greys)
    grey, letters = np.rint(greys).astype(np.uint8), ("L", "R")
    if flip:
        grey, letters = grey[:, ::-1], letters[::-1]
    writing = Lettering(grey)
    writing.sides(*letters)
    writing.top_and_bottom("P", "A")
    writing.scale_bar(picture.plane.pixel_mm)
    tilt = np.degrees(np.arcsin(np.clip(picture.plane.normal_lps[1], -1.0, 1.0)))
    head = f"CT slab {picture.plane.thickness_mm:.0f} mm  tilted {tilt:.1f}°  prone, seen from the feet"
    writing.lines([head + ("  mirrored" if flip else ""), DISCLAIMER])
    if np.isnan(picture.hu).any():
        writing.foot(["hatched: outside the CT"])
    return writing.picture
