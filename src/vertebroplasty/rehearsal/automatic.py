"""A scripted operator: goes by the planner's first path, looks before every advance, stops on what it sees.

It knows no more than a trainee does: pictures, clock, syringe and manometer.
"""

from collections.abc import Iterator

import numpy as np

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.actions import Action, CArm, Image, Mix, MoveNeedle, Push, Stop, Stylet, Wait, Withdraw
from vertebroplasty.cement.setting import Phase
from vertebroplasty.cement.syringe import cannula_ml
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.marks_placement import AGAINST
from vertebroplasty.rehearsal.session import start, step
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["automatic"]

PORTION_ML = 0.2  # [choice] pushed between two pictures
RATE_ML_PER_S = 0.05  # [choice] the usual rate of an injection
FIRST_DEPTH = 0.5  # [choice] of the way to the tip: within the pedicle
WAIT_AFTER_PASTE_S = 30.0  # [choice] into the pasty phase before the first push
OTHER_VIEW_EVERY = 5  # [choice] portions between two looks in AP
DRAWN_OVER_ML = 0.001  # [choice] after a leak the cannula is drawn over the stylet, driving next to nothing in
CAUTION_ONLY = (LeakSite.DISC_ABOVE.value, LeakSite.DISC_BELOW.value)


def automatic(case: RehearsalCase, seed: int) -> RehearsalState:
    """The planner's own run, from the first picture to the needle out.

    Where the screening speaks against treatment, or no path is safe, it looks at the level and ends there.
    """
    state = start(case, seed)
    state = _acted(state, _both_views(case))
    if case.verdict in AGAINST or not case.paths:
        return state
    path = case.paths[0].path
    half = NeedlePath(
        entry_lps_mm=path.entry_lps_mm,
        tip_lps_mm=path.entry_lps_mm + FIRST_DEPTH * (path.tip_lps_mm - path.entry_lps_mm),
        gauge_number=path.gauge_number,
    )
    state = _acted(state, (_placed(half), *_both_views(case), _placed(path), *_both_views(case)))
    state = step(state, Mix(product=case.product))
    state = step(state, Wait(duration_s=_until_paste_s(state)))
    state = _injected(state)
    leaked = _reason_to_stop(state)
    state = step(state, Stop())
    state = step(state, Stylet(volume_ml=DRAWN_OVER_ML) if leaked else Stylet())
    return _acted(state, (Image(frames=1), Withdraw(), *_both_views(case)))


def _injected(state: RehearsalState) -> RehearsalState:
    """Portions with a picture each, until the volume is in, the paste closes, or a reason to stop is seen."""
    case = state.case
    target_ml = case.volume_ml - cannula_ml(case.paths[0].path.gauge)
    portions = int(np.ceil(target_ml / PORTION_ML))
    for n in range(1, portions + 1):
        left_ml = target_ml - state.bone.injected_ml
        if left_ml <= 0.0 or state.phase is not Phase.PASTY:
            break
        before_ml = state.bone.injected_ml
        state = step(state, Push(rate_ml_per_s=RATE_ML_PER_S, volume_ml=min(PORTION_ML, left_ml)))
        state = step(state, Image(frames=1))
        if n % OTHER_VIEW_EVERY == 0 and not _reason_to_stop(state):
            state = _acted(state, (_turned(true_ap(case.vertebra.frame)), Image(frames=1)))
            state = step(state, _turned(true_lateral(case.vertebra.frame)))
        if _reason_to_stop(state) or state.bone.injected_ml == before_ml:
            break
    return state


def _reason_to_stop(state: RehearsalState) -> bool:
    """Whether a picture has shown cement where it must not be; a disc asks for care only."""
    return any(what not in CAUTION_ONLY for what in state.seen)


def _until_paste_s(state: RehearsalState) -> float:
    """Seconds to wait until the cement has been paste for a while."""
    clock, age = state.clock, state.clock_s
    assert clock is not None
    assert age is not None
    paste_s = next(span.start_s for span in clock.phases() if span.phase is Phase.PASTY)
    return max(paste_s + WAIT_AFTER_PASTE_S - age, 0.0)


def _acted(state: RehearsalState, actions: tuple[Action, ...] | Iterator[Action]) -> RehearsalState:
    for action in actions:
        state = step(state, action)
    return state


def _both_views(case: RehearsalCase) -> tuple[Action, ...]:
    """AP, then lateral, where the C-arm stays."""
    frame = case.vertebra.frame
    return _turned(true_ap(frame)), Image(frames=1), _turned(true_lateral(frame)), Image(frames=1)


def _turned(view: CArmView) -> CArm:
    return CArm(lao_deg=view.lao_deg, cranial_deg=view.cranial_deg)


def _placed(path: NeedlePath) -> MoveNeedle:
    x, y, z = (float(v) for v in path.entry_lps_mm)
    a, b, c = (float(v) for v in path.tip_lps_mm)
    return MoveNeedle(needle=1, entry_lps_mm=(x, y, z), tip_lps_mm=(a, b, c))
