"""The forest plot: each study with its interval and weight, the pooled diamonds and where a new study may fall."""

from typing import TYPE_CHECKING

from vertebroplasty.registry.figures.style import BLACK, BLUE, ORANGE, PAGE_MM, VERMILION, drawn, signed
from vertebroplasty.registry.literature.meta_analysis import MetaAnalysis, Pooled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["forest"]

ROW_MM = 5.5  # [choice] height of one row
FRAME_MM = 32.0  # [choice] height of the axis, its words, the heading and the note
MARGIN = 0.05  # [choice] share of the axis left free at both ends
LARGEST_SQUARE = 90.0  # [choice] area in square points of a study that carries all the weight
INTERVAL_LEVEL = 1.96  # [exact] standard errors either side in a 95 % normal interval
WIDTHS = (2.1, 1.0)  # [choice] of the drawing and of the columns of figures
HALF_HEIGHT = 0.3  # [choice] of a diamond, in rows


def forest(analysis: MetaAnalysis, *, effect: str, favours: tuple[str, str], note: str = "") -> str:
    """Draw a meta-analysis as a forest plot in SVG.

    The first diamond is the random effect with its normal interval, the second has the interval adjusted for few
    studies.  The bar below is the prediction interval, with arrows where it leaves the axis; it is left out for fewer
    than 3 studies.

    Args:
        analysis: the pooled studies.
        effect: what the axis shows, with its unit.
        favours: whom an effect below and one above zero favours.
        note: a line under the figure.
    """

    def draw(figure: "Figure") -> None:
        plot, columns = figure.subplots(1, 2, sharey=True, width_ratios=WIDTHS)
        _frame(plot, columns, analysis)
        limits = _limits(analysis)
        _studies(plot, columns, analysis)
        _summary(plot, columns, analysis, limits)
        plot.axvline(0, color=BLACK, linewidth=0.6)
        plot.set_xlim(limits)
        plot.set_xlabel(effect)
        plot.annotate(f"← {favours[0]}", (0, 1), xytext=(-4, 0), textcoords="offset points", ha="right", va="center")
        plot.annotate(f"{favours[1]} →", (0, 1), xytext=(4, 0), textcoords="offset points", va="center")
        figure.suptitle(_heading(analysis), x=0.01, ha="left")

    pooled = analysis.adjusted
    said = f"Forest plot of {len(analysis.estimates)} studies; pooled {_figure(pooled.value, pooled.low, pooled.high)}."
    height = FRAME_MM + ROW_MM * (len(analysis.estimates) + 4)
    return drawn("forest", said, (PAGE_MM, height), draw, note=note)


def _heading(analysis: MetaAnalysis) -> str:
    found = analysis.heterogeneity
    return (
        f"Q = {found.q:.2f} on {found.degrees_of_freedom} degrees of freedom (P = {found.p_value:.2f}), "
        f"I² = {found.i_squared_percent:.0f} %, τ² = {found.tau_squared:.3g} ({found.method})"
    )


def _frame(plot: "Axes", columns: "Axes", analysis: MetaAnalysis) -> None:
    """Row 0 is the first study; the heads of the columns stand above it."""
    k = len(analysis.estimates)
    below = ["Random effects", "Adjusted for few studies", "Prediction interval"]
    plot.set_yticks([-float(row) for row in range(k + 3)], [each.label for each in analysis.estimates] + below)
    plot.set_ylim(-k - 2.6, 1.5)
    plot.axhline(0.5 - k, color=BLACK, linewidth=0.4)
    plot.spines["left"].set_visible(False)
    plot.tick_params(axis="y", length=0)
    columns.set_axis_off()
    columns.set_xlim(0, 1)
    _beside(columns, 1.0, "effect (95 % interval)", "weight", bold=True)


def _limits(analysis: MetaAnalysis) -> tuple[float, float]:
    """The axis holds every study and the diamonds; a prediction interval may leave it."""
    ends = [analysis.adjusted.low, analysis.adjusted.high, 0.0]
    for each in analysis.estimates:
        ends += [each.value - INTERVAL_LEVEL * each.standard_error, each.value + INTERVAL_LEVEL * each.standard_error]
    free = MARGIN * (max(ends) - min(ends))
    return min(ends) - free, max(ends) + free


def _studies(plot: "Axes", columns: "Axes", analysis: MetaAnalysis) -> None:
    for place, (each, share) in enumerate(zip(analysis.estimates, analysis.random.shares, strict=True)):
        row, half = -float(place), INTERVAL_LEVEL * each.standard_error
        plot.plot([each.value - half, each.value + half], [row, row], color=BLACK, linewidth=0.9)
        plot.scatter([each.value], [row], s=LARGEST_SQUARE * share, marker="s", color=BLUE, zorder=3)
        _beside(columns, row, _figure(each.value, each.value - half, each.value + half), f"{share:.0%}")


def _summary(plot: "Axes", columns: "Axes", analysis: MetaAnalysis, limits: tuple[float, float]) -> None:
    row = -float(len(analysis.estimates))
    for place, pooled, colour in ((row, analysis.random, ORANGE), (row - 1, analysis.adjusted, VERMILION)):
        _diamond(plot, place, pooled, colour)
        _beside(columns, place, _figure(pooled.value, pooled.low, pooled.high), "")
    if analysis.prediction is None:
        _beside(columns, row - 2, "needs 3 studies", "")
        return
    low, high = analysis.prediction
    ends = (max(low, limits[0]), min(high, limits[1]))
    plot.plot(ends, [row - 2, row - 2], color=VERMILION, linewidth=1.6)
    for end, cut, arrow in ((ends[0], low < limits[0], "<"), (ends[1], high > limits[1], ">")):
        plot.plot([end], [row - 2], marker=arrow if cut else "|", color=VERMILION, markersize=4, clip_on=False)
    _beside(columns, row - 2, f"{signed(low)} to {signed(high)}", "")


def _diamond(plot: "Axes", row: float, pooled: Pooled, colour: str) -> None:
    across = (pooled.low, pooled.value, pooled.high, pooled.value)
    up = (row, row + HALF_HEIGHT, row, row - HALF_HEIGHT)
    plot.fill(across, up, color=colour, zorder=3)


def _beside(columns: "Axes", row: float, figure: str, weight: str, *, bold: bool = False) -> None:
    """One row of the columns of figures."""
    look = "bold" if bold else "normal"
    columns.text(0, row, figure, va="center", ha="left", fontweight=look)
    columns.text(1, row, weight, va="center", ha="right", fontweight=look)


def _figure(value: float, low: float, high: float) -> str:
    return f"{signed(value)} ({signed(low)} to {signed(high)})"
