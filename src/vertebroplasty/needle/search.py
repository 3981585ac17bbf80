"""Score every candidate of a corridor from one signed distance field, and move a chosen line to its finest place."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtr

from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.gauges import Gauge
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.candidates import ISTHMUS_STEP_MM, PAST_MIDLINE_MM, Corridor, Lines, allowed
from vertebroplasty.needle.corridor import PAST_ENTRY_MM, bone_field, medial_sign
from vertebroplasty.needle.dense_matter import meets_dense_matter
from vertebroplasty.needle.hand_error import HandError
from vertebroplasty.needle.hazards import Hazards, avoids, least_on_lines
from vertebroplasty.needle.line_kernels import score_lines
from vertebroplasty.needle.reach import (
    BEFORE_BONE_MM,
    bone_counts_from,
    free_behind,
    inverse_of,
    nerve_field,
    outside_approach,
)

__all__ = [
    "LEAST_CLEARANCE_MM",
    "Needles",
    "Search",
    "course_cost",
    "exposure_cost",
    "path_of",
    "refined",
    "scored",
    "width_cost",
]

LEAST_CLEARANCE_MM = 1.0  # [choice] below, a path is refused
ENTRY_SEARCH_MM = 40.0  # [choice] the entry lies at most so far behind the isthmus
ENTRY_SEARCH_BESIDE_MM = 60.0  # [choice] or behind the tip of a needle beside the pedicle
FINEST_STEP = 0.03125  # [choice] share of the coarse steps at which moving a line ends
AS_ROBUST = 1.15  # [choice] exposures up to this ratio are the same within the error of a breach probability
ROBUST_DEG2 = 2.0  # [choice] among those, squared degrees against the course worth the whole exposure

Cost = Callable[["Needles"], Float[np.ndarray, "n"]]


class Search(NamedTuple):
    """What is searched: one corridor, one cannula, one hand, and what to keep away from (None: nothing)."""

    vertebra: Vertebra
    corridor: Corridor
    size: Gauge
    hand: HandError
    to_dense: Field | None
    hazards: Hazards | None


class Needles(NamedTuple):
    """Scored needles, all usable: LPS points, millimetres.

    `clearance` is the least bone around the needle's surface, `exposure` the mean length of that surface outside bone
    in a shaky hand (and, beside the pedicle, the chance of touching a nerve's room, as if it were 1 mm long), `miss`
    how far the tip lies from the target for one needle (2 mm to either side are no miss), `aside` how far lateral to
    the midline, `turn_deg` the angle against the pedicle's course (0 beside the pedicle).
    """

    through: Float[np.ndarray, "n 3"]
    tips: Float[np.ndarray, "n 3"]
    entries: Float[np.ndarray, "n 3"]
    clearance: Float[np.ndarray, "n"]
    exposure: Float[np.ndarray, "n"]
    miss: Float[np.ndarray, "n"]
    aside: Float[np.ndarray, "n"]
    turn_deg: Float[np.ndarray, "n"]

    def take(self, which: Float[np.ndarray, "m"] | Bool[np.ndarray, "n"]) -> "Needles":
        """Some of them."""
        return Needles(*(values[which] for values in self))

    def __bool__(self) -> bool:
        """Whether there is any."""
        return len(self.tips) > 0


def scored(search: Search, lines: Lines, *, floor_mm: float = LEAST_CLEARANCE_MM) -> Needles:
    """Score lines and keep those with at least `floor_mm` of bone around them that meet nothing forbidden."""
    vertebra, corridor = search.vertebra, search.corridor
    keep = allowed(vertebra, corridor, lines)
    lines = Lines(lines.through[keep], lines.tips[keep])
    directions = lines.directions
    found = _read(search, lines, directions, floor_mm)
    usable = np.flatnonzero(np.isfinite(found[:, 1]))
    through, tips, directions, found = lines.through[usable], lines.tips[usable], directions[usable], found[usable]
    entries = tips - found[:, :1] * directions
    keep = free_behind(vertebra, entries, directions) & _avoiding(search, entries, tips, directions, found[:, 0])
    if outside_approach(corridor.approach):
        nerves = _to_nerves(search, tips, directions, found[:, 0])
        keep &= nerves >= LEAST_CLEARANCE_MM
        found[:, 2] += ndtr(-nerves / np.hypot(search.hand.sigma_mm, np.radians(search.hand.sigma_deg) * found[:, 0]))
    local = vertebra.frame.to_local(tips)
    target = corridor.target_mm
    off = np.maximum(np.abs(local[:, 0] - target[0]) - PAST_MIDLINE_MM, 0.0)
    course = corridor.course_lps
    along = np.ones(len(tips)) if course is None else directions @ course
    turn = np.degrees(np.arccos(np.clip(along, -1.0, 1.0)))
    miss = np.hypot(off, local[:, 2] - target[2])
    aside = -medial_sign(corridor.side) * (local[:, 0] - target[0])
    return Needles(through, tips, entries, found[:, 1], found[:, 2], miss, aside, turn).take(keep)


def _read(
    search: Search, lines: Lines, directions: Float[np.ndarray, "n 3"], floor_mm: float
) -> Float[np.ndarray, "n 3"]:
    """Entry before the tip, clearance and exposure of every line; NaN for those below the floor."""
    vertebra, corridor = search.vertebra, search.corridor
    field = bone_field(vertebra)
    out = np.empty((len(lines.tips), 3))
    through = corridor.through_pedicle
    back = np.linalg.norm(lines.tips - lines.through, axis=1) if through else np.zeros(len(out))
    score_lines(
        field.values,
        inverse_of(field),
        np.ascontiguousarray(lines.tips),
        np.ascontiguousarray(directions),
        back,
        medial_sign(corridor.side) * vertebra.frame.right,
        bone_counts_from(vertebra, corridor.approach),
        search.size.outer_mm / 2,
        search.hand.sigma_mm,
        float(np.radians(search.hand.sigma_deg)),
        PAST_ENTRY_MM,
        ENTRY_SEARCH_MM if through else ENTRY_SEARCH_BESIDE_MM,
        floor_mm,
        out,
    )
    return out


def _avoiding(
    search: Search,
    entries: Float[np.ndarray, "n 3"],
    tips: Float[np.ndarray, "n 3"],
    directions: Float[np.ndarray, "n 3"],
    lengths: Float[np.ndarray, "n"],
) -> Bool[np.ndarray, "n"]:
    """Needles that meet no metal or cement and nothing broken that is to be avoided."""
    radius = search.size.outer_mm / 2
    keep = ~meets_dense_matter(search.to_dense, entries, tips, search.size)
    if search.hazards is not None:
        keep &= avoids(search.hazards, tips, directions, lengths, radius)
    return np.asarray(keep)


def _to_nerves(
    search: Search,
    tips: Float[np.ndarray, "n 3"],
    directions: Float[np.ndarray, "n 3"],
    lengths: Float[np.ndarray, "n"],
) -> Float[np.ndarray, "n"]:
    """Clearance to canal and foramina from 30 mm before the bone to the tip."""
    nerves = nerve_field(search.vertebra, search.corridor.approach)
    near = least_on_lines(nerves, tips, directions, lengths + BEFORE_BONE_MM)
    return near - search.size.outer_mm / 2


def path_of(search: Search, needle: Needles) -> NeedlePath:
    """The first of the needles as a path."""
    return NeedlePath(
        entry_lps_mm=needle.entries[0],
        tip_lps_mm=needle.tips[0],
        gauge_number=search.size.number,
        side=search.corridor.side,
        approach=search.corridor.approach,
    )


def exposure_cost(needles: Needles) -> Float[np.ndarray, "n"]:
    """Exposure to a shaky hand."""
    return needles.exposure


def course_cost(least_exposure: float) -> Cost:
    """Angle against the pedicle's course, among needles as robust as the best one."""
    limit = AS_ROBUST * least_exposure + np.finfo(np.float32).eps

    def cost(needles: Needles) -> Float[np.ndarray, "n"]:
        over = np.maximum(needles.exposure / limit - 1.0, 0.0)
        return np.asarray(
            needles.turn_deg**2 + ROBUST_DEG2 * needles.exposure / limit + over / np.finfo(np.float32).eps
        )

    return cost


def width_cost(needles: Needles) -> Float[np.ndarray, "n"]:
    """The less bone around it, the worse."""
    return -needles.clearance


def refined(
    search: Search, needle: Needles, cost: Cost, *, move_tip: bool, floor_mm: float = LEAST_CLEARANCE_MM
) -> Needles:
    """Move one needle in ever smaller steps to where it costs least; its tip stays where `move_tip` is false.

    Both ends move by the same steps, so that a needle can also be shifted without being turned.
    """
    side, up = (search.vertebra.frame.direction_to_world(each) for each in search.corridor.across)
    steps = np.stack(np.meshgrid(*[np.array([-1.0, 0.0, 1.0])] * (4 if move_tip else 2), indexing="ij"), -1)
    steps = steps.reshape(-1, 4 if move_tip else 2)
    share = 0.5
    while share >= FINEST_STEP:
        through = needle.through + share * ISTHMUS_STEP_MM * (steps[:, :1] * side + steps[:, 1:2] * up)
        tips = np.repeat(needle.tips, len(steps), axis=0)
        if move_tip:
            tips = tips + share * ISTHMUS_STEP_MM * (steps[:, 2:3] * side + steps[:, 3:] * up)
        tried = scored(search, Lines(through, tips), floor_mm=floor_mm)
        best = int(np.argmin(cost(tried))) if tried else None
        if best is None or cost(tried)[best] >= float(cost(needle)[0]) - 1e-9:
            share /= 2
        else:
            needle = tried.take(np.array([best]))
    return needle
