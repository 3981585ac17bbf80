"""A balloon: the room it makes, where the mineral goes, and that cement fills the room first at little pressure."""

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to
from vertebroplasty.cement.actions import Balloon, Mix, Push, Wait
from vertebroplasty.cement.balloon import TAKES_UP, YIELD_MPA, YIELD_POWER, inflated
from vertebroplasty.cement.injection import inject_actions
from vertebroplasty.cement.permeability import porous_bed
from vertebroplasty.errors import Refused

TIP = (18, 20, 13)
BEGUN = (Mix(product="pmma-medium"), Wait(duration_s=330.0))


def of_balloon(action, grid=None, tip=TIP):
    grid = boxed_body() if grid is None else grid
    bed = porous_bed(grid)
    after, cavity = inflated(grid, bed, path_to(grid, tip), action, np.zeros(grid.tissue.shape, bool))
    return bed, after, cavity


def test_the_cavity_is_as_large_as_asked_and_holds_no_mineral():
    _, after, cavity = of_balloon(Balloon(needle=1, volume_ml=1.0))
    assert cavity.volume_ml == pytest.approx(1.0, abs=5e-4)  # half a voxel
    assert cavity.mask.sum() == 1000
    np.testing.assert_array_equal(after.porosity[cavity.mask], 1.0)
    k, j, i = np.nonzero(cavity.mask)
    radius = np.sqrt((i - TIP[0]) ** 2 + (j - TIP[1]) ** 2 + (k - TIP[2]) ** 2).max()
    assert radius == pytest.approx((3 * 1000 / (4 * np.pi)) ** (1 / 3), abs=0.7)  # a ball, to half a voxel's diagonal


def test_mineral_is_conserved_and_lies_around_the_cavity():
    bed, after, cavity = of_balloon(Balloon(needle=1, volume_ml=0.5))
    bone = bed.inside
    assert (1 - after.porosity[bone]).sum() == pytest.approx((1 - bed.porosity[bone]).sum(), rel=1e-12)
    denser = after.porosity < bed.porosity - 1e-12
    assert denser.sum() * 1e-3 == pytest.approx(cavity.shell_ml, abs=2e-3)  # the last voxel takes a remainder
    # of one density, each voxel taking as much again: the shell is as large as the cavity
    assert cavity.shell_ml == pytest.approx(cavity.volume_ml / TAKES_UP, abs=2e-3)
    assert cavity.shell_density_ratio == pytest.approx(2.0, rel=0.01)
    assert np.all(after.permeability_m2[denser] < bed.permeability_m2[denser])


def test_a_pressure_below_what_the_bone_withstands_opens_nothing():
    solid = 150.0 / (1558.0 * 0.95)
    withstands_kpa = 1000 * YIELD_MPA * (0.8e-3 * 1558.0 * 0.95 * solid) ** YIELD_POWER
    assert 1000 < withstands_kpa < 3000  # vertebral bone of 0.12 g/cm³ yields at about 2 MPa
    _, _, below = of_balloon(Balloon(needle=1, pressure_kpa=0.99 * withstands_kpa))
    assert below.volume_ml == 0.0
    assert below.height_gain_mm == 0.0
    _, _, above = of_balloon(Balloon(needle=1, pressure_kpa=1.01 * withstands_kpa))
    assert above.volume_ml > 1.0
    assert above.pressure_kpa == pytest.approx(withstands_kpa)


def test_height_comes_back_only_where_the_ball_outgrows_the_endplates():
    small = of_balloon(Balloon(needle=1, volume_ml=0.3))[2]
    large = of_balloon(Balloon(needle=1, volume_ml=2.0))[2]
    assert small.height_gain_mm == 0.0
    between_endplates_mm = 14.0
    ball_mm = (6 / np.pi * 1000 * (large.volume_ml + large.shell_ml)) ** (1 / 3)
    assert large.height_gain_mm == pytest.approx(ball_mm - between_endplates_mm)


def test_cement_fills_the_cavity_first_at_little_pressure():
    grid = boxed_body()
    push = Push(rate_ml_per_s=0.05, volume_ml=0.9)
    with_it = inject_actions(grid, path_to(grid, TIP), (*BEGUN, Balloon(needle=1, volume_ml=1.0), push))
    without = inject_actions(grid, path_to(grid, TIP), (*BEGUN, push))
    cavity = with_it.cavities[0].mask
    assert with_it.fill[cavity].sum() * grid.voxel_ml > 0.8 * 0.9  # what is not steel takes nearly all
    assert without.fill[cavity].sum() < with_it.fill[cavity].sum()
    assert with_it.peak_tip_pressure_kpa < 0.7 * without.peak_tip_pressure_kpa
    assert with_it.mass_balance_error < 1e-9
    assert any(e["event"] == "balloon" and e["volume_ml"] == pytest.approx(1.0) for e in with_it.events)


def test_two_balloons_make_two_cavities():
    grid = boxed_body()
    second = path_to(grid, (25, 20, 13))
    first_bed, after, one = of_balloon(Balloon(needle=1, volume_ml=0.3), grid, (11, 20, 13))
    both, two = inflated(grid, after, second, Balloon(needle=2, volume_ml=0.3), np.zeros(grid.tissue.shape, bool))
    assert not (one.mask & two.mask).any()
    bone = first_bed.inside
    assert (1 - both.porosity[bone]).sum() == pytest.approx((1 - first_bed.porosity[bone]).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("shape", "said"), [((26, 34, 36), r"can hold 2\.7 ml, not 6.5"), ((44, 44, 44), "can hold 6.0 ml, not 6.5")]
)
def test_a_balloon_too_large_for_the_body_is_refused(shape, said):
    """The mineral pushed aside must find room: a body of 5.4 ml marrow takes half of that."""
    with pytest.raises(Refused, match=said):
        of_balloon(Balloon(needle=1, volume_ml=6.5), boxed_body(shape=shape))


def test_a_balloon_after_the_cement_is_refused():
    grid = boxed_body()
    actions = (*BEGUN, Push(rate_ml_per_s=0.05, volume_ml=0.3), Balloon(needle=1, volume_ml=0.3))
    with pytest.raises(Refused, match="inflated before cement"):
        inject_actions(grid, path_to(grid, TIP), actions)
