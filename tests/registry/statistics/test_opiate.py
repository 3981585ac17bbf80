"""Classes by the survey's policy, and proportional odds that were put in are found."""

import warnings

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.opiate import indicators, relief_classes, relief_odds, relief_table


def test_classes_and_gaps_are_those_of_the_survey():
    reductions = np.array([-20.0, 0.0, 10.0, 25.0, 50.0, 60.0, 75.0, 80.0, 100.0, np.nan])
    classes, gaps = relief_classes(reductions)
    assert classes.tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 4, 0]
    assert np.flatnonzero(gaps).tolist() == [2, 5, 7]


def test_the_table_counts_who_cannot_be_in_it_apart():
    reductions = np.array([100.0, 100.0, 80.0, 30.0, -10.0, np.nan, 50.0])
    naive = np.array([False, False, False, False, False, False, True])
    table = relief_table(reductions, naive)
    assert [(p.k, p.n) for p in table.classes] == [(1, 5), (1, 5), (1, 5), (2, 5)]
    assert (table.satisfactory.k, table.in_a_gap, table.worse) == (3, 1, 1)
    assert (table.opioid_naive, table.unknown) == (1, 1)
    assert table.sentence.startswith("5 evaluated; 1 took no opiates before and 1 are not known.")


def test_nobody_evaluated_leaves_the_classes_unknown():
    table = relief_table(np.array([np.nan]), np.array([True]))
    assert {p.percent for p in table.classes} == {None}


def series(seed: int, size: int, odds: float = 2.0):
    """Classes drawn from a proportional-odds model with the given odds ratio for metastasis; volume says nothing."""
    generator = np.random.default_rng(seed)
    metastasis = (generator.random(size) < 0.4).astype(float)
    volume = generator.normal(4.0, 1.5, size)
    latent = np.log(odds) * metastasis + generator.logistic(size=size)
    return 1 + np.searchsorted([-1.0, 0.5, 1.5], latent), {"metastasis": metastasis, "volume ml": volume}


def test_the_odds_ratio_agrees_with_the_model_fitted_directly():
    classes, covariates = series(1, 400)
    found = relief_odds(classes, covariates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.miscmodels.ordinal_model import OrderedModel

        design = np.column_stack(list(covariates.values()))
        theirs = OrderedModel(classes - 1, design, distr="logit").fit(method="newton", disp=0)
    ours = [effect.odds_ratio.value for effect in found.effects]
    np.testing.assert_allclose(ours, np.exp(theirs.params[:2]), rtol=2e-3)
    np.testing.assert_allclose(
        [e.odds_ratio.ci_low for e in found.effects], np.exp(theirs.conf_int()[:2, 0]), rtol=5e-3
    )


def test_what_was_put_in_is_found_and_the_intervals_cover():
    """30 simulated series of 300: an odds ratio of 2 for metastasis and of 1 for volume."""
    found = [relief_odds(*series(seed, 300)).effects for seed in range(30)]
    for i, truth in enumerate((2.0, 1.0)):
        odds = [effects[i].odds_ratio for effects in found]
        assert np.mean([np.log(o.value) for o in odds]) == pytest.approx(np.log(truth), abs=0.12)  # 3 standard errors
        assert np.mean([o.ci_low <= truth <= o.ci_high for o in odds]) > 0.83
    cuts = np.array([[np.log(cut.value) for cut in effects[0].at_cuts] for effects in found])
    np.testing.assert_allclose(cuts.mean(axis=0), np.log(2.0), atol=0.2)


def test_with_two_classes_it_is_the_logistic_regression():
    classes, covariates = series(3, 500)
    (effect, _) = relief_odds(np.where(classes > 2, 4, 1), covariates).effects
    assert effect.odds_ratio.value == pytest.approx(effect.at_cuts[0].value, rel=1e-3)


def test_a_covariate_that_separates_the_classes_has_no_odds_ratio():
    classes = np.repeat([1, 2, 3, 4], 25)
    found = relief_odds(classes, {"volume ml": np.arange(100.0)})
    assert found.effects[0].odds_ratio.value is None
    assert "separates" in found.why_unknown


def test_too_few_patients_and_constant_columns_are_unknown_not_guessed():
    classes, covariates = series(4, 20)
    assert "10 for each are needed" in relief_odds(classes, covariates).why_unknown
    classes, _ = series(4, 200)
    assert "same value" in relief_odds(classes, {"x": np.ones(200)}).why_unknown


def test_incomplete_records_are_counted():
    classes, covariates = series(5, 200)
    classes[:3] = 0
    covariates["volume ml"][10:15] = np.nan
    found = relief_odds(classes, covariates)
    assert (found.n, found.incomplete) == (192, 8)


def test_labels_become_columns_against_the_commonest():
    columns = indicators("aetiology", np.array(["o", "m", "o", "h"]))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "aetiology h against o": [0, 0, 0, 1],
        "aetiology m against o": [0, 1, 0, 0],
    }
    with pytest.raises(Refused, match="at least one covariate"):
        relief_odds(np.array([1, 2]), {})
