"""Morphine milligram equivalents: factors as the table prints them, one table at a time, and no impossible dose."""

from dataclasses import replace

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.mme import OpioidDose, daily_mme, mme_reduction_percent, mme_score
from vertebroplasty.selection.scores.mme_table import DoseUnit, mme_table

FACTORS = {  # mg a day by mouth; fentanyl from the patch in µg/h
    "codeine": 0.15,
    "fentanyl-transdermal": 2.4,
    "hydrocodone": 1.0,
    "hydromorphone": 5.0,
    "methadone": 4.7,
    "morphine": 1.0,
    "oxycodone": 1.5,
    "oxymorphone": 3.0,
    "tapentadol": 0.4,
    "tramadol": 0.2,
}


def dose(drug, amount):
    unit = DoseUnit.UG_PER_H if "fentanyl" in drug else DoseUnit.MG_PER_DAY
    return OpioidDose(drug=drug, dose=amount, unit=unit)


def day(**amounts):
    return daily_mme([dose(drug.replace("_", "-"), amount) for drug, amount in amounts.items()])


def test_the_table_holds_these_ten_and_no_other():
    assert {name: row.factor for name, row in mme_table().factors.items()} == FACTORS
    assert mme_table().version == "CDC-2022"
    patches = [name for name, row in mme_table().factors.items() if row.unit is DoseUnit.UG_PER_H]
    assert patches == ["fentanyl-transdermal"]


@pytest.mark.parametrize(("drug", "factor"), FACTORS.items())
def test_a_dose_counts_its_factor(drug, factor):
    assert daily_mme([dose(drug, 20)]).mme_per_day == pytest.approx(20 * factor, rel=1e-15)


def test_published_examples():
    assert day(hydrocodone=20).mme_per_day == 20  # four tablets of 5 mg
    assert day(oxycodone=20).mme_per_day == 30  # two tablets of 10 mg
    assert day(fentanyl_transdermal=75).mme_per_day == 180


def test_drugs_add_up_in_any_order_and_are_listed():
    both = [dose("morphine", 30), dose("oxycodone", 10), dose("morphine", 5)]
    assert daily_mme(both).mme_per_day == daily_mme(both[::-1]).mme_per_day == 50
    score = mme_score(daily_mme(both))
    assert [(item.name, item.points) for item in score.items] == [("morphine", 30), ("oxycodone", 15), ("morphine", 5)]
    assert (score.total, score.version, score.category, score.verified) == (50, "CDC-2022", None, True)
    assert "not for prescribing" in score.sentence


def test_a_day_without_opioids_is_zero():
    assert mme_score(daily_mme([])).total == 0
    assert daily_mme([dose("morphine", 0)]).mme_per_day == 0


def test_case_blanks_and_underscores_do_not_matter():
    assert daily_mme([dose(" Fentanyl_transdermal ".lower(), 25)]).mme_per_day == 60
    assert daily_mme([OpioidDose(drug="MORPHINE", dose=3)]).mme_per_day == 3


def test_cautions_come_with_their_drug():
    assert any("Methadone" in note for note in mme_score(day(methadone=10)).notes)
    assert not any("Methadone" in note for note in mme_score(day(morphine=10)).notes)


@pytest.mark.parametrize(
    ("drug", "says"),
    [
        ("morfine", "the nearest name known is morphine"),
        ("bupernorphine", "the nearest name known is buprenorphine"),
        ("xyz", "it holds codeine, fentanyl-transdermal"),
        ("buprenorphine", "buprenorphine cannot be counted: a partial agonist"),
        ("fentanyl", "written fentanyl-transdermal"),
        ("morphine intravenous", "not injected"),
        ("tilidine", "must not be mixed in"),
    ],
)
def test_a_drug_outside_the_table_is_refused_with_the_reason(drug, says):
    with pytest.raises(Refused, match=says):
        daily_mme([OpioidDose(drug=drug, dose=1)])


def test_a_hostile_name_is_shown_short_and_harmless():
    with pytest.raises(Refused) as refused:
        daily_mme([OpioidDose(drug="\x1b[31m" + "q" * 5000, dose=1)])
    assert "\x1b" not in refused.value.message
    assert len(refused.value.message) < 300


@pytest.mark.parametrize("amount", [-1, -1e-9, float("nan"), float("inf"), -float("inf"), True, "10", None])
def test_an_impossible_dose_is_refused(amount):
    with pytest.raises(Refused, match=r"^The dose of morphine is .*: enter it in mg/day, zero or more\.$"):
        daily_mme([OpioidDose(drug="morphine", dose=amount)])


def test_an_absurd_dose_is_refused_by_what_it_would_count():
    assert daily_mme([dose("morphine", 10_000)]).mme_per_day == 10_000  # the limit itself still counts
    with pytest.raises(Refused, match="impossibly high: check its unit"):
        daily_mme([dose("morphine", 10_001)])
    with pytest.raises(Refused, match=r"fentanyl-transdermal, 25000 µg/h, is impossibly high"):  # 25 mg/h
        daily_mme([dose("fentanyl-transdermal", 25_000)])


def test_the_wrong_unit_is_refused():
    with pytest.raises(Refused, match="fentanyl-transdermal is counted in µg/h, not mg/day"):
        daily_mme([OpioidDose(drug="fentanyl-transdermal", dose=25)])
    with pytest.raises(Refused, match="morphine is counted in mg/day, not µg/h"):
        daily_mme([OpioidDose(drug="morphine", dose=25, unit=DoseUnit.UG_PER_H)])


@pytest.mark.parametrize("drug", FACTORS)
@pytest.mark.parametrize("percent", [0, 25, 50, 75, 100])
def test_a_reduction_meets_published_boundaries_exactly(drug, percent):
    for before in (0.3, 7.0, 12.4, 33.2, 90.0):
        after = round(before * (100 - percent) / 100, 6)
        assert mme_reduction_percent(daily_mme([dose(drug, before)]), daily_mme([dose(drug, after)])) == percent


def test_floating_point_alone_would_have_missed_the_boundary():
    before, after = 0.15 * 44, 0.15 * 33
    assert 100 * (before - after) / before < 25
    assert mme_reduction_percent(day(codeine=44), day(codeine=33)) == 25


def test_a_rise_is_negative_and_nothing_before_has_no_percentage():
    assert mme_reduction_percent(day(morphine=20), day(morphine=30)) == -50
    assert mme_reduction_percent(day(), day(morphine=30)) is None
    assert mme_reduction_percent(day(), day()) is None


def test_a_reduction_holds_within_one_version_of_the_table():
    new = mme_table()
    old = replace(
        new, version="older", factors={**new.factors, "tramadol": replace(new.factors["tramadol"], factor=0.1)}
    )
    before, after = [dose("tramadol", 200), dose("morphine", 20)], [dose("tramadol", 100)]
    with pytest.raises(Refused, match="CDC-2022 and the other with older: count both doses anew"):
        mme_reduction_percent(daily_mme(before), daily_mme(after, old))
    recounted = mme_reduction_percent(daily_mme(before, old), daily_mme(after, old))
    kept = mme_reduction_percent(daily_mme(before), daily_mme(after))
    assert kept == pytest.approx(200 / 3)  # 60 to 20
    assert recounted == 75  # 40 to 10: another table, another class
