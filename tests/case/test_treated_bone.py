"""From an injection with a balloon to the bone that strength loads."""

from types import SimpleNamespace

import numpy as np
import pytest

from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.strength_more import Wishes, more_of
from vertebroplasty.case.treated_bone import treated_bone
from vertebroplasty.cement.balloon import Cavity
from vertebroplasty.errors import Refused
from vertebroplasty.phantom import LevelShape, SpinePhantom
from vertebroplasty.strength.compression import compress


@pytest.fixture(scope="module")
def grid():
    _, spine = SpinePhantom(levels={"L2": LevelShape()}, spacing_mm=(1.5, 1.5, 1.5)).build()
    return build_grid(spine["L2"], 2.0)


@pytest.fixture(scope="module")
def injection(grid):
    """Cement that fills the cavity of one balloon, its mineral in a shell of the same volume."""
    middle = np.argwhere(grid.body()).mean(axis=0)
    far = sum((axis - m) ** 2 for axis, m in zip(np.indices(grid.hu.shape), middle, strict=True))
    mask = (far <= 4.0**2) & grid.body()
    volume = float(mask.sum() * grid.voxel_ml)
    cavity = Cavity(
        mask=mask,
        volume_ml=volume,
        pressure_kpa=500.0,
        shell_ml=volume,
        shell_density_ratio=2.0,
        height_gain_mm=3.0,
    )
    return SimpleNamespace(fill=mask.astype(np.float32), cavities=(cavity,))


def test_without_a_balloon_only_cement_is_added(grid, injection):
    plain = treated_bone(grid, SimpleNamespace(fill=injection.fill, cavities=()))
    assert plain.density_factor is None
    assert plain.grid is grid


def test_a_balloon_moves_the_mineral_and_by_default_no_height_stays(grid, injection):
    treated = treated_bone(grid, injection)
    assert treated.grid is grid
    assert treated.density_factor[grid.body()].sum() == pytest.approx(grid.body().sum())
    assert treated.wedge_change_deg == 0


def test_height_that_stays_opens_the_wedge_and_keeps_the_cement(grid, injection):
    treated = treated_bone(grid, injection, height_kept=1.0)
    assert treated.fill.sum() == pytest.approx(injection.fill.sum(), rel=0.02)
    depth = np.ptp(np.flatnonzero(grid.body().any(axis=(0, 2)))) * 2.0
    assert treated.wedge_change_deg == pytest.approx(np.degrees(np.arctan(3.0 / depth)))
    found = compress(treated.grid, fill=treated.fill, density_factor=treated.density_factor)
    assert found.height_mm > compress(grid).height_mm + 1
    with pytest.raises(Refused, match="cannot be kept"):
        treated_bone(grid, injection, height_kept=1.5)


def test_setting_cement_gains_its_strength_in_the_bone_that_the_balloon_left(grid, injection):
    run = SimpleNamespace(fill=0.85 * injection.fill, cavities=injection.cavities, product="pmma-medium")
    treated = treated_bone(grid, run, height_kept=1.0)
    before = compress(grid)
    after = compress(treated.grid, fill=treated.fill, density_factor=treated.density_factor)
    (step,) = more_of(Wishes(minutes=(240.0,)), before, after, grid, run, treated).setting_by_line[0]
    assert step.conversion > 0.99
    assert step.stiffness_n_per_mm == pytest.approx(after.stiffness_n_per_mm, rel=0.01)
    # Bone that the balloon had not moved would not even have this height.
    assert step.failure_load_n / step.stiffness_n_per_mm == pytest.approx(0.0068 * after.height_mm)
    assert after.height_mm > before.height_mm + 1
