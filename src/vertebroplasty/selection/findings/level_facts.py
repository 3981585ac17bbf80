"""Findings on one level that examination and reading answer: cause, pain, nerves, fracture."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import (
    FRACTURES,
    Aetiology,
    AoType,
    Intent,
    NeurologicalDeficit,
    RadicularPain,
)
from vertebroplasty.selection.findings.flags import level_flag
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.situation import Fact, Situation, stated

__all__ = ["LEVEL_FACTS"]

YEAR_DAYS = 365  # [choice] the twelve months of the founding documents, in days
OF_GRADES_FOR_SURGEONS = (4, 5)  # [OF-card] both endplates, or a failed tension band
AO_TYPES_FOR_SURGEONS = (AoType.B, AoType.C)


def _cause(*causes: Aetiology) -> Callable[[Situation], Fact]:
    answered = {
        cause: Fact(of_bool(cause in causes), f"the aetiology is {cause.value.replace('-', ' ')}")
        for cause in Aetiology
    }

    def fact(s: Situation) -> Fact:
        cause = s.findings.aetiology
        if cause is None:
            return Fact(Answer.UNKNOWN, "the aetiology is not stated", (s.path("aetiology"),))
        return answered[cause]

    return fact


def _intent(*intents: Intent) -> Callable[[Situation], Fact]:
    words = {intent: "analgesia and stabilisation" if intent is Intent.BOTH else intent.value for intent in Intent}
    answered = {intent: Fact(of_bool(intent in intents), f"the intent is {words[intent]}") for intent in Intent}

    def fact(s: Situation) -> Fact:
        intent = s.findings.intent
        if intent is None:
            return Fact(Answer.UNKNOWN, "the intent is not stated", (s.path("intent"),))
        return answered[intent]

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


def _radicular_pain(s: Situation) -> Fact:
    pain = s.findings.radicular_pain
    return stated(
        None if pain is None else pain is not RadicularPain.NONE,
        s.path("radicular_pain"),
        yes="there is radicular pain",
        no="there is no radicular pain",
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


def _neurological_deficit(s: Situation) -> Fact:
    deficit = s.findings.neurological_deficit
    return stated(
        None if deficit is None else deficit is not NeurologicalDeficit.NONE,
        s.path("neurological_deficit"),
        yes="there is a neurological deficit",
        no="there is no neurological deficit",
        name="the neurological deficit",
    )


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


def _ao_type_a1(s: Situation) -> Fact:
    kind = s.findings.ao_type
    clause = f"the AO type is {kind.value}" if kind is not None else ""
    return stated(
        None if kind is None else kind is AoType.A1, s.path("ao_type"), yes=clause, no=clause, name="the AO type"
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


LEVEL_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "osteoporotic_fracture": _cause(Aetiology.OSTEOPOROTIC_FRACTURE),
    "traumatic_fracture": _cause(Aetiology.TRAUMATIC_FRACTURE),
    "fracture": _cause(*FRACTURES),
    "malignant_osteolysis": _cause(Aetiology.METASTASIS, Aetiology.MYELOMA),
    "haemangioma": _cause(Aetiology.HAEMANGIOMA),
    "tumour_or_other": _cause(Aetiology.METASTASIS, Aetiology.MYELOMA, Aetiology.HAEMANGIOMA, Aetiology.OTHER),
    "stabilising_intent": _intent(Intent.STABILISATION, Intent.BOTH),
    "prophylactic_intent": _intent(Intent.PROPHYLAXIS),
    "painful": _painful,
    "pain_relieved": level_flag(
        "pain_relieved_by_medical_treatment",
        yes="medical treatment relieves the pain",
        no="medical treatment does not relieve the pain",
        name="relief by medical treatment",
    ),
    "pain_concordant": level_flag(
        "pain_concordant_with_level",
        yes="the pain on examination is at the imaged level",
        no="the pain on examination is not at the imaged level",
        name="whether examination and imaging agree on the level",
    ),
    "unrelated_radicular_pain": _unrelated_radicular_pain,
    "radicular_pain": _radicular_pain,
    "progressive_deficit": _progressive_deficit,
    "neurological_deficit": _neurological_deficit,
    "fracture_stable": level_flag(
        "fracture_stable",
        yes="the fracture is stable",
        no="the fracture is unstable",
        name="the fracture's stability",
    ),
    "fracture_acute": level_flag(
        "fracture_acute",
        yes="the fracture is acute",
        no="nothing shows an acute fracture",
        name="whether the fracture is acute",
    ),
    "older_than_a_year": _older_than_a_year,
    "age_and_oedema_missing": _age_and_oedema_missing,
    "osteomyelitis": level_flag(
        "osteomyelitis",
        yes="the target vertebra or its disc is infected",
        no="the target vertebra is not infected",
        name="osteomyelitis of the target",
    ),
    "of_grade_for_surgeons": _of_grade_for_surgeons,
    "ao_type_for_surgeons": _ao_type_for_surgeons,
    "ao_type_a1": _ao_type_a1,
    "surgical_opinion_given": _surgical_opinion,
}
