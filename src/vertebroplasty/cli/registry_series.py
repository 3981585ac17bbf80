"""`vertebroplasty registry stats|compare|report`: a series in numbers, beside the literature, and on one page."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli import registry_chart as chart
from vertebroplasty.cli import registry_options as r
from vertebroplasty.cli.output import answer, counted, print_lines
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.registry_stats import LeakEntry, ProportionPart, RegistryStatsDocument

__all__ = ["compare", "report", "stats"]

Series = Annotated[
    str | None, Parameter(name="--series", help="The series; else the own one, or the only one there is.")
]
Models = Annotated[
    bool, Parameter(name="--models", negative="", help="Also survival, mixed and ordinal models, calibration, CUSUM.")
]
Operator = Annotated[
    str | None, Parameter(name="--operator", help="Experience of this operator alone; private, never in the report.")
]
Shared = Annotated[
    bool,
    Parameter(name="--shared", negative="", help="For readers outside: counts below five hidden, no single cases."),
]


def stats(
    *,
    series: Series = None,
    models: Models = False,
    operator: Operator = None,
    p0: chart.Acceptable = None,
    p1: chart.LookedFor = None,
    alpha: chart.FalseAlarm = chart.USUAL_ALPHA,
    beta: chart.Missed = chart.USUAL_BETA,
    on: r.Today = None,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """The statistics of a series: each percentage as k of n with its interval and what is counted."""
    begin = time.perf_counter()
    chart.check(p0=p0, p1=p1, alpha=alpha, beta=beta)
    if not models and (operator is not None or p0 is not None):
        raise WrongUsage("--operator, --p0 and --p1 belong to the models: add --models.", where="--models")
    from vertebroplasty.registry.series.document import registry_stats_document
    from vertebroplasty.registry.series.statistics import series_statistics

    today = r.day(on)
    with r.opened(db) as registry, registry.reading() as connection:
        found = series_statistics(connection, series, today=today)
        modelled = None
        if models:
            from vertebroplasty.registry.series.drift import CusumPlan
            from vertebroplasty.registry.series.models import series_models

            plan = None if p0 is None or p1 is None else CusumPlan(p0=p0, p1=p1, alpha=alpha, beta=beta)
            made = series_models(connection, series, today=today, seed=common.seed, operator=operator, plan=plan)
            modelled = {name: getattr(made, name) for name in made.__dataclass_fields__}
    given = r.provenance(begin, series=found.series, on=today.isoformat(), models=models, p0=p0, p1=p1)
    document = registry_stats_document(found, given, models=modelled)
    answer(document, _lines(document), common)


def _lines(document: "RegistryStatsDocument") -> Iterator[str]:
    counts = document.counts
    yield f"{document.title}{' (SYNTHETIC)' if document.synthetic else ''}"
    stated = (("patient", counts.patients), ("procedure", counts.procedures), ("level", counts.levels))
    yield ", ".join(f"unknown number of {what}s" if count is None else counted(count, what) for what, count in stated)
    for words, rows in (("Indications", document.indications), ("Complications", document.complications)):
        yield from _block(words, [(row.name, row) for row in rows])
    yield from _leak_lines(document.leaks)
    yield from _block(
        "Relief", [(f"{row.name}{f', {row.window}' if row.window else ''}", row) for row in document.relief]
    )
    volume = document.volume_ml
    if volume.mean is not None:
        spread = f"{volume.min:.1f} to {volume.max:.1f}"
        yield f"Cement in a level: mean {volume.mean:.1f} ml ({spread}), {counted(volume.n, 'level')}"
    yield from _block("Seen again", [(f"{row.window}", row) for row in document.followed_up])
    yield from _block("Not recorded", [(row.name, row) for row in document.missing if row.k])
    for model in document.models or ():
        yield f"{model.name}: {model.why_not or _said(model.result) or 'see --json'}"
    for note in document.notes:
        yield f"Note: {note}"
    for quoted in document.as_printed:
        yield f"As printed: {quoted.statement} [{quoted.source}]"


def _block(title: str, rows: "list[tuple[str, ProportionPart]]") -> Iterator[str]:
    if rows:
        yield title
    for name, row in rows:
        yield f"  {name:44s} {_share(row)}"


def _share(row: "ProportionPart") -> str:
    """How many of how many of what, the percentage and its interval."""
    if row.percent is None:
        return "not stated" if row.k is None else f"{row.k} of {'an unknown number' if row.n is None else row.n}"
    interval = "" if row.ci_low_percent is None else f" ({row.ci_low_percent:.1f} to {row.ci_high_percent:.1f} %)"
    return f"{row.k:5d} of {row.n:5d} {row.denominator:9s} {row.percent:5.1f} %{interval}"


def _leak_lines(leaks: "list[LeakEntry]") -> Iterator[str]:
    """Each site, with how many had symptoms, and by imaging where there was a leak."""
    if leaks:
        yield "Leaks"
    for row in leaks:
        silent = f", {row.symptomatic_not_stated_k} not recorded" if row.symptomatic_not_stated_k else ""
        symptoms = f"; with symptoms {row.symptomatic_k}{silent}" if row.k else ""
        yield f"  {row.site:44s} {_share(row)}{symptoms}"
        if row.k:
            yield from (f"    on {each.modality:39s} {_share(each)}" for each in row.by_modality)


def _said(result: object) -> str:
    """The sentences of a model, those that another one holds left out."""
    told = list(dict.fromkeys(_sentences(result)))
    return " ".join(one for one in told if not any(one != other and one in other for other in told))


def _sentences(result: object) -> Iterator[str]:
    """What a model says in words, wherever it stands in it."""
    if isinstance(result, list):
        for inner in result:
            yield from _sentences(inner)
    elif isinstance(result, dict):
        for name, inner in result.items():
            if name == "sentence" and isinstance(inner, str):
                yield inner
            else:
                yield from _sentences(inner)


def compare(
    *,
    series: Series = None,
    on: r.Today = None,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """A series beside what is published, definition by definition; where definitions differ, it says why not.

    With -o page.html it also writes a page with the figures: what compares, what contradicts itself, trials pooled.
    """
    begin = time.perf_counter()
    page = common.out
    if page is not None:
        if page.suffix.lower() != ".html":
            raise WrongUsage("-o must name the page to write, ending in .html.", where="-o")
        from vertebroplasty.files import refuse_existing_file

        refuse_existing_file(page, overwrite=common.overwrite)
        r.spare_registry(page)
    from vertebroplasty.registry.series.comparing import comparison_document, comparison_lines
    from vertebroplasty.registry.series.statistics import series_statistics

    today = r.day(on)
    with r.opened(db) as registry, registry.reading() as connection:
        found = series_statistics(connection, series, today=today)
    document = comparison_document(found, r.provenance(begin, series=found.series, on=today.isoformat()))
    if page is not None:
        from vertebroplasty.files import write_whole_text
        from vertebroplasty.registry.series.literature_page import literature_page

        write_whole_text(page, literature_page(found, document))
    answer(document, comparison_lines(document), replace(common, out=None))


def report(
    out: Path,
    /,
    *,
    series: Series = None,
    shared: Shared = False,
    on: r.Today = None,
    p0: chart.Acceptable = None,
    p1: chart.LookedFor = None,
    alpha: chart.FalseAlarm = chart.USUAL_ALPHA,
    beta: chart.Missed = chart.USUAL_BETA,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """One printable page for the quality meeting: the series, its figures, the literature beside it; no names in it.

    Args:
        out: the page to write, ending in .html.
    """
    begin = time.perf_counter()
    if out.suffix.lower() != ".html":
        raise WrongUsage("Name the page to write, ending in .html.", where="out")
    chart.check(p0=p0, p1=p1, alpha=alpha, beta=beta)
    from vertebroplasty.files import refuse_existing_file, write_whole_text
    from vertebroplasty.registry.series.drift import CusumPlan
    from vertebroplasty.registry.series.page import series_page

    refuse_existing_file(out, overwrite=common.overwrite)
    r.spare_registry(out)
    plan = None if p0 is None or p1 is None else CusumPlan(p0=p0, p1=p1, alpha=alpha, beta=beta)
    with r.opened(db) as registry:
        with registry.reading() as connection:
            page = series_page(connection, series, today=r.day(on), plan=plan, seed=common.seed, shared=shared)
        write_whole_text(out, page)
        if common.json:
            r.written("report", registry, registry.name, {}, begin=begin, common=common, lines=(), files=[out.name])
        else:
            print_lines([f"{out.name}: a page to print for the quality meeting."])
