"""One's own percentages beside published ones of the same definition, with the difference or the reason for none."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLUE, GREY, PAGE_MM, PALE, VERMILION, drawn, signed
from vertebroplasty.registry.literature.comparison import Beside, Row
from vertebroplasty.registry.literature.naming import called
from vertebroplasty.registry.literature.results import NOT_STATED
from vertebroplasty.registry.statistics.proportions import Proportion
from vertebroplasty.selection.claims import PER_CENT, Denominator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["comparison_plot"]

LINE_MM = 3.4  # [choice] height of one line of words
FRAME_MM = 24.0  # [choice] height of the axis, its words, the key and the note
GAP_LINES = 0.6  # [choice] free height after each result, in lines
WORD_LETTERS, REASON_LETTERS = 46, 35  # [choice] letters in one line to the left and to the right
WIDTHS = (1.3, 1.0)  # [choice] of the drawing and of the column of differences
PATIENTS_DIFFER = "Right: own less theirs. The patients of the series differ: a difference is no measure of skill."
PERCENT = 100.0  # [exact] per cent


class _Line:
    """One line of the figure: words, the mark, and what stands to its right."""

    def __init__(self, words: str, right: str, *, bold: bool = False) -> None:
        self.words = wrap(words, WORD_LETTERS)
        self.right = wrap(right, REASON_LETTERS)
        self.bold = bold
        self.tall = max(len(self.words), len(self.right), 1) + GAP_LINES


def comparison_plot(rows: Sequence[Row], *, own: str, note: str = "") -> str:
    """Draw each own result over the published ones of its definition, in SVG.

    A filled mark can be compared, and the difference stands beside it with Newcombe's interval; a hollow one is quoted
    only, with the reason.  Results of other definitions are not drawn.

    Args:
        rows: the comparison.
        own: what the own series is called; no person.
        note: a line under the figure.

    Raises:
        Refused: there is nothing to compare.
    """
    if not rows:
        raise Refused("There is no result to set beside the literature: record outcomes first.")
    lines: list[tuple[_Line, Row | Beside | None]] = []
    for row in rows:
        lines.append((_Line(row.definition.sentence, "", bold=True), None))
        count = f"{row.result.k} of {Denominator(type=row.result.denominator, n=row.result.n)}"
        lines.append(
            (_Line(f"{own}{_when(row)}: {count}", "" if _same(row) else "no published result so defined"), row)
        )
        lines += [(_Line(f"{called(each.source)}: {each.figure}", _right(each)), each) for each in _same(row)]
    tall = sum(line.tall for line, _ in lines)

    def draw(figure: "Figure") -> None:
        plot, column = figure.subplots(1, 2, sharey=True, width_ratios=WIDTHS)
        _frame(plot, column, tall)
        top, ticks = 0.0, []
        for line, mark in lines:
            middle = top - line.tall / 2
            ticks.append((middle, "\n".join(line.words)))
            column.text(0, middle, "\n".join(line.right), va="center", ha="left")
            if mark is not None:
                _mark(plot, middle, mark)
            elif top < 0:
                plot.axhline(top, color=PALE, linewidth=0.5)
            top -= line.tall
        plot.set_yticks([at for at, _ in ticks], [words for _, words in ticks])
        for label, (line, _) in zip(plot.get_yticklabels(), lines, strict=True):
            label.set_fontweight("bold" if line.bold else "normal")

    said = "; ".join(f"{row.definition.sentence}: {row.result.k} of {row.result.n}" for row in rows)
    size = (PAGE_MM, FRAME_MM + LINE_MM * tall)
    under = f"{PATIENTS_DIFFER}\n{note}" if note else PATIENTS_DIFFER
    return drawn("comparison", f"{own} beside the literature: {said}.", size, draw, note=under)


def _when(row: Row) -> str:
    return "" if row.result.horizon == NOT_STATED else f", {row.result.horizon}"


def _same(row: Row) -> list[Beside]:
    return [each for each in row.theirs if each.definition.id == row.definition.id]


def _right(beside: Beside) -> str:
    found = beside.difference
    if found is None:
        return beside.why_not
    low, high = signed(found.ci_low_points, 1), signed(found.ci_high_points, 1)
    return f"{signed(found.points, 1)} points ({low} to {high})"


def _frame(plot: "Axes", column: "Axes", tall: float) -> None:
    plot.set_ylim(-tall, 0)
    plot.set_xlim(0, PERCENT)
    plot.set_xlabel("%, with 95 % interval; hollow: quoted, not compared")
    plot.tick_params(axis="y", length=0)
    plot.spines["left"].set_visible(False)
    plot.grid(axis="x", color=PALE, linewidth=0.4)
    plot.set_axisbelow(True)
    column.set_axis_off()
    column.set_xlim(0, 1)


def _mark(plot: "Axes", at: float, mark: Row | Beside) -> None:
    if isinstance(mark, Row):
        _interval(plot, at, mark.own, BLUE, filled=True)
    elif mark.proportion is not None:
        _interval(plot, at, mark.proportion, VERMILION if mark.comparable else GREY, filled=mark.comparable)
    elif mark.claim.percent is not None:
        plot.plot([mark.claim.percent], [at], marker="D", markerfacecolor="none", color=GREY, markersize=4)
    elif mark.claim.low is not None and mark.claim.high is not None and mark.claim.unit == PER_CENT:
        plot.plot(
            [mark.claim.low, mark.claim.high], [at, at], color=GREY, linewidth=4, solid_capstyle="butt", alpha=0.5
        )


def _interval(plot: "Axes", at: float, share: Proportion, colour: str, *, filled: bool) -> None:
    if share.percent is None or share.ci_low_percent is None or share.ci_high_percent is None:
        return
    plot.plot([share.ci_low_percent, share.ci_high_percent], [at, at], color=colour)
    face = colour if filled else "white"
    plot.plot([share.percent], [at], marker="o", color=colour, markerfacecolor=face, markersize=4, clip_on=False)
