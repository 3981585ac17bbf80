"""Cement displacing marrow against exact solutions: plug, sphere, ellipsoid, power law, mass and symmetry."""

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


def plug_time(cells, cement, marrow, *, k=1e-8, porosity=0.85, drop=1e5, length=0.03, to=0.02):
    """Time for a plug in a tube under a constant pressure drop to reach `to`, and the front's place then."""
    # the tube ends at the centre of the first tissue voxel beyond those solved: 5.5 voxels behind the bone
    h = length / (cells + 5.5)
    bed = block((1, 1, cells), h * 1e3, permeability=k, porosity=porosity, marrow=marrow, axes=(2,))
    bed.outside[:, :, :2] = False  # closed on the left, where the cement enters
    bed.outside[:, :, 2:7] = False
    source = np.zeros(bed.inside.shape)
    inlet = (1, 1, int(np.argmax(bed.inside[1, 1])))
    source[inlet] = 1.0
    flow = started(bed, source, tolerance=1e-10)
    never = np.full(flow.site_volume.size, np.inf)
    now = place = 0.0
    while place < to:
        solved = flow.solve(1.0, newtonian(cement))
        share = flow.content[inlet] / flow.capacity[inlet]
        half_cell = 1e-6 * 0.5 / (k / (share * cement + (1 - share) * marrow) * h)
        rate = drop / (solved.tip_pa + half_cell)  # ml/s at the constant drop
        step = min(0.5 * porosity * h, porosity * (to - place)) * h**2 * 1e6 / rate
        now += flow.advance(solved, rate, start_s=now, duration_s=step, threshold_ml=never).duration_s
        place = flow.total_ml * 1e-6 / (porosity * h**2)
        if to - place < 1e-12:
            break
    return now


@pytest.mark.parametrize(
    ("cement", "marrow", "golden"), [(100.0, 0.1, 17.034), (0.1, 0.1, 0.0510), (0.001, 0.1, 0.03417)]
)
def test_plug_under_constant_pressure(cement, marrow, golden):
    k, porosity, drop, length, x = 1e-8, 0.85, 1e5, 0.03, 0.02
    exact = porosity / (k * drop) * (marrow * length * x + (cement - marrow) * x**2 / 2)
    assert exact == pytest.approx(golden, rel=2e-3)
    coarse, fine = plug_time(20, cement, marrow), plug_time(60, cement, marrow)
    assert fine == pytest.approx(exact, rel=0.02)  # rate held over half a voxel of 65: first order
    assert abs(fine - exact) <= 0.5 * abs(coarse - exact) + 1e-6 * exact


def radii(flow, directions, centre):
    """Distance in voxels at which the fill falls through half the porosity, along each direction."""
    share = flow.content / np.where(flow.capacity > 0, flow.capacity, 1.0)
    steps = np.arange(0.0, max(share.shape) / 2 - 2, 0.05)
    points = centre[:, None, None] + directions.T[:, :, None] * steps
    values = ndimage.map_coordinates(share, points.reshape(3, -1), order=1).reshape(len(directions), -1)
    return steps[np.argmax(values < 0.5, axis=1)]


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


def test_a_ball_grows_round():
    directions = fibonacci_sphere(200)
    excess = []
    for n in (15, 21, 31):
        flow, bed, centre = grown_ball(n, 16.0, 7.5)
        found = radii(flow, directions, centre) * bed.spacing_mm
        excess.append(found.max() / found.min() - 1)
        assert excess[-1] <= 2 * bed.spacing_mm / 7.5
        assert found.mean() == pytest.approx(7.5, abs=0.5 * bed.spacing_mm)
    assert excess[-1] < 0.75 * excess[0]  # the roughness is that of the voxels


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


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_anisotropic_bone_gives_an_ellipsoid(axis):
    factors = [0.78, 0.78, 0.78]
    factors[axis] = 1.0  # along i, j, k
    flow, bed, centre = grown_ball(21, 16.0, 7.5, factors=tuple(factors))
    share = np.clip(flow.content / np.where(flow.capacity > 0, flow.capacity, 1.0), 0, 1)
    index = np.meshgrid(*[np.arange(n) - c for n, c in zip(share.shape, centre, strict=True)], indexing="ij")
    spread = np.array([np.sqrt((share * g**2).sum() / share.sum()) for g in index])[::-1]  # i, j, k
    for other in set(range(3)) - {axis}:
        # second moments of an ellipsoid are in the ratio of its semi-axes; within a third of a voxel of the radius
        assert spread[other] / spread[axis] == pytest.approx(np.sqrt(0.78), abs=bed.spacing_mm / 3 / 7.5)


@pytest.mark.parametrize("n", [0.5, 0.7])
def test_power_law_fluid_in_a_ball(n):
    bed = block((31, 31, 31), 1.0, porosity=0.85)
    flow = started(bed, ball(bed, 1.5), tolerance=1e-9)
    flow.content[...] = np.where(bed.inside, flow.capacity, 0.0)  # cement everywhere, no front
    flow.full[...] = bed.inside
    law = PowerLaw(consistency_pa_s=100.0, index=n)
    centre = (np.array(bed.inside.shape) - 1) / 2
    directions = fibonacci_sphere(200)

    def drop(rate):
        flow.speed[...] = 0.0
        for _ in range(25):
            solved = flow.solve(rate, law)
            flow.prime(solved, rate)
        start = np.array([box.start for box in solved.box])
        at = [
            ndimage.map_coordinates(solved.pressure_pa, (centre - start)[:, None] + directions.T * r, order=3).mean()
            for r in (4.0, 8.0)
        ]
        return at[0] - at[1]

    effective = 100.0 / 12 * (9 + 3 / n) ** n * (150 * 1e-8 * 0.85) ** ((1 - n) / 2)
    power = 1 - 2 * n
    near, far = 4e-3, 8e-3
    shape = np.log(far / near) if n == 0.5 else (near**power - far**power) / -power
    exact = effective / 1e-8 * (0.05e-6 / (4 * np.pi)) ** n * shape
    found = drop(0.05)
    assert found == pytest.approx(exact, rel=0.05)  # speeds are voxel averages of 1/r²
    assert np.log(drop(0.1) / found) / np.log(2) == pytest.approx(n, abs=1e-3)


def test_no_drop_is_lost_at_any_moment():
    bed = block((12, 14, 16), 1.0)
    bed.porosity[bed.inside] = np.random.default_rng(3).uniform(0.3, 0.95, int(bed.inside.sum()))
    bed.permeability_m2[bed.inside] = 10.0 ** np.random.default_rng(4).uniform(-9, -7, int(bed.inside.sum()))
    flow = started(bed, ball(bed, 1.5, centre=(12, 13, 12)), tolerance=1e-6)
    for now in fill_with(flow, 2.5, PowerLaw(consistency_pa_s=100.0, index=0.7)):
        assert flow.total_ml == pytest.approx(0.05 * now, rel=1e-9)
        assert np.all(flow.content <= flow.capacity)
        assert np.all(flow.content >= 0)
    leaked = flow.site_volume.sum()
    assert leaked > 0.05  # it did leave the block
    assert leaked + flow.in_bone_ml == pytest.approx(flow.total_ml, rel=1e-9)


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


def test_all_viscosities_doubled_double_the_pressure_and_leave_the_front():
    bed = patchy((11, 12, 13))
    thick = replace(bed, parameters=replace(bed.parameters, marrow_pa_s=0.2))
    source = ball(bed, 1.4)
    one, two = filled(bed, source), filled(thick, source, law=newtonian(200.0))
    np.testing.assert_allclose(two.content, one.content, atol=1e-8 * one.capacity.max())
    assert two.solve(0.05, newtonian(200.0)).tip_pa == pytest.approx(2 * one.solve(0.05, newtonian(100.0)).tip_pa)


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
