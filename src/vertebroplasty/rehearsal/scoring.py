"""The score of a session by five elements: selection, placement, timing, fluoroscopy, outcome.

Every element is the mean share of its own items, each with its moment and its reason.  No mark is a pass: what can be
compared is compared with the planner's own run on the same bone, and with the trainee's earlier sessions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.rehearsal.debrief import Debrief, debrief
from vertebroplasty.rehearsal.mark import Element, element
from vertebroplasty.rehearsal.marks_injection import fluoroscopy_marks, outcome_marks, timing_marks
from vertebroplasty.rehearsal.marks_placement import placement_marks, selection_marks
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["ELEMENTS", "AgainstPast", "Score", "score"]

ELEMENTS = ("selection", "placement", "timing", "fluoroscopy", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstPast:
    """One element beside the trainee's earlier sessions: how many, their mean, and the difference to it."""

    sessions: int
    mean: float
    difference: float | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Score:
    """The five elements, the truth they rest on, and the past where it was handed in."""

    elements: Mapping[str, Element]
    told: Debrief
    past: Mapping[str, AgainstPast]


def score(
    state: RehearsalState,
    *,
    reference: RehearsalState | None = None,
    strength_ratios: tuple[float, float] | None = None,
    past: Mapping[str, Sequence[float]] | None = None,
) -> Score:
    """Score a session.

    `reference` is the planner's own run with the same case and seed; `strength_ratios` are failure load after over
    before of this session and of that run, where somebody worked them out; `past` holds earlier values by element.

    Raises:
        Refused: the reference is of another case or seed, or the past names no such element.
    """
    if reference is not None and (reference.case is not state.case or reference.seed != state.seed):
        raise Refused("The run to compare with is of another case or seed: make one of the same.", where="reference")
    unknown = sorted(set(past or {}) - set(ELEMENTS))
    if unknown:
        raise Refused(f"The past names {unknown[0]}: the elements are {', '.join(ELEMENTS)}.", where="past")
    told = debrief(state)
    planned = None if reference is None else debrief(reference)
    found = {
        "selection": element(selection_marks(state)),
        "placement": element(placement_marks(state)),
        "timing": element(timing_marks(state)),
        "fluoroscopy": element(fluoroscopy_marks(state, told, reference)),
        "outcome": element(outcome_marks(state, told, planned, strength_ratios)),
    }
    return Score(elements=found, told=told, past=_against_past(found, past or {}))


def _against_past(found: Mapping[str, Element], past: Mapping[str, Sequence[float]]) -> dict[str, AgainstPast]:
    beside = {}
    for name, values in past.items():
        if len(values):
            mean, value = float(np.mean(values)), found[name].value
            difference = None if value is None else value - mean
            beside[name] = AgainstPast(sessions=len(values), mean=mean, difference=difference)
    return beside
