"""What every action does to a session, and how many seconds it takes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vertebroplasty.cement.actions import (
    LONGEST_S,
    MOST_NEEDLES,
    Action,
    Balloon,
    CArm,
    Help,
    Image,
    Mix,
    MoveNeedle,
    Pause,
    Phlebogram,
    Push,
    Stop,
    Stylet,
    Wait,
    Withdraw,
)  # fmt: skip
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.result import StopReason
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.rehearsal.advice import advice
from vertebroplasty.rehearsal.bone import MOST_ML, Begin, Poured
from vertebroplasty.rehearsal.imaging import exposed, phlebogram_taken, turned
from vertebroplasty.rehearsal.seeing import could_be_seen_from_ml
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["HANDLED"]

PLACE_S = 40.0  # [choice] a needle set on the bone for the first time
ADVANCE_S = 10.0  # [choice] a needle moved that is in place
MIX_S = 30.0  # [choice] powder and liquid stirred and drawn up; the clock runs
STYLET_S = 5.0  # [choice] the syringe taken off, the stylet put in
WITHDRAW_S = 8.0  # [choice] a needle drawn out
BALLOON_S = 30.0  # [choice] a balloon put in, inflated and taken out
LONGEST_PUSH_S = 120.0  # [choice] in one push: it can be pushed again
FARTHEST_MM = 400.0  # [choice] a point farther from the vertebra is a mistake
STOPPED = "You have stopped: no more is pushed. After a leak draw the cannula over the stylet, else put it back."
ROUNDING = 1e-9  # [choice] of a volume written as rate times time
ENDED = {
    StopReason.PASTE_ENDED: "The pasty phase has ended: the cement cannot be pushed any more.",
    StopReason.PRESSURE_LIMIT: "At the highest pressure allowed the cement hardly moves: push more slowly, or end.",
}


def _move(state: RehearsalState, action: MoveNeedle) -> RehearsalState:
    if action.needle > MOST_NEEDLES:
        raise Refused(f"There are {MOST_NEEDLES} needles at most, numbered from 1.")
    entry, tip = np.asarray(action.entry_lps_mm, float), np.asarray(action.tip_lps_mm, float)
    frame = state.case.vertebra.frame
    if max(np.abs(point - frame.origin_lps_mm).max() for point in (entry, tip)) > FARTHEST_MM:
        raise Refused(f"That point is more than {FARTHEST_MM:g} mm from {state.case.level}: give LPS millimetres.")
    side = "left" if frame.to_local(entry)[0] < 0.0 else "right"
    path = NeedlePath(entry_lps_mm=entry, tip_lps_mm=tip, gauge_number=state.case.gauge, side=side)
    taken_s = ADVANCE_S if action.needle in state.bone.needles.placed else PLACE_S
    return replace(state, bone=state.bone.placed(action.needle, path)).later(taken_s)


def _mix(state: RehearsalState, action: Mix) -> RehearsalState:
    product = cement_product(action.product).key
    bone, first = state.bone, state.mixed_s
    if bone.operation is None:
        if action.needle is not None:
            raise Refused("The first mix fills every syringe: leave its needle out.")
        first = state.now_s
    else:
        bone = bone.mixed_again(action, state.now_s - _mixed(state))
    after = replace(state, bone=bone, product=product, mixed_s=first, last_mix_s=state.now_s)
    return after.noted("mix-start", product=product).later(MIX_S)


def _wait(state: RehearsalState, action: Wait) -> RehearsalState:
    if state.now_s + action.duration_s > LONGEST_S:
        raise Refused(f"The session lasts {LONGEST_S:g} s at most: wait for less.")
    return state.later(action.duration_s)


def _push(state: RehearsalState, action: Push) -> RehearsalState:
    if state.stopped_s is not None:
        raise Refused(STOPPED)
    clock_s = state.now_s - _mixed(state)
    if (action.volume_ml or 0.0) > MOST_ML:
        raise Refused(f"One push holds {MOST_ML:g} ml at most: look at a picture, then push again.")
    lasts_s = action.duration_s or (action.volume_ml or 0.0) / (action.rate_ml_per_s or MOST_ML)
    if lasts_s > LONGEST_PUSH_S:
        raise Refused(f"One push lasts {LONGEST_PUSH_S:g} s at most: look at a picture, then push again.")
    if action.rate_ml_per_s is not None and action.rate_ml_per_s * lasts_s > MOST_ML * (1.0 + ROUNDING):
        raise Refused(f"One push holds {MOST_ML:g} ml at most: look at a picture, then push again.")
    begin = Begin(
        product=str(state.product),
        room_temperature_c=state.case.room_temperature_c,
        seen_from_ml=could_be_seen_from_ml(state.case),
    )
    bone, poured = state.bone.pushed(action, begin, clock_s)
    return _after_pouring(replace(state, bone=bone), poured, "pushed")


def _after_pouring(state: RehearsalState, poured: Poured, event: str, **values: Any) -> RehearsalState:
    """Time, syringe and manometer after cement was driven out; what leaked stays hidden."""
    begin_s, phase = state.now_s, state.phase
    said = "" if poured.ended is None else ENDED[poured.ended]
    return replace(state, pressure_kpa=poured.pressure_kpa).later(poured.duration_s).noted(
        event, said, begin_s=begin_s, volume_ml=poured.volume_ml, phase=None if phase is None else phase.value,
        pressure_kpa=poured.pressure_kpa, injected_ml=state.bone.injected_ml,
        ended=None if poured.ended is None else poured.ended.value, **values,
    )  # fmt: skip


def _stop(state: RehearsalState, _: Stop) -> RehearsalState:
    if state.bone.operation is None:
        raise Refused("Nothing has been pushed yet, so there is nothing to stop.")
    if state.stopped_s is not None:
        raise Refused("The injection has been stopped already.")
    return replace(state, stopped_s=state.now_s).noted("stop", injected_ml=state.bone.injected_ml)


def _stylet(state: RehearsalState, action: Stylet) -> RehearsalState:
    clock_s = 0.0 if state.mixed_s is None else state.now_s + STYLET_S - state.mixed_s
    bone, poured, went_in = state.bone.stylet(action, clock_s)
    after = replace(state, bone=bone).later(STYLET_S)
    return _after_pouring(after, poured, "stylet", needle=action.needle, reinserted=went_in)


def _withdraw(state: RehearsalState, action: Withdraw) -> RehearsalState:
    before_ml = state.bone.injected_ml
    clock_s = 0.0 if state.mixed_s is None else state.now_s - state.mixed_s
    bone = state.bone.drawn_out(action, action.needle, clock_s)
    after = replace(state, bone=bone).later(WITHDRAW_S)
    return after.noted("needle-out", needle=action.needle, in_track_ml=bone.injected_ml - before_ml)


def _balloon(state: RehearsalState, action: Balloon) -> RehearsalState:
    bone = state.bone.inflated(action)
    cavity = bone.cavities[-1]
    after = replace(state, bone=bone).later(BALLOON_S)
    return after.noted("balloon", needle=action.needle, volume_ml=cavity.volume_ml, pressure_kpa=cavity.pressure_kpa)


def _help(state: RehearsalState, _: Help) -> RehearsalState:
    return state.noted("advice", advice(state))


def _pause(state: RehearsalState, _: Pause) -> RehearsalState:
    return state


def _mixed(state: RehearsalState) -> float:
    """When the clock of the cement began.

    Raises:
        Refused: nothing has been mixed.
    """
    if state.mixed_s is None:
        raise Refused("No cement has been mixed: mix first.")
    return state.mixed_s


HANDLED: Mapping[type[Action], Callable[[RehearsalState, Any], RehearsalState]] = {
    CArm: turned, Image: exposed, MoveNeedle: _move, Mix: _mix, Wait: _wait, Push: _push, Pause: _pause, Stop: _stop,
    Stylet: _stylet, Withdraw: _withdraw, Balloon: _balloon, Phlebogram: phlebogram_taken, Help: _help,
}  # fmt: skip
