"""The picture as a PNG: grey scale, scale bar, patient's sides, angles, and what the CT does not cover.

Shown as seen from the detector.  Bone, cement and steel are dark on a bright ground, as on a fluoroscopy screen;
inverted they are bright, as on a radiograph.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.annotate import DISCLAIMER, Lettering, png_bytes
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.fluoroscopy.processing import SHARPEN_GAIN, screen_correction

__all__ = ["Screen", "foot_lines", "render_picture", "render_png", "render_run", "screen_of", "side_letters"]

LOW_PERCENTILE, HIGH_PERCENTILE = 1.0, 99.0  # [choice] of the patient alone, so that cement does not shift the greys
DARKEST, BRIGHTEST = 24.0, 235.0  # [choice] grey of those percentiles: room for cement below and air above
HATCH_PIXELS = 12  # [choice] distance of the hatching lines
OUTSIDE_GREY, HATCH_GREY = 70, 96  # [choice] ground and line where the CT ends
FAINT_HATCH = 0.88  # [choice] of the grey, where water fills what the CT lacks
LEAST_SPAN = 1e-6  # [choice] of the logarithm, where a picture is even
WHITE = 255  # [exact] largest grey of eight bits


def side_letters(image: XrayImage) -> tuple[str, str]:
    """Letters for the left and right edge of the unmirrored picture: L, R, or A, P where the view is lateral."""
    right, _ = image.view.detector_axes
    if abs(right[0]) >= abs(right[1]):
        return ("R", "L") if right[0] > 0 else ("L", "R")
    return ("A", "P") if right[1] > 0 else ("P", "A")


@dataclass(frozen=True, eq=False, kw_only=True)
class Screen:
    """From signal to grey for one pose: what is added to the logarithm, and where its darkest and span lie.

    It depends on the patient alone, so that it stays the same while needles and cement move.
    """

    correction: Float[np.ndarray, "rows columns"]
    low: float
    span: float

    def greys(self, image: XrayImage, *, inverted: bool = False) -> UInt8[np.ndarray, "rows columns"]:
        """Grey values on the logarithm of the signal, with the hatching: full where no ray meets the CT."""
        shown = np.log(np.maximum(image.transmission, np.finfo(np.float32).tiny))
        greys = DARKEST + (BRIGHTEST - DARKEST) * (shown + self.correction - self.low) / self.span
        greys = np.clip(greys, 0, WHITE)
        if inverted:
            greys = WHITE - greys
        rows, columns = np.indices(greys.shape, sparse=True)
        line = (rows + columns) % HATCH_PIXELS < 1
        cut = ~image.complete & ~image.outside
        hatched = HATCH_GREY if image.shadow.thickness_mm is None else FAINT_HATCH * greys
        greys = np.where(cut & line, hatched, greys)
        greys = np.where(image.outside, np.where(line, HATCH_GREY, OUTSIDE_GREY), greys)
        return np.rint(greys).astype(np.uint8)


def screen_of(image: XrayImage, sharpen: float) -> Screen:
    """How the screen shows this patient from this pose: dark where little arrives."""
    known = ~image.outside
    trusted = image.complete if image.complete.any() and image.shadow.thickness_mm is None else known
    if not trusted.any():
        return Screen(correction=np.zeros(image.transmission.shape), low=0.0, span=1.0)
    bare = np.log(np.maximum(image.patient_only, np.finfo(np.float32).tiny))
    correction = screen_correction(bare, known, image.object_pixel_mm, sharpen=sharpen)
    low, high = np.percentile((bare + correction)[trusted], [LOW_PERCENTILE, HIGH_PERCENTILE])
    return Screen(correction=correction, low=float(low), span=max(float(high - low), LEAST_SPAN))


def _checked(image: XrayImage) -> None:
    """Raises Refused: the picture holds values that are no number."""
    if not (np.isfinite(image.transmission).all() and np.isfinite(image.patient_only).all()):
        raise Refused("The picture holds values that are no number: check that the CT holds Hounsfield units.")


def render_run(images: Iterable[XrayImage]) -> Iterator[Image.Image]:
    """Pictures of one pose as a screen shows them, one after the other, with the patient's sides and a scale bar.

    All share the grey scale of the patient in the first.

    Raises:
        Refused: a picture holds values that are no number.
    """
    screen: Screen | None = None
    for image in images:
        _checked(image)
        screen = screen or screen_of(image, SHARPEN_GAIN)
        writing = Lettering(screen.greys(image, inverted=False))
        writing.sides(*side_letters(image))
        writing.scale_bar(image.object_pixel_mm)
        yield writing.picture


def render_picture(
    image: XrayImage,
    *,
    flip: bool = False,
    inverted: bool = False,
    caption: str = "",
    sharpen: float = SHARPEN_GAIN,
) -> Image.Image:
    """The picture with all its writing; see `render_png`.  A noisy picture is not sharpened: `sharpen` 0."""
    _checked(image)
    grey, letters = screen_of(image, sharpen).greys(image, inverted=inverted), side_letters(image)
    if flip:
        grey, letters = grey[:, ::-1], letters[::-1]
    writing = Lettering(grey)
    writing.sides(*letters)
    writing.scale_bar(image.object_pixel_mm)
    angles = f"LAO {image.view.lao_deg:.1f}°  cranial {image.view.cranial_deg:.1f}°  {image.kvp} kVp"
    shown = "  mirrored" if flip else "  as seen from the detector"
    writing.lines([angles + shown, DISCLAIMER, *filter(None, (caption,))])
    writing.foot(foot_lines(image))
    return writing.picture


def foot_lines(image: XrayImage) -> list[str]:
    """What must be known of the CT behind the picture, in few words."""
    lines = ["veins painted from a template"] if image.contrast_note else []
    thickness_mm = image.shadow.thickness_mm
    if thickness_mm is not None and np.any(image.shadow.covered_mm < thickness_mm):
        lines.append(f"water added to {thickness_mm:.0f} mm")
    if image.outside.any() or not image.complete.all():
        lines.append("hatched: outside the CT or cut short")
    return lines


def render_png(image: XrayImage, *, flip: bool = False, inverted: bool = False, caption: str = "") -> bytes:
    """PNG of the picture as seen from the detector, with the patient's sides, a scale bar and the angles.

    Bone and cement are dark, or bright when `inverted`.  `flip` mirrors picture and letters together.  What the CT
    does not cover is hatched.  The same image gives the same bytes with one version of the drawing library; no
    patient name is written.

    Raises:
        Refused: the picture holds values that are no number.
    """
    return png_bytes([render_picture(image, flip=flip, inverted=inverted, caption=caption)])
