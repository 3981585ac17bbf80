"""Findings on tumour: its reach into the canal by Bilsky's grade, and the instability it brings by SINS."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import Bilsky
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.scores.bilsky import HIGH_GRADE
from vertebroplasty.selection.scores.sins import asks_for_surgical_opinion, sins_of_level
from vertebroplasty.selection.situation import Fact, Situation, stated

__all__ = ["TUMOUR_FACTS"]

GRADES_AT_CORD = (Bilsky.GRADE_1C, *HIGH_GRADE)
SINS_KEYS = ("pain", "lesion", "alignment", "collapse", "posterolateral")


def _epidural_tumour(s: Situation) -> Fact:
    stated_tumour, grade = s.findings.epidural_tumour, s.findings.bilsky
    if stated_tumour or grade not in (None, Bilsky.GRADE_0):
        detail = f" (Bilsky {grade.value})" if grade is not None else ""
        return Fact(Answer.YES, f"tumour reaches the epidural space{detail}")
    if stated_tumour is None and grade is None:
        return Fact(Answer.UNKNOWN, "epidural tumour is not stated", (s.path("epidural_tumour"),))
    return Fact(Answer.NO, "no tumour reaches the epidural space")


def _bilsky_among(grades: tuple[Bilsky, ...]) -> Callable[[Situation], Fact]:
    """Whether the grade is one of these; no epidural tumour implies grade 0, a contradicted grade 0 is no answer."""

    def fact(s: Situation) -> Fact:
        tumour, grade = s.findings.epidural_tumour, s.findings.bilsky
        contradicted = grade is Bilsky.GRADE_0 and tumour is True
        if grade is not None and not contradicted:
            return Fact(Answer.YES if grade in grades else Answer.NO, f"the Bilsky grade is {grade.value}")
        if tumour is False:
            return Fact(Answer.NO, "no tumour reaches the epidural space, so the Bilsky grade is 0")
        paths = (s.path("bilsky"),) if tumour else (s.path("epidural_tumour"), s.path("bilsky"))
        why = "the Bilsky grade 0 contradicts epidural tumour" if contradicted else "the Bilsky grade is not stated"
        return Fact(Answer.UNKNOWN, why, paths)

    return fact


def _sins_asks_for_surgeon(s: Situation) -> Fact:
    """Whether the instability score of this level asks for a surgical opinion, as far as its items are known."""
    score = sins_of_level(s.level, s.findings, s.measured)
    answer = asks_for_surgical_opinion(score)
    phrase = score.sentence.removesuffix(".").split(";")[0]
    if answer is not Answer.UNKNOWN:
        return Fact(answer, phrase)
    missing = tuple(s.path(f"sins.{key}") for key in SINS_KEYS if getattr(s.findings.sins, key) is None)
    return Fact(answer, phrase, missing)


def _bilsky_recorded(s: Situation) -> Fact:
    return stated(
        True if s.findings.bilsky is not None else None,
        s.path("bilsky"),
        yes="the Bilsky grade is recorded",
        no="",
        name="the Bilsky grade",
    )


TUMOUR_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "epidural_tumour": _epidural_tumour,
    "high_grade_compression": _bilsky_among(HIGH_GRADE),
    "tumour_at_cord": _bilsky_among(GRADES_AT_CORD),
    "sins_asks_for_surgeon": _sins_asks_for_surgeon,
    "bilsky_recorded": _bilsky_recorded,
}
