"""All candidates of a corridor: every point it passes at the pedicle, or every direction beside it, times every tip."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.anatomy.vertebra import Pedicle, Vertebra
from vertebroplasty.geometry.frame import unit
from vertebroplasty.needle.corridor import bone_field, medial_sign
from vertebroplasty.needle.course import pedicle_course
from vertebroplasty.needle.hazards import Hazards
from vertebroplasty.needle.reach import outside_approach

__all__ = ["ISTHMUS_STEP_MM", "PAST_MIDLINE_MM", "TIP_STEP_MM", "Corridor", "Lines", "allowed", "corridor_of"]

TIP_FROM_FRONT = (0.25, 0.29, 0.33)  # [choice] tips in the anterior third: shares of the depth behind the anterior wall
TIP_FROM_FRONT_BEFORE = (0.4, 0.5, 0.6)  # [choice] and for a needle from the front: the middle fifth
TIP_HEIGHTS = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)  # [choice] shares of the height from the middle
BELOW_FRACTURE = 0.1  # [choice] the target moves away from a broken endplate by this share of the height
PAST_MIDLINE_MM = 2.0  # [choice] a tip may cross the midline so far
TIP_STEP_MM = 1.5  # [choice] between tips from side to side
ISTHMUS_STEP_MM = 1.0  # [choice] between points of the isthmus
MOST_CONVERGENCE_DEG = (
    25.0  # [choice] a single transpedicular needle converges up to this, or a little past its pedicle
)
PAST_PEDICLE_DEG = 5.0  # [choice] and so much more than the pedicle itself
BESIDE_DEG = {
    "parapedicular": (20.0, 45.0),
    "posterolateral": (45.0, 75.0),
    "anterolateral": (100.0, 150.0),
}  # [choice] convergences searched: 90 degrees is straight from the side
TURN_STEP_DEG = 2.0  # [choice] between directions beside the pedicle
TILTS_DEG = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0)  # [choice] cranio-caudal directions beside the pedicle
AIMED_FROM_MM = 30.0  # [choice] a direction beside the pedicle is varied by moving a point so far behind the tip
ROUNDING_MM = 1e-6  # [choice] far below a voxel
LEAST_INSIDE_MM = 5.0  # [choice] a tip keeps so far from the body's side


class Lines(NamedTuple):
    """Straight lines through a point to a tip, LPS."""

    through: Float[np.ndarray, "n 3"]
    tips: Float[np.ndarray, "n 3"]

    @property
    def directions(self) -> Float[np.ndarray, "n 3"]:
        """Unit vectors towards the tips."""
        offset = self.tips - self.through
        return np.asarray(offset / np.linalg.norm(offset, axis=1, keepdims=True))


@dataclass(frozen=True, eq=False, kw_only=True)
class Corridor:
    """One side and approach: its candidates, the target for one needle, and how its lines may vary.

    `target_mm` is local.  `course_lps` runs along the pedicle's walls, None beside the pedicle.  `across` are the local
    vectors along which the point passed may move.  Through the pedicle that point must be bone and the entry lies
    behind it; beside it the entry is where the line leaves the body.
    """

    side: str
    approach: str
    lines: Lines
    target_mm: Float[np.ndarray, "3"]
    across: tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]
    pedicle: Pedicle | None
    course_lps: Float[np.ndarray, "3"] | None

    @property
    def through_pedicle(self) -> bool:
        """Whether the lines run through the pedicle."""
        return not outside_approach(self.approach)


def corridor_of(vertebra: Vertebra, side: str, approach: str, hazards: Hazards) -> Corridor | None:
    """The corridor of one side; None where it runs through a pedicle that was not found."""
    pedicle = vertebra.pedicles.get(side)
    target = _target(vertebra, approach, hazards)
    if outside_approach(approach):
        tips = _tips(vertebra, side, approach, 0.0)
        lines = _aimed(vertebra, side, approach, tips)
        across = (np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    elif pedicle is None:
        return None
    else:
        aside = abs(float(pedicle.isthmus_mm[0]) - float(target[0]))
        tips = _tips(vertebra, side, approach, max(aside, _on_axis(pedicle, target), TIP_STEP_MM))
        across = _across(pedicle)
        lines = _joined(vertebra, _isthmus_points(pedicle, across), tips)
    course = None if pedicle is None or outside_approach(approach) else pedicle_course(vertebra, pedicle)
    return Corridor(
        side=side,
        approach=approach,
        lines=lines,
        target_mm=target,
        across=across,
        pedicle=pedicle,
        course_lps=course,
    )


def _target(vertebra: Vertebra, approach: str, hazards: Hazards) -> Float[np.ndarray, "3"]:
    """Local place for the tip of a single needle: midline, anterior third, away from a broken endplate."""
    middle = (vertebra.left_mm + vertebra.right_mm) / 2
    height = vertebra.upper_mm - vertebra.lower_mm
    up = (vertebra.upper_mm + vertebra.lower_mm) / 2
    up += BELOW_FRACTURE * height * (int(hazards.toward_lower) - int(hazards.toward_upper))
    share = (TIP_FROM_FRONT_BEFORE if approach == "anterolateral" else TIP_FROM_FRONT)[1]
    front, wall = float(vertebra.anterior_wall.anterior_at(up)), float(vertebra.posterior_wall.anterior_at(up))
    return np.array([middle, front - share * (front - wall), up])


def _on_axis(pedicle: Pedicle, target: Float[np.ndarray, "3"]) -> float:
    """How far from the midline the pedicle's own axis reaches the depth of the target."""
    ahead = (target[1] - pedicle.isthmus_mm[1]) / pedicle.axis[1]
    reached = float(pedicle.isthmus_mm[0] + ahead * pedicle.axis[0] - target[0])
    return -medial_sign(pedicle.side) * reached


def _tips(vertebra: Vertebra, side: str, approach: str, lateral: float) -> Float[np.ndarray, "n 3"]:
    """Local tips from just past the midline outwards, at several heights and depths."""
    middle = (vertebra.left_mm + vertebra.right_mm) / 2
    centre = (vertebra.upper_mm + vertebra.lower_mm) / 2
    height = vertebra.upper_mm - vertebra.lower_mm
    widest = (vertebra.right_mm - vertebra.left_mm) / 2 - LEAST_INSIDE_MM
    lateral = widest / 2 if lateral == 0.0 else min(lateral, widest)
    out = -medial_sign(side)
    shares = TIP_FROM_FRONT_BEFORE if approach == "anterolateral" else TIP_FROM_FRONT
    aside = np.arange(-PAST_MIDLINE_MM, lateral + TIP_STEP_MM / 2, TIP_STEP_MM)
    tips = []
    for superior in (centre + share * height for share in TIP_HEIGHTS):
        front = float(vertebra.anterior_wall.anterior_at(superior))
        depth = front - float(vertebra.posterior_wall.anterior_at(superior))
        tips += [(middle + out * each, front - share * depth, superior) for share in shares for each in aside]
    return np.array(tips)


def _across(pedicle: Pedicle) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Local unit vectors across a pedicle: to the midline and upwards."""
    up = np.array([0.0, 0.0, 1.0])
    up = unit(up - (up @ pedicle.axis) * pedicle.axis)
    return medial_sign(pedicle.side) * np.cross(pedicle.axis, up), up


def _isthmus_points(
    pedicle: Pedicle, across: tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]
) -> Float[np.ndarray, "n 3"]:
    """Local points of the isthmus section, symmetric about its centre."""
    side, up = across
    wide, high = (int(np.ceil(size / 2 / ISTHMUS_STEP_MM)) for size in (pedicle.width_mm, pedicle.height_mm))
    a, b = np.meshgrid(np.arange(-wide, wide + 1), np.arange(-high, high + 1))
    return pedicle.isthmus_mm + ISTHMUS_STEP_MM * (a.reshape(-1, 1) * side + b.reshape(-1, 1) * up)


def _joined(vertebra: Vertebra, through: Float[np.ndarray, "n 3"], tips: Float[np.ndarray, "m 3"]) -> Lines:
    """All lines of local points to local tips."""
    to_world = vertebra.frame.to_world
    return Lines(np.repeat(to_world(through), len(tips), axis=0), np.tile(to_world(tips), (len(through), 1)))


def _aimed(vertebra: Vertebra, side: str, approach: str, tips: Float[np.ndarray, "m 3"]) -> Lines:
    """All lines to local tips from the directions of an approach beside the pedicle."""
    first, last = BESIDE_DEG[approach]
    turn, tilt = np.meshgrid(np.radians(np.arange(first, last + ROUNDING_MM, TURN_STEP_DEG)), np.radians(TILTS_DEG))
    level = np.cos(tilt)
    towards = np.stack([medial_sign(side) * np.sin(turn) * level, np.cos(turn) * level, np.sin(tilt)], axis=-1)
    towards = towards.reshape(-1, 3)
    every = np.tile(tips, (len(towards), 1))
    through = every - AIMED_FROM_MM * np.repeat(towards, len(tips), axis=0)
    return Lines(vertebra.frame.to_world(through), vertebra.frame.to_world(every))


def allowed(vertebra: Vertebra, corridor: Corridor, lines: Lines) -> Bool[np.ndarray, "n"]:
    """Lines that converge as the approach allows, and pass the pedicle within or beside."""
    direction = vertebra.frame.direction_to_local(lines.directions)
    medial = medial_sign(corridor.side)
    convergence = np.degrees(np.arctan2(medial * direction[:, 0], direction[:, 1]))
    aside = -medial * (vertebra.frame.to_local(lines.tips)[:, 0] - corridor.target_mm[0])
    up = vertebra.frame.to_local(lines.tips)[:, 2] - (vertebra.upper_mm + vertebra.lower_mm) / 2
    highest = max(TIP_HEIGHTS) * (vertebra.upper_mm - vertebra.lower_mm)
    keep = (aside >= -PAST_MIDLINE_MM - ROUNDING_MM) & (np.abs(up) <= highest + ROUNDING_MM)
    pedicle = corridor.pedicle
    if corridor.through_pedicle and pedicle is not None:
        own = float(np.degrees(np.arctan2(medial * pedicle.axis[0], pedicle.axis[1])))
        most = max(MOST_CONVERGENCE_DEG, own + PAST_PEDICLE_DEG)
        return np.asarray(keep & (convergence <= most) & (bone_field(vertebra).at(lines.through) < 0))
    first, last = BESIDE_DEG[corridor.approach]
    keep &= (convergence >= first) & (convergence <= last)
    if pedicle is None:
        return keep
    tips = vertebra.frame.to_local(lines.tips)
    along = direction @ pedicle.axis
    with np.errstate(divide="ignore", invalid="ignore"):
        at = tips + (((pedicle.isthmus_mm - tips) @ pedicle.axis) / along)[:, None] * direction
    beside = -medial * (at[:, 0] - pedicle.isthmus_mm[0]) > pedicle.width_mm / 2
    return np.asarray(keep & (beside | (along <= 0)))
