"""What `inject --heat` starts from: cement as cool as it left the syringe, and bone that blood cools if asked."""

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to
from vertebroplasty.case.warming import heat_of
from vertebroplasty.cement.actions import Mix, Push, Stylet, Wait
from vertebroplasty.cement.injection import inject, inject_actions

TIP = (18, 20, 13)


def injected(**options):
    grid = boxed_body(spacing=1.0)
    return grid, inject(grid, path_to(grid, TIP), volume_ml=1.5, **options)


def test_cement_comes_in_as_warm_as_it_left_the_syringe():
    _, room = injected()
    _, cold = injected(component_temperature_c=4.0, start_s=620.0)
    assert room.delivered_c == pytest.approx(22.0)
    # parts at 4 degrees warm with a time constant of 3.8 min; the push lasts 30 s from 620 s on
    times = np.linspace(620.0, 650.0, 301)
    assert cold.delivered_c == pytest.approx(float(np.mean(22.0 - 18.0 * np.exp(-times / 228.0))), abs=0.02)


def test_a_fresh_mix_is_as_cool_as_its_own_time_says():
    grid = boxed_body()
    push = Push(rate_ml_per_s=0.05, volume_ml=0.1)
    mix = Mix(product="pmma-medium")
    actions = (mix, Wait(duration_s=900.0), Stylet(), mix, Wait(duration_s=620.0), push)
    run = inject_actions(grid, path_to(grid, TIP), actions, component_temperature_c=4.0)
    assert run.delivered_c == pytest.approx(22.0 - 18.0 * np.exp(-621.0 / 228.0), abs=0.02)


def test_blood_cools_the_bone_that_the_answer_tells_of():
    grid, run = injected()
    dry = heat_of(run, grid, run.delivered_c)
    fed = heat_of(run, grid, run.delivered_c, blood_flow_ml_per_100g_min=17.6)
    assert 37.0 < fed.peak_bone_c < dry.peak_bone_c
