"""Against scipy's coefficient, a published interval, and series whose true correlation is known."""

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics import equivalence
from vertebroplasty.registry.statistics.equivalence import Verdict, volume_and_relief

PUBLISHED_Y = [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19]  # the example of ci.spear in R's statpsych
PUBLISHED_X = [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51]


def series(seed: int, size: int, rho: float):
    """Volumes and relief with Pearson correlation rho on a normal scale, then rounded as they are in records."""
    generator = np.random.default_rng(seed)
    first, noise = generator.normal(size=(2, size))
    volume = np.round(4.0 + 1.5 * first, 1)
    return volume, np.round(50 + 20 * (rho * first + np.sqrt(1 - rho**2) * noise))


def test_the_coefficient_is_spearmans_with_ties_and_the_formula_interval_is_the_published_one(monkeypatch):
    monkeypatch.setattr(equivalence, "LARGEST_BOOTSTRAP", 10)
    found = volume_and_relief(np.array(PUBLISHED_X, float), np.array(PUBLISHED_Y, float), seed=1)
    assert found.rho == pytest.approx(0.8699639, abs=1e-7)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.5840951, 0.9638297), abs=1e-6)
    assert found.interval == "Bonett-Wright"
    volume, relief = series(3, 200, 0.3)
    assert volume_and_relief(volume, relief, seed=1).rho == pytest.approx(spearmanr(volume, relief).statistic)


def test_the_published_absence_of_a_relation_is_equivalence_within_the_bound(monkeypatch):
    """357 patients with r = −0.029: the interval −0.13 to 0.08 lies within ±0.2."""
    low, high = equivalence._bonett_wright(-0.029, 357)
    verdict, sentence = equivalence._verdict(-0.029, low, high, 357, 0.2)
    assert verdict == Verdict.EQUIVALENT
    assert "-0.03 (95 % interval -0.13 to 0.08, 357 pairs)" in sentence


@pytest.mark.parametrize(
    ("size", "rho", "verdict", "words"),
    [
        (1000, 0.0, Verdict.EQUIVALENT, "Equivalent to no relation within ±0.2"),
        (300, 0.5, Verdict.RELATED, "larger volumes going with more relief"),
        (300, -0.5, Verdict.RELATED, "larger volumes going with less relief"),
        (30, 0.0, Verdict.UNDECIDED, "n too small"),
        (9, 0.9, Verdict.UNDECIDED, "too few"),
        (8000, 0.1, Verdict.EQUIVALENT, "Equivalent to no relation within ±0.2"),
    ],
)
def test_the_verdict_rests_on_the_interval_and_never_on_a_p_value(size, rho, verdict, words):
    found = volume_and_relief(*series(11, size, rho), seed=1)
    assert found.verdict == verdict
    assert words in found.sentence
    assert "no correlation" not in found.sentence


def test_a_relation_that_only_the_aetiology_makes_vanishes_within_aetiologies():
    """Metastases get little cement and much relief, osteoporosis the reverse; within each there is no relation."""
    generator = np.random.default_rng(4)
    aetiology = np.repeat(["metastasis", "osteoporosis"], 300)
    volume = generator.normal(np.where(aetiology == "metastasis", 2.0, 6.0), 1.0)
    relief = generator.normal(np.where(aetiology == "metastasis", 70.0, 40.0), 10.0)
    plain = volume_and_relief(volume, relief, seed=1)
    within = volume_and_relief(volume, relief, seed=1, aetiology=aetiology)
    assert plain.rho < -0.5
    assert plain.verdict == Verdict.RELATED
    assert within.verdict == Verdict.EQUIVALENT
    assert within.adjusted_for == "aetiology (2 groups)"


def test_the_partial_coefficient_is_that_of_the_residuals_of_a_regression():
    volume, relief = series(5, 90, 0.4)
    groups = np.tile(["a", "b", "c"], 30)
    design = np.column_stack([groups == g for g in "abc"]).astype(float)
    ranks = [rankdata(v) for v in (volume, relief)]
    left, right = (r - design @ np.linalg.lstsq(design, r, rcond=None)[0] for r in ranks)
    found = volume_and_relief(volume, relief, seed=1, aetiology=groups)
    assert found.rho == pytest.approx(np.corrcoef(left, right)[0, 1])


def test_the_bootstrap_interval_covers(monkeypatch):
    """100 simulated series of 60 with a true rank correlation of 6/π · asin(ρ/2); 200 resamples keep it short."""
    monkeypatch.setattr(equivalence, "BOOTSTRAPS", 200)
    truth = 6 / np.pi * np.arcsin(0.4 / 2)
    hits = 0
    for seed in range(100):
        found = volume_and_relief(*series(100 + seed, 60, 0.4), seed=seed)
        hits += found.ci_low <= truth <= found.ci_high
    assert 0.88 < hits / 100 <= 1.0  # 95 % minus three standard errors of 100 draws


def test_the_formula_and_the_bootstrap_agree():
    volume, relief = series(6, 2000, 0.3)
    found = volume_and_relief(volume, relief, seed=1)
    assert (found.ci_low, found.ci_high) == pytest.approx(equivalence._bonett_wright(found.rho, 2000), abs=0.012)


def test_the_same_seed_gives_the_same_interval_and_missing_pairs_are_counted():
    volume, relief = series(7, 80, 0.2)
    volume[:3] = np.nan
    first, again, other = (volume_and_relief(volume, relief, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first.ci_low != other.ci_low
    assert (first.n, first.without_pair) == (77, 3)


def test_a_column_that_does_not_vary_is_undecided():
    found = volume_and_relief(np.full(50, 3.0), np.arange(50.0), seed=1)
    assert (found.rho, found.verdict) == (None, Verdict.UNDECIDED)


def test_an_impossible_bound_is_refused():
    with pytest.raises(Refused, match=r"equivalence bound of 1\.5"):
        volume_and_relief(np.arange(20.0), np.arange(20.0), seed=1, bound=1.5)
