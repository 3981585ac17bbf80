"""Which few needles stand for all candidates: the most robust, the one nearest the target, the middle way, the pair."""

from typing import NamedTuple

import numpy as np

from vertebroplasty.needle.candidates import TIP_STEP_MM
from vertebroplasty.needle.corridor import clearance_of
from vertebroplasty.needle.search import Needles, Search, course_cost, exposure_cost, path_of, refined

__all__ = ["Chosen", "beside", "least_exposed", "most_robust", "pair_of"]

APART_MM = 3.0  # [choice] two tips nearer than this are the same place for cement
PAIR_FROM_MIDLINE_MM = 3.0  # [choice] tips of a pair lie at least so far from the midline
BAND = TIP_STEP_MM / 2  # [exact] half the step between tips: the tips of one column


class Chosen(NamedTuple):
    """One needle of a side, what it is best at, and how the next best differs."""

    needle: Needles
    role: str  # robust | target | between | pair
    why: str


def _only(needles: Needles, which: int) -> Needles:
    return needles.take(np.array([which]))


def _apart(one: Needles, other: Needles) -> float:
    return float(np.linalg.norm(one.tips[0] - other.tips[0]))


def most_robust(search: Search, needles: Needles) -> Chosen:
    """The needle that a shaky hand leaves the bone least with, along the pedicle where that costs nothing."""
    robust = _robust(search, needles)
    return Chosen(robust, "robust", _why_robust(search, robust, needles))


def beside(search: Search, needles: Needles, robust: Needles) -> list[Chosen]:
    """The needles that no other candidate beats both in robustness and in the place of the tip, `robust` left out."""
    nearest = float(needles.miss.min())
    close = needles.take(needles.miss <= max(nearest, TIP_STEP_MM) + BAND)
    target = refined(search, _only(close, int(np.argmin(exposure_cost(close)))), exposure_cost, move_tip=False)
    if target.miss[0] >= robust.miss[0] or _apart(target, robust) < APART_MM:
        return []
    picked = [Chosen(target, "target", _why_target(search, target, robust))]
    between = _between(needles, robust, target)
    if between is not None:
        between = refined(search, between, exposure_cost, move_tip=False)
        if min(_apart(between, robust), _apart(between, target)) >= APART_MM:
            picked.append(Chosen(between, "between", _why_between(search, between, robust, target)))
    return picked


def least_exposed(search: Search, needles: Needles) -> Needles:
    """The needle that a shaky hand leaves the bone least with, wherever in the pedicle it runs."""
    return refined(search, _only(needles, int(np.argmin(exposure_cost(needles)))), exposure_cost, move_tip=True)


def _robust(search: Search, needles: Needles) -> Needles:
    """The least exposed needle, turned into the pedicle's course as far as it stays as robust."""
    robust = least_exposed(search, needles)
    if search.corridor.course_lps is None:
        return robust
    return refined(search, robust, course_cost(float(robust.exposure[0])), move_tip=True)


def _between(needles: Needles, robust: Needles, target: Needles) -> Needles | None:
    """The candidate nearest to having both the least exposure and the least miss, each as a share of its range."""
    exposure = float(target.exposure[0] - robust.exposure[0])
    miss = float(robust.miss[0] - target.miss[0])
    if exposure <= 0.0 or miss <= 0.0:
        return None
    off = np.hypot((needles.exposure - robust.exposure[0]) / exposure, (needles.miss - target.miss[0]) / miss)
    return _only(needles, int(np.argmin(off)))


def _why_robust(search: Search, robust: Needles, needles: Needles) -> str:
    corridor = search.corridor
    course = f"through the {corridor.side} pedicle" if corridor.through_pedicle else f"on the {corridor.side} side"
    depth = "the middle of the body" if corridor.approach == "anterolateral" else "the anterior third"
    text = f"The most robust of all straight lines {course} to {depth}: a shaky hand leaves the bone least"
    text += ", and of those as robust the one along the pedicle." if corridor.through_pedicle else "."
    far = np.linalg.norm(needles.tips - robust.tips[0], axis=1) >= APART_MM
    if not far.any():
        return text
    others = needles.take(far)
    second = _only(others, int(np.argmin(exposure_cost(others))))
    shift = float(robust.aside[0] - second.aside[0])
    where = f"{abs(shift):.0f} mm nearer the {'midline' if shift > 0 else 'side'}"
    if abs(shift) < 1.0:
        where = f"{_apart(second, robust):.0f} mm away at the same distance from the midline"
    return text + (
        f" The runner-up, a tip {where}, keeps {_bone_mm(search, second):.1f} mm against "
        f"{_bone_mm(search, robust):.1f} mm of bone and is {_times(second, robust)} as exposed."
    )


def _bone_mm(search: Search, needle: Needles) -> float:
    """The worst clearance as the plan states it, so that the reason names the same millimetres as the path."""
    return clearance_of(search.vertebra, path_of(search, needle)).worst


def _times(one: Needles, other: Needles) -> str:
    ratio = float(one.exposure[0] / max(other.exposure[0], np.finfo(float).tiny))
    return f"{ratio:.1f} times" if ratio < 10.0 else "more than ten times"


def _place(needle: Needles) -> str:
    aside = float(needle.aside[0])
    if abs(aside) < 1.0:
        return "on the midline"
    return f"{abs(aside):.0f} mm {'from' if aside > 0 else 'past'} the midline"


def _why_target(search: Search, target: Needles, robust: Needles) -> str:
    return (
        f"Tip {_place(target)}, the nearest to where one needle fills both halves; the more robust path loses here "
        f"with its tip {_place(robust)}, this one keeps {_bone_mm(search, target):.1f} mm of bone against "
        f"{_bone_mm(search, robust):.1f} mm."
    )


def _why_between(search: Search, between: Needles, robust: Needles, target: Needles) -> str:
    return (
        f"The middle way: tip {_place(between)} with {_bone_mm(search, between):.1f} mm of bone, between "
        f"{_place(robust)} with {_bone_mm(search, robust):.1f} mm and {_place(target)} with "
        f"{_bone_mm(search, target):.1f} mm."
    )


def pair_of(
    left: Search, left_needles: Needles, right: Search, right_needles: Needles
) -> tuple[Needles, Needles] | None:
    """A left and a right needle with tips in mirrored places, the worse of the two as little exposed as possible.

    All mirrored places of the two grids are compared; None where no place can be reached from both sides.
    """
    best: tuple[float, int, int] | None = None
    keys = [_places(search, needles) for search, needles in ((left, left_needles), (right, right_needles))]
    cheapest = [_cheapest(key, exposure_cost(n)) for key, n in zip(keys, (left_needles, right_needles), strict=True)]
    for place in sorted(cheapest[0].keys() & cheapest[1].keys()):
        (a, cost_a), (b, cost_b) = cheapest[0][place], cheapest[1][place]
        if best is None or max(cost_a, cost_b) < best[0] - np.finfo(float).eps:
            best = max(cost_a, cost_b), a, b
    if best is None:
        return None
    return (
        refined(left, _only(left_needles, best[1]), exposure_cost, move_tip=False),
        refined(right, _only(right_needles, best[2]), exposure_cost, move_tip=False),
    )


def _places(search: Search, needles: Needles) -> list[tuple[float, float, float] | None]:
    """Where each tip lies: distance from the midline, depth and height to a tenth; None too near the midline."""
    local = search.vertebra.frame.to_local(needles.tips)
    rounded = np.round(np.stack([needles.aside, local[:, 1], local[:, 2]], axis=1), 1)
    return [None if row[0] < PAIR_FROM_MIDLINE_MM else (row[0], row[1], row[2]) for row in rounded.tolist()]


def _cheapest(
    places: list[tuple[float, float, float] | None], cost: np.ndarray
) -> dict[tuple[float, float, float], tuple[int, float]]:
    """The least exposed needle to each place."""
    order = np.argsort(cost, kind="stable")
    found: dict[tuple[float, float, float], tuple[int, float]] = {}
    for n in order.tolist():
        place = places[n]
        if place is not None and place not in found:
            found[place] = (n, float(cost[n]))
    return found
