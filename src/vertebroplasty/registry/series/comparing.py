"""A series beside what is published: the document and the lines of `registry compare`."""

from collections.abc import Iterator, Sequence

from vertebroplasty.documents.common import Provenance, rounded
from vertebroplasty.documents.registry_compare import (
    OwnEntry,
    PooledEntry,
    PublishedEntry,
    RegistryCompareDocument,
    ResultEntry,
)
from vertebroplasty.registry.literature.comparison import Beside, Row, compare
from vertebroplasty.registry.literature.effects import Effect
from vertebroplasty.registry.literature.own_results import own_results
from vertebroplasty.registry.literature.pooling import pool_effects, poolable
from vertebroplasty.registry.series.statistics import SeriesStatistics

__all__ = ["comparison_document", "comparison_lines"]

DECIMALS = 4  # [choice] digits behind the point of a pooled effect
NOT_MODELLED = (
    "Patients of two series differ in more than what is filed here; a difference is no effect of the department.",
)
ITSELF = "What is published includes this series itself: with its own figures it agrees by construction."


def comparison_document(found: SeriesStatistics, provenance: Provenance) -> RegistryCompareDocument:
    """Every result of a series beside the published ones; only equal definitions are compared."""
    own = own_results(found)
    rows, groups = compare(own.results), poolable()
    head = provenance.head(
        "registry-compare",
        sources=(
            *(beside.claim.source for row in rows for beside in row.theirs),
            *(effect.source for group in groups for effect in group),
        ),
        warnings=[*found.warnings, *[ITSELF] * found.synthetic],
        not_modelled=NOT_MODELLED,
        unknown=(),
    )
    return RegistryCompareDocument(
        **head,
        series=found.series,
        title=found.title,
        results=[_entry(row) for row in rows],
        pooled=[_pooled(group) for group in groups],
        not_compared=list(own.left_out),
    )


def comparison_lines(document: RegistryCompareDocument) -> Iterator[str]:
    """The document for people: own result, then each published one with the difference or why there is none."""
    yield document.title
    for result in document.results:
        own = result.own
        yield f"{result.sentence}"
        yield f"  own {own.k} of {own.n} {own.denominator}, {_percent(own.percent)} ({own.modality}, {own.horizon})"
        for beside in result.published:
            yield f"  [{beside.source}] {beside.figure}: {_verdict(beside, result.sentence)}"
    for pooled in document.pooled:
        yield f"Trials pooled, {pooled.question}: {', '.join(pooled.studies)}"
        yield f"  {pooled.value:.2f} {pooled.unit} ({pooled.ci_low:.2f} to {pooled.ci_high:.2f}), random effects"
    for sentence in document.not_compared:
        yield f"Not compared: {sentence}"


def _entry(row: Row) -> ResultEntry:
    own = row.own
    return ResultEntry(
        definition=row.definition.id,
        sentence=row.definition.sentence,
        own=OwnEntry(
            k=own.k,
            n=own.n,
            denominator=own.denominator.value,
            percent=rounded(own.percent),
            ci_low_percent=rounded(own.ci_low_percent),
            ci_high_percent=rounded(own.ci_high_percent),
            method=own.method,
            modality=row.result.modality.value,
            horizon=row.result.horizon,
        ),
        published=[_published(beside) for beside in row.theirs],
    )


def _published(beside: Beside) -> PublishedEntry:
    apart = beside.difference
    return PublishedEntry(
        source=beside.claim.source,
        definition=beside.definition.sentence,
        figure=beside.figure,
        statement=beside.claim.statement,
        comparable=beside.comparable,
        why_not=beside.why_not,
        difference_points=None if apart is None else rounded(apart.points),
        ci_low_points=None if apart is None else rounded(apart.ci_low_points),
        ci_high_points=None if apart is None else rounded(apart.ci_high_points),
        cautions=list(beside.cautions),
    )


def _pooled(group: Sequence[Effect]) -> PooledEntry:
    found, first = pool_effects(group), group[0]
    low, high = found.prediction or (None, None)
    return PooledEntry(
        question=f"{first.outcome}, {first.time}",
        studies=[one.label for one in found.estimates],
        unit=first.unit,
        value=round(found.random.value, DECIMALS),
        ci_low=round(found.adjusted.low, DECIMALS),
        ci_high=round(found.adjusted.high, DECIMALS),
        prediction_low=rounded(low),
        prediction_high=rounded(high),
        tau_squared=round(found.heterogeneity.tau_squared, DECIMALS),
    )


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} %"


def _verdict(beside: PublishedEntry, sentence: str) -> str:
    """The difference, or in short why there is none."""
    if beside.difference_points is not None:
        low, high = beside.ci_low_points or 0.0, beside.ci_high_points or 0.0
        return f"own less theirs {beside.difference_points:+.1f} points ({low:+.1f} to {high:+.1f})"
    if beside.definition != sentence:
        return f"not compared, it counts “{beside.definition}”"
    return f"not compared. {beside.why_not}"
