"""CT slices along the vertebra's own axes, with lines, points and areas drawn on them in millimetres."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw, ImageFont

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import Points, unit

__all__ = ["Colour", "Plane", "Slice", "cut_slice", "data_uri"]

Colour = tuple[int, int, int]
WINDOW_LOW_HU = -150.0  # [choice] bone window that still shows soft tissue
WINDOW_HIGH_HU = 850.0  # [choice]
PIXEL_MM = 0.3  # [choice] fine enough that print shows no steps
BACKGROUND: Colour = (24, 26, 30)  # [choice] colour
SHADE = 0.45  # [choice] opacity of painted areas


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane:
    """A rectangle in the patient: centre, unit vectors to the viewer's right and up, width and height in mm."""

    centre_lps_mm: Float[np.ndarray, "3"]
    right_lps: Float[np.ndarray, "3"]
    up_lps: Float[np.ndarray, "3"]
    width_mm: float
    height_mm: float

    def points(self) -> Points:
        """LPS position of every pixel, [row, column, 3], row 0 at the top."""
        across = (np.arange(round(self.width_mm / PIXEL_MM)) + 0.5) * PIXEL_MM - self.width_mm / 2
        down = self.height_mm / 2 - (np.arange(round(self.height_mm / PIXEL_MM)) + 0.5) * PIXEL_MM
        right, up = unit(self.right_lps), unit(self.up_lps)
        return self.centre_lps_mm + across[None, :, None] * right + down[:, None, None] * up

    def pixel(self, point_lps_mm: Float[np.ndarray, "3"]) -> tuple[float, float]:
        """Column and row of an LPS point projected on the plane."""
        offset = np.asarray(point_lps_mm, float) - self.centre_lps_mm
        column = (offset @ unit(self.right_lps) + self.width_mm / 2) / PIXEL_MM
        row = (self.height_mm / 2 - offset @ unit(self.up_lps)) / PIXEL_MM
        return float(column), float(row)


class Slice:
    """A picture of one plane that can be drawn on; coordinates are LPS mm, lengths mm."""

    def __init__(self, plane: Plane, grey: Float[np.ndarray, "v u"]) -> None:
        self.plane = plane
        covered = np.isfinite(grey)
        level = np.clip((np.nan_to_num(grey) - WINDOW_LOW_HU) / (WINDOW_HIGH_HU - WINDOW_LOW_HU), 0, 1)
        rgb = np.repeat((level * 255)[..., None], 3, axis=2)
        rgb[~covered] = BACKGROUND
        self.image = Image.fromarray(rgb.astype(np.uint8))
        self.draw = ImageDraw.Draw(self.image)
        self.font = ImageFont.load_default(size=15)

    def line(
        self, start: Float[np.ndarray, "3"], end: Float[np.ndarray, "3"], colour: Colour, width_px: int = 2
    ) -> None:
        """A straight line between two points."""
        self.draw.line([self.plane.pixel(start), self.plane.pixel(end)], fill=colour, width=width_px)

    def tube(
        self, start: Float[np.ndarray, "3"], end: Float[np.ndarray, "3"], diameter_mm: float, colour: Colour
    ) -> None:
        """A needle at its true thickness, with its axis."""
        self.line(start, end, colour, max(2, round(diameter_mm / PIXEL_MM)))
        self.line(start, end, (255, 255, 255), 1)

    def dot(self, point: Float[np.ndarray, "3"], colour: Colour, radius_px: int = 4) -> None:
        """A filled dot."""
        column, row = self.plane.pixel(point)
        self.draw.ellipse([column - radius_px, row - radius_px, column + radius_px, row + radius_px], fill=colour)

    def text(
        self, point: Float[np.ndarray, "3"], words: str, colour: Colour, shift_px: tuple[int, int] = (7, -8)
    ) -> None:
        """Words beside a point, outlined so that they read on bone."""
        column, row = self.plane.pixel(point)
        self.draw.text(
            (column + shift_px[0], row + shift_px[1]),
            words,
            fill=colour,
            font=self.font,
            stroke_width=2,
            stroke_fill=(0, 0, 0),
        )

    def corner(self, words: str, *, right: bool = False, bottom: bool = False) -> None:
        """Words in a corner of the picture."""
        width = self.draw.textlength(words, font=self.font)
        place = (self.image.width - width - 8 if right else 8, self.image.height - 24 if bottom else 6)
        self.draw.text(place, words, fill=(235, 235, 235), font=self.font, stroke_width=2, stroke_fill=(0, 0, 0))

    def paint(self, where: Bool[np.ndarray, "v u"], colour: Colour) -> None:
        """Tint the pixels of a mask."""
        pixels = np.asarray(self.image, float).copy()
        pixels[where] = (1 - SHADE) * pixels[where] + SHADE * np.array(colour)
        self.image.paste(Image.fromarray(pixels.astype(np.uint8)))

    def scale_bar(self, length_mm: int = 10) -> None:
        """A bar of known length at the lower left."""
        row, column = self.image.height - 14, 10
        self.draw.line([(column, row), (column + length_mm / PIXEL_MM, row)], fill=(255, 255, 255), width=3)
        self.draw.text(
            (column, row - 20),
            f"{length_mm} mm",
            fill=(255, 255, 255),
            font=self.font,
            stroke_width=2,
            stroke_fill=(0, 0, 0),
        )

    def png(self) -> bytes:
        """The picture as PNG bytes, the same for the same content."""
        stream = io.BytesIO()
        self.image.save(stream, "PNG", optimize=True)
        return stream.getvalue()


def cut_slice(ct: CtVolume, plane: Plane) -> Slice:
    """The CT on a plane, in a bone window; what the CT does not reach stays dark."""
    return Slice(plane, ct.sample(plane.points()))


def data_uri(picture: bytes) -> str:
    """A PNG or WebP as an address that a self-contained page can hold."""
    kind = "webp" if picture[:4] == b"RIFF" else "png"
    return f"data:image/{kind};base64," + base64.b64encode(picture).decode()
