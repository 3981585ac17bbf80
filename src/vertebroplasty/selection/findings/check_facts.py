"""Findings that only the checks around the procedure ask for: what is planned, arranged, chosen and already tried."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import Aetiology, Allergen, FirstLine
from vertebroplasty.selection.findings.plan_facts import DORSOLUMBAR
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import Agent
from vertebroplasty.selection.situation import Fact, Situation, stated

__all__ = ["PLANNED_FACTS"]

OPACIFIERS = (Allergen.TANTALUM, Allergen.BARIUM_SULFATE, Allergen.TUNGSTEN, Allergen.ZIRCONIA)
NAMED_OPACIFIERS = frozenset(OPACIFIERS) - {Allergen.ZIRCONIA}  # S0 names all but zirconia
TREATMENTS = {
    FirstLine.ANALGESICS: "pain medication",
    FirstLine.REST: "bed rest",
    FirstLine.BRACE: "a brace",
}


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _mri_or_ct_done(s: Situation) -> Fact:
    if s.measured != MeasuredFindings():
        return Fact(Answer.YES, "a CT of this level is here")
    imaging = s.findings.imaging_before
    names = _listed([method.value.upper() for method in imaging]) if imaging else ""
    return stated(
        None if imaging is None else bool(imaging),
        s.path("imaging_before"),
        yes=f"{names} before",
        no="neither MRI nor CT was done before",
        name="MRI or CT before",
    )


def _cause_is(wanted: Aetiology, *, yes: str) -> Callable[[Situation], Fact]:
    def fact(s: Situation) -> Fact:
        cause = s.findings.aetiology
        return stated(
            None if cause is None else cause is wanted,
            s.path("aetiology"),
            yes=yes,
            no=f"the aetiology is {cause.value.replace('-', ' ')}" if cause else "",
            name="the aetiology",
        )

    return fact


def _first_line_tried(s: Situation) -> Fact:
    tried = s.findings.first_line_treatment
    if not tried:
        return stated(
            None if tried is None else False,
            s.path("first_line_treatment"),
            yes="",
            no="no first-line treatment was tried",
            name="first-line treatment",
        )
    done = _listed([words for kind, words in TREATMENTS.items() if kind in tried])
    rest = [words for kind, words in TREATMENTS.items() if kind not in tried]
    return Fact(Answer.YES, f"tried: {done}" + (f" (not listed: {_listed(rest)})" if rest else ""))


def _three_specialties_agree(s: Situation) -> Fact:
    """A surgeon's opinion alone never proves that all three agree; its absence proves that they do not."""
    opinion, path = s.findings.surgical_opinion, s.path("surgical_opinion")
    if opinion is None:
        return Fact(Answer.UNKNOWN, "a surgical opinion is not stated", (path,))
    if not opinion:
        return Fact(Answer.NO, "no surgical opinion was obtained")
    return Fact(Answer.UNKNOWN, "a surgeon was asked; the file does not record whether all three agree")


def _last_doses_known(s: Situation) -> Fact:
    agents = s.patient.coagulation.agents
    path = "coagulation.agents"
    if agents is None:
        return Fact(Answer.UNKNOWN, "anticoagulant and antiplatelet agents are not stated", (path,))
    if not agents:
        return Fact(Answer.YES, "no anticoagulant or antiplatelet agent is taken")
    open_ = [_agent(agent) for agent in agents if agent.last_dose_h is None]
    if open_:
        return Fact(Answer.UNKNOWN, f"the last dose of {_listed(open_)} is not stated", (path,))
    doses = [f"{_agent(agent)} was last taken {agent.last_dose_h:g} h before" for agent in agents]
    return Fact(Answer.YES, _listed(doses))


def _agent(agent: Agent) -> str:
    return agent.name or (f"an agent ({agent.agent_class})" if agent.agent_class else "an unnamed agent")


def _cement_opacified(s: Situation) -> Fact:
    if s.product is None:
        return Fact(Answer.UNKNOWN, "the cement product is not stated", ("planned.product",))
    held = [opacifier for opacifier in OPACIFIERS if opacifier in s.required_components]
    if not held:
        return Fact(Answer.NO, f"the cement {s.product} holds no opacifier")
    phrase = f"the cement {s.product} holds {_listed([opacifier.words for opacifier in held])}"
    if NAMED_OPACIFIERS.isdisjoint(held):
        phrase += ", which is not among those that the source names"
    return Fact(Answer.YES, phrase)


def _between_t11_and_l1(s: Situation) -> Fact:
    inside = s.level in DORSOLUMBAR
    return Fact(of_bool(inside), f"{s.level} {'lies' if inside else 'does not lie'} between T11 and L1")


def _contrast_allergy(s: Situation) -> Fact:
    allergies = s.patient.allergies
    return stated(
        None if allergies is None else Allergen.IODINATED_CONTRAST in allergies,
        "allergies",
        yes="the patient is allergic to iodinated contrast",
        no="there is no allergy to iodinated contrast",
        name="allergy to iodinated contrast",
    )


def _phlebogram_planned(s: Situation) -> Fact:
    return stated(
        s.patient.planned.phlebogram,
        "planned.phlebogram",
        yes="a phlebogram is planned",
        no="no phlebogram is planned",
        name="whether a phlebogram is planned",
    )


def _anaesthesia_chosen(s: Situation) -> Fact:
    kind = s.patient.planned.anaesthesia
    return stated(
        None if kind is None else True,
        "planned.anaesthesia",
        yes=f"{kind} anaesthesia is planned",
        no="",
        name="the planned anaesthesia",
    )


PLANNED_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "mri_or_ct_done": _mri_or_ct_done,
    "first_line_tried": _first_line_tried,
    "metastasis": _cause_is(Aetiology.METASTASIS, yes="the aetiology is metastasis"),
    "three_specialties_agree": _three_specialties_agree,
    "aetiology_uncertain": _cause_is(Aetiology.OTHER, yes="the aetiology is none of those named"),
    "last_doses_known": _last_doses_known,
    "cement_opacified": _cement_opacified,
    "between_t11_and_l1": _between_t11_and_l1,
    "contrast_allergy": _contrast_allergy,
    "phlebogram_planned": _phlebogram_planned,
    "anaesthesia_chosen": _anaesthesia_chosen,
}
