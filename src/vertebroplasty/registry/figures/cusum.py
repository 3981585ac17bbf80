"""The CUSUM chart of one series: evidence of drift after each case, with the height at which it signals."""

from typing import TYPE_CHECKING

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLUE, COLUMN_MM, GREY, VERMILION, drawn
from vertebroplasty.registry.statistics.cusum import Cusum

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["cusum_chart"]

HEIGHT_MM = 68.0  # [choice] height on paper
HEADROOM = 1.15  # [choice] the axis ends so far above the highest line


def cusum_chart(chart: Cusum, *, outcome: str, note: str = "") -> str:
    """Draw a risk-adjusted CUSUM over the case number, and observed against expected beneath it, in SVG.

    The lower panel is the variable life-adjusted display: it rises where fewer had the outcome than expected.  The
    numbers the limit rests on stand in the heading.  No operator is named.

    Args:
        chart: the chart as computed.
        outcome: what is counted.
        note: a line under the figure.

    Raises:
        Refused: there is no case.
    """
    if chart.value.size == 0:
        raise Refused("A CUSUM of no cases is no figure: wait for the first case.")

    def draw(figure: "Figure") -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        _evidence(upper, chart)
        _balance(lower, chart)
        lower.set_xlabel(f"case number ({outcome})")
        figure.align_ylabels()

    return drawn("cusum", f"CUSUM of {outcome}. {chart.sentence}", (COLUMN_MM, HEIGHT_MM), draw, note=note)


def _evidence(axes: "Axes", chart: Cusum) -> None:
    cases = np.arange(1, chart.value.size + 1)
    axes.step(cases, chart.value, where="post", color=BLUE)
    axes.axhline(chart.limit.height, color=VERMILION, linestyle="--", linewidth=0.9)
    top = max(chart.limit.height, float(chart.value.max()))
    axes.set_ylim(0, HEADROOM * top)
    axes.set_xlim(0, cases[-1] + 1)
    at = np.array(chart.signals, dtype=int)
    axes.scatter(at, chart.value[at - 1], marker="^", s=22, color=VERMILION, zorder=3)
    axes.set_ylabel("CUSUM")
    axes.set_title(_heading(chart), fontweight="normal")


def _heading(chart: Cusum) -> str:
    """The odds ratio looked for, and what the limit was chosen by."""
    limit = chart.limit
    said = f"odds ratio {chart.odds_ratio:.3g}, limit {limit.height:.2f}"
    if limit.alpha is not None and limit.beta is not None:
        said += f" (α = {limit.alpha:g}, β = {limit.beta:g})"
    if limit.run_length_in_control is not None:
        said += f"\nmean run to a false signal: {limit.run_length_in_control:.0f} cases"
    return said


def _balance(axes: "Axes", chart: Cusum) -> None:
    cases = np.arange(1, chart.value.size + 1)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.step(cases, chart.expected_minus_observed, where="post", color=GREY)
    axes.set_ylabel("expected −\nobserved")
