"""What the planner's own run did with the same bone and seed: its needle, its volume, and why it stopped."""

from dataclasses import dataclass
from enum import StrEnum

from vertebroplasty.cement.stop_reason import StopReason
from vertebroplasty.rehearsal.automatic import CAUTION_ONLY
from vertebroplasty.rehearsal.marks_placement import AGAINST
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["Ending", "PlannedNeedle", "ending_of", "first_needle", "sites_seen"]

SHORT_OF = 0.95  # [choice] of the volume aimed for: less was cut short


class Ending(StrEnum):
    """Why the planner's own run put no more cement in."""

    AGAINST = "against"
    NO_PATH = "no-path"
    SEEN = "seen"
    PRESSURE = "pressure"
    PASTE = "paste"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNeedle:
    """The path it went by: side, approach, smallest clearance, and the chance of a breach by a shaky hand."""

    side: str
    approach: str
    clearance_mm: float
    breach_probability: float
    gertzbein_robbins: str


def first_needle(state: RehearsalState) -> PlannedNeedle | None:
    """The needle of the planner's own run; None where it set none."""
    if state.case.verdict in AGAINST or not state.case.paths:
        return None
    path = state.case.paths[0]
    return PlannedNeedle(
        side=path.side,
        approach=path.approach,
        clearance_mm=path.worst_clearance_mm,
        breach_probability=path.breach_probability,
        gertzbein_robbins=path.gertzbein_robbins,
    )


def sites_seen(state: RehearsalState) -> tuple[str, ...]:
    """Where its pictures showed cement that asks for a stop."""
    return tuple(what for what in state.seen if what not in CAUTION_ONLY)


def ending_of(state: RehearsalState) -> Ending:
    """Why it stopped: a reason that it could know of, the first that applies."""
    if state.case.verdict in AGAINST:
        return Ending.AGAINST
    if not state.case.paths:
        return Ending.NO_PATH
    if sites_seen(state):
        return Ending.SEEN
    ended = {entry.get("ended") for entry in state.log if entry.get("event") == "pushed"}
    if StopReason.PRESSURE_LIMIT.value in ended:
        return Ending.PRESSURE
    cut_short = state.bone.injected_ml < SHORT_OF * state.case.volume_ml
    return Ending.PASTE if cut_short or StopReason.PASTE_ENDED.value in ended else Ending.VOLUME
