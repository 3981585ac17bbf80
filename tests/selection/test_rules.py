"""Every rule of the founding documents answers yes, no and unknown where it should, and only in its scope."""

import re

import pytest

from rule_cases import APIXABAN, CORRECTED, GOLDEN
from screening_cases import LEVEL, answers, patient, screened
from vertebroplasty.errors import WrongUsage
from vertebroplasty.selection.coded_values import (
    Aetiology,
    Allergen,
    Anaesthesia,
    Bilsky,
    CoagulationStatus,
    Intent,
)
from vertebroplasty.selection.planned_checks import all_checks
from vertebroplasty.selection.rules import FINDINGS, all_rules, guideline_names, load_guidelines
from vertebroplasty.selection.strictness import Effect
from vertebroplasty.sources import source

ALL = guideline_names()
NEVER_YES = {"W02"}  # with neither age nor oedema it is unknown, so that both are asked for


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case.rule}-{case.base}")
def test_each_rule_answers_yes_no_and_unknown(case):
    wanted = {"yes": case.yes, "no": case.no, "unknown": case.unknown}
    tried = {answer: changes for answer, changes in wanted.items() if changes is not None}
    found = {
        answer: answers(screened(patient(case.base, **changes), levels=(changes.get("at", LEVEL),), guidelines=ALL))[
            case.rule
        ]
        for answer, changes in tried.items()
    }
    assert found == {answer: answer for answer in tried}


@pytest.mark.parametrize("rule", [rule.id for rule in all_rules()])
def test_every_rule_of_every_guideline_has_its_three_cases(rule):
    own = [case for case in GOLDEN if case.rule == rule]
    assert own
    assert any(case.yes is not None for case in own) or rule in NEVER_YES


def test_no_case_speaks_of_a_rule_that_does_not_exist():
    assert {case.rule for case in GOLDEN} == {rule.id for rule in all_rules()}


def test_fracture_age_or_oedema_alone_satisfies_w02():
    known = [patient(fracture_age_days=None), patient(marrow_oedema=None), patient(marrow_oedema=False)]
    assert [answers(screened(who))["W02"] for who in known] == ["no"] * 3
    neither = {"fracture_age_days": None, "marrow_oedema": None}
    assert answers(screened(patient(**neither)))["W02"] == "unknown"
    assert answers(screened(patient("tumour", **neither)))["W02"] == "no"
    assert answers(screened(patient("trauma", **neither)))["W02"] == "no"


def test_an_indication_needs_pain_that_treatment_does_not_relieve_whatever_its_score():
    assert answers(screened(patient(pain_nrs=2)))["I01"] == "yes"
    assert answers(screened(patient(pain_nrs=None)))["I01"] == "yes"
    assert answers(screened(patient(pain_relieved_by_medical_treatment=True)))["I01"] == "no"


@pytest.mark.parametrize("base", ["osteoporotic", "tumour"])
def test_a07_speaks_of_traumatic_fractures_only(base):
    assert answers(screened(patient(base, osteoporosis=False)))["A07"] == "no"


@pytest.mark.parametrize("base", ["trauma", "tumour"])
def test_a08_speaks_of_osteoporotic_fractures_only(base):
    assert answers(screened(patient(base, intent=Intent.PROPHYLAXIS, fracture_acute=False)))["A08"] == "no"


@pytest.mark.parametrize("base", ["osteoporotic", "trauma"])
def test_rules_on_tumours_do_not_read_a_fracture_without_one(base):
    compressing = patient(base, epidural_tumour=True, bilsky=Bilsky.GRADE_3)
    found = answers(screened(compressing))
    assert (found["R03"], found["E01"]) == ("no", "no")
    assert "rules on tumours do not read it" in " ".join(screened(compressing).warnings)


@pytest.mark.parametrize("cause", [Aetiology.METASTASIS, Aetiology.MYELOMA, Aetiology.HAEMANGIOMA, Aetiology.OTHER])
def test_epidural_extension_is_read_in_every_tumour_and_other_cause(cause):
    found = answers(screened(patient("tumour", aetiology=cause, epidural_tumour=True, bilsky=Bilsky.GRADE_3)))
    assert (found["R03"], found["E01"]) == ("yes", "yes")


def test_r04_speaks_of_fractures_only():
    old = {"painful": False, "fracture_age_days": 400}
    assert [answers(screened(patient(base, **old)))["R04"] for base in ("osteoporotic", "trauma", "tumour")] == [
        "yes",
        "yes",
        "no",
    ]


def test_a01_and_a02_give_way_to_the_stabilisation_of_a_tumour():
    changes = {"painful": False, "pain_relieved_by_medical_treatment": True}
    assert answers(screened(patient("tumour", **changes)))["A01"] == "yes"
    for intent in (Intent.STABILISATION, Intent.BOTH):
        found = answers(screened(patient("tumour", intent=intent, **changes)))
        assert (found["I04"], found["A01"], found["A02"]) == ("yes", "no", "no")
    open_intent = answers(screened(patient("tumour", intent=None, **changes)))
    assert (open_intent["A01"], open_intent["A02"]) == ("unknown", "unknown")
    osteoporotic = answers(screened(patient(intent=Intent.STABILISATION, **changes)))
    assert (osteoporotic["A01"], osteoporotic["A02"]) == ("yes", "yes")


def test_a_painless_old_fracture_is_relative_and_absolute_and_both_are_cited():
    level = screened(patient(painful=False, pain_nrs=0, pain_severe=None, fracture_age_days=400)).levels[0]
    fired = {rule.id: rule.sources for rule in level.rules if rule.answer == "yes" and rule.decides}
    assert {"A01", "R04"} <= set(fired)
    assert fired["A01"] == ("S3", "S4")
    assert level.verdict == "absolute-contraindication"


def test_a_payer_covers_none_the_less_whoever_cannot_walk_before_six_weeks():
    def covered(**changes):
        return answers(screened(patient(**changes), guidelines=["payer-example"]))["P01"] == "no"

    assert not covered(conservative_treatment_weeks=2)
    assert covered(conservative_treatment_weeks=2, able_to_walk=False)
    assert not covered(conservative_treatment_weeks=20, pain_relieved_by_medical_treatment=True)


def test_no_epidural_tumour_implies_bilsky_zero():
    assert answers(screened(patient("tumour", epidural_tumour=False, bilsky=None)))["E01"] == "no"


def test_a_contradicted_bilsky_grade_is_said_and_the_stricter_decides():
    high = screened(patient("tumour", epidural_tumour=False, bilsky=Bilsky.GRADE_3))
    assert (answers(high)["E01"], answers(high)["R03"]) == ("yes", "yes")
    assert "the stricter decides" in " ".join(high.warnings)
    low = screened(patient("tumour", epidural_tumour=True, bilsky=Bilsky.GRADE_0))
    assert (answers(low)["E01"], answers(low)["R03"]) == ("unknown", "yes")
    assert "the stricter decides" in " ".join(low.warnings)


def test_an_allergy_to_contrast_is_no_allergy_to_cement():
    who = patient(allergies=frozenset({Allergen.IODINATED_CONTRAST}), planned__phlebogram=True)
    found = answers(screened(who))
    assert (found["A06"], found["C06"]) == ("yes", "no")


@pytest.mark.parametrize(
    ("base", "changes", "said"),
    [
        ("trauma", {}, "which no indication reads"),
        ("osteoporotic", {"imaging_before": ()}, "neither MRI nor CT is stated as done before"),
        ("osteoporotic", {"allergies": frozenset({Allergen.IODINATED_CONTRAST})}, "Allergy to iodinated contrast:"),
    ],
)
def test_a_file_that_does_not_fit_together_is_a_warning(base, changes, said):
    assert any(said in warning for warning in screened(patient(base, **changes)).warnings)


class TestCoagulation:
    def test_the_laboratory_decides_against_a_stated_status(self):
        for status in (CoagulationStatus.NORMAL, CoagulationStatus.CORRECTED):
            result = screened(patient(coagulation__status=status, coagulation__inr=2.5))
            assert answers(result)["D01"] == "yes"
            assert "the laboratory decides" in " ".join(result.warnings)

    def test_corrected_with_agents_needs_a_statement_in_words(self):
        changes = {"coagulation__agents": APIXABAN, **CORRECTED}
        assert answers(screened(patient(coagulation__statement="  ", **changes)))["D01"] == "yes"

    @pytest.mark.parametrize(
        ("statement", "lack"),
        [(None, "no statement says what was done"), ("Stopped.", "coagulation is not stated as corrected")],
    )
    def test_the_reason_names_what_is_lacking_for_the_agents(self, statement, lack):
        result = screened(patient(coagulation__agents=APIXABAN, coagulation__statement=statement))
        rule = next(rule for rule in result.levels[0].rules if rule.id == "D01")
        assert rule.because == f"Apixaban is taken and {lack}."

    def test_agents_without_a_stated_status_are_deferred(self):
        changes = {"coagulation__agents": APIXABAN, "coagulation__status": None, "coagulation__statement": "Stopped."}
        assert answers(screened(patient(**changes)))["D01"] == "yes"

    @pytest.mark.parametrize("status", [CoagulationStatus.CORRECTABLE, CoagulationStatus.REFRACTORY])
    def test_uncorrected_coagulation_is_deferred_even_with_a_normal_laboratory(self, status):
        assert answers(screened(patient(coagulation__status=status)))["D01"] == "yes"


class TestAllergy:
    def found(self, *allergies, components=frozenset({"pmma", "barium-sulfate"}), product="pmma-medium", **changes):
        who = patient(allergies=frozenset(allergies), **changes)
        result = screened(who, components=components, product=product)
        return answers(result)["A06"], " ".join(result.warnings)

    def test_only_what_the_plan_needs_counts_and_the_rest_is_a_warning(self):
        assert self.found(Allergen.BARIUM_SULFATE)[0] == "yes"
        answer, warnings = self.found(Allergen.TANTALUM)
        assert (answer, "Allergy to tantalum" in warnings) == ("no", True)

    def test_contrast_counts_where_a_phlebogram_is_planned(self):
        contrast = Allergen.IODINATED_CONTRAST
        answers_found = [self.found(contrast, planned__phlebogram=planned)[0] for planned in (True, False, None)]
        assert answers_found == ["yes", "no", "unknown"]

    def test_local_anaesthetic_counts_where_it_is_planned(self):
        planned = (Anaesthesia.LOCAL, Anaesthesia.GENERAL, None)
        found = [self.found(Allergen.LOCAL_ANAESTHETIC, planned__anaesthesia=kind)[0] for kind in planned]
        assert found == ["yes", "no", "unknown"]

    def test_without_a_product_an_allergy_to_any_cement_component_is_open(self):
        answer, warnings = self.found(Allergen.ZIRCONIA, product=None, components=frozenset())
        assert (answer, "zirconia" in warnings) == ("unknown", False)
        assert self.found(product=None, components=frozenset())[0] == "no"


class TestCanal:
    @pytest.mark.parametrize(
        ("measured", "plus_minus", "expected"),
        [
            (40, 2, "yes"),
            (23.1, 1, "yes"),
            (23.0, 1, "unknown"),  # never surer than 3 points: 20 is reached
            (20, None, "unknown"),
            (17.0, 0, "unknown"),
            (16.9, 0, "no"),
            (30, 10, "unknown"),
            (None, None, "unknown"),
        ],
    )
    def test_a_measured_value_decides_only_clear_of_its_plus_minus(self, measured, plus_minus, expected):
        shown = {"canal_compromise_percent": measured, "canal_plus_minus_percent": plus_minus, "retropulsion_mm": 5.0}
        who = patient(canal_compromise_percent=None, retropulsed_fragment=None)
        assert answers(screened(who, shown))["R02"] == expected

    def test_a_reader_answers_what_the_measurement_leaves_open(self):
        shown = {"canal_compromise_percent": 21.0, "retropulsion_mm": 5.0}
        assert answers(screened(patient(canal_compromise_percent=18), shown))["R02"] == "no"
        assert answers(screened(patient(canal_compromise_percent=22), shown))["R02"] == "yes"

    def test_where_reader_and_ct_conflict_the_stricter_decides_and_both_are_shown(self):
        for reader, measured in ((5, 40.0), (40, 5.0)):
            result = screened(
                patient(canal_compromise_percent=reader, retropulsed_fragment=True),
                {"canal_compromise_percent": measured},
            )
            rule = next(rule for rule in result.levels[0].rules if rule.id == "R02")
            assert rule.answer == "yes"
            assert f"{reader} %" in rule.because
            assert f"{measured} ± 3.0 %" in rule.because
            assert "the stricter decides" in " ".join(result.warnings)

    def test_a_fragment_is_called_above_three_millimetres_or_by_the_reader(self):
        narrow = {"canal_compromise_percent": 40.0}
        unread = patient(canal_compromise_percent=None, retropulsed_fragment=None)
        found = [answers(screened(unread, {**narrow, "retropulsion_mm": mm}))["R02"] for mm in (3.1, 3.0, None)]
        assert found == ["yes", "no", "unknown"]
        seen = patient(canal_compromise_percent=None, retropulsed_fragment=True)
        result = screened(seen, {**narrow, "retropulsion_mm": 0.0})
        assert answers(result)["R02"] == "yes"
        assert "retropulsed fragment" in " ".join(result.warnings)


class TestPosteriorWall:
    def test_a_ct_satisfies_w01_only_where_it_measured_the_wall(self):
        unread = patient(imaging_before=None, posterior_wall=None)
        found = [answers(screened(unread, {"posterior_wall_intact": wall}))["W01"] for wall in (True, False, None)]
        assert found == ["no", "no", "unknown"]

    def test_imaging_without_a_reading_of_the_wall_leaves_it_open(self):
        assert answers(screened(patient(posterior_wall=None)))["W01"] == "unknown"

    def test_no_imaging_is_satisfied_by_a_measured_wall(self):
        assert answers(screened(patient(imaging_before=()), {"posterior_wall_intact": True}))["W01"] == "no"

    def test_a_reader_and_a_ct_that_disagree_are_both_named(self):
        result = screened(patient(), {"posterior_wall_intact": False})
        assert "a reader calls the posterior wall intact, this CT shows it breached" in " ".join(result.warnings)


class TestTable:
    def test_every_source_is_known(self):
        for rule in all_rules():
            assert [source(key).key for key in rule.sources] == list(rule.sources)

    def test_a_rule_is_verified_only_if_its_sources_were_read(self):
        unread_link = {  # the numbers were read; what they are applied to was not
            "W10",  # the OF card was read, the guideline that brings it was not
            "B01",  # the thresholds were read, not that vertebroplasty stands in their class
            "B02",
        }
        for rule in all_rules():
            read = any(source(key).verified for key in rule.sources)
            assert rule.verified == (read and rule.id not in unread_link), rule.id

    def test_every_rule_that_speaks_against_is_deciding(self):
        for rule in all_rules():
            assert rule.deciding == (rule.effect not in (Effect.INDICATED, Effect.CAUTION)), rule.id

    def test_only_relative_rules_of_the_founding_documents_and_a07_can_be_set_aside(self):
        founding = {rule.id for rule in load_guidelines()[0].rules}
        for rule in all_rules():
            assert rule.overridable == (rule.id in founding and (rule.id[0] == "R" or rule.id == "A07")), rule.id

    def test_a_guideline_nobody_read_is_shown_and_the_optional_ones_wait_for_their_name(self):
        assert {g.id: (g.applies.value, g.decides) for g in load_guidelines()} == {
            "founding-documents": ("always", True),
            "cirse-2017": ("shown", False),
        }
        assert not any(rule.verified for rule in load_guidelines()[1].rules)
        assert all(g.decides for g in load_guidelines(ALL))

    def test_no_optional_guideline_brings_an_indication(self):
        assert {rule.guideline for rule in all_rules() if rule.effect is Effect.INDICATED} == {"founding-documents"}

    def test_every_finding_is_used_by_a_rule_or_a_planned_check(self):
        texts = [f"{rule.condition} {rule.scope} {rule.task_unless}" for rule in all_rules()]
        texts += [f"{check.applies} {check.done} {check.stress_where}" for check in all_checks()]
        used = set(re.findall(r"\w+", " ".join(texts)))
        assert [name for name in FINDINGS if name not in used] == []

    def test_an_unknown_guideline_is_refused_with_those_known(self):
        with pytest.raises(WrongUsage, match="no guideline nice: choose from founding_documents"):
            load_guidelines(["nice"])
        with pytest.raises(WrongUsage, match="no guideline without a name: choose"):
            load_guidelines([""])

    def test_a_guideline_is_named_in_any_letter_case_with_either_dash(self):
        assert load_guidelines([" NICE-TA279"]) == load_guidelines(["nice_ta279"])
