"""Published claims stand side by side: complete, sourced, counted, and never averaged."""

import inspect

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection import claims as module
from vertebroplasty.selection.claims import Ascertainment, Claim, Denominator, DenominatorType, claim, claims, topics
from vertebroplasty.selection.evidence_claims import osteoporotic_fracture_evidence
from vertebroplasty.sources import all_sources

ALL = [entry for topic in topics() for entry in claims(topic)]
CONTRADICTIONS = {
    "pain-relief",
    "leak",
    "volume",
    "volume-effect",
    "setting",
    "anaesthesia",
    "mobilisation",
    "coagulopathy",
    "asymptomatic",
    "prophylaxis",
    "epidural-tumour",
    "traumatic-fracture",
    "opiate-classes",
}


def by_id(test):
    return pytest.mark.parametrize("entry", ALL, ids=lambda c: c.id)(test)


def test_every_contradiction_of_the_founding_documents_is_a_topic():
    assert set(topics()) >= CONTRADICTIONS


@pytest.mark.parametrize("topic", topics())
def test_every_topic_has_at_least_two_claims(topic):
    assert len(claims(topic)) >= 2
    assert all(entry.topic == topic for entry in claims(topic))


def test_the_ids_are_unique():
    """Two claims of one id would silently become one."""
    folder = module.files("vertebroplasty.selection").joinpath("evidence")
    tables = [module.tomllib.loads(f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".toml")]
    ids = [row["id"] for table in tables for row in table["claim"]]
    assert len(ids) == len(set(ids)) == len(ALL)


@by_id
def test_a_claim_is_complete_and_its_source_exists(entry):
    assert entry.source in all_sources()
    assert entry.statement.endswith(".")
    assert entry.population
    assert entry.outcome
    assert entry.horizon


@by_id
def test_a_statement_says_the_numbers_it_is_filed_with(entry):
    words = entry.statement.replace("No infection followed", "0").replace("was never", "0")
    for number in (entry.count, entry.value, entry.low, entry.high):
        if number is not None:
            assert f"{number:g}" in words
    if entry.count is not None:
        assert str(entry.denominator.n) in words


@by_id
def test_a_range_says_what_it_is_and_a_count_what_it_counts(entry):
    assert (entry.low is None) == (entry.high is None) == (entry.span is None)
    if entry.low is not None:
        assert entry.low <= (entry.low if entry.value is None else entry.value) <= entry.high
    if entry.count is not None:
        assert entry.denominator.type is not DenominatorType.NOT_STATED
        assert 0 <= entry.count <= entry.denominator.n
        assert entry.value is None


@by_id
def test_what_was_not_read_is_not_called_verified(entry):
    if not all_sources()[entry.source].verified:
        assert not entry.verified


def test_the_five_figures_on_pain_relief_stay_apart():
    figures = {entry.figure for entry in claims("pain-relief")}
    assert {"98 %", "73 to 87 %", "24 of 33 evaluated procedures", "77 %", "86 to 92 %"} <= figures
    assert claim("metastases-clear").percent == pytest.approx(72.7, abs=0.05)  # as the fraction is usually quoted
    assert claim("metastases-any").percent == pytest.approx(93.9, abs=0.05)
    definitions = {(entry.outcome, entry.horizon, entry.population) for entry in claims("pain-relief")}
    assert len(definitions) == len(claims("pain-relief"))


def test_nothing_averages_claims():
    """No function of the module takes several claims and answers a number."""
    functions = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]
    for function in functions:
        assert inspect.signature(function).return_annotation not in (float, "float", float | None)
    text = inspect.getsource(module)
    assert "mean(" not in text
    assert "sum(" not in text


def test_77_percent_of_58_is_said_to_be_not_reproducible():
    entry = claim("own-study-relief")
    n = entry.denominator.n
    assert n == 58
    assert not any(round(100 * k / n) == 77 for k in range(n + 1))
    assert [round(100 * k / n, 1) for k in (44, 45)] == [75.9, 77.6]
    assert "Not reproducible from 58" in entry.note
    assert "75.9" in entry.note
    assert "77.6" in entry.note


def test_the_counts_of_the_metastases_add_up():
    assert sum(claim(f"metastases-{word}").count for word in ("clear", "moderate", "none")) == 33
    assert {claim(f"metastases-{word}").denominator.n for word in ("clear", "moderate", "none", "any")} == {33}
    assert claim("metastases-any").count == claim("metastases-clear").count + claim("metastases-moderate").count
    aims = claims("intent")
    assert [entry.count for entry in aims] == [29, 5, 6]
    assert sum(entry.count for entry in aims) == 40 == aims[0].denominator.n


def test_stability_at_six_months_is_not_merged_with_24_of_33():
    entry = claim("metastases-six-months")
    assert (entry.count, entry.denominator.n) == (None, None)
    assert "another statistic" in entry.note


def test_the_series_counts_levels_and_not_patients():
    for id in ("survey-epidural-leak", "survey-disc-leak", "survey-neuralgia", "survey-embolism"):
        assert claim(id).denominator == Denominator(type=DenominatorType.LEVEL, n=868)
        assert "663 patients" in claim(id).population


def test_leaks_differ_by_how_they_were_looked_for():
    looked = {entry.ascertainment for entry in claims("leak")}
    assert {Ascertainment.CT, Ascertainment.RADIOGRAPH, Ascertainment.NOT_STATED} <= looked
    assert claim("dohm-leak-ct").percent > 10 * claim("survey-epidural-leak").percent


def test_the_volume_that_is_enough_lies_below_the_smallest_injected():
    assert claim("survey-volume-metastasis").value < claim("survey-volume").low
    assert "Below the smallest volume" in claim("survey-volume-metastasis").note


def test_a_rate_without_denominator_is_not_computed():
    entry = Claim(
        id="x",
        topic="x",
        statement="x.",
        source="S0",
        verified=True,
        population="x",
        outcome="x",
        horizon="x",
        denominator=Denominator(type=DenominatorType.PATIENT),
        count=3,
    )
    assert entry.percent is None
    assert entry.figure == "3 of patients"


def test_unknown_names_are_refused():
    with pytest.raises(Refused, match="the topics are"):
        claims("happiness")
    with pytest.raises(Refused, match="info claims"):
        claim("none-such")


def test_the_banner_is_short_and_cited():
    banner = osteoporotic_fracture_evidence()
    assert {entry.source for entry in banner} >= {"Cochrane-CD006349", "VERTOS-IV", "VAPOUR", "ASBMR-2019"}
    assert all(len(entry.statement) <= 140 for entry in banner)  # a line and a half of a terminal
    assert not next(entry for entry in banner if entry.source == "AAOS-2010").verified
