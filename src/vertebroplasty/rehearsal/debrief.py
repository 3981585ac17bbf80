"""The truth after a session: where the cement lies, when each leak could first be seen, how long it took to stop."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.leak import BONY_SITES, Leak
from vertebroplasty.rehearsal.log import Entry
from vertebroplasty.rehearsal.seeing import WALL
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["Debrief", "Pour", "debrief", "pours"]

CAUTION_ONLY = (LeakSite.DISC_ABOVE, LeakSite.DISC_BELOW)  # seen there, one goes on with care


@dataclass(frozen=True, slots=True, kw_only=True)
class Pour:
    """Cement driven out by one push, or by a stylet put back: from when to when, how much, in which phase."""

    begin_s: float
    end_s: float
    volume_ml: float
    phase: str
    pushed: bool

    def after(self, t_s: float) -> float:
        """The ml of it that came later than a moment, taken as poured evenly."""
        if self.end_s <= self.begin_s:
            return self.volume_ml if self.begin_s >= t_s else 0.0
        return self.volume_ml * float(np.clip((self.end_s - t_s) / (self.end_s - self.begin_s), 0.0, 1.0))


@dataclass(frozen=True, eq=False, kw_only=True)
class Debrief:
    """What a session came to; times in seconds since it began.

    `first_visible_s` is when a leak that asks for a stop could first be seen in the better view, `first_seen_s` when a
    picture showed one; both None where that never was.  `stop_delay_s` counts from the picture, or else from the moment
    it could have been seen, to the stop: the trainee's word, or the last push where that came later.
    `stylet_after_ml` is what a stylet drove in after the leak could be seen; a cannula drawn over it drives in nothing.
    """

    injected_ml: float
    in_body_ml: float
    leaks: tuple[Leak, ...]
    not_assessed: tuple[str, ...]
    wall_reached: bool
    first_visible_s: float | None
    first_seen_s: float | None
    stop_delay_s: float | None
    poured_after_visible_ml: float
    stylet_after_ml: float


def pours(log: Sequence[Entry]) -> list[Pour]:
    """All cement driven out, in order."""
    return [
        Pour(
            begin_s=e["begin_s"],
            end_s=e["t_s"],
            volume_ml=e["volume_ml"],
            phase=e.get("phase", ""),
            pushed=e["event"] == "pushed",
        )
        for e in log
        if e.get("event") in ("pushed", "stylet") and e["volume_ml"] > 0.0
    ]


def debrief(state: RehearsalState) -> Debrief:
    """Everything that was hidden from the trainee."""
    bone, poured = state.bone, pours(state.log)
    run = None if bone.operation is None else bone.operation.run
    visible, seen = _first_visible_s(state), _first_seen_s(state)
    since = seen if seen is not None else visible
    after = [] if visible is None else [(pour.pushed, pour.after(visible)) for pour in poured]
    return Debrief(
        injected_ml=bone.injected_ml,
        in_body_ml=0.0 if run is None else run.flow.in_bone_ml,
        leaks=() if run is None else run.leaks(),
        not_assessed=() if state.case.grid.breaches_can_be_seen else tuple(site.value for site in BONY_SITES),
        wall_reached=run is not None and run.flow.wall_reached(),
        first_visible_s=visible,
        first_seen_s=seen,
        stop_delay_s=None if since is None else max(_stop_s(state, poured) - since, 0.0),
        poured_after_visible_ml=sum(ml for _, ml in after),
        stylet_after_ml=sum(ml for pushed, ml in after if not pushed),
    )


def _first_visible_s(state: RehearsalState) -> float | None:
    """When a leak that asks for a stop could first be seen, on the session's clock."""
    if state.bone.operation is None or state.mixed_s is None:
        return None
    moments = [t_s for site, t_s in state.bone.operation.run.visible_s.items() if site not in CAUTION_ONLY]
    return state.mixed_s + min(moments) if moments else None


def _first_seen_s(state: RehearsalState) -> float | None:
    """When a picture first showed one."""
    passed = (*(site.value for site in CAUTION_ONLY), WALL)
    moments = [e["t_s"] for e in state.log if e.get("event") == "leak" and e["site"] not in passed]
    return min(moments) if moments else None


def _stop_s(state: RehearsalState, poured: list[Pour]) -> float:
    """When pushing was over for good; what a stylet drives in later is told apart."""
    last = max((pour.end_s for pour in poured if pour.pushed), default=0.0)
    return last if state.stopped_s is None else max(last, state.stopped_s)
