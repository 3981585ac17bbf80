"""A plug of cement in a tube of bone: the time it takes, and the pressure along it."""

import numpy as np
import pytest

from drawn_bed import fill_with, started
from flow_rungs import DROP, M3, NEVER, PHI, K, corner, ignore_viscosity, newtonian, order_of

LENGTH, TO = 0.03, 0.02  # m
BEHIND = 5.5  # voxels of tissue behind the bone up to where the pressure is zero


def plug(cells, marrow=0.1):
    """A tube of 30 mm, closed at the left."""
    return corner((1, 1, cells), LENGTH * 1e3 / (cells + BEHIND), open_axes=(2,), tissue=K, marrow=marrow)


def plug_error(cells, cement, marrow):
    """Relative error of the time a plug takes to 20 mm under a constant drop, without the inlet's half voxel."""
    bed = plug(cells, marrow)
    h = bed.spacing_mm * 1e-3
    source = np.zeros(bed.inside.shape)
    source[1, 1, 1] = 1.0
    flow = started(bed, source, tolerance=1e-10)
    now = place = 0.0
    while TO - place > 1e-12:
        solved = flow.solve(1.0, newtonian(cement))
        share = flow.content[1, 1, 1] / flow.capacity[1, 1, 1]
        half = M3 * 0.5 / (K * h) * (share * cement + (1 - share) * marrow)
        rate = DROP / (solved.tip_pa + half)
        step = min(0.5 * h, TO - place) * PHI * h**2 / M3 / rate
        now += flow.advance(solved, rate, start_s=now, duration_s=step, threshold_ml=NEVER).duration_s
        place = flow.total_ml * M3 / (PHI * h**2)
    exact = PHI / (K * DROP) * (marrow * LENGTH * TO + (cement - marrow) * TO**2 / 2)
    return now / exact - 1


@pytest.mark.parametrize(
    ("cement", "marrow", "golden"), [(100.0, 0.1, 17.034), (0.1, 0.1, 0.0510), (0.001, 0.1, 0.03417)]
)
def test_23_plug_under_a_constant_drop(cement, marrow, golden, monkeypatch):
    exact = PHI / (K * DROP) * (marrow * LENGTH * TO + (cement - marrow) * TO**2 / 2)
    assert exact == pytest.approx(golden, rel=2e-3)  # the golden values carry four digits
    sizes = np.array([15, 30, 60])
    errors = np.abs([plug_error(n, cement, marrow) for n in sizes])
    if cement == marrow:
        assert errors.max() < 1e-8  # the rate never changes: only rounding and the solver's residual
        return
    assert order_of(1.0 / (sizes + BEHIND), errors) == pytest.approx(
        1.0, abs=0.15
    )  # the rate is held over half a voxel
    assert errors[-1] < 1.0 / sizes[-1]  # within one voxel of the tube
    ignore_viscosity(monkeypatch)
    assert abs(plug_error(15, cement, marrow)) > 10 * errors[0]


@pytest.mark.parametrize("ratio", [0.01, 1.0, 1000.0])
def test_23_plug_at_a_constant_rate(ratio, monkeypatch):
    """Pressure along the tube is that of cement over its length and marrow over the rest, to rounding."""

    def worst():
        bed = plug(30)
        h, cement, rate = bed.spacing_mm * 1e-3, ratio * 0.1, 0.05
        source = np.zeros(bed.inside.shape)
        source[1, 1, 1] = 1.0
        flow = started(bed, source, tolerance=1e-11)
        found = []
        for now in fill_with(flow, 0.0125, newtonian(cement), rate=rate, portion=3.1e-4):
            solved = flow.solve(rate, newtonian(cement))
            share = (flow.content / np.where(flow.capacity > 0, flow.capacity, 1))[1, 1, 1:31]
            exact = rate * M3 / (K * h**2) * h * (share * cement + (1 - share) * 0.1)
            assert share.sum() * PHI * h**3 / M3 == pytest.approx(rate * now, rel=1e-10)
            assert (np.diff(share) <= 1e-9).all()  # full behind the front, empty ahead of it
            behind = rate * M3 / (K * h**2) * h * BEHIND * 0.1
            found.append(solved.tip_pa / (exact.sum() - 0.5 * exact[0] + behind) - 1)
        return np.abs(found).max()

    assert worst() < 1e-9  # a hundred times the residual: the tube's condition is that of 35 voxels
    if ratio != 1.0:
        ignore_viscosity(monkeypatch)
        assert worst() > 0.1
