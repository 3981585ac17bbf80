"""The voxel finite-element solver in one run beside its peers: parosol-py, PyAMG and Jacobi-preconditioned SciPy.

    python benchmarks/elasticity.py DENSITY.nii.gz PARTS.nii.gz [--repeats 3] [--cases 4] [--scaling]

Four cases of one vertebra: its body alone and the whole between its caps, at the voxels given and at half their edge.
All are compressed by bonded plates.  Prints medians of rounds in which all programs take turns, their ratios, and how
far the stiffness of each lies from that of the most exact run.  Equal tolerances are not equal accuracy, so ours is
shown twice: stopped at the residual that the peers are given (1e-9), and at one that makes the force as exact as
1e-9 (1e-7: the stiffness comes from the energy, whose error is of second order).  The first call (compilation or its
cache) is shown apart.

parosol-py runs as a process of its own (GPL) with two ranks: give the interpreter that has it by PAROSOL_PYTHON.  Its
time is shown with and without the start of the process.  Without it, it is skipped with a line.  PyAMG (smoothed
aggregation with the six rigid modes) and SciPy work on the assembled matrix; assembly counts.

Every case also states whether one and two threads give the same bits, and the growth of peak memory per free degree
of freedom in a process of its own.  --scaling prints the time per degree of freedom of elliptic columns from 0.1 to
5 million.  Other work on the machine spoils all of it: trust the ratios of one run, and look at the time of the
processor beside that of the clock.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numba
import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import cg

from vertebroplasty.solvers.elasticity import solve_elasticity
from vertebroplasty.solvers.elasticity_element import cube
from vertebroplasty.strength.density_compression import density_specimen
from vertebroplasty.strength.density_files import read_density
from vertebroplasty.strength.load_cases import DISPLACEMENT_MM, nodes_of
from vertebroplasty.strength.material import DEFAULT_LAW, POISSON_RATIO, bone_law

PAROSOL = """
import json, sys
import numpy as np
from parosol_py import solve
modulus, spacing, strain, tolerance, ranks = np.load(sys.argv[1]), *map(float, sys.argv[2:])
result = solve(material=modulus, spacing=(spacing,) * 3, strain=-strain, tolerance=tolerance,
               mpi_processes=int(ranks), poisson_ratio=0.3, load_case_type="constrained_axial",
               outputs=("forces", "displacements"))
forces, moved = result.fields["forces"].astype(float), result.fields["displacements"].astype(float)
plate = moved[np.abs(moved + strain * spacing * len(modulus)) < 1e-6]  # prescribed in single precision
print("RESULT " + json.dumps({"seconds": result.summary.run.overall_time_seconds, "moved": float(np.median(plate)),
    "work": float(np.nansum(forces * moved)), "steps": result.summary.run.iterations}))
"""
TOLERANCE, MATCHED, EXACT = 1e-9, 1e-7, 1e-11
LARGEST_PYAMG, LARGEST_SCIPY = 300_000, 150_000  # beyond these the peers take minutes
BODY = (1, 2)


@dataclass(frozen=True)
class Answer:
    """The stiffness in N/mm, and how it was reached."""

    stiffness: float
    detail: str


def cases(density: Path, parts: Path) -> list[tuple[str, np.ndarray, float]]:
    """Moduli and voxel edge of the four cases."""
    values, labels, spacing = read_density(density, parts)
    body = np.isin(labels, BODY)
    area = body.sum(axis=(1, 2))
    alone = np.where(body, bone_law(DEFAULT_LAW).modulus_mpa(values), 0.0)[area > area.max() / 2]
    coarse = [("body", alone), ("vertebra with caps", density_specimen(values, labels, spacing).modulus_mpa)]
    fine = [(name, m.repeat(2, 0).repeat(2, 1).repeat(2, 2)) for name, m in coarse]
    every = [(name, m, spacing) for name, m in coarse] + [(name, m, spacing / 2) for name, m in fine]
    return [(f"{name}, {edge:g} mm", np.ascontiguousarray(m, np.float32), edge) for name, m, edge in every]


def column(radius: int) -> np.ndarray:
    """An elliptic column of random moduli, as high as a vertebral body of this half width."""
    j, i = np.mgrid[-0.75 * radius : 0.75 * radius, -radius:radius] + 0.5
    inside = (j / 0.75) ** 2 + i**2 < radius**2
    shape = (int(1.2 * radius), *inside.shape)
    return np.where(inside, np.random.default_rng(0).uniform(50, 500, shape), 0).astype(np.float32)


def freedoms(modulus: np.ndarray) -> int:
    """Free degrees of freedom between the plates."""
    held, _ = plates(modulus)
    nodes = np.zeros(held.shape[1:], bool)
    k, j, i = modulus.shape
    for dk, dj, di in np.ndindex(2, 2, 2):
        nodes[dk : dk + k, dj : dj + j, di : di + i] |= modulus > 0
    return int(np.count_nonzero(nodes & ~held))


def plates(modulus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    held = np.zeros((3, *(n + 1 for n in modulus.shape)), bool)
    held[:, 0], held[:, -1] = nodes_of(modulus[0] > 0), nodes_of(modulus[-1] > 0)
    prescribed = np.zeros(held.shape)
    prescribed[2, -1] = -DISPLACEMENT_MM
    return held, prescribed


def ours(modulus: np.ndarray, spacing: float, tolerance: float, threads: int = 2) -> Answer:
    held, prescribed = plates(modulus)
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    solution = solve_elasticity(
        modulus, spacing, held=held, prescribed_mm=prescribed, poisson_ratio=POISSON_RATIO, relative_tolerance=tolerance
    )
    return Answer(2 * solution.energy_n_mm / DISPLACEMENT_MM**2, f"{solution.iterations} iterations")


def assembled(modulus: np.ndarray, spacing: float) -> sparse.csr_matrix:
    """The same stiffness matrix written out."""
    shape = tuple(n + 1 for n in modulus.shape)
    number = np.arange(3 * np.prod(shape)).reshape(3, *shape)
    k, j, i = np.nonzero(modulus)
    bits = [(n & 1, n >> 1 & 1, n >> 2 & 1) for n in range(8)]
    rows = np.stack([number[c, k + dk, j + dj, i + di] for c in range(3) for di, dj, dk in bits], axis=1)
    values = (modulus[k, j, i].astype(float) * spacing)[:, None, None] * cube(POISSON_RATIO).stiffness
    index = np.broadcast_to(rows[:, :, None], values.shape), np.broadcast_to(rows[:, None, :], values.shape)
    return sparse.coo_matrix((values.ravel(), (index[0].ravel(), index[1].ravel())), (number.size,) * 2).tocsr()


def reduced(modulus: np.ndarray, spacing: float) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray, np.ndarray]:
    """The matrix, displacements with the plates' values, the free degrees of freedom and their load."""
    held, prescribed = plates(modulus)
    matrix, x = assembled(modulus, spacing), prescribed.ravel().copy()
    free = np.flatnonzero(~held.ravel() & (matrix.diagonal() > 0))
    return matrix, x, free, -(matrix @ x)[free]


def scipy_jacobi(modulus: np.ndarray, spacing: float) -> Answer:
    matrix, x, free, load = reduced(modulus, spacing)
    inner, steps = matrix[free][:, free], []
    jacobi = sparse.diags_array(1 / inner.diagonal())
    x[free], _ = cg(inner, load, rtol=TOLERANCE, maxiter=20000, M=jacobi, callback=steps.append)
    return Answer(float(x @ (matrix @ x)) / DISPLACEMENT_MM**2, f"{len(steps)} iterations")


def pyamg_aggregation(modulus: np.ndarray, spacing: float) -> Answer:
    import pyamg

    matrix, x, free, load = reduced(modulus, spacing)
    shape = tuple(n + 1 for n in modulus.shape)
    order = np.argsort(free % np.prod(shape), kind="stable")  # node by node
    inner = matrix[free[order]][:, free[order]].tobsr((3, 3))
    component, node = np.divmod(free[order], np.prod(shape))
    k, j, i = np.unravel_index(node, shape)
    at = np.stack([i, j, k]).astype(float)
    modes = np.zeros((free.size, 6))
    for axis in range(3):
        modes[component == axis, axis] = 1
        following, last = (axis + 1) % 3, (axis + 2) % 3
        modes[component == following, 3 + axis] = -at[last, component == following]
        modes[component == last, 3 + axis] = at[following, component == last]
    steps: list[float] = []
    solver = pyamg.smoothed_aggregation_solver(inner, B=modes)
    x[free[order]] = solver.solve(load[order], tol=TOLERANCE, accel="cg", maxiter=500, residuals=steps)
    return Answer(float(x @ (matrix @ x)) / DISPLACEMENT_MM**2, f"{len(steps) - 1} iterations")


def parosol(modulus: np.ndarray, spacing: float, python: str) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "modulus.npy"
        np.save(file, modulus)
        strain = DISPLACEMENT_MM / (modulus.shape[0] * spacing)
        numbers = [str(v) for v in (spacing, strain, TOLERANCE, 2)]
        out = subprocess.run([python, "-c", PAROSOL, str(file), *numbers], check=True, capture_output=True, text=True)
    answer = json.loads(out.stdout.rsplit("RESULT ", 1)[1])
    detail = f"{answer['steps']} iterations, {1000 * answer['seconds']:.0f} ms inside"
    return Answer(answer["work"] / answer["moved"] ** 2, detail)


def timed(work: Callable[[], Answer]) -> tuple[float, float, Answer]:
    """Milliseconds of the clock and of the processor (this process and those it has waited for)."""
    clock, processor = time.perf_counter(), _processor()
    answer = work()
    return 1000 * (time.perf_counter() - clock), 1000 * (_processor() - processor), answer


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def memory(modulus: np.ndarray, spacing: float) -> float:
    """Growth of peak memory in bytes per free degree of freedom, in a process that has solved a small case before."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "modulus.npy"
        np.save(file, modulus)
        words = [sys.executable, __file__, "--memory-of", str(file), str(spacing)]
        grown = float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return grown / freedoms(modulus)


def _memory_of(file: str, spacing: str) -> None:
    ours(column(12), 1.0, 1e-6)
    modulus = np.load(file)
    Path("/proc/self/clear_refs").write_text("5")  # peak memory from here on
    before = _peak_bytes()
    ours(modulus, float(spacing), 1e-6)
    print(_peak_bytes() - before)


def _peak_bytes() -> int:
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def compare(name: str, modulus: np.ndarray, spacing: float, repeats: int, python: str | None) -> None:
    works: dict[str, Callable[[], Answer]] = {
        "ours at 1e-9": lambda: ours(modulus, spacing, TOLERANCE),
        "ours at 1e-7": lambda: ours(modulus, spacing, MATCHED),
        "ours at 1e-7, 1 thread": lambda: ours(modulus, spacing, MATCHED, 1),
    }
    if freedoms(modulus) < LARGEST_PYAMG:
        works["PyAMG"] = lambda: pyamg_aggregation(modulus, spacing)
    if freedoms(modulus) < LARGEST_SCIPY:
        works["SciPy"] = lambda: scipy_jacobi(modulus, spacing)
    if python:
        works["parosol-py"] = lambda: parosol(modulus, spacing, python)
    exact = ours(modulus, spacing, EXACT).stiffness
    print(f"\n{name}: {np.count_nonzero(modulus)} voxels, {freedoms(modulus)} free degrees of freedom")
    rounds = [{kind: timed(work) for kind, work in works.items()} for _ in range(repeats)]
    own = median(one["ours at 1e-7"][0] for one in rounds)
    for kind in works:
        clock, processor = (median(one[kind][n] for one in rounds) for n in (0, 1))
        answer = rounds[0][kind][2]
        print(
            f"{kind:24s} {clock:8.0f} ms  {clock / own:6.1f} x  processor {processor:8.0f} ms  "
            f"stiffness off by {abs(answer.stiffness / exact - 1):.0e}  {answer.detail}",
            flush=True,
        )
    same = rounds[0]["ours at 1e-7"][2] == rounds[0]["ours at 1e-7, 1 thread"][2]
    print(f"one and two threads: {'the same bits' if same else 'DIFFERENT'}; {memory(modulus, spacing):.0f} B per dof")


def scaling(repeats: int) -> None:
    print("\nElliptic columns at 1e-6, per free degree of freedom:")
    for radius in (22, 30, 42, 60, 82):
        modulus = column(radius)
        size, runs = freedoms(modulus), [timed(lambda m=modulus: ours(m, 1.0, 1e-6)) for _ in range(repeats)]
        clock, processor = (1e6 * min(run[n] for run in runs) / size for n in (0, 1))
        print(f"{size / 1e6:5.2f} million: {clock:6.0f} ns of the clock, {processor:6.0f} ns of the processor, "
              f"{runs[0][2].detail}, {memory(modulus, 1.0):.0f} B", flush=True)  # fmt: skip


def main() -> None:
    if sys.argv[1:2] == ["--memory-of"]:
        _memory_of(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("density", type=Path)
    parser.add_argument("parts", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cases", type=int, default=4, help="only the first so many cases")
    parser.add_argument("--scaling", action="store_true", help="also the time per degree of freedom, 0.1 to 5 million")
    options = parser.parse_args()
    python = os.environ.get("PAROSOL_PYTHON")
    if not python:
        print("parosol-py: skipped (PAROSOL_PYTHON is not set)")
    print(f"first call of ours: {timed(lambda: ours(column(12), 1.0, 1e-6))[0]:.0f} ms")
    for name, modulus, spacing in cases(options.density, options.parts)[: options.cases]:
        compare(name, modulus, spacing, options.repeats, python)
    if options.scaling:
        scaling(options.repeats)


if __name__ == "__main__":
    main()
