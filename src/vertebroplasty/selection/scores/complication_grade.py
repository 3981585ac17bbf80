"""How much a complication weighed, by what it led to: the six grades of CIRSE, 2017.

The grade follows from the consequence alone, not from what happened; the strictest that applies counts.
"""

from dataclasses import dataclass
from enum import StrEnum

from vertebroplasty.selection.scores.as_written import number_within
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["Consequence", "Sequelae", "complication_grade"]

LONG_STAY_H = 48.0  # [CIRSE-complications-2017] a stay below is grade 2, above is grade 3
LONGEST_STAY_H = 8784.0  # [choice] a year; a longer stay is taken for a slip of the unit
GRADES = (1, 2, 3, 4, 5, 6)  # [CIRSE-complications-2017] six grades
WORDS = {
    1: "solved within the procedure",
    2: "observation or unplanned stay below 48 h, no further therapy",
    3: "further therapy or stay above 48 h, no sequelae",
    4: "mild sequelae",
    5: "severe sequelae that need assistance in daily life",
    6: "death",
}


class Sequelae(StrEnum):
    """What remains afterwards; severe sequelae need assistance in daily life."""

    NONE = "none"
    MILD = "mild"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What a complication led to; None is unknown.

    `solved_in_procedure`: dealt with before the patient left the table.  `further_therapy`: after the procedure.
    `unplanned_stay_h`: hours of observation or stay beyond what was planned, 0 for none.

    Raises:
        Refused: hours that are negative, not a number, or longer than a year.
    """

    solved_in_procedure: bool | None = None
    unplanned_stay_h: float | None = None
    further_therapy: bool | None = None
    sequelae: Sequelae | None = None
    death: bool | None = None

    def __post_init__(self) -> None:
        if self.unplanned_stay_h is not None:
            number_within(self.unplanned_stay_h, 0, LONGEST_STAY_H, what="The unplanned stay", unit="h", where="stay")


def complication_grade(consequence: Consequence) -> Score:
    """The grade of one complication from 1 to 6; None while what is unknown could still change it.

    Source: CIRSE 2017, as restated by its authors in 2026.  Boundaries: a stay of exactly 48 h is in neither grade 2
    (below) nor grade 3 (above); as the strictest counts it is grade 3 here.  A complication to which no described
    consequence applies gets no grade.  `lowest` is None while it is open whether any grade applies.
    """
    applies = _applies(consequence)
    certain = max((grade for grade, answer in applies.items() if answer), default=None)
    possible = max((grade for grade, answer in applies.items() if answer is not False), default=None)
    grade = certain if certain == possible else None
    if grade is not None:
        sentence = f"Grade {grade}: {WORDS[grade]}."
    elif possible is None:
        sentence = "No grade: none of the consequences that the six grades describe applies."
    else:
        least = "no grade" if certain is None else f"grade {certain}"
        sentence = (
            f"The grade is open, from {least} to grade {possible}; to find out: {_missing(consequence, certain)}."
        )
    return Score(
        name="CIRSE complication grade",
        version="2017",
        items=_items(consequence, applies),
        total=None if grade is None else float(grade),
        lowest=None if certain is None else float(certain),
        highest=None if possible is None else float(possible),
        category=None if grade is None else WORDS[grade],
        sentence=sentence,
        notes=_notes(consequence),
        sources=("CIRSE-complications-2017", "CIRSE-complications-2026"),
        verified=True,
    )


def _applies(found: Consequence) -> dict[int, bool | None]:
    """Whether each grade's own consequence is there, in three values."""
    stay = found.unplanned_stay_h
    long = None if stay is None else stay >= LONG_STAY_H
    short = None if stay is None else 0 < stay < LONG_STAY_H
    return {
        1: found.solved_in_procedure,
        2: short,
        3: _either(found.further_therapy, long),
        4: None if found.sequelae is None else found.sequelae is Sequelae.MILD,
        5: None if found.sequelae is None else found.sequelae is Sequelae.SEVERE,
        6: found.death,
    }


def _either(one: bool | None, other: bool | None) -> bool | None:
    """Yes where either is, no where both are not, else unknown."""
    if one or other:
        return True
    return False if one is False and other is False else None


def _told(found: Consequence) -> dict[str, tuple[str | float | None, tuple[int, ...]]]:
    """Each input as a reader would name it, its value, and the grades it can lead to."""
    return {
        "solved within the procedure": (_yes_no(found.solved_in_procedure), (1,)),
        "unplanned stay (h)": (found.unplanned_stay_h, (2, 3)),
        "further therapy": (_yes_no(found.further_therapy), (3,)),
        "sequelae": (None if found.sequelae is None else found.sequelae.value, (4, 5)),
        "death": (_yes_no(found.death), (6,)),
    }


def _yes_no(answer: bool | None) -> str | None:
    """An answer in a word."""
    return None if answer is None else ("yes" if answer else "no")


def _items(found: Consequence, applies: dict[int, bool | None]) -> tuple[ScoreItem, ...]:
    """Every input with the grade it asks for."""
    therapy_alone = {**applies, 3: found.further_therapy}
    stay_alone = {**applies, 3: None if found.unplanned_stay_h is None else found.unplanned_stay_h >= LONG_STAY_H}
    items = []
    for name, (value, grades) in _told(found).items():
        asked = stay_alone if name.startswith("unplanned") else therapy_alone
        points = next((float(grade) for grade in grades if asked[grade]), None)
        origin = Origin.UNKNOWN if value is None else Origin.ENTERED
        items.append(ScoreItem(name=name, value=value, points=points, origin=origin))
    return tuple(items)


def _missing(found: Consequence, certain: int | None) -> str:
    """The unknown inputs that could still raise the grade."""
    rows = _told(found).items()
    return ", ".join(name for name, (value, grades) in rows if value is None and max(grades) > (certain or 0))


def _notes(found: Consequence) -> tuple[str, ...]:
    """What the published grades leave open."""
    exact = "A stay of exactly 48 h lies in neither grade 2 nor grade 3: counted as grade 3, the stricter."
    return (
        *((exact,) if found.unplanned_stay_h == LONG_STAY_H else ()),
        "The strictest consequence that applies sets the grade.",
        "A revision of 2026 splits grade 1 into 1a and 1b and grade 3 into 3a and 3b; its wording was not read, so it "
        "is named and not applied.",
    )
