"""The statistics of a series made safe to leave the department: no small count, nor one that the others give away.

Counts stand in several places of one page: what makes up a whole, its total elsewhere, what is missing of it.  So each
whole is hidden together with what is not recorded of it, and grades of relief together with who was seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vertebroplasty.errors import Refused
from vertebroplasty.registry.series.rows import LeakRow, Row, Volume
from vertebroplasty.registry.series.statistics import SeriesStatistics
from vertebroplasty.registry.statistics.proportions import Proportion, unknown_proportion
from vertebroplasty.registry.statistics.suppression import HIDDEN, SMALLEST_SHOWN, suppress_proportion, suppress_row
from vertebroplasty.registry.vocabulary import Window

__all__ = ["safe_to_share"]

REMAINDER = {"intent": "aim", "indication": "indication"}  # of each whole, by how its definition begins
LOOKED_WITH = "what leaks were looked for with"
ASKED = "whether adverse events were asked for"
COMPLICATIONS_TOO = (
    "Where it is not recorded whether adverse events were asked for, a procedure counts as without one: the shares of "
    "complications are lower bounds."
)
GIVES_AWAY = "symptoms of a leak"  # its denominator is the sum of the leaks at all sites
NOT_EVALUATED = "not-evaluated-per-procedure-for-pain"
LOWER_BOUNDS = (
    "Where it is not recorded what leaks were looked for with, a level counts as without a leak: the shares of leaks "
    "are lower bounds."
)


def safe_to_share(found: SeriesStatistics) -> SeriesStatistics:
    """The same statistics with small counts hidden, and as many more as it takes to keep them hidden.

    Symptoms of leaks, and leaks by imaging, are left out; warnings that count or quote are replaced.

    Raises:
        Refused: the series itself has 1 to 4 patients, procedures or levels.
    """
    for what, count in (("patient", found.patients), ("procedure", found.procedures), ("level", found.levels)):
        if count is not None and _small(count):
            many = f"{count} {what}{'' if count == 1 else 's'}"
            raise Refused(f"A series of {many} is not shared: wait until there are {SMALLEST_SHOWN}.", where="--shared")
    absent = {share.name: share for share in found.missing}
    indications, gaps = _wholes(found.indications, absent)
    aims_hidden = any(_of(row, "intent") and row.share.k is None for row in indications) or gaps.get("aim", "") is None
    seen = {row.window: row.share for row in found.followed_up}
    return replace(
        found,
        indications=indications,
        complications=tuple(_complication(row, found.procedures) for row in found.complications),
        leaks=tuple(_leak(row) for row in found.leaks),
        relief=tuple(_relief(found.relief, seen, aims_hidden=aims_hidden)),
        volume_ml=_volume(found.volume_ml),
        missing=tuple(_missing(found.missing, gaps)),
        followed_up=tuple(_small_hidden(row) for row in found.followed_up),
        warnings=found.warnings if found.synthetic else tuple(_warnings(absent)),
    )


def _small(count: int | None) -> bool:
    return count is not None and 0 < count < SMALLEST_SHOWN


def _of(row: Row, whole: str) -> bool:
    return row.definition.startswith(f"{whole}-per-")


def _gone(share: Proportion, *, n: int | None) -> Proportion:
    return unknown_proportion(share.name, share.denominator, HIDDEN, n=n)


def _small_hidden(row: Row) -> Row:
    return replace(row, share=suppress_proportion(row.share))


def _complication(row: Row, procedures: int | None) -> Row:
    """Hidden where the count is small, or where its denominator tells that few were not asked."""
    if procedures is not None and row.share.n is not None and _small(procedures - row.share.n):
        return replace(row, share=_gone(row.share, n=None))
    return _small_hidden(row)


def _wholes(
    rows: Sequence[Row], absent: Mapping[str, Proportion]
) -> tuple[tuple[Row, ...], dict[str, Proportion | None]]:
    """Reasons and aims, each hidden as one whole with what is not recorded of it; None for a hidden remainder."""
    shown = {id(row): _small_hidden(row) for row in rows}
    gaps: dict[str, Proportion | None] = {}
    for whole, name in REMAINDER.items():
        parts = [row for row in rows if _of(row, whole)]
        rest = absent.get(name)
        if rest is None or rest.k is None or rest.n is None:
            continue
        counts = [row.share.k for row in parts if row.share.k is not None]
        counts.append(rest.n - sum(counts))
        safe = suppress_row(counts).counts
        for row, count in zip(parts, safe[:-1], strict=True):
            shown[id(row)] = row if count is not None else replace(row, share=_gone(row.share, n=row.share.n))
        gaps[name] = rest if safe[-1] is not None else None
    return tuple(shown[id(row)] for row in rows), gaps


def _relief(rows: Sequence[Row], seen: Mapping[Window | None, Proportion], *, aims_hidden: bool) -> Iterator[Row]:
    """Grades of one window all shown or none: their sums stand in other rows, and who was seen stands beside them."""
    for row in rows:
        if row.definition == NOT_EVALUATED:
            share = suppress_proportion(row.share)
            yield replace(row, share=_gone(share, n=None) if aims_hidden else share)
            continue
        graded = [one.share for one in rows if one.window == row.window and one.definition != NOT_EVALUATED]
        beside = seen.get(row.window)
        n = row.share.n
        if any(_tells(share.n, beside) for share in graded):
            yield replace(row, share=_gone(row.share, n=None))
        elif any(suppress_proportion(share).k is None for share in graded):
            yield replace(row, share=_gone(row.share, n=n))
        else:
            yield row


def _tells(graded: int | None, seen: Proportion | None) -> bool:
    """Whether the number graded is small, or so near to those seen or due that it tells how few were not."""
    if graded is None or _small(graded):
        return True
    return seen is not None and any(_small(whole - graded) for whole in (seen.k, seen.n) if whole is not None)


def _leak(row: LeakRow) -> LeakRow:
    return replace(
        row,
        share=suppress_proportion(row.share),
        symptomatic_k=0,
        symptomatic_not_stated_k=0,
        modality_not_stated_k=0,
        by_modality=(),
    )


def _volume(volume: Volume) -> Volume:
    """The mean alone: the smallest and the largest are single cases; nothing where few have a volume, or lack one."""
    few = _small(volume.n) or _small(volume.missing)
    return replace(volume, mean=None if few else volume.mean, min=None, max=None)


def _missing(rows: Sequence[Proportion], gaps: Mapping[str, Proportion | None]) -> Iterator[Proportion]:
    for share in rows:
        if share.name == GIVES_AWAY:
            continue
        if share.name in gaps:
            yield gaps[share.name] or _gone(share, n=share.n)
        else:
            yield suppress_proportion(share)


def _warnings(absent: Mapping[str, Proportion]) -> Iterator[str]:
    looked = absent.get(LOOKED_WITH)
    if looked is not None and looked.k:
        yield LOWER_BOUNDS
    asked = absent.get(ASKED)
    if asked is not None and asked.k:
        yield COMPLICATIONS_TOO
