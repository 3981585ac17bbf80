"""Published success rates side by side with the words they are defined by: they disagree, and nothing is averaged."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from vertebroplasty.errors import Refused
from vertebroplasty.registry.figures.style import BLUE, ORANGE, PAGE_MM, PALE, VERMILION, drawn
from vertebroplasty.registry.literature.naming import called
from vertebroplasty.registry.statistics.proportions import wilson_interval
from vertebroplasty.selection.claims import PER_CENT, Claim, DenominatorType

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["claim_ranges"]

PERCENT = 100.0  # [exact] per cent
LINE_MM = 3.4  # [choice] height of one line of words
GAP_LINES = 0.8  # [choice] free height between two claims, in lines
FRAME_MM = 24.0  # [choice] height of the axis, its words, the key and the note
LINE_LETTERS = 58  # [choice] letters in one line of words


def claim_ranges(claims: Sequence[Claim], *, outcome: str, note: str = "") -> str:
    """Draw published percentages of differently defined outcomes on one axis, in SVG.

    A bar is a printed range, a diamond a printed percentage without counts, a dot with whiskers a count with its
    Wilson 95 % interval.  Nothing is pooled.

    Args:
        claims: claims with a percentage, a count or a range in per cent.
        outcome: what the axis shows.
        note: a line under the figure.

    Raises:
        Refused: there is no claim, or one of them states no percentage.
    """
    if not claims:
        raise Refused("There is no claim to draw: hand in at least one with a percentage.")
    for each in claims:
        if each.percent is None and _range(each) is None:
            raise Refused(f"The claim {each.id} states no percentage: it has no place on this axis.", where=each.id)
    words = [_words(each) for each in claims]
    tall = [len(lines) + GAP_LINES for lines in words]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        _frame(axes, outcome, sum(tall))
        rows = [-sum(tall[:place]) - tall[place] / 2 for place in range(len(tall))]
        axes.set_yticks(rows, ["\n".join(lines) for lines in words])
        for row, high, each in zip(rows, tall, claims, strict=True):
            _claim(axes, row, each)
            axes.axhline(row - high / 2, color=PALE, linewidth=0.5, zorder=0)

    said = f"{outcome}: " + "; ".join(f"{each.source}, {each.outcome}: {each.figure}" for each in claims) + "."
    return drawn("claims", said, (PAGE_MM, FRAME_MM + LINE_MM * sum(tall)), draw, note=note)


def _frame(axes: "Axes", outcome: str, height: float) -> None:
    axes.set_ylim(-height, 0)
    axes.set_xlim(0, PERCENT)
    axes.set_xlabel(f"{outcome}, %")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.plot([], [], color=BLUE, marker="o", markersize=4, label="counts, 95 % interval")
    axes.plot([], [], color=VERMILION, marker="D", linestyle="none", markersize=4, label="percentage as printed")
    axes.plot([], [], color=ORANGE, linewidth=5, solid_capstyle="butt", label="range as printed")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2)


def _words(claim: Claim) -> list[str]:
    """Who says it, the figure with its denominator, and the definition it stands under, in lines."""
    figure = claim.figure
    if claim.denominator.type is DenominatorType.NOT_STATED:
        figure += ", denominator not stated"
    elif claim.count is None:
        figure += f" of {claim.denominator}"
    return [
        *wrap(called(claim.source), LINE_LETTERS),
        *wrap(figure, LINE_LETTERS),
        *wrap(f"“{claim.outcome}”", LINE_LETTERS),
    ]


def _range(claim: Claim) -> tuple[float, float] | None:
    if claim.low is None or claim.high is None or claim.unit != PER_CENT:
        return None
    return claim.low, claim.high


def _claim(axes: "Axes", row: float, claim: Claim) -> None:
    span = _range(claim)
    if claim.percent is None and span is not None:
        axes.plot(span, [row, row], color=ORANGE, linewidth=5, solid_capstyle="butt")
    elif claim.percent is not None and claim.count is not None and claim.denominator.n is not None:
        low, high = wilson_interval(claim.count, claim.denominator.n)
        axes.plot([PERCENT * low, PERCENT * high], [row, row], color=BLUE)
        axes.plot([claim.percent], [row], marker="o", color=BLUE, markersize=4)
    elif claim.percent is not None:
        axes.plot([claim.percent], [row], marker="D", color=VERMILION, markersize=4)
