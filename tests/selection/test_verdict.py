"""The strictest rule that fires is the verdict, unknown is never a pass, and the line says what may come."""

import itertools
from dataclasses import replace

import pytest

from screening_cases import FINDINGS, answers, patient, screened
from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import (
    Aetiology,
    Allergen,
    Bilsky,
    CoagulationStatus,
    Infection,
    NeurologicalDeficit,
    RadicularPain,
)
from vertebroplasty.selection.overrides import Override, OverrideRefused
from vertebroplasty.selection.patient import LevelFindings, Patient, Planned
from vertebroplasty.selection.rules import load_guidelines
from vertebroplasty.selection.strictness import Verdict, strictest
from vertebroplasty.selection.verdict import levels_to_screen

ORDER = [
    "emergency",
    "absolute-contraindication",
    "defer",
    "relative-contraindication",
    "insufficient-data",
    "not-indicated",
    "indicated",
]

# One change of a tumour patient that brings each verdict alone.
BRINGS = {
    "emergency": {"neurological_deficit": NeurologicalDeficit.CORD_COMPRESSION},
    "absolute-contraindication": {"infection": Infection.SYSTEMIC},
    "defer": {"coagulation__inr": 3.0},
    "relative-contraindication": {"radicular_pain": RadicularPain.UNRELATED_COMPRESSIVE},
    "insufficient-data": {"imaging_before": ()},
    "not-indicated": {"aetiology": Aetiology.OTHER},
    "indicated": {},
}


def test_the_order_of_strictness_is_the_contract():
    assert [verdict.value for verdict in Verdict] == ORDER


@pytest.mark.parametrize(("left", "right"), list(itertools.combinations_with_replacement(ORDER, 2)))
def test_of_any_two_verdicts_the_stricter_is_given(left, right):
    result = screened(patient("tumour", **{**BRINGS[right], **BRINGS[left]}))
    assert result.verdict == left
    assert result.levels[0].verdict == left


@pytest.mark.parametrize("other", ORDER)
def test_of_any_verdict_and_a_guideline_whose_conditions_are_not_met_the_stricter_is_given(other):
    change = {} if other == "not-indicated" else BRINGS[other]
    result = screened(patient(pain_severe=False, **change), guidelines=["nice-ta279"])
    assert result.verdict == min(other, "not-indicated", key=ORDER.index)
    assert answers(result)["N01"] == "yes"


def test_every_pair_of_rules_gives_the_stricter_of_their_verdicts():
    firing = {
        "E01": {"neurological_deficit": NeurologicalDeficit.PROGRESSIVE},
        "A03": {"coagulation__status": CoagulationStatus.REFRACTORY},
        "A04": {"infection": Infection.LOCAL},
        "A05": {"osteomyelitis": True},
        "A06": {"allergies": frozenset({Allergen.PMMA})},
        "D01": {"coagulation__platelets_10e9_per_l": 20},
        "R01": {"radicular_pain": RadicularPain.UNRELATED_COMPRESSIVE},
        "R02": {"retropulsed_fragment": True, "canal_compromise_percent": 50},
        "R03": {"epidural_tumour": True, "bilsky": Bilsky.GRADE_1A},
        "W01": {"imaging_before": ()},
    }
    effects = {rule.id: rule.effect.verdict for rule in load_guidelines()[0].rules}
    for left, right in itertools.combinations(firing, 2):
        result = screened(patient("tumour", **firing[left], **firing[right]))
        assert {answers(result)[left], answers(result)[right]} == {"yes"}
        assert result.verdict is strictest([effects[left], effects[right]])


class TestWithoutKnowledge:
    def test_no_patient_file_is_insufficient_data_with_its_questions(self):
        result = screened(None)
        level = result.levels[0]
        assert result.verdict is Verdict.INSUFFICIENT_DATA
        assert level.missing[0].input == "levels.L3.neurological_deficit"
        assert {"infection", "allergies", "coagulation.inr"} <= {entry.input for entry in level.missing}
        assert result.first_line.startswith("Insufficient data: no patient file; may become emergency: ")

    def test_without_a_patient_file_what_the_ct_fires_is_named_first_as_what_it_may_become(self):
        result = screened(None, {"canal_compromise_percent": 40.0, "retropulsion_mm": 6.0})
        assert result.verdict is Verdict.INSUFFICIENT_DATA
        relative = next(c for c in result.levels[0].could_become if c.verdict is Verdict.RELATIVE_CONTRAINDICATION)
        assert "R02" in relative.rules
        assert "the CT measures 40.0 ± 3.0 %" in result.first_line

    def test_a_patient_of_whom_nothing_is_known_waits_for_every_deciding_rule(self):
        result = screened(Patient())
        waiting = {rule for entry in result.levels[0].could_become for rule in entry.rules}
        assert waiting >= {rule.id for rule in load_guidelines()[0].rules if rule.deciding}

    def test_an_unknown_indication_alone_is_insufficient_data(self):
        result = screened(patient(pain_concordant_with_level=None))
        assert result.verdict is Verdict.INSUFFICIENT_DATA
        assert [entry.input for entry in result.levels[0].missing] == ["levels.L3.pain_concordant_with_level"]
        assert {entry.verdict for entry in result.levels[0].could_become} == {Verdict.NOT_INDICATED, Verdict.INDICATED}

    def test_no_level_named_anywhere_is_asked_for(self):
        result = screened(Patient(), levels=())
        assert (result.verdict, result.levels) == (Verdict.INSUFFICIENT_DATA, ())
        assert result.first_line == "Insufficient data: no level is stated."


class TestFirstLine:
    def test_it_names_what_the_verdict_may_become_and_the_input_that_is_missing(self):
        result = screened(patient(radicular_pain=RadicularPain.UNRELATED_COMPRESSIVE, infection=None))
        assert result.first_line == "Relative contraindication; may become absolute: infection not stated."

    def test_it_is_the_verdict_alone_where_nothing_is_open(self):
        assert screened(patient()).first_line == "Indicated."
        assert screened(patient(infection=Infection.LOCAL, radicular_pain=None)).first_line == (
            "Absolute contraindication."
        )

    def test_insufficient_data_says_what_is_not_stated(self):
        assert screened(patient(fracture_age_days=None, marrow_oedema=None)).first_line == (
            "Insufficient data: marrow oedema, fracture age not stated."
        )
        assert screened(patient(imaging_before=())).first_line == (
            "Insufficient data: neither MRI nor CT was done before."
        )
        assert screened(patient(infection=None)).first_line == (
            "Insufficient data; may become absolute: infection not stated."
        )

    def test_instability_stands_behind_the_verdict_with_a_surgical_task(self):
        result = screened(patient(fracture_stable=False))
        assert result.first_line == (
            "Indicated. Caution (source not verified): the fracture is unstable; a surgical opinion comes first."
        )
        assert any("surgeon's opinion" in task for task in result.levels[0].tasks)
        given = screened(patient(fracture_stable=False, surgical_opinion="Stable enough for cement."))
        assert not any("surgeon's opinion" in task for task in given.levels[0].tasks)
        assert given.first_line == "Indicated. Caution (source not verified): the fracture is unstable."

    def test_of_several_levels_the_strictest_speaks(self):
        both = replace(
            patient(), levels={"L2": FINDINGS["osteoporotic"], "L3": replace(FINDINGS["trauma"], painful=False)}
        )
        result = screened(both, levels=("L2", "L3"))
        assert [level.level for level in result.levels] == ["L2", "L3"]
        assert result.verdict is Verdict.ABSOLUTE_CONTRAINDICATION
        assert result.first_line == "L3: Absolute contraindication."


class TestMissing:
    def test_the_first_question_is_the_one_that_changes_the_verdict_soonest(self):
        open_ = patient(infection=None, neurological_deficit=None, radicular_pain=None)
        inputs = [entry.input for entry in screened(open_).levels[0].missing]
        assert inputs == ["levels.L3.neurological_deficit", "infection", "levels.L3.radicular_pain"]

    def test_a_question_that_alone_decides_comes_before_one_of_two(self):
        open_ = patient("trauma", osteoporosis=None, fracture_acute=None, radicular_pain=None)
        inputs = [entry.input for entry in screened(open_).levels[0].missing]
        assert inputs == ["levels.L3.radicular_pain", "levels.L3.fracture_acute", "osteoporosis"]

    def test_a_question_that_cannot_change_the_verdict_comes_last(self):
        open_ = patient(osteomyelitis=True, radicular_pain=None, neurological_deficit=None)
        inputs = [entry.input for entry in screened(open_).levels[0].missing]
        assert inputs == ["levels.L3.neurological_deficit", "levels.L3.radicular_pain"]

    def test_the_one_question_to_ask_first_is_none_where_no_answer_can_change_the_verdict(self):
        may_change = screened(patient(osteomyelitis=True, radicular_pain=None, neurological_deficit=None)).levels[0]
        assert may_change.ask_first is may_change.missing[0]
        cannot = screened(patient(osteomyelitis=True, radicular_pain=None)).levels[0]
        assert [entry.input for entry in cannot.missing] == ["levels.L3.radicular_pain"]
        assert cannot.ask_first is None
        assert screened(patient()).levels[0].ask_first is None

    def test_two_questions_that_can_change_the_verdict_come_before_one_that_cannot(self):
        infected = {"osteomyelitis": True, "radicular_pain": None}
        open_ = patient("tumour", aetiology=None, epidural_tumour=True, bilsky=None, **infected)
        inputs = [entry.input for entry in screened(open_).levels[0].missing]
        assert inputs[:2] == ["levels.L3.aetiology", "levels.L3.bilsky"]
        assert inputs.index("levels.L3.radicular_pain") > 1

    def test_an_uncertain_measurement_asks_for_a_reader(self):
        who = patient(canal_compromise_percent=None, retropulsed_fragment=True)
        (entry,) = screened(who, {"canal_compromise_percent": 21.0}).levels[0].missing
        assert (entry.input, entry.would_change) == ("levels.L3.canal_compromise_percent", ("R02",))


class TestOverrides:
    def test_an_override_adds_a_second_verdict_and_leaves_the_first(self):
        who = patient(radicular_pain=RadicularPain.UNRELATED_COMPRESSIVE)
        reason = Override(rule="R01", because="Root decompressed last week.")
        result = screened(who, overrides=[reason])
        assert (result.verdict, result.verdict_after_overrides) == (
            Verdict.RELATIVE_CONTRAINDICATION,
            Verdict.INDICATED,
        )
        assert result.levels[0].overrides == (reason,)
        assert result.evidence
        assert screened(who).verdict_after_overrides is None

    def test_a07_can_be_overridden(self):
        result = screened(patient("trauma", osteoporosis=False), overrides=[Override(rule="A07", because="A1, young.")])
        assert result.verdict is Verdict.ABSOLUTE_CONTRAINDICATION
        assert result.verdict_after_overrides is Verdict.NOT_INDICATED

    @pytest.mark.parametrize("rule", ["A04", "E01", "D01", "W01", "I01", "W10", "X99", "a07", ""])
    def test_no_other_rule_can(self, rule):
        with pytest.raises(OverrideRefused, match="cannot be overridden: only A07, R01, R02, R03, R04 can"):
            screened(patient(), overrides=[Override(rule=rule, because="I want to.")])

    def test_a_reason_is_needed_and_only_one(self):
        with pytest.raises(OverrideRefused, match="needs a reason"):
            screened(patient(), overrides=[Override(rule="R01", because="  ")])
        with pytest.raises(OverrideRefused, match="overridden twice"):
            screened(patient(), overrides=[Override(rule="R01", because="a"), Override(rule="R01", because="b")])

    def test_an_unknown_rule_stays_unknown_under_an_override_and_that_is_said(self):
        result = screened(patient(radicular_pain=None), overrides=[Override(rule="R01", because="None, I think.")])
        assert (result.verdict, result.verdict_after_overrides) == (Verdict.INSUFFICIENT_DATA, None)
        assert "Overriding R01 changes nothing: it does not fire." in result.warnings


class TestEvidence:
    def test_every_osteoporotic_indication_carries_the_sham_controlled_trials(self):
        claims = {claim.source: claim.verified for claim in screened(patient()).evidence}
        assert {"Cochrane-CD006349", "VERTOS-IV", "Buchbinder2009", "INVEST", "VAPOUR", "ASBMR-2019"} <= set(claims)
        assert claims["NICE-TA279"] is True
        assert claims["AAOS-2010"] is False

    @pytest.mark.parametrize("who", [patient("tumour"), patient(infection=Infection.LOCAL)])
    def test_no_other_verdict_does(self, who):
        assert screened(who).evidence == ()


class TestLevels:
    def test_levels_come_from_the_file_from_the_skull_down(self):
        who = replace(
            patient(), levels={"L3": LevelFindings(), "T12": LevelFindings()}, planned=Planned(levels=("L1",))
        )
        assert levels_to_screen(who) == ("T12", "L1", "L3")
        assert levels_to_screen(Patient(), ["L4"]) == ("L4",)

    def test_another_level_than_planned_or_described_is_a_warning(self):
        warnings = screened(patient(), levels=("L2",)).warnings
        assert "L2 is screened, but the patient file plans L3." in warnings
        assert "The patient file says nothing on L2." in warnings

    def test_a_name_that_is_no_level_is_refused(self):
        with pytest.raises(Refused, match="Q9 is not a level"):
            screened(patient(), levels=("Q9",))

    def test_another_product_than_planned_is_a_warning(self):
        assert (
            "The patient file plans pmma-medium, but other is screened."
            in screened(patient(), product="other").warnings
        )
