"""The story of one level: measured, screened, planned, injected and compressed, with the documents of each room."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from vertebroplasty.anatomy import NOT_MODELLED as ANATOMY_NOT_MODELLED
from vertebroplasty.anatomy import SOURCES as ANATOMY_SOURCES
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.measurement import LevelMeasurement
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.calibrating import GENERIC_REQUEST, CalibrationRequest, calibrate_or_none
from vertebroplasty.case.cement_files import written_files
from vertebroplasty.case.injecting import NO_PATH, OF_THE_ROOM, InjectOptions, carried_out, mixed_product, read_actions
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.own_cement import own_parameters
from vertebroplasty.case.site import NO_SITE, Site
from vertebroplasty.case.steps import screen_levels
from vertebroplasty.case.treated_bone import balloon_bone, said_of_balloons, treated_bone
from vertebroplasty.cement.actions import Action
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.inject import InjectDocument, inject_document, no_injection_document
from vertebroplasty.documents.measure import MeasureDocument, measure_document
from vertebroplasty.documents.patient import read_patient
from vertebroplasty.documents.plan import PlanDocument, plan_document
from vertebroplasty.documents.screen import ScreenDocument, screen_document
from vertebroplasty.documents.strength import StrengthDocument, strength_document
from vertebroplasty.errors import CutBody
from vertebroplasty.files import sha256_of
from vertebroplasty.geometry.frame import Points
from vertebroplasty.geometry.gauges import gauge as known_gauge
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planner import plan as plan_needle
from vertebroplasty.selection.patient import Patient
from vertebroplasty.strength.compression import NOT_MODELLED as STRENGTH_NOT_MODELLED
from vertebroplasty.strength.compression import compress
from vertebroplasty.strength.result import Strength

__all__ = ["STAGES", "StageClock", "Story", "WalkRequest", "tell"]

STAGES = (
    "reading",
    "measuring",
    "screening",
    "planning",
    "building the vertebra's grid",
    "injecting",
    "compressing",
    "taking X-rays",
    "writing the report",
)
Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRequest:
    """What a walk needs: the scan, the level, and how needle and cement are chosen; `actions` is a log to carry out."""

    scan: ScanRequest
    level: str
    patient: Path | None = None
    gauge: int = 11
    grid_mm: float = 1.0
    injection: InjectOptions = field(default_factory=InjectOptions)
    calibration: CalibrationRequest = GENERIC_REQUEST
    actions: Path | None = None

    def parameters(self) -> dict[str, object]:
        """The options as documents show them; with a log of actions only those that it leaves open."""
        chosen = {"level": self.level, "gauge": self.gauge, "grid_mm": self.grid_mm}
        own = own_parameters(self.injection.product)
        used = asdict(self.injection)
        if self.actions is not None:
            used = {name: used[name] for name in ("product", *OF_THE_ROOM)}
        return chosen | used | own | self.calibration.parameters


@dataclass(frozen=True, eq=False, kw_only=True)
class Story:
    """Everything a walk found: the objects for pictures, the documents for files and page."""

    level: Level
    patient: Patient | None
    grid: VertebraGrid
    needle: NeedlePath | None
    run: Injection | None
    points_lps_mm: Mapping[str, Points] | None  # the six measured points, for the picture
    measure: MeasureDocument
    screen: ScreenDocument
    plan: PlanDocument
    inject: InjectDocument
    strength: StrengthDocument
    strengths: tuple[Strength, Strength | None]  # the deformed specimens, for the picture
    stages: tuple[tuple[str, float], ...]
    site: Site = NO_SITE


class StageClock:
    """Notes when each stage began, and says so."""

    def __init__(self, say: Stage) -> None:
        self.say = say
        self.marks: list[tuple[str, float]] = []

    def __call__(self, name: str) -> None:
        """A stage begins."""
        self.marks.append((name, time.perf_counter()))
        self.say(name)

    def lasted_s(self) -> float:
        """Seconds since the present stage began."""
        return time.perf_counter() - self.marks[-1][1]

    def durations(self) -> tuple[tuple[str, float], ...]:
        """Seconds of every stage so far."""
        ends = [begin for _, begin in self.marks[1:]] + [time.perf_counter()]
        return tuple((name, end - begin) for (name, begin), end in zip(self.marks, ends, strict=True))


def tell(request: WalkRequest, clock: StageClock) -> Story:
    """The story of one level: measured, screened, planned, injected and compressed.

    Raises:
        CutBody: the body itself leaves the field of view.
        VertebroplastyError: the CT or its labels cannot be read.
    """
    cement_product(request.injection.product)
    known_gauge(request.gauge)
    actions = None if request.actions is None else read_actions(request.actions)
    if actions is not None:
        request = replace(request, injection=replace(request.injection, product=mixed_product(actions)))
    clock("reading")
    teller = _open(request, clock)
    clock("measuring")
    measured, measure_doc = teller.measured()
    clock("screening")
    screen_doc = teller.screened(measured)
    clock("planning")
    needle, plan_doc = teller.planned()
    clock("building the vertebra's grid")
    grid = build_grid(teller.level, request.grid_mm)
    clock("injecting")
    run, inject_doc = teller.injected(grid, needle, actions)
    clock("compressing")
    strengths, strength_doc = teller.compressed(grid, run)
    return Story(
        level=teller.level,
        patient=teller.patient,
        grid=grid,
        needle=needle,
        run=run,
        points_lps_mm=measured.points_lps_mm,
        measure=measure_doc,
        screen=screen_doc,
        plan=plan_doc,
        inject=inject_doc,
        strength=strength_doc,
        strengths=strengths,
        stages=clock.durations(),
        site=request.scan.site,
    )


def _open(request: WalkRequest, clock: StageClock) -> "_Teller":
    level = open_level(request.scan, request.level)
    patient = None if request.patient is None else read_patient(request.patient)
    inputs = spine_inputs(level.spine) + request.calibration.inputs
    for role, file in (("patient", request.patient), ("actions", request.actions)):
        if file is not None:
            inputs += (InputFile(role=role, name=file.name, sha256=sha256_of(file)),)
    return _Teller(request=request, clock=clock, level=level, patient=patient, inputs=inputs)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Teller:
    """Takes one level through the rooms, each answering with its document."""

    request: WalkRequest
    clock: StageClock
    level: Level
    patient: Patient | None
    inputs: tuple[InputFile, ...]

    def provenance(self) -> Provenance:
        return Provenance.of(self.inputs, self.parameters(), self.clock.lasted_s())

    def parameters(self) -> dict[str, object]:
        return {**self.request.parameters(), **self.request.scan.parameters(self.level.spine)}

    def measured(self) -> tuple[LevelMeasurement, MeasureDocument]:
        vertebra = find_vertebra(self.level)
        if vertebra.body_cut:
            sides = ", ".join(vertebra.cut_sides)
            message = f"The body of {self.level.name} is cut by the CT ({sides}): use a scan that shows it whole."
            raise CutBody(message, where=self.level.name)
        found = measure(self.level)
        document = measure_document(
            [found],
            self.provenance(),
            sources=ANATOMY_SOURCES,
            not_modelled=ANATOMY_NOT_MODELLED,
            warnings=said_on_reading(self.level.spine),
        )
        return found, document

    def screened(self, measured: LevelMeasurement) -> ScreenDocument:
        name, product = self.level.name, self.request.injection.product
        screening = screen_levels(self.patient, {name: measured}, levels=(name,), product=product)
        return screen_document(screening, self.provenance())

    def planned(self) -> tuple[NeedlePath | None, PlanDocument]:
        plan = plan_needle(self.level, gauge_number=self.request.gauge)
        said = said_on_reading(self.level.spine)
        document = plan_document(plan, self.provenance(), level=self.level.name, warnings=said)
        return (plan.paths[0].path if plan.paths else None), document

    def injected(
        self, grid: VertebraGrid, needle: NeedlePath | None, actions: tuple[Action, ...] | None
    ) -> tuple[Injection | None, InjectDocument]:
        name = self.level.name
        if needle is None:
            return None, no_injection_document(NO_PATH, self.provenance(), level=name)
        run = carried_out(grid, needle, self.request.injection, actions)
        said = (*grid.notes, *self.request.scan.site.document.of_syringe(run.injected_ml, run.peak_pressure_kpa))
        document = inject_document(run, self.provenance(), level=name, files=written_files(run), warnings=said)
        return run, document

    def compressed(
        self, grid: VertebraGrid, run: Injection | None
    ) -> tuple[tuple[Strength, Strength | None], StrengthDocument]:
        line = calibrate_or_none(self.request.calibration, self.level, self.request.scan.site)
        before = compress(grid, calibration=line)
        after, treated = None, None
        if run is not None:
            treated = treated_bone(grid, run)
            after = compress(grid, fill=treated.fill, density_factor=treated.density_factor, calibration=line)
        document = strength_document(
            before,
            after,
            self.provenance(),
            level=self.level.name,
            why_no_after=NO_PATH,
            not_modelled=STRENGTH_NOT_MODELLED,
            warnings=said_of_balloons(treated),
            balloons=None if run is None or treated is None else balloon_bone(run, treated),
        )
        return (before, after), document
