"""Selection and placement: whether to begin at all, and where the needles came to lie."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.own_path import critique_in
from vertebroplasty.rehearsal.case import AP, LATERAL, RehearsalCase
from vertebroplasty.rehearsal.debrief import pours
from vertebroplasty.rehearsal.log import Entry
from vertebroplasty.rehearsal.mark import Mark
from vertebroplasty.rehearsal.state import RehearsalState, performed, views_taken

__all__ = ["AGAINST", "OPEN", "placement_marks", "selection_marks", "views_before"]

AGAINST = ("emergency", "absolute-contraindication", "defer", "not-indicated")
OPEN = ("relative-contraindication", "insufficient-data")
LEAST_CLEARANCE_MM = 1.0  # [choice] as for planned paths
HAND_MM, HAND_DEG = 2.0, 3.0  # [choice] twice the spread of a hand, as for the planned paths
SAME_PASS_MM, SAME_PASS_DEG = 2.0, 3.0  # [choice] moved or turned by more, it is another pass


def selection_marks(state: RehearsalState) -> Iterator[Mark]:
    """Whether a contraindication was passed over, and the level looked at before the first needle."""
    case = state.case
    first = next(iter(pours(state.log)), None)
    begun_s = None if first is None else first.begin_s
    said = f"The screening said {case.verdict}: {case.because}"
    if case.verdict in AGAINST:
        what = "left untreated" if begun_s is None else "injected against the screening"
        yield Mark(what=what, t_s=begun_s, effect=float(begun_s is None), because=f"{said} [S0]")
    elif case.verdict in OPEN:
        because = f"{said} The team decides. [S0]"
        yield Mark(what="the screening left it open", t_s=begun_s, effect=None, because=because)
    else:
        yield Mark(what="nothing spoke against treatment", t_s=begun_s, effect=1.0, because=f"{said} [S0]")
    placed = next((e["t_s"] for e in performed(state.log, "move-needle")), None)
    if placed is not None:
        views = views_before(state.log, 0.0, placed)
        yield Mark(
            what=f"level looked at in {len(views)} of 2 views before the first needle",
            t_s=placed,
            effect=len(views) / 2,
            because="Looked at twice, in AP and lateral, a wrong level is noticed before the needle. [choice]",
        )


def views_before(log: Sequence[Entry], begin_s: float, end_s: float) -> set[str]:
    """Which of the two standard views were taken within a time."""
    taken = (e for e in log if e.get("event") == "picture" and begin_s <= e["t_s"] <= end_s)
    return {view for e in taken for view, _ in views_taken(e)} & {AP, LATERAL}


def placement_marks(state: RehearsalState) -> Iterator[Mark]:
    """Clearance, breach, passes and distance to the plan, for every needle that was left where it lay."""
    tracks: dict[int, list[tuple[float, NeedlePath]]] = {}
    for entry in performed(state.log, "move-needle"):
        path = NeedlePath(
            entry_lps_mm=np.array(entry["entry_lps_mm"]),
            tip_lps_mm=np.array(entry["tip_lps_mm"]),
            gauge_number=state.case.gauge,
        )
        tracks.setdefault(int(entry["needle"]), []).append((float(entry["t_s"]), path))
    for number, places in tracks.items():
        yield from _of_needle(state.case, number, places)


def _of_needle(case: RehearsalCase, number: int, places: list[tuple[float, NeedlePath]]) -> Iterator[Mark]:
    t_s, path = places[-1]
    try:
        found = critique_in(case.vertebra, path.entry_lps_mm, path.tip_lps_mm, case.gauge).paths[0]
    except Refused as refusal:
        yield Mark(what=f"needle {number} meets no bone", t_s=t_s, effect=0.0, because=refusal.message)
        return
    worst = found.worst_clearance_mm
    yield Mark(
        what=f"needle {number}: smallest clearance {worst:.1f} mm",
        t_s=t_s,
        effect=float(np.clip(worst / LEAST_CLEARANCE_MM, 0.0, 1.0)),
        because=f"A planned path keeps {LEAST_CLEARANCE_MM:g} mm of bone around the needle. [choice]",
    )
    yield Mark(
        what=f"needle {number}: Gertzbein-Robbins grade {found.gertzbein_robbins}",
        t_s=t_s,
        effect=float(found.gertzbein_robbins == "A"),
        because="Grade A is a needle that stays within the pedicle. [GR-secondary]",
    )
    yield _passes(number, places)
    yield _from_plan(case, number, t_s, path)


def _passes(number: int, places: list[tuple[float, NeedlePath]]) -> Mark:
    """How often the needle was set anew; advancing it along its line is no new pass."""
    passes, last_s = 1, places[0][0]
    for (_, before), (t_s, after) in pairwise(places):
        if _turned_deg(before, after) > SAME_PASS_DEG or _aside_mm(before, after) > SAME_PASS_MM:
            passes, last_s = passes + 1, t_s
    return Mark(
        what=f"needle {number}: {passes} pass{'es' * (passes > 1)}",
        t_s=last_s,
        effect=1.0 / passes,
        because="The planner's own run needs one pass; every other one leaves a track that cement can follow. [choice]",
    )


def _from_plan(case: RehearsalCase, number: int, t_s: float, path: NeedlePath) -> Mark:
    """Distance to the nearest planned path."""
    if not case.paths:
        return Mark(
            what=f"needle {number}: no planned path to compare with", t_s=t_s, effect=None,
            because="The planner finds no safe path on this level.",
        )  # fmt: skip
    best = min(case.paths, key=lambda each: float(np.linalg.norm(each.tip_lps_mm - path.tip_lps_mm)))
    tip_mm, turned = float(np.linalg.norm(best.tip_lps_mm - path.tip_lps_mm)), _turned_deg(best.path, path)
    shares = [min(1.0, limit / max(off, 1e-9)) for limit, off in ((HAND_MM, tip_mm), (HAND_DEG, turned))]
    return Mark(
        what=f"needle {number}: tip {tip_mm:.1f} mm and {turned:.1f}° from planned path {best.rank}",
        t_s=t_s,
        effect=min(shares),
        because=f"A hand that aims well stays within {HAND_MM:g} mm and {HAND_DEG:g}°. [choice]",
    )


def _turned_deg(one: NeedlePath, other: NeedlePath) -> float:
    cross = float(np.linalg.norm(np.cross(one.direction_lps, other.direction_lps)))
    return float(np.degrees(np.arctan2(cross, one.direction_lps @ other.direction_lps)))


def _aside_mm(one: NeedlePath, other: NeedlePath) -> float:
    """Distance of the other needle's entry from the first one's line."""
    offset = other.entry_lps_mm - one.entry_lps_mm
    return float(np.linalg.norm(offset - (offset @ one.direction_lps) * one.direction_lps))
