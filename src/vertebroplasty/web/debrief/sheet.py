"""What the templates ask of a timeline and its moments: clock times, axis marks, and the moments that matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from vertebroplasty.web.debrief.moments import Moment
from vertebroplasty.web.debrief.timeline import Timeline

__all__ = ["KeyMoment", "axis_times", "clock", "key_moments", "marks", "ml_marks", "stretches"]

STEPS_S = (5, 10, 20, 30, 60, 120, 300, 600, 900)  # [choice] between two marks of the time axis
MOST_MARKS = 10  # [choice] on the time axis
STEPS_ML = (0.5, 1.0, 2.0, 5.0)  # [choice] between two marks of the volume axis
MOST_ML_MARKS = 5  # [choice] on the volume axis
WORTH_A_CLOSER_LOOK = 0.8  # [choice] an injection that takes less of the session is drawn again, larger


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMoment:
    """A moment that matters: the keys of its names, and which of the pictures shows it."""

    keys: tuple[str, ...]
    index: int
    t_s: float
    injected_ml: float


def clock(t_s: float) -> str:
    """Minutes and seconds, as 7:05."""
    minutes, seconds = divmod(round(t_s), 60)
    return f"{minutes}:{seconds:02d}"


def marks(moments: Sequence[Moment]) -> list[dict[str, Any]]:
    """The moments as the scrubber needs them."""
    return [{"t_s": each.t_s, "ml": each.injected_ml, "clock": clock(each.t_s)} for each in moments]


def axis_times(timeline: Timeline) -> list[float]:
    """Even moments to write under the drawing."""
    length_s = timeline.end_s - timeline.begin_s
    step = next((each for each in STEPS_S if length_s / each <= MOST_MARKS), STEPS_S[-1])
    first = -(-int(timeline.begin_s) // step) * step
    return [float(t) for t in range(first, int(timeline.end_s) + 1, step)]


def ml_marks(timeline: Timeline) -> list[float]:
    """Even volumes to write beside the drawing."""
    step = next((each for each in STEPS_ML if timeline.top_ml / each <= MOST_ML_MARKS), STEPS_ML[-1])
    return [n * step for n in range(int(timeline.top_ml / step) + 1)]


def stretches(timeline: Timeline) -> list[tuple[str, Timeline]]:
    """The whole session, and the injection alone where it would be narrow in it; each with the key of its name."""
    drawn = [("whole", timeline)]
    first_s = next((t for (t, ml), (_, more) in pairwise(timeline.curve) if more > ml), None)
    if first_s is not None and timeline.end_s - first_s < WORTH_A_CLOSER_LOOK * (timeline.end_s - timeline.begin_s):
        drawn.append(("injection", timeline.between(first_s, timeline.end_s)))
    return drawn


def key_moments(timeline: Timeline, moments: Sequence[Moment]) -> list[KeyMoment]:
    """The last needle set, each flag of the timeline and the end, those of one picture together."""
    times = [each.t_s for each in moments]
    named: dict[int, list[str]] = {}

    def name(t_s: float, key: str) -> None:
        index = min(range(len(times)), key=lambda n: abs(times[n] - t_s))
        named.setdefault(index, []).append(key)

    needles = [each.end_s for each in timeline.acts if each.kind == "needle"]
    if needles:
        name(needles[-1], "needle")
    for flag in timeline.flags:
        name(flag.t_s, flag.key)
    name(timeline.end_s, "end")
    return [
        KeyMoment(keys=tuple(named[n]), index=n, t_s=moments[n].t_s, injected_ml=moments[n].injected_ml)
        for n in sorted(named)
    ]
