"""Whole injections on drawn vertebrae: what stops them, where the cement lies, and that none is lost."""

import json
from dataclasses import replace

import numba
import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.actions import Balloon, Mix, Pause, Push, Stop, Wait, Withdraw
from vertebroplasty.cement.injection import inject, inject_actions
from vertebroplasty.cement.leak import BONY_SITES, LeakSite
from vertebroplasty.cement.permeability import BedParameters
from vertebroplasty.cement.result import StopReason
from vertebroplasty.errors import Refused

TIP = (18, 20, 13)  # i, j, k in the middle of the core
GAP = (slice(12, 14), slice(10, 12), slice(17, 19))  # 2 mm wide through the wall before the canal
VEIN = (slice(11, 15), slice(10, 21), slice(15, 21))  # 6 × 4 mm


def balanced(run, grid):
    """Cement in the voxels is the cement pushed, and lies where it says."""
    in_voxels = float(run.fill.sum(dtype=np.float64)) * grid.voxel_ml
    leaked = sum(leak.volume_ml for leak in run.leaks)
    assert in_voxels == pytest.approx(run.injected_ml, rel=1e-6)  # the file is float32
    assert run.in_body_ml + leaked == pytest.approx(run.injected_ml, rel=1e-9)
    assert run.mass_balance_error < 1e-9
    assert run.fill.min() >= 0
    assert run.fill.max() <= 1
    np.testing.assert_array_equal(np.isfinite(run.arrival_time_s), run.fill > 0)
    json.dumps(run.events, allow_nan=False)
    return run


def from_the_side(grid, tip_ijk):
    """A needle that leaves gaps and veins in the posterior wall free."""
    return path_to(grid, tip_ijk, along=(1.0, 0.0, 0.0))


def sites(run):
    return {leak.site for leak in run.leaks}


def open_pedicle(**options):
    """The wall before the canal belongs to a pedicle, and has a gap of 2 mm."""
    grid = boxed_body(**options)
    grid.part[:, :14][grid.part[:, :14] > 0] = Part.PEDICLE_LEFT
    return with_tissue(grid, GAP, Tissue.TRABECULAR)


@pytest.fixture(scope="module")
def sealed():
    grid = boxed_body()
    return grid, inject(grid, path_to(grid, TIP), volume_ml=1.5)


def test_a_sealed_body_keeps_all_cement(sealed):
    grid, run = sealed
    balanced(run, grid)
    assert run.stop_reason is StopReason.VOLUME_DELIVERED
    assert run.stop_sentence == (
        "Stopped after 1.50 ml, 6 min 00 s after mixing began: the planned volume was delivered."
    )
    assert run.leaks == ()
    assert run.in_canal_ml == 0
    assert run.injected_ml == pytest.approx(1.5)
    assert run.stop_time_s == pytest.approx(330.0 + 1.5 / 0.05)
    assert not run.fill[~grid.is_tissue(Tissue.TRABECULAR)].any()


def test_the_events_tell_the_story_in_order(sealed):
    _, run = sealed
    names = [event["event"] for event in run.events]
    assert [name for name in names if name != "sample"] == [
        "mix-start", "phase", "phase", "inject-start", "stop", "stylet", "needle-out",
    ]  # fmt: skip
    assert names.count("sample") == 31  # every 0.05 ml, and once where the stylet takes over
    times = [event["t_s"] for event in run.events]
    assert times == sorted(times)
    samples = [event for event in run.events if event["event"] == "sample"]
    assert max(s["pressure_kpa"] for s in samples) == run.peak_pressure_kpa
    assert run.peak_tip_pressure_kpa < 0.2 * run.peak_pressure_kpa  # the cannula takes most of it


def test_cement_arrives_near_the_tip_first(sealed):
    _, run = sealed
    k, j, i = np.indices(run.fill.shape)
    came = np.isfinite(run.arrival_time_s)
    distance = np.sqrt((i - TIP[0]) ** 2 + (j - TIP[1]) ** 2 + (k - TIP[2]) ** 2)
    assert np.corrcoef(distance[came], run.arrival_time_s[came])[0, 1] > 0.85
    assert run.arrival_time_s[came].min() > 330.0
    assert run.arrival_time_s[came].max() < run.stop_time_s


def test_arrival_is_when_the_fill_passed_half_its_final_value(sealed):
    """What had arrived at a moment is what a shorter injection finds, up to half-filled voxels."""
    grid, run = sealed
    short = inject(grid, path_to(grid, TIP), volume_ml=1.0)
    arrived = run.arrival_time_s <= short.stop_time_s
    front = (short.fill > 0) & (short.fill < 0.8)
    assert not np.any(arrived & (short.fill == 0) & ~front)
    full = short.fill > 0.8
    assert np.all(arrived[full])
    assert abs(float(run.fill[arrived].sum()) * grid.voxel_ml - 1.0) < 0.25 * front.sum() * grid.voxel_ml


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


def test_viscous_cement_and_a_thin_needle_cost_pressure():
    grid = boxed_body()
    peaks = [
        inject(grid, path_to(grid, TIP), volume_ml=0.3, product=f"pmma-{n}").peak_pressure_kpa
        for n in ("low", "medium", "high")
    ]
    assert peaks == sorted(peaks)
    thin = inject(grid, path_to(grid, TIP, gauge_number=13), volume_ml=0.3).peak_pressure_kpa
    assert thin > 1.8 * peaks[1]


def test_permeability_moves_the_tip_pressure_alone():
    grid = boxed_body()
    path = path_to(grid, TIP)
    tight = inject(grid, path, volume_ml=0.3, parameters=BedParameters(axial_permeability_m2=5e-9))
    loose = inject(grid, path, volume_ml=0.3, parameters=BedParameters(axial_permeability_m2=2e-8))
    assert tight.peak_tip_pressure_kpa > 2.5 * loose.peak_tip_pressure_kpa
    assert tight.stop_reason is loose.stop_reason


def test_steel_takes_no_cement():
    grid = boxed_body()
    path = path_to(grid, TIP, along=(0.0, 1.0, 0.0))
    run = inject(grid, path, volume_ml=1.0)
    assert not run.fill[13, 12:20, 18].any()  # the shaft comes from behind (low j)
    assert run.fill[13, 21, 18] > 0


def test_old_cement_and_metal_take_no_cement():
    grid = boxed_body()
    with_tissue(grid, (slice(8, 19), slice(22, 27), slice(10, 26)), Tissue.OLD_CEMENT)
    run = balanced(inject(grid, path_to(grid, (18, 18, 13)), volume_ml=0.8), grid)
    assert not run.fill[grid.tissue == Tissue.OLD_CEMENT].any()


@pytest.mark.parametrize("tip", [(18, 10.4, 13), (18, 6, 13), (400, 20, 13)])
def test_a_tip_that_lies_in_no_cancellous_bone_is_refused(tip):
    grid = boxed_body()
    with pytest.raises(Refused, match=r"tip (does not lie|lies outside)"):
        inject(grid, path_to(grid, tip))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"product": "glue"}, "no cement called glue"),
        ({"volume_ml": 0.0}, "--volume-ml must be above zero"),
        ({"rate_ml_per_s": -1.0}, "--rate-ml-per-s must be above zero"),
        ({"start_s": -1.0}, "--start-s must be at least zero"),
        ({"room_temperature_c": 60.0}, "handling times hold"),
        ({"seen_from_ml": 0.0}, "must be above zero"),
        ({"seen_from_ml": {"lung": 0.1}}, "names lung, which is no leak site"),
        ({"reaction_s": -1.0}, "--reaction-s must be at least zero"),
        ({"reaction_s": float("nan")}, "--reaction-s must be at least zero"),
        ({"pressure_limit_kpa": 0.0}, "--pressure-limit-kpa must be above zero and at most 20000 kPa, not 0"),
        ({"pressure_limit_kpa": float("inf")}, "--pressure-limit-kpa must be above zero and at most 20000 kPa"),
        ({"volume_ml": 50.1}, "--volume-ml must be above zero and at most 50 ml, not 50.1"),
        ({"volume_ml": float("nan")}, "--volume-ml must be above zero"),
        ({"rate_ml_per_s": 5.1}, "--rate-ml-per-s must be above zero and at most 5 ml/s"),
        ({"start_s": 7201.0}, "--start-s must be at least zero and at most 7200 s"),
        ({"start_s": float("nan")}, "--start-s must be at least zero"),
        ({"seen_from_ml": float("inf")}, "--seen-from-ml must be above zero and at most 50 ml"),
        ({"seen_from_ml": {"epidural": float("nan")}}, "--seen-from-ml must be above zero"),
        ({"room_temperature_c": float("nan")}, "handling times hold"),
    ],
)
def test_impossible_options_are_refused(option, said):
    grid = boxed_body()
    with pytest.raises(Refused, match=said):
        inject(grid, path_to(grid, TIP), **option)


def test_actions_are_what_the_plain_options_write(sealed):
    grid, run = sealed
    again = inject_actions(grid, path_to(grid, TIP), run.actions)
    np.testing.assert_array_equal(again.fill, run.fill)
    assert again.events == run.events


def test_pauses_and_a_stop_by_the_operator():
    grid = boxed_body()
    run = balanced(
        inject_actions(
            grid,
            path_to(grid, TIP),
            (
                Mix(product="pmma-medium"), Wait(duration_s=330.0), Push(rate_ml_per_s=0.05, duration_s=10.0), Pause(),
                Push(t_s=360.0, pressure_kpa=500.0, duration_s=5.0), Stop(), Push(rate_ml_per_s=0.05, volume_ml=1.0),
                Withdraw(t_s=370.0),
            ),
        ),
        grid,
    )  # fmt: skip
    assert run.stop_reason is StopReason.OPERATOR
    assert run.stop_time_s == pytest.approx(365.0)
    assert 0.5 < run.injected_ml < 1.0
    paused = (run.arrival_time_s > 340.0) & (run.arrival_time_s < 360.0)
    assert not paused.any()  # nothing arrives while nobody pushes
    assert any("passed over" in warning for warning in run.warnings)
    pushed = [e for e in run.events if e["event"] == "sample" and e["t_s"] > 360.0]
    assert all(e["pressure_kpa"] == pytest.approx(500.0, rel=1e-6) for e in pushed)
    assert not [e for e in run.events if e["event"] == "sample" and 340.0 < e["t_s"] <= 360.0]


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ((Push(rate_ml_per_s=0.05, volume_ml=1.0),), "must begin with one mix"),
        ((Mix(product="pmma-medium"),), "hold no push"),
        ((Mix(product="pmma-medium"), Balloon(needle=1, volume_ml=1.0)), "hold no push"),
        ((Mix(product="pmma-medium"), Push(needle=2, rate_ml_per_s=0.1, volume_ml=0.1)), "Needle 2 is not in place"),
        (
            (Mix(product="pmma-medium"), Wait(duration_s=400.0), Push(t_s=330.0, rate_ml_per_s=0.1, volume_ml=0.1)),
            "order the actions by time",
        ),
    ],
)
def test_lists_that_cannot_run_are_refused(actions, said):
    grid = boxed_body()
    with pytest.raises(Refused, match=said):
        inject_actions(grid, path_to(grid, TIP), actions)


def test_the_same_injection_twice_and_on_another_number_of_threads_is_the_same_to_the_bit():
    grid = open_pedicle()
    path = from_the_side(grid, (18, 17, 13))
    before = numba.get_num_threads()
    runs = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            runs.append(inject(grid, path, volume_ml=0.6))
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(runs[0].fill, runs[1].fill)
    np.testing.assert_array_equal(runs[0].arrival_time_s, runs[1].arrival_time_s)
    assert runs[0].events == runs[1].events


def test_mirroring_the_vertebra_mirrors_the_injection():
    grid = with_tissue(boxed_body(), (slice(8, 12), slice(15, 19), slice(9, 14)), Tissue.CLEFT)
    mirrored = replace(
        grid,
        tissue=np.ascontiguousarray(grid.tissue[:, :, ::-1]),
        part=np.ascontiguousarray(grid.part[:, :, ::-1]),
        hu=np.ascontiguousarray(grid.hu[:, :, ::-1]),
    )
    run = inject(grid, path_to(grid, (16, 20, 13)), volume_ml=0.6)
    other = inject(mirrored, path_to(mirrored, (grid.tissue.shape[2] - 1 - 16, 20, 13)), volume_ml=0.6)
    # pressures are solved to 1e-6; a voxel at the front may differ by its share of one portion
    np.testing.assert_allclose(other.fill[:, :, ::-1], run.fill, atol=1e-2)
    assert other.injected_ml == pytest.approx(run.injected_ml)


def test_a_needle_beside_a_cleft_fills_it_first():
    cleft = (slice(8, 18), slice(18, 22), slice(20, 28))
    grid = with_tissue(boxed_body(), cleft, Tissue.CLEFT)
    run = inject(grid, path_to(grid, (18, 20, 13)), volume_ml=0.6)
    plain = inject(boxed_body(), path_to(grid, (18, 20, 13)), volume_ml=0.6)
    assert run.fill[cleft].sum() > 1.3 * plain.fill[cleft].sum()
