"""Pressure in a porous bed against exact solutions, a direct solver, and what must be conserved."""

import numba
import numpy as np
import pytest
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.conjugate_gradient import NotConverged
from vertebroplasty.solvers.pressure import PressureSystem, face_conductances, solve_pressure


def half_cell_walls(faces, mobility, h, sides):
    """Pressure zero on the outer faces named by (axis, end): conductance of half a cell, 2 λ h."""
    for axis, end in sides:
        index = [slice(None)] * 3
        index[axis] = end
        faces.wall[tuple(index)] += 2.0 * h * mobility[tuple(index)]
    return faces


ALL_SIDES = [(axis, end) for axis in range(3) for end in (0, -1)]


def lognormal(n, contrast, seed):
    z = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((n, n, n)), 2)
    return contrast ** ((z - z.min()) / (z.max() - z.min()))


def manufactured_error(n):
    """p = sin πx sin πy sin πz with λ = exp(x + y/2 − z/3): largest error at the cell centres."""
    h = 1.0 / n
    z, y, x = np.meshgrid(*[(np.arange(n) + 0.5) * h] * 3, indexing="ij")
    mobility = np.exp(x + y / 2 - z / 3)
    s, c = np.sin, np.cos
    p = s(np.pi * x) * s(np.pi * y) * s(np.pi * z)
    gradient_term = np.pi * (
        c(np.pi * x) * s(np.pi * y) * s(np.pi * z)
        + s(np.pi * x) * c(np.pi * y) * s(np.pi * z) / 2
        - s(np.pi * x) * s(np.pi * y) * c(np.pi * z) / 3
    )
    source = mobility * (3 * np.pi**2 * p - gradient_term) * h**3
    faces = half_cell_walls(face_conductances(mobility, mobility > 0, spacing_m=h), mobility, h, ALL_SIDES)
    found = solve_pressure(faces, source, sink=np.zeros_like(p), relative_tolerance=1e-11)
    return np.abs(found.pressure_pa - p).max()


def test_manufactured_solution_converges_with_order_two():
    sizes = np.array([8, 16, 32])
    errors = [manufactured_error(n) for n in sizes]
    order = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.15)  # second order scheme, asymptotic within 0.15 from 8 cells on


def assembled(mobility, active, sink, wall, h, factors):
    """The same balance written down as a sparse matrix, cell by cell: a second implementation."""
    number = np.full(mobility.shape, -1)
    number[active] = np.arange(active.sum())
    entries = {}
    nk, nj, ni = mobility.shape
    for k, j, i in np.argwhere(active):
        c = number[k, j, i]
        entries[c, c] = entries.get((c, c), 0.0) + sink[k, j, i] + wall[k, j, i]
        for (dk, dj, di), factor in zip(((0, 0, 1), (0, 1, 0), (1, 0, 0)), factors, strict=True):
            a, b, d = k + dk, j + dj, i + di
            if a < nk and b < nj and d < ni and active[a, b, d]:
                face = 2 * h * factor / (1 / mobility[k, j, i] + 1 / mobility[a, b, d])
                e = number[a, b, d]
                for row, column in ((c, e), (e, c)):
                    entries[row, row] = entries.get((row, row), 0.0) + face
                    entries[row, column] = -face
    keys = np.array(list(entries))
    size = int(active.sum())
    return sparse.csc_matrix((list(entries.values()), (keys[:, 0], keys[:, 1])), shape=(size, size))


def test_agrees_with_a_direct_solver_on_a_random_field():
    rng = np.random.default_rng(5)
    shape, h, factors = (9, 11, 13), 0.7, (0.78, 0.6, 1.0)
    mobility = 10.0 ** rng.uniform(-2, 2, shape)
    active = rng.random(shape) > 0.2
    active &= ndimage.label(active)[0] == np.argmax(np.bincount(ndimage.label(active)[0][active]))
    sink = np.where(active, 10.0 ** rng.uniform(-4, -1, shape), 0.0)
    source = np.where(active, rng.standard_normal(shape), 0.0)
    faces = face_conductances(mobility, active, spacing_m=h, axis_factors=factors)
    found = solve_pressure(faces, source, sink=sink, relative_tolerance=1e-12)
    expected = spsolve(assembled(mobility, active, sink, faces.wall, h, factors), source[active])
    # 1e-12 in the residual, condition about 1e4
    np.testing.assert_allclose(found.pressure_pa[active], expected, rtol=0, atol=1e-8 * np.abs(expected).max())
    assert not found.pressure_pa[~active].any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_layers_in_series_and_in_parallel_are_exact(axis):
    k = np.array([1.0, 40.0, 0.3, 7.0, 1e3, 2.0])
    h, n = 0.5, k.size
    for across in (True, False):
        flow_axis = axis if across else (axis + 1) % 3
        mobility = np.moveaxis(np.broadcast_to(k[:, None, None], (n, n, n)), 0, axis).copy()
        faces = face_conductances(mobility, mobility > 0, spacing_m=h)
        half_cell_walls(faces, mobility, h, [(flow_axis, 0), (flow_axis, -1)])
        inlet = np.zeros_like(mobility)
        index = [slice(None)] * 3
        index[flow_axis] = 0
        inlet[tuple(index)] = faces.wall[tuple(index)]  # unit pressure in front of the first face
        found = solve_pressure(faces, inlet, sink=np.zeros_like(mobility), relative_tolerance=1e-13)
        entered = (inlet - np.where(inlet > 0, faces.wall * found.pressure_pa, 0.0)).sum()
        effective = entered * (n * h) / (n * h) ** 2
        exact = n / np.sum(1 / k) if across else k.mean()
        assert effective == pytest.approx(exact, rel=1e-10)  # harmonic faces are exact for aligned layers


def test_random_media_lie_between_the_wiener_bounds():
    n, h = 16, 1.0
    mobility = np.where(np.random.default_rng(2).random((n, n, n)) < 0.5, 1.0, 30.0)
    faces = half_cell_walls(face_conductances(mobility, mobility > 0, spacing_m=h), mobility, h, [(2, 0), (2, -1)])
    inlet = np.zeros_like(mobility)
    inlet[:, :, 0] = faces.wall[:, :, 0]
    found = solve_pressure(faces, inlet, sink=np.zeros_like(mobility), relative_tolerance=1e-10)
    effective = (inlet - np.where(inlet > 0, faces.wall * found.pressure_pa, 0.0)).sum() / n
    assert 1 / np.mean(1 / mobility) < effective < mobility.mean()


def leaving(found, faces, sink):
    """Net flow out of every cell."""
    out = (sink + faces.wall) * found.pressure_pa
    for axis, flux in ((2, found.flux_i), (1, found.flux_j), (0, found.flux_k)):
        out += flux
        np.moveaxis(out, axis, 0)[1:] -= np.moveaxis(flux, axis, 0)[:-1]
    return out


def test_fluxes_balance_the_sources_in_every_cell():
    mobility = lognormal(16, 1e4, 3)
    faces = face_conductances(mobility, mobility > 0, spacing_m=1.0)
    sink = np.full(mobility.shape, 1e-3)
    source = np.zeros_like(mobility)
    source[5, 6, 7] = 2.5
    found = solve_pressure(faces, source, sink=sink, relative_tolerance=1e-11)
    assert np.abs(leaving(found, faces, sink) - source).max() < 1e-10 * 2.5  # ten times the residual asked
    assert (sink * found.pressure_pa).sum() == pytest.approx(2.5, rel=1e-10)


def test_a_closed_region_that_is_fed_has_no_pressure():
    mobility = np.ones((6, 6, 6))
    active = np.ones_like(mobility, bool)
    active[3] = False  # a wall: the lower half has a drain, the upper none
    sink = np.zeros_like(mobility)
    sink[0, 0, 0] = 1.0
    faces = face_conductances(mobility, active, spacing_m=1.0)
    source = np.zeros_like(mobility)
    source[5, 5, 5] = 1.0
    with pytest.raises(Refused, match="closed region that nothing can leave"):
        solve_pressure(faces, source, sink=sink)
    source[5, 0, 0] = -1.0  # what enters leaves again: a pressure exists up to a constant
    found = solve_pressure(faces, source, sink=sink, relative_tolerance=1e-10)
    assert np.abs(leaving(found, faces, sink) - source).max() < 1e-9


def test_a_region_closed_by_faces_alone_is_refused():
    mobility = np.ones((4, 4, 8))
    open_i = np.ones_like(mobility, bool)
    open_i[:, :, 3] = False
    everywhere = np.ones_like(open_i)
    faces = face_conductances(mobility, everywhere, spacing_m=1.0, open_faces=(open_i, everywhere, everywhere))
    assert not faces.i[:, :, 3].any()
    sink, source = np.zeros_like(mobility), np.zeros_like(mobility)
    sink[0, 0, 0], source[0, 0, 7] = 1.0, 1.0
    with pytest.raises(Refused, match="closed region"):
        solve_pressure(faces, source, sink=sink)


def test_fixed_cells_are_walls_with_the_conductance_of_the_face():
    mobility = np.array([1.0, 3.0, 5.0]).reshape(1, 1, 3)
    active = np.array([True, True, False]).reshape(1, 1, 3)
    faces = face_conductances(mobility, active, spacing_m=2.0, fixed=~active)
    assert faces.wall[0, 0].tolist() == pytest.approx([0.0, 2.0 * 2 * 3 * 5 / 8, 0.0])
    assert faces.i[0, 0, 0] == pytest.approx(2.0 * 2 * 3 / 4)


def test_iterations_do_not_grow_with_the_grid():
    counts = []
    for n in (16, 32, 64):
        mobility = lognormal(n, 1e4, 1)
        faces = face_conductances(mobility, mobility > 0, spacing_m=1.0 / n)
        half_cell_walls(faces, mobility, 1.0 / n, [(2, 0), (2, -1)])
        inlet = np.zeros_like(mobility)
        inlet[:, :, 0] = faces.wall[:, :, 0]
        found = solve_pressure(faces, inlet, sink=np.zeros_like(mobility), relative_tolerance=1e-8)
        assert found.relative_residual <= 1e-8
        counts.append(found.iterations)
    assert max(counts) <= 1.3 * min(counts)
    assert max(counts) <= 15  # a residual reduction of 0.3 per iteration reaches 1e-8 in 15


def test_the_answer_does_not_depend_on_the_number_of_threads():
    mobility = lognormal(64, 1e3, 4)
    faces = face_conductances(mobility, mobility > 0, spacing_m=1.0)
    source = np.zeros_like(mobility)
    source[30, 31, 33] = 1.0
    sink = np.full(mobility.shape, 1e-3)
    before = numba.get_num_threads()
    answers = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            answers.append(solve_pressure(faces, source, sink=sink).pressure_pa)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(answers[0], answers[1])


def test_a_start_close_to_the_answer_saves_iterations():
    mobility = lognormal(24, 1e3, 6)
    faces = face_conductances(mobility, mobility > 0, spacing_m=1.0)
    sink, source = np.full(mobility.shape, 1e-3), np.zeros_like(mobility)
    source[12, 12, 12] = 1.0
    cold = solve_pressure(faces, source, sink=sink, relative_tolerance=1e-8)
    warm = solve_pressure(faces, source, sink=sink, relative_tolerance=1e-8, start_pa=cold.pressure_pa)
    assert warm.iterations < cold.iterations / 2


def injected_block(shape=(21, 26, 30), seed=7):
    """A bed with a needle's inflow, venous drains and one open side."""
    mobility = 10.0 ** np.random.default_rng(seed).uniform(-2, 2, shape)
    source = np.zeros(shape)
    source[10, 12, 15] = 1.0
    return mobility, np.full(shape, 1e-3), source


def bed(mobility):
    faces = face_conductances(mobility, mobility > 0, spacing_m=1.0)
    return half_cell_walls(faces, mobility, 1.0, [(1, 0)])


@pytest.mark.parametrize("box", [(slice(8, 13), slice(9, 15), slice(11, 18)), (slice(0, 2), slice(24, 26), slice(3))])
def test_changed_cells_give_the_numbers_of_a_fresh_set_up(box):
    mobility, sink, source = injected_block()
    system = PressureSystem(mobility.shape)
    system.take(bed(mobility), sink)
    system.solve(source)
    mobility[box] *= 0.01  # cement: a hundred times as viscous
    sink[box] = 0.0
    around = tuple(slice(max(s.indices(n)[0] - 1, 0), s.stop) for s, n in zip(box, mobility.shape, strict=True))
    system.take(bed(mobility), sink, changed=around)  # a face belongs to the cell before it
    system.start_from(np.zeros_like(source))
    fresh = solve_pressure(bed(mobility), source, sink=sink)
    found = system.solve(source)
    assert found.iterations == fresh.iterations
    np.testing.assert_array_equal(found.pressure_pa, fresh.pressure_pa)
    np.testing.assert_array_equal(found.flux_k, fresh.flux_k)


def test_a_forgotten_cell_is_an_error_and_never_a_wrong_answer():
    mobility, sink, source = injected_block()
    system = PressureSystem(mobility.shape)
    system.take(bed(mobility), sink)
    mobility[8:] *= 1e3
    system.take(bed(mobility), sink, changed=(slice(0, 1),) * 3)
    with pytest.raises(NotConverged):
        system.solve(source)


def test_a_system_goes_on_from_its_last_answer():
    mobility, sink, source = injected_block()
    system = PressureSystem(mobility.shape)
    system.take(bed(mobility), sink)
    first = system.solve(source, relative_tolerance=1e-8)
    assert system.solve(source, relative_tolerance=1e-8).iterations == 0
    mobility[10, 12, 16] *= 0.1
    system.take(bed(mobility), sink, changed=(slice(9, 11), slice(11, 13), slice(15, 17)))
    assert system.solve(source, relative_tolerance=1e-6).iterations < first.iterations


def test_a_system_refuses_what_it_was_not_made_for():
    mobility, sink, source = injected_block()
    system = PressureSystem(mobility.shape)
    with pytest.raises(Refused, match="before any conductances"):
        system.solve(source)
    with pytest.raises(Refused, match="before any conductances"):
        system.take(bed(mobility), sink, changed=(slice(1),) * 3)
    with pytest.raises(Refused, match="not those of the grid"):
        system.take(bed(mobility[1:]), sink[1:])


def test_too_few_iterations_are_an_error():
    mobility, sink, source = injected_block()
    with pytest.raises(NotConverged, match="after 2 iterations"):
        solve_pressure(bed(mobility), source, sink=sink, max_iterations=2)


def test_a_pinhole_drains_a_bed_as_a_direct_solver_says():
    """All fluid leaves by one cell, so the pressure is almost constant: where single precision loses its digits."""
    shape = (14, 15, 16)
    mobility = 10.0 ** np.random.default_rng(3).uniform(-2, 2, shape)
    sink, source = np.zeros(shape), np.zeros(shape)
    sink[0, 0, 0], source[9, 9, 9] = 1e-5, 1.0
    faces = face_conductances(mobility, mobility > 0, spacing_m=1.0)
    found = solve_pressure(faces, source, sink=sink, relative_tolerance=1e-8)
    # all of the source leaves there, whatever the bed: to the residual summed over 3360 cells
    assert found.pressure_pa[0, 0, 0] * 1e-5 == pytest.approx(1.0, rel=1e-6)
    expected = spsolve(assembled(mobility, mobility > 0, sink, faces.wall, 1.0, (1, 1, 1)), source.reshape(-1))
    assert np.ptp(expected) < 1e-3 * expected.max()  # almost constant indeed
    np.testing.assert_allclose(found.pressure_pa.reshape(-1), expected, rtol=1e-6)


def test_nothing_pushed_is_no_pressure():
    mobility, sink, source = injected_block()
    assert not solve_pressure(bed(mobility), 0.0 * source, sink=sink, start_pa=source).pressure_pa.any()
