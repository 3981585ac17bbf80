"""The learning curve: how often something happened along the number of the case, with its uncertainty."""

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLUE, COLUMN_MM, ORANGE, drawn
from vertebroplasty.registry.statistics.experience import LearningCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["learning_curve_plot"]

HEIGHT_MM = 62.0  # [choice] height on paper
PERCENT = 100.0  # [exact] per cent
TITLE_LETTERS = 46  # [choice] letters of the heading in one line of a column
HEADROOM = 1.05  # [choice] the axis ends so far beyond the highest end of an interval


def learning_curve_plot(curve: LearningCurve, *, outcome: str, note: str = "") -> str:
    """Draw the share in windows of consecutive cases, and for one operator the closest course that never rises, in SVG.

    Args:
        curve: the learning curve as computed; no operator is named.
        outcome: what is counted.
        note: a line under the figure.

    Raises:
        Refused: no window of cases has a share.
    """
    if not any(each.share.percent is not None for each in curve.windows):
        raise Refused("No window of cases has a share: a learning curve needs assessed cases.")

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        _windows(axes, curve)
        if curve.operators == 1 and curve.falling_fit.size:
            cases = np.arange(1, curve.falling_fit.size + 1)
            axes.step(cases, PERCENT * curve.falling_fit, where="post", color=ORANGE, label="closest falling course")
        axes.set_xlabel("case number")
        axes.set_ylabel(f"{outcome}, %")
        axes.set_title("\n".join(wrap(_heading(curve), TITLE_LETTERS)), fontweight="normal")
        figure.legend(loc="outside upper left", ncols=2, handlelength=1.6)

    said = f"{outcome} over {curve.cases} cases. {_heading(curve)}"
    return drawn("learning", said, (COLUMN_MM, HEIGHT_MM), draw, note=note)


def _heading(curve: LearningCurve) -> str:
    trend = curve.odds_ratio_per_doubling
    if trend.value is None or trend.ci_low is None or trend.ci_high is None:
        return f"no trend stated: {curve.why_no_ranking or trend.why_unknown}"
    return f"odds ratio per doubling of the cases {trend.value:.2f} ({trend.ci_low:.2f} to {trend.ci_high:.2f})"


def _windows(axes: "Axes", curve: LearningCurve) -> None:
    """A level line over the cases of each window, with an upright one for its interval."""
    highest, words = 0.0, "window of cases, 95 % interval"
    for each in curve.windows:
        found = each.share
        if found.percent is None or found.ci_low_percent is None or found.ci_high_percent is None:
            continue
        middle = (each.first_case + each.last_case) / 2
        axes.plot([each.first_case, each.last_case], [found.percent, found.percent], color=BLUE, label=words)
        axes.plot([middle, middle], [found.ci_low_percent, found.ci_high_percent], color=BLUE, linewidth=0.7)
        highest, words = max(highest, found.ci_high_percent), ""
    axes.set_xlim(0, curve.windows[-1].last_case + 1)
    axes.set_ylim(0, min(PERCENT, HEADROOM * highest))
