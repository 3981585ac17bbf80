"""Only results of the same question are pooled, and each refusal names what differs."""

from math import asin, sin, sqrt

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.evidence import effect
from vertebroplasty.registry.literature.pooling import effect_differences, pool_effects, pool_proportions, poolable
from vertebroplasty.registry.literature.results import Result
from vertebroplasty.selection.claims import Ascertainment, DenominatorType


def result(k: int, n: int, **other) -> Result:
    fields = {
        "label": f"series of {n}",
        "definition": "leak-any",
        "denominator": DenominatorType.LEVEL,
        "modality": Ascertainment.CT,
    }
    return Result(k=k, n=n, **(fields | other))


def test_two_sham_controlled_trials_at_one_month():
    found = pool_effects([effect("invest-pain-1-month"), effect("vertos-iv-pain-1-month")])
    # By hand: weights (3.92 / 2.0)² = 3.8416 and (3.92 / 1.48)² = 7.0153.
    by_hand = (0.7 * 3.8416 + 0.41 * 7.0153) / (3.8416 + 7.0153)
    assert found.fixed.value == pytest.approx(by_hand, abs=1e-4)
    assert found.prediction is None
    assert [each.label for each in found.estimates] == [
        "Kallmes et al. 2009, 1 month",
        "Firanescu et al. 2018, 1 month",
    ]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("buchbinder-pain-3-months", "invest-pain-1-month", "The times differ: 3 months against 1 month."),
        ("vertos-v-pain-12-months", "invest-pain-12-months", "The comparisons differ: active-control against sham."),
        ("invest-pain-1-month", "invest-disability-1-month", "The outcome definitions differ: pain-difference-0-10"),
        ("vertos-iv-pain-1-month", "vertos-iv-pain-1-day", "Both are results of the same patients, of VERTOS-IV."),
    ],
)
def test_different_questions_are_refused(one, other, why):
    with pytest.raises(Refused, match=why.replace(".", r"\.")):
        pool_effects([effect(one), effect(other)])


@pytest.mark.parametrize(
    ("id", "why"),
    [
        ("cochrane-pain-1-month", "itself the pooled figure of a review"),
        ("vertos-ii-pain-1-month", "nobody has read it in its source"),
        ("free-pcs-1-month", "no outcome definition is filed"),
    ],
)
def test_what_is_never_pooled(id, why):
    with pytest.raises(Refused, match=why):
        pool_effects([effect("invest-pain-1-month"), effect(id)])


def test_same_effect_differs_only_in_being_itself():
    invest = effect("invest-pain-1-month")
    assert effect_differences(invest, invest) == ("Both are results of the same patients, of INVEST.",)
    assert effect_differences(invest, effect("vertos-iv-pain-1-month")) == ()


def test_alike_proportions_pool_on_the_arcsine_scale():
    """With no scatter beyond chance the pooled angle is the mean of the angles weighted by n."""
    found = pool_proportions([result(10, 100), result(22, 200), result(0, 4)])
    angle = sum(n * asin(sqrt(k / n)) for k, n in ((10, 100), (22, 200), (0, 4))) / 304
    assert found.heterogeneity.tau_squared == 0
    assert found.percent == pytest.approx(100 * sin(angle) ** 2, rel=1e-12)
    assert found.shares == pytest.approx([100 / 304, 200 / 304, 4 / 304])
    assert 0 <= found.ci_low_percent < found.percent < found.ci_high_percent <= 100


def test_pooled_proportion_stays_on_its_scale():
    found = pool_proportions([result(0, 5), result(0, 9), result(1, 6)])
    assert found.ci_low_percent == 0
    assert 0 <= found.prediction_percent[0] <= found.prediction_percent[1] <= 100


def test_proportions_of_different_definitions_are_refused():
    with pytest.raises(Refused, match="The denominators differ: level against patient"):
        pool_proportions([result(1, 10), result(2, 20, denominator=DenominatorType.PATIENT)])
    with pytest.raises(Refused, match="It was looked for differently: CT against radiograph"):
        pool_proportions([result(1, 10), result(2, 20, modality=Ascertainment.RADIOGRAPH)])
    with pytest.raises(Refused, match="1 study is not pooled"):
        pool_proportions([result(1, 10)])


def test_what_the_table_allows_to_pool():
    """Pain against a sham procedure at the same time: two trials at 1 month, two at 3 months; no other pair."""
    groups = [[each.id for each in group] for group in poolable()]
    assert groups == [
        ["vertos-iv-pain-1-month", "invest-pain-1-month"],
        ["vertos-iv-pain-3-months", "buchbinder-pain-3-months"],
    ]
    for group in poolable():
        assert pool_effects(group).random.low < 0 < pool_effects(group).random.high
