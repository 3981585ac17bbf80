"""Cumulative incidence and survival curves with their 95 % bands and the table of those still at risk."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLACK, BLUE, GREEN, PAGE_MM, VERMILION, drawn
from vertebroplasty.registry.statistics.life_table import at_risk_table
from vertebroplasty.registry.statistics.survival import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["survival_plot"]

HEIGHT_MM = 78.0  # [choice] height of the curves on paper
ROW_MM = 4.5  # [choice] height of one row of the table
LABEL_PT = 14.0  # [choice] the names of the rows end so far before day 0, clear of the first number
PERCENT = 100.0  # [exact] per cent
DRAWN_IN = ((BLUE, "-"), (VERMILION, "--"), (GREEN, "-."), (BLACK, ":"))


def survival_plot(curves: Sequence[tuple[str, Curve]], *, outcome: str, days: Sequence[float], note: str = "") -> str:
    """Draw step curves over the days since the procedure, and below them how many are still watched, in SVG.

    Args:
        curves: what each curve is called in the key, and the curve; at most four.
        outcome: what the axis shows.
        days: the days of the table, ascending; the last one ends the axis.
        note: a line under the figure.

    Raises:
        Refused: no curve or more than four, or days that do not ascend from 0 or later.
    """
    if not 0 < len(curves) <= len(DRAWN_IN):
        raise Refused(f"{len(curves)} curves cannot be told apart in one figure: draw one to {len(DRAWN_IN)}.")
    if len(days) < 2 or days[0] < 0 or any(a >= b for a, b in pairwise(days)):
        raise Refused("The days of the table must ascend from 0: give at least two.")

    def draw(figure: "Figure") -> None:
        rows = len(curves) + 1
        plot, table = figure.subplots(2, 1, sharex=True, height_ratios=(HEIGHT_MM, ROW_MM * (rows + 1)))
        for (name, curve), (colour, dash) in zip(curves, DRAWN_IN, strict=False):
            _curve(plot, name, curve, colour, dash, days[-1])
        plot.set_xlim(0, days[-1])
        plot.set_ylim(0, PERCENT)
        plot.set_xticks(list(days))
        plot.tick_params(axis="x", labelbottom=True)
        plot.set_ylabel(f"{outcome}, %")
        plot.set_xlabel("days since the procedure")
        plot.legend(loc="best")
        _table(table, curves, days)

    said = f"{outcome} over {days[-1]:g} days: " + "; ".join(name for name, _ in curves) + "."
    return drawn("survival", said, (PAGE_MM, HEIGHT_MM + ROW_MM * (len(curves) + 1)), draw, note=note)


def _curve(axes: "Axes", name: str, curve: Curve, colour: str, dash: str, last: float) -> None:
    """A step from each day of the table on, drawn to the last day anybody was watched."""
    day = curve.table.time_days
    end = min(last, float(day[-1])) if day.size else 0.0
    days = np.concatenate(([0.0], day[day <= end], [end]))
    shown = days.size - 2

    def steps(start: float, values: np.ndarray) -> np.ndarray:
        kept = values[:shown]
        return PERCENT * np.concatenate(([start], kept, kept[-1:] if shown else [start]))

    axes.step(days, steps(curve.start, curve.probability), where="post", color=colour, linestyle=dash, label=name)
    low, high = steps(curve.start, curve.low), steps(curve.start, curve.high)
    axes.fill_between(days, low, high, step="post", color=colour, alpha=0.15, linewidth=0)


def _table(axes: "Axes", curves: Sequence[tuple[str, Curve]], days: Sequence[float]) -> None:
    axes.set_axis_off()
    axes.set_ylim(-len(curves) - 0.5, 0.5)
    axes.text(0, 0, "at risk", ha="left", va="center", fontweight="bold")
    for row, ((name, curve), (colour, _)) in enumerate(zip(curves, DRAWN_IN, strict=False), start=1):
        beside = (-LABEL_PT, 0.0)
        axes.annotate(name, (0, -row), beside, textcoords="offset points", ha="right", va="center", color=colour)
        for each in at_risk_table(curve.table, list(days)):
            axes.text(each.time_days, -row, f"{each.at_risk}", ha="center", va="center")
