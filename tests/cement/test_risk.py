"""Repeated injections: counts, intervals, reproducibility, and the sign of what drives a leak."""

from dataclasses import replace

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.leak import BONY_SITES, LeakSite
from vertebroplasty.cement.risk import _drawn, _misplaced, risk
from vertebroplasty.errors import Refused

RUNS = 12


def leaky(**options):
    """A gap of 4 mm between a pedicle and the canal, close to the needle's tip."""
    grid = boxed_body(**options)
    grid.part[:, :14][grid.part[:, :14] > 0] = Part.PEDICLE_LEFT
    return with_tissue(grid, (slice(11, 15), slice(10, 12), slice(16, 20)), Tissue.TRABECULAR)


def needle(grid):
    return path_to(grid, (18, 18, 13), along=(1.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def found():
    grid = leaky()
    return risk(grid, needle(grid), runs=RUNS, seed=3, volume_ml=0.8)


def test_every_run_is_counted_once(found):
    assert found.runs == RUNS
    assert sum(found.stop_reasons.values()) + found.refused == RUNS
    assert {chance.site for chance in found.sites} == set(LeakSite)


def test_the_canal_is_epidural_and_vein_together(found):
    epidural = next(chance for chance in found.sites if chance.site is LeakSite.EPIDURAL)
    assert found.in_canal.probability == epidural.probability > 0
    assert found.in_canal.ml_p50 <= found.in_canal.ml_p95


def test_intervals_are_exact_binomial(found):
    for chance in (*found.sites, found.in_canal):
        assert 0 <= chance.ci_low <= chance.probability <= chance.ci_high <= 1
    never = next(chance for chance in found.sites if chance.site is LeakSite.DISC_ABOVE)
    n = RUNS - found.refused
    assert never.ci_high == pytest.approx(1 - 0.025 ** (1 / n))  # the closed form for no event in n


def test_more_cement_is_needed_for_a_greater_share_of_leaks(found):
    at = {v.threshold: v.volume_ml for v in found.volume_at_risk if v.site is LeakSite.EPIDURAL}
    assert 0 < at[0.05] <= at[0.10] <= 0.8
    assert all(v.volume_ml is None for v in found.volume_at_risk if v.site is LeakSite.DISC_BELOW)


def test_the_same_seed_gives_the_same_answer():
    grid = leaky()
    one, again = (risk(grid, needle(grid), runs=3, seed=5, volume_ml=0.2) for _ in range(2))
    assert one == again


def test_every_run_draws_its_own_values():
    path = needle(leaky())
    first, same, next_run, other_seed = (
        _drawn(np.random.default_rng(stream), path)[0] for stream in ([5, 0], [5, 0], [5, 1], [6, 0])
    )
    assert first == same
    assert all(first[name] != next_run[name] != other_seed[name] for name in first)


def test_the_draws_have_the_spread_they_are_said_to_have():
    path = needle(leaky())
    values = [_drawn(np.random.default_rng([1, n]), path)[0] for n in range(2000)]
    logs = np.log([v["permeability"] / 1e-8 for v in values]) / np.log(5.0)
    assert np.mean(np.abs(logs) < 1) == pytest.approx(0.95, abs=0.02)  # four standard errors
    marrow = np.array([v["marrow-viscosity"] for v in values])
    assert 0.044 <= marrow.min() < 0.046
    assert 0.140 < marrow.max() <= 0.142


def test_the_hand_errs_by_what_it_is_said_to():
    grid = leaky()
    path = needle(grid)
    assert np.allclose(_misplaced(path, np.zeros(2), np.zeros(2)).tip_lps_mm, path.tip_lps_mm)
    shifted = _misplaced(path, np.array([3.0, 4.0]), np.zeros(2))
    assert np.linalg.norm(shifted.tip_lps_mm - path.tip_lps_mm) == pytest.approx(5.0)
    assert np.dot(shifted.tip_lps_mm - path.tip_lps_mm, path.direction_lps) == pytest.approx(0.0, abs=1e-12)
    turned = _misplaced(path, np.zeros(2), np.array([1.5, 0.0]))
    assert np.degrees(np.arccos(turned.direction_lps @ path.direction_lps)) == pytest.approx(1.5)
    assert turned.length_mm == pytest.approx(path.length_mm)


def test_bony_sites_that_cannot_be_seen_are_not_given_a_chance():
    grid = leaky(breaches_can_be_seen=False)
    found = risk(grid, needle(grid), runs=2, volume_ml=0.1)
    assert found.not_assessed == BONY_SITES
    assert not {chance.site for chance in found.sites} & set(BONY_SITES)
    assert all(driver.rank_correlation is None for driver in found.drivers)  # nothing leaked, nothing drives


def test_one_run_says_nothing():
    grid = leaky()
    with pytest.raises(Refused, match="At least 2 runs"):
        risk(grid, needle(grid), runs=1)


def test_a_needle_that_never_reaches_cancellous_bone_is_refused():
    grid = leaky()
    far = replace(needle(grid), tip_lps_mm=needle(grid).tip_lps_mm + np.array([0.0, 0.0, 200.0]))
    with pytest.raises(Refused, match="tip"):
        risk(grid, far, runs=2, volume_ml=0.1)
