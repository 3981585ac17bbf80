"""The moments of a session that are shown, each with the volume poured, an AP and a lateral X-ray."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.fluoroscopy.annotate import png_bytes
from vertebroplasty.fluoroscopy.cement_shadow import CementMass, CementMix
from vertebroplasty.fluoroscopy.image import XrayImage, patient_shadow, xray_run
from vertebroplasty.fluoroscopy.render import render_run
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.rehearsal.debrief import Debrief, Pour, pours
from vertebroplasty.rehearsal.picture import cement_over_time
from vertebroplasty.rehearsal.state import Entry, RehearsalState, performed

__all__ = ["MOST_MOMENTS", "Moment", "evenly_by_volume", "moments_of", "poured_by", "shown_times"]

MOST_MOMENTS = 24  # [choice] enough to see which way cement turns, few enough to be made in seconds
MOST_MOVES = 6  # [choice] of them where a needle was set
PIXELS = 420  # [choice] a side of each picture
SAME_MOMENT_S = 0.05  # [choice] two moments closer than this are one

Needles = tuple[NeedlePath, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment: seconds since the session began, ml driven out by then, and what a true AP and lateral show (PNG)."""

    t_s: float
    injected_ml: float
    ap: bytes
    lateral: bytes


def poured_by(poured: Sequence[Pour], t_s: float) -> float:
    """The ml driven out by a moment."""
    return sum(pour.volume_ml - pour.after(t_s) for pour in poured)


def evenly_by_volume(poured: Sequence[Pour], count: int) -> list[float]:
    """Moments that share the volume evenly, from the first drop to the last; none where nothing was pushed."""
    if not poured or count < 1:
        return []
    times, volumes, total = [], [], 0.0
    for pour in poured:
        times += [pour.begin_s, pour.end_s]
        volumes += [total, total + pour.volume_ml]
        total += pour.volume_ml
    return [float(t_s) for t_s in np.interp(np.linspace(0.0, total, count), volumes, times)]


def shown_times(state: RehearsalState, told: Debrief) -> tuple[float, ...]:
    """The moments to show: start, needles set, first leak to be seen and seen, stop, end; the rest by volume."""
    after = {e["t_s"]: later["t_s"] for e, later in zip(state.log, state.log[1:], strict=False) if "action" in e}
    moves = [after.get(e["t_s"], state.now_s) for e in performed(state.log, "move-needle")][-MOST_MOVES:]
    known = [t for t in (told.first_visible_s, told.first_seen_s, state.stopped_s) if t is not None]
    fixed = [0.0, *moves, *known, state.now_s]
    return _apart(fixed, evenly_by_volume(pours(state.log), MOST_MOMENTS - len(fixed)))


def _apart(fixed: list[float], others: list[float]) -> tuple[float, ...]:
    """All in order, those that fall upon another left out; a fixed one stays."""
    kept = sorted(set(fixed))
    kept = [t for n, t in enumerate(kept) if n == 0 or t - kept[n - 1] > SAME_MOMENT_S]
    return tuple(sorted([*kept, *(t for t in others if min(abs(t - each) for each in kept) > SAME_MOMENT_S)]))


def moments_of(state: RehearsalState, times_s: Sequence[float], done: Callable[[float], None]) -> tuple[Moment, ...]:
    """Pictures of every moment; `done` is told the share that is made."""
    poured, views = pours(state.log), {}
    frame = state.case.vertebra.frame
    for n, view in enumerate((true_ap(frame), true_lateral(frame))):
        views[n] = [png_bytes([picture]) for picture in render_run(_pictures(state, view, times_s))]
        done((n + 1) / 2)
    return tuple(
        Moment(t_s=t_s, injected_ml=poured_by(poured, t_s), ap=ap, lateral=lateral)
        for t_s, ap, lateral in zip(times_s, views[0], views[1], strict=True)
    )


def _pictures(state: RehearsalState, view: CArmView, times_s: Sequence[float]) -> Iterator[XrayImage]:
    """One view at every moment, with the needles and the cement of that moment."""
    shadow = patient_shadow(state.case.vertebra.level.ct, view, size=PIXELS)
    cement = cement_product(state.product or state.case.product)
    mix = CementMix(opacifier=cement.opacifier, opacifier_fraction=cement.opacifier_mixed_fraction)
    found, grid = cement_over_time(state), state.case.grid
    for places, together in groupby(times_s, key=lambda t_s: _needles_at(state, t_s)):
        masses = []
        for t_s in together:
            empty = np.zeros(grid.hu.shape, np.float32)
            fill = empty if found is None else np.where(found[1] <= t_s, found[0], empty)
            masses.append(CementMass(fill=fill, affine=grid.affine, mix=mix))
        yield from xray_run(shadow, masses, needles=tuple(_path(state, entry) for entry in places))


def _needles_at(state: RehearsalState, t_s: float) -> tuple["_Place", ...]:
    """Where every needle lay at a moment."""
    places: dict[int, _Place] = {}
    moved = [(e["t_s"], e) for e in performed(state.log, "move-needle")]
    out = [(e["t_s"], e) for e in state.log if e.get("event") == "needle-out"]
    for at_s, entry in sorted([*moved, *out], key=lambda each: each[0]):
        if at_s >= t_s:
            break
        number = int(entry["needle"])
        if "action" in entry:
            places[number] = _place(entry)
        else:
            places.pop(number, None)
    return tuple(places[number] for number in sorted(places))


_Place = tuple[tuple[float, ...], tuple[float, ...]]


def _place(entry: Entry) -> _Place:
    return tuple(entry["entry_lps_mm"]), tuple(entry["tip_lps_mm"])


def _path(state: RehearsalState, place: _Place) -> NeedlePath:
    entry, tip = (np.array(point, float) for point in place)
    return NeedlePath(entry_lps_mm=entry, tip_lps_mm=tip, gauge_number=state.case.gauge)
