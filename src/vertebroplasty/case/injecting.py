"""Injecting for the command line: the needle from a plan, the files of a run, and reading such a run again."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from jaxtyping import Float32

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.cement.actions import Action, parse_actions
from vertebroplasty.cement.injection import inject, inject_actions
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.common import Provenance, dump
from vertebroplasty.documents.inject import Files, InjectDocument, inject_document, no_injection_document
from vertebroplasty.documents.plan import PathEntry, PlanDocument
from vertebroplasty.errors import Refused
from vertebroplasty.files import refuse_existing_folder, sha256_of, write_whole, write_whole_text
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planner import plan as plan_needle

__all__ = ["CementRun", "InjectOptions", "inject_answer", "read_cement", "read_plan_path", "write_injection"]

ARRIVAL, FILL, EVENTS, DOCUMENT = "arrival.nii.gz", "fill.nii.gz", "events.jsonl", "inject.json"
NO_PATH = "No safe needle path was found, so nothing was injected."
LARGEST_JSON_BYTES = 20_000_000  # [choice] no document of ours comes near
SAME_PLACE_MM = 1e-3  # [choice] rounding of an affine in a file
LPS_OF_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectOptions:
    """How the operator injects; the defaults are those of the command line."""

    product: str = "pmma-medium"
    volume_ml: float = 3.0
    rate_ml_per_s: float = 0.05
    start_s: float = 330.0
    room_temperature_c: float = 22.0
    seen_from_ml: float = 0.05
    stop_on_disc: bool = False
    pressure_limit_kpa: float = 3215.0


@dataclass(frozen=True, eq=False, kw_only=True)
class CementRun:
    """A finished injection as its two volumes tell it."""

    fill: Float32[np.ndarray, "k j i"]
    arrival_s: Float32[np.ndarray, "k j i"]
    product: str
    inputs: tuple[InputFile, ...]


def inject_answer(
    request: ScanRequest,
    level: str,
    options: InjectOptions,
    *,
    plan: Path | None,
    rank: int,
    gauge: int,
    actions: Path | None,
    grid_mm: float,
    out: Path,
    overwrite: bool,
) -> InjectDocument:
    """Inject on one level and write inject.json, the two volumes and the events into `out`."""
    refuse_existing_folder(out, overwrite=overwrite, ours=(ARRIVAL, FILL, EVENTS, DOCUMENT))
    begin = time.perf_counter()
    chosen = open_level(request, level)
    inputs = list(spine_inputs(chosen.spine))
    needle = _needle(chosen, plan, rank, gauge)
    parameters: dict[str, object] = {
        "level": level,
        "gauge": gauge,
        "path": rank,
        "grid_mm": grid_mm,
        **asdict(options),
    }
    for role, file in (("plan", plan), ("actions", actions)):
        if file is not None:
            inputs.append(InputFile(role=role, name=file.name, sha256=sha256_of(file)))
    if needle is None:
        provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
        document = no_injection_document(NO_PATH, provenance, level=level)
        write_whole_text(out / DOCUMENT, dump(document) + "\n")
        return document
    grid = build_grid(chosen, grid_mm)
    run = _run(grid, needle, options, actions)
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    said = (*said_on_reading(chosen.spine), *grid.notes)
    document = inject_document(run, provenance, level=level, files=written_files(), warnings=said)
    write_injection(run, grid, out)
    write_whole_text(out / DOCUMENT, dump(document) + "\n")
    return document


def _run(grid: VertebraGrid, needle: NeedlePath, options: InjectOptions, actions: Path | None) -> Injection:
    if actions is None:
        return inject(grid, needle, **asdict(options))
    limits = {
        name: asdict(options)[name]
        for name in ("room_temperature_c", "seen_from_ml", "stop_on_disc", "pressure_limit_kpa")
    }
    return inject_actions(grid, needle, _read_actions(actions), **limits)


def _read_actions(file: Path) -> tuple[Action, ...]:
    if not file.is_file() or file.stat().st_size > LARGEST_JSON_BYTES:
        raise Refused(f"{file.name} cannot be read as a log of actions: give a file of JSON lines.", where="--actions")
    return parse_actions(file.read_text(encoding="utf-8").splitlines())


def _needle(level: Level, plan: Path | None, rank: int, gauge: int) -> NeedlePath | None:
    """The needle of a plan file, or of a plan made now; None when there is no safe path."""
    if plan is not None:
        return read_plan_path(plan, rank, level.name)
    paths = plan_needle(level, gauge_number=gauge).paths
    if not paths:
        return None
    if not 1 <= rank <= len(paths):
        raise Refused(f"The plan has {len(paths)} paths, not a path {rank}: choose another --path.", where="--path")
    return paths[rank - 1].path


def read_plan_path(file: Path, rank: int, level: str) -> NeedlePath:
    """One path of a plan.json.

    Raises:
        Refused: not a plan of this level, or it has no such path.
    """
    entry = _path_entry(file, rank, level)
    return NeedlePath(
        entry_lps_mm=np.array(entry.entry_lps_mm),
        tip_lps_mm=np.array(entry.tip_lps_mm),
        gauge_number=entry.gauge,
        side=entry.side,
        approach=entry.approach,
    )


def _path_entry(file: Path, rank: int, level: str) -> PathEntry:
    if not file.is_file():
        raise Refused(
            f"There is no plan {file.name}: make one with `vertebroplasty plan -o plan.json`.", where="--plan"
        )
    if file.stat().st_size > LARGEST_JSON_BYTES:
        raise Refused(f"{file.name} is too large for a plan: give the plan.json of `plan` or `run`.", where="--plan")
    try:
        document = PlanDocument.model_validate_json(file.read_text(encoding="utf-8"))
    except ValueError:
        raise Refused(f"{file.name} is not a plan: give the plan.json of `plan` or `run`.", where="--plan") from None
    if document.level != level:
        raise Refused(f"{file.name} plans {document.level}, not {level}: give the same --level.", where="--plan")
    for entry in document.paths:
        if entry.rank == rank:
            return entry
    ranks = ", ".join(str(entry.rank) for entry in document.paths) or "none"
    raise Refused(f"{file.name} has no path {rank}: it has {ranks}.", where="--path")


def written_files() -> Files:
    """Names of the files beside inject.json."""
    return Files(arrival=ARRIVAL, fill=FILL, events=EVENTS)


def write_injection(run: Injection, grid: VertebraGrid, folder: Path) -> None:
    """Write arrival, fill and events; the affine places the grid in the CT's world."""
    for name, values in ((ARRIVAL, run.arrival_time_s), (FILL, run.fill)):
        image: Any = nibabel.Nifti1Image(values.astype(np.float32).T, LPS_OF_RAS @ grid.affine.matrix)  # type: ignore[no-untyped-call]
        image.header.set_xyzt_units("mm")
        write_whole(folder / name, lambda path, image=image: nibabel.save(image, path))  # type: ignore[misc]
    write_whole_text(folder / EVENTS, "".join(json.dumps(event) + "\n" for event in run.events))


def read_cement(folder: Path, grid: VertebraGrid) -> CementRun:
    """Read a finished injection that lies on this grid.

    Raises:
        Refused: the folder holds no injection, or it lies on another grid.
    """
    document_file = folder / DOCUMENT
    if not document_file.is_file() or document_file.stat().st_size > LARGEST_JSON_BYTES:
        raise Refused(f"{folder.name} holds no inject.json: give the folder of `inject` or `run`.", where="--cement")
    try:
        document = InjectDocument.model_validate_json(document_file.read_text(encoding="utf-8"))
    except ValueError:
        raise Refused(f"The inject.json of {folder.name} cannot be read: make it anew.", where="--cement") from None
    if document.files.fill is None:
        raise Refused(f"Nothing was injected in {folder.name}: {document.stop_sentence}", where="--cement")
    fill, arrival = (_read_volume(folder / name, grid) for name in (FILL, ARRIVAL))
    inputs = tuple(InputFile(role="cement", name=name, sha256=sha256_of(folder / name)) for name in (FILL, ARRIVAL))
    return CementRun(fill=fill, arrival_s=arrival, product=str(document.parameters["product"]), inputs=inputs)


def _read_volume(file: Path, grid: VertebraGrid) -> Float32[np.ndarray, "k j i"]:
    if not file.is_file():
        raise Refused(f"{file.parent.name} lacks {file.name}: make the injection anew.", where="--cement")
    image: Any = nibabel.load(file)
    affine = Affine(LPS_OF_RAS @ np.asarray(image.affine))
    if image.shape[::-1] != grid.hu.shape or np.abs(affine.matrix - grid.affine.matrix).max() > SAME_PLACE_MM:
        raise Refused(
            f"{file.name} lies on another grid: use the same CT, labels, --level and --grid-mm.", where="--cement"
        )
    return np.asarray(image.dataobj, np.float32).T
