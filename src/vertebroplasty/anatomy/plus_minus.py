"""The ± of every size: the label's half voxel at the edges it rests on, plus what the method itself leaves.

The shares and floors were set on synthetic spines with known answers, so that the ± covers the truth in at least
95 of 100 random ones; how the label was drawn on a real patient is not part of it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.endplates import SixPoints
from vertebroplasty.anatomy.pedicle_sections import across
from vertebroplasty.anatomy.sizes import Sizes
from vertebroplasty.anatomy.uncertainty import edge_error_mm, voxel_along
from vertebroplasty.anatomy.vertebra import Pedicle
from vertebroplasty.geometry.frame import Affine

__all__ = ["PlusMinus", "pedicle_plus_minus", "plates_error_mm", "plus_minus"]

PLATE_PATCH_MM = 12.0  # [choice] width of plate that one of the six points rests on
WALL_PATCH_MM = 12.0  # [choice] likewise of a wall
PEDICLE_PATCH_MM = 4.0  # [choice] likewise of a pedicle's side
CORNER = (0.4, 1.75)  # [choice] floor in mm and share of the plates' error, anterior and posterior height
MIDDLE = (0.4, 0.8)  # [choice] likewise, middle height
WEDGE = (0.7, 3.2)  # [choice] floor in degrees and degrees per mm of the plates' error
DEPTH = (0.4, 0.6)  # [choice] floor in mm and share of the walls' error
WIDTH = (0.6, 0.9)  # [choice] likewise of the sides' error
VOLUME_PERCENT = 1.5  # [choice] floor of the body's volume
AP = (0.4, 0.95)  # [choice] floor in mm and share of the walls' error, canal front to back
AREA_PERCENT = 3.0  # [choice] floor of the canal's area
CANAL_WIDTH = (0.8, 1.0)  # [choice] floor in mm and share of the sides' error
PEDICLE_WIDTH = (0.35, 0.6)  # [choice] likewise, pedicle's width
PEDICLE_HEIGHT = (0.4, 1.3)  # [choice] likewise, pedicle's height
COARSE_ABOVE_MM = 1.2  # [choice] voxels longer than this blur a pedicle's cortex and raise a fragment's summit
COARSE_PEDICLE = 0.8  # [choice] mm of width per mm of voxel above that
COARSE_AP = 0.5  # [choice] mm of canal per mm of voxel above that
LENGTH_MM = 3.0  # [choice] where a pedicle ends in the arch is a matter of definition
RETROPULSION = (0.5, 1.5)  # [choice] floor in mm and share of the walls' error, own and neighbours'


@dataclass(frozen=True, slots=True, kw_only=True)
class PlusMinus:
    """± of one level's sizes, in the unit of each size."""

    corner_mm: float
    middle_mm: float
    wedge_deg: float
    depth_mm: float
    width_mm: float
    volume_ml: float
    ap_mm: float
    area_mm2: float
    canal_width_mm: float
    retropulsion_mm: float


def _sum(rule: tuple[float, float], error_mm: float) -> float:
    return rule[0] + rule[1] * error_mm


def _coarseness_mm(affine: Affine, direction_lps: Float[np.ndarray, "3"]) -> float:
    """How much longer a voxel is along a direction than what shows a cortex well."""
    return max(float(voxel_along(affine, direction_lps)) - COARSE_ABOVE_MM, 0.0)


def plates_error_mm(sizes: Sizes, points: SixPoints) -> float:
    """Error of a height from both endplates' label, mm."""
    frame, affine = sizes.vertebra.frame, sizes.vertebra.distance_affine
    square = 0.0
    for tilt in (points.upper_tilt_rad, points.lower_tilt_rad):
        normal = frame.direction_to_world(np.array([0.0, -np.sin(tilt), np.cos(tilt)]))
        square += edge_error_mm(affine, normal, PLATE_PATCH_MM) ** 2
    return float(np.sqrt(square))


def plus_minus(sizes: Sizes, points: SixPoints) -> PlusMinus:
    """± of the sizes that rest on the given six points and on the walls, sides and canal of a level."""
    frame, affine = sizes.vertebra.frame, sizes.vertebra.distance_affine
    plates = plates_error_mm(sizes, points)
    wall = edge_error_mm(affine, frame.anterior, WALL_PATCH_MM)
    side = edge_error_mm(affine, frame.right, WALL_PATCH_MM)
    ahead = _coarseness_mm(affine, frame.anterior)
    height = float(np.mean(points.heights_mm))
    area = sizes.canal.area_mm2 if sizes.canal is not None and sizes.canal.area_mm2 is not None else 0.0
    # A shift of the outline by an error e changes an area by 2·e·√(π·area), that of a circle.
    outline = 2.0 * np.sqrt(np.pi * area) * np.hypot(wall, side)
    return PlusMinus(
        corner_mm=_sum(CORNER, plates),
        middle_mm=_sum(MIDDLE, plates),
        wedge_deg=_sum(WEDGE, plates),
        depth_mm=_sum(DEPTH, wall),
        width_mm=_sum(WIDTH, side),
        volume_ml=sizes.volume_ml * (VOLUME_PERCENT / 100.0 + MIDDLE[1] * plates / height),
        ap_mm=_sum(AP, wall) + COARSE_AP * ahead,
        area_mm2=float(AREA_PERCENT / 100.0 * area + outline),
        canal_width_mm=_sum(CANAL_WIDTH, side),
        retropulsion_mm=_sum(RETROPULSION, wall) + COARSE_AP * ahead,
    )


def pedicle_plus_minus(sizes: Sizes, pedicle: Pedicle) -> tuple[float, float, float]:
    """± of a pedicle's width, height and length, mm."""
    frame, affine = sizes.vertebra.frame, sizes.vertebra.distance_affine
    ways = [frame.direction_to_world(way) for way in across(pedicle.axis)]
    sideways, upwards = (edge_error_mm(affine, way, PEDICLE_PATCH_MM) for way in ways)
    blur = COARSE_PEDICLE * _coarseness_mm(affine, ways[0])
    return _sum(PEDICLE_WIDTH, sideways) + blur, _sum(PEDICLE_HEIGHT, upwards), LENGTH_MM
