"""A fluid that thins with shear, and a front that thick cement evens and thin fluid fingers."""

import numpy as np
import pytest

from drawn_bed import started
from flow_rungs import M3, NEVER, PHI, K, corner, distance_mm, newtonian, share_within
from vertebroplasty.cement import marrow_flow
from vertebroplasty.cement.rheology import PowerLaw


def power_law_error(n, axes, *, cells=24, consistency=100.0):
    """Relative error of the drop between 5 and 12 mm in cement alone, and the exponent of the drop with the rate."""
    h = 16.0 / cells
    counts = tuple(cells if a in axes else 1 for a in range(3))
    bed = corner(counts, h, open_axes=axes)
    cut = share_within(bed.inside.shape, h, 1.5, axes) * bed.inside
    flow = started(bed, cut, tolerance=1e-9)
    law = PowerLaw(consistency_pa_s=consistency, index=n)
    effective = 100.0 / 12 * (9 + 3 / n) ** n * (150 * K * PHI) ** ((1 - n) / 2)
    r = distance_mm(bed.inside.shape, h, axes) * 1e-3
    radius, part = 1e-3 * h, (8 if len(axes) == 3 else 4)

    def drop(rate):
        flow.content[...] = np.where(bed.inside, flow.capacity, 0.0)
        flow.full[...] = bed.inside
        flow.speed[...] = 0.0
        flow._held = marrow_flow.box_of(bed.inside)
        for _ in range(12):  # lagged speeds: the error shrinks by 1 − n each time
            solved = flow.solve(rate, law)
            flow.prime(solved, rate)
        flux = part * rate * M3 / (4 * np.pi * r**2 if len(axes) == 3 else 2 * np.pi * radius * r)
        power = (2 if len(axes) == 3 else 1) * n - 1
        form = -np.log(r) if power == 0 else r**-power / power
        scale = effective / K * (flux * r ** (2 if len(axes) == 3 else 1)).max() ** n
        shell = (bed.inside & (r > 5e-3) & (r < 12e-3))[solved.box]
        slope = np.polyfit((scale * form)[solved.box][shell], solved.pressure_pa[shell], 1)[0]
        return slope - 1, np.ptp(solved.pressure_pa[shell])

    (error, one), (_, two) = drop(0.05), drop(0.1)
    return error, np.log2(two / one)


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2)], ids=["sphere", "cylinder"])
@pytest.mark.parametrize("n", [0.5, 0.7, 1.0])  # singular: the sphere at one half, the cylinder at one
def test_30_power_law(axes, n):
    error, exponent = power_law_error(n, axes)
    assert abs(error) < 0.01
    assert exponent == pytest.approx(n, abs=1e-3)
    assert abs(power_law_error(n, axes, consistency=105.0)[0]) > 0.04


def growth(cement, marrow, *, width=30, ahead=48):
    """Growth of one cosine of a planar front over that of linear theory for marrow much thicker than the cement.

    Half a wavelength wide between tight sides, three wave numbers away from inlet and outlet.
    """
    bed = corner((1, width, 2 * ahead), 1.0, marrow=marrow, open_axes=(2,), tissue=K)
    kappa = np.pi / width
    source = np.zeros(bed.inside.shape)
    source[1, 1:-1, 1] = 1.0 / width
    flow = started(bed, source, tolerance=1e-8)
    wave = np.cos(kappa * (np.arange(width) + 0.5))
    depth = ahead - 4 + 2.0 * wave
    share = np.clip(depth[:, None] - np.arange(2 * ahead), 0, 1)
    flow.content[1, 1:-1, 1 : 1 + 2 * ahead] = share * flow.capacity[1, 1, 1]
    flow.full[1, 1:-1, 1 : 1 + 2 * ahead] = share == 1
    flow._held = marrow_flow.box_of(flow.content > 0)

    def amplitude():
        return 2 / width * (flow.content[1, 1:-1].sum(axis=1) / flow.capacity[1, 1, 1] * wave).sum()

    first, travelled, column = amplitude(), 0.0, width * flow.capacity[1, 1, 1]
    while travelled < 6.0:  # voxels
        solved = flow.solve(1.0, newtonian(cement))
        step = min(0.5, 6.0 - travelled)
        travelled += flow.advance(
            solved, 1.0, start_s=0.0, duration_s=step * column, threshold_ml=NEVER
        ).duration_s / column  # fmt: skip
        if 6.0 - travelled < 1e-9:
            break
    return np.log(amplitude() / first) / (kappa * travelled)


@pytest.mark.parametrize(("cement", "marrow"), [(100.0, 0.1), (1.0, 0.25), (0.02, 0.1), (0.001, 0.1)])
def test_31_cement_evens_its_front_and_thin_fluid_fingers(cement, marrow):
    expected = (marrow - cement) / (marrow + cement)
    found = growth(cement, marrow)
    assert found == pytest.approx(expected, rel=0.2)
    assert np.sign(found) == np.sign(expected)
    assert growth(marrow, cement) * found < 0  # the fluids exchanged


def test_31_equal_fluids_keep_their_front():
    assert abs(growth(0.1, 0.1)) < 0.05
