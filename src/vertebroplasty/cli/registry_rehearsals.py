"""`vertebroplasty registry rehearsals`: one operator's own rehearsals, for that operator's eyes; nobody is ranked."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli import registry_chart as c
from vertebroplasty.cli import registry_options as r
from vertebroplasty.cli.output import answer
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.common import Provenance
    from vertebroplasty.documents.registry import RehearsalsDocument
    from vertebroplasty.registry.rehearsals.drift import RehearsalDrift
    from vertebroplasty.registry.rehearsals.record import Rehearsal

__all__ = ["rehearsals"]

Operator = Annotated[
    str, Parameter(name="--operator", help="Pseudonym; an operator sees the own ones, nobody is ranked.")
]
NO_CHART = "no acceptable share p0 and share looked for p1 were stated"


def rehearsals(
    *,
    operator: Operator,
    p0: c.Acceptable = None,
    p1: c.LookedFor = None,
    alpha: c.FalseAlarm = c.USUAL_ALPHA,
    beta: c.Missed = c.USUAL_BETA,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """One operator's rehearsals; with --p0 and --p1 a CUSUM of leaks driven on, drawn with -o chart.svg.

    Guided rehearsals, in which leaks are announced, do not count in the CUSUM.
    A rehearsal is kept as a rehearsal: no statistic of procedures counts it.
    """
    begin = time.perf_counter()
    c.check(p0=p0, p1=p1, alpha=alpha, beta=beta)
    chart = common.out
    if chart is not None and (chart.suffix.lower() != ".svg" or p0 is None):
        raise WrongUsage("-o draws the CUSUM: end its name in .svg, and state --p0 and --p1.", where="-o")
    from vertebroplasty.registry.rehearsals.drift import rehearsal_drift
    from vertebroplasty.registry.rehearsals.keeping import rehearsals_of
    from vertebroplasty.registry.series.drift import CusumPlan

    with r.opened(db) as registry:
        found, name = rehearsals_of(registry, operator), registry.name
    drift = None
    if p0 is not None and p1 is not None:
        drift = rehearsal_drift(found, CusumPlan(p0=p0, p1=p1, alpha=alpha, beta=beta))
        if chart is not None:
            _draw(drift, chart, overwrite=common.overwrite)
    given = {"operator": operator, "p0": p0, "p1": p1}
    document = _document(found, drift, name, operator, r.provenance(begin, **given))
    answer(document, _lines(document, drift), replace(common, out=None))


def _draw(drift: "RehearsalDrift", chart: Path, *, overwrite: bool) -> None:
    from vertebroplasty.files import refuse_existing_file, write_whole_text
    from vertebroplasty.registry.figures.cusum import cusum_chart
    from vertebroplasty.registry.rehearsals.drift import OUTCOME

    refuse_existing_file(chart, overwrite=overwrite)
    r.spare_registry(chart)
    write_whole_text(chart, cusum_chart(drift.cusum, outcome=OUTCOME, note="Rehearsals, no patients."))


def _document(
    found: "Sequence[Rehearsal]",
    drift: "RehearsalDrift | None",
    name: str,
    operator: str,
    provenance: "Provenance",
) -> "RehearsalsDocument":
    from vertebroplasty.documents.common import Unknowns, rounded
    from vertebroplasty.documents.registry import RehearsalEntry, RehearsalsDocument
    from vertebroplasty.registry.rehearsals.record import ELEMENTS
    from vertebroplasty.registry.series.document import as_plain

    unknowns, entries = Unknowns(), []
    for n, one in enumerate(found):
        values = {key: rounded(getattr(one, key)) for key in (*ELEMENTS, "stop_delay_s")}
        for key, value in values.items():
            if value is None:
                why = "no leak that asks for a stop could be seen" if key == "stop_delay_s" else "it was not judged"
                unknowns.note(f"rehearsals[{n}].{key}", why)
        ended = "" if one.ended_at is None else one.ended_at.isoformat(timespec="seconds")
        if one.guided is None:
            unknowns.note(f"rehearsals[{n}].guided", "it was not noted")
        entries.append(
            RehearsalEntry(
                id=one.rehearsal_id, ended_at=ended, case=one.case, level=one.level, guided=one.guided,
                stop_delay_s=values["stop_delay_s"], **{name: values[name] for name in ELEMENTS},
            )
        )  # fmt: skip
    if drift is None:
        unknowns.note("cusum", NO_CHART)
    head = provenance.head("registry-rehearsals", sources=(), warnings=(), not_modelled=(), unknown=unknowns.entries)
    cusum = None if drift is None else as_plain(drift)
    return RehearsalsDocument(**head, registry=name, operator=operator, rehearsals=entries, cusum=cusum)


def _lines(document: "RehearsalsDocument", drift: "RehearsalDrift | None") -> Iterator[str]:
    if not document.rehearsals:
        yield f"No rehearsal of {document.operator} is kept here."
    for one in document.rehearsals:
        stop = "" if one.stop_delay_s is None else f", stopped {one.stop_delay_s:.1f} s after a leak that asks for it"
        yield f"{one.ended_at[:16]}  {one.case}, {one.level}{', guided' if one.guided else ''}{stop}"
        for name in ("selection", "placement", "timing", "fluoroscopy", "outcome"):
            value = getattr(one, name)
            yield f"  {name:12s} " + ("not judged" if value is None else f"{value:.2f}")
    if drift is not None:
        yield drift.sentence
