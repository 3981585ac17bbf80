"""The statistics of a series as tables for the page: k of n, what is counted, and the interval."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vertebroplasty.registry.series.definition import definition_statement
from vertebroplasty.registry.series.rows import LeakRow, Row
from vertebroplasty.registry.series.statistics import SeriesStatistics
from vertebroplasty.registry.statistics.proportions import Proportion
from vertebroplasty.web.forms.words import Words, word_words

__all__ = ["LeakLine", "Share", "Table", "leak_lines", "tables_of"]

UNKNOWN = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One percentage in words; `bar` are its percentage and the ends of its interval, None where it is unknown."""

    name: Words
    counted: str
    denominator: str
    percent: str
    interval: str
    bar: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Table:
    """Shares under a heading, the names of what was never found, and what the rows count."""

    key: str
    rows: tuple[Share, ...]
    never: tuple[Words, ...]
    counted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeakLine:
    """One site: all leaks, those with symptoms, and by imaging."""

    share: Share
    symptomatic: int
    by_modality: tuple[Share, ...]


def tables_of(found: SeriesStatistics, language: str) -> Iterator[Table]:
    """Every table of the series that has a row, leaks aside."""
    yield from _table("indications", found.indications, language)
    yield from _table("complications", found.complications, language)
    yield from _table("relief", found.relief, language)
    yield from _table("seen", found.followed_up, language)
    gaps = tuple(_share(word_words(share.name, language), share) for share in found.missing if share.k != 0)
    if gaps:
        yield Table("missing", gaps, (), ())


def leak_lines(rows: Iterable[LeakRow], language: str) -> Iterator[LeakLine]:
    """The sites at which a leak was found."""
    for row in rows:
        if row.share.k != 0:
            seen = tuple(_share(word_words(each.modality.value, language), each.share) for each in row.by_modality)
            yield LeakLine(_share(word_words(row.site.value, language), row.share), row.symptomatic_k, seen)


def _table(key: str, rows: tuple[Row, ...], language: str) -> Iterator[Table]:
    found = tuple(_share(_name(row, language), row.share) for row in rows if row.share.k != 0)
    never = tuple(_name(row, language) for row in rows if row.share.k == 0)
    if rows:
        counted = tuple(dict.fromkeys(definition_statement(row.definition) for row in rows))
        yield Table(key, found, never, counted)


def _name(row: Row, language: str) -> Words:
    """What a row is called, with its window unless the name holds it."""
    window = row.window.value if row.window is not None and row.window.value not in row.share.name else ""
    return word_words(", ".join(filter(None, (row.share.name, window))), language)


def _share(name: Words, share: Proportion) -> Share:
    low, high = share.ci_low_percent, share.ci_high_percent
    known = share.percent is not None and low is not None and high is not None
    return Share(
        name=name,
        counted=f"{_or(share.k)} / {_or(share.n)}",
        denominator=share.denominator.value,
        percent=share.why_unknown if share.percent is None else f"{share.percent:.1f} %",
        interval=f"{low:.1f} – {high:.1f}" if known else "",
        bar=(share.percent, low, high) if known else None,  # type: ignore[arg-type]
    )


def _or(count: int | None) -> str:
    return UNKNOWN if count is None else str(count)
