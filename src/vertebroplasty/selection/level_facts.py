"""Findings on one level that examination and reading answer: cause, pain, nerves, fracture, tumour."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import (
    Aetiology,
    AoType,
    Bilsky,
    Intent,
    NeurologicalDeficit,
    RadicularPain,
)
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.situation import Fact, Situation, stated

__all__ = ["LEVEL_FACTS"]

YEAR_DAYS = 365  # [choice] the twelve months of the founding documents, in days
OF_GRADES_FOR_SURGEONS = (4, 5)  # [OF-card] both endplates, or a failed tension band
AO_TYPES_FOR_SURGEONS = (AoType.B, AoType.C)
HIGH_GRADE = (Bilsky.GRADE_2, Bilsky.GRADE_3)


def _cause(*causes: Aetiology) -> Callable[[Situation], Fact]:
    def fact(s: Situation) -> Fact:
        cause = s.findings.aetiology
        if cause is None:
            return Fact(Answer.UNKNOWN, "the aetiology is not stated", (s.path("aetiology"),))
        answer = Answer.YES if cause in causes else Answer.NO
        return Fact(answer, f"the aetiology is {cause.value.replace('-', ' ')}")

    return fact


def _intent(*intents: Intent) -> Callable[[Situation], Fact]:
    def fact(s: Situation) -> Fact:
        intent = s.findings.intent
        if intent is None:
            return Fact(Answer.UNKNOWN, "the intent is not stated", (s.path("intent"),))
        words = "analgesia and stabilisation" if intent is Intent.BOTH else intent.value
        return Fact(Answer.YES if intent in intents else Answer.NO, f"the intent is {words}")

    return fact


def _flag(key: str, *, yes: str, no: str, name: str) -> Callable[[Situation], Fact]:
    def fact(s: Situation) -> Fact:
        return stated(getattr(s.findings, key), s.path(key), yes=yes, no=no, name=name)

    return fact


def _painful(s: Situation) -> Fact:
    score = s.findings.pain_nrs
    yes = "the level is painful" + (f" (NRS {score:g})" if score is not None else "")
    return stated(s.findings.painful, s.path("painful"), yes=yes, no="the level is painless", name="pain")


def _unrelated_radicular_pain(s: Situation) -> Fact:
    pain = s.findings.radicular_pain
    return stated(
        None if pain is None else pain is RadicularPain.UNRELATED_COMPRESSIVE,
        s.path("radicular_pain"),
        yes="radicular pain comes from a compression unrelated to the collapse",
        no="there is no radicular pain" if pain is RadicularPain.NONE else "radicular pain comes from the collapse",
        name="radicular pain",
    )


def _progressive_deficit(s: Situation) -> Fact:
    deficit = s.findings.neurological_deficit
    if deficit is None:
        return Fact(Answer.UNKNOWN, "the neurological deficit is not stated", (s.path("neurological_deficit"),))
    urgent = deficit in (NeurologicalDeficit.PROGRESSIVE, NeurologicalDeficit.CORD_COMPRESSION)
    return Fact(
        Answer.YES if urgent else Answer.NO, f"the neurological deficit is stated as {deficit.value.replace('-', ' ')}"
    )


def _epidural_tumour(s: Situation) -> Fact:
    stated_tumour, grade = s.findings.epidural_tumour, s.findings.bilsky
    if stated_tumour or grade not in (None, Bilsky.GRADE_0):
        detail = f" (Bilsky {grade.value})" if grade is not None else ""
        return Fact(Answer.YES, f"tumour reaches the epidural space{detail}")
    if stated_tumour is None and grade is None:
        return Fact(Answer.UNKNOWN, "epidural tumour is not stated", (s.path("epidural_tumour"),))
    return Fact(Answer.NO, "no tumour reaches the epidural space")


def _high_grade_compression(s: Situation) -> Fact:
    tumour, grade = s.findings.epidural_tumour, s.findings.bilsky
    contradicted = grade is Bilsky.GRADE_0 and tumour is True
    if grade is not None and not contradicted:
        return Fact(Answer.YES if grade in HIGH_GRADE else Answer.NO, f"the Bilsky grade is {grade.value}")
    if tumour is False:
        return Fact(Answer.NO, "no tumour reaches the epidural space, so the Bilsky grade is 0")
    paths = (s.path("bilsky"),) if tumour else (s.path("epidural_tumour"), s.path("bilsky"))
    why = "the Bilsky grade 0 contradicts epidural tumour" if contradicted else "the Bilsky grade is not stated"
    return Fact(Answer.UNKNOWN, why, paths)


def _older_than_a_year(s: Situation) -> Fact:
    age = s.findings.fracture_age_days
    if age is None:
        return Fact(Answer.UNKNOWN, "the fracture's age is not stated", (s.path("fracture_age_days"),))
    return Fact(Answer.YES if age > YEAR_DAYS else Answer.NO, f"the fracture is {age:g} days old")


def _age_and_oedema_missing(s: Situation) -> Fact:
    age, oedema = s.findings.fracture_age_days, s.findings.marrow_oedema
    if age is None and oedema is None:
        paths = (s.path("marrow_oedema"), s.path("fracture_age_days"))
        return Fact(Answer.UNKNOWN, "neither the fracture's age nor marrow oedema is stated", paths)
    parts = [f"the fracture is {age:g} days old"] if age is not None else []
    if oedema is not None:
        parts.append("marrow oedema is present" if oedema else "there is no marrow oedema")
    return Fact(Answer.NO, " and ".join(parts))


def _of_grade_for_surgeons(s: Situation) -> Fact:
    grade = s.findings.of_grade
    return stated(
        None if grade is None else grade in OF_GRADES_FOR_SURGEONS,
        s.path("of_grade"),
        yes=f"the OF grade is {grade}",
        no=f"the OF grade is {grade}",
        name="the OF grade",
    )


def _ao_type_for_surgeons(s: Situation) -> Fact:
    kind = s.findings.ao_type
    clause = f"the AO type is {kind.value}" if kind is not None else ""
    return stated(
        None if kind is None else kind in AO_TYPES_FOR_SURGEONS,
        s.path("ao_type"),
        yes=clause,
        no=clause,
        name="the AO type",
    )


def _surgical_opinion(s: Situation) -> Fact:
    opinion = s.findings.surgical_opinion
    return stated(
        None if opinion is None else bool(opinion),
        s.path("surgical_opinion"),
        yes="a surgical opinion was obtained",
        no="no surgical opinion was obtained",
        name="a surgical opinion",
    )


def _bilsky_recorded(s: Situation) -> Fact:
    grade = s.findings.bilsky
    return stated(
        True if grade is not None else None,
        s.path("bilsky"),
        yes="the Bilsky grade is recorded",
        no="",
        name="the Bilsky grade",
    )


LEVEL_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "osteoporotic_fracture": _cause(Aetiology.OSTEOPOROTIC_FRACTURE),
    "traumatic_fracture": _cause(Aetiology.TRAUMATIC_FRACTURE),
    "fracture": _cause(Aetiology.OSTEOPOROTIC_FRACTURE, Aetiology.TRAUMATIC_FRACTURE),
    "malignant_osteolysis": _cause(Aetiology.METASTASIS, Aetiology.MYELOMA),
    "haemangioma": _cause(Aetiology.HAEMANGIOMA),
    "tumour_or_other": _cause(Aetiology.METASTASIS, Aetiology.MYELOMA, Aetiology.HAEMANGIOMA, Aetiology.OTHER),
    "stabilising_intent": _intent(Intent.STABILISATION, Intent.BOTH),
    "prophylactic_intent": _intent(Intent.PROPHYLAXIS),
    "painful": _painful,
    "pain_relieved": _flag(
        "pain_relieved_by_medical_treatment",
        yes="medical treatment relieves the pain",
        no="medical treatment does not relieve the pain",
        name="relief by medical treatment",
    ),
    "pain_concordant": _flag(
        "pain_concordant_with_level",
        yes="the pain on examination is at the imaged level",
        no="the pain on examination is not at the imaged level",
        name="whether examination and imaging agree on the level",
    ),
    "unrelated_radicular_pain": _unrelated_radicular_pain,
    "progressive_deficit": _progressive_deficit,
    "fracture_stable": _flag(
        "fracture_stable",
        yes="the fracture is stable",
        no="the fracture is unstable",
        name="the fracture's stability",
    ),
    "fracture_acute": _flag(
        "fracture_acute",
        yes="the fracture is acute",
        no="nothing shows an acute fracture",
        name="whether the fracture is acute",
    ),
    "older_than_a_year": _older_than_a_year,
    "age_and_oedema_missing": _age_and_oedema_missing,
    "epidural_tumour": _epidural_tumour,
    "high_grade_compression": _high_grade_compression,
    "osteomyelitis": _flag(
        "osteomyelitis",
        yes="the target vertebra or its disc is infected",
        no="the target vertebra is not infected",
        name="osteomyelitis of the target",
    ),
    "of_grade_for_surgeons": _of_grade_for_surgeons,
    "ao_type_for_surgeons": _ao_type_for_surgeons,
    "surgical_opinion_given": _surgical_opinion,
    "bilsky_recorded": _bilsky_recorded,
}
