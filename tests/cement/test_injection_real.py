"""An injection into the real L3: a needle through the left pedicle, cement in the front half of the body."""

import numpy as np
import pytest

from real_spine import real_spine
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.cement.injection import inject
from vertebroplasty.cement.result import StopReason
from vertebroplasty.geometry.needle_path import NeedlePath


@pytest.fixture(scope="module")
def l3(data):
    return build_grid(real_spine(data)["L3"])


def needle(grid, tip_mm):
    """A needle from behind and left to a local (right, anterior, superior) point."""
    entry, tip = (grid.frame.to_world(np.array(p, float)) for p in ((-18.0, -34.0, 6.0), tip_mm))
    return NeedlePath(entry_lps_mm=entry, tip_lps_mm=tip)


def test_three_millilitres_into_the_anterior_half(l3):
    run = inject(l3, needle(l3, (-5.0, 8.0, 0.0)))
    assert run.stop_reason is StopReason.VOLUME_DELIVERED
    assert run.in_body_ml + sum(leak.volume_ml for leak in run.leaks) == pytest.approx(3.0, rel=1e-9)
    assert float(run.fill.sum(dtype=np.float64)) * l3.voxel_ml == pytest.approx(3.0, rel=1e-6)
    filled = run.fill > 0
    assert not filled[l3.is_tissue(Tissue.CORTEX, Tissue.NEIGHBOUR, Tissue.OUTSIDE_SCAN)].any()
    # the cloud lies about the tip and is as wide as a ball of this volume, give or take
    index = np.argwhere(filled)[:, ::-1].astype(float)
    local = l3.to_local(index)
    assert np.linalg.norm(local.mean(axis=0) - [-5.0, 8.0, 0.0]) < 5.0
    radius = (3 * 3000.0 / 0.9 / (4 * np.pi)) ** (1 / 3)
    assert 0.8 * radius < local.std(axis=0).mean() * np.sqrt(5) < 1.5 * radius
    # pressures measured in patients reach 0.5 to 3.2 MPa at the syringe, nearly all of it lost in the cannula
    assert 400.0 < run.peak_pressure_kpa < 3215.0
    assert run.peak_tip_pressure_kpa < 0.1 * run.peak_pressure_kpa


def test_a_tip_close_to_the_posterior_wall_stops_there(l3):
    run = inject(l3, needle(l3, (-9.0, -8.0, 3.0)))
    assert run.stop_reason in (StopReason.POSTERIOR_CORTEX, StopReason.VENOUS_LEAK)
    assert run.injected_ml < 2.5
    assert run.mass_balance_error < 1e-9
