"""What stops an injection into a drawn vertebra: leaks, the posterior wall, the end of paste, the pressure limit."""

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from drawn_injection import GAP, TIP, balanced, from_the_side, open_pedicle, sites
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.cement.injection import inject
from vertebroplasty.cement.leak import BONY_SITES, LeakSite
from vertebroplasty.cement.result import StopReason

VEIN = (slice(11, 15), slice(10, 21), slice(15, 21))  # 6 × 4 mm


def test_the_posterior_wall_stops_before_the_canal():
    grid = with_tissue(boxed_body(), GAP, Tissue.TRABECULAR)
    run = balanced(inject(grid, from_the_side(grid, (18, 17, 13)), volume_ml=3.0), grid)
    assert run.stop_reason is StopReason.POSTERIOR_CORTEX
    beside = run.fill[:, 12, :] / np.where(run.fill[:, 12, :] > 0, run.fill.max(), 1)
    assert beside.max() >= 0.5 - 1e-6  # the voxels in front of the wall: one is half full
    assert run.in_canal_ml < 0.05


def test_a_gap_to_the_canal_is_an_epidural_leak_seen_at_once():
    grid = open_pedicle()
    run = balanced(inject(grid, from_the_side(grid, (18, 17, 13)), volume_ml=3.0, reaction_s=0.0), grid)
    assert run.stop_reason is StopReason.EPIDURAL_LEAK
    assert sites(run) == {LeakSite.EPIDURAL}
    leak = run.leaks[0]
    assert leak.volume_ml == pytest.approx(0.05, abs=1e-6)  # stopped at the very drop that made it visible
    assert leak.first_visible_s == run.stop_time_s > leak.first_time_s
    assert leak.yeom == "C"
    assert run.in_canal_ml == leak.volume_ml
    assert run.injected_ml < 3.0
    assert "canal" in run.stop_sentence


def test_until_the_operator_has_let_go_the_push_goes_on():
    grid = open_pedicle()
    path = from_the_side(grid, (18, 17, 13))
    at_once, usual, slow = (inject(grid, path, volume_ml=3.0, reaction_s=s) for s in (0.0, 1.0, 5.0))
    for run, reaction_s in ((at_once, 0.0), (usual, 1.0), (slow, 5.0)):
        balanced(run, grid)
        assert run.stop_reason is StopReason.EPIDURAL_LEAK
        assert run.leaks[0].first_visible_s == at_once.stop_time_s
        assert run.stop_time_s == pytest.approx(at_once.stop_time_s + reaction_s)
        assert run.injected_ml == pytest.approx(at_once.injected_ml + 0.05 * reaction_s)
    assert at_once.in_canal_ml < usual.in_canal_ml < slow.in_canal_ml
    np.testing.assert_array_equal(inject(grid, path, volume_ml=3.0).fill, usual.fill)  # a second is the default


def test_what_is_noticed_last_is_still_the_reason():
    """The asked volume, or the end of paste, comes within the reaction time: the leak stays the reason."""
    grid = open_pedicle()
    path = from_the_side(grid, (18, 17, 13))
    seen_ml = inject(grid, path, volume_ml=3.0, reaction_s=0.0).injected_ml
    run = balanced(inject(grid, path, volume_ml=seen_ml + 0.01, reaction_s=30.0), grid)
    assert run.stop_reason is StopReason.EPIDURAL_LEAK
    assert run.injected_ml == pytest.approx(seen_ml + 0.01, abs=1e-6)


def test_a_leak_is_seen_when_the_table_says_so():
    grid = open_pedicle()
    path = from_the_side(grid, (18, 17, 13))
    late = inject(grid, path, volume_ml=3.0, seen_from_ml={"epidural": 0.1}, reaction_s=0.0)
    assert late.leaks[0].volume_ml == pytest.approx(0.1, abs=1e-6)
    never = inject(grid, path, volume_ml=2.5, seen_from_ml=9.0)
    assert never.stop_reason is StopReason.VOLUME_DELIVERED
    assert never.leaks[0].first_visible_s is None
    assert never.leaks[0].volume_ml > 0.1


def test_gaps_that_cannot_be_seen_stay_closed_and_are_not_assessed():
    grid = open_pedicle(breaches_can_be_seen=False)
    run = balanced(inject(grid, from_the_side(grid, (18, 17, 13)), volume_ml=1.5), grid)
    assert run.leaks == ()
    assert run.not_assessed == BONY_SITES
    assert inject(open_pedicle(), from_the_side(grid, (18, 17, 13)), volume_ml=0.1).not_assessed == ()


@pytest.mark.parametrize("breaches_can_be_seen", [True, False])
def test_through_the_vein_is_a_venous_leak(breaches_can_be_seen):
    grid = with_tissue(boxed_body(breaches_can_be_seen=breaches_can_be_seen), VEIN, Tissue.BASIVERTEBRAL_VEIN)
    run = balanced(inject(grid, from_the_side(grid, (18, 22, 13)), volume_ml=3.0), grid)
    assert sites(run) == {LeakSite.BASIVERTEBRAL_VEIN}
    assert run.stop_reason is StopReason.VENOUS_LEAK
    assert run.leaks[0].yeom == "B"
    assert run.in_canal_ml == run.leaks[0].volume_ml
    vein = grid.is_tissue(Tissue.BASIVERTEBRAL_VEIN)
    assert run.fill[vein].any()  # cement in the vein within the body is no leak
    assert run.leaks[0].volume_ml == pytest.approx(float(run.fill[grid.tissue == Tissue.CANAL].sum()) / 1000, rel=1e-5)


def test_a_segmental_vein_carries_cement_beside_the_body_alone():
    grid = boxed_body(shape=(26, 34, 44))
    with_tissue(grid, grid.tissue == Tissue.CANAL, Tissue.SOFT)  # no posterior wall to reach before the vein is full
    inside, beside = (slice(12, 14), slice(20, 22), slice(30, 40)), (slice(12, 14), slice(20, 22), slice(40, 43))
    with_tissue(grid, inside, Tissue.SEGMENTAL_VEIN)
    with_tissue(grid, beside, Tissue.SEGMENTAL_VEIN)
    run = balanced(inject(grid, path_to(grid, (26, 20, 13)), volume_ml=3.0, seen_from_ml=0.006), grid)
    assert sites(run) == {LeakSite.SEGMENTAL_VEIN}
    assert run.stop_reason is StopReason.VENOUS_LEAK
    assert run.leaks[0].yeom == "S"
    assert not run.fill[grid.tissue == Tissue.SOFT].any()  # a vein's wall is tight
    assert any("edge of the modelled region" in warning for warning in run.warnings) == bool(run.fill[:, :, -2].any())


def test_cement_in_a_disc_is_a_caution_unless_it_shall_stop():
    grid = boxed_body(shape=(30, 34, 36))
    with_tissue(grid, (slice(26, 29), slice(10, 30), slice(6, 30)), Tissue.DISC_ABOVE)
    with_tissue(grid, (slice(24, 26), slice(18, 22), slice(16, 20)), Tissue.TRABECULAR)
    path = path_to(grid, (18, 20, 19))
    run = balanced(inject(grid, path, volume_ml=2.0), grid)
    assert run.stop_reason is StopReason.VOLUME_DELIVERED
    assert sites(run) == {LeakSite.DISC_ABOVE}
    assert run.leaks[0].yeom == "D"
    assert any(w.startswith("Caution: cement was seen in the disc above") for w in run.warnings)
    seen = [e for e in run.events if e["event"] == "leak"]
    assert [e["visible"] for e in seen] == [False, True]
    stopped = inject(grid, path, volume_ml=2.0, stop_on_disc=True, reaction_s=0.0)
    assert stopped.stop_reason is StopReason.DISC_LEAK
    assert stopped.leaks[0].volume_ml == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(
    ("tissue", "site", "reason"),
    [
        (Tissue.FORAMEN_LEFT, LeakSite.FORAMEN_LEFT, StopReason.FORAMINAL_LEAK),
        (Tissue.FORAMEN_RIGHT, LeakSite.FORAMEN_RIGHT, StopReason.FORAMINAL_LEAK),
        (Tissue.SOFT, LeakSite.PARAVERTEBRAL, StopReason.PARAVERTEBRAL_LEAK),
    ],
)
def test_other_gaps_stop_for_what_they_open_to(tissue, site, reason):
    grid = boxed_body()
    with_tissue(grid, (slice(2, 24), slice(4, 33), slice(32, 35)), tissue)
    with_tissue(grid, (slice(12, 14), slice(20, 22), slice(30, 32)), Tissue.TRABECULAR)
    run = balanced(inject(grid, path_to(grid, (25, 20, 13)), volume_ml=3.0), grid)
    assert sites(run) == {site}
    assert run.stop_reason is reason


def test_the_paste_ends():
    grid = boxed_body()
    run = balanced(inject(grid, path_to(grid, TIP), volume_ml=3.0, start_s=480.0), grid)
    assert run.stop_reason is StopReason.PASTE_ENDED
    assert run.stop_time_s == pytest.approx(510.0)
    assert run.injected_ml == pytest.approx(30 * 0.05, rel=0.5)
    cold = inject(grid, path_to(grid, TIP), volume_ml=0.5, start_s=480.0, room_temperature_c=18.0)
    assert cold.stop_reason is StopReason.VOLUME_DELIVERED


def test_hardened_cement_is_not_injected():
    grid = boxed_body()
    run = inject(grid, path_to(grid, TIP), start_s=520.0)
    assert run.stop_reason is StopReason.PASTE_ENDED
    assert run.injected_ml == 0.0
    assert not run.fill.any()
    assert any("had hardened" in warning for warning in run.warnings)


def test_liquid_cement_is_warned_about():
    grid = boxed_body()
    run = inject(grid, path_to(grid, TIP), volume_ml=0.2, start_s=200.0)
    assert any("still liquid" in warning for warning in run.warnings)


def test_the_pressure_limit_slows_and_then_stops():
    grid = boxed_body()
    path = path_to(grid, TIP, gauge_number=13)
    free = inject(grid, path, volume_ml=0.3)
    assert free.peak_pressure_kpa < 3215.0
    slowed = balanced(inject(grid, path, volume_ml=0.3, pressure_limit_kpa=0.6 * free.peak_pressure_kpa), grid)
    assert slowed.peak_pressure_kpa <= 0.6 * free.peak_pressure_kpa * (1 + 1e-9)
    assert slowed.stop_time_s > free.stop_time_s + 1.0
    assert any("lowered the rate" in warning for warning in slowed.warnings)
    stopped = inject(grid, path, volume_ml=0.3, pressure_limit_kpa=0.05 * free.peak_pressure_kpa)
    assert stopped.stop_reason is StopReason.PRESSURE_LIMIT
    assert stopped.injected_ml < 0.3
