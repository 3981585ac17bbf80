"""Injecting for the command line: the needle from a plan, and the files of a run."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.cement_files import (
    ACTIONS,
    ARRIVAL,
    CAVITY,
    DOCUMENT,
    EVENTS,
    FILL,
    write_actions,
    write_injection,
    written_files,
)
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.json_files import read_text
from vertebroplasty.case.own_cement import own_parameters
from vertebroplasty.case.plan_file import read_plan_path
from vertebroplasty.case.warming import heat_of
from vertebroplasty.cement.actions import Action, Mix, parse_actions
from vertebroplasty.cement.injection import inject, inject_actions
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.common import Provenance, dump
from vertebroplasty.documents.inject import (
    HEAT_NOT_ASKED,
    HeatEntry,
    InjectDocument,
    inject_document,
    no_injection_document,
)
from vertebroplasty.errors import Refused
from vertebroplasty.files import fill_folder, refuse_existing_folder, sha256_of, write_whole_text
from vertebroplasty.geometry.gauges import gauge as known_gauge
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planner import plan as plan_needle

__all__ = [
    "NO_PATH", "OF_THE_ROOM", "USUAL_GAUGE", "USUAL_PRODUCT", "InjectOptions", "InjectRequest", "carried_out",
    "inject_answer", "injection_inputs", "mixed_product", "needle_of", "read_actions",
]  # fmt: skip

NO_PATH = "No safe needle path was found, so nothing was injected."
USUAL_PRODUCT = "pmma-medium"
USUAL_GAUGE = 11  # [Provenzano2004] vertebroplasty uses 11 to 13 G
INJECT_FILES = (ARRIVAL, FILL, CAVITY, EVENTS, ACTIONS, DOCUMENT)
OF_THE_ROOM = (
    "room_temperature_c",
    "component_temperature_c",
    "seen_from_ml",
    "stop_on_disc",
    "pressure_limit_kpa",
    "reaction_s",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectOptions:
    """How the operator injects; the defaults are those of the command line."""

    product: str = USUAL_PRODUCT
    volume_ml: float = 3.0
    rate_ml_per_s: float = 0.05
    start_s: float = 330.0
    room_temperature_c: float = 22.0
    component_temperature_c: float | None = None
    seen_from_ml: float | Mapping[str, float] = 0.05  # one number, or one for each site
    stop_on_disc: bool = False
    pressure_limit_kpa: float = 3215.0
    reaction_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectRequest:
    """Which level to inject through which needle: a plan's path, or one planned now."""

    scan: ScanRequest
    level: str
    plan: Path | None = None
    rank: int = 1
    gauge: int | None = None
    actions: Path | None = None
    grid_mm: float = 1.0
    heat: bool = False
    blood_flow_ml_per_100g_min: float = 0.0
    visibility: Path | None = None


def inject_answer(request: InjectRequest, options: InjectOptions, out: Path, *, overwrite: bool) -> InjectDocument:
    """Inject on one level and leave inject.json, the two volumes and the events in `out`, all of them or none."""
    refuse_existing_folder(out, overwrite=overwrite, ours=INJECT_FILES)
    cement_product(options.product)
    if request.gauge is not None:
        known_gauge(request.gauge)
    actions = None if request.actions is None else read_actions(request.actions)
    begin = time.perf_counter()
    level = open_level(request.scan, request.level)
    needle = needle_of(request, level)
    grid = build_grid(level, request.grid_mm)
    run = None if needle is None else carried_out(grid, needle, options, actions)
    parameters = _parameters(request, options, needle, run) | request.scan.parameters(level.spine)
    provenance = Provenance.of(injection_inputs(request, level), parameters, time.perf_counter() - begin)
    if run is None:
        document = no_injection_document(NO_PATH, provenance, level=level.name)
    else:
        syringe = request.scan.site.document.of_syringe(run.injected_ml, run.peak_pressure_kpa)
        said = (*said_on_reading(level.spine), *grid.notes, *syringe)
        heat = _heat(request, options, run, grid) if request.heat else HEAT_NOT_ASKED
        if request.heat and isinstance(heat, str):
            said = (*said, f"No heat is told: {heat}.")
        files = written_files(run)
        document = inject_document(run, provenance, level=level.name, files=files, warnings=said, heat=heat)

    def write(folder: Path) -> None:
        if run is not None:
            write_injection(run, grid, folder)
            write_actions(run, folder)
        write_whole_text(folder / DOCUMENT, dump(document) + "\n")

    fill_folder(out, write, ours=INJECT_FILES)
    return document


def _heat(request: InjectRequest, options: InjectOptions, run: Injection, grid: VertebraGrid) -> HeatEntry | str:
    """Heat in bone, from the temperature that the cement had as it left the tip."""
    cement_c = options.room_temperature_c if run.delivered_c is None else run.delivered_c
    return heat_of(run, grid, cement_c, blood_flow_ml_per_100g_min=request.blood_flow_ml_per_100g_min)


def injection_inputs(request: InjectRequest, level: Level) -> tuple[InputFile, ...]:
    """The files an injection rests on, with their hashes."""
    given = (("plan", request.plan), ("actions", request.actions), ("visibility", request.visibility))
    return (
        *spine_inputs(level.spine),
        *(InputFile(role=role, name=file.name, sha256=sha256_of(file)) for role, file in given if file is not None),
    )


def _parameters(
    request: InjectRequest, options: InjectOptions, needle: NeedlePath | None, run: Injection | None
) -> dict[str, object]:
    """What was really used: the plan's gauge, and the product of the log of actions."""
    used = asdict(options) if request.actions is None else {name: asdict(options)[name] for name in OF_THE_ROOM}
    if run is not None:
        used["product"] = run.product
        used |= own_parameters(run.product)
    gauge = request.gauge if needle is None else needle.gauge_number
    if request.heat:
        used["blood_flow_ml_per_100g_min"] = request.blood_flow_ml_per_100g_min
    return {"level": request.level, "gauge": gauge, "path": request.rank, "grid_mm": request.grid_mm, **used}


def carried_out(
    grid: VertebraGrid, needle: NeedlePath, options: InjectOptions, actions: tuple[Action, ...] | None
) -> Injection:
    """The injection of the plain options or, where there is a log, of its actions."""
    if actions is None:
        return inject(grid, needle, **asdict(options))
    return inject_actions(grid, needle, actions, **{name: asdict(options)[name] for name in OF_THE_ROOM})


def read_actions(file: Path) -> tuple[Action, ...]:
    """The actions of a log."""
    return parse_actions(
        read_text(file, remedy="give a log of actions, one JSON object a line", where="--actions").splitlines()
    )


def mixed_product(actions: tuple[Action, ...]) -> str:
    """The product that a log mixes first.

    Raises:
        Refused: nothing is mixed.
    """
    for action in actions:
        if isinstance(action, Mix):
            return action.product
    raise Refused("The log mixes no cement: begin it with the action mix.", where="--actions")


def needle_of(request: InjectRequest, level: Level) -> NeedlePath | None:
    """The needle of a plan file, or of a plan made now; None when there is no safe path."""
    if request.plan is not None:
        path = read_plan_path(request.plan, request.rank, level)
        if request.gauge not in (None, path.gauge_number):
            planned = f"The plan's path {request.rank} is for a {path.gauge_number}G needle"
            raise Refused(f"{planned}, not {request.gauge}G: leave --gauge out.", where="--gauge")
        return path
    paths = plan_needle(level, gauge_number=request.gauge or request.scan.site.gauge or USUAL_GAUGE).paths
    if not paths:
        return None
    if not 1 <= request.rank <= len(paths):
        raise Refused(
            f"The plan has {len(paths)} paths, not a path {request.rank}: choose another --path.", where="--path"
        )
    return paths[request.rank - 1].path
