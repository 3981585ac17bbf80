"""What a rehearsed injection did for strength: the strength room's own ratio, on the cement as it lies."""

from dataclasses import replace

import pytest

from rehearsal_play import MIX, PASTE_S, acted, placed, ready
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.sites import LEAK_SITES
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.rehearsal_cases import BUILT_IN
from vertebroplasty.case.rehearsed_strength import failure_load_ratio, strength_gained
from vertebroplasty.cement.actions import Balloon, Push, Wait
from vertebroplasty.cement.arrival import fill_of
from vertebroplasty.needle.planner import plan_in
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.session import start, step
from vertebroplasty.strength.compression import compress
from vertebroplasty.strength.result import ratio

SOME = Push(rate_ml_per_s=0.05, volume_ml=0.8)


@pytest.fixture(scope="module")
def case():
    """The easy case without its pictures, which strength does not need."""
    level = BUILT_IN["easy"].level()
    vertebra = find_vertebra(level)
    return RehearsalCase(
        name="easy", vertebra=vertebra, grid=build_grid(level, 2.0), paths=plan_in(vertebra, gauge_number=11).paths,
        verdict="indicated", because="Indicated.", entrance_mgy={"ap": 0.01, "lateral": 0.01},
        seen_from_ml={view: dict.fromkeys(LEAK_SITES, 0.05) for view in ("ap", "lateral")},
    )  # fmt: skip


@pytest.fixture(scope="module")
def pushed(case):
    return step(ready(case), SOME)


def test_without_cement_there_is_no_ratio_and_it_is_said_why(case):
    for state in (start(case, 0), ready(case)):
        assert failure_load_ratio(state) is None
        assert strength_gained(state).why == "nothing was injected"


def test_it_is_the_ratio_that_strength_finds_and_more_cement_gives_more(case, pushed):
    grid = case.grid
    found = ratio(compress(grid), compress(grid, fill=fill_of(pushed.bone.flow, grid.voxel_ml)))
    assert failure_load_ratio(pushed) == pytest.approx(found.failure_load, abs=0.05)  # that one is rounded
    assert found.interval[0] <= failure_load_ratio(pushed) <= found.interval[1]
    assert 1.0 < failure_load_ratio(pushed) < failure_load_ratio(acted(pushed, SOME, SOME))


def test_a_balloons_cavity_counts(case):
    opened = step(start(case, 0), placed(case))
    balloon = acted(opened, Balloon(needle=1, volume_ml=2.0))
    assert failure_load_ratio(balloon) is None  # the bone is pressed aside, but nothing was injected
    filled = acted(balloon, MIX, Wait(duration_s=PASTE_S), SOME)
    without = replace(filled, bone=replace(filled.bone, cavities=()))
    assert failure_load_ratio(filled) != pytest.approx(failure_load_ratio(without), abs=1e-3)


def test_where_the_ct_gives_no_density_the_reason_is_told(case, pushed):
    tissue = case.grid.tissue.copy()
    k, j, i = (axis[len(axis) // 2] for axis in case.grid.body().nonzero())
    tissue[k, j, i] = Tissue.METAL
    metal = replace(pushed, case=replace(case, grid=replace(case.grid, tissue=tissue)))
    assert strength_gained(metal).ratio is None
    assert "Metal lies in the body" in strength_gained(metal).why
