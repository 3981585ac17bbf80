"""The six items of the spinal instability neoplastic score: their points, and who answers each.

A reader's answer counts before the CT's; where they disagree a note shows both.  What neither answers keeps the fewest
and the most points it may still give.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import (
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
)
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.scores.score import Origin, ScoreItem

__all__ = [
    "ALIGNMENT",
    "COLLAPSE",
    "HALF_PERCENT",
    "LESION",
    "LOCATIONS",
    "PAIN",
    "POSTEROLATERAL",
    "Part",
    "collapse_classes",
    "collapse_part",
    "entered_part",
    "lesion_part",
    "location_part",
    "sins_location",
]

HALF_PERCENT = 50.0  # [SINS] collapse above or below; exactly 50 is not defined
COLLAPSE_FROM_PERCENT = 20.0  # [Genant1993] a smaller loss of height is not graded as a fracture

LOCATIONS: Mapping[str, tuple[tuple[str, ...], float]] = {  # [SINS]; C0 is the occiput
    "junctional": (("C0", "C1", "C2", "C7", "T1", "T2", "T11", "T12", "T13", "L1", "L5", "L6", "S1"), 3.0),
    "mobile": (("C3", "C4", "C5", "C6", "L2", "L3", "L4"), 2.0),
    "semirigid": (("T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"), 1.0),
    "rigid": (("S2", "S3", "S4", "S5"), 0.0),
}
TRANSITIONAL: Mapping[str, str] = {"T13": "T11–L1", "L6": "L5–S1"}
PAIN: Mapping[SinsPain, float] = {  # [SINS]
    SinsPain.MECHANICAL: 3.0,
    SinsPain.OCCASIONAL: 1.0,
    SinsPain.NONE: 0.0,
}
LESION: Mapping[SinsLesion, float] = {  # [SINS]
    SinsLesion.LYTIC: 2.0,
    SinsLesion.MIXED: 1.0,
    SinsLesion.BLASTIC: 0.0,
}
ALIGNMENT: Mapping[SinsAlignment, float] = {  # [SINS]
    SinsAlignment.SUBLUXATION: 4.0,
    SinsAlignment.DE_NOVO_DEFORMITY: 2.0,
    SinsAlignment.NORMAL: 0.0,
}
COLLAPSE: Mapping[SinsCollapse, float] = {  # [SINS]
    SinsCollapse.OVER_50: 3.0,
    SinsCollapse.UNDER_50: 2.0,
    SinsCollapse.NONE_BODY_OVER_50: 1.0,
    SinsCollapse.NONE: 0.0,
}
POSTEROLATERAL: Mapping[SinsPosterolateral, float] = {  # [SINS]
    SinsPosterolateral.BILATERAL: 3.0,
    SinsPosterolateral.UNILATERAL: 1.0,
    SinsPosterolateral.NONE: 0.0,
}
CONTRADICTED_BY_HOLES: Mapping[bool, SinsLesion] = {True: SinsLesion.BLASTIC, False: SinsLesion.LYTIC}
MIXED_NOTE = (
    "The CT shows lytic holes and counts as lytic; sclerosis is not measured, and a mixed lesion gives 1 point."
)
NO_HOLE_NOTE = "The CT shows no lytic hole, which does not tell a blastic lesion from a diffuse or small lytic one."

Answer = TypeVar("Answer", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Part:
    """One item with the fewest and most points it may still give, and what must be said about it."""

    item: ScoreItem
    lowest: float
    highest: float
    notes: tuple[str, ...] = ()


def sins_location(level: str) -> tuple[str, float]:
    """Class of a level and its points: junctional 3, mobile 2, semirigid 1, rigid 0; L5 and S1 are junctional.

    Raises:
        Refused: not a level of the score.
    """
    for name, (levels, points) in LOCATIONS.items():
        if level in levels:
            return name, points
    raise Refused(f"{level} is no location of the SINS: use C0 (occiput) to S5, such as T12 or L3.", where="--location")


def location_part(level: str, origin: Origin) -> Part:
    """The location, from the level's name."""
    name, points = sins_location(level)
    notes: tuple[str, ...] = ()
    if level in TRANSITIONAL:
        notes = (f"{level} is not named in the score: it lies within {TRANSITIONAL[level]} and counts as {name}.",)
    return Part(
        ScoreItem(name="location", value=f"{level}, {name}", points=points, origin=origin), points, points, notes
    )


def entered_part(name: str, table: Mapping[Answer, float], answer: Answer | None) -> Part:
    """An item that only a reader or the patient can answer."""
    return _open(name, table, tuple(table)) if answer is None else _known(name, table, answer, Origin.ENTERED)


def lesion_part(entered: SinsLesion | None, measured: MeasuredFindings) -> Part:
    """The bone lesion: a reader's answer, else lytic where the CT shows lytic holes."""
    holes = measured.lytic_holes
    if entered is not None:
        disagrees = holes is not None and entered is CONTRADICTED_BY_HOLES[holes]
        shown = "lytic holes" if holes else "no lytic hole"
        note = f"A reader calls the lesion {entered.value}, the CT shows {shown}: the reader's answer counts."
        return _known("bone lesion", LESION, entered, Origin.ENTERED, (note,) if disagrees else ())
    if holes:
        return _known("bone lesion", LESION, SinsLesion.LYTIC, Origin.MEASURED, (MIXED_NOTE,))
    return _open("bone lesion", LESION, tuple(LESION), () if holes is None else (NO_HOLE_NOTE,))


def collapse_classes(least_percent: float, most_percent: float) -> tuple[SinsCollapse, ...]:
    """The classes of collapse that a loss of height between two values leaves open, strictest first."""
    classes: list[SinsCollapse] = []
    if most_percent >= HALF_PERCENT:
        classes.append(SinsCollapse.OVER_50)
    if least_percent <= HALF_PERCENT:
        classes.append(SinsCollapse.UNDER_50)
    if least_percent < COLLAPSE_FROM_PERCENT:
        classes += [SinsCollapse.NONE_BODY_OVER_50, SinsCollapse.NONE]
    return tuple(classes)


def collapse_part(entered: SinsCollapse | None, measured: MeasuredFindings) -> Part:
    """The collapse: a reader's answer, else the measured loss of height where its ± stays clear of the limits."""
    loss, error = measured.height_loss_percent, measured.height_loss_plus_minus_percent
    if loss is None or error is None:
        if entered is not None:
            return _known("collapse", COLLAPSE, entered, Origin.ENTERED)
        notes = () if loss is None else (f"The CT measures a height loss of {loss:.0f} % without a stated ±.",)
        return _open("collapse", COLLAPSE, tuple(COLLAPSE), notes)
    found = f"the CT measures a height loss of {loss:.0f} ± {error:.0f} %"
    classes = collapse_classes(loss - error, loss + error)
    if entered is not None:
        agrees = entered in classes
        notes = () if agrees else (f"A reader enters collapse {entered.value}, {found}: the reader's answer counts.",)
        return _known("collapse", COLLAPSE, entered, Origin.ENTERED, notes)
    if len(classes) == 1:
        return _known("collapse", COLLAPSE, classes[0], Origin.MEASURED)
    why = "which leaves 50 % open" if classes[-1] is SinsCollapse.UNDER_50 else "which may be no collapse"
    return _open("collapse", COLLAPSE, classes, (f"For the collapse {found}, {why}: a reader must answer.",))


def _known(
    name: str, table: Mapping[Answer, float], answer: Answer, origin: Origin, notes: tuple[str, ...] = ()
) -> Part:
    points = table[answer]
    return Part(ScoreItem(name=name, value=answer.value, points=points, origin=origin), points, points, notes)


def _open(name: str, table: Mapping[Answer, float], left: tuple[Answer, ...], notes: tuple[str, ...] = ()) -> Part:
    points = [table[answer] for answer in left]
    return Part(ScoreItem(name=name, value=None, points=None, origin=Origin.UNKNOWN), min(points), max(points), notes)
