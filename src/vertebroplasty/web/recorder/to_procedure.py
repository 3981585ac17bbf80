"""From a recording to the registry's procedure: what was tapped, and nothing that was not."""

from datetime import datetime

from vertebroplasty.errors import Refused
from vertebroplasty.registry.fields import LONGEST_TEXT
from vertebroplasty.registry.procedure_parts import Cement, ClockEvent, Leak, TreatedLevel
from vertebroplasty.registry.records import Procedure
from vertebroplasty.registry.vocabulary import EventName, LeakModality, LeakSeen
from vertebroplasty.web.recorder.recording import Recording, Tap, UndoneStop
from vertebroplasty.web.recorder.time_out import TimeOut

__all__ = ["procedure_of"]

ROOM_FOR_COUNT = 60  # [choice] characters kept for the sentence that counts what did not fit
MS = 3  # [exact] decimals of a time in seconds that is kept to the millisecond


def procedure_of(recording: Recording, *, by: str) -> Procedure:
    """The procedure as it was recorded; what nobody tapped stays unknown.

    Raises:
        Refused: nothing was tapped.
    """
    if not recording.taps:
        raise Refused("Nothing was tapped yet, so there is no procedure to write.", where="recording")
    asked, start_s = recording.time_out, recording.mixed_s or 0.0
    return Procedure(
        procedure_id=asked.procedure_id,
        patient=asked.patient,
        performed_on=recording.confirmed_at.astimezone().date(),
        started_at=recording.confirmed_at,
        operator=asked.operator or by,
        consent_version=asked.consent_version,
        surgical_backup=asked.surgical_backup,
        levels=tuple(_level(recording, name) for name in asked.levels),
        events=tuple(_event(tap, start_s) for tap in recording.taps),
        remark=_remark(recording),
    )


def _level(recording: Recording, name: str) -> TreatedLevel:
    taps = recording.at_level(name)
    leaks = [tap for tap in taps if tap.event is EventName.LEAK]
    return TreatedLevel(
        level=name,
        cement=_cement(recording, name, taps),
        leaks_looked_for_with=(LeakModality.FLUOROSCOPY,) if leaks else None,
        leaks=tuple(_leak(tap) for tap in {tap.site: tap for tap in leaks}.values()),
    )


def _leak(tap: Tap) -> Leak:
    assert tap.site is not None
    return Leak(site=tap.site, modality=LeakModality.FLUOROSCOPY, seen=LeakSeen.DURING)


def _cement(recording: Recording, level: str, taps: tuple[Tap, ...]) -> Cement | None:
    """The cement of a level: times since the last mixing before its first push."""
    if not any(tap.event is EventName.INJECT_START for tap in taps):
        return None
    first = next(tap for tap in taps if tap.event is EventName.INJECT_START)
    mixes = [t for t in recording.taps if t.event is EventName.MIX_START and t.clock_s <= first.clock_s]
    mix = mixes[-1]
    pours = [tap for tap in taps if tap.event is EventName.SAMPLE]
    stops = [tap for tap in taps if tap.event is EventName.STOP]
    ends = [tap.clock_s for tap in (*pours, *stops)]
    stylet = any(tap.event is EventName.STYLET for tap in taps)
    out = any(tap.event is EventName.NEEDLE_OUT for tap in taps)
    return Cement(
        product=recording.time_out.product,
        mixed_at=mix.at,
        injection_start_s=round(first.clock_s - mix.clock_s, MS),
        injection_end_s=round(max(ends) - mix.clock_s, MS) if ends else None,
        total_ml=recording.injected_ml(level) if pours else None,
        stop_reason=stops[-1].reason if stops else None,
        stylet_reinserted=stylet if stylet or out else None,
    )


def _event(tap: Tap, start_s: float) -> ClockEvent:
    return ClockEvent(
        event=tap.event,
        t_s=round(tap.clock_s - start_s, MS),
        at=tap.at,
        level=tap.level,
        injected_ml=tap.injected_ml,
        site=tap.site,
        remark=tap.remark,
    )


def _remark(recording: Recording) -> str:
    """The answers of the time-out that have no field of their own, and every stop that was taken back."""
    asked = recording.time_out
    parts = [
        f"Time-out: side {_side(asked)}",
        f"allergies {asked.allergies_named or asked.allergies}",
        f"agents {asked.agents}{f' ({asked.agents_named})' if asked.agents_named else ''}",
        f"consent {'yes' if asked.consent else 'no'}",
        *([f"reason: {asked.reason}"] if asked.reason else []),
    ]
    return _with_undone(f"{'; '.join(parts)}.", recording.undone_stops)


def _side(asked: TimeOut) -> str:
    """One word where it is the same at all levels."""
    if asked.one_side:
        return asked.side_of(asked.levels[0])
    return ", ".join(f"{level} {asked.side_of(level)}" for level in asked.levels)


def _with_undone(text: str, stops: tuple[UndoneStop, ...]) -> str:
    """The text with both moments of each undone stop; where there is no more room, how many there were besides."""
    for n, stop in enumerate(stops):
        because = "" if stop.tap.reason is None else f", for {stop.tap.reason.value}"
        more = f" STOP at {stop.tap.level} tapped {_wall(stop.tap.at)}{because}, undone {_wall(stop.undone_at)}."
        if len(text) + len(more) > LONGEST_TEXT - ROOM_FOR_COUNT:
            return f"{text} {len(stops) - n} more undone stops."
        text += more
    return text


def _wall(at: datetime) -> str:
    """A moment as the room's clock showed it, with its zone."""
    return at.astimezone().isoformat(sep=" ", timespec="seconds")
