"""Classes of relief as stacked bars: how many of a group fell into each class, and how many were not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLACK, PAGE_MM, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ReliefGroup", "relief_classes"]

ROW_MM = 9.0  # [choice] height of one bar
FRAME_MM = 28.0  # [choice] height of the axis, its words, the key and the note
PERCENT = 100.0  # [exact] per cent
ROW_LETTERS = 75  # [choice] letters of the key that fit into one row with their patches
NARROW_PERCENT = 4.0  # [choice] narrower pieces carry no number
# From little to much relief, light to dark: the order can be read without telling the hues apart.
SHADES = ("#f1e9d2", "#c3d6b8", "#6fb3a8", "#2f7f94", "#173f5f")
WHITE_FROM = 3  # [choice] the shade from which on numbers are printed in white


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefGroup:
    """How many of a group fell into each class, least relief first, and how many were not evaluated.

    A count hidden because it is small is None; the bar of such a group is not drawn.
    """

    name: str
    counts: tuple[int | None, ...]
    not_evaluated: int = 0


def relief_classes(
    groups: Sequence[ReliefGroup], *, classes: Sequence[str], counted: str = "procedures", note: str = ""
) -> str:
    """Draw the classes of relief of each group as a bar of 100 % of those evaluated, in SVG.

    Args:
        groups: for example time points or indications; never operators by name.
        classes: the ordered classes, least relief first; two to five.
        counted: what is counted, in the plural.
        note: a line under the figure.

    Raises:
        Refused: no group, a number of classes that cannot be shaded, or counts that do not fit the classes.
    """
    if not groups or not 2 <= len(classes) <= len(SHADES):
        raise Refused(f"Relief is drawn for at least one group, in 2 to {len(SHADES)} ordered classes.")
    for each in groups:
        shown = [count for count in each.counts if count is not None]
        none = len(shown) == len(classes) and sum(shown) == 0
        if len(each.counts) != len(classes) or min([*shown, each.not_evaluated]) < 0 or none:
            raise Refused(
                f"{each.name} has the counts {each.counts} for {len(classes)} classes: give one count of 0 or more "
                "for each class, not all of them 0.",
                where=each.name,
            )
    shades = SHADES if len(classes) == len(SHADES) else SHADES[1 : len(classes) + 1]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for row, each in enumerate(groups):
            _bar(axes, -row, each, shades)
        axes.set_yticks([-row for row in range(len(groups))], [_name(each, counted) for each in groups])
        axes.set_ylim(0.6 - len(groups), 0.6)
        axes.set_xlim(0, PERCENT)
        axes.set_xlabel(f"share of the {counted} evaluated, %; numbers are counts")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        _key(figure, classes, shades)

    said = "; ".join(f"{each.name}: {', '.join(_count(k) for k in each.counts)}" for each in groups)
    height = FRAME_MM + ROW_MM * len(groups)
    return drawn("relief", f"{', '.join(classes)} – {said}.", (PAGE_MM, height), draw, note=note)


def _key(figure: "Figure", classes: Sequence[str], shades: Sequence[str]) -> None:
    """The classes in one row above the bars, or in two where their words are long."""
    from matplotlib.patches import Patch

    marks = [Patch(facecolor=shade, edgecolor=BLACK, linewidth=0.4) for shade in shades]
    rows = 1 if sum(map(len, classes)) <= ROW_LETTERS else 2
    figure.legend(marks, list(classes), loc="outside upper left", ncols=-(-len(classes) // rows), handlelength=1.2)


def _name(group: ReliefGroup, counted: str) -> str:
    missing = f"; {group.not_evaluated} not evaluated" if group.not_evaluated else ""
    known = [count for count in group.counts if count is not None]
    if len(known) < len(group.counts):
        return f"{group.name}\nsmall counts hidden"
    return f"{group.name}\n{sum(known)} {counted}{missing}"


def _count(count: int | None) -> str:
    return "hidden" if count is None else f"{count}"


def _bar(axes: "Axes", row: float, group: ReliefGroup, shades: Sequence[str]) -> None:
    known = [count for count in group.counts if count is not None]
    if len(known) < len(group.counts):
        axes.text(PERCENT / 2, row, "not shown: a class holds too few persons", ha="center", va="center")
        return
    left, whole = 0.0, sum(known)
    for shade, count in zip(shades, known, strict=True):
        width = PERCENT * count / whole
        axes.barh([row], [width], left=left, height=0.62, color=shade, edgecolor=BLACK, linewidth=0.4)
        ink = "white" if SHADES.index(shade) >= WHITE_FROM else BLACK
        if width >= NARROW_PERCENT:
            axes.text(left + width / 2, row, f"{count}", ha="center", va="center", color=ink)
        left += width
