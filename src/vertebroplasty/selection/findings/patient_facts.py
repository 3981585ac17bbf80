"""Findings on the whole patient: infection, allergy, coagulation, osteoporosis."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import Allergen, Anaesthesia, CoagulationStatus, Infection
from vertebroplasty.selection.findings.flags import patient_flag
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.patient import Coagulation, Patient, Planned
from vertebroplasty.selection.situation import Fact, Situation, stated

__all__ = [
    "HIGHEST_INR",
    "LOWEST_PLATELETS_10E9_PER_L",
    "PATIENT_FACTS",
    "has_statement",
    "laboratory_reasons",
    "required_allergens",
    "undecided_allergens",
]

HIGHEST_INR = 1.8  # [SIR-2019] upper end of the limit for procedures with a high risk of bleeding
STRICTEST_INR = 1.5  # [SIR-2019] lower end of the same limit, which is published as a range
LOWEST_PLATELETS_10E9_PER_L = 50.0  # [SIR-2019] below this a transfusion is considered
CEMENT_ALLERGENS = frozenset(Allergen) - {Allergen.IODINATED_CONTRAST, Allergen.LOCAL_ANAESTHETIC}


def has_statement(coagulation: Coagulation) -> bool:
    """Whether someone wrote what was done about the agents."""
    return bool(coagulation.statement and coagulation.statement.strip())


def laboratory_reasons(coagulation: Coagulation) -> list[str]:
    """Clauses for each laboratory value outside the limits; empty where none is known to be."""
    reasons = []
    if coagulation.inr is not None and coagulation.inr > HIGHEST_INR:
        reasons.append(f"INR {coagulation.inr:g} is above {HIGHEST_INR:g}")
    platelets = coagulation.platelets_10e9_per_l
    if platelets is not None and platelets < LOWEST_PLATELETS_10E9_PER_L:
        reasons.append(f"platelets {platelets:g} × 10⁹/l are below {LOWEST_PLATELETS_10E9_PER_L:g}")
    return reasons


def _infection(s: Situation) -> Fact:
    infection = s.patient.infection
    return stated(
        None if infection is None else infection is not Infection.NONE,
        "infection",
        yes=f"a {infection} infection is active",
        no="no infection is active",
        name="infection",
    )


def _systemic_infection(s: Situation) -> Fact:
    infection = s.patient.infection
    return stated(
        None if infection is None else infection is Infection.SYSTEMIC,
        "infection",
        yes="a systemic infection is active",
        no="no systemic infection is active",
        name="infection",
    )


def _refractory_coagulopathy(s: Situation) -> Fact:
    status = s.patient.coagulation.status
    return stated(
        None if status is None else status is CoagulationStatus.REFRACTORY,
        "coagulation.status",
        yes="the coagulopathy does not respond to therapy",
        no=f"coagulation is stated as {status}",
        name="coagulation status",
    )


def _uncorrected_coagulation(s: Situation) -> Fact:
    coagulation = s.patient.coagulation
    reasons = laboratory_reasons(coagulation)
    if coagulation.status is CoagulationStatus.CORRECTABLE:
        reasons.append("coagulation is stated as not yet corrected")
    if coagulation.status is CoagulationStatus.REFRACTORY:
        reasons.append("coagulation is stated as refractory to therapy")
    if coagulation.agents and not (coagulation.status is CoagulationStatus.CORRECTED and has_statement(coagulation)):
        names = ", ".join(sorted(agent.name or "an unnamed agent" for agent in coagulation.agents))
        verb = "is" if len(coagulation.agents) == 1 else "are"
        stated_in_words = has_statement(coagulation)
        lack = "coagulation is not stated as corrected" if stated_in_words else "no statement says what was done"
        reasons.append(f"{names} {verb} taken and {lack}")
    if reasons:
        return Fact(Answer.YES, " and ".join(reasons))
    keys = ("status", "inr", "platelets_10e9_per_l", "agents")
    missing = tuple(f"coagulation.{key}" for key in keys if getattr(coagulation, key) is None)
    if missing:
        return Fact(Answer.UNKNOWN, "coagulation is not fully stated", missing)
    return Fact(Answer.NO, "INR and platelets are within limits and no agent is left uncorrected")


def _inr_within_published_range(s: Situation) -> Fact:
    inr = s.patient.coagulation.inr
    if inr is None:
        return Fact(Answer.UNKNOWN, "INR is not stated", ("coagulation.inr",))
    return Fact(of_bool(STRICTEST_INR < inr <= HIGHEST_INR), f"INR is {inr:g}")


def _laboratory_outside_limits(s: Situation) -> Fact:
    coagulation = s.patient.coagulation
    if reasons := laboratory_reasons(coagulation):
        return Fact(Answer.YES, " and ".join(reasons))
    keys = ("inr", "platelets_10e9_per_l")
    missing = tuple(f"coagulation.{key}" for key in keys if getattr(coagulation, key) is None)
    if missing:
        return Fact(Answer.UNKNOWN, "INR and platelets are not both stated", missing)
    return Fact(Answer.NO, "INR and platelets are within limits")


def required_allergens(planned: Planned, components: frozenset[str]) -> frozenset[str]:
    """What the procedure as planned is known to need; `components` are those of the cement product."""
    required = set(components)
    if planned.phlebogram:
        required.add(Allergen.IODINATED_CONTRAST)
    if planned.anaesthesia is Anaesthesia.LOCAL:
        required.add(Allergen.LOCAL_ANAESTHETIC)
    return frozenset(required)


def undecided_allergens(patient: Patient, product: str | None) -> dict[str, frozenset[Allergen]]:
    """What the plan may or may not need, by the input that is not stated and would tell."""
    planned = patient.planned
    undecided = {}
    if product is None:
        undecided["planned.product"] = CEMENT_ALLERGENS
    if planned.phlebogram is None:
        undecided["planned.phlebogram"] = frozenset({Allergen.IODINATED_CONTRAST})
    if planned.anaesthesia is None:
        undecided["planned.anaesthesia"] = frozenset({Allergen.LOCAL_ANAESTHETIC})
    return undecided


def _allergy(s: Situation) -> Fact:
    required = required_allergens(s.patient.planned, s.required_components)
    return _allergic_to(s, required, undecided_allergens(s.patient, s.product))


def _cement_allergy(s: Situation) -> Fact:
    undecided = {"planned.product": CEMENT_ALLERGENS} if s.product is None else {}
    return _allergic_to(s, s.required_components, undecided)


def _allergic_to(s: Situation, required: frozenset[str], may_need: Mapping[str, frozenset[Allergen]]) -> Fact:
    allergies = s.patient.allergies
    if allergies is None:
        return Fact(Answer.UNKNOWN, "allergies are not stated", ("allergies",))
    met = sorted(allergy.words for allergy in allergies if allergy in required)
    if met:
        return Fact(Answer.YES, f"the patient is allergic to {', '.join(met)}, which the procedure needs")
    undecided = tuple(path for path, open_ in may_need.items() if open_ & allergies)
    if undecided:
        phrase = "it is not stated whether the plan needs what the patient is allergic to"
        return Fact(Answer.UNKNOWN, phrase, undecided)
    return Fact(Answer.NO, "no allergy concerns a required component" if allergies else "there is no allergy")


PATIENT_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "active_infection": _infection,
    "systemic_infection": _systemic_infection,
    "refractory_coagulopathy": _refractory_coagulopathy,
    "uncorrected_coagulation": _uncorrected_coagulation,
    "allergic_to_required_component": _allergy,
    "allergic_to_cement": _cement_allergy,
    "inr_within_published_range": _inr_within_published_range,
    "laboratory_outside_limits": _laboratory_outside_limits,
    "chronic_liver_disease": patient_flag(
        "chronic_liver_disease",
        yes="the patient has chronic liver disease",
        no="the patient has no chronic liver disease",
        name="chronic liver disease",
    ),
    "osteoporosis": patient_flag(
        "osteoporosis",
        yes="the patient has osteoporosis",
        no="the patient has no osteoporosis",
        name="osteoporosis",
    ),
}
