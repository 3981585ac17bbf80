"""The strictest rule that fires is the verdict, unknown is never a pass, and the line says what may come."""

import itertools
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening_cases import FINDINGS, LEVEL, answers, patient, screened
from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import (
    Aetiology,
    Allergen,
    Bilsky,
    CoagulationStatus,
    Infection,
    Intent,
    NeurologicalDeficit,
    RadicularPain,
)
from vertebroplasty.selection.overrides import Override, OverrideRefused
from vertebroplasty.selection.patient import Coagulation, LevelFindings, Patient, Planned
from vertebroplasty.selection.rules import load_guidelines
from vertebroplasty.selection.strictness import Verdict, strictest
from vertebroplasty.selection.verdict import levels_to_screen

QUIET = settings(derandomize=True, deadline=None, max_examples=120)
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
        assert result.first_line == "Insufficient data: the level not stated."


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

    def test_instability_comes_before_the_verdict_with_a_surgical_task(self):
        result = screened(patient(fracture_stable=False))
        assert result.first_line == (
            "Caution (source not verified): the fracture is unstable; a surgical opinion comes first. Indicated."
        )
        assert any("surgeon's opinion" in task for task in result.levels[0].tasks)
        given = screened(patient(fracture_stable=False, surgical_opinion="Stable enough for cement."))
        assert not any("surgeon's opinion" in task for task in given.levels[0].tasks)

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


# --- Properties over patients in general


def optional(strategy):
    return st.none() | strategy


@st.composite
def any_findings(draw):
    values = {}
    for field in fields(LevelFindings):
        known = {getattr(base, field.name) for base in FINDINGS.values() if field.name != "sins"}
        values[field.name] = draw(st.sampled_from([*CHOICES.get(field.name, []), *known, None])) if known else None
    values.pop("sins")
    return LevelFindings(**values)


CHOICES = {
    "aetiology": list(Aetiology),
    "intent": list(Intent),
    "painful": [False],
    "pain_nrs": [0.0],
    "pain_relieved_by_medical_treatment": [True],
    "radicular_pain": list(RadicularPain),
    "neurological_deficit": list(NeurologicalDeficit),
    "fracture_age_days": [400.0],
    "fracture_stable": [False],
    "fracture_acute": [False],
    "retropulsed_fragment": [True],
    "canal_compromise_percent": [40.0],
    "epidural_tumour": [True],
    "bilsky": list(Bilsky),
    "osteomyelitis": [True],
    "marrow_oedema": [False],
    "imaging_before": [()],
}
COAGULATIONS = st.builds(
    Coagulation,
    status=optional(st.sampled_from(CoagulationStatus)),
    inr=optional(st.sampled_from([1.0, 1.8, 2.5])),
    platelets_10e9_per_l=optional(st.sampled_from([20.0, 50.0, 200.0])),
    agents=optional(st.just(())),
)
PATIENTS = st.builds(
    Patient,
    infection=optional(st.sampled_from(Infection)),
    allergies=optional(st.frozensets(st.sampled_from(Allergen), max_size=2)),
    coagulation=COAGULATIONS,
    osteoporosis=optional(st.booleans()),
    planned=st.builds(Planned, phlebogram=optional(st.booleans())),
    levels=any_findings().map(lambda findings: {LEVEL: findings}),
)


@given(PATIENTS)
@QUIET
def test_no_unknown_deciding_rule_is_ever_absent_from_what_it_could_become(who):
    level = screened(who).levels[0]
    named = {rule for entry in level.could_become for rule in entry.rules}
    deciding = {rule.id for rule in load_guidelines()[0].rules if rule.deciding}
    unknown = {rule.id for rule in level.rules if rule.answer == "unknown"}
    assert deciding & unknown <= named
    asked = {rule for entry in level.missing for rule in entry.would_change}
    assert deciding & unknown <= asked
    if deciding & unknown:
        assert level.verdict.rank <= Verdict.INSUFFICIENT_DATA.rank


@given(PATIENTS)
@QUIET
def test_the_verdict_is_the_strictest_of_what_fired(who):
    level = screened(who).levels[0]
    fired = [rule.effect.verdict for rule in level.rules if rule.answer == "yes" and rule.effect.verdict is not None]
    assert all(level.verdict.rank <= verdict.rank for verdict in fired)


def without(who, key):
    """The patient with one input no longer known."""
    if hasattr(who, key):
        return replace(who, **{key: None})
    if key in {field.name for field in fields(LevelFindings)}:
        return replace(who, levels={LEVEL: replace(who.levels[LEVEL], **{key: None})})
    return replace(who, coagulation=replace(who.coagulation, **{key: None}))


REMOVABLE = [
    "infection",
    "allergies",
    "osteoporosis",
    *(field.name for field in fields(Coagulation)),
    *(field.name for field in fields(LevelFindings) if field.name != "sins"),
]


@given(PATIENTS, st.sampled_from(REMOVABLE))
@QUIET
def test_forgetting_one_input_never_turns_a_rule_that_fired_into_a_pass(who, key):
    """Unless two inputs contradicted each other, which a warning had said."""
    before, after = screened(who), screened(without(who, key))
    if any("the stricter decides" in warning for warning in before.warnings):
        return
    for rule, answer in answers(before).items():
        if answer == "yes":
            assert answers(after)[rule] != "no", rule
        if answer == "unknown":
            assert answers(after)[rule] == "unknown", rule


@given(PATIENTS)
@QUIET
def test_the_same_patient_gives_the_same_answer(who):
    assert screened(who) == screened(replace(who, levels=dict(who.levels)))
