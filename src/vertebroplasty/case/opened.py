"""A case opened to be looked at and practised on: measured, screened, planned and made ready, in one piece.

It can be sent from one process to another, so that opening may happen beside a page that stays alive.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.measurement import LevelMeasurement
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.case.answers import said_on_reading
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.rehearsal_cases import BUILT_IN, verdict_of
from vertebroplasty.case.rehearsing import OWN, USUAL_GRID_MM
from vertebroplasty.case.steps import screen_levels
from vertebroplasty.documents.patient import read_patient
from vertebroplasty.errors import Refused
from vertebroplasty.needle.planned_path import NeedlePlan
from vertebroplasty.needle.planner import plan_in
from vertebroplasty.rehearsal.case import RehearsalCase, prepared
from vertebroplasty.report.figures import labelled_body
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.screening import Screening

__all__ = ["OpenedCase", "Stage", "open_built_in", "open_own", "small_picture"]

SMALL_PIXELS = 240  # [choice] longer side of the picture in a list
Stage = Callable[[float, str], None]  # share done from 0 to 1, and what is being done


@dataclass(frozen=True, eq=False, kw_only=True)
class OpenedCase:
    """One level of one patient with all that a page shows of it; `rehearsal` is what a session is played on."""

    rehearsal: RehearsalCase
    measured: LevelMeasurement
    patient: Patient | None
    plan: NeedlePlan
    synthetic: bool
    said: tuple[str, ...]
    picture_png: bytes

    @property
    def level(self) -> str:
        """Name of the level."""
        return self.rehearsal.level

    @cached_property
    def screening(self) -> Screening:
        """Every rule's answer; worked out where it is read, as compiled rules cannot be sent."""
        return _screened(self.patient, self.measured)


def open_built_in(name: str, stage: Stage) -> OpenedCase:
    """One of the synthetic cases.

    Raises:
        Refused: there is no such case.
    """
    if name not in BUILT_IN:
        raise Refused(f"There is no built-in case of that name: they are {', '.join(BUILT_IN)}.")
    stage(0.05, "making")
    made = BUILT_IN[name]
    return _opened(made.level(), made.patient(), name=name, synthetic=True, said=(), stage=stage)


def open_own(scan: ScanRequest, level: str, patient: Path | None, stage: Stage) -> OpenedCase:
    """One level of the user's own CT.

    Raises:
        VertebroplastyError: the images, the labels or the patient file cannot be read, or the body is cut.
    """
    stage(0.05, "reading")
    found = open_level(scan, level)
    answers = None if patient is None else read_patient(patient)
    return _opened(found, answers, name=OWN, synthetic=False, said=said_on_reading(found.spine), stage=stage)


def _opened(
    level: Level, patient: Patient | None, *, name: str, synthetic: bool, said: tuple[str, ...], stage: Stage
) -> OpenedCase:
    stage(0.3, "measuring")
    measured = measure(level)
    verdict, because = verdict_of(_screened(patient, measured))
    stage(0.5, "planning")
    case = prepared(level, name=name, verdict=verdict, because=because, grid_mm=USUAL_GRID_MM)
    stage(0.9, "planning")
    return OpenedCase(
        rehearsal=case,
        measured=measured,
        patient=patient,
        plan=plan_in(case.vertebra, gauge_number=case.gauge),
        synthetic=synthetic,
        said=(*said, *case.grid.notes),
        picture_png=small_picture(level, case.vertebra),
    )


def small_picture(level: Level, vertebra: Vertebra) -> bytes:
    """The level on the mid-sagittal slice, as a small PNG for a list."""
    image = labelled_body(level, vertebra, None).image
    image.thumbnail((SMALL_PIXELS, SMALL_PIXELS))
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _screened(patient: Patient | None, measured: LevelMeasurement) -> Screening:
    return screen_levels(patient, {measured.level: measured}, levels=(measured.level,))
