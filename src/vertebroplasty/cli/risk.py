"""`vertebroplasty risk`: repeat an injection with what is uncertain drawn anew, and count the leaks."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.inject import Actions, ComponentC, PressureLimit, RoomC, SeenFrom, StopOnDisc
from vertebroplasty.cli.output import answer, refuse_output

if TYPE_CHECKING:
    from vertebroplasty.documents.risk import ChanceEntry, RiskDocument

__all__ = ["risk"]

BAR_WIDTH = 30  # [choice] characters
SHOWN_DRIVERS = 3  # [choice] lines; the document holds all
Runs = Annotated[int, Parameter(name="--runs", help="Number of injections.")]
GridMm = Annotated[
    float, Parameter(name="--grid-mm", help="Spacing of the vertebra's own grid in mm; coarser than for `inject`.")
]


def risk(
    ct: Path,
    /,
    *,
    scan: o.Scan,
    level: o.LevelOption,
    plan: o.PlanFile = None,
    path: o.PathRank = 1,
    gauge: o.OwnGauge = None,
    product: o.ChosenProduct = None,
    volume_ml: o.VolumeMl = 3.0,
    rate_ml_per_s: o.Rate = 0.05,
    start_s: o.Start = 330.0,
    actions: Actions = None,
    room_c: RoomC = 22.0,
    component_c: ComponentC = None,
    seen_from_ml: SeenFrom = 0.05,
    stop_on_disc: StopOnDisc = False,
    pressure_limit_kpa: PressureLimit = 3215.0,
    grid_mm: GridMm = 1.5,
    runs: Runs = 200,
    site: o.SiteFile = None,
    common: o.Common = o.COMMON,
) -> None:
    """How likely is a leak: many injections with bone, cement, hand and reaction time drawn anew.

    With -o an interrupted attempt is resumed by the same command; --threads says how many run at once.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    refuse_output("risk", common)
    from vertebroplasty.case.injecting import USUAL_PRODUCT, InjectOptions, InjectRequest
    from vertebroplasty.case.inputs import with_site
    from vertebroplasty.case.own_cement import chosen_product
    from vertebroplasty.case.risk import RiskRequest, forget_unfinished, risk_answer

    scanned = with_site(scan.of(ct), site)
    options = InjectOptions(
        product=o.first_given(chosen_product(product), scanned.site.product, USUAL_PRODUCT),
        volume_ml=volume_ml,
        rate_ml_per_s=rate_ml_per_s,
        start_s=start_s,
        room_temperature_c=room_c,
        component_temperature_c=component_c,
        seen_from_ml=seen_from_ml,
        stop_on_disc=stop_on_disc,
        pressure_limit_kpa=pressure_limit_kpa,
    )
    asked = InjectRequest(
        scan=scanned, level=level, plan=plan, rank=path, gauge=gauge, actions=actions, grid_mm=grid_mm
    )
    request = RiskRequest(inject=asked, options=options, runs=runs, seed=common.seed, workers=common.threads)
    with _Bar() as bar:
        document = risk_answer(request, common.out, progress=bar.show)
    answer(document, _lines(document), common)
    if common.out is not None:
        forget_unfinished(common.out)


class _Bar:
    """How many runs are done and how long the rest may take, on a terminal only."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.begin = time.perf_counter()
        self.already: int | None = None

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, done: int, total: int) -> None:
        """So many of so many are done."""
        if not self.shown:
            return
        if self.already is None:
            self.already, self.begin = done, time.perf_counter()
        fresh = done - self.already
        left = (time.perf_counter() - self.begin) / fresh * (total - done) if fresh else None
        full = BAR_WIDTH * done // total
        rest = "" if left is None else f", {left:.0f} s left"
        sys.stderr.write(f"\r\x1b[K{'█' * full}{'░' * (BAR_WIDTH - full)} {done} of {total} runs{rest}")
        sys.stderr.flush()


def _lines(document: "RiskDocument") -> Iterator[str]:
    injected = document.runs - sum(entry.runs for entry in document.refused)
    hidden = set(document.not_assessed)
    yield f"{document.level}: {injected} injections; chance of cement, and how much (median, 95th percentile)"
    yield f"  {'in the canal':20s} {_chance(document.in_canal)}{_basis(document.in_canal)}"
    for entry in document.sites:
        if entry.probability > 0 or entry.site in hidden:
            yield f"  {entry.site:20s} {_chance(entry)}{_basis(entry)}"
    for at in document.volume_at_risk:
        if at.volume_ml is not None:
            yield f"  {at.threshold:.0%} of the runs had leaked ({at.site}) by {at.volume_ml:.2f} ml"
    known = [driver for driver in document.drivers if driver.rank_correlation is not None and driver.beyond_chance]
    for driver in known[:SHOWN_DRIVERS]:
        yield f"  leaked volume goes with {driver.parameter}: rank correlation {driver.rank_correlation:+.2f}"
    if not known:
        yield "  no drawn parameter goes with the leaked volume beyond chance"
    yield "  ended by " + ", ".join(f"{name} {count}" for name, count in document.stop_reasons.items())


def _chance(entry: "ChanceEntry") -> str:
    low, high = f"{entry.ci_low:.1%}", f"{entry.ci_high:.1%}"
    seen = f"seen in {entry.seen:.1%}"
    return f"{entry.probability:6.1%} ({low} to {high}), {entry.ml_p50:.2f} and {entry.ml_p95:.2f} ml, {seen}"


def _basis(entry: "ChanceEntry") -> str:
    return " [gaps drawn at a published rate, not seen on this CT]" if entry.basis == "published-rate" else ""
