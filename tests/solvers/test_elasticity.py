"""The elasticity solver itself: tolerance, threads, what bears nothing, what is refused.

That it solves the equations of elasticity is tested in tests/physics.
"""

import json
import os
import subprocess

import numba
import numpy as np
import pytest

from conftest import missing
from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity import nodal_forces, solve_elasticity
from vertebroplasty.solvers.elasticity_element import cube, transversely_isotropic


def between_plates(shape, *, sliding=False, shortening=0.1):
    """Bottom and top held, the top moved down; sliding plates hold the normal component alone, and rigid motion."""
    held = np.zeros((3, *(n + 1 for n in shape)), bool)
    for plate in (0, -1):
        held[2 if sliding else slice(None), plate] = True
    if sliding:
        held[0, :, :, 0] = True  # symmetry planes
        held[1, :, 0, :] = True
    prescribed = np.zeros(held.shape)
    prescribed[2, -1] = -shortening
    return {"held": held, "prescribed_mm": prescribed}


def stiffness(modulus, *, nu=0.0, spacing=1.0, sliding=True, shortening=0.1, tolerance=1e-10):
    ends = between_plates(modulus.shape, sliding=sliding, shortening=shortening)
    solution = solve_elasticity(modulus, spacing, **ends, poisson_ratio=nu, relative_tolerance=tolerance)
    return 2 * solution.energy_n_mm / shortening**2


def random_modulus(shape, seed=0, low=1.0, high=100.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


def test_a_loose_tolerance_spoils_the_energy_only_to_second_order():
    modulus = random_modulus((10, 12, 14))
    exact = stiffness(modulus, nu=0.3, sliding=False, tolerance=1e-11)
    assert stiffness(modulus, nu=0.3, sliding=False, tolerance=1e-4) == pytest.approx(exact, rel=1e-7)


def test_stiffness_scales_with_modulus_and_size():
    modulus = random_modulus((5, 6, 7))
    reference = stiffness(modulus, nu=0.3, sliding=False)
    assert stiffness(3 * modulus, nu=0.3, sliding=False) == pytest.approx(3 * reference, rel=1e-6)  # float32 moduli
    assert stiffness(modulus, nu=0.3, sliding=False, spacing=0.5) == pytest.approx(reference / 2, rel=1e-9)


def test_one_and_two_threads_give_the_same_bits():
    modulus = random_modulus((12, 13, 14))
    ends, before, found = between_plates(modulus.shape), numba.get_num_threads(), []
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        found.append(solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3))
    numba.set_num_threads(before)
    assert found[0].energy_n_mm == found[1].energy_n_mm
    assert found[0].displacement_mm.tobytes() == found[1].displacement_mm.tobytes()


def test_iterations_do_not_grow_with_the_grid():
    counts = []
    for n in (12, 24, 36):
        modulus = np.full((n, n, n), 100.0)
        ends = between_plates(modulus.shape)
        counts.append(solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3).iterations)
    assert max(counts) <= 1.5 * counts[0]
    assert max(counts) < 20


def test_void_and_loose_parts_bear_nothing():
    solid = np.full((6, 4, 4), 50.0)
    around = np.zeros((6, 8, 9))
    around[:, 2:6, 1:5] = solid
    assert stiffness(around, nu=0.3, sliding=False) == pytest.approx(stiffness(solid, nu=0.3, sliding=False), rel=1e-9)
    around[2:4, 2:4, 7:9] = 50.0
    ends = between_plates(around.shape)
    solution = solve_elasticity(around, 1.0, **ends, poisson_ratio=0.3, relative_tolerance=1e-10)
    assert solution.loose_voxels == 8
    assert solution.energy_n_mm * 200 == pytest.approx(stiffness(solid, nu=0.3, sliding=False), rel=1e-9)


def test_forces_and_prescribed_displacements_are_each_others_answer():
    modulus = random_modulus((5, 6, 7))
    ends = between_plates(modulus.shape, sliding=False)
    pressed = solve_elasticity(modulus, 0.5, **ends, poisson_ratio=0.3, relative_tolerance=1e-11)
    forces = nodal_forces(modulus, 0.5, pressed.displacement_mm, poisson_ratio=0.3)
    held = ends["held"].copy()
    held[:, -1] = False
    free = solve_elasticity(
        modulus, 0.5, held=held, prescribed_mm=ends["prescribed_mm"], poisson_ratio=0.3, forces_n=forces,
        relative_tolerance=1e-11,
    )  # fmt: skip
    assert free.displacement_mm == pytest.approx(pressed.displacement_mm, abs=1e-10)
    assert free.energy_n_mm == pytest.approx(pressed.energy_n_mm, rel=1e-9)


def test_a_start_near_the_answer_saves_iterations_and_leaves_the_answer():
    modulus = random_modulus((10, 12, 14))
    ends = between_plates(modulus.shape, sliding=False)
    before = solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3)
    modulus[4:6] *= 1.01
    cold = solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3)
    warm = solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3, start_mm=before.displacement_mm)
    assert warm.iterations < cold.iterations
    assert warm.energy_n_mm == pytest.approx(cold.energy_n_mm, rel=1e-9)
    assert warm.relative_residual < 1.1e-6
    done = solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3, start_mm=warm.displacement_mm)
    assert done.iterations == 0


def test_nothing_prescribed_but_zero_stays_at_rest():
    ends = between_plates((3, 4, 5), shortening=0.0)
    rest = solve_elasticity(np.ones((3, 4, 5)), 1.0, **ends, poisson_ratio=0.3)
    assert rest.iterations == 0
    assert (rest.displacement_mm == 0).all()


def test_a_fibred_body_converges_like_an_isotropic_one():
    modulus = random_modulus((20, 22, 24))
    ends = between_plates(modulus.shape, sliding=False)
    isotropic = solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.3)
    fibred = solve_elasticity(modulus, 1.0, **ends, element=transversely_isotropic())
    assert fibred.iterations <= 1.5 * isotropic.iterations
    assert fibred.energy_n_mm < isotropic.energy_n_mm


PAROSOL = """
import json, sys
import numpy as np
from parosol_py import solve
modulus = np.load(sys.argv[1])
result = solve(material=modulus, spacing=(0.5,) * 3, strain=-0.1 / (0.5 * len(modulus)), tolerance=1e-10,
               mpi_processes=1, poisson_ratio=0.3, load_case_type="constrained_axial",
               outputs=("forces", "displacements"))
energy = 0.5 * float(np.nansum(result.fields["forces"] * result.fields["displacements"]))
print("RESULT " + json.dumps(energy))
"""


def test_parosol_finds_the_same_reaction(tmp_path):
    python = os.environ.get("PAROSOL_PYTHON")
    if not python or subprocess.run([python, "-c", "import parosol_py"], capture_output=True).returncode:
        missing("parosol", "set PAROSOL_PYTHON to an interpreter that has parosol-py")
    modulus = random_modulus((8, 10, 12), low=10, high=1000).astype(np.float32)
    modulus[2:6, 3:6, 4:9] = 0
    np.save(tmp_path / "modulus.npy", modulus)
    out = subprocess.run(
        [python, "-c", PAROSOL, str(tmp_path / "modulus.npy")], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    theirs = 2 * json.loads(out.stdout.rsplit("RESULT ", 1)[1]) / 0.1
    ours = 0.1 * stiffness(modulus, nu=0.3, spacing=0.5, sliding=False)
    assert ours == pytest.approx(theirs, rel=1e-5)  # two separate programs


def test_impossible_input_is_refused():
    modulus, ends = np.ones((3, 3, 3)), between_plates((3, 3, 3))
    with pytest.raises(Refused, match="one more along each axis"):
        solve_elasticity(np.ones((3, 3, 4)), 1.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="negative or not finite"):
        solve_elasticity(-modulus, 1.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="negative or not finite"):
        solve_elasticity(modulus * np.nan, 1.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="Poisson's ratio"):
        solve_elasticity(modulus, 1.0, **ends, poisson_ratio=0.5)
    for both_or_none in ({}, {"poisson_ratio": 0.3, "element": cube(0.3)}):
        with pytest.raises(Refused, match="either Poisson's ratio or an element"):
            solve_elasticity(modulus, 1.0, **ends, **both_or_none)
    with pytest.raises(Refused, match="positive"):
        solve_elasticity(modulus, 0.0, **ends, poisson_ratio=0.3)
    with pytest.raises(Refused, match="Nothing with stiffness is held"):
        solve_elasticity(modulus * 0, 1.0, **ends, poisson_ratio=0.3)
