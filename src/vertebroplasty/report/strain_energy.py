"""Where a loaded vertebra stores energy, before and after cement: mid-sagittal and mid-coronal slices side by side."""

import io

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw
from scipy import ndimage

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.geometry.frame import Points
from vertebroplasty.report.slices import BACKGROUND, Plane, Slice, cut_slice
from vertebroplasty.strength.load_map import LoadMap

__all__ = ["strain_energy_picture", "strain_energy_slice"]

WIDE_MM, TALL_MM = 66.0, 54.0  # [choice] a lumbar body with some tissue around
HEAT = ((24, 12, 60), (122, 28, 109), (212, 72, 66), (251, 165, 10), (252, 250, 164))  # [choice] dark to bright
BRIGHT_AT = 98.0  # [choice] percentile of the untreated body that is drawn brightest: few voxels may not dim the rest
OPACITY = 0.8  # [choice] of the colours over the CT
KPA_PER_MPA = 1000.0  # [exact] kPa in a MPa
BAR_PX, BAR_ROOM_PX, GAP_PX = 16, 116, 6  # [choice] colour bar, its column, and gaps between panels
LEAST_SCALE = 1e-12  # [exact] MPa: keeps an unloaded picture dark without dividing by nothing


def strain_energy_picture(ct: CtVolume, grid: VertebraGrid, before: LoadMap, after: LoadMap | None) -> bytes:
    """A PNG: sagittal above, coronal below; before on the left, with cement on the right, on one scale of colours.

    Energy per volume is in kPa (mJ per cm³), at the force of the maps; the 5 % of the body loaded most are outlined.
    """
    scale = _scale(before, grid)
    rows = [
        [
            strain_energy_slice(ct, grid, each, scale, view=view, title=title)
            for each, title in ((before, "before"), (after, "with cement"))
            if each is not None
        ]
        for view in ("sagittal", "coronal")
    ]
    wide, tall = rows[0][0].image.size
    width = len(rows[0]) * (wide + GAP_PX) + BAR_ROOM_PX
    sheet = Image.new("RGB", (width, len(rows) * (tall + GAP_PX) - GAP_PX), BACKGROUND)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            sheet.paste(picture.image, (column * (wide + GAP_PX), row * (tall + GAP_PX)))
    _colour_bar(sheet, rows[0][0], width - BAR_ROOM_PX, scale, before.force_n)
    stream = io.BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def strain_energy_slice(
    ct: CtVolume, grid: VertebraGrid, loads: LoadMap, scale_mpa: float, *, view: str, title: str
) -> Slice:
    """One slice through the body's centre, `view` sagittal (anterior left) or coronal (the patient's right left)."""
    frame = grid.frame
    right = -frame.anterior if view == "sagittal" else -frame.right
    plane = Plane(
        centre_lps_mm=frame.origin_lps_mm, right_lps=right, up_lps=frame.superior, width_mm=WIDE_MM, height_mm=TALL_MM
    )
    picture, points = cut_slice(ct, plane), plane.points()
    energy = _on(grid, loads.strain_energy_mpa, points)
    inside = _on(grid, grid.body().astype(np.float32), points) > 0.5
    most = _on(grid, loads.most_loaded.astype(np.float32), points) > 0.5
    pixels = np.asarray(picture.image, float).copy()
    pixels[inside] = (1 - OPACITY) * pixels[inside] + OPACITY * _colours(energy[inside] / scale_mpa)
    pixels[_rim(most & inside)] = 255.0
    picture.image.paste(Image.fromarray(pixels.astype(np.uint8)))
    left_word, right_word = ("anterior", "posterior") if view == "sagittal" else ("R", "L")
    picture.corner(left_word)
    picture.corner(right_word, right=True)
    picture.corner(f"{view}, {title}", right=True, bottom=True)
    picture.scale_bar()
    return picture


def _scale(loads: LoadMap, grid: VertebraGrid) -> float:
    """The energy that is drawn brightest, MPa."""
    inside = loads.strain_energy_mpa[grid.body() & (loads.strain_energy_mpa > 0)]
    return max(float(np.percentile(inside, BRIGHT_AT)) if inside.size else 0.0, LEAST_SCALE)


def _on(grid: VertebraGrid, field: Float[np.ndarray, "k j i"], points: Points) -> Float[np.ndarray, "v u"]:
    """A field of the grid at points of a picture, read between voxels, 0 beyond the grid."""
    index = grid.affine.to_index(points)
    place = np.ascontiguousarray(index[..., ::-1].transpose(2, 0, 1))
    return np.asarray(ndimage.map_coordinates(np.asarray(field, np.float64), place, order=1, mode="constant"))


def _rim(mask: Bool[np.ndarray, "v u"]) -> Bool[np.ndarray, "v u"]:
    """Outline of a region, one pixel wide."""
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


def _colours(share: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n 3"]:
    """Colours from dark to bright for shares of the scale."""
    anchors = np.array(HEAT, float)
    place = np.clip(share, 0.0, 1.0) * (len(anchors) - 1)
    steps = np.arange(len(anchors))
    return np.stack([np.interp(place, steps, anchors[:, channel]) for channel in range(3)], axis=-1)


def _colour_bar(sheet: Image.Image, like: Slice, left: int, scale_mpa: float, force_n: float) -> None:
    """A bar of colours with its ends named, and the force, at the right edge."""
    top, bottom = 46, like.image.height - 30
    ramp: UInt8[np.ndarray, "n 1 3"] = _colours(np.linspace(1, 0, bottom - top))[:, None].astype(np.uint8)
    sheet.paste(Image.fromarray(np.repeat(ramp, BAR_PX, axis=1)), (left + 4, top))
    draw = ImageDraw.Draw(sheet)
    words = ((top - 40, "kPa at"), (top - 22, f"{force_n:.0f} N"))
    for height, text in words:
        draw.text((left + 4, height), text, fill=(235, 235, 235), font=like.font)
    for height, value in ((top - 4, scale_mpa), ((top + bottom) // 2 - 8, scale_mpa / 2), (bottom - 12, 0.0)):
        draw.text((left + BAR_PX + 10, height), f"{KPA_PER_MPA * value:.2g}", fill=(235, 235, 235), font=like.font)
    draw.text((left + 4, bottom + 10), "white: top 5 %", fill=(235, 235, 235), font=like.font)
