"""Timing, fluoroscopy and outcome: the cement's phases, the pictures taken, and where the cement lies."""

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np

from vertebroplasty.cement.leak import LeakSite
from vertebroplasty.cement.setting import Phase
from vertebroplasty.fluoroscopy.coach import TRUE_AP_TURN_DEG, TRUE_TILT_DEG
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S
from vertebroplasty.rehearsal.case import AP, LATERAL
from vertebroplasty.rehearsal.debrief import Debrief, pours
from vertebroplasty.rehearsal.log import Entry
from vertebroplasty.rehearsal.mark import Mark, minutes
from vertebroplasty.rehearsal.marks_placement import views_before
from vertebroplasty.rehearsal.state import RehearsalState, performed, views_taken

__all__ = ["fluoroscopy_marks", "outcome_marks", "timing_marks"]

DROP_ML = 0.05  # [choice] that may follow a push before the next picture: a syringe held while the beam runs
PASTE = (Phase.PASTY.value, Phase.CLOSING.value)
CANAL = (LeakSite.EPIDURAL, LeakSite.BASIVERTEBRAL_VEIN)


def timing_marks(state: RehearsalState) -> Iterator[Mark]:
    """How much went in while the cement was paste, and whether the stylet went back in time."""
    poured = pours(state.log)
    total = sum(pour.volume_ml for pour in poured)
    if not total:
        return
    paste = sum(pour.volume_ml for pour in poured if pour.phase in PASTE)
    early = next((pour.begin_s for pour in poured if pour.phase not in PASTE), poured[0].begin_s)
    yield Mark(
        what=f"{paste:.2f} of {total:.2f} ml driven in while the cement was paste",
        t_s=early,
        effect=paste / total,
        because="Cement is injected in its pasty phase. [S0]",
    )
    stylets = [e for e in state.log if e.get("event") == "stylet"]
    went_in = any(e["reinserted"] for e in stylets)
    yield Mark(
        what="stylet back in the needle" if went_in else "stylet not back in the needle",
        t_s=stylets[-1]["t_s"] if stylets else None,
        effect=float(went_in),
        because="The stylet goes back before the cement hardens; else its column stays in the needle's track. [S0]",
    )


def fluoroscopy_marks(state: RehearsalState, told: Debrief, reference: RehearsalState | None) -> Iterator[Mark]:
    """Views before each advance and after each push, how true they were, time and dose, and the stop."""
    yield from _advances(state.log)
    yield from _looked_after_pushes(state.log)
    yield from _trueness(state.log)
    yield from _time_and_dose(state, reference)
    yield from _stop(told)


def _advances(log: Sequence[Entry]) -> Iterator[Mark]:
    begin_s = 0.0
    for entry in performed(log, "move-needle"):
        views = views_before(log, begin_s, entry["t_s"])
        lacking = [view for view in (AP, LATERAL) if view not in views]
        yield Mark(
            what=f"needle {entry['needle']} advanced " + (f"without {' and '.join(lacking)}" if lacking else "seen"),
            t_s=entry["t_s"],
            effect=len(views) / 2,
            because="AP and lateral together say where the tip is before it goes on. [radiologykey-needle]",
        )
        begin_s = entry["t_s"]


def _looked_after_pushes(log: Sequence[Entry]) -> Iterator[Mark]:
    pushes = [n for n, e in enumerate(log) if e.get("event") == "pushed" and e["volume_ml"] > 0.0]
    if not pushes:
        return
    unseen = _unseen(log, pushes)
    ml = sum(log[n]["volume_ml"] for n in unseen) / sum(log[n]["volume_ml"] for n in pushes)
    yield Mark(
        what=f"{len(pushes) - len(unseen)} of {len(pushes)} pushes followed by a picture",
        t_s=log[unseen[0]]["t_s"] if unseen else log[pushes[0]]["t_s"],
        effect=1.0 - ml,
        because="What has leaked is only seen on a picture taken after it; weighed by ml. [S0]",
    )


def _unseen(log: Sequence[Entry], pushes: list[int]) -> list[int]:
    """Those pushes after which more than a drop came before the next picture, or none was taken any more."""
    unseen: list[int] = []
    waiting: deque[tuple[int, float]] = deque()  # with the ml pushed in all when each had ended
    looked_at, total_ml = set(pushes), 0.0
    for n, entry in enumerate(log):
        if n in looked_at:
            total_ml += entry["volume_ml"]
            waiting.append((n, total_ml))
            while total_ml - waiting[0][1] > DROP_ML:
                unseen.append(waiting.popleft()[0])
        elif entry.get("event") == "picture":
            waiting.clear()
    return [*unseen, *(n for n, _ in waiting)]


def _trueness(log: Sequence[Entry]) -> Iterator[Mark]:
    frames = [(e["t_s"], e["frames"], true) for e in log if e.get("event") == "picture" for _, true in views_taken(e)]
    if not frames:
        return
    total, off = sum(n for _, n, _ in frames), sum(n for _, n, true in frames if not true)
    first_s = next((t_s for t_s, _, true in frames if not true), frames[0][0])
    yield Mark(
        what=f"{total - off} of {total} frames in a true AP or lateral",
        t_s=first_s,
        effect=1.0 - off / total,
        because=f"Within {TRUE_AP_TURN_DEG:g}° of turn and {TRUE_TILT_DEG:g}° of tilt a view counts as true. [choice]",
    )


def _time_and_dose(state: RehearsalState, reference: RehearsalState | None) -> Iterator[Mark]:
    """Compared with the planner's own run; alone it is only told."""
    if not state.frames:
        return
    what = f"fluoroscopy {state.frames / FRAMES_PER_S:.1f} s, {state.dose_mgy:.2f} mGy at the skin (relative)"
    if reference is None or not reference.frames:
        yield Mark(what=what, t_s=state.now_s, effect=None, because="There is no run to compare it with.")
        return
    yield Mark(
        what=what,
        t_s=state.now_s,
        effect=min(1.0, reference.dose_mgy / state.dose_mgy),
        because=f"The planner's own run took {reference.dose_mgy:.2f} mGy; less is not worth more. [choice]",
    )


def _stop(told: Debrief) -> Iterator[Mark]:
    if told.first_visible_s is None:
        return
    share = told.poured_after_visible_ml / told.injected_ml if told.injected_ml else 0.0
    seen = "never on a picture" if told.first_seen_s is None else f"on a picture {minutes(told.first_seen_s)}"
    yield Mark(
        what=f"a leak could be seen, {seen}; {told.poured_after_visible_ml:.2f} ml came after it",
        t_s=told.first_visible_s,
        effect=1.0 - share,
        because=f"Stopped {told.stop_delay_s or 0.0:.1f} s later; a leak is a reason to stop. [S0]",
    )


def outcome_marks(
    state: RehearsalState, told: Debrief, reference: Debrief | None, strength: tuple[float, float] | None
) -> Iterator[Mark]:
    """How much stayed in the body, what leaked where, and what strength it gave if that was worked out."""
    end_s = state.now_s
    if not told.injected_ml:
        return
    as_planned = None if reference is None or not reference.in_body_ml else reference.in_body_ml
    yield Mark(
        what=f"{told.in_body_ml:.2f} ml in the body",
        t_s=end_s,
        effect=None if as_planned is None else min(1.0, told.in_body_ml / as_planned),
        because="There is no run to compare it with."
        if as_planned is None
        else f"The planner's own run left {as_planned:.2f} ml there. [choice]",
    )
    yield Mark(
        what=f"{told.injected_ml - told.in_body_ml:.2f} ml leaked of {told.injected_ml:.2f}",
        t_s=end_s,
        effect=float(np.clip(told.in_body_ml / told.injected_ml, 0.0, 1.0)),
        because="The share that stayed in the bone. [choice]",
    )
    for leak in told.leaks:
        yield Mark(
            what=f"leak {leak.site.value}: {leak.volume_ml:.3f} ml",
            t_s=None if state.mixed_s is None else state.mixed_s + leak.first_time_s,
            effect=0.0 if leak.site in CANAL else None,
            because="Cement in the canal may press on nerves. [S0]" if leak.site in CANAL else "The first drop there.",
        )
    if strength is not None:
        own, planned = strength
        yield Mark(
            what=f"failure load {own:.2f} times that before",
            t_s=end_s,
            effect=float(np.clip(own / planned, 0.0, 1.0)),
            because=f"The planner's own run came to {planned:.2f} times. [choice]",
        )
