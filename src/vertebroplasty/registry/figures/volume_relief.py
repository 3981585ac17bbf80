"""Cement volume against relief: each case, the rank correlation with its interval, and the band that counts as none."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLACK, BLUE, COLUMN_MM, PALE, VERMILION, drawn, signed
from vertebroplasty.registry.statistics.equivalence import Association

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["volume_relief"]

HEIGHT_MM = 76.0  # [choice] height on paper
MOST_POINTS = 2000  # [choice] more cases are counted in cells
MOST_CELLS = 65  # [choice] cells along one axis at most
INK = 0.45  # [choice] opacity of a point: where several lie, it is darker


def volume_relief(
    volume_ml: Float[np.ndarray, " case"],
    relief: Float[np.ndarray, " case"],
    association: Association,
    *,
    relief_axis: str,
    note: str = "",
) -> str:
    """Draw volume against relief, and beneath it Spearman's ρ with its 95 % interval over the equivalence band, in SVG.

    Only an interval that lies within the band shows that volume does not matter; a wide one shows nothing.

    Args:
        volume_ml: injected volume of each case; NaN where it was not recorded.
        relief: relief of each case; NaN where it was not asked.
        association: the correlation as computed from these cases.
        relief_axis: what relief is, with its unit.
        note: a line under the figure.

    Raises:
        Refused: the two lists differ in length, or no case has both figures.
    """
    if volume_ml.shape != relief.shape:
        raise Refused(f"{volume_ml.size} volumes do not match {relief.size} figures of relief: give one for each case.")
    both = ~(np.isnan(volume_ml) | np.isnan(relief))
    if not both.any():
        raise Refused("No case has both a volume and a figure of relief: there is nothing to draw.")

    def draw(figure: "Figure") -> None:
        cloud, band = figure.subplots(2, 1, height_ratios=(4, 1))
        _cloud(cloud, volume_ml[both], relief[both])
        cloud.set_xlabel("cement, ml")
        cloud.set_ylabel(relief_axis)
        without = f"; {association.without_pair} without both figures" if association.without_pair else ""
        cloud.set_title(f"{association.n} cases{without}", fontweight="normal")
        _band(band, association)

    return drawn("volume", association.sentence, (COLUMN_MM, HEIGHT_MM), draw, note=note)


def _cloud(axes: "Axes", volume_ml: Float[np.ndarray, " case"], relief: Float[np.ndarray, " case"]) -> None:
    """A point for each case, or where there are too many to be told apart the number of cases in each cell."""
    if volume_ml.size <= MOST_POINTS:
        axes.scatter(volume_ml, relief, s=8, color=BLUE, alpha=INK, linewidths=0)
        return
    across, up = _edges(volume_ml), _edges(relief)
    counts = np.histogram2d(volume_ml, relief, bins=(across, up))[0].T
    cells = axes.pcolormesh(across, up, np.ma.masked_equal(counts, 0), cmap="cividis_r")
    axes.figure.colorbar(cells, ax=axes, label="cases")


def _edges(values: Float[np.ndarray, " case"]) -> Float[np.ndarray, " edge"]:
    """A cell for each value where they are few, as with whole scores, so that no cell holds two; else equal cells."""
    apart = np.unique(values)
    if not 1 < apart.size <= MOST_CELLS:
        return np.linspace(apart[0], max(apart[-1], apart[0] + 1), MOST_CELLS + 1)
    between = (apart[1:] + apart[:-1]) / 2
    return np.concatenate(([2 * apart[0] - between[0]], between, [2 * apart[-1] - between[-1]]))


def _band(axes: "Axes", found: Association) -> None:
    axes.axvspan(-found.bound, found.bound, color=PALE, linewidth=0)
    axes.axvline(0, color=BLACK, linewidth=0.6)
    axes.set_xlim(-1, 1)
    axes.set_ylim(-1, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    said = "ρ not stated"
    if found.rho is not None and found.ci_low is not None and found.ci_high is not None:
        axes.plot([found.ci_low, found.ci_high], [0, 0], color=VERMILION)
        axes.plot([found.rho], [0], marker="o", color=VERMILION, markersize=4)
        said = f"ρ = {signed(found.rho)} ({signed(found.ci_low)} to {signed(found.ci_high)})"
    axes.set_xlabel(f"Spearman’s {said}; grey: |ρ| < {found.bound:g}\n{found.verdict}")
