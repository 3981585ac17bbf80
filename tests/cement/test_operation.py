"""An injection under way: taken up again it goes on as if never interrupted; what moves no cement is logged."""

import json
import pickle

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to
from vertebroplasty.cement.actions import (
    CArm,
    Help,
    Image,
    Mix,
    Pause,
    Phlebogram,
    Push,
    Stylet,
    Wait,
    Withdraw,
    parse_actions,
)  # fmt: skip
from vertebroplasty.cement.injection import finished, inject, inject_actions
from vertebroplasty.cement.operation import begin_operation

TIP = (18, 20, 13)
MIX = Mix(product="pmma-medium")
USUAL = {
    "room_temperature_c": 22.0, "seen_from_ml": 0.05, "stop_on_disc": False, "pressure_limit_kpa": 3215.0,
    "reaction_s": 1.0, "parameters": None,
}  # fmt: skip


def same(one, other):
    """Equal to the bit."""
    np.testing.assert_array_equal(one.fill, other.fill)
    np.testing.assert_array_equal(one.arrival_time_s, other.arrival_time_s)
    assert one.events == other.events
    assert one.injected_ml == other.injected_ml
    assert one.peak_pressure_kpa == other.peak_pressure_kpa
    assert one.leaks == other.leaks


def test_an_operation_kept_and_taken_up_again_ends_the_same():
    grid = boxed_body()
    path = path_to(grid, TIP, along=(1.0, 0.0, 0.0), length_mm=14.0)
    actions = (
        MIX, Wait(duration_s=330.0), Push(rate_ml_per_s=0.05, volume_ml=0.33), Pause(), Wait(duration_s=20.0),
        Push(pressure_kpa=900.0, duration_s=6.0), Stylet(), Withdraw(),
    )  # fmt: skip
    whole = inject_actions(grid, path, actions)
    operation = begin_operation(grid, path, MIX, **USUAL)
    for n, action in enumerate(actions[1:]):
        operation.perform(action, push_follows=n < 4)
        operation = pickle.loads(pickle.dumps(operation))
    same(finished(operation), whole)


def test_a_pause_of_no_length_changes_no_more_than_rounding():
    """The pressure is solved anew at the same volumes when the push is cut between two portions."""
    grid = boxed_body()
    whole = inject_actions(
        grid, path_to(grid, TIP), (MIX, Wait(duration_s=330.0), Push(rate_ml_per_s=0.05, volume_ml=0.4))
    )
    half = Push(rate_ml_per_s=0.05, volume_ml=0.2)
    cut = inject_actions(grid, path_to(grid, TIP), (MIX, Wait(duration_s=330.0), half, Pause(), half))
    np.testing.assert_allclose(cut.fill, whole.fill, atol=1e-6)
    assert cut.stop_time_s == pytest.approx(whole.stop_time_s, abs=1e-9)


@pytest.mark.parametrize(
    "options", [{}, {"product": "pmma-high", "volume_ml": 0.7, "rate_ml_per_s": 0.1, "start_s": 300.0}]
)
def test_the_plain_options_write_actions_that_give_the_same_injection(options):
    """Options, written as JSON lines, read back and carried out."""
    grid = boxed_body()
    plain = inject(grid, path_to(grid, TIP), **options)
    lines = [json.dumps(action.as_json()) for action in plain.actions]
    same(inject_actions(grid, path_to(grid, TIP), parse_actions(lines)), plain)


def test_what_moves_no_cement_is_logged():
    grid = boxed_body()
    push = Push(rate_ml_per_s=0.05, volume_ml=0.2)
    looking = (
        CArm(lao_deg=90.0, cranial_deg=0.0), Image(frames=3), Help(), Phlebogram(needle=1, volume_ml=5.0, t_s=340.0),
        Pause(),
    )  # fmt: skip
    run = inject_actions(grid, path_to(grid, TIP), (MIX, *looking, Wait(duration_s=10.0), push))
    logged = {event["event"]: event for event in run.events}
    assert logged["c-arm"] == {"t_s": 0.0, "event": "c-arm", "lao_deg": 90.0, "cranial_deg": 0.0}
    assert logged["image"]["frames"] == 3
    assert logged["phlebogram"] == {"t_s": 340.0, "event": "phlebogram", "needle": 1, "volume_ml": 5.0}
    assert {"help", "pause"} <= set(logged)
    plain = inject_actions(grid, path_to(grid, TIP), (MIX, Wait(duration_s=350.0), push))
    np.testing.assert_array_equal(run.fill, plain.fill)
