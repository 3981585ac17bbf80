"""The items of the OF-score: what is asked, what each answer gives, and what an unknown could still give."""

from dataclasses import dataclass
from enum import StrEnum

from vertebroplasty.selection.scores.as_written import number_within
from vertebroplasty.selection.scores.score import Origin, ScoreItem

__all__ = ["AoNeurology", "OfScoreFindings", "OfScoreItem", "of_score_items"]

POINTS_A_GRADE = 2.0  # [OF-card] morphology: twice the OF grade
GRADES = (1, 5)  # [OF-card] OF 1 to OF 5
T_SCORE_BELOW = -3.0  # [OF-card] severe osteoporosis strictly below
QCT_HU_UP_TO = 90.0  # [OF-card] severe osteoporosis up to and including
NEUROLOGY = 2.0  # [OF-card] N2 to N4
ASA_ABOVE = 3  # [OF-card] counts strictly above
MFI5_ABOVE = 2  # [OF-card] counts strictly above
FRAILTY_AT_MOST = -2.0  # [OF-card] however many apply
T_SCORE_ENDS = (-10.0, 10.0)  # [choice] a T-score beyond is a slip of the keyboard
HU_ENDS = (-200.0, 1000.0)  # [choice] trabecular bone beyond is a slip of the keyboard
VAS_ENDS = (0.0, 10.0)  # [exact] the scale's ends; a value in mm of 100 is not rescaled
ASA_ENDS = (1, 6)  # [exact] classes I to VI
MFI5_ENDS = (0, 5)  # [exact] five yes-or-no items


class AoNeurology(StrEnum):
    """Neurology in the AO Spine's letters; NX cannot be examined and is unknown."""

    N0 = "N0"
    N1 = "N1"
    N2 = "N2"
    N3 = "N3"
    N4 = "N4"
    NX = "NX"


SYMPTOMATIC = (AoNeurology.N2, AoNeurology.N3, AoNeurology.N4)  # [OF-card]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfScoreFindings:
    """What the OF-score asks; None is unknown.

    `qct_hu` is the density that the card takes in place of a T-score; `pain_vas_0_to_10` and `mobilisation_possible`
    are under analgesia; `mfi5` is the five-item modified frailty index.
    """

    of_grade: int | None = None
    t_score: float | None = None
    qct_hu: float | None = None
    deformity_progressing: bool | None = None
    pain_vas_0_to_10: float | None = None
    neurology: AoNeurology | None = None
    mobilisation_possible: bool | None = None
    asa: int | None = None
    mfi5: int | None = None
    anticoagulation: bool | None = None


@dataclass(frozen=True, slots=True)
class OfScoreItem:
    """One item with the fewest and the most points it may give; `unknown` where any part of it was not answered."""

    entry: ScoreItem
    lowest: float
    highest: float
    unknown: bool


def of_score_items(findings: OfScoreFindings, *, pain_from: float) -> tuple[OfScoreItem, ...]:
    """The seven items in the card's order.

    Raises:
        Refused: a value outside its scale.
    """
    _check(findings)
    grade, progressing, vas = findings.of_grade, findings.deformity_progressing, findings.pain_vas_0_to_10
    symptoms = None if findings.neurology in (None, AoNeurology.NX) else findings.neurology in SYMPTOMATIC
    severe = None if vas is None else vas >= pain_from
    able = findings.mobilisation_possible
    return (
        _morphology(grade),
        _bone(findings.t_score, findings.qct_hu),
        _yes_or_no("progressing deformity", progressing, _word(progressing), yes=1.0, no=-1.0),
        _yes_or_no("pain under analgesia", severe, vas, yes=1.0, no=-1.0),
        _yes_or_no("neurological symptoms", symptoms, findings.neurology, yes=NEUROLOGY, no=0.0),
        _yes_or_no("mobilisation under analgesia", able, _word(able, "possible", "not possible"), yes=-1.0, no=1.0),
        _frailty(findings),
    )


def _check(findings: OfScoreFindings) -> None:
    scales = (
        (findings.of_grade, GRADES, "The OF grade", "", "of_grade"),
        (findings.t_score, T_SCORE_ENDS, "The T-score", "standard deviations", "t_score"),
        (findings.qct_hu, HU_ENDS, "The density", "HU", "qct_hu"),
        (findings.pain_vas_0_to_10, VAS_ENDS, "Pain (VAS)", "of 10", "pain_vas_0_to_10"),
        (findings.asa, ASA_ENDS, "The ASA class", "", "asa"),
        (findings.mfi5, MFI5_ENDS, "The mFI-5", "points", "mfi5"),
    )
    for value, (least, most), what, unit, where in scales:
        if value is not None:
            number_within(value, least, most, what=what, unit=unit, where=where)


def _morphology(grade: int | None) -> OfScoreItem:
    if grade is None:
        return _unknown("morphology", POINTS_A_GRADE * GRADES[0], POINTS_A_GRADE * GRADES[1])
    return _entered("morphology", f"OF {grade}", POINTS_A_GRADE * grade)


def _bone(t_score: float | None, qct_hu: float | None) -> OfScoreItem:
    """Either measurement answers; where both are given one that is low suffices."""
    if t_score is None and qct_hu is None:
        return _unknown("severe osteoporosis", 0.0, 1.0)
    low = (t_score is not None and t_score < T_SCORE_BELOW) or (qct_hu is not None and qct_hu <= QCT_HU_UP_TO)
    given = [f"T-score {t_score:g}"] if t_score is not None else []
    given += [f"{qct_hu:g} HU"] if qct_hu is not None else []
    return _entered("severe osteoporosis", ", ".join(given), 1.0 if low else 0.0)


def _frailty(findings: OfScoreFindings) -> OfScoreItem:
    """ASA, frailty index and anticoagulation: one point off for each that applies, two at most."""
    asa, mfi5 = findings.asa, findings.mfi5
    answers = (
        ("ASA", None if asa is None else asa > ASA_ABOVE),
        ("mFI-5", None if mfi5 is None else mfi5 > MFI5_ABOVE),
        ("anticoagulation", findings.anticoagulation),
    )
    found = [name for name, answer in answers if answer]
    missing = [name for name, answer in answers if answer is None]
    most = max(FRAILTY_AT_MOST, -float(len(found)))
    least = max(FRAILTY_AT_MOST, -float(len(found) + len(missing)))
    if least == most:
        return _entered("frailty", ", ".join(found) or "none", most)
    if len(missing) == len(answers):
        return _unknown("frailty", least, most)
    words = f"{', '.join(found) or 'none found'}; unknown: {', '.join(missing)}"
    entry = ScoreItem(name="frailty", value=words, points=most, origin=Origin.ENTERED)
    return OfScoreItem(entry, least, most, unknown=True)


def _yes_or_no(name: str, answer: bool | None, value: str | float | None, *, yes: float, no: float) -> OfScoreItem:
    if answer is None:
        return _unknown(name, min(yes, no), max(yes, no))
    return _entered(name, value, yes if answer else no)


def _word(answer: bool | None, yes: str = "yes", no: str = "no") -> str | None:
    return None if answer is None else yes if answer else no


def _entered(name: str, value: str | float | None, points: float) -> OfScoreItem:
    return OfScoreItem(ScoreItem(name=name, value=value, points=points, origin=Origin.ENTERED), points, points, False)


def _unknown(name: str, lowest: float, highest: float) -> OfScoreItem:
    return OfScoreItem(ScoreItem(name=name, value=None, points=None, origin=Origin.UNKNOWN), lowest, highest, True)
