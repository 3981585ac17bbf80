"""What every step must keep: the account of cement, its state, and the answer when steps are halved."""

import pickle

import numpy as np
import pytest
from scipy import ndimage

from drawn_bed import ball, started
from flow_rungs import M3, NEVER, drained, into_the_middle, newtonian, order_of, pushed, uneven
from vertebroplasty.cement import marrow_flow
from vertebroplasty.cement.rheology import PowerLaw
from vertebroplasty.solvers.conjugate_gradient import NotConverged


def test_28_every_step_keeps_the_account():
    flow = into_the_middle(uneven(), tolerance=1e-6)
    law, now, errors = PowerLaw(consistency_pa_s=100.0, index=0.7), 0.0, []
    for _ in range(50):
        moved = flow.advance(flow.solve(0.05, law), 0.05, start_s=now, duration_s=1.0, threshold_ml=NEVER)
        now += moved.duration_s
        errors.append(moved.mass_error)
        assert flow.total_ml == pytest.approx(flow.pushed_ml, rel=1e-9)
        assert np.all((flow.content >= 0) & (flow.content <= flow.capacity))
    assert flow.site_volume.sum() > 0.05  # it did leave the block
    assert flow.in_bone_ml + flow.site_volume.sum() == pytest.approx(0.05 * now, rel=1e-9)
    assert max(errors) < 1e-9  # rounding alone; a millionth is allowed
    solved = flow.solve(0.05, law)
    axes = ((2, solved.flux_i), (1, solved.flux_j), (0, solved.flux_k))
    out = sum(np.diff(flux, axis=axis, prepend=0.0) for axis, flux in axes)
    inner = ndimage.binary_erosion(solved.active)
    assert np.abs(out - 0.05 * M3 * flow.source[solved.box])[inner].max() < 1e-6 * 0.05 * M3  # the solver's residual


def test_28_all_that_is_pushed_is_drained():
    """Inside sealed bone the sinusoids take up exactly what the needle gives, over the whole region."""
    bed = drained()
    bed.outside[...] = False
    flow = into_the_middle(bed, tolerance=1e-12)
    solved = flow.solve(0.05, newtonian(100.0))
    sink = bed.drain_per_pa_s[solved.box] * (1e-3 * bed.spacing_mm) ** 3
    taken_up = (np.where(solved.active, sink, 0.0) * solved.pressure_pa).sum()
    assert taken_up == pytest.approx(0.05 * M3, rel=1e-10)
    rough = into_the_middle(bed, tolerance=1e-2)
    pressure = rough.solve(0.05, newtonian(100.0)).pressure_pa
    # a pressure that was not solved for does not keep it
    assert abs((np.where(solved.active, sink, 0.0) * pressure).sum() / (0.05 * M3) - 1) > 1e-6


def test_28_a_leak_in_the_account_is_refused(monkeypatch):
    def lossy(fluxes, voxels, leaks, source, cells, start_s, duration_s):
        ended = marrow_flow_advance(fluxes, voxels, leaks, source, cells, start_s, duration_s)
        voxels.content[...] *= 1 - 1e-5
        return ended

    marrow_flow_advance = marrow_flow.advance_cells
    monkeypatch.setattr(marrow_flow, "advance_cells", lossy)
    flow = started(uneven(), ball(uneven(), 1.5))
    with pytest.raises(NotConverged, match="beside the cement pushed in"):
        flow.advance(flow.solve(0.05, newtonian(100.0)), 0.05, start_s=0.0, duration_s=1.0, threshold_ml=NEVER)


def stepped(flow, steps):
    """So many portions of one second each, the cement thinning with shear."""
    law = PowerLaw(consistency_pa_s=100.0, index=0.7)
    for _ in range(steps):
        flow.advance(flow.solve(0.05, law), 0.05, start_s=0.05 * flow.pushed_ml, duration_s=1.0, threshold_ml=NEVER)
    return flow


def test_a_restart_equals_the_uninterrupted_run():
    fresh = [into_the_middle(drained(), tolerance=1e-6) for _ in range(2)]
    whole = stepped(fresh[0], 20)
    kept = pickle.dumps(stepped(fresh[1], 10))
    resumed = stepped(pickle.loads(kept), 10)
    for name in ("content", "full", "half_time", "pressure", "speed", "site_volume"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
    cold = pickle.loads(kept)
    cold.speed[...] = 0.0  # a state that lost how the cement flowed does not continue the run
    assert not np.array_equal(stepped(cold, 10).content, whole.content)


def test_halving_the_interval_converges():
    """Cement outside the bone and in every voxel tends to what small portions give, with the first order."""
    law = newtonian(5.0)
    portions = np.array([0.2, 0.1, 0.05])
    finest = pushed(drained(), 1.6, law, portion=0.05 / 4, tolerance=1e-7)
    assert finest.site_volume.sum() > 0.1
    runs = [pushed(drained(), 1.6, law, portion=portion, tolerance=1e-7) for portion in portions]
    misplaced = [0.5 * np.abs(run.content - finest.content).sum() / 1.6 for run in runs]
    assert order_of(portions, misplaced) > 0.7
    assert misplaced[-1] < 0.02
    leaked = abs(runs[-1].site_volume.sum() - finest.site_volume.sum())
    assert leaked < 0.01 * 1.6
