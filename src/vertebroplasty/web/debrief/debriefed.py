"""A rehearsal worked out for its debrief: everything the page shows, in one piece that can be sent and kept."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vertebroplasty.case.answers import spine_inputs
from vertebroplasty.case.rehearsed_strength import Gained, strength_gained
from vertebroplasty.cement.arrival import edge_warnings
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.setting import SettingClock
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.rehearse import RehearseDocument, rehearse_document
from vertebroplasty.rehearsal.automatic import automatic
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.debrief import debrief, pours
from vertebroplasty.rehearsal.picture import cement_over_time
from vertebroplasty.rehearsal.scoring import score
from vertebroplasty.rehearsal.session import log_lines, replayed
from vertebroplasty.rehearsal.state import RehearsalState
from vertebroplasty.web.debrief.moments import Moment, moments_of, shown_times
from vertebroplasty.web.debrief.planners_run import Ending, PlannedNeedle, ending_of, first_needle, sites_seen
from vertebroplasty.web.debrief.timeline import Flag, PhaseBand, Timeline, acts_of, pictures_of, poured_curve
from vertebroplasty.web.debrief.volumes import bone_backdrop, growing_cement

__all__ = ["Debriefed", "Played", "work_out"]

Stage = Callable[[float, str], None]
DIFFERS = "The replay came to another state than the log tells: the log or the program has changed."


@dataclass(frozen=True, eq=False, kw_only=True)
class Played:
    """A rehearsal as it was played: the case, the seed, and its log, one JSON object a line.

    `state` is where it led to, if that is still in memory; else the log is replayed.
    """

    case: RehearsalCase
    seed: int
    lines: tuple[str, ...]
    synthetic: bool
    said: tuple[str, ...] = ()
    state: RehearsalState | None = None

    @property
    def sha256(self) -> str:
        """Hash of the log, by which a rehearsal that went on is told from what was worked out before."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


@dataclass(frozen=True, eq=False, kw_only=True)
class PlannersRun:
    """What the planner's own run came to on the same case and seed."""

    document: RehearseDocument
    needle: PlannedNeedle | None
    ending: Ending
    sites_seen: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Debriefed:
    """All that the debrief shows.

    `document` is what `rehearse` answers for the log, `gained` its failure load after over before, or why there is
    none.  `cement` and `bone` are gzipped NIfTI volumes, the cement one volume for every moment; None where nothing was
    pushed.  `played_sha256` is of the log worked out.
    """

    synthetic: bool
    seed: int
    planned_ml: float
    product: str
    document: RehearseDocument
    planner: PlannersRun
    gained: Gained
    timeline: Timeline
    moments: tuple[Moment, ...]
    cement: bytes | None
    bone: bytes
    log: str
    played_sha256: str


def work_out(stage: Stage, played: Played) -> Debriefed:
    """Replay a log, let the planner do the same case, compare, and make every picture.

    Raises:
        Refused: the log is damaged, or belongs to another case.
    """
    begin = time.perf_counter()
    stage(0.02, "replaying")
    state = played.state or replayed(played.case, played.seed, played.lines)
    stage(0.1, "planners_run")
    planned = automatic(played.case, played.seed)
    stage(0.2, "strength")
    gained = strength_gained(state)
    stage(0.4, "strength")
    planned_gained = strength_gained(planned)
    both = None if gained.ratio is None or planned_gained.ratio is None else (gained.ratio, planned_gained.ratio)
    stage(0.6, "pictures")
    told = debrief(state)
    times_s = shown_times(state, told)
    moments = moments_of(state, times_s, lambda share: stage(0.6 + 0.35 * share, "pictures"))
    found = cement_over_time(state)
    provenance = _provenance(played, state, begin)
    own = score(state, reference=planned, strength_ratios=both)
    as_own = score(planned, reference=planned, strength_ratios=both and (both[1], both[1]))
    return Debriefed(
        synthetic=played.synthetic,
        seed=played.seed,
        planned_ml=played.case.volume_ml,
        product=state.product or played.case.product,
        document=rehearse_document(state, own, (gained.ratio, gained.why), provenance, warnings=_said(played, state)),
        planner=PlannersRun(
            document=rehearse_document(planned, as_own, (planned_gained.ratio, planned_gained.why), provenance),
            needle=first_needle(planned),
            ending=ending_of(planned),
            sites_seen=sites_seen(planned),
        ),
        gained=gained,
        timeline=_timeline(state, told.first_visible_s, told.first_seen_s),
        moments=moments,
        cement=None if found is None else growing_cement(*found, times_s, played.case.grid.affine),
        bone=bone_backdrop(played.case.grid),
        log="\n".join(log_lines(state)) + "\n",
        played_sha256=played.sha256,
    )


def _provenance(played: Played, state: RehearsalState, begin: float) -> Provenance:
    case = played.case
    parameters = {
        "case": case.name, "level": case.level, "seed": played.seed, "product": case.product, "gauge": case.gauge,
        "volume_ml": case.volume_ml, "grid_mm": case.grid.spacing_mm, "mode": "replay",
    }  # fmt: skip
    inputs = () if played.synthetic else spine_inputs(case.vertebra.level.spine)
    return Provenance.of(inputs, parameters, time.perf_counter() - begin)


def _said(played: Played, state: RehearsalState) -> tuple[str, ...]:
    """What must be known of the case and the replay."""
    edge = [] if state.bone.flow is None else edge_warnings(state.bone.flow)
    differs = [] if _told_hash(played.lines) in (None, state.state_sha256) else [DIFFERS]
    return (*played.said, *differs, *edge)


def _told_hash(lines: Sequence[str]) -> str | None:
    """The hash of the state that a log's last line tells; None where it was cut off before."""
    try:
        last = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        return None
    told = last.get("state_sha256") if isinstance(last, dict) and last.get("event") == "end" else None
    return told if isinstance(told, str) else None


def _timeline(state: RehearsalState, visible_s: float | None, seen_s: float | None) -> Timeline:
    """The whole session."""
    end_s = max(state.now_s, 1.0)
    poured = pours(state.log)
    marked = (("visible", visible_s), ("seen", seen_s), ("stop", state.stopped_s))
    return Timeline(
        begin_s=0.0,
        end_s=end_s,
        bands=_phase_bands(state, end_s),
        curve=poured_curve(poured, end_s),
        pictures=pictures_of(state.log),
        acts=acts_of(state.log),
        flags=tuple(Flag(key=key, t_s=t_s) for key, t_s in marked if t_s is not None),
        top_ml=max(state.case.volume_ml, state.bone.injected_ml),
    )


def _phase_bands(state: RehearsalState, end_s: float) -> tuple[PhaseBand, ...]:
    """The phases of every cement mixed, until the next one or the end."""
    mixed = [(e["t_s"], e["product"]) for e in state.log if e.get("event") == "mix-start"]
    bands = []
    for n, (begin_s, product) in enumerate(mixed):
        until_s = mixed[n + 1][0] if n + 1 < len(mixed) else end_s
        clock = SettingClock(product=cement_product(product), room_temperature_c=state.case.room_temperature_c)
        for span in clock.phases():
            last_s = until_s if span.end_s is None else min(begin_s + span.end_s, until_s)
            if begin_s + span.start_s < last_s:
                bands.append(PhaseBand(phase=span.phase.value, begin_s=begin_s + span.start_s, end_s=last_s))
    return tuple(bands)
