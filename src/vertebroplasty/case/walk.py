"""One patient's walk from CT to report: every room once, in the order of the story."""

from collections.abc import Callable
from pathlib import Path

from vertebroplasty.anatomy import NOT_MODELLED, SOURCES
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.injecting import NO_PATH
from vertebroplasty.case.reporting import RUN_FILES, report_content, story_pictures, write_story
from vertebroplasty.case.steps import screen_levels
from vertebroplasty.case.story import STAGES, StageClock, Story, WalkRequest, tell
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.inject import Files, inject_document, no_injection_document
from vertebroplasty.documents.manifest import RunDocument
from vertebroplasty.documents.measure import measure_document
from vertebroplasty.documents.plan import plan_document
from vertebroplasty.documents.screen import screen_document
from vertebroplasty.documents.strength import strength_document
from vertebroplasty.files import refuse_existing_file, refuse_existing_folder, write_whole_text
from vertebroplasty.needle.planned_path import NeedlePlan, PlannedPath
from vertebroplasty.report.page import report_html
from vertebroplasty.selection.patient import Patient
from vertebroplasty.strength.compression import NOT_MODELLED as STRENGTH_NOT_MODELLED
from vertebroplasty.strength.result import Strength

__all__ = ["STAGES", "WalkRequest", "walk", "write_report"]


def walk(request: WalkRequest, out: Path, *, overwrite: bool, stage: Callable[[str], None]) -> RunDocument:
    """Walk through every room and leave the report and its files in `out`, all of them or none.

    Raises:
        CutBody: the body itself leaves the field of view.
        VertebroplastyError: the CT or its labels cannot be read, or `out` holds files.
    """
    refuse_existing_folder(out, overwrite=overwrite, ours=RUN_FILES)
    clock = StageClock(stage)
    return write_story(tell(request, clock), out, clock)


def write_report(
    level: Level,
    path: PlannedPath | None,
    run: Injection | None,
    strengths: tuple[Strength, Strength | None],
    *,
    out: str | Path,
    patient: Patient | None = None,
) -> Path:
    """Write the one-page report of steps done on a level; an existing file is not replaced."""
    target = Path(out)
    refuse_existing_file(target, overwrite=False)
    story = _story_of_steps(level, path, run, strengths, patient)
    write_whole_text(target, report_html(report_content(story, story_pictures(story))))
    return target


def _story_of_steps(
    level: Level,
    path: PlannedPath | None,
    run: Injection | None,
    strengths: tuple[Strength, Strength | None],
    patient: Patient | None,
) -> Story:
    """The same documents that a walk makes, from the steps' own results."""
    measured = measure(level)
    provenance = Provenance.of(spine_inputs(level.spine), {"level": level.name}, 0.0)
    grid = build_grid(level)
    plan = NeedlePlan(level=level.name, paths=() if path is None else (path,), pairs=(), refused=())
    if run is None:
        injected = no_injection_document(NO_PATH, provenance, level=level.name)
    else:
        files = Files(arrival=None, fill=None, events=None)
        injected = inject_document(run, provenance, level=level.name, files=files, warnings=grid.notes)
    return Story(
        level=level,
        patient=patient,
        grid=grid,
        needle=None if path is None else path.path,
        run=run,
        points_lps_mm=measured.points_lps_mm,
        measure=measure_document(
            [measured],
            provenance,
            sources=SOURCES,
            not_modelled=NOT_MODELLED,
            warnings=said_on_reading(level.spine),
        ),
        screen=screen_document(screen_levels(patient, {level.name: measured}, levels=(level.name,)), provenance),
        plan=plan_document(plan, provenance, level=level.name),
        inject=injected,
        strength=strength_document(
            strengths[0],
            strengths[1],
            provenance,
            level=level.name,
            why_no_after=NO_PATH,
            not_modelled=STRENGTH_NOT_MODELLED,
        ),
        strengths=strengths,
        stages=(),
    )
