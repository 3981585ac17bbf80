"""Findings that guidelines and payers ask for beyond pain itself: how severe, how long, and what it prevents."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.findings.flags import level_flag, patient_flag
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.situation import Fact, Situation

__all__ = ["TREATMENT_FACTS"]

WEEKS_OF_CARE = 6.0  # [payer-2019] conservative care for so long before it counts as failed
MOST_MONTHS = 4.0  # [LCD-example] symptoms younger than this
MONTH_DAYS = 30.4375  # [exact] a twelfth of 365.25 days
LEAST_PAIN = 6.0  # [LCD-example] of 10 points


def _long_conservative_care(s: Situation) -> Fact:
    weeks = s.findings.conservative_treatment_weeks
    if weeks is None:
        phrase = "how long conservative care was tried is not stated"
        return Fact(Answer.UNKNOWN, phrase, (s.path("conservative_treatment_weeks"),))
    unit = "week" if weeks == 1 else "weeks"
    return Fact(of_bool(weeks >= WEEKS_OF_CARE), f"conservative care was tried for {weeks:g} {unit}")


def _younger_than_four_months(s: Situation) -> Fact:
    age = s.findings.fracture_age_days
    if age is None:
        return Fact(Answer.UNKNOWN, "the fracture's age is not stated", (s.path("fracture_age_days"),))
    return Fact(of_bool(age < MOST_MONTHS * MONTH_DAYS), f"the fracture is {age:g} days old")


def _pain_of_six_or_more(s: Situation) -> Fact:
    """The example names a visual scale; the number read here is the numeric rating, taken as it stands."""
    score = s.findings.pain_nrs
    if score is None:
        return Fact(Answer.UNKNOWN, "the pain score is not stated", (s.path("pain_nrs"),))
    return Fact(of_bool(score >= LEAST_PAIN), f"the pain is rated {score:g} of 10")


TREATMENT_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "pain_severe": level_flag(
        "pain_severe",
        yes="the pain is judged severe",
        no="the pain is not judged severe",
        name="whether the pain is severe",
    ),
    "unhealed_fracture": level_flag(
        "marrow_oedema",
        yes="marrow oedema shows that the fracture has not healed",
        no="there is no marrow oedema",
        name="marrow oedema",
    ),
    "long_conservative_care": _long_conservative_care,
    "younger_than_four_months": _younger_than_four_months,
    "pain_of_six_or_more": _pain_of_six_or_more,
    "hospitalised_for_pain": patient_flag(
        "hospitalised_for_pain",
        yes="the patient is in hospital because of the pain",
        no="the patient is not in hospital because of the pain",
        name="a hospital stay because of the pain",
    ),
    "able_to_walk": patient_flag(
        "able_to_walk",
        yes="the patient is able to walk",
        no="the patient is unable to walk",
        name="whether the patient is able to walk",
    ),
    "osteoporosis_treated": patient_flag(
        "osteoporosis_treatment",
        yes="the osteoporosis is treated",
        no="the osteoporosis is not treated",
        name="treatment of the osteoporosis",
    ),
}
