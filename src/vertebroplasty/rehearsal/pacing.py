"""A session played against a wall clock: what is held down while time passes becomes actions of the log.

A held syringe is one push for the time that passed, a held pedal live frames, and time in which nothing is done is
written when the next action states its moment.  What comes of it is an ordinary session: its log replays.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vertebroplasty.cement.actions import LONGEST_S, Action, Image, Push
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S
from vertebroplasty.rehearsal.bone import MOST_ML
from vertebroplasty.rehearsal.session import step
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["LONGEST_ELAPSED_S", "PULSE_S", "Paced", "Plunger", "begun", "paced"]

LONGEST_ELAPSED_S = 60.0  # [choice] in one message: after more than that nobody was playing
PULSE_S = 1.0 / FRAMES_PER_S  # [exact] seconds from one pulse of the beam to the next
PULSE_ROUNDING = 1e-9  # [choice] of a pulse: the end of a message on a pulse belongs to the next message
OVER = f"The session is over: it lasts {LONGEST_S / 3600.0:g} hours at most. Look at the debrief."


@dataclass(frozen=True, slots=True, kw_only=True)
class Plunger:
    """The syringe as it is held: at a rate or at a pressure, through one needle, several, or those used last."""

    rate_ml_per_s: float | None = None
    pressure_kpa: float | None = None
    needle: int | None = None
    needles: tuple[int, ...] | None = None

    def pushed(self, duration_s: float) -> Push:
        """The push that holding it for a time is; at a rate no longer than one push may hold.

        Raises:
            Refused: neither a rate nor a pressure is given, or both; or needles that are no two.
        """
        if self.rate_ml_per_s is not None and self.rate_ml_per_s * duration_s > MOST_ML:
            duration_s = MOST_ML / self.rate_ml_per_s
        return Push(
            needle=self.needle, needles=self.needles, rate_ml_per_s=self.rate_ml_per_s, pressure_kpa=self.pressure_kpa,
            duration_s=duration_s,
        )  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Paced:
    """A session and its clock, which runs on between two actions; times in seconds since the session began.

    `pulse_s` is the time to the next pulse of the beam while the pedal is down, 0 while it is up: a pulse comes as soon
    as the pedal goes down.  `stalled` is the plunger that is held in vain; it is not tried again before it is let go or
    something else is done.
    """

    state: RehearsalState
    now_s: float
    pulse_s: float = 0.0
    stalled: Plunger | None = None

    @property
    def ahead_s(self) -> float:
        """Time since the last action; the next one states it."""
        return self.now_s - self.state.now_s


def begun(state: RehearsalState) -> Paced:
    """A session taken up at the moment of its last action."""
    return Paced(state=state, now_s=state.now_s)


def paced(
    p: Paced,
    *,
    elapsed_s: float,
    actions: Iterable[Action] = (),
    push: Plunger | None = None,
    pedal: bool = False,
    planes: int = 1,
) -> Paced:
    """The session some time later: first the time passes with syringe and pedal as they were held, then come `actions`.

    `elapsed_s` is the session's time since the message before.  Actions happen at its end, whatever moment they state;
    those that take time (a needle set, a C-arm turned) put the session ahead of the wall.  The session's own limits
    hold: what cannot be done leaves its sentence in `state.said`.

    Raises:
        Refused: a time that is none or above 60 s, or both planes where the second is not set; nothing has happened.
    """
    if not 0.0 <= elapsed_s <= LONGEST_ELAPSED_S:
        raise Refused(f"elapsed_s is {elapsed_s}: give 0 to {LONGEST_ELAPSED_S:g} seconds.", where="elapsed_s")
    if pedal:
        p.state.view_of(planes)
    end_s = min(p.now_s + elapsed_s, max(LONGEST_S, p.now_s))
    gone_s = end_s - p.now_s
    after = _pushed(p, push, gone_s)
    after = replace(after, now_s=max(end_s, after.now_s))
    after = _exposed(after, gone_s, planes) if pedal else replace(after, pulse_s=0.0)
    if end_s < p.now_s + elapsed_s:
        after = replace(after, state=replace(after.state, said=OVER))
    for action in actions:  # any of them may be what a plunger held in vain was waiting for
        after = replace(_done(after, action), stalled=None)
    return after


def _pushed(p: Paced, push: Plunger | None, gone_s: float) -> Paced:
    """The syringe held for a time; held in vain it is left alone from then on."""
    if push is None:
        return replace(p, stalled=None)
    if gone_s == 0.0 or push == p.stalled:
        return p
    after = _done(p, push.pushed(gone_s))
    came_ml = after.state.bone.injected_ml - p.state.bone.injected_ml
    return replace(after, stalled=None if came_ml > 0.0 else push)


def _exposed(p: Paced, gone_s: float, planes: int) -> Paced:
    """The pulses of a time with the pedal down, as live frames at its end."""
    frames = max(math.ceil((gone_s - p.pulse_s) * FRAMES_PER_S - PULSE_ROUNDING), 0)
    after = replace(p, pulse_s=max(p.pulse_s + frames * PULSE_S - gone_s, 0.0))
    return after if frames == 0 else _done(after, Image(frames=frames, live=True, planes=planes))


def _done(p: Paced, action: Action) -> Paced:
    """An action now: it states the time that has passed since the one before."""
    after = step(p.state, replace(action, t_s=p.now_s))
    return replace(p, state=after, now_s=max(p.now_s, after.now_s))
