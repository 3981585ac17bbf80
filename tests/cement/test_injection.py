"""Whole injections on drawn vertebrae: where the cement lies and when it came, and that none is lost at any step."""

from dataclasses import replace

import numba
import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from drawn_injection import TIP, balanced, from_the_side, open_pedicle
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.cement import marrow_flow
from vertebroplasty.cement.actions import Balloon, Mix, Pause, Push, Stop, Wait, Withdraw
from vertebroplasty.cement.injection import inject, inject_actions
from vertebroplasty.cement.permeability import BedParameters
from vertebroplasty.cement.result import StopReason
from vertebroplasty.errors import Refused


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


def mass_errors(run):
    return [event["mass_error"] for event in run.events if event["event"] == "sample"]


def test_every_step_tells_its_mass_error(sealed):
    """Through a leak and the reaction time, and where the stylet takes over: rounding alone; a millionth is allowed."""
    _, closed = sealed
    leaking = inject(open_pedicle(), from_the_side(open_pedicle(), (18, 17, 13)), volume_ml=3.0)
    assert leaking.leaks
    for run in (closed, leaking):
        assert len(mass_errors(run)) >= run.injected_ml / 0.05
        assert all(0 <= error < 1e-12 for error in mass_errors(run))


def test_a_loss_too_small_to_be_refused_is_told(monkeypatch):
    advance = marrow_flow.advance_cells

    def lossy(fluxes, voxels, *others):
        ended = advance(fluxes, voxels, *others)
        voxels.content[...] *= 1 - 1e-8
        return ended

    monkeypatch.setattr(marrow_flow, "advance_cells", lossy)
    grid = boxed_body()
    errors = mass_errors(inject(grid, path_to(grid, TIP), volume_ml=0.5))
    assert errors[0] == pytest.approx(1e-8, rel=1e-3)
    assert errors == sorted(errors)  # each step loses a share of all that lies there
    assert errors[-1] < 1e-6


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
