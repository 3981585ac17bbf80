"""Volumes out of an injection, and strength while its cement sets, on a drawn body."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.case.cement_files import CementRun
from vertebroplasty.case.strength_more import Wishes, more_of
from vertebroplasty.documents.common import Unknowns
from vertebroplasty.documents.strength_more import criterion_entries, setting_entries, volumes_entry
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine, Frame
from vertebroplasty.strength.compression import compress
from vertebroplasty.strength.pistoia import pistoia_load_n
from vertebroplasty.strength.placement import bolus
from vertebroplasty.strength.press import press_specimen
from vertebroplasty.strength.specimen import Matter
from vertebroplasty.strength.volume_curve import with_fill
from vertebroplasty.strength.yield_laws import yield_law
from vertebroplasty.strength.yielding import press_to_yield


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
    curve = more_of(wishes, *strengths, grid, run).volumes_by_line[0]
    before, after = strengths
    assert curve.points[0].stiffness_n_per_mm == pytest.approx(before.stiffness_n_per_mm, rel=1e-6)
    assert curve.points[2].stiffness_n_per_mm == pytest.approx(after.stiffness_n_per_mm, rel=1e-3)
    assert curve.points[0].stiffness_n_per_mm < curve.points[1].stiffness_n_per_mm < after.stiffness_n_per_mm


def test_cement_gains_strength_while_it_sets(grid, run, strengths):
    wishes = Wishes(minutes=(60.0, 5.0, 15.0, 30.0))
    more = more_of(wishes, *strengths, grid, run)
    setting = more.setting_by_line[0]
    assert [step.time_s / 60 for step in setting] == [5, 15, 30, 60]
    gains = [step.gain for step in setting]
    assert gains == sorted(gains)
    assert gains[0] < 0.3
    assert gains[-1] > 0.95
    assert setting[-1].stiffness_n_per_mm == pytest.approx(strengths[1].stiffness_n_per_mm, rel=0.02)
    assert not setting[-1].rest_over
    assert "12 hours" in more.said()[0]


def test_nothing_asked_for_computes_nothing(grid, run, strengths):
    more = more_of(Wishes(), *strengths, grid, run)
    assert more.volumes_by_line == ()
    assert more.setting_by_line == ()
    assert Wishes().parameters() == {}


def test_yielding_follows_the_cement_too(grid, run, strengths):
    more = more_of(Wishes(yield_law="yield-strain"), *strengths, grid, run)
    assert more.curves_after[0].load_at_shortening_n() > more.curves_before[0].load_at_shortening_n()


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
    asked = more_of(Wishes(volumes_ml=(4.0,)), before, None).volumes_by_line[0].points[1]
    by_hand = press_specimen(with_fill(specimen, fill)).stiffness_n_per_mm
    assert asked.stiffness_n_per_mm == pytest.approx(by_hand, rel=1e-6)


def test_every_rule_has_the_interval_of_the_calibration(grid, strengths):
    """The upper end of each interval is the answer on the stiffest line alone, computed here a second time."""
    before, _ = strengths
    assert len(before.line_responses) == 3
    more = more_of(Wishes(yield_law="yield-strain"), before, None, grid)
    rows = criterion_entries(before, more.curves_before, "before", Unknowns())
    stiffest = max(before.line_responses, key=lambda response: response.stiffness).specimen
    by_hand = [
        max(before.relative_failure_load),
        max(pistoia_load_n(response) for response in before.line_responses),
        press_to_yield(stiffest, yield_law("yield-strain")).offset_load_n,
    ]
    for row, highest in zip(rows, by_hand, strict=False):
        low, high = row.failure_load_interval
        assert high == pytest.approx(highest, abs=1e-3)
        assert low < row.failure_load_n < high


def test_volumes_and_setting_have_intervals_and_without_newtons_none(grid, run, strengths):
    before, after = strengths
    more = more_of(Wishes(volumes_ml=(2.0,), minutes=(15.0,), lost_modulus=0.3), before, after, grid, run)
    point = volumes_entry(more.volumes_by_line, "central", "", Unknowns()).points[1]
    softest, stiffest = (more.volumes_by_line[n].points[1] for n in (1, 2))
    ends = sorted((softest.stiffness_n_per_mm, stiffest.stiffness_n_per_mm))
    assert point.stiffness_interval == pytest.approx(ends, abs=1e-3)
    assert point.strained_bone_interval[0] < point.strained_bone_load_n < point.strained_bone_interval[1]
    # Cement matters more in softer bone: the ratio's interval holds the best line's ratio.
    assert point.stiffness_ratio_interval[0] < point.stiffness_ratio < point.stiffness_ratio_interval[1]
    step = setting_entries(more.setting_by_line, "", Unknowns())[0]
    assert step.failure_load_interval[0] < step.failure_load_n < step.failure_load_interval[1]
    hidden = volumes_entry(more.volumes_by_line, "central", "no calibration", Unknowns()).points[1]
    assert hidden.stiffness_interval is None
    assert hidden.strained_bone_interval is None


def test_volumes_and_minutes_follow_the_load_case(grid, run):
    flexed = [compress(grid, fill=fill, setting="flexion") for fill in (None, run.fill)]
    wishes = Wishes(volumes_ml=(4.999,), placement="injected", minutes=(60.0,))
    more = more_of(wishes, *flexed, grid, run)
    bare, filled = more.volumes_by_line[0].points
    assert bare.failure_load_n == pytest.approx(flexed[0].failure_load_n, rel=1e-6)
    assert filled.failure_load_n == pytest.approx(flexed[1].failure_load_n, rel=1e-3)
    assert bare.failure_load_n < 0.8 * compress(grid).failure_load_n  # an eccentric force fails sooner
    assert filled.toggle is None
    assert more.setting_by_line[0][-1].failure_load_n == pytest.approx(flexed[1].failure_load_n, rel=0.02)
    with pytest.raises(Refused, match="--yield-law presses the body alone"):
        more_of(Wishes(yield_law="yield-strain"), *flexed, grid, run)
