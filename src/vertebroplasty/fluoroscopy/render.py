"""The picture as a PNG: grey scale, scale bar, patient's sides, angles, and what the CT does not cover.

Shown as seen from the detector.  Bone, cement and steel are dark on a bright ground, as on a fluoroscopy screen.
"""

import io

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.image import XrayImage

__all__ = ["render_png", "side_letters"]

LOW_PERCENTILE, HIGH_PERCENTILE = 1.0, 99.0  # [choice] of the patient alone, so that cement does not shift the greys
DARKEST, BRIGHTEST = 24.0, 235.0  # [choice] grey of those percentiles: room for cement below and air above
HATCH_PIXELS = 12  # [choice] distance of the hatching lines
OUTSIDE_GREY, HATCH_GREY = 70, 96  # [choice] ground and line where the CT ends
BAR_MM = 20.0  # [choice] length of the scale bar
LETTER_PIXELS, TEXT_PIXELS = 26, 12  # [choice] heights of the writing
MARGIN_PIXELS = 10  # [choice] from the picture's edge
LINE_PIXELS = 16  # [choice] from one line of text to the next
DISCLAIMER = "simulated from CT; research, education, audit; not for clinical use"


def side_letters(image: XrayImage) -> tuple[str, str]:
    """Letters for the left and right edge of the unmirrored picture: L, R, or A, P where the view is lateral."""
    right, _ = image.view.detector_axes
    if abs(right[0]) >= abs(right[1]):
        return ("R", "L") if right[0] > 0 else ("L", "R")
    return ("A", "P") if right[1] > 0 else ("P", "A")


def _greys(image: XrayImage) -> Float[np.ndarray, "rows columns"]:
    """Grey values on the logarithm of the signal: dark where little arrives."""
    logarithm = np.log(np.maximum(image.transmission, np.finfo(np.float32).tiny))
    trusted = image.complete if image.complete.any() else ~image.outside
    if not trusted.any():
        return np.full(image.transmission.shape, BRIGHTEST)
    reference = np.log(np.maximum(image.patient_only[trusted], np.finfo(np.float32).tiny))
    low, high = np.percentile(reference, [LOW_PERCENTILE, HIGH_PERCENTILE])
    span = max(float(high - low), 1e-6)
    return np.asarray(DARKEST + (BRIGHTEST - DARKEST) * (logarithm - low) / span)


def _pixels(image: XrayImage) -> UInt8[np.ndarray, "rows columns"]:
    """Grey values with the hatching: full where no ray meets the CT, sparse where the CT is cut short."""
    greys = _greys(image)
    rows, columns = np.indices(greys.shape)
    line = (rows + columns) % HATCH_PIXELS < 1
    cut = ~image.complete & ~image.outside
    greys = np.where(cut & line, HATCH_GREY, greys)
    greys = np.where(image.outside, np.where(line, HATCH_GREY, OUTSIDE_GREY), greys)
    return np.clip(np.rint(greys), 0, 255).astype(np.uint8)


def _write(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, pixels: int, anchor: str) -> None:
    """Text in white with a dark rim, readable on any grey."""
    draw.text(at, text, fill=255, font=ImageFont.load_default(pixels), anchor=anchor, stroke_width=2, stroke_fill=0)


def _scale_bar(draw: ImageDraw.ImageDraw, image: XrayImage) -> None:
    """A bar of known length in the plane of the isocentre, bottom right."""
    size = image.detector.size
    length = BAR_MM / image.object_pixel_mm
    if length > 0.5 * size:
        return
    y, x = size - 2 * MARGIN_PIXELS, size - MARGIN_PIXELS
    draw.line([(x - length, y), (x, y)], fill=0, width=5)
    draw.line([(x - length, y), (x, y)], fill=255, width=3)
    _write(draw, (x - 0.5 * length, y - 4), f"{BAR_MM:.0f} mm", TEXT_PIXELS, "mb")


def render_png(image: XrayImage, *, flip: bool = False) -> bytes:
    """PNG of the picture as seen from the detector, with the patient's sides, a scale bar and the angles.

    Bone and cement are dark.  `flip` mirrors picture and letters together.  What the CT does not cover is hatched.
    The same image gives the same bytes with one version of the drawing library; no patient name is written.

    Raises:
        Refused: the picture holds values that are no number.
    """
    if not (np.isfinite(image.transmission).all() and np.isfinite(image.patient_only).all()):
        raise Refused("The picture holds values that are no number: check that the CT holds Hounsfield units.")
    grey, letters = _pixels(image), side_letters(image)
    if flip:
        grey, letters = grey[:, ::-1], letters[::-1]
    size = image.detector.size
    canvas = Image.fromarray(np.ascontiguousarray(grey))
    draw = ImageDraw.Draw(canvas)
    _write(draw, (MARGIN_PIXELS, 0.5 * size), letters[0], LETTER_PIXELS, "lm")
    _write(draw, (size - MARGIN_PIXELS, 0.5 * size), letters[1], LETTER_PIXELS, "rm")
    _scale_bar(draw, image)
    angles = f"lao {image.view.lao_deg:.1f}°  cranial {image.view.cranial_deg:.1f}°  {image.kvp} kVp"
    shown = "  mirrored" if flip else "  as seen from the detector"
    _write(draw, (MARGIN_PIXELS, MARGIN_PIXELS), angles + shown, TEXT_PIXELS, "lt")
    if image.outside.any() or not image.complete.all():
        _write(draw, (MARGIN_PIXELS, size - MARGIN_PIXELS), "hatched: outside the CT or cut short", TEXT_PIXELS, "lb")
    _write(draw, (MARGIN_PIXELS, MARGIN_PIXELS + LINE_PIXELS), DISCLAIMER, TEXT_PIXELS, "lt")
    stream = io.BytesIO()
    canvas.save(stream, format="PNG", optimize=False)
    return stream.getvalue()
