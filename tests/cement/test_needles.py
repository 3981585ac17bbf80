"""Two needles, moved needles, needles drawn out: where the cement comes in, and that none is lost on the way."""

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.cement.actions import Mix, MoveNeedle, Push, Stop, Stylet, Wait, Withdraw
from vertebroplasty.cement.injection import inject_actions
from vertebroplasty.cement.leak import LeakSite
from vertebroplasty.cement.result import StopReason
from vertebroplasty.errors import Refused

LEFT, RIGHT = (12, 20, 13), (23, 20, 13)  # i, j, k: mirrored about the middle of the body
BEGUN = (Mix(product="pmma-medium"), Wait(duration_s=330.0))
HALF_ML = Push(rate_ml_per_s=0.05, volume_ml=0.5)


def moved(grid, number, tip_ijk, **options):
    path = path_to(grid, tip_ijk, **options)
    return MoveNeedle(
        needle=number, entry_lps_mm=tuple(map(float, path.entry_lps_mm)), tip_lps_mm=tuple(map(float, path.tip_lps_mm))
    )


def in_voxels(run, grid):
    return float(run.fill.sum(dtype=np.float64)) * grid.voxel_ml


def halves(run, grid):
    """Cement on either side of the middle."""
    return run.fill[:, :, :18].sum() * grid.voxel_ml, run.fill[:, :, 18:].sum() * grid.voxel_ml


def test_a_second_needle_fills_the_other_half():
    grid = boxed_body()
    actions = (*BEGUN, HALF_ML, moved(grid, 2, RIGHT), HALF_ML)
    run = inject_actions(grid, path_to(grid, LEFT), actions)
    one, other = halves(run, grid)
    assert run.injected_ml == pytest.approx(1.0)
    assert in_voxels(run, grid) == pytest.approx(1.0, rel=1e-6)
    assert run.mass_balance_error < 1e-9
    assert one == pytest.approx(0.5, abs=0.05)
    assert other == pytest.approx(0.5, abs=0.05)
    assert [e["needle"] for e in run.events if e["event"] == "move-needle"] == [2]
    assert run.stop_reason is StopReason.VOLUME_DELIVERED


def test_the_first_needle_is_not_disturbed_by_where_the_second_goes_later():
    grid = boxed_body()
    alone = inject_actions(grid, path_to(grid, LEFT), (*BEGUN, HALF_ML))
    both = inject_actions(grid, path_to(grid, LEFT), (*BEGUN, HALF_ML, moved(grid, 2, RIGHT), HALF_ML))
    first = alone.fill > 0
    np.testing.assert_array_less(alone.fill[first] - 1e-6, both.fill[first])
    full = first & (alone.fill > 0.8)
    np.testing.assert_array_equal(both.arrival_time_s[full], alone.arrival_time_s[full])


def test_needles_take_turns():
    grid = boxed_body()
    quarter = [Push(needle=n, rate_ml_per_s=0.05, volume_ml=0.25) for n in (1, 2)]
    run = inject_actions(grid, path_to(grid, LEFT), (*BEGUN, moved(grid, 2, RIGHT), *quarter, *quarter))
    one, other = halves(run, grid)
    assert one == pytest.approx(other, abs=0.05)
    assert in_voxels(run, grid) == pytest.approx(1.0, rel=1e-6)
    assert run.mass_balance_error < 1e-9


def test_each_stylet_drives_its_own_cannulas_cement():
    grid = boxed_body()
    quarter = [Push(needle=n, rate_ml_per_s=0.05, volume_ml=0.25) for n in (1, 2)]
    before = inject_actions(grid, path_to(grid, LEFT), (*BEGUN, moved(grid, 2, RIGHT), *quarter))
    after = inject_actions(grid, path_to(grid, LEFT), (*BEGUN, moved(grid, 2, RIGHT), *quarter, Stylet(), Stop()))
    gained = np.subtract(halves(after, grid), halves(before, grid))
    assert gained[0] == pytest.approx(after.dead_volume_ml, abs=0.05)  # the front's rim crosses the middle
    assert gained.sum() == pytest.approx(after.dead_volume_ml, rel=1e-6)


def test_a_needle_drawn_back_goes_on_filling_from_its_new_tip():
    grid = boxed_body()
    # along one axis: the shaft leaves an open channel ahead of the new tip
    actions = (*BEGUN, HALF_ML, moved(grid, 1, (18, 17, 13)), HALF_ML)
    run = inject_actions(grid, path_to(grid, (18, 24, 13)), actions)
    stayed = inject_actions(grid, path_to(grid, (18, 24, 13)), (*BEGUN, HALF_ML, HALF_ML))
    middle = [float((np.arange(34) * r.fill.sum(axis=(0, 2))).sum() / r.fill.sum()) for r in (run, stayed)]
    assert middle[0] < middle[1] - 1.0  # the cement's middle follows the tip back
    assert run.mass_balance_error < 1e-9
    assert in_voxels(run, grid) == pytest.approx(1.0, rel=1e-6)


def test_an_open_track_is_a_way_out_for_the_next_needles_cement():
    """Needle 1 went through the shell and is taken out; needle 2 stands beside its hole."""
    grid = boxed_body()
    first = path_to(grid, (18, 20, 13), along=(1.0, 0.0, 0.0), length_mm=14.0)  # through the wall at low i
    second = moved(grid, 2, (16, 20, 17), along=(0.0, 0.0, -1.0), length_mm=4.0)
    push = Push(rate_ml_per_s=0.05, volume_ml=1.5)
    left = inject_actions(grid, first, (*BEGUN, Withdraw(), second, push))
    plugged = inject_actions(grid, first, (*BEGUN, second, push))
    assert min(left.leaks, key=lambda leak: leak.first_time_s).site is LeakSite.NEEDLE_TRACK
    assert {leak.site for leak in left.leaks} <= {LeakSite.NEEDLE_TRACK, LeakSite.PARAVERTEBRAL}
    assert left.stop_reason is StopReason.PARAVERTEBRAL_LEAK
    assert plugged.leaks == ()
    assert left.mass_balance_error < 1e-9


def test_a_hole_is_open_even_where_breaches_cannot_be_seen():
    grid = boxed_body(breaches_can_be_seen=False)
    first = path_to(grid, (18, 20, 13), along=(1.0, 0.0, 0.0), length_mm=14.0)
    second = moved(grid, 2, (16, 20, 17), along=(0.0, 0.0, -1.0), length_mm=4.0)
    run = inject_actions(grid, first, (*BEGUN, Withdraw(), second, Push(rate_ml_per_s=0.05, volume_ml=1.5)))
    assert min(run.leaks, key=lambda leak: leak.first_time_s).site is LeakSite.NEEDLE_TRACK


def test_between_two_needles_the_stylet_and_the_removal_do_not_end_the_injection():
    grid = boxed_body()
    actions = (
        *BEGUN,
        HALF_ML,
        Stylet(),
        Withdraw(),
        moved(grid, 2, RIGHT),
        HALF_ML,
        Stylet(needle=2),
        Withdraw(needle=2),
    )
    run = inject_actions(grid, path_to(grid, LEFT), actions)
    assert run.stop_reason is StopReason.VOLUME_DELIVERED
    assert run.injected_ml == pytest.approx(1.0 + 2 * run.dead_volume_ml)
    assert [e["event"] for e in run.events if e["event"] in ("stop", "needle-out")] == [
        "needle-out",
        "stop",
        "needle-out",
    ]
    assert run.mass_balance_error < 1e-9


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ((HALF_ML, Withdraw(), HALF_ML), r"Needle 1 is not in place \(in place: none\)"),
        ((HALF_ML, Stylet(needle=3)), r"Needle 3 is not in place \(in place: 1\)"),
        ((Withdraw(needle=2), HALF_ML), "Needle 2 is not in place"),
    ],
)
def test_a_needle_that_is_not_there_cannot_be_used(actions, said):
    grid = boxed_body()
    with pytest.raises(Refused, match=said):
        inject_actions(grid, path_to(grid, LEFT), (*BEGUN, *actions))


def test_a_needle_cannot_be_moved_out_of_the_marrow():
    grid = with_tissue(boxed_body(), (slice(8, 12), slice(15, 19), slice(9, 14)), Tissue.OLD_CEMENT)
    with pytest.raises(Refused, match="tip does not lie in cancellous bone"):
        inject_actions(grid, path_to(grid, LEFT), (*BEGUN, moved(grid, 1, (11, 17, 10)), HALF_ML))
