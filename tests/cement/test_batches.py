"""Cement mixed anew within the cement that is there: each of its own age, the old pushed ahead of the fresh."""

import numpy as np
import pytest
from scipy.stats import gamma

from drawn_grid import boxed_body, path_to
from vertebroplasty.cement.actions import Mix, MoveNeedle, Push, Stylet, Wait
from vertebroplasty.cement.batches import carry
from vertebroplasty.cement.front import Fluxes
from vertebroplasty.cement.injection import finished
from vertebroplasty.cement.operation import begin_operation

LEFT, RIGHT = (11, 20, 13), (24, 20, 13)
PRODUCT = "pmma-medium"


def channel(n, flux=1.0):
    """One row of voxels (padded in j and k) through which everything flows to the right."""
    shape = (3, 3, n)
    i = np.zeros(shape)
    i[1, 1, :-1] = flux
    row = np.flatnonzero(np.indices(shape)[0].reshape(-1) * 3 + np.indices(shape)[1].reshape(-1) == 4)
    place = np.full(np.prod(shape), -1, np.int64)
    place[row] = np.arange(n)
    flat = np.zeros(np.prod(shape))
    return Fluxes(i=i.reshape(-1), j=flat, k=flat, row=n, layer=3 * n, order=row, place=place), row


def test_in_a_channel_fresh_cement_follows_the_old():
    """Ten full voxels of old cement, then fresh cement of five voxels in small portions: a mixed row of tanks."""
    n, portions, step = 30, 50, 0.1
    fluxes, row = channel(n)
    content, mine = np.zeros(fluxes.i.size), np.zeros(fluxes.i.size)
    content[row[:10]] = 1.0
    source = np.zeros(fluxes.i.size)
    source[row[0]] = step
    front = 10.0
    for _ in range(portions):
        after = content.copy()
        front += step
        after[row] = np.clip(front - np.arange(n), 0.0, 1.0)
        carry(fluxes, source, source, content, after, content >= 1.0, mine)
        content = after
    assert mine.sum() == pytest.approx(portions * step, rel=1e-12)
    assert np.all((mine >= 0.0) & (mine <= content + 1e-12))
    # a row of well-mixed tanks passes on with the Erlang distribution: half of the last tank at as many volumes
    expected = gamma.cdf(portions * step, np.arange(1, n + 1))
    np.testing.assert_allclose(mine[row[:10]], expected[:10], atol=0.03)
    assert mine[row[0]] > 0.99 > 0.2 > mine[row[9]]


def test_a_mix_that_is_all_there_is_stays_all():
    fluxes, row = channel(8)
    before, after = np.zeros(fluxes.i.size), np.zeros(fluxes.i.size)
    before[row[:3]], after[row[:4]] = 1.0, (1.0, 1.0, 1.0, 0.6)
    source = np.zeros(fluxes.i.size)
    source[row[0]] = 0.6
    mine = before.copy()
    carry(fluxes, source, source, before, after, before >= 1.0, mine)
    np.testing.assert_allclose(mine, after, atol=1e-12)


def operation_of(*actions, wait_s=330.0):
    grid = boxed_body()
    second = path_to(grid, RIGHT)
    place = MoveNeedle(
        needle=2, entry_lps_mm=tuple(map(float, second.entry_lps_mm)), tip_lps_mm=tuple(map(float, second.tip_lps_mm))
    )
    operation = begin_operation(
        grid, path_to(grid, LEFT), Mix(product=PRODUCT), room_temperature_c=22.0, seen_from_ml=0.05,
        stop_on_disc=False, pressure_limit_kpa=3215.0, reaction_s=1.0, parameters=None,
    )  # fmt: skip
    for action in (place, Wait(duration_s=wait_s), *actions):
        operation.perform(action)
    return operation


def push(needle, volume_ml):
    return Push(needle=needle, rate_ml_per_s=0.05, volume_ml=volume_ml)


def test_each_needle_leaves_its_own_mix():
    operation = operation_of(push(1, 0.5), Mix(product=PRODUCT), Wait(duration_s=330.0), push(2, 0.5))
    flow = operation.run.flow
    (later,) = flow.later
    assert later.content.sum() == pytest.approx(0.5, rel=1e-9)
    assert np.all(later.content <= flow.content * (1 + 1e-6) + 1e-12)
    assert later.content[:, :, :18].sum() < 1e-9
    assert later.content[:, :, 18:].sum() == pytest.approx(flow.content[:, :, 18:].sum(), rel=1e-9)
    assert finished(operation).mass_balance_error < 1e-9


def test_fresh_cement_through_the_same_needle_lies_within_the_old():
    operation = operation_of(
        push(1, 0.5), Stylet(needle=1), Mix(product=PRODUCT), Wait(duration_s=310.0), push(1, 0.5), wait_s=310.0
    )
    flow = operation.run.flow
    (later,) = flow.later
    k, j, i = np.indices(flow.content.shape)
    away = np.sqrt((i - LEFT[0]) ** 2 + (j - LEFT[1]) ** 2 + (k - LEFT[2]) ** 2)
    fresh = float((away * later.content).sum() / later.content.sum())
    old = float((away * (flow.content - later.content)).sum() / (flow.content - later.content).sum())
    assert fresh < 0.75 * old


def test_set_cement_beside_it_does_not_stop_a_fresh_mix():
    """One mean age of all cement would call the fresh cement set as well: its pressure would be many times higher."""
    lone = operation_of(push(2, 0.4))
    after = operation_of(
        push(1, 0.6),
        Stylet(needle=1),
        Wait(duration_s=400.0),
        Mix(product=PRODUCT),
        Wait(duration_s=330.0),
        push(2, 0.4),
    )
    assert after.run.reason is None
    last = [e for e in after.run.events if e["event"] == "sample"][-1]
    alone = [e for e in lone.run.events if e["event"] == "sample"][-1]
    assert last["tip_pressure_kpa"] == pytest.approx(alone["tip_pressure_kpa"], rel=0.3)
