"""Genant's semiquantitative grade of one body from its three heights, its shape, and whether the collapse is severe.

Source: Genant et al. 1993 as quoted [Genant1993]; grade 0 to 3 by the largest loss of height.
Boundary policy: below 20 % grade 0; 20 to below 25 % grade 1; 25 to 40 %, both included, grade 2; above 40 % grade 3.
The printed classes 20–25 and 25–40 % share 25: it is given to the higher.  Shape: crush where the posterior height is
lost too, else biconcave where the middle has lost most, else wedge.
Severe collapse: strictly less than a third of the original height is left [BMC2010-collapse]; exactly a third is not.

A loss is only as good as what it is measured against, so the reference must be named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vertebroplasty.anatomy.fracture import genant_grade, genant_shape
from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.as_written import as_written, number_within
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["GENANT_WORDS", "BodyHeights", "genant_of_heights", "genant_of_losses", "is_severe_collapse"]

GENANT_WORDS = ("no fracture", "mild", "moderate", "severe")
HEIGHT_ENDS_MM = (0.1, 100.0)  # [choice] a body's height beyond is a slip of the keyboard
LOSS_ENDS_PERCENT = (-100.0, 100.0)  # [choice] up to twice as high as its reference, or gone
HIGHEST_GRADE = 3  # [Genant1993] grades 0 to 3
SEVERE_ABOVE_PERCENT = Fraction(200, 3)  # [BMC2010-collapse] less than a third of the height is left
NAMES = ("anterior", "middle", "posterior")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyHeights:
    """Anterior, middle and posterior height of one body in mm; None is unknown."""

    anterior_mm: float | None = None
    middle_mm: float | None = None
    posterior_mm: float | None = None


def genant_of_heights(heights: BodyHeights, expected: BodyHeights, *, reference: str) -> Score:
    """Grade and shape from three heights and the three that the body should have.

    Args:
        heights: of the body.
        expected: of the body before the fracture, such as the mean of the unfractured neighbours'.
        reference: where `expected` comes from, in words.

    Raises:
        Refused: an impossible height, or no reference named.
    """
    losses: list[Fraction | None] = []
    for key in ("anterior_mm", "middle_mm", "posterior_mm"):
        own, should = getattr(heights, key), getattr(expected, key)
        for value, what in ((own, "height"), (should, "expected height")):
            if value is not None:
                name = key.removesuffix("_mm")
                number_within(value, *HEIGHT_ENDS_MM, what=f"The {name} {what}", unit="mm", where=key)
        known = own is not None and should is not None
        losses.append(100 * (1 - as_written(own) / as_written(should)) if known else None)
    return _score(losses, reference)


def genant_of_losses(
    anterior_percent: float | None, middle_percent: float | None, posterior_percent: float | None, *, reference: str
) -> Score:
    """Grade and shape from the three losses of height in percent; a negative loss is a height above the reference.

    Raises:
        Refused: a loss above 100 %, or no reference named.
    """
    losses: list[Fraction | None] = []
    for name, loss in zip(NAMES, (anterior_percent, middle_percent, posterior_percent), strict=True):
        if loss is not None:
            number_within(loss, *LOSS_ENDS_PERCENT, what=f"The {name} loss of height", unit="%", where=name)
        losses.append(None if loss is None else as_written(loss))
    return _score(losses, reference)


def is_severe_collapse(largest_loss_percent: float) -> bool:
    """Whether strictly less than a third of the original height is left."""
    return as_written(largest_loss_percent) > SEVERE_ABOVE_PERCENT


def _score(losses: Sequence[Fraction | None], reference: str) -> Score:
    if not reference.strip():
        raise Refused(
            "A loss of height needs its reference: say what it was measured against, such as T12 and L2.",
            where="reference",
        )
    known = [loss for loss in losses if loss is not None]
    largest = max(known, default=None)
    complete = len(known) == len(losses)
    lowest = 0 if largest is None else genant_grade(float(largest))
    highest = lowest if complete else HIGHEST_GRADE
    sure = lowest == highest
    return Score(
        name="Genant",
        version="1993",
        items=tuple(_item(name, loss) for name, loss in zip(NAMES, losses, strict=True)),
        total=float(lowest) if sure else None,
        lowest=float(lowest),
        highest=float(highest),
        category=GENANT_WORDS[lowest] if sure else None,
        sentence=_sentence(losses, lowest, sure),
        notes=tuple(_notes(largest, reference.strip())),
        sources=("Genant1993", "BMC2010-collapse"),
        verified=True,
    )


def _item(name: str, loss: Fraction | None) -> ScoreItem:
    origin = Origin.UNKNOWN if loss is None else Origin.ENTERED
    value = None if loss is None else float(loss)
    return ScoreItem(name=f"{name} loss of height in percent", value=value, points=None, origin=origin)


def _sentence(losses: Sequence[Fraction | None], grade: int, sure: bool) -> str:
    missing = [name for name, loss in zip(NAMES, losses, strict=True) if loss is None]
    if not sure:
        verb = "is" if len(missing) == 1 else "are"
        return f"Genant grade {grade} to {HIGHEST_GRADE}: the {', '.join(missing)} loss of height {verb} unknown."
    known = [float(loss) for loss in losses if loss is not None]
    # The shape compares all three heights, so one that is unknown leaves it open even where the grade is sure.
    shape = f" {genant_shape(np.array(known))}" if grade and not missing else ""
    return f"Genant grade {grade}, {GENANT_WORDS[grade]}{shape}: the largest loss of height is {max(known):.1f} %."


def _notes(largest: Fraction | None, reference: str) -> list[str]:
    notes = [f"Loss of height against {reference}."]
    if largest is not None and largest > SEVERE_ABOVE_PERCENT:
        notes.append("Less than a third of the height is left: severe collapse, usually taken to speak against cement.")
    return notes
