"""The figures of a series' page, each with its caption; where a model could not be made, the reason stands instead."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.calibration import calibration_plot
from vertebroplasty.registry.figures.comparison import comparison_plot
from vertebroplasty.registry.figures.cusum import cusum_chart
from vertebroplasty.registry.figures.funnel import funnel_plot
from vertebroplasty.registry.figures.learning_curve import learning_curve_plot
from vertebroplasty.registry.figures.relief import ReliefGroup, relief_classes
from vertebroplasty.registry.figures.survival import survival_plot
from vertebroplasty.registry.figures.volume_relief import volume_relief
from vertebroplasty.registry.literature.comparison import Row, compare
from vertebroplasty.registry.literature.own_results import own_results
from vertebroplasty.registry.series.drift import Drift
from vertebroplasty.registry.series.look_data import fall_of_pain
from vertebroplasty.registry.series.model_data import procedures
from vertebroplasty.registry.series.models import AT_RISK_DAYS, SeriesModels
from vertebroplasty.registry.series.statistics import SeriesStatistics
from vertebroplasty.registry.statistics.funnel import funnel
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.vocabulary import Window

__all__ = ["Drawn", "Figure", "beside_literature", "series_figures"]

GRADES = ("no improvement", "moderate improvement", "clear improvement")
COUNTED = "Procedures with a symptomatic leak or an event not judged unrelated"
NEAREST = ("1 month", "1 week", "1 day", "3 months", "6 months", "12 months")  # nearest to a month first
FEWEST_DRAWN = 10  # [choice] points without which a scatter is not drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One drawing in SVG; `wide` takes the width of the page."""

    caption: str
    svg: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """The figures, and the models that could not be made with the reason."""

    figures: tuple[Figure, ...]
    left_out: tuple[tuple[str, str], ...]


def series_figures(found: SeriesStatistics, models: SeriesModels, connection: sa.Connection) -> Drawn:
    """Every figure that the records allow."""
    made: list[Figure] = []
    left_out: list[tuple[str, str]] = []
    made += _relief(found)
    fractures = models.any_new_fracture
    if isinstance(fractures, str):
        left_out.append(("New fractures", fractures))
    else:
        curves = [("any level", fractures.incidence)]
        if not isinstance(models.adjacent_fracture, str):
            curves.append(("next to a treated level", models.adjacent_fracture.incidence))
        days = [day for day in AT_RISK_DAYS if day <= fractures.incidence.table.time_days[-1]]
        if len(days) > 1:
            words = "New fractures, death taken as a competing risk (Aalen-Johansen)."
            plot = survival_plot(curves, outcome="patients with a new fracture", days=days)
            made.append(Figure(caption=words, svg=plot, wide=True))
    made += _experience(models.experience, left_out)
    made += _centres(connection, found.series, left_out)
    made += _volume(models, connection, found.series, left_out)
    if isinstance(models.predicted_leaks, str):
        left_out.append(("Predicted and observed leaks", models.predicted_leaks))
    else:
        words = "Simulated risk of a leak beside what was found."
        made.append(Figure(caption=words, svg=calibration_plot(models.predicted_leaks, outcome="leak")))
    return Drawn(tuple(made), tuple(left_out))


def beside_literature(found: SeriesStatistics) -> tuple[str, tuple[str, ...]]:
    """The plot of what can be compared with the literature, and the cautions that belong to it; both may be empty.

    Where an outcome was graded in several windows, the one nearest to a month stands for it, set beforehand and not by
    the data.
    """
    chosen: dict[tuple[str, str], Row] = {}
    for row in sorted(compare(own_results(found).results), key=lambda row: _place(row.result.horizon)):
        if row.comparable:
            chosen.setdefault((row.definition.id, row.result.modality), row)
    rows = [row for row in compare(own_results(found).results) if row in chosen.values()]
    said = (caution for row in rows for beside in row.theirs if beside.comparable for caution in beside.cautions)
    return (comparison_plot(rows, own="this series") if rows else ""), tuple(dict.fromkeys(said))


def _place(horizon: str) -> int:
    """The place of a time in the order in which it stands for an outcome; one that is not stated comes last."""
    return NEAREST.index(horizon) if horizon in NEAREST else len(NEAREST)


def _relief(found: SeriesStatistics) -> Iterator[Figure]:
    """Graded improvement by window."""
    groups = []
    for window in dict.fromkeys(row.window for row in found.relief):
        counts = {row.share.name: row.share.k for row in found.relief if row.window == window}
        if all(counts.get(name) is not None for name in GRADES):
            name = window.value if window is not None else "window not stated"
            groups.append(ReliefGroup(name=name, counts=tuple(counts[grade] for grade in GRADES)))
    if groups:
        words = "Improvement as graded, by follow-up window."
        yield Figure(caption=words, svg=relief_classes(groups, classes=GRADES), wide=True)


def _experience(drift: Drift | str, left_out: list[tuple[str, str]]) -> Iterator[Figure]:
    if isinstance(drift, str):
        left_out.append(("Experience", drift))
        return
    try:
        plot = learning_curve_plot(drift.learning, outcome="complication")
        yield Figure(caption=f"{COUNTED} by number of the case, all operators together.", svg=plot)
    except Refused as reason:
        left_out.append(("Learning curve", reason.message))
    if isinstance(drift.cusum, str):
        left_out.append(("CUSUM", drift.cusum))
    else:
        words = f"Risk-adjusted CUSUM. {COUNTED}; expected risks: {drift.risk}."
        yield Figure(caption=words, svg=cusum_chart(drift.cusum, outcome="complication"))


def _centres(connection: sa.Connection, series: str, left_out: list[tuple[str, str]]) -> Iterator[Figure]:
    """Complications by centre; nothing where all procedures are of one centre."""
    table = tables.procedure.c
    told = connection.execute(
        sa.select(table.procedure_id, table.centre).where(table.series == series, table.centre.is_not(None))
    )
    centre_of = {str(name): str(centre) for name, centre in told}
    done = procedures(connection, series)
    centre = np.array([centre_of.get(name, "") for name in done.procedure])
    names = sorted(set(centre_of.values()))
    if len(names) < 2:
        return
    asked = ~np.isnan(done.complication)
    each = [asked & (centre == name) for name in names]
    counts = [(int(done.complication[here].sum()), int(np.count_nonzero(here))) for here in each]
    try:
        placed = funnel(names, [k for k, _ in counts], [n for _, n in counts])
    except Refused as reason:
        left_out.append(("Centres", reason.message))
        return
    words = "Procedures with a complication by centre, unnamed; exact limits; below 30 cases not judged."
    yield Figure(caption=words, svg=funnel_plot(placed, outcome="procedures with a complication"))


def _volume(
    models: SeriesModels, connection: sa.Connection, series: str, left_out: list[tuple[str, str]]
) -> Iterator[Figure]:
    """Volume against the fall of pain at one month."""
    association = models.volume_and_fall_of_pain
    if isinstance(association, str):
        left_out.append(("Volume and relief", association))
        return
    done = procedures(connection, series)
    fall = fall_of_pain(connection, series, window=Window.MONTH_1)
    volume = done.volume_ml
    pain = np.array([fall.get(name, np.nan) for name in done.procedure])
    paired = ~(np.isnan(volume) | np.isnan(pain))
    if np.count_nonzero(paired) < FEWEST_DRAWN:
        left_out.append(("Volume and relief", association.sentence))
        return
    plot = volume_relief(volume[paired], pain[paired], association, relief_axis="fall of pain (0 to 10)")
    yield Figure(caption=f"Volume and fall of pain at one month. {association.sentence}", svg=plot)
