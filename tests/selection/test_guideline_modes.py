"""When a guideline is evaluated, when it decides, and what a verdict of not indicated leaves open."""

import tomllib
from importlib.resources import files

import pytest

from screening_cases import LEVEL, answers, patient, screened
from vertebroplasty.errors import Refused
from vertebroplasty.selection import rules as rules_module
from vertebroplasty.selection.overrides import Override, OverrideRefused
from vertebroplasty.selection.rules import Applies, all_rules, guideline_names, load_guidelines
from vertebroplasty.selection.strictness import Effect, Verdict

ALWAYS, SHOWN, NAMED = Applies.ALWAYS, Applies.SHOWN, Applies.WHEN_NAMED
COLLAPSED = {"height_loss_percent": 90.0}


def guidelines_of(applies):
    return [g for g in load_guidelines(guideline_names()) if g.applies is applies]


class TestLoading:
    def test_the_founding_documents_always_decide_and_one_guideline_is_only_shown(self):
        loaded = {g.id: (g.applies, g.decides) for g in load_guidelines()}
        assert loaded == {"founding-documents": (ALWAYS, True), "cirse-2017": (SHOWN, False)}

    @pytest.mark.parametrize("name", ["nice-ta279", "nice_ta279"])
    def test_the_others_wait_until_they_are_named_with_either_dash(self, name):
        added = [g for g in load_guidelines([name]) if g.applies is NAMED]
        assert [(g.id, g.decides) for g in added] == [("nice-ta279", True)]

    def test_a_shown_guideline_decides_where_it_is_named(self):
        assert {g.id: g.decides for g in load_guidelines(["cirse-2017"])}["cirse-2017"] is True

    def test_ids_are_unique_over_all_guidelines(self):
        ids = [rule.id for rule in all_rules()]
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ({"id": "A04"}, "Two rules or findings are called A04"),
            ({"condition": "painful and strange"}, "mentions strange, which no finding or earlier rule answers"),
            ({"effect": "caution"}, "is a caution, so no verdict can wait for it"),
        ],
    )
    def test_a_guideline_that_contradicts_itself_is_refused(self, monkeypatch, entry, message):
        path = files("vertebroplasty.selection").joinpath("guidelines", "nice_ta279.toml")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        table["rule"][0] |= entry
        rules_module._read.cache_clear()
        monkeypatch.setattr(rules_module.tomllib, "loads", lambda text: table if "N01" in text else tomllib_loads(text))
        with pytest.raises(Refused, match=message):
            rules_module._read("nice_ta279")
        rules_module._read.cache_clear()


tomllib_loads = tomllib.loads


class TestShown:
    """A guideline marked unverified: its answers are listed, and decide only where it is named."""

    def test_its_rules_are_listed_without_deciding(self):
        level = screened(patient(**COLLAPSED)).levels[0]
        listed = {rule.id: rule for rule in level.rules if rule.guideline == "cirse-2017"}
        assert {rule.id for rule in guidelines_of(SHOWN)[0].rules} == set(listed)
        assert not any(rule.decides for rule in listed.values())
        assert any(rule.answer == "yes" and rule.effect is Effect.RELATIVE_CONTRAINDICATION for rule in listed.values())
        assert level.verdict is Verdict.INDICATED

    def test_named_it_decides_like_any(self):
        level = screened(patient(**COLLAPSED), guidelines=["cirse-2017"]).levels[0]
        assert level.verdict is Verdict.RELATIVE_CONTRAINDICATION
        assert any(rule.decides for rule in level.rules if rule.guideline == "cirse-2017")

    def test_what_only_it_waits_for_is_asked_only_where_it_is_named(self):
        who = patient(height_loss_percent=None)
        assert screened(who).levels[0].missing == ()
        asked = screened(who, guidelines=["cirse-2017"]).levels[0].missing
        assert [entry.input for entry in asked] == [f"levels.{LEVEL}.height_loss_percent"]

    def test_its_caution_stands_on_the_first_line_and_asks_for_its_task_all_the_same(self):
        result = screened(patient(fracture_stable=False))
        assert result.first_line.startswith("Indicated. Caution (source not verified): the fracture is unstable; ")
        assert any("surgeon's opinion" in task for task in result.levels[0].tasks)
        (caution,) = [rule for rule in result.levels[0].rules if rule.id == "W10"]
        assert (caution.answer, caution.decides, caution.guideline) == ("yes", False, "cirse-2017")

    def test_the_screening_says_which_guideline_decided(self):
        assert {g.id: g.decides for g in screened(patient()).guidelines} == {
            "founding-documents": True,
            "cirse-2017": False,
        }

    def test_a_rule_that_does_not_decide_cannot_be_overridden(self):
        with pytest.raises(OverrideRefused, match="C09 cannot be overridden"):
            screened(patient(**COLLAPSED), overrides=[Override(rule="C09", because="It is only shown.")])


class TestNotIndicatedByAGuideline:
    NICE = ("nice-ta279",)

    def test_unnamed_it_is_not_even_evaluated(self):
        assert "N01" not in answers(screened(patient(pain_severe=False)))

    def test_conditions_that_are_not_met_bring_not_indicated(self):
        result = screened(patient(pain_severe=False), guidelines=self.NICE)
        assert result.verdict is Verdict.NOT_INDICATED
        assert screened(patient(), guidelines=self.NICE).verdict is Verdict.INDICATED

    def test_an_unknown_condition_is_insufficient_data_and_may_become_not_indicated(self):
        level = screened(patient(pain_severe=None), guidelines=self.NICE).levels[0]
        assert level.verdict is Verdict.INSUFFICIENT_DATA
        assert [(entry.verdict, entry.rules) for entry in level.could_become] == [(Verdict.NOT_INDICATED, ("N01",))]
        assert level.ask_first.input == f"levels.{LEVEL}.pain_severe"
        assert level.ask_first is level.missing[0]

    def test_an_open_indication_and_an_open_condition_both_leave_not_indicated_open(self):
        level = screened(patient(pain_concordant_with_level=None), guidelines=self.NICE).levels[0]
        assert {entry.verdict: entry.rules for entry in level.could_become} == {
            Verdict.NOT_INDICATED: ("I01", "N03"),
            Verdict.INDICATED: ("I01",),
        }

    def test_where_a_condition_is_not_met_no_open_indication_can_become_indicated(self):
        level = screened(patient(pain_severe=False, pain_concordant_with_level=None), guidelines=self.NICE).levels[0]
        assert {entry.verdict: entry.rules for entry in level.could_become} == {Verdict.NOT_INDICATED: ("I01", "N03")}
