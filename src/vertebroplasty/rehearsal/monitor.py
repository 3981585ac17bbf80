"""What stands before the trainee's eyes at any moment: clock, syringe, manometer, dose, and what pictures have shown.

The truth about the cement is no part of it; that is told by the debrief.
"""

from dataclasses import dataclass

from vertebroplasty.cement.setting import PhaseSpan
from vertebroplasty.fluoroscopy.coach import ViewTruth, truth
from vertebroplasty.fluoroscopy.relative_dose import FRAMES_PER_S
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.rehearsal.marks_injection import dose_mgy
from vertebroplasty.rehearsal.state import RehearsalState

__all__ = ["Monitor", "monitor"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Monitor:
    """Times in seconds, doses in mGy at the skin; `clock_s` and `phase` are of the cement mixed last."""

    now_s: float
    clock_s: float | None
    phase: str | None
    phases: tuple[PhaseSpan, ...]
    injected_ml: float
    pressure_kpa: float | None
    fluoroscopy_s: float
    dose_mgy: float
    view: ViewTruth
    seen: tuple[str, ...]
    stopped: bool
    needles: dict[int, NeedlePath]
    said: str


def monitor(state: RehearsalState) -> Monitor:
    """Everything that may be shown during the session."""
    clock, phase = state.clock, state.phase
    pushed = [e["pressure_kpa"] for e in state.log if e.get("event") in ("pushed", "stylet")]
    return Monitor(
        now_s=state.now_s,
        clock_s=state.clock_s,
        phase=None if phase is None else phase.value,
        phases=() if clock is None else clock.phases(),
        injected_ml=state.bone.injected_ml,
        pressure_kpa=pushed[-1] if pushed else None,
        fluoroscopy_s=state.frames / FRAMES_PER_S,
        dose_mgy=dose_mgy(state),
        view=truth(state.view, state.case.vertebra.frame),
        seen=state.seen,
        stopped=state.stopped_s is not None,
        needles=dict(state.bone.needles.placed),
        said=state.said,
    )
