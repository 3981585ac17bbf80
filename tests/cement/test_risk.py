"""Repeated injections: counts, intervals, what was not assessed, and sampled gaps that raise the epidural chance."""

from dataclasses import replace

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.actions import plain_actions
from vertebroplasty.cement.leak import BONY_SITES, SITES
from vertebroplasty.cement.risk import CANAL, Basis, summary
from vertebroplasty.cement.risk_run import Outcome, RiskRuns
from vertebroplasty.cement.risk_sampling import draw
from vertebroplasty.cement.risk_statistics import wilson
from vertebroplasty.errors import Refused

RUNS = 8


def repeated(grid, volume_ml=0.5, *, tip=(18, 18, 13), **options):
    """An injection behind the middle of the body, through a needle from the side."""
    actions = plain_actions(
        product="pmma-medium", volume_ml=volume_ml, rate_ml_per_s=0.05, start_s=330.0, cannula_ml=0.2
    )
    path = path_to(grid, tip, along=(1.0, 0.0, 0.0))
    return RiskRuns(grid=grid, path=path, actions=actions, options=options)


def leaky():
    """A gap of 4 mm between a pedicle and the canal, close to the needle's tip."""
    grid = boxed_body()
    grid.part[:, :14][grid.part[:, :14] > 0] = Part.PEDICLE_LEFT
    return with_tissue(grid, (slice(11, 15), slice(10, 12), slice(16, 20)), Tissue.TRABECULAR)


def all_runs(runs, samples):
    shell = runs.shell()
    return {index: runs.outcome(sample, shell) for index, sample in enumerate(samples)}


@pytest.fixture(scope="module")
def found():
    runs, samples = repeated(leaky(), 0.8, tip=(18, 16, 13)), draw(RUNS, 3)
    outcomes = all_runs(runs, samples)
    return summary(runs.grid, runs.path, samples, outcomes, seed=3), outcomes


def test_every_run_is_counted_once(found):
    risk, _ = found
    assert risk.runs == RUNS
    assert sum(risk.stop_reasons.values()) + sum(risk.refused.values()) == RUNS
    assert [chance.site for chance in risk.sites] == [site.value for site in SITES]


def test_chances_are_the_counts_of_the_runs(found):
    risk, outcomes = found
    done = [run for run in outcomes.values() if run.refusal is None]
    volumes = [run.site_ml.get("epidural", 0.0) for run in done]
    epidural = next(chance for chance in risk.sites if chance.site == "epidural")
    hits = sum(volume > 0 for volume in volumes)
    assert hits > 0
    assert epidural.probability == hits / len(done)
    assert (epidural.ci_low, epidural.ci_high) == wilson(hits, len(done))
    assert epidural.ml_p50 == np.median(volumes)
    assert epidural.basis is Basis.THIS_CT
    assert epidural.seen == sum("epidural" in run.seen for run in done) / len(done) <= epidural.probability
    assert 0 < epidural.seen == risk.in_canal.seen
    assert risk.in_canal.probability == epidural.probability  # no vein is drawn


def test_more_cement_is_needed_for_a_greater_share_of_leaks(found):
    risk, _ = found
    at = {v.threshold: v.volume_ml for v in risk.volume_at_risk if v.site == CANAL}
    assert 0 < at[0.05] <= at[0.10] <= at[0.25] <= 0.8
    assert all(v.volume_ml is None for v in risk.volume_at_risk if v.site == "disc-below")


def test_gaps_that_the_ct_shows_are_not_drawn(found):
    risk, _ = found
    driver = next(driver for driver in risk.drivers if driver.parameter == "gap-to-canal-or-beside")
    assert (driver.rank_correlation, driver.why_none) == (None, "the runs did not differ in it")
    assert risk.not_assessed == ()


def test_the_order_in_which_runs_finish_does_not_matter(found):
    risk, outcomes = found
    runs, samples = repeated(leaky(), 0.8, tip=(18, 16, 13)), draw(RUNS, 3)
    reversed_order = dict(reversed(outcomes.items()))
    assert summary(runs.grid, runs.path, samples, reversed_order, seed=3) == risk


def test_a_sampled_gap_raises_the_epidural_chance():
    """The same draws with the gap drawn open beside the canal, and with every gap shut: only the gap differs."""
    runs = repeated(boxed_body(breaches_can_be_seen=False), tip=(18, 15, 13))
    shell = runs.shell()
    places = shell._lists[False]
    towards_canal = np.argmin(np.linalg.norm(places - np.array([13, 10, 18]), axis=1))
    samples = draw(4, 2)
    epidural = {}
    for present in (False, True):
        drawn = [
            replace(
                s,
                bony_gap=replace(
                    s.bony_gap, present=present, place=(towards_canal + 0.5) / len(places), diameter_mm=3.0
                ),
                disc_gap=replace(s.disc_gap, present=False),
                shift_mm=np.zeros(2),
                turn_deg=np.zeros(2),
            )
            for s in samples
        ]
        outcomes = {index: runs.outcome(sample, shell) for index, sample in enumerate(drawn)}
        risk = summary(runs.grid, runs.path, drawn, outcomes, seed=2)
        epidural[present] = next(chance for chance in risk.sites if chance.site == "epidural")
        assert risk.not_assessed == BONY_SITES
        assert epidural[present].basis is Basis.PUBLISHED_RATE
    assert epidural[False].probability == 0.0
    assert epidural[True].probability > 0.0
    assert epidural[True].ml_p95 > 0.0


def test_the_same_draw_gives_the_same_run_to_the_last_bit():
    runs, sample = repeated(leaky(), volume_ml=0.2), draw(2, 9)[0]
    assert runs.outcome(sample, None) == runs.outcome(sample, None)


def test_a_needle_that_leaves_the_bone_is_counted_apart():
    grid = leaky()
    runs, samples = repeated(grid, volume_ml=0.1), list(draw(3, 1))
    samples[1] = replace(samples[1], shift_mm=np.array([30.0, 0.0]))
    risk = summary(grid, runs.path, samples, all_runs(runs, samples), seed=1)
    assert list(risk.refused.values()) == [1]
    assert "tip" in next(iter(risk.refused))
    assert sum(risk.stop_reasons.values()) == 2


def test_when_no_run_could_be_injected_the_reason_is_said():
    grid = leaky()
    nothing = Outcome(
        refusal="The tip lies in cortex.",
        stop_reason="",
        injected_ml=0.0,
        site_ml={},
        first_ml={},
        seen=[],
    )
    with pytest.raises(Refused, match="tip lies in cortex"):
        summary(grid, repeated(grid).path, draw(2, 0), {0: nothing, 1: nothing}, seed=0)


def test_an_option_out_of_range_is_no_outcome():
    runs = repeated(leaky(), pressure_limit_kpa=-1.0)
    with pytest.raises(Refused, match="pressure-limit"):
        runs.outcome(draw(2, 0)[0], None)
