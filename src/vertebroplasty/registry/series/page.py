"""One page of a series for the quality meeting: tables of k of n, figures, the literature beside it, no names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from vertebroplasty.documents.registry_stats import NOT_MODELLED
from vertebroplasty.registry.series.definition import definition_statement
from vertebroplasty.registry.series.drift import CusumPlan
from vertebroplasty.registry.series.figures import Drawn, beside_literature, series_figures
from vertebroplasty.registry.series.models import series_models
from vertebroplasty.registry.series.rendering import rendered
from vertebroplasty.registry.series.rows import LeakRow, Row, Volume
from vertebroplasty.registry.series.sharing import safe_to_share
from vertebroplasty.registry.series.statistics import SeriesStatistics, series_statistics
from vertebroplasty.registry.statistics.proportions import Proportion
from vertebroplasty.registry.statistics.suppression import HIDDEN

__all__ = ["MADE_BY", "series_page"]

MADE_BY = "vertebroplasty registry report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of shares under its heading; `counted` says what the rows count."""

    title: str
    rows: tuple[tuple[str, Proportion], ...]
    none: tuple[tuple[str, Proportion], ...]
    counted: tuple[str, ...]


def series_page(
    connection: sa.Connection,
    series: str | None = None,
    *,
    today: date,
    plan: CusumPlan | None = None,
    seed: int = 0,
    shared: bool = False,
) -> str:
    """The page as HTML, everything inside it.

    Args:
        connection: sees one state from first to last, as `Registry.reading` gives it.
        series: its name; without one the department's own, or the only one there is.
        today: the day of the report.
        plan: of the CUSUM, set beforehand; without it there is none.
        seed: of the bootstrap.
        shared: for readers outside the department: counts below five are hidden, and figures that show single cases
            are left out.

    Raises:
        Refused: no such series, or one too small to share.
    """
    counted = series_statistics(connection, series, today=today)
    found = safe_to_share(counted) if shared else counted
    models = None if shared else series_models(connection, series, today=today, seed=seed, plan=plan)
    drawn = series_figures(found, models, connection) if models is not None else Drawn((), ())
    beside, cautions = ("", ()) if shared else beside_literature(found)
    return rendered(
        "series.html.j2",
        made_by=MADE_BY,
        found=found,
        today=today.isoformat(),
        shared=shared,
        counts=_counts(found),
        tables=list(_tables(found)),
        volume=_volume(found.volume_ml),
        leaks=[_leak(row, shared=shared) for row in found.leaks if row.share.k != 0],
        no_leaks=_zeros([(row.site.value.replace("-", " "), row.share) for row in found.leaks])[1],
        figures=[(figure.caption, Markup(figure.svg), figure.wide) for figure in drawn.figures],
        left_out=drawn.left_out,
        beside=Markup(beside),
        cautions=cautions,
        missing=[row for row in found.missing if row.k != 0],
        not_modelled=NOT_MODELLED,
        percent=_percent,
    )


def _counts(found: SeriesStatistics) -> list[str]:
    """Patients, procedures and levels in words."""
    stated = (("patient", found.patients), ("procedure", found.procedures), ("level", found.levels))
    return [f"{what}s not stated" if n is None else f"{n} {what}{'' if n == 1 else 's'}" for what, n in stated]


def _tables(found: SeriesStatistics) -> Iterator[Table]:
    for title, rows in (
        ("Why levels were treated", found.indications),
        ("Complications", found.complications),
        ("Relief", found.relief),
        ("Seen again", found.followed_up),
    ):
        if not rows:
            continue
        counted = dict.fromkeys(definition_statement(row.definition) for row in rows)
        listed = [(_name(row), row.share) for row in rows]
        found_, none = _zeros(listed) if title == "Complications" else (listed, [])
        yield Table(title=title, rows=tuple(found_), none=tuple(none), counted=tuple(counted))


def _name(row: Row) -> str:
    """What a row is called, with its window unless the name holds it."""
    window = row.window.value if row.window is not None and row.window.value not in row.share.name else ""
    return ", ".join(filter(None, (row.share.name.replace("-", " "), window)))


def _zeros(
    listed: Sequence[tuple[str, Proportion]],
) -> tuple[list[tuple[str, Proportion]], list[tuple[str, Proportion]]]:
    """Rows that were found at least once, and one row for all that never were, by their denominator."""
    found = [(name, share) for name, share in listed if share.k != 0]
    never: dict[int | None, list[str]] = {}
    shares = {}
    for name, share in listed:
        if share.k == 0:
            never.setdefault(share.n, []).append(name)
            shares[share.n] = share
    return found, [(", ".join(names), shares[n]) for n, names in never.items()]


def _volume(volume: Volume) -> str:
    """Mean, range and what is missing, in words; nothing without a mean, no range on a shared page."""
    if volume.mean is None:
        return ""
    ends = "" if volume.min is None else f" ({volume.min:.1f} to {volume.max:.1f})"
    levels = f"{volume.n} level{'' if volume.n == 1 else 's'}"
    return f"Mean {volume.mean:.1f} ml{ends}, {levels}; not recorded in {volume.missing}."


def _leak(row: LeakRow, *, shared: bool) -> dict[str, Any]:
    whole = (row.share.k, row.share.n)
    apart = [each for each in row.by_modality if (each.share.k, each.share.n) != whole]
    same = [each.modality.value for each in row.by_modality if (each.share.k, each.share.n) == whole]
    return {
        "site": row.site.value.replace("-", " "),
        "share": row.share,
        "symptomatic": "" if shared else f"{row.symptomatic_k} with symptoms",
        "by_modality": [(each.modality.value, each.share) for each in apart],
        "only": same[0] if len(row.by_modality) == len(same) == 1 else "",
    }


def _percent(share: Proportion) -> str:
    """72.7 % (55.8 to 84.9), or why not; what hidden means, the page says once."""
    if share.why_unknown == HIDDEN:
        return "hidden"
    if share.percent is None:
        return share.why_unknown
    return f"{share.percent:.1f} % ({share.ci_low_percent:.1f} to {share.ci_high_percent:.1f})"
