"""The voxel finite-element solver: ours against Jacobi-preconditioned SciPy on the assembled matrix, and parosol-py.

    python benchmarks/elasticity.py DENSITY.nii.gz PARTS.nii.gz [--repeats 3] [--tolerance 1e-9]

The case is a vertebra between its caps, without and with its processes.  Prints medians in ms, interleaved in one run,
their ratios, iterations and the stiffness that each finds; the first call of ours (compilation or its cache) is shown
apart.  parosol-py runs as a process of its own (GPL): give the interpreter that has it by PAROSOL_PYTHON.  Its time
is shown with and without the start of the process.  Without it, it is skipped with a line.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import cg

from vertebroplasty.solvers.elasticity import solve_elasticity
from vertebroplasty.solvers.elasticity_element import cube
from vertebroplasty.strength.density_compression import between_plates
from vertebroplasty.strength.density_files import read_density
from vertebroplasty.strength.material import DEFAULT_LAW, POISSON_RATIO, bone_law
from vertebroplasty.strength.press import DISPLACEMENT_MM, nodes_of

PAROSOL = """
import json, sys
import numpy as np
from parosol_py import solve
modulus, spacing, strain, tolerance, ranks = np.load(sys.argv[1]), *map(float, sys.argv[2:])
result = solve(material=modulus, spacing=(spacing,) * 3, strain=-strain, tolerance=tolerance,
               mpi_processes=int(ranks), poisson_ratio=0.3, load_case_type="constrained_axial",
               outputs=("forces", "displacements"))
energy = 0.5 * float(np.nansum(result.fields["forces"] * result.fields["displacements"]))
print("RESULT " + json.dumps({"seconds": result.summary.run.overall_time_seconds, "energy": energy}))
"""


def model(density: Path, parts: Path, processes: bool) -> tuple[np.ndarray, float]:
    values, labels, spacing = read_density(density, parts)
    body, process, cap = (np.isin(labels, ids) for ids in ((1, 2), (3, 4) if processes else (), (5, 6)))
    return between_plates(bone_law(DEFAULT_LAW).modulus_mpa(values), body, process, cap).astype(np.float32), spacing


def plates(modulus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    held = np.zeros((3, *(n + 1 for n in modulus.shape)), bool)
    held[:, 0], held[:, -1] = nodes_of(modulus[0] > 0), nodes_of(modulus[-1] > 0)
    prescribed = np.zeros(held.shape)
    prescribed[2, -1] = -DISPLACEMENT_MM
    return held, prescribed


def ours(modulus: np.ndarray, spacing: float, tolerance: float) -> tuple[float, int]:
    held, prescribed = plates(modulus)
    solution = solve_elasticity(
        modulus, spacing, held=held, prescribed_mm=prescribed, poisson_ratio=POISSON_RATIO, relative_tolerance=tolerance
    )
    return 2 * solution.energy_n_mm / DISPLACEMENT_MM**2, solution.iterations


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


def scipy_jacobi(modulus: np.ndarray, spacing: float, tolerance: float) -> tuple[float, int]:
    held, prescribed = plates(modulus)
    matrix, x = assembled(modulus, spacing), prescribed.ravel().copy()
    diagonal = matrix.diagonal()
    free = np.flatnonzero(~held.ravel() & (diagonal > 0))
    load, inner, steps = -(matrix @ x)[free], matrix[free][:, free], []
    jacobi = sparse.diags_array(1 / diagonal[free])
    x[free], _ = cg(inner, load, rtol=tolerance, maxiter=20000, M=jacobi, callback=steps.append)
    return float(x @ (matrix @ x)) / DISPLACEMENT_MM**2, len(steps)


def parosol(modulus: np.ndarray, spacing: float, tolerance: float, python: str) -> tuple[float, float]:
    """Stiffness, and seconds inside its process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "modulus.npy"
        np.save(file, modulus)
        strain = DISPLACEMENT_MM / (modulus.shape[0] * spacing)
        numbers = [str(v) for v in (spacing, strain, tolerance, 2)]
        out = subprocess.run([python, "-c", PAROSOL, str(file), *numbers], check=True, capture_output=True, text=True)
    answer = json.loads(out.stdout.rsplit("RESULT ", 1)[1])
    return 2 * answer["energy"] / DISPLACEMENT_MM**2, answer["seconds"]


def timed(work: Callable[[], tuple[float, float]]) -> tuple[float, float, float]:
    started = time.perf_counter()
    stiffness, extra = work()
    return 1000 * (time.perf_counter() - started), stiffness, extra


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("density", type=Path)
    parser.add_argument("parts", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tolerance", type=float, default=1e-9)
    parser.add_argument("--body-only", action="store_true", help="leave the slow case with processes out")
    options = parser.parse_args()
    python = os.environ.get("PAROSOL_PYTHON")
    if not python:
        print("parosol-py: skipped (PAROSOL_PYTHON is not set)")
    for processes in (False,) if options.body_only else (False, True):
        modulus, spacing = model(options.density, options.parts, processes)
        works: dict[str, Callable[[], tuple[float, float]]] = {
            "ours": lambda m=modulus, h=spacing: ours(m, h, options.tolerance),
            "ours at 1e-6": lambda m=modulus, h=spacing: ours(m, h, 1e-6),
            "SciPy Jacobi-CG": lambda m=modulus, h=spacing: scipy_jacobi(m, h, options.tolerance),
        }
        if python:
            works["parosol-py"] = lambda m=modulus, h=spacing: parosol(m, h, options.tolerance, python)
        print(f"\n{'with' if processes else 'without'} processes: {np.count_nonzero(modulus)} voxels of {spacing} mm")
        print(f"first call of ours: {timed(works['ours'])[0]:.0f} ms")
        rounds = [{name: timed(work) for name, work in works.items()} for _ in range(options.repeats)]
        own = median(one["ours"][0] for one in rounds)
        for name in works:
            wall = median(one[name][0] for one in rounds)
            _, stiffness, extra = rounds[0][name]
            detail = f"solver {1000 * extra:.0f} ms" if name == "parosol-py" else f"{extra} iterations"
            print(f"{name:16s} {wall:8.0f} ms  {wall / own:6.1f} x ours  {stiffness:.4f} N/mm  {detail}")


if __name__ == "__main__":
    main()
