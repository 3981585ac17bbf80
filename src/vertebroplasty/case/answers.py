"""The documents of single commands that write no pictures: measure, screen and plan."""

import time
from collections.abc import Iterable, Sequence
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
from vertebroplasty.case.steps import screen_levels
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.measure import MeasureDocument, measure_document
from vertebroplasty.documents.patient import read_patient
from vertebroplasty.documents.plan import PlanDocument, plan_document
from vertebroplasty.documents.screen import ScreenDocument, screen_document
from vertebroplasty.documents.unmeasured import CutLevel
from vertebroplasty.errors import CutBody, WrongUsage
from vertebroplasty.files import sha256_of
from vertebroplasty.needle.planner import critique, plan
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.overrides import Override, OverrideRefused

__all__ = ["measure_answer", "measured_findings", "plan_answer", "said_on_reading", "screen_answer", "spine_inputs"]

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
        spine_inputs(spine), {"levels": names, "labels": spine.scheme}, time.perf_counter() - begin
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


def plan_answer(
    request: ScanRequest, level: str, *, gauge: int, approach: str, own: tuple[Point, Point] | None
) -> PlanDocument:
    """Plan the needle on one level, or criticise the user's own path."""
    begin = time.perf_counter()
    chosen = open_level(request, level)
    parameters: dict[str, object] = {"level": level, "gauge": gauge, "approach": approach}
    if own is None:
        found = plan(chosen, gauge_number=gauge, approach=approach)
    else:
        parameters |= {"entry_lps_mm": list(own[0]), "tip_lps_mm": list(own[1])}
        found = critique(chosen, np.array(own[0]), np.array(own[1]), gauge_number=gauge)
    provenance = Provenance.of(spine_inputs(chosen.spine), parameters, time.perf_counter() - begin)
    return plan_document(found, provenance, level=level, warnings=said_on_reading(chosen.spine))
