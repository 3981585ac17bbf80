"""OF classification of osteoporotic thoracolumbar fractures, OF 1 to OF 5, asked in the published order.

Source: pocket card of the spine section of the DGOU [OF-card].
Order: failed tension band → OF 5; both endplates, lost frame or pincer → OF 4; one endplate → OF 3 with a distinct
(more than 1/5) and OF 2 with no or minor (less than 1/5) posterior wall involvement; oedema alone → OF 1.
Boundary policy: exactly 1/5 of the posterior wall is in neither class and leaves OF 2 and OF 3 open.
"""

from dataclasses import dataclass
from enum import StrEnum

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["OF_WORDS", "OfFindings", "WallInvolvement", "of_classification", "possible_of_grades", "wall_involvement"]

WALL_SHARE = 0.2  # [OF-card] posterior wall: minor below one fifth, distinct above
OF_WORDS = (
    "neither deformity nor oedema",
    "oedema without deformity",
    "one endplate, posterior wall not or hardly involved",
    "one endplate with distinct posterior wall involvement",
    "both endplates, lost frame or pincer fracture",
    "failed anterior or posterior tension band",
)


class WallInvolvement(StrEnum):
    """How much of the posterior wall the fracture involves."""

    NONE_OR_MINOR = "none-or-minor"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFindings:
    """What imaging shows of the fracture; None is unknown.

    `tension_band_failure` covers distraction, rotation and translation; `endplate` is at least one deformed endplate;
    `oedema` is bone marrow oedema on a STIR sequence.
    """

    tension_band_failure: bool | None = None
    both_endplates: bool | None = None
    frame_lost: bool | None = None
    pincer: bool | None = None
    endplate: bool | None = None
    posterior_wall: WallInvolvement | None = None
    oedema: bool | None = None


def wall_involvement(share: float) -> WallInvolvement | None:
    """Class of a share of the posterior wall, 0 to 1; None at exactly one fifth, where the card says nothing.

    Raises:
        Refused: the share is not between 0 and 1.
    """
    if not 0.0 <= share <= 1.0:
        raise Refused(f"A share of {share:g} of the posterior wall is impossible: give 0 to 1.", where="posterior_wall")
    if share == WALL_SHARE:
        return None
    return WallInvolvement.DISTINCT if share > WALL_SHARE else WallInvolvement.NONE_OR_MINOR


def of_classification(findings: OfFindings) -> Score:
    """The OF grade that the findings give in the published order, or the grades they leave open.

    `total` is the grade; without deformity and oedema there is nothing to grade and it stays None.

    Raises:
        Refused: the findings contradict each other or describe what the card does not.
    """
    grades = possible_of_grades(findings)
    grade = grades[0] if len(grades) == 1 else None
    if grade is not None:
        sentence = f"OF {grade}: {OF_WORDS[grade]}." if grade else f"No OF grade: {OF_WORDS[grade]}."
    else:
        names = [f"OF {found}" if found else "no OF grade" for found in grades]
        sentence = f"{' or '.join(names)}: the findings do not tell them apart."
    return Score(
        name="OF classification",
        version="pocket card",
        items=_items(findings),
        total=float(grade) if grade else None,
        lowest=float(grades[0]),
        highest=float(grades[-1]),
        category=f"OF {grade}" if grade else None,
        sentence=sentence,
        sources=("OF-card",),
        verified=True,
    )


def possible_of_grades(findings: OfFindings) -> tuple[int, ...]:
    """Every grade the findings allow, mildest first; 0 where there is nothing to grade.

    Raises:
        Refused: the findings contradict each other or describe what the card does not.
    """
    if findings.endplate is False and findings.both_endplates:
        raise Refused(
            "The findings contradict each other: both endplates are deformed and none is; correct one of them.",
            where="of_classification",
        )
    unexplained = findings.endplate is False and findings.posterior_wall is WallInvolvement.DISTINCT
    open_grades: set[int] = set()
    for answer, grades in _in_order(findings):
        if answer is not False and not (unexplained and grades == {1}):
            open_grades |= grades
        if answer is True:
            break
    else:
        open_grades |= set() if unexplained else {0}
    if not open_grades:
        raise Refused(
            "The card describes posterior wall involvement only together with an endplate: check the endplates.",
            where="of_classification",
        )
    return tuple(sorted(open_grades))


def _in_order(findings: OfFindings) -> tuple[tuple[bool | None, set[int]], ...]:
    """The card's questions in its order: the answer to each, and the grades that a yes gives."""
    no_endplate = findings.endplate is False
    both = False if no_endplate else findings.both_endplates
    one = True if findings.both_endplates else findings.endplate
    wall = findings.posterior_wall
    by_wall = {WallInvolvement.DISTINCT: {3}, WallInvolvement.NONE_OR_MINOR: {2}}
    return (
        (findings.tension_band_failure, {5}),
        (_any(both, findings.frame_lost, findings.pincer), {4}),
        (one, {2, 3} if wall is None else by_wall[wall]),
        (findings.oedema, {1}),
    )


def _any(*answers: bool | None) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _items(findings: OfFindings) -> tuple[ScoreItem, ...]:
    named: tuple[tuple[str, bool | WallInvolvement | None], ...] = (
        ("failed tension band", findings.tension_band_failure),
        ("both endplates", findings.both_endplates),
        ("frame lost", findings.frame_lost),
        ("pincer fracture", findings.pincer),
        ("at least one endplate", findings.endplate),
        ("posterior wall", findings.posterior_wall),
        ("oedema", findings.oedema),
    )
    return tuple(
        ScoreItem(
            name=name, value=_word(value), points=None, origin=Origin.UNKNOWN if value is None else Origin.ENTERED
        )
        for name, value in named
    )


def _word(value: bool | WallInvolvement | None) -> str | None:
    if isinstance(value, WallInvolvement) or value is None:
        return value
    return "yes" if value else "no"
