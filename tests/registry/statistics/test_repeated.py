"""With nothing missing the model gives the plain means; with values missing at random it corrects them; it covers."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics import mixed_model
from vertebroplasty.registry.statistics.repeated import Window, repeated_measures

NAMES = (("24 h", 1.0), ("1 month", 30.0), ("12 months", 365.0))
TRUE_CHANGE = np.array([-30.0, -40.0, -35.0])


def visits(seed: int, patients: int, *, slope: float = 0.0, drop: float = 0.0, regress: float = 0.0):
    """VAS in mm: each patient's own level, and slope in time; visits are missed where the last value was bad."""
    generator = np.random.default_rng(seed)
    baseline = generator.normal(75, 10, patients)
    own, drift = generator.normal(0, 12, patients), generator.normal(0, slope, patients)
    days = np.array([day for _, day in NAMES])
    change = TRUE_CHANGE + own[:, None] + regress * (baseline - 75)[:, None] + drift[:, None] * days / 365
    value = baseline[:, None] + change + generator.normal(0, 8, (patients, 3))
    for w in (1, 2):
        bad = value[:, w - 1] - baseline > TRUE_CHANGE[w - 1]
        value[bad & (generator.random(patients) < drop), w:] = np.nan
    who = np.repeat(np.arange(patients), 3)
    return {
        "name": "VAS",
        "patient": who,
        "window": np.tile([0, 1, 2], patients),
        "value": value.ravel(),
        "baseline": np.repeat(baseline, 3),
        "windows": [Window(name=name, days=day, due=patients) for name, day in NAMES],
    }


def test_balanced_series_have_the_plain_means():
    found = repeated_measures(**visits(1, 40, slope=15.0))
    for window in found.windows:
        assert window.mean_change.value == pytest.approx(window.plain_mean_change, abs=1e-3)
        assert (window.missing.k, window.missing.n) == (0, 40)
    assert found.model == "random intercept and slope of each patient"
    assert "missed at random" in found.assumption
    assert (found.patients, found.values) == (40, 120)


def test_visits_missed_after_bad_results_flatter_the_plain_mean_and_the_model_corrects_it():
    found = repeated_measures(**visits(3, 600, drop=0.8))
    last = found.windows[2]
    assert last.plain_mean_change < -38.5  # the truth is −35: those with bad results stayed away
    assert last.mean_change.ci_low < -35.0 < last.mean_change.ci_high
    assert last.missing.k > 200
    assert last.values == 600 - last.missing.k


def test_the_intervals_cover():
    """80 simulated series of 25 patients: all three windows together hold the truth in about 95 %."""
    hits = []
    for seed in range(80):
        found = repeated_measures(**visits(100 + seed, 25, regress=-0.5, drop=0.2))
        base = visits(100 + seed, 25, regress=-0.5, drop=0.2)["baseline"][::3].mean()
        for window, truth in zip(found.windows, TRUE_CHANGE, strict=True):
            assert window.mean_change.value is not None
            # The model's mean is that at the patients' own mean baseline.
            hits.append(window.mean_change.ci_low <= truth - 0.5 * (base - 75) <= window.mean_change.ci_high)
    assert abs(np.mean(hits) - 0.95) < 0.07  # three standard errors; the windows of one series go together


def test_few_patients_or_one_value_each_leave_the_model_unknown():
    few = repeated_measures(**visits(4, 9))
    assert few.model == "none"
    assert "Fewer than 10 patients" in few.why_unknown
    assert few.windows[0].mean_change.value is None
    assert few.windows[0].plain_mean_change is not None
    data = visits(4, 30)
    data["value"] = np.where(data["window"] == 0, data["value"], np.nan)
    once = repeated_measures(**data)
    assert once.why_unknown == "No patient has two values: there is nothing repeated to model."


def test_a_window_with_two_values_is_unknown_and_the_others_are_not():
    data = visits(5, 40)
    data["value"][(data["window"] == 2) & (data["patient"] > 1)] = np.nan
    found = repeated_measures(**data)
    assert found.windows[2].mean_change.why_unknown == "Fewer than 3 values with a baseline in this window."
    assert found.windows[1].mean_change.value is not None
    assert (found.windows[2].values, found.windows[2].missing.k) == (2, 38)


def test_a_fit_that_does_not_converge_is_never_a_number(monkeypatch):
    monkeypatch.setattr(mixed_model, "ROUNDS", 0)
    found = repeated_measures(**visits(6, 40))
    assert {w.mean_change.value for w in found.windows} == {None}
    assert found.windows[0].mean_change.why_unknown == "The mixed model did not converge; no mean is given."


def test_values_that_do_not_vary_give_no_number():
    data = visits(7, 40)
    data["baseline"] = np.full(120, 70.0)
    data["value"] = np.full(120, 30.0)
    assert {w.mean_change.value for w in repeated_measures(**data).windows} == {None}


def test_patients_without_a_baseline_are_counted():
    data = visits(8, 40)
    data["baseline"][data["patient"] == 5] = np.nan
    found = repeated_measures(**data)
    assert (found.without_baseline, found.patients) == (1, 39)
    assert found.windows[0].values == 40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"window": np.full(120, 3)}, "a window that is not listed"),
        ({"window": np.zeros(120, dtype=int)}, "two values in one window"),
        ({"baseline": np.arange(120.0)}, "two different baselines"),
        ({"value": np.zeros(7)}, "each visit needs"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused(change, words):
    with pytest.raises(Refused, match=words):
        repeated_measures(**{**visits(9, 40), **change})
