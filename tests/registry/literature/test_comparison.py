"""Own results beside published ones: a difference only within one definition, everything else quoted with a reason."""

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.comparison import compare, newcombe_interval
from vertebroplasty.registry.literature.results import Result
from vertebroplasty.selection.claims import Ascertainment, DenominatorType


def own(definition: str, k: int, n: int, denominator: DenominatorType, modality: Ascertainment, **other) -> Result:
    fields = {"label": "own series", "definition": definition, "denominator": denominator, "modality": modality}
    return Result(k=k, n=n, **(fields | other))


CLEAR = own("clear-improvement", 30, 40, DenominatorType.EVALUATED_PROCEDURE, Ascertainment.CLINICAL_ONLY)


def test_newcombe_as_published():
    """Newcombe, Statistics in Medicine 1998;17:873, table II, method 10: 56/70 less 48/80."""
    assert [round(v, 4) for v in newcombe_interval(56, 70, 48, 80)] == [0.0524, 0.3339]


def test_newcombe_agrees_with_statsmodels():
    draw = np.random.default_rng(3)
    for _ in range(200):
        n, m = (int(v) for v in draw.integers(1, 400, 2))
        k, j = int(draw.integers(0, n + 1)), int(draw.integers(0, m + 1))
        expected = confint_proportions_2indep(k, n, j, m, method="newcomb", compare="diff")
        assert newcombe_interval(k, n, j, m) == pytest.approx(expected, abs=1e-9)


def test_newcombe_turns_with_the_order():
    low, high = newcombe_interval(3, 37, 15, 91)
    assert newcombe_interval(15, 91, 3, 37) == pytest.approx((-high, -low))


def test_same_definition_gives_a_difference_and_its_cautions():
    (row,) = compare([CLEAR])
    first = row.theirs[0]
    assert row.comparable
    assert row.why_not == ""
    assert (first.source, first.figure) == ("S2", "24 of 33 evaluated procedures")
    assert first.difference.points == pytest.approx(100 * (30 / 40 - 24 / 33))
    low, high = newcombe_interval(30, 40, 24, 33)
    assert (first.difference.ci_low_points, first.difference.ci_high_points) == pytest.approx((100 * low, 100 * high))
    assert first.cautions[0].startswith("The patients differ: not stated against spinal metastases")
    assert first.proportion.percent == pytest.approx(72.7, abs=0.05)


def test_five_success_rates_stand_side_by_side_and_only_one_is_compared():
    (row,) = compare([CLEAR])
    assert [each.comparable for each in row.theirs] == [True] + [False] * (len(row.theirs) - 1)
    figures = {each.figure for each in row.theirs}
    assert {"98 %", "73 to 87 %", "77 %", "86 to 92 %", "24 of 33 evaluated procedures"} <= figures
    for each in row.theirs[1:]:
        assert each.difference is None
        assert each.cautions == ()
        assert each.why_not.startswith("The outcomes are defined differently: “clear improvement")


def test_level_against_patient():
    (row,) = compare([own("leak-any", 80, 100, DenominatorType.PATIENT, Ascertainment.CT)])
    dohm = next(each for each in row.theirs if each.source == "Dohm2014")
    assert not row.comparable
    assert dohm.why_not == "The denominators differ: patient against level."
    assert "Dohm et al. 2014: The denominators differ: patient against level." in row.why_not


def test_leaks_on_ct_are_compared_with_leaks_on_ct():
    (row,) = compare([own("leak-any", 80, 100, DenominatorType.LEVEL, Ascertainment.CT)])
    dohm = row.theirs[0]
    assert dohm.comparable
    assert dohm.difference.points == pytest.approx(80 - 100 * 164 / 201)
    quoted = next(each for each in row.theirs if each.source == "Hulme2006")
    assert quoted.why_not.startswith("No counts are printed")


def test_survey_does_not_say_how_leaks_were_looked_for():
    (row,) = compare([own("leak-epidural", 9, 300, DenominatorType.LEVEL, Ascertainment.CT)])
    survey = "Results of a survey of 868 percutaneous cementoplasties"
    assert row.why_not == f"{survey}: How it was looked for is not stated in {survey}."
    assert row.theirs[0].proportion.percent == pytest.approx(100 * 15 / 868)


def test_new_fractures_at_another_time_are_not_compared():
    own_year = own("new-vertebral-fracture-12-months", 10, 80, DenominatorType.PATIENT, Ascertainment.RADIOGRAPH)
    (row,) = compare([own_year])
    assert {each.source for each in row.theirs if each.comparable} == {"VERTOS-IV", "Dohm2014"}
    (half,) = compare(
        [
            own(
                "new-vertebral-fracture-12-months",
                10,
                80,
                DenominatorType.PATIENT,
                Ascertainment.RADIOGRAPH,
                horizon="6 months",
            )
        ]
    )
    assert "The times differ: 6 months against 12 months." in half.why_not


def test_nothing_published_is_said():
    (row,) = compare([own("leak-foramen-left", 2, 100, DenominatorType.LEVEL, Ascertainment.CT)])
    assert row.theirs == ()
    assert row.why_not.startswith("No published result is filed under the definition")


def test_own_result_must_say_what_it_counts():
    with pytest.raises(Refused, match="what is counted is not stated"):
        compare([own("leak-any", 2, 100, DenominatorType.NOT_STATED, Ascertainment.CT)])
    with pytest.raises(Refused, match="are not two proportions"):
        newcombe_interval(5, 4, 1, 2)
