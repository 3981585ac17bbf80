"""Volumes out of an injection, and strength while its cement sets, on a drawn body."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.case.cement_files import CementRun
from vertebroplasty.case.strength_more import Wishes, more_of
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine, Frame
from vertebroplasty.strength.compression import compress
from vertebroplasty.strength.placement import bolus
from vertebroplasty.strength.press import press_specimen
from vertebroplasty.strength.specimen import Matter
from vertebroplasty.strength.volume_curve import with_fill


@pytest.fixture(scope="module")
def grid():
    body = np.zeros((16, 18, 22), bool)
    body[2:14, 2:16, 2:20] = True
    axes = np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
    return VertebraGrid(
        level="L3",
        frame=Frame(np.zeros(3), *axes),
        affine=Affine.from_parts(np.zeros(3), axes.T, np.full(3, 2.0)),
        spacing_mm=2.0,
        hu=np.where(body, 120.0, -50.0).astype(np.float32),
        tissue=np.where(body, int(Tissue.TRABECULAR), int(Tissue.SOFT)).astype(np.uint8),
        part=np.where(body, Part.BODY, Part.NONE).astype(np.uint8),
        breaches_can_be_seen=False,
    )


@pytest.fixture(scope="module")
def run(grid):
    """5 ml that came layer by layer from below."""
    fill = bolus(grid.body(), 2.0, 5.0)
    k = np.broadcast_to(np.arange(16.0, dtype=np.float32)[:, None, None], fill.shape)
    return CementRun(
        fill=fill,
        arrival_s=np.where(fill > 0, k, np.float32(np.inf)),
        product="pmma-medium",
        inputs=(),
    )


@pytest.fixture(scope="module")
def strengths(grid, run):
    return compress(grid), compress(grid, fill=run.fill)


def test_the_whole_injection_is_the_last_point_of_its_curve(grid, run, strengths):
    wishes = Wishes(volumes_ml=(2.0, 4.999), placement="injected")
    curve = more_of(wishes, *strengths, grid, run).volumes
    before, after = strengths
    assert curve.points[0].stiffness_n_per_mm == pytest.approx(before.stiffness_n_per_mm, rel=1e-6)
    assert curve.points[2].stiffness_n_per_mm == pytest.approx(after.stiffness_n_per_mm, rel=1e-3)
    assert curve.points[0].stiffness_n_per_mm < curve.points[1].stiffness_n_per_mm < after.stiffness_n_per_mm


def test_cement_gains_strength_while_it_sets(grid, run, strengths):
    wishes = Wishes(minutes=(60.0, 5.0, 15.0, 30.0))
    more = more_of(wishes, *strengths, grid, run)
    assert [step.time_s / 60 for step in more.setting] == [5, 15, 30, 60]
    gains = [step.gain for step in more.setting]
    assert gains == sorted(gains)
    assert gains[0] < 0.3
    assert gains[-1] > 0.95
    assert more.setting[-1].stiffness_n_per_mm == pytest.approx(strengths[1].stiffness_n_per_mm, rel=0.02)
    assert not more.setting[-1].rest_over
    assert "12 hours" in more.said()[0]


def test_nothing_asked_for_computes_nothing(grid, run, strengths):
    more = more_of(Wishes(), *strengths, grid, run)
    assert more.volumes is None
    assert more.setting == ()
    assert Wishes().parameters() == {}


def test_yielding_follows_the_cement_too(grid, run, strengths):
    more = more_of(Wishes(yield_law="yield-strain"), *strengths, grid, run)
    assert more.curve_after.load_at_shortening_n() > more.curve_before.load_at_shortening_n()


def test_setting_needs_an_injection(grid, strengths):
    with pytest.raises(Refused, match="--minutes needs --cement"):
        more_of(Wishes(minutes=(5.0,)), strengths[0], None, grid)


@pytest.mark.parametrize("minutes", [-3.0, float("nan"), float("inf"), 1e12])
def test_minutes_that_no_setting_curve_reaches_are_refused_before_anything_is_solved(minutes):
    with pytest.raises(Refused, match="minutes after mixing"):
        Wishes(minutes=(10.0, minutes))


def test_a_bolus_keeps_its_volume_beside_earlier_cement(grid):
    k, j, i = np.indices(grid.hu.shape)
    old = (np.abs(k - 7.5) < 2) & (np.abs(j - 8.5) < 3) & (np.abs(i - 10.5) < 3)
    tissue = np.where(old, np.uint8(Tissue.OLD_CEMENT), grid.tissue)
    treated_before = replace(grid, tissue=tissue)
    before = compress(treated_before, setting="compression")
    specimen = before.response.specimen
    fill = bolus(specimen.treated_body(), 2.0, 4.0, taken=specimen.made_of(Matter.OLD_CEMENT))
    assert fill.sum() * 8e-3 == pytest.approx(4.0, rel=1e-5)
    assert with_fill(specimen, fill).fill.sum() * 8e-3 == pytest.approx(4.0, rel=1e-5)
    asked = more_of(Wishes(volumes_ml=(4.0,)), before, None).volumes.points[1]
    by_hand = press_specimen(with_fill(specimen, fill)).stiffness_n_per_mm
    assert asked.stiffness_n_per_mm == pytest.approx(by_hand, rel=1e-6)
