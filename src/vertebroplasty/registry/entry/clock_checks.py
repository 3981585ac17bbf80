"""The clock of a procedure: monotonic seconds in order, injected cement that never falls, nothing after a stop."""

from collections.abc import Iterator

from vertebroplasty.cement.setting import Phase
from vertebroplasty.registry.entry.cement_checks import TOLERANCE_ML
from vertebroplasty.registry.entry.finding import Finding, error, warning
from vertebroplasty.registry.records import Procedure
from vertebroplasty.registry.vocabulary import EventName

__all__ = ["clock_findings"]

PHASES = tuple(str(phase) for phase in Phase)


def clock_findings(procedure: Procedure) -> Iterator[Finding]:
    """What is wrong with the events of the clock; wall time may be set back, monotonic seconds may not."""
    if not procedure.events:
        return
    yield from _order(procedure)
    yield from _phases(procedure)
    yield from _amounts(procedure)
    yield from _sites(procedure)


def _order(procedure: Procedure) -> Iterator[Finding]:
    before = procedure.events[0].t_s
    for n, event in enumerate(procedure.events):
        if event.t_s < before:
            yield error(
                f"events[{n}].t_s", f"{event.t_s:g} s comes after {before:g} s: the clock does not run backwards."
            )
        before = max(before, event.t_s)


def _phases(procedure: Procedure) -> Iterator[Finding]:
    """Phases named in the remark of a phase event follow the setting of the cement, until another mix begins."""
    reached = -1
    for n, event in enumerate(procedure.events):
        if event.event == EventName.MIX_START:
            reached = -1
        elif event.event == EventName.PHASE and event.remark in PHASES:
            rank = PHASES.index(event.remark)
            if rank < reached:
                path = f"events[{n}].remark"
                yield error(path, f"{event.remark} comes after {PHASES[reached]}: cement does not turn back.")
            reached = max(rank, reached)


def _amounts(procedure: Procedure) -> Iterator[Finding]:
    """Injected ml never falls, does not grow after a stop, and ends at the level's whole."""
    only = procedure.levels[0].level if len(procedure.levels) == 1 else None
    amounts: dict[str | None, float] = {}
    stopped: set[str | None] = set()
    for n, event in enumerate(procedure.events):
        level, path = event.level or only, f"events[{n}]"
        if event.event == EventName.RESUME:
            stopped = set() if level is None else stopped - {level, None}
            if not event.remark:
                yield error(f"{path}.remark", "After a stop the reason to go on is needed: add it as the remark.")
        halted = level in stopped or None in stopped
        if halted and event.event == EventName.INJECT_START:
            yield error(path, "The injection begins again after a stop: add a resume with its reason before it.")
        if event.injected_ml is not None:
            before = amounts.get(level, 0.0)
            if event.injected_ml < before - TOLERANCE_ML:
                told = f"{event.injected_ml:g} ml after {before:g} ml: injected cement does not become less."
                yield error(f"{path}.injected_ml", told)
            elif halted and event.injected_ml > before + TOLERANCE_ML:
                told = f"{event.injected_ml:g} ml after the stop at {before:g} ml: add a resume with its reason."
                yield error(f"{path}.injected_ml", told)
            amounts[level] = max(before, event.injected_ml)
        if event.event == EventName.STOP:
            stopped.add(level)
    yield from _against_totals(procedure, amounts)


def _against_totals(procedure: Procedure, amounts: dict[str | None, float]) -> Iterator[Finding]:
    for n, level in enumerate(procedure.levels):
        total = None if level.cement is None else level.cement.total_ml
        clock = amounts.get(level.level)
        if total is not None and clock is not None and abs(clock - total) > TOLERANCE_ML:
            path = f"levels[{n}].cement.total_ml"
            yield warning(path, f"{total:g} ml, but the clock ends at {clock:g} ml for {level.level}.")


def _sites(procedure: Procedure) -> Iterator[Finding]:
    """Events name treated levels; a leak on the clock stands among the leaks of its level too."""
    treated = {level.level: {leak.site for leak in level.leaks} for level in procedure.levels}
    for n, event in enumerate(procedure.events):
        if event.level is not None and event.level not in treated:
            yield error(f"events[{n}].level", f"{event.level} is not among the treated levels, {', '.join(treated)}.")
        elif event.event == EventName.LEAK and event.site is not None:
            recorded = set().union(*treated.values()) if event.level is None else treated[event.level]
            if event.site not in recorded:
                yield warning(f"events[{n}].site", f"The clock has a leak, {event.site}, that no level records.")
