"""Levels of one patient fall together: the interval that knows it covers, the plain one does not."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.clustered import clustered_proportion
from vertebroplasty.registry.statistics.proportions import Denominator, Method, proportion


def width(found) -> float:
    return found.ci_high_percent - found.ci_low_percent


def test_complete_agreement_within_patients_leaves_as_many_levels_as_patients():
    """Every patient has 3 levels that are all alike: the interval is that of the patients."""
    found = np.repeat([3, 0], [40, 60])
    ours = clustered_proportion("leak", found, np.full(100, 3))
    patients = proportion("leak", 40, 100, Denominator.PATIENT)
    assert (ours.k, ours.n, ours.method) == (120, 300, Method.RAO_SCOTT)
    assert width(ours) == pytest.approx(width(patients), rel=0.01)  # patients / (patients - 1) is 1 % off one
    assert width(ours) > 1.6 * width(proportion("leak", 120, 300, Denominator.LEVEL))  # about the root of 3


def test_one_level_a_patient_is_the_plain_interval():
    found = np.repeat([1, 0], [20, 30])
    assert clustered_proportion("x", found, np.ones(50, dtype=int)) == proportion("x", 20, 50, Denominator.LEVEL)


def test_few_findings_take_the_exact_interval():
    found = np.array([2, 1] + [0] * 98)
    assert clustered_proportion("x", found, np.full(100, 2)).method == Method.CLOPPER_PEARSON


def test_the_clustered_interval_covers_and_the_plain_one_does_not():
    """400 simulated series of 60 patients with 1 to 5 levels and a share of their own (beta 0.6, 1.4)."""
    generator = np.random.default_rng(7)
    wide = plain = 0
    for _ in range(400):
        levels = generator.integers(1, 6, 60)
        found = generator.binomial(levels, generator.beta(0.6, 1.4, 60))
        ours = clustered_proportion("x", found, levels)
        theirs = proportion("x", int(found.sum()), int(levels.sum()), Denominator.LEVEL)
        wide += ours.ci_low_percent <= 30.0 <= ours.ci_high_percent
        plain += theirs.ci_low_percent <= 30.0 <= theirs.ci_high_percent
    assert wide / 400 > 0.92  # 95 % ± 3 standard errors of 400 draws is 91.7 to 98.3
    assert plain / 400 < 0.90


def test_the_levels_of_one_patient_have_no_interval():
    found = clustered_proportion("leak", np.array([6]), np.array([12]))
    assert (found.k, found.n, found.percent) == (6, 12, None)
    assert "one patient" in found.why_unknown


def test_more_findings_than_levels_are_refused():
    with pytest.raises(Refused, match="between 0 and the number counted"):
        clustered_proportion("leak", np.array([2]), np.array([1]))
