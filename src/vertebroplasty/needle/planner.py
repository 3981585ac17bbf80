"""Plan needles for one level: every straight line of a corridor scored, the few that matter kept, refusals said."""

from typing import NamedTuple

import numpy as np

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.gauges import Gauge, gauge
from vertebroplasty.needle import NOT_MODELLED, SOURCES
from vertebroplasty.needle.candidates import corridor_of
from vertebroplasty.needle.choice import Chosen, beside, least_exposed, most_robust, pair_of
from vertebroplasty.needle.dense_matter import distance_to_dense_matter
from vertebroplasty.needle.hand_error import HandError
from vertebroplasty.needle.hazards import Hazards, hazards_of
from vertebroplasty.needle.judged import judged
from vertebroplasty.needle.own_path import critique, critique_in
from vertebroplasty.needle.planned_path import NeedlePlan, RefusedPath
from vertebroplasty.needle.ranking import Ranked, ranked
from vertebroplasty.needle.reach import APPROACHES, refuse_unusual
from vertebroplasty.needle.refusals import beside_refused, suggestion, too_narrow
from vertebroplasty.needle.search import LEAST_CLEARANCE_MM, Needles, Search, path_of, refined, scored, width_cost

__all__ = ["APPROACHES", "NOT_MODELLED", "SOURCES", "critique", "critique_in", "plan", "plan_in"]

USUAL_HAND = HandError()
WARNINGS = {
    "parapedicular": "Beside the pedicle rib, pleura, segmental vessels and nerve root are near; unlabelled ones are "
    "not avoided.",
    "posterolateral": "The needle passes in front of the transverse process; nerve root, bowel and kidney are near, "
    "and unlabelled ones are not avoided.",
    "anterolateral": "WARNING: from the front carotid sheath, thyroid, oesophagus and trachea lie in the way; none is "
    "avoided here unless labelled, and all must be pushed aside by hand.",
}
NO_ROOM = -1e3  # [choice] accepts every needle, however far outside bone


class _Side(NamedTuple):
    """One side searched: its needles with enough bone, or why there is none."""

    search: Search | None
    needles: Needles | None
    refused: RefusedPath | None
    said: tuple[str, ...] = ()


def plan(
    level: Level, *, gauge_number: int = 11, approach: str = "transpedicular", hand: HandError = USUAL_HAND
) -> NeedlePlan:
    """Up to six needles for one level, the most robust first, on both sides where both have one.

    Raises:
        Refused: an unknown gauge or approach, or a vertebra that cannot be found.
        CutBody: the body leaves the field of view.
    """
    return plan_in(find_vertebra(level), gauge_number=gauge_number, approach=approach, hand=hand)


def plan_in(
    vertebra: Vertebra, *, gauge_number: int = 11, approach: str = "transpedicular", hand: HandError = USUAL_HAND
) -> NeedlePlan:
    """The plan for a vertebra already found."""
    size = gauge(gauge_number)
    refuse_unusual(approach, vertebra.name)
    hazards = hazards_of(vertebra)
    sides = [_searched(vertebra, side, approach, size, hand, hazards) for side in ("left", "right")]
    picked: list[Ranked] = []
    refused: list[RefusedPath] = []
    for side in sides:
        kept = _kept(side)
        picked += kept
        if side.refused is not None:
            refused.append(side.refused)
        elif not kept and side.search is not None:
            refused.append(_too_narrow(side.search))
    paths, pairs = ranked(picked, _pair(sides) if len({each.path.side for each in picked}) > 1 else ())
    return NeedlePlan(
        level=vertebra.name,
        paths=paths,
        pairs=pairs,
        refused=tuple(refused),
        notes=(hand.sentence,),
        warnings=(WARNINGS[approach],) if approach in WARNINGS else (),
    )


def _searched(vertebra: Vertebra, side: str, approach: str, size: Gauge, hand: HandError, hazards: Hazards) -> _Side:
    """All usable needles of one side; what is broken in the body is no longer avoided before the side is given up."""
    corridor = corridor_of(vertebra, side, approach, hazards)
    if corridor is None:
        reason = f"No {side} pedicle was found on {vertebra.name}."
        return _Side(None, None, RefusedPath(side=side, approach=approach, reason=reason))
    to_dense = distance_to_dense_matter(vertebra.level)
    search = Search(vertebra, corridor, size, hand, to_dense, hazards)
    dense = () if to_dense is None else ("Metal or old cement near this level is passed at 1 mm or more.",)
    needles = _usable(search)
    if needles:
        return _Side(search, needles, None, (*hazards.sentences, *dense))
    if hazards.sentences:
        search = search._replace(hazards=None)
        needles = _usable(search)
        if needles:
            return _Side(search, needles, None, ("No safe path avoids what is broken in this body.", *dense))
    anything = search._replace(to_dense=None, hazards=None)
    if to_dense is not None and _usable(anything):
        way = f"path through the {side} pedicle" if corridor.through_pedicle else f"{approach} path on the {side} side"
        reason = (
            f"Metal or old cement lies on the best {way}, and no straight path beside it keeps "
            f"{LEAST_CLEARANCE_MM:.1f} mm of bone."
        )
        return _Side(search, None, RefusedPath(side=side, approach=approach, reason=reason))
    return _Side(anything, None, _too_narrow(anything))


def _widest(search: Search, needles: Needles) -> Needles:
    """The needle with the most bone around it, moved to where it has still more; none if there is none."""
    if not needles:
        return needles
    widest = needles.take(np.array([int(np.argmax(needles.clearance))]))
    return refined(search, widest, width_cost, move_tip=True, floor_mm=NO_ROOM)


def _usable(search: Search) -> Needles:
    """All candidates with enough bone around them; in a narrow corridor the one found between the candidates."""
    needles = scored(search, search.corridor.lines)
    if needles:
        return needles
    widest = _widest(search, scored(search, search.corridor.lines, floor_mm=NO_ROOM))
    return widest.take(widest.clearance >= LEAST_CLEARANCE_MM)


def _too_narrow(search: Search) -> RefusedPath:
    """The refusal of a side whose best needle has too little bone around it, with the narrowest width."""
    vertebra, corridor = search.vertebra, search.corridor
    widest = _widest(search, scored(search, corridor.lines, floor_mm=NO_ROOM))
    best = judged(vertebra, path_of(search, widest), rank=1, why="", hand=search.hand) if widest else None
    pedicle = corridor.pedicle
    if corridor.through_pedicle and pedicle is not None:
        reason = too_narrow(vertebra, pedicle, search.size, best)
        width: float | None = min(pedicle.width_mm, pedicle.height_mm)
    else:
        reason, width = beside_refused(corridor.side, corridor.approach, best), None
    return RefusedPath(
        side=corridor.side,
        approach=corridor.approach,
        reason=reason,
        narrowest_mm=width,
        suggestion=suggestion(vertebra, corridor.approach, pedicle, search.size),
    )


def _judged(search: Search, pick: Chosen, said: tuple[str, ...]) -> Ranked:
    path = judged(
        search.vertebra,
        path_of(search, pick.needle),
        rank=1,
        why=" ".join((pick.why, *said)),
        hand=search.hand,
        role=pick.role,
    )
    return Ranked(path, float(pick.needle.miss[0]))


def _kept(side: _Side) -> list[Ranked]:
    """The chosen needles of one side that keep 1 mm of bone in every direction."""
    if side.search is None or side.needles is None:
        return []
    first, path = _first(side.search, side.needles, side.said)
    others = (_judged(side.search, each, side.said) for each in beside(side.search, side.needles, first.needle))
    return [each for each in (path, *others) if each.path.worst_clearance_mm >= LEAST_CLEARANCE_MM]


def _first(search: Search, needles: Needles, said: tuple[str, ...]) -> tuple[Chosen, Ranked]:
    """The most robust needle of one side: along the pedicle, unless that is less robust by more than its error."""
    pick = most_robust(search, needles)
    path = _judged(search, pick, said)
    why = "The least exposed of all straight lines: the one along the pedicle is less robust by more than its error."
    plain = Chosen(least_exposed(search, needles), "robust", why)
    straight = _judged(search, plain, said)
    if straight.path.breach_probability < path.path.breach_probability - path.path.breach_plus_minus:
        pick, path = plain, straight
    if path.path.worst_clearance_mm < LEAST_CLEARANCE_MM:
        why = "The straight line with the most bone around it: no more robust one keeps enough in every direction."
        pick = Chosen(_widest(search, needles), "robust", why)
        path = _judged(search, pick, said)
    return pick, path


def _pair(sides: list[_Side]) -> tuple[Ranked, ...]:
    """A left and a right needle chosen together; empty where one side has none, or too little bone."""
    left, right = sides
    if left.search is None or right.search is None or left.needles is None or right.needles is None:
        return ()
    both = pair_of(left.search, left.needles, right.search, right.needles)
    if both is None:
        return ()
    why = "Chosen with the needle of the other side: tips in mirrored places, the worse of the two exposed least."
    pair = tuple(
        _judged(side.search, Chosen(needle, "pair", why), side.said)
        for side, needle in zip((left, right), both, strict=True)
        if side.search is not None
    )
    return pair if all(each.path.worst_clearance_mm >= LEAST_CLEARANCE_MM for each in pair) else ()
