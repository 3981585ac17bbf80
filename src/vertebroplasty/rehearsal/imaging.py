"""What turning the C-arm, stepping on the pedal and injecting contrast do to a session."""

from dataclasses import replace
from typing import Any

from vertebroplasty.cement.actions import CArm, Image, Phlebogram
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.coach import ViewTruth, truth
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.rehearsal.case import LATERAL
from vertebroplasty.rehearsal.seeing import counts_as_true, named_view, shown
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["exposed", "phlebogram_taken", "turned"]

TURN_DEG_PER_S = 15.0  # [choice] a C-arm turned by its motor
TURN_LEAST_S = 2.0  # [choice] to start and settle
PARKED = (90.0, 0.0)  # [choice] LAO and cranial of a biplane unit's second tube before it is first turned: a lateral
PHLEBOGRAM_S = 15.0  # [choice] contrast medium injected
MOST_FRAMES = 600  # [choice] with one step on the pedal
DECIMALS = 6  # [choice] of angles in the log


def turned(state: RehearsalState, action: CArm) -> RehearsalState:
    """One tube turned to a pose, the short way round."""
    frame = state.case.vertebra.frame
    CArmView(
        lao_deg=action.lao_deg, cranial_deg=action.cranial_deg, isocentre_lps_mm=frame.origin_lps_mm
    )  # refuses angles that no C-arm has
    lao_deg, cranial_deg = (state.lao_deg, state.cranial_deg) if action.plane == 1 else state.second or PARKED
    around = abs((action.lao_deg - lao_deg + 180.0) % 360.0 - 180.0)
    taken_s = TURN_LEAST_S + max(around, abs(action.cranial_deg - cranial_deg)) / TURN_DEG_PER_S
    if action.plane == 1:
        after = replace(state, lao_deg=action.lao_deg, cranial_deg=action.cranial_deg)
    else:
        after = replace(state, second=(action.lao_deg, action.cranial_deg))
    return after.later(taken_s)


def exposed(state: RehearsalState, action: Image) -> RehearsalState:
    """Frames taken with one tube or both at once; what either shows has been seen.

    Live frames take no time of their own: time passes with what is done meanwhile.

    Raises:
        Refused: too many frames, or the second tube has not been set.
    """
    if action.frames > MOST_FRAMES:
        raise Refused(f"{action.frames:.6g} frames are too many at once: step on the pedal for up to {MOST_FRAMES}.")
    looks = [shown(state, plane) for plane in range(1, action.planes + 1)]
    seen = list(dict.fromkeys(what for _, each in looks for what in each))
    fresh = [what for what in seen if what not in state.seen]
    said = f"Now seen: {', '.join(fresh)}." if fresh else ""
    after = _radiated(state, action.frames, [named_view(found) for found, _ in looks])
    after = after.later(0.0 if action.live else action.frames / FRAMES_PER_S)
    first, *others = (_view_taken(found) for found, _ in looks)
    view, rest = first.pop("view"), {"second": others[0]} if others else {}
    after = after.noted(
        "picture", said, view=view, frames=action.frames, live=action.live or None, seen=seen, **first,
        injected_ml=state.bone.injected_ml, **rest,
    )  # fmt: skip
    for what in fresh:
        after = after.noted("leak", site=what, visible=True)
    return replace(after, seen=(*state.seen, *fresh))


def phlebogram_taken(state: RehearsalState, action: Phlebogram) -> RehearsalState:
    """Contrast agent injected while one tube runs; recorded, not simulated."""
    state.bone.needles.path(action.needle)
    view = named_view(truth(state.view, state.case.vertebra.frame))
    frames = round(PHLEBOGRAM_S * FRAMES_PER_S)
    after = _radiated(state, frames, [view]).later(PHLEBOGRAM_S)
    injected: dict[str, Any] = {"needle": action.needle, "volume_ml": action.volume_ml}
    return after.noted("phlebogram", view=view, frames=frames, **injected)


def _view_taken(found: ViewTruth) -> dict[str, Any]:
    """One view, for the log."""
    return {
        "view": named_view(found),
        "true": counts_as_true(found),
        "from_true_ap_deg": round(found.from_true_ap_deg, DECIMALS),
        "from_true_lateral_deg": round(found.from_true_lateral_deg, DECIMALS),
    }


def _radiated(state: RehearsalState, frames: int, views: list[str]) -> RehearsalState:
    """With the frames and the skin dose of so many frames in each of the views; an oblique counts as a lateral."""
    per_frame = state.case.entrance_mgy
    dose_mgy = state.dose_mgy
    for view in views:
        dose_mgy += frames * per_frame.get(view, per_frame[LATERAL])
    return replace(state, frames=state.frames + frames * len(views), dose_mgy=dose_mgy)
