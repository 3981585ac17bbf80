"""Plan needles for one level, or judge an own one: straight paths, the most bone around them, refusals with reasons."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.vertebra import Pedicle, Vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.gauges import Gauge, gauge
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle import NOT_MODELLED, SOURCES
from vertebroplasty.needle.corridor import STEP_MM, bone_field
from vertebroplasty.needle.dense_matter import distance_to_dense_matter
from vertebroplasty.needle.hand_error import HAND_MODEL
from vertebroplasty.needle.judged import LEAST_CLEARANCE_MM, judged
from vertebroplasty.needle.planned_path import NeedlePair, NeedlePlan, PlannedPath, RefusedPath
from vertebroplasty.needle.refusals import faults_of, too_narrow
from vertebroplasty.needle.search import best_line

__all__ = ["APPROACHES", "NOT_MODELLED", "SOURCES", "critique", "critique_in", "plan", "plan_in"]

APPROACHES = ("transpedicular", "parapedicular", "posterolateral", "anterolateral")
ENTRY_TOLERANCE_MM = 15.0  # [choice] an own entry further from any bone on its line is a mistake
MOVED_MM = 3.0  # [choice] an entry moved onto the cortex by more is said
POSTEROLATERAL_DEG = 45.0  # [choice] a needle outside the pedicle that converges more comes from the side


def plan(level: Level, *, gauge_number: int = 11, approach: str = "transpedicular") -> NeedlePlan:
    """Left and right path through the pedicles of one level, the one with more bone around it first.

    Raises:
        Refused: an unknown gauge or approach, or a vertebra that cannot be found.
        CutBody: the body leaves the field of view.
    """
    return plan_in(find_vertebra(level), gauge_number=gauge_number, approach=approach)


def plan_in(vertebra: Vertebra, *, gauge_number: int = 11, approach: str = "transpedicular") -> NeedlePlan:
    """The plan for a vertebra already found."""
    size = gauge(gauge_number)
    if approach not in APPROACHES:
        raise Refused(f"{approach} is no approach: use {', '.join(APPROACHES)}.", where="--approach")
    if approach != "transpedicular":
        raise Refused(
            f"Only transpedicular paths are searched for: give your own {approach} path with --entry and --tip.",
            where="--approach",
        )
    found: list[PlannedPath] = []
    refused: list[RefusedPath] = []
    for side in ("left", "right"):
        result = _best_on(vertebra, side, size)
        if isinstance(result, RefusedPath):
            refused.append(result)
        else:
            found.append(result)
    found.sort(key=lambda each: -each.worst_clearance_mm)
    paths = tuple(replace(each, rank=n + 1) for n, each in enumerate(found))
    return NeedlePlan(
        level=vertebra.name, paths=paths, pairs=_pairs(paths), refused=tuple(refused), notes=(HAND_MODEL,)
    )


def _best_on(vertebra: Vertebra, side: str, size: Gauge) -> PlannedPath | RefusedPath:
    """The best path through one pedicle, or why there is none."""

    def refuse(reason: str) -> RefusedPath:
        return RefusedPath(side=side, approach="transpedicular", reason=reason)

    pedicle = vertebra.pedicles.get(side)
    if pedicle is None:
        return refuse(f"No {side} pedicle was found on {vertebra.name}.")
    to_dense = distance_to_dense_matter(vertebra.level)
    best = _judged_best(vertebra, pedicle, size, to_dense)
    if best is not None and best.worst_clearance_mm >= LEAST_CLEARANCE_MM:
        return best
    if to_dense is not None:
        through_it = _judged_best(vertebra, pedicle, size, None)
        if through_it is not None and through_it.worst_clearance_mm >= LEAST_CLEARANCE_MM:
            return refuse(
                f"Metal or old cement lies on the best path through the {side} pedicle, and no straight path beside it "
                f"keeps {LEAST_CLEARANCE_MM:.1f} mm of bone."
            )
        best = through_it
    return refuse(too_narrow(vertebra, pedicle, size, best))


def _judged_best(vertebra: Vertebra, pedicle: Pedicle, size: Gauge, to_dense: Field | None) -> PlannedPath | None:
    """The best path through one pedicle that keeps clear of dense matter, judged."""
    line = best_line(vertebra, pedicle, size, to_dense=to_dense)
    if line is None:
        return None
    path = NeedlePath(entry_lps_mm=line.entry, tip_lps_mm=line.tip, gauge_number=size.number, side=pedicle.side)
    why = (
        f"Most bone around it of all straight lines through the {pedicle.side} pedicle to the anterior third, near the "
        "midline."
    )
    if to_dense is not None:
        why += " Metal or old cement near this level is passed at 1 mm or more."
    return judged(vertebra, path, rank=1, why=why)


def _pairs(paths: tuple[PlannedPath, ...]) -> tuple[NeedlePair, ...]:
    """Left and right together, unless their needles would touch."""
    if len(paths) != len({each.side for each in paths}) or len(paths) != 2:
        return ()
    first, second = paths
    gap = _least_gap(first.path, second.path) - (first.path.gauge.outer_mm + second.path.gauge.outer_mm) / 2
    if gap <= 0:
        return ()
    apart = float(np.linalg.norm(first.tip_lps_mm - second.tip_lps_mm))
    why = f"One needle through each pedicle, tips {apart:.0f} mm apart, for cement on both sides of the midline."
    return (NeedlePair(ranks=(first.rank, second.rank), why=why),)


def _least_gap(first: NeedlePath, second: NeedlePath) -> float:
    """Smallest distance between the axes of two needles, sampled along both."""
    points = [
        each.entry_lps_mm + np.arange(0.0, each.length_mm, STEP_MM)[:, None] * each.direction_lps
        for each in (first, second)
    ]
    return float(np.min(np.linalg.norm(points[0][:, None] - points[1][None], axis=2)))


def critique(
    level: Level, entry_lps_mm: Float[np.ndarray, "3"], tip_lps_mm: Float[np.ndarray, "3"], gauge_number: int = 11
) -> NeedlePlan:
    """Judge an own straight path; it is listed even where it would be refused, and then the reason is given.

    Raises:
        Refused: the line meets no bone near the given entry, or entry and tip coincide.
    """
    return critique_in(find_vertebra(level), entry_lps_mm, tip_lps_mm, gauge_number)


def critique_in(
    vertebra: Vertebra,
    entry_lps_mm: Float[np.ndarray, "3"],
    tip_lps_mm: Float[np.ndarray, "3"],
    gauge_number: int = 11,
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
    result = judged(vertebra, path, rank=1, why=why)
    reasons = faults_of(vertebra, result)
    refused = (RefusedPath(side=side, approach=path.approach, reason=" ".join(reasons)),) if reasons else ()
    return NeedlePlan(level=vertebra.name, paths=(result,), pairs=(), refused=refused, notes=(HAND_MODEL,))


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
