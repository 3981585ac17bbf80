"""Search for the straight path through a pedicle with the most bone around it: thousands of lines, then finer."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import Pedicle, Vertebra
from vertebroplasty.geometry.frame import unit
from vertebroplasty.geometry.gauges import Gauge
from vertebroplasty.needle.corridor import PAST_ENTRY_MM, STEP_MM, TILTS_DEG, bone_field, medial_sign, ray_lengths
from vertebroplasty.needle.dense_matter import meets_dense_matter

__all__ = ["best_line"]

TIP_FROM_FRONT = (0.25, 0.29, 0.33)  # [choice] tips in the anterior third: shares of the depth behind the anterior wall
TIP_HEIGHTS = (-0.2, -0.1, 0.0, 0.1, 0.2)  # [choice] shares of the height from the middle
PAST_MIDLINE_MM = 2.0  # [choice] a tip may cross the midline so far
TIP_STEP_MM = 2.0  # [choice] between tips from side to side
ISTHMUS_STEP_MM = 1.0  # [choice] between points of the isthmus
LATERAL_COST = 0.15  # [choice] clearance one gives up for a tip 1 mm nearer the midline
HEIGHT_COST = 0.03  # [choice] clearance one gives up for a tip 1 mm nearer mid-height
MOST_CONVERGENCE_DEG = (
    25.0  # [choice] a single transpedicular needle converges up to this, or a little past its pedicle
)
PAST_PEDICLE_DEG = 5.0  # [choice] and so much more than the pedicle itself
BACK_MM = 60.0  # [choice] the way from the skin that must be free of bone
ENTRY_SEARCH_MM = 40.0  # [choice] the entry lies at most so far behind the isthmus
REFINED = 20  # [choice] best lines whose clearance is read with rays
FINEST_STEP = 0.125  # [choice] share of the coarse steps at which the search around the best line ends
SHAFT_POINTS = 60  # [choice] points of a shaft in the search, under 1 mm apart
TIGHTEST = 16  # [choice] of them that are read with rays
SEARCH_REACH_MM = 8.0  # [choice] more bone than this around a needle is enough
SEARCH_RAYS = 16  # [choice] directions around the shaft in the search
TRIED = 300  # [choice] best lines whose way through the back is checked


class Lines(NamedTuple):
    """Straight lines through a point of the isthmus to a tip, LPS."""

    through: Float[np.ndarray, "n 3"]
    tips: Float[np.ndarray, "n 3"]


class Line(NamedTuple):
    """The best line: entry and tip, LPS mm, and the least bone around its surface."""

    entry: Float[np.ndarray, "3"]
    tip: Float[np.ndarray, "3"]
    through: Float[np.ndarray, "3"]
    clearance_mm: float
    score: float


def best_line(vertebra: Vertebra, pedicle: Pedicle, gauge: Gauge, *, to_dense: Field | None) -> Line | None:
    """The path through this pedicle with the largest clearance and a tip near the midline; None if no line exists.

    Every line runs from the back through the isthmus to a tip in the anterior third of the body, and keeps clear of
    metal and old cement where the distance to them is given.
    """
    lines = _lines(vertebra, _isthmus_points(pedicle), _tips(vertebra, pedicle))
    lines = _allowed(vertebra, pedicle, lines)
    if not len(lines.tips):
        return None
    roughly, entries = _rough_clearances(bone_field(vertebra), lines, gauge, to_dense)
    score = roughly - _cost(vertebra, lines.tips)
    order = np.argsort(-np.nan_to_num(score, nan=-np.inf), kind="stable")[:TRIED]
    order = order[np.isfinite(score[order])]
    order = order[_free_behind(vertebra, entries[order], lines.tips[order])][:REFINED]
    best = _best_of(vertebra, pedicle, gauge, Lines(lines.through[order], lines.tips[order]), to_dense)
    step = 0.5
    while best is not None and step >= FINEST_STEP:
        better = _best_of(vertebra, pedicle, gauge, _finer(vertebra, pedicle, best, step), to_dense)
        if better is None or better.score <= best.score:
            step /= 2
        else:
            best = better
    return best


def _tips(vertebra: Vertebra, pedicle: Pedicle) -> Float[np.ndarray, "n 3"]:
    """Local tips in the anterior third, from just past the midline to in front of the pedicle."""
    middle = (vertebra.left_mm + vertebra.right_mm) / 2
    centre = (vertebra.upper_mm + vertebra.lower_mm) / 2
    height = vertebra.upper_mm - vertebra.lower_mm
    out = -medial_sign(pedicle.side)
    lateral = max(abs(float(pedicle.isthmus_mm[0]) - middle), TIP_STEP_MM)
    tips = []
    for superior in (centre + share * height for share in TIP_HEIGHTS):
        front = float(vertebra.anterior_wall.anterior_at(superior))
        depth = front - float(vertebra.posterior_wall.anterior_at(superior))
        for share in TIP_FROM_FRONT:
            aside = np.arange(-PAST_MIDLINE_MM, lateral, TIP_STEP_MM)
            tips += [(middle + out * each, front - share * depth, superior) for each in aside]
    return np.array(tips)


def _across(pedicle: Pedicle) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Local unit vectors across a pedicle: to the side and upwards."""
    up = np.array([0.0, 0.0, 1.0])
    up = unit(up - (up @ pedicle.axis) * pedicle.axis)
    return np.cross(pedicle.axis, up), up


def _isthmus_points(pedicle: Pedicle) -> Float[np.ndarray, "n 3"]:
    """Local points of the isthmus section, symmetric about its centre."""
    side, up = _across(pedicle)
    wide, high = (int(np.ceil(size / 2 / ISTHMUS_STEP_MM)) for size in (pedicle.width_mm, pedicle.height_mm))
    a, b = np.meshgrid(np.arange(-wide, wide + 1), np.arange(-high, high + 1))
    return pedicle.isthmus_mm + ISTHMUS_STEP_MM * (a.reshape(-1, 1) * side + b.reshape(-1, 1) * up)


def _lines(vertebra: Vertebra, through: Float[np.ndarray, "n 3"], tips: Float[np.ndarray, "m 3"]) -> Lines:
    """All lines of local points to local tips."""
    to_world = vertebra.frame.to_world
    return Lines(np.repeat(to_world(through), len(tips), axis=0), np.tile(to_world(tips), (len(through), 1)))


def _finer(vertebra: Vertebra, pedicle: Pedicle, line: Line, step: float) -> Lines:
    """Lines around one line, a share of the coarse steps away at the isthmus and at the tip."""
    side, up = _across(pedicle)
    a, b = (each.reshape(-1, 1) for each in np.meshgrid((-step, 0.0, step), (-step, 0.0, step)))
    points = vertebra.frame.to_local(line.through) + ISTHMUS_STEP_MM * (a * side + b * up)
    tips = vertebra.frame.to_local(line.tip) + TIP_STEP_MM * (a * np.array([1.0, 0, 0]) + b * np.array([0, 0, 1.0]))
    return _lines(vertebra, points, tips)


def _best_of(vertebra: Vertebra, pedicle: Pedicle, gauge: Gauge, lines: Lines, to_dense: Field | None) -> Line | None:
    """The line of highest score whose way through the back is free, its clearance read with rays."""
    field = bone_field(vertebra)
    lines = _allowed(vertebra, pedicle, lines)
    if not len(lines.tips):
        return None
    roughly, entries = _rough_clearances(field, lines, gauge, to_dense)
    usable = np.flatnonzero(np.isfinite(roughly))
    usable = usable[_free_behind(vertebra, entries[usable], lines.tips[usable])]
    if not usable.size:
        return None
    through, tips, entries = lines.through[usable], lines.tips[usable], entries[usable]
    clearance = _clearances(vertebra, pedicle.side, entries, tips, gauge)
    score = clearance - _cost(vertebra, tips)
    best = int(np.argmax(score))
    return Line(entries[best], tips[best], through[best], float(clearance[best]), float(score[best]))


def _clearances(
    vertebra: Vertebra,
    side: str,
    entries: Float[np.ndarray, "n 3"],
    tips: Float[np.ndarray, "n 3"],
    gauge: Gauge,
) -> Float[np.ndarray, "n"]:
    """Least bone around each needle's surface by rays, over its way through pedicle and the hind part of the body."""
    field, frame = bone_field(vertebra), vertebra.frame
    places = np.linspace(0.0, 1.0, SHAFT_POINTS)
    turn = 2 * np.pi * np.arange(SEARCH_RAYS) / SEARCH_RAYS
    direction = tips - entries
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    medial = frame.right - (direction @ frame.right)[:, None] * direction
    medial *= medial_sign(side) / np.linalg.norm(medial, axis=1, keepdims=True)
    up = medial_sign(side) * np.cross(medial, direction)
    across = np.cos(turn)[:, None] * medial[:, None] + np.sin(turn)[:, None] * up[:, None]
    tilts = np.radians(TILTS_DEG)
    rays = np.concatenate([np.cos(tilt) * across + np.sin(tilt) * direction[:, None] for tilt in tilts], axis=1)
    first = entries + PAST_ENTRY_MM * direction
    points = first[:, None] + places[:, None] * (tips - first)[:, None]
    # The rough distance knows which points of a shaft are the tightest.
    tight = np.argsort(-field.at(points), axis=1, kind="stable")[:, :TIGHTEST]
    points = np.take_along_axis(points, tight[..., None], axis=1)
    shape = (len(tips), TIGHTEST, rays.shape[1], 3)
    starts = np.broadcast_to(points[:, :, None], shape).reshape(-1, 3)
    length = ray_lengths(field, starts, np.broadcast_to(rays[:, None], shape).reshape(-1, 3), reach_mm=SEARCH_REACH_MM)
    return length.reshape(len(tips), -1).min(axis=1) - gauge.outer_mm / 2


def _cost(vertebra: Vertebra, tips_lps_mm: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n"]:
    """What a tip away from the midline and from mid-height costs, mm of clearance."""
    middle = np.array([vertebra.left_mm + vertebra.right_mm, vertebra.upper_mm + vertebra.lower_mm]) / 2
    away = np.abs(vertebra.frame.to_local(tips_lps_mm)[:, [0, 2]] - middle)
    return np.asarray(away @ np.array([LATERAL_COST, HEIGHT_COST]))


def _allowed(vertebra: Vertebra, pedicle: Pedicle, lines: Lines) -> Lines:
    """Lines through bone at the isthmus that converge no more than allowed."""
    direction = vertebra.frame.direction_to_local(lines.tips - lines.through)
    medial = medial_sign(pedicle.side)
    convergence = np.degrees(np.arctan2(medial * direction[:, 0], direction[:, 1]))
    own = float(np.degrees(np.arctan2(medial * pedicle.axis[0], pedicle.axis[1])))
    keep = (convergence <= max(MOST_CONVERGENCE_DEG, own + PAST_PEDICLE_DEG)) & (
        bone_field(vertebra).at(lines.through) < 0
    )
    return Lines(lines.through[keep], lines.tips[keep])


def _rough_clearances(
    field: Field, lines: Lines, gauge: Gauge, to_dense: Field | None
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n 3"]]:
    """Least bone around each needle from the distance field, and the entries.

    NaN without an entry behind the isthmus, and for needles that meet metal or old cement.

    Half a voxel too small in the middle of a narrow pedicle, but cheap: it chooses the lines worth tracing.
    """
    offset = lines.tips - lines.through
    length = np.linalg.norm(offset, axis=1)
    direction = offset / length[:, None]
    places = np.arange(-ENTRY_SEARCH_MM, float(length.max()) + STEP_MM, STEP_MM)
    points = lines.through[:, None] + np.minimum(places[None, :], length[:, None])[..., None] * direction[:, None]
    distance = field.at(points)
    behind = int(np.searchsorted(places, 0.0))
    free = distance[:, :behind] >= 0
    last = behind - 1 - np.argmax(free[:, ::-1], axis=1)  # the last place outside bone before the isthmus
    rows = np.arange(len(length))
    outside, inside = distance[rows, last], distance[rows, last + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        entry = places[last] + STEP_MM * outside / (outside - inside)
    counted = places[None, :] >= (entry + PAST_ENTRY_MM)[:, None]
    worst = np.where(counted, distance, -np.inf).max(axis=1)
    # An entry beside the isthmus would hide the isthmus in the first millimetres, which do not count.
    through = free.any(axis=1) & (entry <= -PAST_ENTRY_MM)
    clearance = np.where(through, -worst - gauge.outer_mm / 2, np.nan)
    entries = lines.through + entry[:, None] * direction
    clearance[through] = np.where(
        meets_dense_matter(to_dense, entries[through], lines.tips[through], gauge), np.nan, clearance[through]
    )
    return clearance, entries


def _free_behind(
    vertebra: Vertebra, entries: Float[np.ndarray, "n 3"], tips: Float[np.ndarray, "n 3"]
) -> Bool[np.ndarray, "n"]:
    """Lines whose way from the skin to the entry crosses no labelled bone."""
    spine = vertebra.level.spine
    direction = tips - entries
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    back = np.arange(2 * spine.affine.spacing_mm.max(), BACK_MM, 1.0)
    points = entries[:, None] - back[None, :, None] * direction[:, None]
    index = np.round(spine.affine.to_index(points)).astype(int)[..., ::-1]
    within = np.all((index >= 0) & (index < spine.labels.shape), axis=-1)
    at = tuple(np.moveaxis(np.where(within[..., None], index, 0), -1, 0))
    return ~np.any(within & (spine.labels[at] > 0), axis=1)
