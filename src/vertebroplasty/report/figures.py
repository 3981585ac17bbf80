"""The report's pictures: all labels in one sagittal view, the measured body, the needle and the cement on slices."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level, Spine
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.frame import Points, unit
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.report.slices import Colour, Plane, Slice, cut_slice

__all__ = ["cement_axial", "cement_sagittal", "labelled_body", "needle_axial", "needle_sagittal", "sagittal_overview"]

TREATED: Colour = (255, 196, 0)  # [choice] colour
OTHERS: tuple[Colour, Colour] = ((70, 150, 230), (90, 200, 160))  # [choice] colours
NEEDLE: Colour = (0, 210, 255)  # [choice] colour
CEMENT: Colour = (235, 60, 160)  # [choice] colour
MEASURE: Colour = (120, 255, 120)  # [choice] colour
MARGIN_MM = 12.0  # [choice] around what a picture shows
CLOSE_UP_MM = 78.0  # [choice] a vertebra with its processes
OVERVIEW_WIDTH_MM = 105.0  # [choice] a body with its spinous process and some tissue around
OVERVIEW_HEIGHT_MM = 42.0  # [choice] the outermost bodies, centre to edge
LONGEST_OVERVIEW_MM = 450.0  # [choice] a lumbar and thoracic spine
FILLED = 0.02  # [choice] cement fraction from which a voxel is tinted


def sagittal_overview(level: Level, vertebra: Vertebra) -> Slice:
    """All labelled levels on one mid-sagittal slice, the treated one in yellow, each with its name."""
    spine = level.spine
    centres = _centroids(spine)
    frame = vertebra.frame
    heights = [float((centre - frame.origin_lps_mm) @ frame.superior) for centre in centres.values()]
    depths = [float((centre - frame.origin_lps_mm) @ frame.anterior) for centre in centres.values()]
    plane = Plane(
        centre_lps_mm=frame.origin_lps_mm
        + (max(heights) + min(heights)) / 2 * frame.superior
        + (max(depths) + min(depths)) / 2 * frame.anterior,
        right_lps=-frame.anterior,
        up_lps=frame.superior,
        width_mm=max(depths) - min(depths) + OVERVIEW_WIDTH_MM,
        height_mm=min(max(heights) - min(heights) + OVERVIEW_HEIGHT_MM, LONGEST_OVERVIEW_MM),
    )
    picture = cut_slice(level.ct, plane)
    labels = _nearest(spine.labels, spine.affine.to_index(plane.points()))
    for order, name in enumerate(spine):
        colour = TREATED if name == level.name else OTHERS[order % 2]
        value = spine[name].value
        inside = labels == value
        picture.paint(inside & ~ndimage.binary_erosion(inside, iterations=3), colour)
        picture.text(centres[name] - _off(centres[name], frame.origin_lps_mm, frame.right), name, colour, (-10, -10))
    picture.corner("anterior")
    picture.corner("posterior", right=True)
    picture.scale_bar(20)
    return picture


def labelled_body(level: Level, vertebra: Vertebra, points_lps_mm: Mapping[str, Points] | None) -> Slice:
    """The mid-sagittal slice with the six measured points and the three heights between them."""
    frame = vertebra.frame
    picture = cut_slice(
        level.ct, _close_up(frame.origin_lps_mm - 12.0 * frame.anterior, -frame.anterior, frame.superior)
    )
    for where in ("anterior", "middle", "posterior"):
        if points_lps_mm is None:
            break
        upper, lower = points_lps_mm[f"{where}-upper"], points_lps_mm[f"{where}-lower"]
        picture.line(upper, lower, MEASURE)
        picture.dot(upper, MEASURE)
        picture.dot(lower, MEASURE)
        length = float(np.linalg.norm(upper - lower))
        picture.text((upper + lower) / 2, f"{length:.1f}", MEASURE, (5, -8))
    picture.corner(f"{level.name} mid-sagittal, anterior left")
    picture.scale_bar()
    return picture


def needle_axial(level: Level, vertebra: Vertebra, path: NeedlePath) -> Slice:
    """The oblique axial slice that holds the needle, seen from below: the patient's right is on the left."""
    frame = vertebra.frame
    up = unit(path.direction_lps - (path.direction_lps @ frame.right) * frame.right)
    centre = path.tip_lps_mm - 18.0 * up
    centre = centre - ((centre - frame.origin_lps_mm) @ frame.right) * frame.right
    picture = cut_slice(level.ct, _close_up(centre, -frame.right, up))
    _draw_needle(picture, path)
    picture.corner("R")
    picture.corner("L", right=True)
    picture.corner("along the needle, axial", right=True, bottom=True)
    picture.scale_bar()
    return picture


def needle_sagittal(level: Level, vertebra: Vertebra, path: NeedlePath) -> Slice:
    """The oblique sagittal slice that holds the needle, anterior left."""
    frame = vertebra.frame
    across = unit(path.direction_lps - (path.direction_lps @ frame.superior) * frame.superior)
    centre = (path.tip_lps_mm + path.entry_lps_mm) / 2
    picture = cut_slice(level.ct, _close_up(centre, -across, frame.superior))
    _draw_needle(picture, path)
    picture.corner("anterior")
    picture.corner("posterior", right=True)
    picture.corner("along the needle, sagittal", right=True, bottom=True)
    picture.scale_bar()
    return picture


def cement_sagittal(
    level: Level, grid: VertebraGrid, fill: Float[np.ndarray, "k j i"], path: NeedlePath | None
) -> Slice:
    """The sagittal slice through the middle of the cement, cement in magenta, anterior left."""
    frame = grid.frame
    centre = _cement_centre(grid, fill)
    picture = cut_slice(level.ct, _close_up(centre - 12.0 * frame.anterior, -frame.anterior, frame.superior))
    return _with_cement(picture, grid, fill, path, ("anterior", "posterior"), "cement, sagittal")


def cement_axial(level: Level, grid: VertebraGrid, fill: Float[np.ndarray, "k j i"], path: NeedlePath | None) -> Slice:
    """The axial slice through the middle of the cement, seen from below: the patient's right is on the left."""
    frame = grid.frame
    centre = _cement_centre(grid, fill)
    picture = cut_slice(level.ct, _close_up(centre - 12.0 * frame.anterior, -frame.right, frame.anterior))
    return _with_cement(picture, grid, fill, path, ("R", "L"), "cement, axial")


def _with_cement(
    picture: Slice,
    grid: VertebraGrid,
    fill: Float[np.ndarray, "k j i"],
    path: NeedlePath | None,
    corners: tuple[str, str],
    words: str,
) -> Slice:
    picture.paint(_filled(picture.plane.points(), grid, fill), CEMENT)
    if path is not None:
        picture.line(path.entry_lps_mm, path.tip_lps_mm, NEEDLE)
    picture.corner(corners[0])
    picture.corner(corners[1], right=True)
    picture.corner(words, right=True, bottom=True)
    picture.scale_bar()
    return picture


def _close_up(
    centre_lps_mm: Float[np.ndarray, "3"], right_lps: Float[np.ndarray, "3"], up_lps: Float[np.ndarray, "3"]
) -> Plane:
    return Plane(
        centre_lps_mm=centre_lps_mm,
        right_lps=right_lps,
        up_lps=up_lps,
        width_mm=CLOSE_UP_MM + 2 * MARGIN_MM,
        height_mm=CLOSE_UP_MM,
    )


def _draw_needle(picture: Slice, path: NeedlePath) -> None:
    """The needle from 40 mm outside the bone to its tip, at its true thickness."""
    picture.tube(path.entry_lps_mm - 40.0 * path.direction_lps, path.tip_lps_mm, path.gauge.outer_mm, NEEDLE)
    picture.dot(path.entry_lps_mm, (255, 255, 255))
    picture.dot(path.tip_lps_mm, (255, 90, 60))


def _filled(points: Points, grid: VertebraGrid, fill: Float[np.ndarray, "k j i"]) -> Bool[np.ndarray, "v u"]:
    index = np.moveaxis(grid.affine.to_index(points)[..., ::-1], -1, 0)
    return np.asarray(ndimage.map_coordinates(fill, index, order=1, cval=0.0) > FILLED)


def _cement_centre(grid: VertebraGrid, fill: Float[np.ndarray, "k j i"]) -> Float[np.ndarray, "3"]:
    if not np.any(fill > FILLED):
        return np.asarray(grid.frame.origin_lps_mm)
    k, j, i = ndimage.center_of_mass(fill)
    return np.asarray(grid.affine.to_world(np.array([i, j, k])))


def _centroids(spine: Spine) -> dict[str, Float[np.ndarray, "3"]]:
    """The middle of every level's label, LPS mm, each from its own box: a whole scan holds far more than its levels."""
    boxes = ndimage.find_objects(spine.labels)
    centres = {}
    for name in spine:
        value = spine[name].value
        box = boxes[value - 1]
        k, j, i = ndimage.center_of_mass(spine.labels[box] == value)
        start = np.array([part.start for part in box[::-1]])
        centres[name] = np.asarray(spine.affine.to_world(start + np.array([i, j, k])))
    return centres


def _off(point: Float[np.ndarray, "3"], origin: Float[np.ndarray, "3"], axis: Float[np.ndarray, "3"]) -> Points:
    return np.asarray(((point - origin) @ axis) * axis)


def _nearest(labels: np.ndarray, index_ijk: Points) -> np.ndarray:
    return np.asarray(
        ndimage.map_coordinates(labels, np.moveaxis(index_ijk[..., ::-1], -1, 0), order=0, cval=0, prefilter=False)
    )
