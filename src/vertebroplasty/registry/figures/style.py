"""The common look of the figures: sizes in millimetres, colours told apart by everyone, the same bytes every time."""

import re
from collections.abc import Callable
from html import escape
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BLACK",
    "BLUE",
    "COLUMN_MM",
    "GREEN",
    "GREY",
    "ORANGE",
    "PAGE_MM",
    "PALE",
    "VERMILION",
    "drawn",
    "signed",
]

COLUMN_MM = 85.0  # [choice] width of a figure that stands two to a row on an A4 page
PAGE_MM = 174.0  # [choice] width of a figure that takes the whole row
MM_PER_INCH = 25.4  # [exact] millimetres in an inch
TEXT_PT = 7.0  # [choice] size of text on paper
SMALL_PT = 5.5  # [choice] size of the line under a figure

# Colours that people with any of the common colour deficiencies tell apart, after Okabe and Ito.
BLACK = "#000000"
BLUE = "#0072B2"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
GREY = "#6b6f76"
PALE = "#d9dde3"

PURPOSE = "Research, education and audit; not a medical device."
LOOK: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "font.size": TEXT_PT,
    "axes.titlesize": TEXT_PT,
    "figure.titlesize": TEXT_PT,
    "axes.labelsize": TEXT_PT,
    "xtick.labelsize": TEXT_PT,
    "ytick.labelsize": TEXT_PT,
    "legend.fontsize": TEXT_PT,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "lines.linewidth": 1.2,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.unicode_minus": True,
    "svg.fonttype": "none",
}
ONE_AT_A_TIME = Lock()  # a drawing sets its look for the whole process


def drawn(
    name: str, description: str, size_mm: tuple[float, float], draw: "Callable[[Figure], None]", *, note: str = ""
) -> str:
    """A figure as SVG text that can stand in an HTML page or in a file of its own.

    The same drawing gives the same bytes: no date, and marks named by a hash salted with `name`.

    Args:
        name: a short word; it begins every id in the SVG, so that several figures share a page.
        description: what the figure shows, in a sentence, for readers who cannot see it.
        size_mm: width and height on paper.
        draw: fills the empty figure.
        note: a line under the figure, before the statement of purpose; say there that records are synthetic.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with ONE_AT_A_TIME, matplotlib.rc_context(cast(Any, LOOK | {"svg.hashsalt": name})):
        figure = Figure(figsize=(size_mm[0] / MM_PER_INCH, size_mm[1] / MM_PER_INCH), layout="constrained")
        draw(figure)
        under = f"{note}\n{PURPOSE}" if note else PURPOSE
        figure.supxlabel(under, x=0.01, ha="left", fontsize=SMALL_PT, color=GREY)
        written = StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return _embeddable(written.getvalue(), name, description)


def _embeddable(svg: str, name: str, description: str) -> str:
    """Without prolog, with its own ids, and with a spoken description."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    body = body.replace("url(#", f"url(#{name}-")
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(description, quote=True)}" ', 1)


def signed(value: float, decimals: int = 2) -> str:
    """A number as it is printed, with a true minus sign."""
    return f"{value:.{decimals}f}".replace("-", "−")
