"""The leak risk of a plan for the command line: many injections, in parallel, that can be interrupted and resumed."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.answers import said_on_reading
from vertebroplasty.case.injecting import (
    NO_PATH,
    OF_THE_ROOM,
    InjectOptions,
    InjectRequest,
    injection_inputs,
    needle_of,
    read_actions,
)
from vertebroplasty.case.inputs import open_level
from vertebroplasty.case.own_cement import own_parameters
from vertebroplasty.case.risk_log import RunLog, key_of, log_beside
from vertebroplasty.case.risk_pool import finish_runs, usable_cores
from vertebroplasty.cement.actions import Mix, plain_actions
from vertebroplasty.cement.product import is_built_in
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.risk import summary
from vertebroplasty.cement.risk_run import Outcome, RiskRuns
from vertebroplasty.cement.risk_sampling import draw
from vertebroplasty.cement.syringe import cannula_ml
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.risk import RiskDocument, risk_document
from vertebroplasty.errors import Refused

__all__ = ["RiskRequest", "forget_unfinished", "risk_answer"]

Progress = Callable[[int, int], None]
DRAWN = ("reaction_s",)  # an option of one injection that every run draws for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRequest:
    """How often to repeat which injection, and on how many processes (None: one for each core)."""

    inject: InjectRequest
    options: InjectOptions
    runs: int = 200
    seed: int = 0
    workers: int | None = None


def _quiet(done: int, total: int) -> None:
    """Nobody watches."""


def risk_answer(request: RiskRequest, out: Path | None = None, *, progress: Progress = _quiet) -> RiskDocument:
    """Repeat one injection with what is uncertain drawn anew; with `out`, finished runs are kept beside it.

    Raises:
        Refused: an option is out of range, no needle path is safe, or no run could be injected.
    """
    begin = time.perf_counter()
    samples = draw(request.runs, request.seed)
    level = open_level(request.inject.scan, request.inject.level)
    repeated = _repeated(request, level)
    parameters = _parameters(request, repeated) | request.inject.scan.parameters(level.spine)
    log = RunLog(None if out is None else log_beside(out), key_of(repeated, parameters))
    resumed = len(log.outcomes)

    def keep(index: int, outcome: Outcome) -> None:
        log.keep(index, outcome)
        progress(len(log.outcomes), len(samples))

    progress(resumed, len(samples))
    finish_runs(repeated, samples, workers=request.workers or usable_cores(), known=log.outcomes, keep=keep)
    found = summary(repeated.grid, repeated.path, samples, log.outcomes, seed=request.seed)
    provenance = Provenance.of(injection_inputs(request.inject, level), parameters, time.perf_counter() - begin)
    said = (*said_on_reading(level.spine), *repeated.grid.notes)
    return risk_document(found, provenance, level=level.name, resumed=resumed, warnings=said)


def _repeated(request: RiskRequest, level: Level) -> RiskRuns:
    """The injection to repeat, its options checked before the first run."""
    asked, options = request.inject, request.options
    cement_product(options.product)
    path = needle_of(asked, level)
    if path is None:
        raise Refused(NO_PATH, where=level.name)
    if asked.actions is None:
        actions = plain_actions(
            product=options.product,
            volume_ml=options.volume_ml,
            rate_ml_per_s=options.rate_ml_per_s,
            start_s=options.start_s,
            cannula_ml=cannula_ml(path.gauge),
        )
    else:
        actions = read_actions(asked.actions)
    used = asdict(options)
    product = next((action.product for action in actions if isinstance(action, Mix)), options.product)
    return RiskRuns(
        grid=build_grid(level, asked.grid_mm),
        path=path,
        actions=actions,
        options={name: used[name] for name in OF_THE_ROOM if name not in DRAWN},
        own_product=None if is_built_in(product) else cement_product(product),
    )


def _parameters(request: RiskRequest, repeated: RiskRuns) -> dict[str, object]:
    """What was really used; the number of processes changes nothing and is left out."""
    asked = request.inject
    used = asdict(request.options) if asked.actions is None else dict(repeated.options)
    used = {name: value for name, value in used.items() if name not in DRAWN}
    if repeated.own_product is not None:
        used |= own_parameters(repeated.own_product.key)
    return {
        "level": asked.level,
        "gauge": repeated.path.gauge_number,
        "path": asked.rank,
        "grid_mm": asked.grid_mm,
        "runs": request.runs,
        "seed": request.seed,
        **used,
    }


def forget_unfinished(out: Path) -> None:
    """Remove the kept runs once the answer is complete."""
    log_beside(out).unlink(missing_ok=True)
