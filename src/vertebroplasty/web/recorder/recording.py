"""One procedure as it is tapped: the rules of what may follow what, and what stands at each moment.

Documentation, not guidance: nothing here says what to do next.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.stop_reason import StopReason
from vertebroplasty.errors import Refused
from vertebroplasty.registry.vocabulary import EventName
from vertebroplasty.web.recorder.time_out import TimeOut

__all__ = ["TAPPED", "Recording", "Tap", "UndoneStop"]

MOST_TAPS = 2000  # [choice] of one procedure
MOST_ML = 30.0  # [choice] as the registry's own limit for one level
TAPPED = (
    EventName.MIX_START, EventName.INJECT_START, EventName.SAMPLE, EventName.LEAK, EventName.STOP, EventName.RESUME,
    EventName.STYLET, EventName.NEEDLE_OUT,
)  # fmt: skip
NO_MIX = "No cement has been mixed: tap the mixing first."
NO_START = "The injection has not begun: tap its start first."
STOPPED = "The injection is stopped at {level}: go on only with a reason, which is written down."
NEEDLE_OUT = "The needle is out of {level}: undo that, or begin another level."
LESS = "{ml:g} ml is less than the {before:g} ml before: injected cement does not become less. Undo a wrong tap."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One tap: `clock_s` is monotonic, in seconds since the time-out; `at` the wall clock's moment.

    `key` is the page's own, so that a tap sent twice counts once; `injected_ml` is the sum at this level so far.
    """

    key: str
    event: EventName
    level: str
    clock_s: float
    at: datetime
    injected_ml: float | None = None
    site: LeakSite | None = None
    reason: StopReason | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneStop:
    """A stop that was taken back, and the wall clock's moment when it was."""

    tap: Tap
    undone_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A procedure being recorded; `taps` are those that were not undone, and a stop that was is never forgotten.

    The time-out's moment is told by the wall clock, and by the monotonic clock of one start of the machine, `boot`.
    """

    id: str
    time_out: TimeOut
    confirmed_at: datetime
    taps: tuple[Tap, ...] = ()
    undone_stops: tuple[UndoneStop, ...] = ()
    saved_as: str | None = None
    confirmed_monotonic_s: float = 0.0
    boot: str = ""

    @property
    def mixed_s(self) -> float | None:
        """When mixing began first, on the recording's clock."""
        return next((tap.clock_s for tap in self.taps if tap.event is EventName.MIX_START), None)

    def at_level(self, level: str) -> tuple[Tap, ...]:
        """What was tapped for a level."""
        return tuple(tap for tap in self.taps if tap.level == level)

    def injected_ml(self, level: str) -> float:
        """Cement in a level so far."""
        return max((tap.injected_ml or 0.0 for tap in self.at_level(level)), default=0.0)

    def stopped(self, level: str) -> bool:
        """Whether the injection of a level stands still after a stop."""
        last = [tap.event for tap in self.at_level(level) if tap.event in (EventName.STOP, EventName.RESUME)]
        return bool(last) and last[-1] is EventName.STOP

    def has(self, event: EventName, level: str) -> bool:
        """Whether an event was tapped for a level."""
        return any(tap.event is event for tap in self.at_level(level))

    def with_tap(self, tap: Tap) -> "Recording":
        """The recording with one more tap; the same one again changes nothing.

        Raises:
            Refused: it cannot follow what stands there.
        """
        if any(each.key == tap.key for each in self.taps):
            return self
        self._refuse(tap)
        return replace(self, taps=(*self.taps, tap))

    def with_reason(self, key: str, reason: StopReason) -> "Recording":
        """The recording with the reason of a stop.

        Raises:
            Refused: there is no such stop, or the procedure is in the registry.
        """
        if self.saved_as is not None or not any(tap.key == key and tap.event is EventName.STOP for tap in self.taps):
            raise Refused("That stop is not here any more: it was undone, or the procedure is saved.", where="reason")
        taps = (replace(tap, reason=reason) if tap.key == key else tap for tap in self.taps)
        return replace(self, taps=tuple(taps))

    def without_last(self, key: str, *, at: datetime) -> "Recording":
        """The recording without its last tap, whose key must be the one that was seen; `at` is now.

        Raises:
            Refused: another tap has come since, or there is none.
        """
        if not self.taps or self.taps[-1].key != key:
            raise Refused("Something else was tapped since: look at the list and undo again.", where="undo")
        if self.saved_as is not None:
            raise Refused("The procedure is in the registry already: amend it there.", where="undo")
        return self.with_undo(at)

    def with_undo(self, at: datetime) -> "Recording":
        """The recording without its last tap; a stop among them is kept beside, with the moment it was undone."""
        *before, last = self.taps
        stops = (UndoneStop(tap=last, undone_at=at),) if last.event is EventName.STOP else ()
        return replace(self, taps=tuple(before), undone_stops=(*self.undone_stops, *stops))

    def _refuse(self, tap: Tap) -> None:
        if tap.event not in TAPPED:
            raise Refused("That is nothing to tap: use the buttons of the page.", where="event")
        if self.saved_as is not None:
            raise Refused("The procedure is in the registry already: amend it there.", where="event")
        if len(self.taps) >= MOST_TAPS:
            raise Refused("Too many taps for one procedure: save it, and begin another.", where="event")
        if tap.level not in self.time_out.levels:
            confirmed = ", ".join(self.time_out.levels)
            raise Refused(f"{tap.level} was not confirmed in the time-out, which names {confirmed}.", where="level")
        if self.taps and tap.clock_s < self.taps[-1].clock_s:
            raise Refused("That moment lies before the last tap: the clock does not run backwards.", where="event")
        self._refuse_out_of_order(tap)
        if tap.event is EventName.SAMPLE:
            self._refuse_amount(tap)

    def _refuse_out_of_order(self, tap: Tap) -> None:
        pours = tap.event in (EventName.INJECT_START, EventName.SAMPLE, EventName.RESUME)
        if (pours or tap.event is EventName.STOP) and self.mixed_s is None:
            raise Refused(NO_MIX, where="event")
        if pours and self.has(EventName.NEEDLE_OUT, tap.level):
            raise Refused(NEEDLE_OUT.format(level=tap.level), where="event")
        if tap.event in (EventName.INJECT_START, EventName.SAMPLE) and self.stopped(tap.level):
            raise Refused(STOPPED.format(level=tap.level), where="reason")
        # A stop is kept even where nobody tapped the start: its moment must not be lost over that.
        if tap.event is EventName.SAMPLE and not self.has(EventName.INJECT_START, tap.level):
            raise Refused(NO_START, where="event")
        if tap.event is EventName.RESUME and not self.stopped(tap.level):
            raise Refused("The injection is not stopped, so there is nothing to go on with.", where="event")
        if tap.event is EventName.RESUME and not tap.remark:
            raise Refused(STOPPED.format(level=tap.level), where="reason")
        if tap.event is EventName.LEAK and tap.site is None:
            raise Refused("Say where the leak lies: tap its site.", where="site")

    def _refuse_amount(self, tap: Tap) -> None:
        before = self.injected_ml(tap.level)
        if tap.injected_ml is None or not 0.0 <= tap.injected_ml <= MOST_ML:
            raise Refused(f"The cement in a level is between 0 and {MOST_ML:g} ml: type it again.", where="injected_ml")
        if tap.injected_ml < before:
            raise Refused(LESS.format(ml=tap.injected_ml, before=before), where="injected_ml")
