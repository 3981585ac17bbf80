"""A session: it starts on a case, and every action of the trainee gives a new state.

The same case, seed and actions give the same state to the bit.  What cannot be done is said in the log and changes
nothing else.  Time only goes forward.  Research, education and audit; not a medical device.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from vertebroplasty.cement.actions import LONGEST_S, Action, Push, parse_actions
from vertebroplasty.errors import Refused, VertebroplastyError
from vertebroplasty.rehearsal.bone import untouched
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.handling import HANDLED
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["MOST_ACTIONS", "log_lines", "made_ready", "moments_replayed", "replayed", "start", "step"]

MOST_ACTIONS = 20_000  # [choice] twenty minutes of a syringe pushed fifteen times a second
DROP_ML = 1e-4  # [choice] pushed on trial
DRAWS = 2  # [choice] the fewest that can be drawn; the first is this patient's
Handled = Callable[[RehearsalState, Any], RehearsalState]


def start(case: RehearsalCase, seed: int) -> RehearsalState:
    """A session before its first action; the seed draws how this bone and this batch of cement really are.

    Permeability of the bone, viscosity of marrow and consistency of the cement are drawn as for the leak risk, so that
    no two seeds inject alike; nobody is told before the debrief.

    Raises:
        Refused: a seed below zero.
    """
    from vertebroplasty.cement.risk_sampling import draw

    if seed < 0:
        raise Refused(f"The seed is {seed}: give zero or more.", where="--seed")
    hidden = draw(DRAWS, seed)[0].bed
    state = RehearsalState(case=case, seed=seed, bone=untouched(case.grid, hidden))
    return state.noted(
        "start", case=case.name, level=case.level, seed=seed, grid_mm=case.grid.spacing_mm, gauge=case.gauge,
        product=case.product, volume_ml=case.volume_ml,
    )  # fmt: skip


def step(state: RehearsalState, action: Action) -> RehearsalState:
    """The state after one action; what cannot be done leaves a sentence in the log and nothing else.

    An action may state its moment `t_s` in seconds since the session began: until then time passes.  A moment that has
    passed already is refused by a sentence without a trace in the log, as it has no place in it.
    """
    try:
        asked = _checked(action)
    except VertebroplastyError as refusal:
        return replace(state, said=refusal.message)
    if state.actions >= MOST_ACTIONS:
        return replace(state, said=f"The session is over: a log holds {MOST_ACTIONS} actions. Look at the debrief.")
    if asked.t_s is not None and asked.t_s < state.now_s:
        return replace(state, said=f"{asked.name} at {asked.t_s:g} s lies in the past: it is {state.now_s:g} s.")
    begun = state if asked.t_s is None else replace(state, now_s=asked.t_s)
    written = asked.as_json() | {"t_s": begun.now_s}
    begun = replace(begun, log=begun.log.with_entry(written), actions=begun.actions + 1, said="")
    try:
        _refuse_after_the_end(begun)
        return _handler(asked)(begun, replace(asked, t_s=None))
    except VertebroplastyError as refusal:
        return begun.noted("impossible", refusal.message, asked=asked.name)


def made_ready(state: RehearsalState) -> RehearsalState:
    """The same moment with what the first push needs worked out, so that the syringe answers at once.

    Worth calling when a needle has been set and again when the cement is mixed, while the trainee looks elsewhere; log
    and hash stay what they are.
    """
    try:
        ready = replace(state, bone=state.bone.made_ready())
    except Refused:  # no cement can leave a needle that lies there; the push will say so
        return state
    if ready.mixed_s is not None and ready.bone.operation is None:
        step(ready, Push(rate_ml_per_s=DROP_ML, duration_s=1.0))  # thrown away: it loads what is compiled
    return ready


def replayed(case: RehearsalCase, seed: int, lines: Iterable[str | bytes]) -> RehearsalState:
    """The state that a log of actions leads to; event lines are passed over and made anew.

    Raises:
        Refused: a line is no action, or comes before the one above it.
    """
    (state,) = deque(moments_replayed(case, seed, lines), maxlen=1)
    return state


def moments_replayed(case: RehearsalCase, seed: int, lines: Iterable[str | bytes]) -> Iterator[RehearsalState]:
    """The states that a log of actions leads through: before the first action, and after each.

    Raises:
        Refused: a line is no action, or comes before the one above it.
    """
    state = start(case, seed)
    yield state
    for action in parse_actions(lines, most=MOST_ACTIONS):
        if action.t_s is not None and action.t_s < state.now_s:
            raise Refused(
                f"{action.name} at {action.t_s:g} s comes when it is {state.now_s:g} s already: order the log by time.",
                where="--replay",
            )
        state = step(state, action)
        yield state


def log_lines(state: RehearsalState) -> list[str]:
    """The log as JSON lines, actions and events; the last one tells the hash of the state it leads to."""
    end = {"t_s": state.now_s, "event": "end", "state_sha256": state.state_sha256}
    return [json.dumps(dict(entry), ensure_ascii=False) for entry in (*state.log, end)]


def _checked(action: Action) -> Action:
    """The action as a log would give it back, so that acting and replaying are the same.

    Raises:
        Refused: a value is not what its key says.
    """
    try:
        line = json.dumps(action.as_json())
    except (TypeError, ValueError):
        raise Refused("This action holds something that is no number or text.") from None
    try:
        found = parse_actions([line])
    except Refused as refusal:
        raise Refused(refusal.message.removeprefix("Line 1: ")) from None
    if not found:  # a log would take it for an event
        raise Refused(f"{action.name} holds a word that a log keeps for its events.")
    return found[0]


def _refuse_after_the_end(state: RehearsalState) -> None:
    if not math.isfinite(state.now_s) or state.now_s > LONGEST_S:
        raise Refused(f"The session is over: it lasts {LONGEST_S / 3600.0:g} hours at most. Look at the debrief.")


def _handler(action: Action) -> Handled:
    handled: Handled = HANDLED[type(action)]
    return handled
