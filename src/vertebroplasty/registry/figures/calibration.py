"""Calibration: the share seen against the risk predicted, with intervals, and how the predictions are spread."""

from typing import TYPE_CHECKING

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLUE, COLUMN_MM, GREY, PALE, drawn
from vertebroplasty.registry.statistics.calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["calibration_plot"]

HEIGHT_MM = 84.0  # [choice] height on paper: the upper panel is then about square
PERCENT = 100.0  # [exact] per cent
HEADROOM = 1.05  # [choice] the axes end so far beyond the highest end of an interval


def calibration_plot(found: Calibration, *, outcome: str, note: str = "") -> str:
    """Draw observed against predicted risk in SVG; on the dashed line, what was predicted came true.

    Args:
        found: the calibration as computed; levels without prediction or check are counted in the heading.
        outcome: what was predicted.
        note: a line under the figure.

    Raises:
        Refused: no group of predictions has a share to draw.
    """
    if not any(each.observed.percent is not None for each in found.bins):
        raise Refused("No group of predictions has an observed share: there is nothing to draw.")

    def draw(figure: "Figure") -> None:
        plot, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        _groups(plot, found)
        plot.set_ylabel(f"{outcome}: seen, %")
        without = f"; {found.not_assessed} not assessed" if found.not_assessed else ""
        plot.set_title(
            f"{found.observed} of {found.n} seen, {found.expected:.1f} expected{without}\nBrier score "
            f"{found.brier.score:.3f}",
            fontweight="normal",
        )
        for each in found.bins:
            counts.bar([PERCENT * each.mean_predicted], [each.observed.n or 0], width=2.0, color=GREY)
        counts.set_ylabel("levels")
        counts.set_xlabel(f"{outcome}: predicted, %")
        figure.align_ylabels()

    return drawn("calibration", f"Calibration of {outcome}. {found.sentence}", (COLUMN_MM, HEIGHT_MM), draw, note=note)


def _groups(axes: "Axes", found: Calibration) -> None:
    ends = [PERCENT * each.mean_predicted for each in found.bins]
    ends += [each.observed.ci_high_percent or 0.0 for each in found.bins]
    last = min(PERCENT, HEADROOM * max(ends))
    axes.plot([0, last], [0, last], color=GREY, linestyle="--", linewidth=0.8)
    for each in found.bins:
        share = each.observed
        if share.percent is None or share.ci_low_percent is None or share.ci_high_percent is None:
            continue
        at = PERCENT * each.mean_predicted
        axes.plot([at, at], [share.ci_low_percent, share.ci_high_percent], color=BLUE, linewidth=0.9)
        axes.plot([at], [share.percent], marker="o", color=BLUE, markersize=4, clip_on=False)
    axes.set_xlim(0, last)
    axes.set_ylim(0, last)
    axes.grid(color=PALE, linewidth=0.4)
    axes.set_axisbelow(True)
