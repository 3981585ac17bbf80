"""Judge the user's own straight path: put its entry on the cortex, name its approach, say what is against it."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.corridor import STEP_MM, bone_field
from vertebroplasty.needle.hand_error import HandError
from vertebroplasty.needle.judged import judged
from vertebroplasty.needle.planned_path import NeedlePlan, RefusedPath
from vertebroplasty.needle.refusals import faults_of

__all__ = ["critique", "critique_in"]

ENTRY_TOLERANCE_MM = 15.0  # [choice] an own entry further from any bone on its line is a mistake
MOVED_MM = 3.0  # [choice] an entry moved onto the cortex by more is said
POSTEROLATERAL_DEG = 45.0  # [choice] a needle outside the pedicle that converges more comes from the side
USUAL_HAND = HandError()


def critique(
    level: Level,
    entry_lps_mm: Float[np.ndarray, "3"],
    tip_lps_mm: Float[np.ndarray, "3"],
    gauge_number: int = 11,
    *,
    hand: HandError = USUAL_HAND,
) -> NeedlePlan:
    """Judge an own straight path; it is listed even where it would be refused, and then the reason is given.

    Raises:
        Refused: the line meets no bone near the given entry, or entry and tip coincide.
    """
    return critique_in(find_vertebra(level), entry_lps_mm, tip_lps_mm, gauge_number, hand=hand)


def critique_in(
    vertebra: Vertebra,
    entry_lps_mm: Float[np.ndarray, "3"],
    tip_lps_mm: Float[np.ndarray, "3"],
    gauge_number: int = 11,
    *,
    hand: HandError = USUAL_HAND,
) -> NeedlePlan:
    """The judgement for a vertebra already found."""
    given = NeedlePath(
        entry_lps_mm=np.asarray(entry_lps_mm, float),
        tip_lps_mm=np.asarray(tip_lps_mm, float),
        gauge_number=gauge_number,
    )
    moved = _depth_of_cortex(vertebra, given)
    entry = given.entry_lps_mm + moved * given.direction_lps
    side = "left" if vertebra.frame.to_local(entry)[0] < 0 else "right"
    path = NeedlePath(
        entry_lps_mm=entry,
        tip_lps_mm=given.tip_lps_mm,
        gauge_number=gauge_number,
        side=side,
        approach=_approach(vertebra, given, side),
    )
    why = "Own path."
    if abs(moved) > MOVED_MM:
        why += f" The given entry lies {abs(moved):.0f} mm from the cortex on this line; the entry was moved onto it."
    result = judged(vertebra, path, rank=1, why=why, hand=hand)
    reasons = [*_swapped(vertebra, path), *faults_of(vertebra, result)]
    refused = (RefusedPath(side=side, approach=path.approach, reason=" ".join(reasons)),) if reasons else ()
    return NeedlePlan(level=vertebra.name, paths=(result,), pairs=(), refused=refused, notes=(hand.sentence,))


def _swapped(vertebra: Vertebra, path: NeedlePath) -> list[str]:
    """A sentence where the needle would come from the front, which only the neck allows."""
    if vertebra.name.startswith("C") or vertebra.frame.direction_to_local(path.direction_lps)[1] > 0:
        return []
    return ["The tip lies behind the entry, so the needle would come from the front: swap entry and tip."]


def _depth_of_cortex(vertebra: Vertebra, given: NeedlePath) -> float:
    """How far past the given entry the line enters bone (negative: before it), at the crossing nearest to the entry."""
    places = np.arange(-ENTRY_TOLERANCE_MM, min(ENTRY_TOLERANCE_MM, given.length_mm), STEP_MM)
    distance = bone_field(vertebra).at(given.entry_lps_mm + places[:, None] * given.direction_lps)
    into = np.flatnonzero((distance[:-1] >= 0) & (distance[1:] < 0))
    if not into.size:
        raise Refused(
            f"The line from entry to tip meets no bone of {vertebra.name} within {ENTRY_TOLERANCE_MM:.0f} mm of "
            "the entry: give LPS millimetres of a point on the cortex.",
            where="--entry",
        )
    crossing = places[into] + STEP_MM * distance[into] / (distance[into] - distance[into + 1])
    return float(crossing[np.argmin(np.abs(crossing))])


def _approach(vertebra: Vertebra, given: NeedlePath, side: str) -> str:
    """Through the pedicle, beside it, or from the side: by where the line passes the isthmus."""
    pedicle = vertebra.pedicles.get(side)
    direction = vertebra.frame.direction_to_local(given.direction_lps)
    outward = -1.0 if side == "left" else 1.0
    if pedicle is not None and direction @ pedicle.axis > 0:
        entry = vertebra.frame.to_local(given.entry_lps_mm)
        passed = entry + ((pedicle.isthmus_mm - entry) @ pedicle.axis) / (direction @ pedicle.axis) * direction
        if outward * (passed[0] - pedicle.isthmus_mm[0]) <= pedicle.width_mm / 2:
            return "transpedicular"
    convergence = float(np.degrees(np.arctan2(-outward * direction[0], direction[1])))
    if convergence > 2 * POSTEROLATERAL_DEG:
        return "anterolateral"
    return "posterolateral" if convergence > POSTEROLATERAL_DEG else "parapedicular"
