"""The documents of single commands that write no pictures: measure, screen and plan."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vertebroplasty.anatomy import NOT_MODELLED as ANATOMY_NOT_MODELLED
from vertebroplasty.anatomy import SOURCES as ANATOMY_SOURCES
from vertebroplasty.anatomy.clean import clean_label
from vertebroplasty.anatomy.levels import Level, Spine
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.measurement import LevelMeasurement
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.inputs import ScanRequest, open_level, open_spine
from vertebroplasty.case.plan_file import read_plan_path
from vertebroplasty.case.steps import screen_levels
from vertebroplasty.documents.common import Provenance, point
from vertebroplasty.documents.measure import MeasureDocument, measure_document
from vertebroplasty.documents.patient import read_patient
from vertebroplasty.documents.plan import PlanDocument, plan_document
from vertebroplasty.documents.screen import ScreenDocument, screen_document
from vertebroplasty.documents.unmeasured import CutLevel
from vertebroplasty.errors import CutBody, WrongUsage
from vertebroplasty.files import sha256_of
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.hand_error import HandError
from vertebroplasty.needle.planner import critique, plan
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.overrides import Override, OverrideRefused

__all__ = [
    "OwnPath",
    "measure_answer",
    "measured_findings",
    "plan_answer",
    "said_on_reading",
    "screen_answer",
    "spine_inputs",
]

Point = tuple[float, float, float]
SACRUM = "S1"  # measured only when asked for: it has no lower plate


def spine_inputs(spine: Spine) -> tuple[InputFile, ...]:
    """The files behind a labelled CT."""
    return (*spine.ct.inputs, *spine.inputs)


def said_on_reading(spine: Spine) -> tuple[str, ...]:
    """What was noticed while reading the CT and its labels."""
    return (*spine.ct.notes, *spine.notes)


def measure_answer(request: ScanRequest, levels: Sequence[str] | None) -> MeasureDocument:
    """Measure the levels asked for, or all of them."""
    begin = time.perf_counter()
    spine = open_spine(request)
    names = [name for name in spine if name != SACRUM] if levels is None else list(levels)
    measured = [_measured(spine[name]) for name in names]
    provenance = Provenance.of(
        spine_inputs(spine),
        {"levels": names, "labels": spine.scheme, **request.parameters(spine)},
        time.perf_counter() - begin,
    )
    return measure_document(
        measured,
        provenance,
        sources=ANATOMY_SOURCES,
        not_modelled=ANATOMY_NOT_MODELLED,
        warnings=said_on_reading(spine),
    )


def _measured(level: Level) -> LevelMeasurement | CutLevel:
    """One level measured, or why the scan does not show enough of it."""
    try:
        return measure(level)
    except CutBody as cut:
        sides = clean_label(level).cut_sides
        return CutLevel(level=level.name, missing_sides=sides, evidence=level.evidence, why=cut.message)


def screen_answer(
    patient: Path,
    request: ScanRequest | None,
    levels: Sequence[str] | None,
    overrides: Iterable[tuple[str, str]],
    guidelines: Iterable[str] = (),
) -> ScreenDocument:
    """Screen a patient file, with what the CT shows where there is one.

    Raises:
        WrongUsage: an override of a rule that cannot be set aside.
    """
    begin = time.perf_counter()
    read = read_patient(patient)
    inputs: list[InputFile] = [InputFile(role="patient", name=patient.name, sha256=sha256_of(patient))]
    measured: dict[str, LevelMeasurement] = {}
    warnings: tuple[str, ...] = ()
    if request is not None:
        spine = open_spine(request)
        inputs += spine_inputs(spine)
        warnings = said_on_reading(spine)
        asked = levels or [name for name in spine if name in read.levels or name in (read.planned.levels or ())]
        measured = {name: measure(spine[name]) for name in asked}
    set_aside = [Override(rule=rule, because=because) for rule, because in overrides]
    try:
        screening = screen_levels(read, measured, levels=levels or (), overrides=set_aside, guidelines=guidelines)
    except OverrideRefused as refused:
        raise WrongUsage(refused.message, where=refused.where) from refused
    parameters = {"levels": [level.level for level in screening.levels], "guidelines": list(guidelines)}
    return screen_document(screening, Provenance.of(inputs, parameters, time.perf_counter() - begin), warnings=warnings)


def measured_findings(request: ScanRequest, level: str) -> MeasuredFindings:
    """What the rules and scores take from the CT of one level."""
    return MeasuredFindings.of(measure(open_level(request, level)))


@dataclass(frozen=True, kw_only=True)
class OwnPath:
    """The user's own path: two points in LPS mm, or a path of a plan.json."""

    points: tuple[Point, Point] | None = None
    plan: Path | None = None
    rank: int = 1


def plan_answer(
    request: ScanRequest,
    level: str,
    *,
    gauge: int,
    approach: str,
    own: OwnPath | None = None,
    hand: HandError | None = None,
) -> PlanDocument:
    """Plan the needle on one level, or criticise the user's own path."""
    begin = time.perf_counter()
    chosen = open_level(request, level)
    error = hand or HandError()
    parameters: dict[str, object] = {"level": level, "gauge": gauge, "approach": approach}
    parameters |= {"sigma_mm": error.sigma_mm, "sigma_deg": error.sigma_deg}
    parameters |= request.parameters(chosen.spine)
    inputs = spine_inputs(chosen.spine)
    if own is None:
        found = plan(chosen, gauge_number=gauge, approach=approach, hand=error)
    else:
        path = _own_needle(own, chosen, gauge)
        parameters |= {"gauge": path.gauge_number, "entry_lps_mm": point(path.entry_lps_mm)}
        parameters |= {"tip_lps_mm": point(path.tip_lps_mm)}
        if own.plan is not None:
            inputs = (*inputs, InputFile(role="plan", name=own.plan.name, sha256=sha256_of(own.plan)))
            parameters |= {"path": own.rank}
        found = critique(chosen, path.entry_lps_mm, path.tip_lps_mm, gauge_number=path.gauge_number, hand=error)
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    return plan_document(found, provenance, level=level, warnings=said_on_reading(chosen.spine))


def _own_needle(own: OwnPath, level: Level, gauge: int) -> NeedlePath:
    """The needle that the user means."""
    if own.plan is not None:
        return read_plan_path(own.plan, own.rank, level, option="--own")
    if own.points is None:
        raise WrongUsage("An own path needs two points or a plan.json.")
    return NeedlePath(entry_lps_mm=np.array(own.points[0]), tip_lps_mm=np.array(own.points[1]), gauge_number=gauge)
