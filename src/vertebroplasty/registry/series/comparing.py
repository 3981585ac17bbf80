"""A series beside what is published: the document and the lines of `registry compare`."""

from collections.abc import Iterator

from vertebroplasty.documents.common import Provenance, rounded
from vertebroplasty.documents.registry_compare import (
    OwnEntry,
    PublishedEntry,
    RegistryCompareDocument,
    ResultEntry,
)
from vertebroplasty.registry.literature.comparison import Beside, Row, compare
from vertebroplasty.registry.literature.own_results import own_results
from vertebroplasty.registry.series.statistics import SeriesStatistics

__all__ = ["comparison_document", "comparison_lines"]

NOT_MODELLED = (
    "Patients of two series differ in more than what is filed here; a difference is no effect of the department.",
)
ITSELF = "What is published includes this series itself: with its own figures it agrees by construction."


def comparison_document(found: SeriesStatistics, provenance: Provenance) -> RegistryCompareDocument:
    """Every result of a series beside the published ones; only equal definitions are compared."""
    own = own_results(found)
    rows = compare(own.results)
    head = provenance.head(
        "registry-compare",
        sources=(beside.source for row in rows for beside in row.theirs),
        warnings=[*found.warnings, *[ITSELF] * found.synthetic],
        not_modelled=NOT_MODELLED,
        unknown=(),
    )
    return RegistryCompareDocument(
        **head,
        series=found.series,
        title=found.title,
        results=[_entry(row) for row in rows],
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
