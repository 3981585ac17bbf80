"""The funnel plot: series of different size around a common share, within limits that chance alone explains."""

from typing import TYPE_CHECKING

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLACK, BLUE, COLUMN_MM, GREY, ORANGE, VERMILION, drawn
from vertebroplasty.registry.statistics.funnel import Funnel, FunnelPoint, funnel_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["funnel_plot"]

HEIGHT_MM = 62.0  # [choice] height on paper
PERCENT = 100.0  # [exact] per cent
HEADROOM = 1.1  # [choice] the axes end so far beyond the last series
CURVE_SIZES = 300  # [choice] sizes at which the limits are drawn at most
LARGE_PT, SMALL_PT = 6.0, 4.0  # [choice] size of the own mark and of the others
FEWEST_DRAWN = 5  # [choice] the limits of smaller series fill the whole axis


def funnel_plot(plot: Funnel, *, outcome: str, own: int | None = None, note: str = "") -> str:
    """Draw a funnel plot with exact limits in SVG; no series is named, and small ones are hollow and not judged.

    Args:
        plot: the funnel as computed; the names in it are not drawn.
        outcome: what is counted.
        own: the place of the reader's own series among the points, from 0; drawn larger.
        note: a line under the figure.

    Raises:
        Refused: there is no series, or `own` is none of them.
    """
    drawable = [each for each in plot.points if each.share.n and each.share.percent is not None]
    if not drawable:
        raise Refused("A funnel plot needs at least one series with a count.")
    if own is not None and not 0 <= own < len(plot.points):
        raise Refused(f"Series {own} is not in the funnel: it holds {len(plot.points)}, counted from 0.")
    mine = None if own is None else plot.points[own]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        _limits(axes, plot, max(each.share.n or 0 for each in drawable))
        for each in drawable:
            _point(axes, each, each is mine)
        highest = max(each.share.percent or 0.0 for each in drawable)
        axes.set_ylim(0, min(PERCENT, max(HEADROOM * highest, 3 * plot.target_percent)))
        axes.set_xlabel("cases")
        axes.set_ylabel(f"{outcome}, %")
        axes.set_title(f"target {plot.target_percent:.1f} % ({plot.target_from})", fontweight="normal")
        if any(each.position is None for each in drawable):
            axes.plot([], [], "o", markerfacecolor="none", color=BLUE, markersize=SMALL_PT, label="too small to judge")
        axes.legend(loc="upper right", handlelength=1.6)

    said = f"Funnel plot of {len(drawable)} series around {plot.target_percent:.1f} %. {plot.sentence}"
    return drawn("funnel", said, (COLUMN_MM, HEIGHT_MM), draw, note=note)


def _limits(axes: "Axes", plot: Funnel, largest: int) -> None:
    end = int(np.ceil(HEADROOM * largest))
    sizes = np.unique(np.linspace(FEWEST_DRAWN, max(end, FEWEST_DRAWN + 1), CURVE_SIZES).astype(int))
    limits = funnel_limits(sizes, plot.target_percent / PERCENT)
    axes.axhline(plot.target_percent, color=BLACK, linewidth=0.8)
    for low, high, dash, colour, words in (
        (limits.low_95_percent, limits.high_95_percent, "--", GREY, "95 % limits"),
        (limits.low_998_percent, limits.high_998_percent, "-", ORANGE, "99.8 % limits"),
    ):
        axes.plot(sizes, low, dash, color=colour, linewidth=0.8, label=words)
        axes.plot(sizes, high, dash, color=colour, linewidth=0.8)
    axes.set_xlim(0, end)


def _point(axes: "Axes", point: FunnelPoint, mine: bool) -> None:
    if point.share.n is None or point.share.percent is None:
        return
    judged = point.position is not None
    colour = VERMILION if mine else BLUE
    axes.plot(
        [point.share.n],
        [point.share.percent],
        marker="D" if mine else "o",
        markersize=LARGE_PT if mine else SMALL_PT,
        markerfacecolor=colour if judged else "none",
        markeredgecolor=colour,
        linestyle="none",
        label="your series" if mine else None,
    )
