"""Cement displacing marrow: the pressure in a ball of it, symmetry, layers, holes, the disc's pressure, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from drawn_bed import ball, block, fill_with, started
from vertebroplasty.cement.leak import SITES, LeakSite
from vertebroplasty.cement.permeability import CLEFT_PERMEABILITY, LESION_PERMEABILITY
from vertebroplasty.cement.rheology import PowerLaw
from vertebroplasty.errors import Refused


def newtonian(viscosity):
    return PowerLaw(consistency_pa_s=viscosity, index=1.0)


def fibonacci_sphere(n):
    z = 1 - (2 * np.arange(n) + 1) / n
    angle = np.pi * (1 + 5**0.5) * np.arange(n)
    return np.stack([np.cos(angle) * np.sqrt(1 - z**2), np.sin(angle) * np.sqrt(1 - z**2), z], axis=1)


def grown_ball(n, half_mm, radius_mm, *, factors=(1.0, 1.0, 1.0), cement=100.0):
    """Cement pushed from the middle of a cube until a sphere of this radius would be full."""
    bed = block((n, n, n), 2 * half_mm / n, factors=factors)
    flow = started(bed, ball(bed, 2.0), tolerance=1e-6)
    volume = 4 / 3 * np.pi * radius_mm**3 * 0.85 / 1000
    for _ in fill_with(flow, volume, newtonian(cement)):
        pass
    centre = (np.array(bed.inside.shape) - 1) / 2
    return flow, bed, centre


def test_pressure_in_the_ball_follows_the_closed_form():
    flow, bed, centre = grown_ball(37, 16.0, 7.5)
    solved = flow.solve(0.05, newtonian(100.0))
    directions = fibonacci_sphere(200)
    start = np.array([box.start for box in solved.box])

    def mean_at(radius_mm):
        points = (centre - start)[:, None] + directions.T * radius_mm / bed.spacing_mm
        return ndimage.map_coordinates(solved.pressure_pa, points, order=1).mean()

    q, k = 0.05e-6, 1e-8
    for near, far in ((3.5, 6.0), (4.0, 6.5)):
        exact = q * 100.0 / (4 * np.pi * k) * (1e3 / near - 1e3 / far)
        assert mean_at(near) - mean_at(far) == pytest.approx(exact, rel=0.03)  # trilinear reading of a curved field


def patchy(shape, seed=7):
    bed = block(shape, 1.0)
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(bed.inside.shape), 1.5)
    bed.permeability_m2[...] *= np.exp(3 * noise / noise.std())
    return bed


def filled(bed, source, **options):
    flow = started(bed, source, tolerance=1e-11)
    for _ in fill_with(flow, 0.8, options.pop("law", newtonian(100.0)), **options):
        pass
    return flow


def turned(bed, turn):
    """The same bed with its arrays turned."""
    return replace(
        bed,
        **{name: np.ascontiguousarray(turn(getattr(bed, name))) for name in
           ("permeability_m2", "porosity", "inside", "outside")},
    )  # fmt: skip


@pytest.mark.parametrize(
    "turn",
    [lambda a: a[:, :, ::-1], lambda a: a[::-1], lambda a: np.rot90(a, axes=(0, 1)), lambda a: a.transpose(2, 0, 1)],
    ids=["mirror-i", "mirror-k", "quarter-turn", "axes-permuted"],
)
def test_turning_the_bone_turns_the_answer(turn):
    bed = patchy((11, 12, 13))
    source = ball(bed, 1.4, centre=(12, 13, 14))
    straight = filled(bed, source)
    other = filled(turned(bed, turn), np.ascontiguousarray(turn(source)))
    # pressures agree to 1e-11; events in another order add rounding
    np.testing.assert_allclose(other.content, turn(straight.content), atol=1e-7 * straight.capacity.max())


def test_tenfold_permeability_needs_a_tenth_of_the_pressure():
    bed = patchy((11, 12, 13))
    loose = replace(bed, permeability_m2=10 * bed.permeability_m2)
    source = ball(bed, 1.4)
    one, two = filled(bed, source), filled(loose, source)
    np.testing.assert_allclose(two.content, one.content, atol=1e-8 * one.capacity.max())
    assert two.solve(0.05, newtonian(100.0)).tip_pa == pytest.approx(0.1 * one.solve(0.05, newtonian(100.0)).tip_pa)


def test_thicker_cement_evens_out_permeable_and_tight_layers():
    reach = []
    for viscosity in (0.1, 100.0):
        bed = block((20, 20, 20), 1.0)
        layers = np.arange(bed.inside.shape[0]) // 4 % 2 == 0
        bed.permeability_m2[layers] *= 10.0
        flow = filled(bed, ball(bed, 1.5), law=newtonian(viscosity))
        share = flow.content.sum(axis=(1, 2))
        reach.append(share[layers].sum() / share.sum())
    assert reach[1] < reach[0]


def test_a_sealed_block_without_a_drain_cannot_be_filled():
    bed = block((6, 6, 6), 1.0)
    bed.outside[...] = False
    flow = started(bed, ball(bed, 1.0))
    with pytest.raises(Refused, match="closed region"):
        flow.solve(0.05, newtonian(100.0))


def test_a_tip_outside_the_bone_is_refused():
    bed = block((6, 6, 6), 1.0)
    source = np.zeros(bed.inside.shape)
    source[0, 0, 0] = 1.0
    with pytest.raises(Refused, match="cancellous bone"):
        started(bed, source)


def beside_a_disc(disc_pa):
    """A block that opens into a disc on one side and into soft tissue on all others."""
    bed = block((10, 11, 12), 1.0)
    flow = started(replace(bed, parameters=replace(bed.parameters, disc_pa=disc_pa)), ball(bed, 1.4), tolerance=1e-10)
    flow.site[-7:][bed.outside[-7:]] = SITES.index(LeakSite.DISC_ABOVE)
    return flow


def test_pressure_in_the_disc_keeps_cement_out_of_it():
    leaked = []
    for disc_pa in (0.0, 2e3):
        flow = beside_a_disc(disc_pa)
        for _ in fill_with(flow, 1.2, newtonian(5.0)):
            pass
        leaked.append(flow.site_ml(LeakSite.DISC_ABOVE))
    assert leaked[0] > 0
    assert leaked[1] < 0.9 * leaked[0]


def test_a_disc_under_pressure_is_a_fixed_pressure():
    """Without a push, what leaves the disc reaches the veins: pressures lie between the two."""
    flow = beside_a_disc(1e3)
    solved = flow.solve(1e-9, newtonian(5.0))
    inner = solved.pressure_pa[solved.active]
    assert 0 < inner.min() < inner.max() < 1e3
    assert np.all(np.diff(solved.pressure_pa[4:-6, 11, 11]) > 0)  # through the bone, towards the disc


@pytest.mark.parametrize("kind", ["cleft", "lytic hole"])
def test_a_hole_fills_before_the_bone_about_it(kind):
    bed = block((16, 16, 16), 1.0)
    hole = (slice(9, 21), slice(11, 13), slice(9, 21))
    bed.permeability_m2[hole] = CLEFT_PERMEABILITY if kind == "cleft" else LESION_PERMEABILITY
    flow = started(bed, ball(bed, 1.4), tolerance=1e-8)
    even = started(block((16, 16, 16), 1.0), ball(bed, 1.4), tolerance=1e-8)
    for each in (flow, even):
        for _ in fill_with(each, 0.3, newtonian(100.0)):
            pass
    assert flow.content[hole].sum() > 1.15 * even.content[hole].sum()
    law = newtonian(100.0)
    assert flow.solve(0.05, law).tip_pa < even.solve(0.05, law).tip_pa
