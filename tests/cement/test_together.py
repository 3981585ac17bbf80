"""Needles pushed at the same time, and cement mixed anew: against exact networks, symmetry and each other."""

import json
import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to
from vertebroplasty.cement.actions import Mix, MoveNeedle, Push, Stylet, Wait, Withdraw, parse_actions
from vertebroplasty.cement.injection import finished, inject_actions
from vertebroplasty.cement.operation import begin_operation
from vertebroplasty.cement.result import StopReason
from vertebroplasty.cement.rheology import PowerLaw
from vertebroplasty.cement.together import Asked, Feed, delivered
from vertebroplasty.errors import Refused
from vertebroplasty.solvers.conjugate_gradient import NotConverged

LEFT, RIGHT = (11, 20, 13), (24, 20, 13)  # i, j, k: mirrored about the middle of the body
PRODUCT = "pmma-medium"
LAW = PowerLaw(consistency_pa_s=100.0, index=1.0)


class TwoCells:
    """A bed of which only the pressures at two tips matter: p = R q, in kPa for ml/s."""

    def __init__(self, resistance):
        self.resistance = np.asarray(resistance, float)
        self.speed = np.zeros(2)
        self.source = np.zeros(2)
        self.solutions = 0

    def prime(self, flow, rate):
        self.speed = np.ones(2)

    def solve(self, rate, law):
        self.solutions += 1
        return SimpleNamespace(box=slice(None), pressure_pa=1e3 * self.resistance @ (rate * self.source))


class Pipe:
    """A syringe whose cannula costs so many kPa for each ml/s."""

    def __init__(self, cost):
        self.cost = cost

    def pressure_kpa(self, t_s, rate):
        return self.cost * rate

    def rate_at(self, t_s, limit_kpa, bed):
        return limit_kpa / (self.cost + bed)


def feeds(costs, shares=(0.5, 0.5)):
    return tuple(
        Feed(needle=n + 1, source=np.eye(2)[n], syringe=Pipe(cost), share=share)
        for n, (cost, share) in enumerate(zip(costs, shares, strict=True))
    )


@pytest.mark.parametrize("costs", [(20_000.0, 20_000.0), (20_000.0, 5_000.0), (300.0, 900.0)])
def test_at_one_pressure_each_needle_delivers_what_the_network_says(costs):
    """Cannulas before a bed that couples its tips: (R + diag c) q = P, solved exactly."""
    resistance = np.array([[900.0, 250.0], [250.0, 1400.0]])
    asked = Asked(rate_ml_per_s=0.05, limit_kpa=800.0, by_pressure=True)
    bed = TwoCells(resistance)
    _, given = delivered(bed, feeds(costs), LAW, asked, 0.0, (0.025, 0.025))
    exact = np.linalg.solve(resistance + np.diag(costs), [800.0, 800.0])
    np.testing.assert_allclose([g.rate_ml_per_s for g in given], exact, rtol=1e-3)
    np.testing.assert_allclose([g.syringe_kpa for g in given], 800.0, rtol=1e-3)
    # needles that know nothing of each other would deliver more
    alone = 800.0 / (np.diag(resistance) + costs)
    assert np.all(alone > 1.005 * exact)


def test_at_a_rate_below_every_limit_one_solution_gives_the_shares():
    bed = TwoCells([[900.0, 250.0], [250.0, 1400.0]])
    bed.speed = np.ones(2)
    asked = Asked(rate_ml_per_s=0.05, limit_kpa=3000.0, by_pressure=False)
    _, given = delivered(bed, feeds((20_000.0, 20_000.0), (0.7, 0.3)), LAW, asked, 0.0, (0.035, 0.015))
    assert [g.rate_ml_per_s for g in given] == pytest.approx([0.035, 0.015])
    assert [g.tip_kpa for g in given] == pytest.approx([900 * 0.035 + 250 * 0.015, 250 * 0.035 + 1400 * 0.015])
    assert bed.solutions == 1


def test_a_needle_at_its_limit_gives_less_and_the_other_its_share():
    asked = Asked(rate_ml_per_s=0.05, limit_kpa=600.0, by_pressure=False)
    bed = TwoCells([[900.0, 250.0], [250.0, 1400.0]])
    _, given = delivered(bed, feeds((60_000.0, 10_000.0)), LAW, asked, 0.0, (0.025, 0.025))
    assert given[1].rate_ml_per_s == pytest.approx(0.025)
    exact = (600.0 - 250.0 * 0.025) / (60_000.0 + 900.0)
    assert given[0].rate_ml_per_s == pytest.approx(exact, rel=1e-3)


def test_flows_that_never_agree_are_an_error():
    class Fickle(Pipe):
        def rate_at(self, t_s, limit_kpa, bed):
            self.cost = 30_000.0 - self.cost
            return limit_kpa / self.cost

    asked = Asked(rate_ml_per_s=0.05, limit_kpa=600.0, by_pressure=True)
    pair = tuple(replace(feed, syringe=Fickle(10_000.0)) for feed in feeds((1.0, 1.0)))
    with pytest.raises(NotConverged, match="did not come to agree"):
        delivered(TwoCells(np.eye(2)), pair, LAW, asked, 0.0, (0.025, 0.025))


def placed(grid, number, tip_ijk):
    path = path_to(grid, tip_ijk)
    return MoveNeedle(
        needle=number, entry_lps_mm=tuple(map(float, path.entry_lps_mm)), tip_lps_mm=tuple(map(float, path.tip_lps_mm))
    )


def begun(grid, wait_s=330.0):
    return (Mix(product=PRODUCT), placed(grid, 2, RIGHT), Wait(duration_s=wait_s))


def both(**how):
    return Push(needles=(1, 2), **how)


def run_of(*actions, wait_s=330.0):
    grid = boxed_body()
    run = inject_actions(grid, path_to(grid, LEFT), (*begun(grid, wait_s), *actions))
    assert float(run.fill.sum(dtype=np.float64)) * grid.voxel_ml == pytest.approx(run.injected_ml, rel=1e-6)
    assert run.mass_balance_error < 1e-9
    return run


def halves(run):
    return float(run.fill[:, :, :18].sum()), float(run.fill[:, :, 18:].sum())


def test_both_halves_fill_alike_and_at_the_same_time():
    run = run_of(both(rate_ml_per_s=0.1, volume_ml=1.0))
    assert run.injected_ml == pytest.approx(1.0)
    assert run.stop_time_s == pytest.approx(340.0)
    one, other = halves(run)
    assert one == pytest.approx(other, rel=1e-3)
    np.testing.assert_allclose(run.fill, run.fill[:, :, ::-1], atol=0.02)
    for sample in (e for e in run.events if e["event"] == "sample"):
        left, right = sample["needles"]
        assert left["rate_ml_per_s"] == right["rate_ml_per_s"] == pytest.approx(0.05)
        assert left["tip_pressure_kpa"] == pytest.approx(right["tip_pressure_kpa"], rel=1e-3)


def test_shares_split_the_rate():
    one, other = halves(run_of(both(rate_ml_per_s=0.1, volume_ml=0.8, shares=(0.75, 0.25))))
    # the middle plane is not crossed by so little cement
    assert one / (one + other) == pytest.approx(0.75, abs=0.01)


def test_together_and_in_turns_the_same_bone_is_filled_at_like_pressures():
    """In turns it takes 8 s longer, in which cement thickens; a change of needles is no obstacle in itself."""
    together = run_of(both(rate_ml_per_s=0.1, volume_ml=0.8))
    turns = run_of(*(Push(needle=n, rate_ml_per_s=0.05, volume_ml=0.1) for _ in range(4) for n in (1, 2)))
    shared = np.minimum(together.fill, turns.fill).sum() / together.fill.sum()
    assert shared > 0.97
    assert turns.peak_tip_pressure_kpa < 1.3 * together.peak_tip_pressure_kpa


def test_at_one_pressure_both_syringes_have_it():
    run = run_of(both(pressure_kpa=400.0, duration_s=6.0))
    samples = [e for e in run.events if e["event"] == "sample"]
    assert samples
    for sample in samples:
        assert [n["pressure_kpa"] for n in sample["needles"]] == pytest.approx([400.0, 400.0], rel=2e-3)


def test_the_next_push_goes_on_through_both_and_a_stylet_empties_one():
    run = run_of(both(rate_ml_per_s=0.1, volume_ml=0.3), Push(rate_ml_per_s=0.1, volume_ml=0.3), Stylet(needle=2))
    pushed = [len(e.get("needles", [0])) for e in run.events if e["event"] == "sample"]
    assert pushed[0] == 2
    assert pushed[-1] == 1
    assert run.injected_ml == pytest.approx(0.6 + run.dead_volume_ml)
    one, other = halves(run)
    assert other > one + 0.8 * run.dead_volume_ml * 1e3


def test_kept_between_two_actions_and_read_from_its_lines_it_ends_the_same():
    grid = boxed_body()
    actions = (
        *begun(grid), both(rate_ml_per_s=0.1, volume_ml=0.2, shares=(0.6, 0.4)), Mix(product=PRODUCT, needle=2),
    )  # fmt: skip
    actions = (
        *actions[:-1],
        Stylet(needle=2),
        actions[-1],
        Wait(duration_s=330.0),
        Push(rate_ml_per_s=0.05, volume_ml=0.1),
    )
    whole = inject_actions(grid, path_to(grid, LEFT), actions)
    lines = [json.dumps(action.as_json()) for action in whole.actions]
    again = inject_actions(grid, path_to(grid, LEFT), parse_actions(lines))
    np.testing.assert_array_equal(again.fill, whole.fill)
    operation = begin_operation(
        grid, path_to(grid, LEFT), actions[0], room_temperature_c=22.0, seen_from_ml=0.05, stop_on_disc=False,
        pressure_limit_kpa=3215.0, reaction_s=1.0, parameters=None,
    )  # fmt: skip
    for n, action in enumerate(actions[1:], start=2):
        operation.perform(action, push_follows=n < len(actions))
        operation = pickle.loads(pickle.dumps(operation))
    np.testing.assert_array_equal(finished(operation).fill, whole.fill)


def last_pressure(run):
    return [e for e in run.events if e["event"] == "sample"][-1]["pressure_kpa"]


def test_cement_mixed_anew_is_as_thick_as_its_own_age():
    """Mixed again at 200 s and pushed 330 s later, it needs the pressure that the first needed at 330 s."""
    push = Push(needle=2, rate_ml_per_s=0.05, volume_ml=0.05)
    fresh = run_of(Mix(product=PRODUCT), Wait(duration_s=330.0), push, wait_s=200.0)
    first, late = run_of(push), run_of(push, wait_s=505.0)
    assert last_pressure(fresh) == pytest.approx(last_pressure(first), rel=1e-9)
    assert last_pressure(late) > 5 * last_pressure(first)
    again = [e for e in fresh.events if e.get("mix") == 2]
    assert [(e["t_s"], e["phase"]) for e in again][:2] == [(200.0, "liquid"), (pytest.approx(200.0 + 306.0), "pasty")]
    assert [e["t_s"] for e in fresh.events if e["event"] == "mix-start"] == [0.0, 200.0]


def test_each_needle_has_the_age_of_its_own_mix():
    push = both(pressure_kpa=400.0, duration_s=5.0)
    run = run_of(Mix(product=PRODUCT, needle=2), Wait(duration_s=330.0), push, wait_s=150.0)
    sample = [e for e in run.events if e["event"] == "sample"][-1]
    old, new = sample["needles"]
    assert new["rate_ml_per_s"] > 3 * old["rate_ml_per_s"]


def test_paste_that_has_ended_is_taken_up_with_a_fresh_mix():
    pushed = Push(needle=1, rate_ml_per_s=0.05, volume_ml=2.0)
    run = run_of(
        pushed, Mix(product=PRODUCT), Wait(duration_s=320.0), Push(needle=2, rate_ml_per_s=0.05, volume_ml=0.3),
        Withdraw(needle=2), wait_s=495.0,
    )  # fmt: skip
    stops = [e["reason"] for e in run.events if e["event"] == "stop"]
    assert stops == ["paste-ended", "volume-delivered"]
    assert run.stop_reason is StopReason.VOLUME_DELIVERED
    # the first needle's cannula still holds what has set, and its push would end at once
    stuck = run_of(pushed, Mix(product=PRODUCT), Push(needle=1, rate_ml_per_s=0.05, volume_ml=0.3), wait_s=495.0)
    assert stuck.stop_reason is StopReason.PASTE_ENDED


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        ((Push(needles=(1, 3), rate_ml_per_s=0.1, volume_ml=0.1),), "Needle 3 is not in place"),
        ((Mix(product="pmma-low"), both(rate_ml_per_s=0.1, volume_ml=0.1)), "one product: mix pmma-medium again"),
        (
            (both(rate_ml_per_s=0.1, volume_ml=0.1), Mix(product=PRODUCT, needle=2)),
            "Needle 2 still holds cement mixed before",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(actions, sentence):
    with pytest.raises(Refused, match=sentence):
        run_of(*actions)


def test_the_first_mix_is_for_all():
    grid = boxed_body()
    with pytest.raises(Refused, match="fills every syringe"):
        inject_actions(grid, path_to(grid, LEFT), (Mix(product=PRODUCT, needle=1), Push(rate_ml_per_s=1, volume_ml=1)))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('"needles": [1, 2], "needle": 1', "either needle or needles"),
        ('"needles": [1]', "two different needles"),
        ('"needles": [1, 1]', "two different needles"),
        ('"needles": 1', "must be a list of at most 4"),
        ('"needles": [1, 2, 3, 4, 5]', "must be a list of at most 4"),
        ('"needles": [1, 0]', "must be above zero"),
        ('"needles": [1, "2"]', "must be a whole number"),
        ('"needles": [1, 2], "shares": [0.5]', "one share for each"),
        ('"needles": [1, 2], "shares": [0.7, 0.7]', "add up to 1.4"),
        ('"needles": [1, 2], "shares": [1.5, -0.5]', "must be above zero"),
        ('"shares": [0.5, 0.5]', "shares need needles"),
    ],
)
def test_a_line_that_names_needles_wrongly_is_refused(line, sentence):
    text = '{"action": "push", "rate_ml_per_s": 0.1, "volume_ml": 1, ' + line + "}"
    with pytest.raises(Refused, match=sentence):
        parse_actions([text])
