"""Each check holds or not, is done or open, and is never closed by what nobody stated; every sentence has a source."""

import re
from dataclasses import fields, replace

import pytest

from screening_cases import COMPONENTS, LEVEL, PRODUCT, patient
from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import (
    Aetiology,
    AgentClass,
    Allergen,
    Anaesthesia,
    CoagulationStatus,
    FirstLine,
    Imaging,
)
from vertebroplasty.selection.findings.check_facts import PLANNED_FACTS
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import Agent, LevelFindings, Patient
from vertebroplasty.selection.planned_checks import (
    TaskState,
    When,
    all_checks,
    planned_checks,
)
from vertebroplasty.selection.questions import question_for
from vertebroplasty.selection.situation import Situation
from vertebroplasty.sources import source

ALLERGIC = {"allergies": frozenset({Allergen.IODINATED_CONTRAST})}
UNKNOWN_BONE = {"aetiology": None, "osteoporosis": None}
TWO = {"planned__levels": (LEVEL, "L1")}
METASTASIS = {"aetiology": Aetiology.METASTASIS}
HYPERVASCULAR = {"hypervascular": True}
ONCE_TAKEN = {"coagulation__statement": "Stopped."}


def situation(who, *, level=LEVEL, measured=None, product=PRODUCT, components=COMPONENTS):
    return Situation(
        level=level,
        patient=who,
        findings=who.levels.get(LEVEL, LevelFindings()),
        measured=measured or MeasuredFindings(),
        product=product,
        required_components=components,
    )


def checked(base="osteoporotic", *, level=LEVEL, measured=None, product=PRODUCT, components=COMPONENTS, **changes):
    at = situation(patient(base, **changes), level=level, measured=measured, product=product, components=components)
    return {check.id: check for check in planned_checks(at)}


# Check, the changes for which it holds, does not hold, and may hold.
APPLIES = [
    ("T02", {}, METASTASIS, {"aetiology": None}),
    ("T04", {}, {"painful": False}, {"painful": None}),
    ("T05", {}, {"painful": False}, {"aetiology": None}),
    ("T06", {}, METASTASIS, {"painful": None}),
    ("T07", METASTASIS, {}, {"aetiology": None}),
    ("T08", {}, {**METASTASIS, "osteoporosis": False}, {**METASTASIS, "osteoporosis": None}),
    ("T08", {**METASTASIS, "osteoporosis": True}, {**METASTASIS, "osteoporosis": False}, UNKNOWN_BONE),
    ("T09", {"aetiology": Aetiology.OTHER}, {}, {"aetiology": None}),
    ("T11", {"chronic_liver_disease": True}, {"chronic_liver_disease": False}, {"chronic_liver_disease": None}),
    ("T14", HYPERVASCULAR, {"hypervascular": False}, {"hypervascular": None}),
    ("T15", {**HYPERVASCULAR, **ALLERGIC}, HYPERVASCULAR, {**HYPERVASCULAR, "allergies": None}),
    ("T15", {**ALLERGIC, "planned__phlebogram": True}, ALLERGIC, {**ALLERGIC, "planned__phlebogram": None}),
    ("T16", TWO, {}, {"planned__levels": None}),
]

# Check, the changes with which it is needed, and those for which it is done, open and unknown (None: cannot occur).
DONE = [
    ("T01", {}, {"imaging_before": (Imaging.CT,)}, {"imaging_before": ()}, {"imaging_before": None}),
    ("T02", {}, {"marrow_oedema": None}, None, {"marrow_oedema": None, "fracture_age_days": None}),
    ("T03", {}, {}, {"imaging_before": ()}, {"posterior_wall": None}),
    ("T05", {}, {}, {"pain_concordant_with_level": False}, {"pain_concordant_with_level": None}),
    (
        "T06",
        {},
        {"first_line_treatment": (FirstLine.BRACE,)},
        {"first_line_treatment": ()},
        {"first_line_treatment": None},
    ),
    ("T07", METASTASIS, None, {"surgical_opinion": False}, {"surgical_opinion": "Agreed."}),
    ("T07", METASTASIS, None, {"surgical_opinion": False}, {"surgical_opinion": None}),
    ("T08", {}, {"osteoporosis_treatment": True}, {"osteoporosis_treatment": False}, {"osteoporosis_treatment": None}),
    ("T10", {}, {}, {"coagulation__inr": 1.81}, {"coagulation__inr": None}),
    ("T10", {}, {}, {"coagulation__platelets_10e9_per_l": 49}, {"coagulation__agents": None}),
    ("T12", {}, {}, {"allergies": frozenset({Allergen.PMMA})}, {"allergies": None}),
    ("T13", {}, {}, {"components": frozenset({"pmma"})}, {"product": None, "components": frozenset()}),
    (
        "T14",
        HYPERVASCULAR,
        {"phlebogram_ap_and_lateral": True},
        {"phlebogram_ap_and_lateral": False},
        {"phlebogram_ap_and_lateral": None},
    ),
    ("T16", TWO, {"planned__anaesthesia": Anaesthesia.GENERAL}, None, {"planned__anaesthesia": None}),
    (
        "T18",
        {},
        {"planned__surgical_backup": True},
        {"planned__surgical_backup": False},
        {"planned__surgical_backup": None},
    ),
]


@pytest.mark.parametrize(("check", "yes", "no", "unknown"), APPLIES)
def test_each_check_holds_does_not_hold_or_may_hold(check, yes, no, unknown):
    assert [checked(**changes)[check].applies for changes in (yes, no, unknown)] == ["yes", "no", "unknown"]


@pytest.mark.parametrize(("check", "needed", "yes", "no", "unknown"), DONE)
def test_each_check_is_done_open_or_to_confirm(check, needed, yes, no, unknown):
    cases = [(yes, TaskState.DONE), (no, TaskState.OPEN), (unknown, TaskState.TO_CONFIRM)]
    for changes, state in cases:
        if changes is not None:
            assert checked(**{**needed, **changes})[check].state is state


def test_the_cases_cover_every_condition():
    assert {case[0] for case in APPLIES} == {check.id for check in all_checks() if check.applies}
    assert {case[0] for case in DONE} == {check.id for check in all_checks() if check.done}


def test_what_the_file_cannot_record_is_never_taken_for_done():
    for check in all_checks():
        if not check.done:
            answered = checked()[check.id]
            assert (answered.done, answered.missing) in (
                (Answer.UNKNOWN, ()),
                (Answer.UNKNOWN, ("chronic_liver_disease",)),
            )
            assert "no place" in answered.done_because


def test_during_and_after_are_reminders_and_never_open_tasks():
    reminders = [check.id for check in checked().values() if check.state is TaskState.REMINDER]
    assert reminders == [check.id for check in all_checks() if check.when in (When.DURING, When.AFTER)]


def test_without_a_patient_file_nothing_is_done_and_nothing_falls_away():
    empty = situation(Patient(), product=None, components=frozenset())
    assert {check.state for check in planned_checks(empty)} == {
        TaskState.TO_CONFIRM,
        TaskState.PERHAPS_NEEDED,
        TaskState.REMINDER,
    }


SETTLED = (TaskState.NOT_NEEDED, TaskState.DONE)
FORGETTABLE = [field.name for field in fields(LevelFindings) if field.name != "sins"]


@pytest.mark.parametrize("base", ["osteoporotic", "tumour", "trauma"])
def test_forgetting_an_input_never_settles_a_check(base):
    known = patient(base, **HYPERVASCULAR, **TWO, chronic_liver_disease=False, planned__surgical_backup=True)
    level = known.levels[LEVEL]
    forgotten = [replace(known, levels={LEVEL: replace(level, **{key: None})}) for key in FORGETTABLE]
    forgotten += [replace(known, **{key: None}) for key in ("allergies", "osteoporosis", "chronic_liver_disease")]
    for part in ("planned", "coagulation"):
        whole = getattr(known, part)
        forgotten += [replace(known, **{part: replace(whole, **{field.name: None})}) for field in fields(whole)]
    before = {check.id: check.state for check in planned_checks(situation(known))}
    for who in forgotten:
        product = who.planned.product
        at = situation(who, product=product, components=COMPONENTS if product else frozenset())
        newly = {check.id for check in planned_checks(at) if check.state in SETTLED and before[check.id] not in SETTLED}
        assert newly == set()


class TestPhlebogram:
    @pytest.mark.parametrize("level", ["T10", "T11", "T12", "L1", "L2"])
    def test_it_is_stressed_between_t11_and_l1_only(self, level):
        stress = checked(level=level, **HYPERVASCULAR)["T14"].stress
        assert bool(stress) == (level in ("T11", "T12", "L1"))

    def test_an_allergy_to_contrast_matters_until_the_phlebogram_is_done(self):
        changes = {**HYPERVASCULAR, **ALLERGIC}
        assert checked(**changes)["T15"].applies == "yes"
        assert checked(**changes, phlebogram_ap_and_lateral=True)["T15"].applies == "no"

    def test_an_unknown_lesion_asks_for_what_would_settle_it(self):
        found = checked(hypervascular=None)["T14"]
        assert (found.state, found.missing) == (TaskState.PERHAPS_NEEDED, (f"levels.{LEVEL}.hypervascular",))


class TestCoagulation:
    def dose(self, *agents):
        return checked(coagulation__agents=agents, coagulation__status=CoagulationStatus.CORRECTED, **ONCE_TAKEN)["T10"]

    def test_the_hours_since_each_last_dose_are_said(self):
        found = self.dose(Agent(name="apixaban", last_dose_h=48), Agent(name="aspirin", last_dose_h=30))
        assert found.state is TaskState.DONE
        assert "apixaban was last taken 48 h before and aspirin was last taken 30 h before" in found.done_because

    def test_one_unknown_last_dose_leaves_it_to_confirm(self):
        found = self.dose(Agent(name="apixaban", last_dose_h=48), Agent(agent_class=AgentClass.ANTIPLATELET))
        assert (found.state, found.missing) == (TaskState.TO_CONFIRM, ("coagulation.agents",))
        assert "last dose of an agent (antiplatelet) is not stated" in found.done_because


class TestCement:
    def test_an_opacifier_that_the_survey_does_not_name_is_said(self):
        found = checked(components=frozenset({"pmma", "zirconia"}))["T13"]
        assert found.state is TaskState.DONE
        assert "not among those" in found.done_because
        assert "not among those" not in checked()["T13"].done_because


def test_a_ct_at_hand_is_imaging_before():
    found = checked(imaging_before=None, measured=MeasuredFindings(retropulsion_mm=0.0))["T01"]
    assert (found.state, found.done_because) == (TaskState.DONE, "A CT of this level is here.")


def test_first_line_treatment_names_what_is_not_listed():
    found = checked(first_line_treatment=(FirstLine.ANALGESICS, FirstLine.REST))["T06"]
    assert found.done_because == "Tried: pain medication and bed rest (not listed: a brace)."


def test_both_documents_speak_on_anaesthesia():
    assert [claim.source for claim in checked(**TWO)["T16"].claims] == ["S1", "S4"]


def test_the_same_level_named_twice_is_one_level():
    assert checked(planned__levels=(LEVEL, LEVEL))["T16"].applies == "no"


def test_metastases_stress_the_surgeon_within_reach():
    assert "NICE-IPG12" in checked(**METASTASIS)["T18"].stress
    assert checked()["T18"].stress == ""


class TestWording:
    def test_every_source_is_known_and_a_check_is_verified_only_if_all_were_read(self):
        for check in all_checks():
            assert check.sources
            assert check.verified == all(source(key).verified for key in check.sources), check.id
            assert all(source(claim.source) for claim in check.claims)

    def test_a_number_in_a_task_has_one_source(self):
        """Names of levels are no numbers; with several sources nobody could tell whose a number is."""
        for check in all_checks():
            printed = re.sub(r"\bT11\b|\bL1\b|NICE-IPG12", "", check.task + check.stress)
            assert not re.search(r"\d", printed) or len(check.sources) == 1, check.id

    def test_tasks_are_single_sentences_with_unique_ids_in_order_of_time(self):
        checks = all_checks()
        assert [check.id for check in checks] == [f"T{number:02}" for number in range(1, len(checks) + 1)]
        assert [check.when for check in checks] == sorted((c.when for c in checks), key=list(When).index)
        for check in checks:
            assert re.fullmatch(r"[A-Z][^.]*\.", check.task), check.task
            assert not check.stress or re.fullmatch(r"[A-Z][^.]*\.", check.stress)
            assert bool(check.stress) == bool(check.stress_where)

    def test_what_is_missing_can_be_asked(self):
        empty = situation(Patient(), product=None, components=frozenset())
        asked = {path for check in planned_checks(empty) for path in check.missing}
        assert asked
        assert all(question_for(path).question for path in asked)


def test_no_finding_is_answered_twice_and_each_of_ours_is_used():
    assert set(PLANNED_FACTS).isdisjoint(FINDINGS)
    used = " ".join(f"{c.applies} {c.done} {c.stress_where}" for c in all_checks())
    assert set(PLANNED_FACTS) <= set(re.findall(r"\w+", used))


def test_a_condition_on_an_unknown_finding_is_refused(monkeypatch):
    monkeypatch.setattr("vertebroplasty.selection.planned_checks.ANSWERED_BY", FINDINGS)
    all_checks.cache_clear()
    with pytest.raises(Refused, match="T01 mentions mri_or_ct_done"):
        all_checks()
    monkeypatch.undo()
    all_checks.cache_clear()
