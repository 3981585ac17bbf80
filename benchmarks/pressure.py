"""Pressure in a random porous block against PyAMG, set-up included, in one run with interleaved medians.

64³ cells, smooth lognormal mobility of contrast 10⁴, flow from one face to the opposite one, true residual 1e-8.
Run with `python benchmarks/pressure.py [cells along an edge] [repetitions]`.
"""

import sys
import time
from statistics import median

import numpy as np
import pyamg
from scipy import ndimage, sparse

from vertebroplasty.solvers.pressure import Faces, face_conductances, solve_pressure

TOLERANCE = 1e-8


def block(n: int, seed: int = 1) -> tuple[Faces, np.ndarray]:
    z = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((n, n, n)), 2)
    mobility = 1e4 ** ((z - z.min()) / (z.max() - z.min()))
    h = 1.0 / n
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


def ours(faces: Faces, inlet: np.ndarray, _: sparse.csr_matrix) -> tuple[np.ndarray, int]:
    found = solve_pressure(faces, inlet, sink=np.zeros_like(inlet), relative_tolerance=TOLERANCE)
    return found.pressure_pa.reshape(-1), found.iterations


def peer(_: Faces, inlet: np.ndarray, matrix: sparse.csr_matrix) -> tuple[np.ndarray, int]:
    residuals: list[float] = []
    solver = pyamg.ruge_stuben_solver(matrix)
    x = solver.solve(inlet.reshape(-1), tol=TOLERANCE, accel="cg", residuals=residuals)
    return x, len(residuals) - 1


def main(n: int = 64, repetitions: int = 5) -> None:
    faces, inlet = block(n)
    matrix = assembled(faces)  # outside the peer's time
    ours(faces, inlet, matrix)  # compiled before the clock starts
    times: dict[str, list[float]] = {"ours": [], "pyamg": []}
    answers, iterations = {}, {}
    for _ in range(repetitions):
        for name, solve in (("ours", ours), ("pyamg", peer)):
            start = time.perf_counter()
            answers[name], iterations[name] = solve(faces, inlet, matrix)
            times[name].append(time.perf_counter() - start)
    for name, spent in times.items():
        rest = inlet.reshape(-1) - matrix @ answers[name]
        residual = np.linalg.norm(rest) / np.linalg.norm(inlet)
        print(f"{name:6s} {median(spent):7.3f} s  {iterations[name]:3d} iterations  true residual {residual:.1e}")
    difference = np.abs(answers["ours"] - answers["pyamg"]).max()
    ratio = median(times["pyamg"]) / median(times["ours"])
    print(f"{n}^3 cells: {ratio:.1f} times as fast; answers differ by {difference:.1e}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
