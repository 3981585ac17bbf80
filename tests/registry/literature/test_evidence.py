"""The evidence table: every figure as printed, with its denominator, its direction and its source."""

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.as_printed import counts_printed_as
from vertebroplasty.registry.literature.definitions import definitions
from vertebroplasty.registry.literature.effects import CONFIDENCE_SPAN, Control, Measure, Sign
from vertebroplasty.registry.literature.evidence import effect, effects, studies, study
from vertebroplasty.registry.statistics.proportions import wilson_interval
from vertebroplasty.selection.claims import DenominatorType, claim
from vertebroplasty.sources import all_sources

ARMS = [(entry, arm) for entry in effects() for arm in entry.arms]


def decimals(value: float) -> int:
    return len(f"{value:g}".partition(".")[2])


def test_ids_are_unique_and_lead_somewhere():
    assert len({each.key for each in studies()}) == len(studies()) == 22
    assert len({each.id for each in effects()}) == len(effects())
    defined = {each.id for each in definitions()}
    for each in studies():
        assert each.source in all_sources()
        assert all(entry.study == each.key and entry.source == each.source for entry in each.effects)
    for entry in effects():
        assert entry.definition is None or entry.definition in defined, entry.id
        assert all(entry.id in effect(other).conflicts_with for other in entry.conflicts_with)


def test_every_effect_says_what_when_which_way_and_out_of_what():
    for entry in effects():
        assert entry.outcome
        assert entry.time
        assert isinstance(entry.measure, Measure)
        assert isinstance(entry.sign, Sign)
        assert any(v is not None for v in (entry.value, entry.low)) or entry.arms, entry.id
        assert entry.low is None or entry.span, entry.id
    for entry, arm in ARMS:
        assert isinstance(arm.denominator.type, DenominatorType), entry.id


def test_limits_enclose_their_values_and_intervals_of_differences_are_symmetric():
    for entry in effects():
        if entry.low is not None and entry.high is not None:
            assert entry.low < entry.high, entry.id
            if entry.value is not None:
                assert entry.low <= entry.value <= entry.high, entry.id
        if entry.measure is Measure.MEAN_DIFFERENCE and entry.span == CONFIDENCE_SPAN:
            # Value and limits are rounded to the last printed digit; adjusted models are a little askew.
            middle, width = (entry.low + entry.high) / 2, entry.high - entry.low
            digit = 10.0 ** -decimals(entry.high)
            assert abs(middle - entry.value) <= digit + 0.05 * width, entry.id


@pytest.mark.parametrize(("entry", "arm"), ARMS, ids=lambda x: getattr(x, "id", ""))
def test_printed_counts_and_percentages_agree(entry, arm):
    if arm.count is not None and arm.denominator.n is not None:
        assert 0 <= arm.count <= arm.denominator.n
        if arm.value is not None:
            assert arm.count in counts_printed_as(arm.value, arm.denominator.n, decimals=decimals(arm.value))
    if arm.randomised is not None and arm.denominator.n is not None:
        assert arm.denominator.n <= arm.randomised


def test_printed_intervals_of_leaks_are_wilsons():
    for id in ("dohm-leak-ct", "saad-leak"):
        arm = effect(id).arms[-1]
        low, high = wilson_interval(arm.count, arm.denominator.n)
        assert (round(100 * low, 1), round(100 * high, 1)) == (arm.low, arm.high)


def test_a_figure_stands_in_one_place_only():
    """What a claim of the selection room states is taken from there, not written down again."""
    buchbinder = effect("buchbinder-pain-3-months")
    assert (buchbinder.value, buchbinder.low, buchbinder.high) == (0.6, -0.7, 1.8)
    assert buchbinder.outcome == claim("buchbinder-pain-3-months").outcome
    assert [arm.randomised for arm in buchbinder.arms] == [38, 40]
    fractures = effect("vertos-iv-new-fracture").arms
    assert [(arm.count, arm.denominator.n) for arm in fractures] == [(15, 91), (19, 89)]


def test_percentages_of_vapour_rest_on_fewer_than_were_randomised():
    treated, sham = effect("vapour-pain-below-4").arms
    for arm, fits in ((treated, 55), (sham, 57)):
        assert arm.denominator.n is None
        assert arm.count not in counts_printed_as(arm.value, arm.randomised)
        assert arm.count in counts_printed_as(arm.value, fits)


def test_contradictory_printings_stand_side_by_side_unverified():
    one, other = effect("invest-crossover-as-summarised"), effect("invest-crossover-as-reprinted")
    assert (one.arms[-1].value, other.arms[-1].value) == (51, 43)
    assert not one.verified
    assert not other.verified


def test_what_nobody_has_read_is_not_called_verified():
    unread = {entry.id for entry in effects() if not entry.verified}
    assert unread == {
        "vertos-ii-pain-1-month",
        "vertos-ii-pain-12-months",
        "invest-crossover-as-summarised",
        "invest-crossover-as-reprinted",
    }


def test_registrations_and_comparisons_are_kept():
    assert study("vertos-ii").registration == ("NCT00232466",)
    assert study("vapour").registration == ("NCT01482793",)
    assert study("vertos-ii").control is Control.USUAL_CARE
    sham = {each.key for each in studies() if each.control is Control.SHAM}
    assert sham == {"vertos-iv", "buchbinder-2009", "invest", "vapour", "cochrane-2018"}


def test_standard_error_is_the_width_over_3_92():
    assert effect("vertos-iv-pain-1-month").standard_error == pytest.approx((1.15 + 0.33) / 3.92, rel=1e-12)


def test_what_is_not_there_is_refused():
    with pytest.raises(Refused, match="No study has the key nobody: the evidence table holds vertos-ii"):
        study("nobody")
    with pytest.raises(Refused, match="No effect has the id nothing"):
        effect("nothing")
    with pytest.raises(Refused, match="without a 95 % confidence interval: it can be quoted, not pooled"):
        _ = effect("mcdonald-disability-1-week").standard_error
