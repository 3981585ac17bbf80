"""Epidural spinal cord compression scale (Bilsky): how near an epidural tumour comes to the cord.

Source: Bilsky et al. 2010 as tabulated [Bilsky], read on axial T2-weighted MRI.  Grades 0, 1a, 1b, 1c, 2, 3.
Boundary policy: 0 to 1b are low grade and 2 to 3 high grade; the source puts 1c in neither, and so does this.
Each finding implies those before it, so that a finding denied denies all that follow; contradictions are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import Bilsky
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["BILSKY_WORDS", "HIGH_GRADE", "EpiduralFindings", "bilsky", "bilsky_group", "possible_bilsky"]

BILSKY_WORDS: Mapping[Bilsky, str] = {  # [Bilsky]
    Bilsky.GRADE_0: "tumour in bone only",
    Bilsky.GRADE_1A: "epidural tumour that does not deform the thecal sac",
    Bilsky.GRADE_1B: "the thecal sac is deformed, the cord is not touched",
    Bilsky.GRADE_1C: "the thecal sac is deformed and the cord is touched but not compressed",
    Bilsky.GRADE_2: "the cord is compressed, cerebrospinal fluid is still seen around it",
    Bilsky.GRADE_3: "the cord is compressed and no cerebrospinal fluid is seen around it",
}
LOW_GRADE = (Bilsky.GRADE_0, Bilsky.GRADE_1A, Bilsky.GRADE_1B)  # [Bilsky]
HIGH_GRADE = (Bilsky.GRADE_2, Bilsky.GRADE_3)  # [Bilsky]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpiduralFindings:
    """What axial T2-weighted MRI shows at the worst slice; None is unknown.

    `csf_visible`: cerebrospinal fluid is still seen around a compressed cord.
    """

    epidural_tumour: bool | None = None
    deforms_sac: bool | None = None
    abuts_cord: bool | None = None
    compresses_cord: bool | None = None
    csf_visible: bool | None = None


def bilsky(findings: EpiduralFindings) -> Score:
    """The grade that the described findings give, or the grades they leave open.

    The scale is ordinal and has no total: `category` holds the grade.

    Raises:
        Refused: a finding is denied that a later one implies.
    """
    grades = possible_bilsky(findings)
    grade = grades[0] if len(grades) == 1 else None
    if grade is not None:
        group = bilsky_group(grade)
        sentence = f"Bilsky {grade.value}: {BILSKY_WORDS[grade]}{f' ({group} grade)' if group else ''}."
    else:
        sentence = f"Bilsky {' or '.join(found.value for found in grades)}: the findings do not tell them apart."
    return Score(
        name="Bilsky",
        version="2010",
        items=tuple(_item(name, value) for name, value in _named(findings)),
        category=grade.value if grade is not None else None,
        sentence=sentence,
        notes=("The source calls 1c neither low nor high grade.",) if grade is Bilsky.GRADE_1C else (),
        sources=("Bilsky",),
        verified=True,
    )


def possible_bilsky(findings: EpiduralFindings) -> tuple[Bilsky, ...]:
    """Every grade the findings allow, mildest first.

    Raises:
        Refused: a finding is denied that a later one implies.
    """
    ladder = [value for _, value in _named(findings)[:-1]]
    present = max((step for step, value in enumerate(ladder, start=1) if value is True), default=0)
    absent = min((step for step, value in enumerate(ladder, start=1) if value is False), default=len(ladder) + 1)
    if absent <= present:
        names = [name for name, _ in _named(findings)]
        raise Refused(
            f"The findings contradict each other: {names[present - 1]} is stated and {names[absent - 1]} denied, "
            "which it implies.",
            where="bilsky",
        )
    grades: list[Bilsky] = []
    for step, grade in enumerate((*LOW_GRADE, Bilsky.GRADE_1C)):
        if present <= step < absent:
            grades.append(grade)
    if absent > len(ladder):
        grades += [grade for grade in HIGH_GRADE if findings.csf_visible in (None, grade is Bilsky.GRADE_2)]
    return tuple(grades)


def bilsky_group(grade: Bilsky) -> str | None:
    """Low grade, high grade, or None for 1c, which the source leaves between."""
    if grade in LOW_GRADE:
        return "low"
    return "high" if grade in HIGH_GRADE else None


def _named(findings: EpiduralFindings) -> tuple[tuple[str, bool | None], ...]:
    return (
        ("epidural tumour", findings.epidural_tumour),
        ("deformed thecal sac", findings.deforms_sac),
        ("cord contact", findings.abuts_cord),
        ("cord compression", findings.compresses_cord),
        ("visible cerebrospinal fluid", findings.csf_visible),
    )


def _item(name: str, value: bool | None) -> ScoreItem:
    if value is None:
        return ScoreItem(name=name, value=None, points=None, origin=Origin.UNKNOWN)
    return ScoreItem(name=name, value="yes" if value else "no", points=None, origin=Origin.ENTERED)
