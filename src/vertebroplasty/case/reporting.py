"""From a story to files: pictures, documents, volumes and the page, all written together at the end."""

from collections.abc import Callable, Mapping
from pathlib import Path

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.case.animation import ANIMATION, moving_picture
from vertebroplasty.case.cement_files import (
    ACTIONS,
    ARRIVAL,
    CAVITY,
    EVENTS,
    FILL,
    write_actions,
    write_injection,
)
from vertebroplasty.case.steps import cement_mass
from vertebroplasty.case.story import StageClock, Story
from vertebroplasty.case.summary import summary
from vertebroplasty.documents.common import Document, Provenance, dump
from vertebroplasty.documents.manifest import FileEntry, RunDocument, StageEntry
from vertebroplasty.files import fill_folder, sha256_of, write_whole_bytes, write_whole_text
from vertebroplasty.fluoroscopy.image import patient_shadow, xray
from vertebroplasty.fluoroscopy.render import render_png
from vertebroplasty.fluoroscopy.trunk import trunk_thickness_mm
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral
from vertebroplasty.report import figures
from vertebroplasty.report.page import ReportContent, report_html
from vertebroplasty.report.strain_energy import strain_energy_picture
from vertebroplasty.selection.patient import Patient
from vertebroplasty.strength.load_map import load_map

__all__ = ["RUN_FILES", "report_content", "story_pictures", "write_story"]

PAGE, MANIFEST = "report.html", "manifest.json"
DOCUMENTS = ("measure", "screen", "plan", "inject", "strength")
XRAYS = ("ap_before", "lateral_before", "ap_after", "lateral_after")
RUN_FILES = (
    PAGE,
    MANIFEST,
    *(f"{name}.json" for name in DOCUMENTS),
    *(f"{name}.png" for name in XRAYS),
    ARRIVAL,
    FILL,
    CAVITY,
    EVENTS,
    ACTIONS,
    ANIMATION,
)
MOVING, STILL = "injection", "injection_still"
SHOWN_FORCE_N = 1000.0  # [choice] the force under which energy is drawn: between standing and lifting


def write_story(story: Story, out: Path, clock: StageClock) -> RunDocument:
    """Make pictures and page, then write every file and the manifest; files of an earlier run that are void go."""
    clock("taking X-rays")
    pictures = story_pictures(story)
    clock("writing the report")
    documents: Mapping[str, Document] = {name: getattr(story, name) for name in DOCUMENTS}
    page = report_html(report_content(story, pictures))
    writers: dict[str, Callable[[Path], None]] = {
        f"{name}.json": _text(dump(document) + "\n") for name, document in documents.items()
    }
    writers |= {f"{name}.png": _bytes(png) for name, png in pictures.items() if name in XRAYS}
    if MOVING in pictures:
        writers[ANIMATION] = _bytes(pictures[MOVING])
    writers[PAGE] = _text(page)
    manifests: list[RunDocument] = []

    def write(folder: Path) -> None:
        for name, writer in writers.items():
            writer(folder / name)
        if story.run is not None:
            write_injection(story.run, story.grid, folder)
            write_actions(story.run, folder)
        files = [FileEntry(name=file.name, sha256=sha256_of(file)) for file in sorted(folder.iterdir())]
        manifests.append(_manifest(story, documents, files, clock))
        write_whole_text(folder / MANIFEST, dump(manifests[0]) + "\n")

    fill_folder(out, write, ours=RUN_FILES)
    return manifests[0]


def _text(content: str) -> Callable[[Path], None]:
    return lambda path: write_whole_text(path, content)


def _bytes(content: bytes) -> Callable[[Path], None]:
    return lambda path: write_whole_bytes(path, content)


def story_pictures(story: Story) -> dict[str, bytes]:
    """AP and lateral before and, with needle and cement, after and moving; and the slices of the page."""
    level, vertebra = story.level, find_vertebra(story.level)
    pictures = _xrays(story, vertebra)
    pictures["overview"] = figures.sagittal_overview(level, vertebra).png()
    pictures["body"] = figures.labelled_body(level, vertebra, story.points_lps_mm).png()
    if story.needle is not None:
        pictures["needle_axial"] = figures.needle_axial(level, vertebra, story.needle).png()
        pictures["needle_sagittal"] = figures.needle_sagittal(level, vertebra, story.needle).png()
    if story.run is not None:
        pictures["cement_sagittal"] = figures.cement_sagittal(level, story.grid, story.run.fill, story.needle).png()
        pictures["cement_axial"] = figures.cement_axial(level, story.grid, story.run.fill, story.needle).png()
    energy = _strain_energy(story)
    return pictures if energy is None else pictures | {"strain_energy": energy}


def _strain_energy(story: Story) -> bytes | None:
    """Where the body stores energy under one force, without and with cement; None where nothing was compressed."""
    before, after = story.strengths
    if before.response is None:
        return None
    shape = story.grid.hu.shape
    treated = None if after is None or after.response is None else load_map(after.response, SHOWN_FORCE_N, shape)
    untreated = load_map(before.response, SHOWN_FORCE_N, shape)
    return strain_energy_picture(story.level.ct, story.grid, untreated, treated)


def _xrays(story: Story, vertebra: Vertebra) -> dict[str, bytes]:
    """The X-rays; the patient is projected once for each view."""
    ct, pictures, shadows = story.level.ct, {}, {}
    for name, true_view in (("ap", true_ap), ("lateral", true_lateral)):
        pose = story.site.posed(true_view(vertebra.frame))
        shadow = patient_shadow(ct, pose, pixel_mm=story.site.pixel_mm, thickness_mm=trunk_thickness_mm(pose))
        shadows[name] = shadow
        pictures[f"{name}_before"] = render_png(xray(ct, pose, shadow=shadow))
        if story.run is not None and story.needle is not None:
            run = story.run
            mass = cement_mass(story.grid, run.fill, run.arrival_time_s, run.product, None)
            after = xray(ct, pose, needles=(story.needle,), cement=mass, shadow=shadow)
            pictures[f"{name}_after"] = render_png(after)
    if story.run is not None and story.needle is not None:
        moving = moving_picture(story.run, story.grid, (story.needle,), shadows)
        if moving is not None:
            pictures |= {MOVING: moving.animation, STILL: moving.still}
    return pictures


def report_content(story: Story, pictures: Mapping[str, bytes]) -> ReportContent:
    """What the page shows."""
    samples = [e for e in (story.run.events if story.run else ()) if e["event"] == "sample"]
    times = [float(e["t_s"]) for e in samples]
    return ReportContent(
        level=story.level.name,
        who=_who(story.patient),
        what=_what(story),
        measure=story.measure,
        screen=story.screen,
        plan=story.plan,
        inject=story.inject,
        strength=story.strength,
        pictures=pictures,
        pressure_samples=[(float(e["injected_ml"]), float(e["pressure_kpa"])) for e in samples],
        injected_from_to_s=(times[0], times[-1]) if times else None,
    )


def _who(patient: Patient | None) -> str:
    """Pseudonym, age and sex as far as they are known; never a name."""
    if patient is None:
        return "no patient file"
    parts = [patient.pseudonym or "no pseudonym"]
    if patient.age_years is not None:
        parts.append(f"{patient.age_years:.0f} years")
    if patient.sex is not None:
        parts.append(str(patient.sex))
    return ", ".join(parts)


def _what(story: Story) -> str:
    spacing = " × ".join(f"{value:.2g}" for value in story.level.ct.affine.spacing_mm)
    return f"CT {spacing} mm, labels {story.level.spine.scheme}"


def _manifest(
    story: Story,
    documents: Mapping[str, Document],
    files: list[FileEntry],
    clock: StageClock,
) -> RunDocument:
    stages = clock.durations()
    inputs = story.measure.inputs + [i for i in story.screen.inputs if i not in story.measure.inputs]
    provenance = Provenance(
        inputs=inputs, parameters=dict(story.measure.parameters), duration_s=round(sum(s for _, s in stages), 3)
    )
    head = provenance.head(
        "run",
        sources=[key for document in documents.values() for key in document.sources],
        warnings=[w for document in documents.values() for w in document.warnings],
        not_modelled=[n for document in documents.values() for n in document.not_modelled],
        unknown=(),
    )
    measured = story.measure.levels[0]
    return RunDocument(
        **head,
        level=story.level.name,
        verdict=story.screen.verdict,
        summary=summary(measured, story.screen, story.plan, story.inject, story.strength),
        files=files,
        stages=[StageEntry(stage=name, duration_s=round(seconds, 3)) for name, seconds in stages],
    )
