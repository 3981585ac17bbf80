"""Help for a trainee who asks: the view, the clock, the needle; never what he has not seen."""

import numpy as np

from vertebroplasty.cement.setting import Phase
from vertebroplasty.fluoroscopy.coach import truth
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["advice"]

BY_PHASE = {
    Phase.LIQUID: "The cement is still liquid: wait until it is paste.",
    Phase.PASTY: "The cement is paste: push in small portions and look after each.",
    Phase.CLOSING: "The paste is about to end: put the stylet back.",
    Phase.HARDENING: "The cement is hardening: push no more.",
    Phase.SET: "The cement has set.",
}


def advice(state: RehearsalState) -> str:
    """What may be done now, in a few sentences."""
    return " ".join((truth(state.view, state.case.vertebra.frame).turn, _of_the_needle(state), _of_the_cement(state)))


def _of_the_needle(state: RehearsalState) -> str:
    placed, paths = state.bone.needles.placed, state.case.paths
    if not paths:
        return "The planner finds no safe path on this level."
    best = paths[0]
    if not placed:
        entry, tip = (", ".join(f"{x:.0f}" for x in p) for p in (best.entry_lps_mm, best.tip_lps_mm))
        return f"The planner would go in on the {best.side} at {entry} and aim for {tip} (LPS mm)."
    off = {n: min(float(np.linalg.norm(p.tip_lps_mm - each.tip_lps_mm)) for each in paths) for n, p in placed.items()}
    return " ".join(f"The tip of needle {n} is {mm:.0f} mm from the nearest planned one." for n, mm in off.items())


def _of_the_cement(state: RehearsalState) -> str:
    if any(state.seen):
        return f"You have seen {', '.join(state.seen)}: stop, and look again in the other view."
    phase = state.phase
    return "No cement has been mixed." if phase is None else BY_PHASE[phase]
