"""What stands before the trainee's eyes at any moment: clock, syringe, manometer, dose, and what pictures have shown.

The truth about the cement is no part of it; that is told by the debrief.
"""

from dataclasses import dataclass

from vertebroplasty.cement.actions import MOST_PLANES
from vertebroplasty.cement.setting import PhaseSpan
from vertebroplasty.fluoroscopy.coach import ViewTruth, truth
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["Monitor", "monitor"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Monitor:
    """Times in seconds, doses in mGy at the skin; `clock_s` and `phase` are of the cement mixed last.

    `view` is the first tube's, `second_view` that of a biplane unit's second one, None where it is not set; fluoroscopy
    time and dose are those of both.  `pressure_kpa` was the highest at the syringe during the last push.
    """

    now_s: float
    clock_s: float | None
    phase: str | None
    phases: tuple[PhaseSpan, ...]
    injected_ml: float
    pressure_kpa: float | None
    fluoroscopy_s: float
    dose_mgy: float
    view: ViewTruth
    second_view: ViewTruth | None
    seen: tuple[str, ...]
    stopped: bool
    needles: dict[int, NeedlePath]
    said: str


def monitor(state: RehearsalState, *, at_s: float | None = None) -> Monitor:
    """Everything that may be shown during the session; with `at_s` the clock stands there, later than the last action.

    A moment before the last action counts as that action's.
    """
    now_s = state.now_s if at_s is None else max(at_s, state.now_s)
    clock, phase, frame = state.clock, state.phase_at(now_s), state.case.vertebra.frame
    return Monitor(
        now_s=now_s,
        clock_s=None if state.last_mix_s is None else now_s - state.last_mix_s,
        phase=None if phase is None else phase.value,
        phases=() if clock is None else clock.phases(),
        injected_ml=state.bone.injected_ml,
        pressure_kpa=state.pressure_kpa,
        fluoroscopy_s=state.frames / FRAMES_PER_S,
        dose_mgy=state.dose_mgy,
        view=truth(state.view, frame),
        second_view=None if state.second is None else truth(state.view_of(MOST_PLANES), frame),
        seen=state.seen,
        stopped=state.stopped_s is not None,
        needles=dict(state.bone.needles.placed),
        said=state.said,
    )
