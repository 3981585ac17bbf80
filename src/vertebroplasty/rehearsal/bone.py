"""What happens in the bone during a session: a snapshot of needles and cement that no action ever changes in place.

Every action that moves something works on a copy of what it may change and hands back a new snapshot.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.actions import Action, Balloon, Push, Stylet
from vertebroplasty.cement.balloon import Cavity, inflated
from vertebroplasty.cement.injection import PRESSURE_LIMIT_KPA
from vertebroplasty.cement.leak import SITES
from vertebroplasty.cement.marrow_flow import MarrowFlow
from vertebroplasty.cement.needles import Needles
from vertebroplasty.cement.operation import Operation
from vertebroplasty.cement.permeability import BedParameters, porous_bed
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.push import PushRun
from vertebroplasty.cement.result import StopReason
from vertebroplasty.cement.setting import SettingClock
from vertebroplasty.cement.syringe import Syringe
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["MOST_ML", "Begin", "Bone", "Poured", "untouched"]

SAME_LINE_MM = 0.5  # [choice] a tip this close to a needle's line, farther on, is that needle advanced
PRESSURE_SLICE_S = 0.5  # [choice] a push at a pressure is looked at this often, as its volume is not known before
MOST_ML = 1.0  # [choice] in one push: it can be pushed again
STYLET_ML_PER_S = 0.05  # [choice] slowest that a stylet is driven in: the usual rate of an injection
CHANGED_IN_PLACE = ("content", "full", "site", "half_time", "pressure", "speed", "site_volume", "first_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Poured:
    """What one action drove out: ml, seconds it took, pressure at the syringe, and why it ended early."""

    volume_ml: float
    duration_s: float
    pressure_kpa: float
    ended: StopReason | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Bone:
    """Needles, and the injection once cement was pushed; `hidden` is what this patient's bone is like.

    `first` is the bed that the first push will begin in, where it has been made ready; it follows from the rest.
    """

    needles: Needles
    hidden: BedParameters
    operation: Operation | None = None
    cavities: tuple[Cavity, ...] = ()
    first: MarrowFlow | None = None

    @property
    def flow(self) -> MarrowFlow | None:
        """Cement in the bed; None before the first drop."""
        return None if self.operation is None else self.operation.run.flow

    @property
    def injected_ml(self) -> float:
        """What has left the needles' tips."""
        return 0.0 if self.operation is None else self.operation.run.injected_ml

    @property
    def leaked_ml(self) -> dict[str, float]:
        """Cement outside the bone by site, where there is any."""
        flow = self.flow
        if flow is None:
            return {}
        return {site.value: float(ml) for site, ml in zip(SITES, flow.site_volume, strict=True) if ml > 0.0}

    @property
    def content_ml(self) -> Float64[np.ndarray, "k j i"]:
        """Cement in every voxel."""
        flow = self.flow
        return np.zeros(self.needles.grid.tissue.shape) if flow is None else flow.content

    def copied(self) -> "Bone":
        """A copy that may be changed."""
        operation = None if self.operation is None else _copied(self.operation)
        needles = _needles_copied(self.needles) if operation is None else operation.needles
        return replace(self, needles=needles, operation=operation, first=None)

    def made_ready(self) -> "Bone":
        """The same with the bed of the first push made ready: that takes as long as some dozens of pushes.

        Raises:
            Refused: no cement can leave the needle's tip.
        """
        if self.operation is not None or self.first is not None or not self.needles.placed:
            return self
        return replace(self, first=self.needles.flow())

    def placed(self, number: int, path: NeedlePath) -> "Bone":
        """A needle put in place or moved, wherever its tip comes to lie; a track it leaves stays open."""
        bone = self.copied()
        needles, old = bone.needles, bone.needles.placed.get(number)
        if old is not None and not _advanced(old, path):
            needles.left.append(old)
        needles.placed[number] = path
        needles.feeding, needles.changed = (number,), True
        return bone

    def drawn_out(self, action: Action, number: int, clock_s: float) -> "Bone":
        """A needle taken out; cement in it that no stylet drove out stays in its track."""
        bone = self.copied()
        if bone.operation is None:
            bone.needles.take_out(number)
        else:
            _set_clock(bone.operation, clock_s)
            bone.operation.perform(action)
        return bone

    def inflated(self, action: Balloon) -> "Bone":
        """A balloon inflated through a needle."""
        bone = self.copied()
        needles = bone.needles
        bed, cavity = inflated(needles.grid, needles.bed, needles.path(action.needle), action, self.content_ml > 0.0)
        needles.bed, needles.changed = bed, True
        return replace(bone, cavities=(*self.cavities, cavity))

    def mixed_again(self, action: Action, clock_s: float) -> "Bone":
        """Fresh cement of the same product, after some has been pushed already."""
        bone = self.copied()
        assert bone.operation is not None
        _set_clock(bone.operation, clock_s)
        bone.operation.perform(action)
        return bone

    def pushed(self, action: Push, begin: "Begin", clock_s: float) -> tuple["Bone", Poured]:
        """Cement pushed through one needle or several.

        Raises:
            Refused: a needle is not in place, no cement can leave it, it is no longer paste, or no room is left.
        """
        bone = self.copied()
        if bone.operation is None:
            numbers = action.needles or ((action.needle,) if action.needle else bone.needles.feeding)
            ready = None if self.first is None or numbers != bone.needles.feeding else _flow_copied(self.first)
            bone = replace(bone, operation=begin.operation(bone.needles, numbers, self.hidden, ready))
        operation = bone.operation
        assert operation is not None
        run = operation.run
        _set_clock(operation, clock_s)
        before = _Mark.of(run)
        if action.pressure_kpa is not None and action.duration_s is not None:
            _push_in_slices(operation, action, action.duration_s)
        else:
            operation.perform(action)
        if run.reason is StopReason.PASTE_ENDED and run.injected_ml == before.injected_ml:
            raise Refused("The pasty phase of the cement has ended: no more can be pushed. Mix again, or end here.")
        return bone, _poured(run, before)

    def stylet(self, action: Stylet, clock_s: float) -> tuple["Bone", Poured, bool]:
        """The stylet put back; whether it went in."""
        bone = self.copied()
        operation = bone.operation
        if operation is None or bone.needles.column_ml.get(action.needle, 0.0) <= 0.0:
            bone.needles.path(action.needle)
            return bone, Poured(volume_ml=0.0, duration_s=0.0, pressure_kpa=0.0, ended=None), True
        run = operation.run
        _set_clock(operation, clock_s)
        run.last_rate = max(run.last_rate, STYLET_ML_PER_S)
        before = _Mark.of(run)
        operation.perform(action)
        return bone, _poured(run, before), bool(operation.stylet_reinserted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """What the first push needs to know: the cement mixed, the room, and from which volume a leak can be seen."""

    product: str
    room_temperature_c: float
    seen_from_ml: Mapping[str, float]

    def operation(
        self, needles: Needles, numbers: tuple[int, ...], hidden: BedParameters, ready: MarrowFlow | None = None
    ) -> Operation:
        """The injection before its first drop, its clock at the moment mixing began; `ready` is its bed, if known."""
        clock = SettingClock(
            product=cement_product(self.product).thickened(hidden.consistency_factor),
            room_temperature_c=self.room_temperature_c,
        )
        needles.use(*numbers)
        gauge = needles.path(numbers[0]).gauge
        run = PushRun(
            flow=needles.flow() if ready is None else ready,
            syringe=Syringe(clock=clock, gauge=gauge, pressure_limit_kpa=PRESSURE_LIMIT_KPA),
            seen_from_ml={site: self.seen_from_ml[site.value] for site in SITES},
            stop_on_disc=False,
            stops_when_seen=False,
        )
        needles.changed = False
        return Operation(needles=needles, run=run, filled=run.syringe)


def untouched(grid: VertebraGrid, hidden: BedParameters) -> Bone:
    """The bone before any needle."""
    return Bone(needles=Needles(grid=grid, bed=porous_bed(grid, hidden), placed={}), hidden=hidden)


def _push_in_slices(operation: Operation, action: Push, duration_s: float) -> None:
    """Push at a pressure for a time, but no more than one push may hold."""
    run = operation.run
    end_s, most_ml = run.now_s + duration_s, run.injected_ml + MOST_ML
    while run.now_s < end_s and run.injected_ml < most_ml and run.reason is None:
        left = min(PRESSURE_SLICE_S, end_s - run.now_s)
        operation.perform(replace(action, duration_s=left))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """Where an injection stood before an action."""

    injected_ml: float
    now_s: float
    events: int

    @classmethod
    def of(cls, run: PushRun) -> "_Mark":
        return cls(injected_ml=run.injected_ml, now_s=run.now_s, events=len(run.events))


def _poured(run: PushRun, before: _Mark) -> Poured:
    """What came of it; a push that was too fast for the cement may be tried again more slowly."""
    ended = run.reason
    if ended is StopReason.PRESSURE_LIMIT:
        run.reason = run.halted = None
    samples = [event for event in run.events[before.events :] if event["event"] == "sample"]
    return Poured(
        volume_ml=run.injected_ml - before.injected_ml,
        duration_s=run.now_s - before.now_s,
        pressure_kpa=max((float(event["pressure_kpa"]) for event in samples), default=0.0),
        ended=ended,
    )


def _advanced(old: NeedlePath, new: NeedlePath) -> bool:
    """Whether the new place is the old needle pushed on along its own line."""
    offset = new.tip_lps_mm - old.tip_lps_mm
    ahead = float(offset @ old.direction_lps)
    aside = np.linalg.norm(offset - ahead * old.direction_lps)
    turned = np.linalg.norm(np.cross(old.direction_lps, new.direction_lps)) * old.length_mm
    return bool(ahead >= 0.0 and aside <= SAME_LINE_MM and turned <= SAME_LINE_MM)


def _set_clock(operation: Operation, clock_s: float) -> None:
    """Let the time since mixing catch up with the session's."""
    operation.run.wait(max(clock_s - operation.run.now_s, 0.0))


def _needles_copied(needles: Needles) -> Needles:
    return replace(needles, placed=dict(needles.placed), left=list(needles.left), column_ml=dict(needles.column_ml))


def _flow_copied(flow: MarrowFlow) -> MarrowFlow:
    flow = copy.copy(flow)
    for name in CHANGED_IN_PLACE:
        setattr(flow, name, getattr(flow, name).copy())
    flow.later = [replace(batch, content=batch.content.copy()) for batch in flow.later]
    return flow


def _copied(operation: Operation) -> Operation:
    """The injection with everything copied that an action may change in place."""
    run = operation.run
    fresh = replace(
        run,
        flow=_flow_copied(run.flow),
        mixed_again_s=list(run.mixed_again_s),
        boluses=dict(run.boluses),
        visible_s=dict(run.visible_s),
        events=list(run.events),
        warnings=[],
        history=list(run.history),
        columns=list(run.columns),
    )
    return replace(
        operation,
        needles=_needles_copied(operation.needles),
        run=fresh,
        done=[],
        syringes=dict(operation.syringes),
        cavities=list(operation.cavities),
    )
