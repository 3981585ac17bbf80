"""Writing on a picture: the patient's sides, a scale bar and lines of text, readable on any grey."""

import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

__all__ = ["DISCLAIMER", "Lettering", "png_bytes"]

BAR_MM = 20.0  # [choice] length of the scale bar
LETTER_PIXELS, TEXT_PIXELS = 26, 12  # [choice] heights of the writing
MARGIN_PIXELS = 10  # [choice] from the picture's edge
LINE_PIXELS = 16  # [choice] from one line of text to the next
DISCLAIMER = "simulated from CT; research, education, audit; not for clinical use"


class Lettering:
    """Writes on one square picture; white with a dark rim."""

    def __init__(self, grey: UInt8[np.ndarray, "rows columns"]) -> None:
        self.picture = Image.fromarray(np.ascontiguousarray(grey))
        self.size = grey.shape[0]
        self.draw = ImageDraw.Draw(self.picture)

    def _text(self, at: tuple[float, float], text: str, pixels: int, anchor: str) -> None:
        font = ImageFont.load_default(pixels)
        self.draw.text(at, text, fill=255, font=font, anchor=anchor, stroke_width=2, stroke_fill=0)

    def sides(self, left: str, right: str) -> None:
        """The patient's directions at the left and right edge."""
        self._text((MARGIN_PIXELS, 0.5 * self.size), left, LETTER_PIXELS, "lm")
        self._text((self.size - MARGIN_PIXELS, 0.5 * self.size), right, LETTER_PIXELS, "rm")

    def top_and_bottom(self, top: str, bottom: str) -> None:
        """The patient's directions at the upper and lower edge."""
        self._text((0.5 * self.size, 4 * LINE_PIXELS), top, LETTER_PIXELS, "mt")
        self._text((0.5 * self.size, self.size - MARGIN_PIXELS), bottom, LETTER_PIXELS, "mb")

    def lines(self, lines: list[str]) -> None:
        """Lines of text at the top."""
        for row, line in enumerate(lines):
            self._text((MARGIN_PIXELS, MARGIN_PIXELS + row * LINE_PIXELS), line, TEXT_PIXELS, "lt")

    def foot(self, lines: list[str]) -> None:
        """Lines of text at the bottom left, the last one lowest."""
        for row, line in enumerate(reversed(lines)):
            at = (MARGIN_PIXELS, self.size - MARGIN_PIXELS - row * LINE_PIXELS)
            self._text(at, line, TEXT_PIXELS, "lb")

    def scale_bar(self, pixel_mm: float) -> None:
        """A bar of known length, bottom right; left out where it would take half the picture."""
        length = BAR_MM / pixel_mm
        if length > 0.5 * self.size:
            return
        y, x = self.size - 2 * MARGIN_PIXELS, self.size - MARGIN_PIXELS
        self.draw.line([(x - length, y), (x, y)], fill=0, width=5)
        self.draw.line([(x - length, y), (x, y)], fill=255, width=3)
        self._text((x - 0.5 * length, y - 4), f"{BAR_MM:.0f} mm", TEXT_PIXELS, "mb")


def png_bytes(pictures: list[Image.Image]) -> bytes:
    """PNG of pictures side by side; the same pictures give the same bytes with one version of the library."""
    canvas = Image.new("L", (sum(each.width for each in pictures), max(each.height for each in pictures)))
    across = 0
    for each in pictures:
        canvas.paste(each, (across, 0))
        across += each.width
    stream = io.BytesIO()
    canvas.save(stream, format="PNG", optimize=False)
    return stream.getvalue()
