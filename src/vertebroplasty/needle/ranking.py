"""Put the chosen needles in order, the most robust first, and say which two go together; at most six remain."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planned_path import NeedlePair, PlannedPath

__all__ = ["MOST_PATHS", "Ranked", "ranked"]

MOST_PATHS = 6  # [choice] more cannot be compared at a glance
SAME_MM = 2.0  # [choice] two needles whose entries and tips lie nearer than this are one
DECIMALS = 3  # [choice] breach probabilities are compared in steps of 0.1 %
ROLES = ("robust", "pair", "target", "between")  # in this order needles are kept where there are too many


class Ranked(NamedTuple):
    """A judged needle, and how far its tip lies from the target of a single needle."""

    path: PlannedPath
    miss_mm: float


def ranked(picked: list[Ranked], pair: tuple[Ranked, ...]) -> tuple[tuple[PlannedPath, ...], tuple[NeedlePair, ...]]:
    """The needles in order, and the pair among them.

    The order is that of the breach probability, then of the clearance that 95 % of placed needles keep.  The most
    robust needle of a side comes before its others, whose probabilities may be the same within their error.
    """
    needles = list(picked)
    together: list[Ranked] = []
    for one in pair:
        same = next((each for each in needles if _same(each.path.path, one.path.path)), None)
        if same is None:
            needles.append(one)
        together.append(one if same is None else same)
    if together and _gap_mm(together) <= 0:
        needles, together = picked, []
    needles = [each for each in needles if _stays(each, needles, together)]
    needles = sorted(needles, key=lambda each: ROLES.index(each.path.role))[:MOST_PATHS]
    kept = tuple(needles)
    needles.sort(key=lambda each: _key(each, kept))
    places = {id(each): n + 1 for n, each in enumerate(needles)}
    paths = tuple(replace(each.path, rank=places[id(each)]) for each in needles)
    pairs: tuple[NeedlePair, ...] = ()
    if len(together) == 2 and all(id(each) in places for each in together):
        first, second = sorted(places[id(each)] for each in together)
        pairs = (NeedlePair(ranks=(first, second), why=_why(together)),)
    return paths, pairs


def _same(one: NeedlePath, other: NeedlePath) -> bool:
    """Whether two needles are one for a hand."""
    apart = [one.entry_lps_mm - other.entry_lps_mm, one.tip_lps_mm - other.tip_lps_mm]
    return one.side == other.side and all(float(np.linalg.norm(each)) < SAME_MM for each in apart)


def _stays(one: Ranked, needles: list[Ranked], together: list[Ranked]) -> bool:
    """Whether no other needle of the side is as good in breach, tip and length; robust and paired ones stay."""
    if one.path.role == "robust" or any(one is each for each in together):
        return True
    mine = _objectives(one)
    for other in needles:
        if other is one or other.path.side != one.path.side:
            continue
        theirs = _objectives(other)
        if all(a <= b for a, b in zip(theirs, mine, strict=True)) and theirs != mine:
            return False
    return True


def _objectives(one: Ranked) -> tuple[float, float, float]:
    return round(one.path.breach_probability, DECIMALS), round(one.miss_mm, 1), round(one.path.length_mm, 1)


def _key(one: Ranked, needles: tuple[Ranked, ...]) -> tuple[float, int, float]:
    """Breach probability (that of the side's most robust where within its error), role, and the clearance kept."""
    least = _objectives(one)[0]
    for each in needles:
        if each.path.side == one.path.side and each.path.role == "robust":
            theirs = _objectives(each)[0]
            if theirs - each.path.breach_plus_minus <= least:
                least = max(least, theirs)
    return least, 0 if one.path.role == "robust" else 1, -(one.path.plausible_clearance_mm or 0.0)


def _gap_mm(pair: list[Ranked]) -> float:
    """Bone or space between the surfaces of two needles, exact for straight ones; negative where they would touch."""
    first, second = (each.path.path for each in pair)
    radii = (first.gauge.outer_mm + second.gauge.outer_mm) / 2
    return _between(first, second) - radii


def _between(first: NeedlePath, second: NeedlePath) -> float:
    """Smallest distance between two segments: within both, or from an end of one to the other."""
    p, q = first.entry_lps_mm, second.entry_lps_mm
    u, v = first.tip_lps_mm - p, second.tip_lps_mm - q
    normal = np.cross(u, v)
    ends = [_to_segment(x, q, v) for x in (p, p + u)] + [_to_segment(x, p, u) for x in (q, q + v)]
    if normal @ normal > 0:
        s = np.cross(q - p, v) @ normal / (normal @ normal)
        t = np.cross(q - p, u) @ normal / (normal @ normal)
        if 0 <= s <= 1 and 0 <= t <= 1:
            ends.append(abs(float((q - p) @ normal)) / float(np.linalg.norm(normal)))
    return min(ends)


def _to_segment(point: np.ndarray, start: np.ndarray, along: np.ndarray) -> float:
    t = np.clip((point - start) @ along / (along @ along), 0.0, 1.0)
    return float(np.linalg.norm(point - start - t * along))


def _why(pair: list[Ranked]) -> str:
    first, second = (each.path for each in pair)
    apart = float(np.linalg.norm(first.tip_lps_mm - second.tip_lps_mm))
    return (
        f"One needle on each side, chosen together: tips {apart:.0f} mm apart for cement on both sides of the midline, "
        f"{_gap_mm(pair):.0f} mm between the needles at their nearest."
    )
