"""The stylet and the needle's removal: what the cannula holds goes into the bone, or stays in the track."""

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to
from vertebroplasty.cement.actions import Mix, Push, Stop, Stylet, Wait, Withdraw
from vertebroplasty.cement.injection import inject, inject_actions
from vertebroplasty.cement.leak import LeakSite
from vertebroplasty.cement.result import StopReason
from vertebroplasty.cement.syringe import cannula_ml
from vertebroplasty.geometry.gauges import gauge

TIP = (18, 20, 13)
BEGUN = (Mix(product="pmma-medium"), Wait(duration_s=330.0), Push(rate_ml_per_s=0.05, volume_ml=0.6))
SIDEWAYS = {"along": (1.0, 0.0, 0.0), "length_mm": 14.0}


def run_of(*after, tip=TIP, **options):
    grid = boxed_body()
    run = inject_actions(grid, path_to(grid, tip, **SIDEWAYS), (*BEGUN, *after), **options)
    in_voxels = float(run.fill.sum(dtype=np.float64)) * grid.voxel_ml
    assert in_voxels == pytest.approx(run.injected_ml, rel=1e-6)
    assert run.mass_balance_error < 1e-9
    np.testing.assert_array_equal(np.isfinite(run.arrival_time_s), run.fill > 0)
    return grid, run


def test_the_dead_volume_is_the_bore_times_its_length():
    assert cannula_ml(gauge(11)) == pytest.approx(np.pi / 4 * 2.39**2 * 125 / 1000)
    assert cannula_ml(gauge(13)) < cannula_ml(gauge(11))


def test_the_stylet_drives_the_dead_volume_into_the_bone():
    _, plain = run_of()
    _, run = run_of(Stylet(), Withdraw())
    assert run.injected_ml - plain.injected_ml == pytest.approx(run.dead_volume_ml)
    assert run.stylet_reinserted is True
    assert run.leaks == ()  # nothing is left that could stay in the track
    assert plain.stylet_reinserted is None


def test_after_an_operators_stop_too():
    _, run = run_of(Stop(), Stylet(), Withdraw())
    assert run.stop_reason is StopReason.OPERATOR
    assert run.injected_ml == pytest.approx(0.6 + run.dead_volume_ml)
    assert "0.60 ml" in run.stop_sentence  # what had been pushed when the operator stopped


def test_hardened_cement_keeps_the_stylet_out_and_the_column_stays_in_the_track():
    """The founding case: no stylet, then a leak along the needle when it is withdrawn."""
    grid, run = run_of(Wait(duration_s=240.0), Stylet(), Withdraw())
    assert run.stylet_reinserted is False
    assert any("it cannot go in" in warning for warning in run.warnings)
    assert [leak.site for leak in run.leaks] == [LeakSite.NEEDLE_TRACK]
    leak = run.leaks[0]
    outside = grid.part == 0
    assert leak.volume_ml == pytest.approx(float(run.fill[outside].sum()) * grid.voxel_ml, rel=1e-5)
    assert leak.first_time_s == pytest.approx(330.0 + 12.0 + 240.0)
    assert leak.yeom is None
    assert run.stop_reason is StopReason.VOLUME_DELIVERED  # the leak came after the end
    out = next(e for e in run.events if e["event"] == "needle-out")
    assert out["in_track_ml"] == pytest.approx(run.injected_ml - 0.6)


def test_the_column_is_the_bore_along_the_track():
    """Area of the bore times the length of track that the grid holds, within the rounding of its voxels."""
    _, run = run_of(Wait(duration_s=240.0), Withdraw())
    length_mm = 18.0  # from the tip at i = 18 to the edge of the grid, less than 20 mm behind the bone
    assert run.injected_ml - 0.6 == pytest.approx(np.pi / 4 * 2.39**2 * length_mm / 1000, rel=0.1)


def test_without_a_push_the_cannula_is_empty():
    grid = boxed_body()
    actions = (Mix(product="pmma-medium"), Withdraw(t_s=100.0), Push(rate_ml_per_s=0.05, volume_ml=0.1))
    with pytest.raises(Exception, match="not in place"):
        inject_actions(grid, path_to(grid, TIP), actions)
    late = inject(grid, path_to(grid, TIP, **SIDEWAYS), start_s=600.0)
    assert late.injected_ml == 0.0
    assert late.leaks == ()


def test_cement_too_stiff_to_be_driven_keeps_the_stylet_out():
    grid = boxed_body()
    path = path_to(grid, TIP, gauge_number=13, **SIDEWAYS)
    free = inject(grid, path, volume_ml=0.3)
    actions = (*BEGUN[:2], Push(rate_ml_per_s=0.05, volume_ml=0.1), Wait(duration_s=150.0), Stylet(), Withdraw())
    run = inject_actions(grid, path, actions, pressure_limit_kpa=0.5 * free.peak_pressure_kpa)
    assert run.stylet_reinserted is False
    assert run.stop_reason is StopReason.PRESSURE_LIMIT
    assert run.leaks


def test_after_a_leak_was_seen_nothing_more_is_driven_in():
    grid = boxed_body()
    path = path_to(grid, TIP, **SIDEWAYS)
    run = inject(grid, path, volume_ml=6.0)
    assert run.stop_reason is StopReason.POSTERIOR_CORTEX
    assert any("not driven into the bone" in warning for warning in run.warnings)
    assert run.stylet_reinserted is True
    assert run.leaks == ()


def test_the_plain_volume_counts_what_the_stylet_drives_in():
    grid = boxed_body()
    run = inject(grid, path_to(grid, TIP), volume_ml=1.5)
    push, stylet = run.actions[2:4]
    assert push.volume_ml + stylet.volume_ml == 1.5
    assert stylet.volume_ml == cannula_ml(gauge(11))
    assert run.injected_ml == pytest.approx(1.5)
