"""What is true of one synthetic level: every answer follows from its shape, not from its voxels."""

from dataclasses import dataclass
from math import gamma

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.levels import Subregion
from vertebroplasty.anatomy.measurement import Spot
from vertebroplasty.geometry.frame import Frame
from vertebroplasty.phantom.implicit import coarse
from vertebroplasty.phantom.poses import Pose
from vertebroplasty.phantom.records import breach_point, level_records, trunk_record
from vertebroplasty.phantom.shape import (
    EXPONENT,
    MIDDLE_THIRD,
    SIDES,
    WAIST,
    WIDEST,
    LevelShape,
)

__all__ = ["PedicleTruth", "Truth", "body_volume_mm3", "truth_of"]

VOLUME_STEP_MM = 0.05  # [choice] midpoint rule over the outline; the error is far below 0.1 %
OVERHANG_STEP_MM = 0.25  # [choice] counting the pedicle ends beside the body, below 1 % of the body
OVERHANG_HEIGHT = 0.8  # [choice] searched above and below the isthmus, in pedicle heights; a flare ends at 0.6
QUARTER = 0.25  # [exact] quarter lines lie half way between midline and edge
WALL_SHARE = 0.42  # [choice] share of the height, up and down, over which the wall is compared with its neighbours
WALL_PERCENTILE = 90.0  # [choice] retropulsion is this percentile, as single points are not dependable
MM3_PER_ML = 1000.0  # [exact] unit


@dataclass(frozen=True, eq=False, kw_only=True)
class PedicleTruth:
    """One pedicle: outer width and height of the isthmus in mm, its centre and the axis towards the body, LPS."""

    width_mm: float
    height_mm: float
    axis_lps: Float[np.ndarray, "3"]
    isthmus_lps_mm: Float[np.ndarray, "3"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Truth:
    """All known answers for one level, under the names of the measurements.

    `points_lps_mm` holds the six points (upper-anterior, upper-middle, … lower-posterior).  The canal's AP and area
    without a suffix are those of the unnarrowed canal, `…_min_…` those at the fragment's summit; its width is that
    between the pedicles' narrowest sections.  Compromise and retropulsion are None without their neighbours.
    """

    level: str
    frame: Frame
    points_lps_mm: dict[str, Float[np.ndarray, "3"]]
    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    quarter_middle_mm: float
    wedge_angle_deg: float
    body_depth_mm: float
    body_width_mm: float
    body_volume_ml: float
    trabecular_hu: float
    cortex_mm: float
    pedicles: dict[str, PedicleTruth]
    canal_ap_mm: float
    canal_ap_min_mm: float
    canal_width_mm: float
    canal_area_mm2: float
    canal_area_min_mm2: float
    compromise_percent: float | None
    area_compromise_percent: float | None
    reference_levels: tuple[str, ...]
    bulge_mm: float
    retropulsion_mm: float | None
    basivertebral_mm: float
    cleft: Spot | None
    lytic_hole: Spot | None
    breaches: tuple[Spot, ...]


def body_volume_mm3(shape: LevelShape) -> float:
    """Volume of the vertebral body in front of its posterior wall, and of the fragment behind it, pedicles aside.

    The columns from plate to plate are summed over the outline, less what the waist takes from each: inside is where
    rim · edge · (1 − WAIST (1 − ζ²)) >= x, that is everywhere beyond a height ζ, as a share of the half height.
    """
    x = np.arange(0.5 * VOLUME_STEP_MM, shape.rim_half_width_mm, VOLUME_STEP_MM)
    n_y = int(np.ceil(shape.depth_mm / VOLUME_STEP_MM))
    y = ((np.arange(n_y) + 0.5) / n_y - 0.5)[:, None] * shape.depth_mm
    upper, lower = shape.plates_mm(x, y)
    needed = x / shape.edge_mm(y, shape.half_height_mm)
    waisted = np.sqrt(np.clip(1.0 - (1.0 - needed) / WAIST, 0.0, 1.0)) * shape.half_height_mm
    missing = np.maximum(0.0, np.minimum(upper, waisted) - np.maximum(lower, -waisted))
    length = np.where(needed <= 1.0, np.maximum(0.0, upper - lower) - missing, 0.0)
    fragment = shape.bulge_mm * (4.0 / 3.0 * shape.bulge_half_width_mm) * (4.0 / 3.0 * shape.bulge_half_height_mm)
    return 2.0 * float(length.sum()) * VOLUME_STEP_MM * shape.depth_mm / n_y + fragment


def _overhang_mm3(shape: LevelShape) -> float:
    """Bone in front of the wall plane that the body itself does not hold: the front ends of the pedicles."""
    alone = Pose(np.zeros(3), np.eye(3))
    level, air = level_records((shape,), [alone]), trunk_record(None, (shape,), [alone])
    step, wide = OVERHANG_STEP_MM, shape.rim_half_width_mm
    reach = OVERHANG_HEIGHT * max(shape.pedicle(side).height_mm for side in SIDES)
    middle = 0.5 * float(shape.isthmus_mm("left")[2] + shape.isthmus_mm("right")[2])
    low, high = (0.4 * wide, shape.wall_mm, middle - reach), (1.3 * wide, 0.0, middle + reach)
    x, y, z = (np.arange(start + 0.5 * step, end, step) for start, end in zip(low, high, strict=True))
    beside = x > shape.edge_mm(y[:, None], z[:, None, None])
    upper, lower = shape.plates_mm(x, y[:, None])
    outside = beside | (z[:, None, None] > upper) | (z[:, None, None] < lower)
    total = 0
    for sign in (-1.0, 1.0):
        matrix = np.column_stack([np.diag([sign * step, step, step]), [sign * x[0], y[0], z[0]]])
        hu, which, part = (np.empty(outside.shape, kind) for kind in (np.float32, np.uint8, np.uint8))
        coarse(level, air, matrix, hu, which, part)
        total += int(np.count_nonzero((part == Subregion.CORPUS) & outside))
    return total * step**3


def _canal_area_mm2(shape: LevelShape) -> float:
    """Area of the half superellipse behind the wall."""
    quarter = gamma(1.0 + 1.0 / EXPONENT) ** 2 / gamma(1.0 + 2.0 / EXPONENT)
    return shape.canal_width_mm * shape.canal_ap_mm * quarter


def _between_pedicles_mm(shape: LevelShape) -> float:
    """Distance between the medial points of the two pedicles' narrowest sections."""
    free = 0.0
    for side in SIDES:
        pedicle = shape.pedicle(side)
        across = 0.5 * pedicle.width_mm * np.cos(np.radians(pedicle.convergence_deg))
        free += abs(float(shape.isthmus_mm(side)[0])) - across
    return free


def _references(name: str, levels: dict[str, LevelShape]) -> tuple[str, ...]:
    """The nearest unretropulsed levels above and below."""
    names = list(levels)
    place = names.index(name)
    above = [known for known in reversed(names[:place]) if levels[known].bulge is None]
    below = [known for known in names[place + 1 :] if levels[known].bulge is None]
    return tuple(above[:1] + below[:1])


def _retropulsion_mm(name: str, levels: dict[str, LevelShape], poses: list[Pose]) -> float | None:
    """How far the mid-sagittal wall stands behind the chord between the neighbours' walls; None at the ends."""
    names = list(levels)
    place = names.index(name)
    if not 0 < place < len(names) - 1:
        return None
    upper, shape, lower = (levels[names[place + step]] for step in (-1, 0, 1))
    start = poses[place - 1].origin + np.array([0.0, upper.wall_mm, upper.lower_mm[2]]) @ poses[place - 1].axes
    end = poses[place + 1].origin + np.array([0.0, lower.wall_mm, lower.upper_mm[2]]) @ poses[place + 1].axes
    own = poses[place]
    start, end = (start - own.origin) @ own.axes.T, (end - own.origin) @ own.axes.T
    middle = 0.5 * (shape.upper_mm[2] + shape.lower_mm[2])
    z = middle + np.linspace(-WALL_SHARE, WALL_SHARE, 201) * shape.posterior_mm
    wall = shape.wall_mm - np.array([shape.wall_bulge_mm(0.0, float(height)) for height in z])
    slope = (end[1] - start[1]) / (end[2] - start[2])
    behind = (start[1] + slope * (z - start[2]) - wall) / np.hypot(1.0, slope)
    return float(np.percentile(behind, WALL_PERCENTILE))


def _spots(shape: LevelShape, frame: Frame) -> tuple[Spot | None, Spot | None, tuple[Spot, ...]]:
    """The cleft, the lytic hole and the holes in the shell."""
    cleft, hole, breaches = None, None, []
    if shape.cleft is not None:
        cleft = Spot(
            centre_lps_mm=frame.to_world(np.array(shape.cleft.centre_mm)),
            volume_ml=4.0 / 3.0 * np.pi * float(np.prod(shape.cleft.half_axes_mm)) / MM3_PER_ML,
            content=shape.cleft.content,
        )
    if shape.lytic_hole is not None:
        hole = Spot(
            centre_lps_mm=frame.to_world(np.array(shape.lytic_hole.centre_mm)),
            volume_ml=4.0 / 3.0 * np.pi * shape.lytic_hole.radius_mm**3 / MM3_PER_ML,
        )
    for breach in shape.breaches:
        toward = "paravertebral" if breach.toward in (*SIDES, "front") else breach.toward
        centre = frame.to_world(breach_point(shape, breach)[0])
        breaches.append(Spot(centre_lps_mm=centre, area_mm2=np.pi * breach.diameter_mm**2 / 4.0, toward=toward))
    return cleft, hole, tuple(breaches)


def _points(shape: LevelShape, frame: Frame) -> dict[str, Float[np.ndarray, "3"]]:
    """The six points, LPS mm."""
    found = {}
    depths = dict(zip(("anterior", "middle", "posterior"), (-shape.wall_mm, 0.0, shape.wall_mm), strict=True))
    for plate, heights in (("upper", shape.upper_mm), ("lower", shape.lower_mm)):
        for (where, depth), height in zip(depths.items(), heights, strict=True):
            found[f"{plate}-{where}"] = frame.to_world(np.array([0.0, depth, height]))
    return found


def truth_of(name: str, levels: dict[str, LevelShape], frames: dict[str, Frame], poses: list[Pose]) -> Truth:
    """All known answers for one level of a spine."""
    shape, frame = levels[name], frames[name]
    (up_front, _, up_back), (low_front, _, low_back) = shape.upper_mm, shape.lower_mm
    wedge = np.arctan2(up_back - up_front, shape.depth_mm) + np.arctan2(low_front - low_back, shape.depth_mm)
    references = _references(name, levels)
    area, ap_min = _canal_area_mm2(shape), shape.canal_ap_mm - shape.bulge_mm
    area_min = area - 4.0 / 3.0 * shape.bulge_mm * shape.bulge_half_width_mm
    ap_loss, area_loss = None, None
    if references:
        ap_loss = 100.0 * (1.0 - ap_min / float(np.mean([levels[known].canal_ap_mm for known in references])))
        area_loss = 100.0 * (1.0 - area_min / float(np.mean([_canal_area_mm2(levels[known]) for known in references])))
    cleft, hole, breaches = _spots(shape, frame)
    upper, lower = shape.plates_mm(QUARTER * shape.width_mm, 0.0)
    widest = shape.edge_mm((WIDEST - 0.5) * shape.depth_mm, MIDDLE_THIRD * shape.half_height_mm)
    return Truth(
        level=name,
        frame=frame,
        points_lps_mm=_points(shape, frame),
        anterior_mm=shape.anterior_mm,
        middle_mm=shape.middle_mm,
        posterior_mm=shape.posterior_mm,
        quarter_middle_mm=float(upper - lower),
        wedge_angle_deg=float(np.degrees(wedge)),
        body_depth_mm=shape.depth_mm,
        body_width_mm=2.0 * float(widest),
        body_volume_ml=(body_volume_mm3(shape) + _overhang_mm3(shape)) / MM3_PER_ML,
        trabecular_hu=shape.trabecular_hu,
        cortex_mm=shape.cortex_mm,
        pedicles={side: _pedicle(shape, frame, side) for side in SIDES},
        canal_ap_mm=shape.canal_ap_mm,
        canal_ap_min_mm=ap_min,
        canal_width_mm=_between_pedicles_mm(shape),
        canal_area_mm2=area,
        canal_area_min_mm2=area_min,
        compromise_percent=ap_loss,
        area_compromise_percent=area_loss,
        reference_levels=references,
        bulge_mm=shape.bulge_mm,
        retropulsion_mm=_retropulsion_mm(name, levels, poses),
        basivertebral_mm=shape.basivertebral_mm,
        cleft=cleft,
        lytic_hole=hole,
        breaches=breaches,
    )


def _pedicle(shape: LevelShape, frame: Frame, side: str) -> PedicleTruth:
    """One pedicle's answers."""
    return PedicleTruth(
        width_mm=shape.pedicle(side).width_mm,
        height_mm=shape.pedicle(side).height_mm,
        axis_lps=frame.direction_to_world(shape.pedicle(side).axis(side)),
        isthmus_lps_mm=frame.to_world(shape.isthmus_mm(side)),
    )
