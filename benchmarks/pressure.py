"""Pressure in a random porous block against algebraic multigrid, in one run, with ours between the peers' turns.

    python benchmarks/pressure.py [--cells 128] [--repeats 1] [--peers pyamg hypre ...] [--growth 48 64 ...]

Smooth lognormal mobility of contrast 10⁴, flow from one face to the opposite one, true residual 1e-8; then cells drawn
independently as 1 or 10⁴.  Ratios compare each peer with the median of our runs around it, with its set-up and without;
the time to assemble a peer's matrix, to start its process and to compile ours is left out.  Then the time per cell and
iteration by size, and the memory of a process that solves one block.

Peers run as processes of their own: PETSc (hypre's BoomerAMG and gamg, on two ranks where there is mpiexec) under the
interpreter PETSC_PYTHON, amgcl under AMGCL_PYTHON, PyAMG under ours.  A peer that is absent is skipped with a line.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from scipy import ndimage, sparse

from vertebroplasty.solvers.pressure import Faces, PressureSystem, face_conductances

TOLERANCE = 1e-8
CONTRAST = 1e4
BINARY_CELLS = 64
LARGEST_FOR_PYAMG = 1_000_000  # cells; beyond, a turn of PyAMG alone takes most of a minute
GOALS = {"with set-up": (10, 15), "solve only": (5, 7)}
HEAD = """
import json, sys, time
import numpy as np
indptr, indices, data, rhs = (np.load(f"{sys.argv[1]}/{name}.npy") for name in ("indptr", "indices", "data", "rhs"))
"""
TAIL = """
np.save(f"{sys.argv[1]}/x.npy", x)
print("RESULT " + json.dumps({"setup": t1 - t0, "solve": t2 - t1, "iterations": iterations}))
"""
PYAMG = """
import pyamg
from scipy import sparse
matrix = sparse.csr_matrix((data, indices, indptr))
t0 = time.perf_counter()
solver = pyamg.ruge_stuben_solver(matrix)
t1 = time.perf_counter()
history = []
x = solver.solve(rhs, tol=1e-8, accel="cg", residuals=history, maxiter=500)
t2, iterations = time.perf_counter(), len(history) - 1
"""
AMGCL = """
import pyamgcl
from scipy import sparse
matrix = sparse.csr_matrix((data, indices, indptr))
t0 = time.perf_counter()
cycle = pyamgcl.amg(matrix, {"coarsening.type": "smoothed_aggregation", "relax.type": "spai0"})
solver = pyamgcl.solver(cycle, {"type": "cg", "tol": 1e-8, "maxiter": 1000})
t1 = time.perf_counter()
x = solver(rhs)
t2, iterations = time.perf_counter(), int(solver.iters)
"""
PETSC = """
import os
from petsc4py import PETSc
options = PETSc.Options()
for pair in os.environ["PC_OPTIONS"].split():
    options.setValue(*pair.split("="))
comm = PETSc.COMM_WORLD
n = rhs.size
low, high = n * comm.rank // comm.size, n * (comm.rank + 1) // comm.size
first, last = indptr[low], indptr[high]
rows = (indptr[low : high + 1] - first, indices[first:last], data[first:last])
a = PETSc.Mat().createAIJ(((high - low, n), (high - low, n)), csr=rows, comm=comm)
a.assemble()
b, u = a.createVecs()
b.array[:] = rhs[low:high]
ksp = PETSc.KSP().create(comm)
ksp.setOperators(a)
ksp.setType("cg")
ksp.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
ksp.setTolerances(rtol=1e-8, atol=0, max_it=1000)
ksp.setFromOptions()
comm.barrier()
t0 = time.perf_counter()
ksp.setUp()
comm.barrier()
t1 = time.perf_counter()
ksp.solve(b, u)
comm.barrier()
t2, iterations = time.perf_counter(), ksp.getIterationNumber()
scatter, whole = PETSc.Scatter.toZero(u)
scatter.scatter(u, whole)
x = whole.array
if comm.rank:
    sys.exit()
"""
HYPRE = " ".join(
    f"pc_{option}"
    for option in (
        "type=hypre",
        "hypre_type=boomeramg",
        "hypre_boomeramg_coarsen_type=HMIS",
        "hypre_boomeramg_interp_type=ext+i",
        "hypre_boomeramg_strong_threshold=0.5",
        "hypre_boomeramg_agg_nl=1",
        "hypre_boomeramg_P_max=4",
    )
)
PEERS = {"pyamg": (PYAMG, ""), "hypre": (PETSC, HYPRE), "gamg": (PETSC, "pc_type=gamg"), "amgcl": (AMGCL, "")}


def mobility_of(n: int, kind: str, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    if kind == "binary":
        return np.where(random.random((n, n, n)) < 0.5, 1.0, CONTRAST)
    z = ndimage.gaussian_filter(random.standard_normal((n, n, n)), 2)
    return CONTRAST ** ((z - z.min()) / (z.max() - z.min()))


def block(n: int, kind: str = "smooth") -> tuple[Faces, np.ndarray]:
    mobility, h = mobility_of(n, kind), 1.0 / n
    faces = face_conductances(mobility, np.ones_like(mobility, bool), spacing_m=h)
    for end in (0, -1):
        faces.wall[:, :, end] += 2.0 * h * mobility[:, :, end]
    inlet = np.zeros_like(mobility)
    inlet[:, :, 0] = faces.wall[:, :, 0]
    return faces, inlet


def assembled(faces: Faces) -> sparse.csr_matrix:
    nk, nj, ni = faces.wall.shape
    diagonals, offsets = [], []
    for face, step in ((faces.i, 1), (faces.j, ni), (faces.k, ni * nj)):
        values = face.reshape(-1)[: nk * nj * ni - step]
        diagonals += [-values, -values]
        offsets += [step, -step]
    matrix = sparse.diags(diagonals, offsets, format="csr")
    return (matrix + sparse.diags(faces.wall.reshape(-1) - np.asarray(matrix.sum(axis=1)).reshape(-1))).tocsr()


def ours(faces: Faces, inlet: np.ndarray) -> dict[str, float]:
    none = np.zeros_like(inlet)
    begin = time.perf_counter()
    system = PressureSystem(inlet.shape)
    system.take(faces, none)
    set_up, spent = time.perf_counter(), time.process_time()
    found = system.solve(inlet, relative_tolerance=TOLERANCE)
    end, cpu = time.perf_counter(), time.process_time() - spent
    return {
        "cpu": cpu,
        "setup": set_up - begin,
        "solve": end - set_up,
        "iterations": found.iterations,
        "residual": found.relative_residual,
    }


def peer(name: str, folder: Path) -> dict[str, float] | None:
    """One turn of a peer, or None with a line that says why not."""
    program, options = PEERS[name]
    interpreters = {PYAMG: sys.executable, PETSC: os.environ.get("PETSC_PYTHON", "/usr/bin/python3")}
    command = [interpreters.get(program, os.environ.get("AMGCL_PYTHON", sys.executable))]
    command += ["-c", HEAD + program + TAIL, str(folder)]
    mpiexec = shutil.which("mpiexec")
    if program == PETSC and mpiexec:
        command = [
            mpiexec,
            "--allow-run-as-root",
            "--oversubscribe",
            "--mca",
            "mpi_yield_when_idle",
            "1",
            "-n",
            "2",
            *command,
        ]
    environment = {**os.environ, "PC_OPTIONS": options}
    environment.pop("OMP_WAIT_POLICY", None)
    if program == PETSC:
        environment["OMP_NUM_THREADS"] = "1"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        print(f"  {name:6s} skipped: {type(problem).__name__}", flush=True)
        return None
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line.removeprefix("RESULT "))
    said = done.stderr.strip().splitlines() or ["no answer"]
    print(f"  {name:6s} skipped: {next((s for s in said if 'Error' in s), said[-1])[:100]}", flush=True)
    return None


def tell(name: str, found: dict[str, float], ratio: str = "") -> None:
    setup, solve = found["setup"], found["solve"]
    print(
        f"  {name:6s} {setup:7.3f} + {solve:7.3f} s  {int(found['iterations']):4d} iterations"
        f"  true residual {found['residual']:.1e}  {ratio}",
        flush=True,
    )


def compare(n: int, kind: str, names: list[str], repeats: int) -> None:
    """Ours and the peers in turn; ratios against the runs of ours before and after each peer."""
    faces, inlet = block(n, kind)
    print(f"{kind} {n}^3, contrast {CONTRAST:.0e}, residual {TOLERANCE:.0e}: set-up + solve", flush=True)
    ours(faces, inlet)  # compiled before the clock starts
    runs, ratios = [ours(faces, inlet)], {"with set-up": [], "solve only": []}
    with tempfile.TemporaryDirectory() as folder:
        matrix, rhs = assembled(faces), inlet.reshape(-1)
        parts = {"indptr": matrix.indptr, "indices": matrix.indices, "data": matrix.data, "rhs": rhs}
        for part, values in parts.items():
            np.save(Path(folder) / f"{part}.npy", values)
        for name in names:
            if name == "pyamg" and n**3 > LARGEST_FOR_PYAMG:
                print(f"  pyamg  left out at {n}^3: slowest of the four and minutes long on a busy machine")
                continue
            turns = []
            for _ in range(repeats):
                found = peer(name, Path(folder))
                if found is None:
                    break
                rest = rhs - matrix @ np.load(Path(folder) / "x.npy")
                found["residual"] = float(np.linalg.norm(rest) / np.linalg.norm(rhs))
                around = [runs[-1], *(ours(faces, inlet) for _ in range(2))]
                runs += around[1:]
                total = median(run["setup"] + run["solve"] for run in around)
                turns.append(
                    ((found["setup"] + found["solve"]) / total, found["solve"] / median(run["solve"] for run in around))
                )
            if turns:
                with_setup, solve_only = (median(turn[side] for turn in turns) for side in (0, 1))
                ratios["with set-up"].append(with_setup)
                ratios["solve only"].append(solve_only)
                tell(name, found, f"{with_setup:.1f} x ours with set-up, {solve_only:.1f} x solve only")
    tell("ours", {key: median(run[key] for run in runs) for key in runs[0]})
    for side, values in ratios.items():
        required, goal = GOALS[side] if kind == "smooth" else (1, 1)
        if values:
            said = f"required {required}" + (f", goal {goal}" if goal > required else "")
            print(f"  {side}: {min(values):.1f} times as fast as the best peer ({said})")
    if kind == "binary":
        print(f"  {int(runs[-1]['iterations'])} iterations (goal 40)")


def growth(sizes: list[int]) -> None:
    """Time per cell and iteration, and per cell for the set-up, by size: level where the time is linear.

    Processor time of all threads is shown beside the clock's: other work on the machine disturbs it less.
    """
    print("cells     set-up ns/cell   solve ns/(cell iteration)   of processor   iterations   seconds")
    for n in sizes:
        faces, inlet = block(n)
        runs = [ours(faces, inlet) for _ in range(2)]
        best = min(runs, key=lambda run: run["setup"] + run["solve"])
        per_step = 1e9 * best["solve"] / n**3 / best["iterations"]
        setup, seconds = 1e9 * best["setup"] / n**3, best["setup"] + best["solve"]
        busy = min(1e9 * run["cpu"] / n**3 / run["iterations"] for run in runs)
        numbers = f"{setup:14.1f} {per_step:24.1f} {busy:18.1f} {best['iterations']:11.0f} {seconds:12.3f}"
        print(f"{n:3d}^3 {numbers}", flush=True)


def memory(n: int) -> None:
    """Peak memory of a process of its own, and what the solver added to it."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import pressure; pressure.weigh({n})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(f"{n}^3: {done.stdout.strip()} (required below 500 MB)")


def weigh(n: int) -> None:
    ours(*block(60))  # compiled, both forms
    faces, inlet = block(n)
    status = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak that making the block left
    before = kilobytes(status, "VmRSS")
    ours(faces, inlet)
    peak = kilobytes(status, "VmHWM")
    print(f"peak {peak / 1e3:.0f} MB of the whole process, {(peak - before) / 1e3:.0f} MB taken by the solver")


def kilobytes(status: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--growth", nargs="*", type=int, default=[48, 64, 96, 128, 160])
    options = parser.parse_args()
    compare(options.cells, "smooth", options.peers, options.repeats)
    compare(BINARY_CELLS, "binary", [name for name in options.peers if name == "pyamg"], options.repeats)
    growth(options.growth)
    memory(options.cells)


if __name__ == "__main__":
    main()
