"""The draws: every slice of every range met once, the spreads as stated, the hand's error as stated."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from drawn_grid import boxed_body, path_to
from vertebroplasty.cement.permeability import AXIAL_PERMEABILITY
from vertebroplasty.cement.risk_sampling import draw, misplaced
from vertebroplasty.errors import Refused

RUNS = 400


@pytest.fixture(scope="module")
def samples():
    return draw(RUNS, 5)


def slices(uniform):
    """How many draws fall into each of as many equally likely slices as there are draws."""
    return np.bincount((np.asarray(uniform) * RUNS).astype(int), minlength=RUNS)


def test_every_slice_of_every_range_is_met_once(samples):
    ranges = {
        "permeability": [ndtr(np.log(s.permeability_m2 / AXIAL_PERMEABILITY) / np.log(5) * 1.959964) for s in samples],
        "consistency": [ndtr(np.log(s.consistency_factor) / np.log(2) * 1.959964) for s in samples],
        "marrow": [(s.marrow_pa_s - 0.044) / (0.142 - 0.044) for s in samples],
        "reaction": [(s.reaction_s - 0.5) / 1.5 for s in samples],
        "hand": [ndtr(s.shift_mm[0]) for s in samples],
        "turn": [ndtr(s.turn_deg[1] / 1.5) for s in samples],
        "size": [np.log(s.bony_gap.diameter_mm) / np.log(4.0) for s in samples],
    }
    for name, uniform in ranges.items():
        assert slices(uniform).tolist() == [1] * RUNS, name


def test_plain_random_draws_would_miss_slices():
    """The test above can fail: independent draws leave a slice in e empty."""
    empty = np.mean(slices(np.random.default_rng(5).random(RUNS)) == 0)
    assert empty == pytest.approx(np.exp(-1), abs=0.08)


def test_the_parameters_are_drawn_independently(samples):
    columns = [
        [s.permeability_m2 for s in samples],
        [s.consistency_factor for s in samples],
        [s.marrow_pa_s for s in samples],
        [s.shift_mm[0] for s in samples],
        [s.turn_deg[0] for s in samples],
    ]
    correlation = np.corrcoef(columns) - np.eye(5)
    assert np.abs(correlation).max() < 4 / np.sqrt(RUNS)  # four standard errors


def test_gaps_come_at_the_published_rates(samples):
    """Stratified, so that the counts are exact to one draw."""
    assert sum(s.bony_gap.present for s in samples) == pytest.approx(0.244 * RUNS, abs=1)
    assert sum(s.disc_gap.present for s in samples) == pytest.approx(0.065 * RUNS, abs=1)
    assert all(1.0 <= s.bony_gap.diameter_mm <= 4.0 for s in samples)
    assert all((s.bony_gap.present_mm > 0) == s.bony_gap.present for s in samples)


def test_the_same_seed_gives_the_same_draws_and_another_does_not(samples):
    again, other = draw(RUNS, 5), draw(RUNS, 6)
    assert all(a.permeability_m2 == b.permeability_m2 for a, b in zip(samples, again, strict=True))
    assert all(a.permeability_m2 != b.permeability_m2 for a, b in zip(samples, other, strict=True))


def test_the_hand_errs_by_what_it_is_said_to(samples):
    path = path_to(boxed_body(), (18, 18, 13))
    still = replace(samples[0], shift_mm=np.zeros(2), turn_deg=np.zeros(2))
    assert np.allclose(misplaced(path, still).tip_lps_mm, path.tip_lps_mm)
    shifted = misplaced(path, replace(still, shift_mm=np.array([3.0, 4.0])))
    error = shifted.tip_lps_mm - path.tip_lps_mm
    assert np.linalg.norm(error) == pytest.approx(5.0)
    assert error @ path.direction_lps == pytest.approx(0.0, abs=1e-12)
    turned = misplaced(path, replace(still, turn_deg=np.array([1.5, 0.0])))
    assert np.degrees(np.arccos(turned.direction_lps @ path.direction_lps)) == pytest.approx(1.5)
    assert turned.length_mm == pytest.approx(path.length_mm)
    assert np.std([s.shift_mm for s in samples]) == pytest.approx(1.0, abs=0.02)
    assert np.std([s.turn_deg for s in samples]) == pytest.approx(1.5, abs=0.03)


def test_the_tips_error_is_named_by_side():
    grid = boxed_body()
    path = path_to(grid, (18, 18, 13))
    sample = replace(draw(2, 0)[0], turn_deg=np.zeros(2), shift_mm=np.array([1.0, 2.0]))
    left, right = (sample.values(replace(path, side=side), grid) for side in ("left", "right"))
    assert left["tip-too-medial"] == -right["tip-too-medial"] != 0
    assert left["tip-too-high"] == right["tip-too-high"] != 0
    both = np.hypot(left["tip-too-medial"], left["tip-too-high"])
    assert both == pytest.approx(left["needle-error"]) == pytest.approx(np.sqrt(5.0))  # the needle points anteriorly


@pytest.mark.parametrize("runs", [-1, 0, 1, 100_001])
def test_numbers_of_runs_that_say_nothing_are_refused(runs):
    with pytest.raises(Refused, match="--runs is"):
        draw(runs, 0)
