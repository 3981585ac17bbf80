"""Ratios never state more than the interval supports."""

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.result import Strength, ratio


def strength(*stiffness, **changes):
    fields = {
        "stiffness_n_per_mm": stiffness[0], "stiffness_interval": None, "failure_load_n": 1.0,
        "failure_load_interval": None, "criterion": "", "iterations": 1, "relative_residual": 0.0,
        "case": "compression", "material": "law", "calibration": "generic", "height_mm": 30.0, "sources": (),
        "relative_stiffness": stiffness,
    }  # fmt: skip
    return Strength(**(fields | changes))


@pytest.mark.parametrize(
    ("after", "stated"),
    [((1.237, 1.19, 1.29), 1.24), ((1.237, 1.0, 1.5), 1.2), ((1.2374, 1.2371, 1.2376), 1.237), ((1.23456,), 1.235)],
)
def test_rounding_follows_the_half_width(after, stated):
    before = strength(*[1.0] * len(after))
    assert ratio(before, strength(*after)).stiffness == stated


def test_the_interval_is_that_of_paired_slopes():
    compared = ratio(strength(10, 5, 20), strength(15, 10, 25))
    assert compared.interval == (1.25, 2.0)
    assert compared.stiffness == compared.failure_load == 1.5


def test_only_like_is_compared_with_like():
    with pytest.raises(Refused, match="same options"):
        ratio(strength(1), strength(1, material="other"))


def test_a_ratio_that_the_rule_makes_the_same_is_no_second_finding():
    assert ratio(strength(10.0), strength(15.0)).same_by_rule
    # Another height, as after a balloon, or a rule of its own gives the failure load a ratio of its own.
    assert not ratio(strength(10.0), strength(15.0, height_mm=33.0)).same_by_rule
    own = [strength(k, relative_failure_load=(load,)) for k, load in ((10.0, 100.0), (15.0, 130.0))]
    assert not ratio(*own).same_by_rule
    assert ratio(*own).failure_load == 1.3
