"""Projecting a CT: ours against plastimatch and DiffDRR, 256³ voxels to 512² pixels, one angle after another.

    DIFFDRR_PYTHON=<interpreter with torch and diffdrr> python benchmarks/drr.py [--repeats 2] [--angle 155 10]

Source to isocentre 700 mm, to detector 1000 mm; all in single precision, on the same number of threads.  Prints the
medians in ms of interleaved runs with their ratios in the same run, and how far each picture is from that of ours.
plastimatch's computing time is its process time less that of a run with one pixel, so that reading the volume is not
counted against it; of DiffDRR only the rendering counts, not its start.  Of ours the first call (compilation or its
cache) is shown apart.  Peers that are not installed are skipped with a line.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np

THREADS = 2
os.environ.setdefault("NUMBA_NUM_THREADS", str(THREADS))
os.environ["OMP_NUM_THREADS"] = str(THREADS)  # plastimatch
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the peers, which a test compares as well

from drr_peers import (  # noqa: E402
    DIFFDRR_REMEDY,
    PLASTIMATCH_REMEDY,
    DiffDrr,
    diffdrr_python,
    has_plastimatch,
    plastimatch_picture,
    run_plastimatch,
    write_mha,
)
from vertebroplasty.anatomy.volume import CtVolume  # noqa: E402
from vertebroplasty.fluoroscopy.cement_shadow import CementMass, CementMix, cement_areal  # noqa: E402
from vertebroplasty.fluoroscopy.detector import Detector  # noqa: E402
from vertebroplasty.fluoroscopy.image import patient_shadow, xray  # noqa: E402
from vertebroplasty.fluoroscopy.noise import with_quantum_noise  # noqa: E402
from vertebroplasty.fluoroscopy.projector import project_exact, project_smooth  # noqa: E402
from vertebroplasty.geometry.c_arm_view import CArmView  # noqa: E402
from vertebroplasty.geometry.frame import Affine  # noqa: E402

VOXELS, PIXELS, PIXEL_MM = 256, 512, 0.7
SOURCE_TO_ISOCENTRE_MM, SOURCE_TO_DETECTOR_MM = 700.0, 1000.0
ANGLES = ((180.0, 0.0), (155.0, 10.0), (90.0, 0.0))
CEMENT_BOX = (50, 40, 60)
# ours, peer, what is required, what is the goal
PAIRS = (
    ("exact", "plastimatch exact", 2.0, 2.5),
    ("interpolating", "plastimatch uniform", 8.0, 15.0),
    ("interpolating", "DiffDRR trilinear", 30.0, 60.0),
)
CEMENT_MS, FRAMES_PER_SECOND = 2.0, 20
QUANTA = 1000.0  # per pixel without a patient: a frame with visible noise
PEERS = ("plastimatch exact", "plastimatch uniform", "DiffDRR trilinear")
SLOW, QUICK_RUNS = PEERS[1:], 4  # for each run of the slow peers so many of all others

Work = Callable[[], float]


def phantom() -> tuple[np.ndarray, Affine]:
    """Random densities around the isocentre, with a rim of air: plastimatch leaves the outermost half voxel out."""
    volume = np.random.default_rng(0).random((VOXELS,) * 3, dtype=np.float32)
    volume[[0, -1]] = volume[:, [0, -1]] = volume[:, :, [0, -1]] = 0
    return volume, Affine.from_parts(np.full(3, -(VOXELS - 1) / 2), np.eye(3), np.ones(3))


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cement() -> CementMass:
    """A full box of cement around the isocentre: more than an injection fills."""
    affine = Affine.from_parts(-np.array(CEMENT_BOX[::-1]) / 2, np.eye(3), np.ones(3))
    mix = CementMix(opacifier="barium-sulfate", opacifier_fraction=0.2)
    return CementMass(fill=np.ones(CEMENT_BOX, np.float32), affine=affine, mix=mix)


def works(
    stack: ExitStack, folder: Path, volume: np.ndarray, affine: Affine, view: CArmView
) -> tuple[dict[str, Work], dict[str, Callable[[], np.ndarray]]]:
    """What is timed, and the last picture of each."""
    detector = Detector(view=view, size=PIXELS, pixel_mm=PIXEL_MM)
    box = cement()
    pictures: dict[str, Callable[[], np.ndarray]] = {
        "exact": lambda: project_exact(volume, affine, detector),
        "interpolating": lambda: project_smooth(volume, affine, detector),
    }
    # What is compared runs one after the other.
    timed: dict[str, Work] = {"exact": lambda: seconds(pictures["exact"])}
    file = folder / "volume.mha"
    if has_plastimatch():
        timed["plastimatch start"] = lambda: seconds(lambda: run_plastimatch(file, detector, "exact", pixels=1))
        timed["plastimatch exact"] = lambda: seconds(lambda: run_plastimatch(file, detector, "exact"))
        timed["plastimatch uniform"] = lambda: seconds(lambda: run_plastimatch(file, detector, "uniform"))
        pictures |= dict.fromkeys(("plastimatch exact", "plastimatch uniform"), lambda: plastimatch_picture(folder))
    timed["interpolating"] = lambda: seconds(pictures["interpolating"])
    if diffdrr_python():
        peer = stack.enter_context(DiffDrr(folder, volume, affine, detector, threads=THREADS))
        timed["DiffDRR trilinear"] = lambda: peer.render("trilinear")
        pictures["DiffDRR trilinear"] = peer.picture
    box = cement()
    timed["cement update"] = lambda: seconds(lambda: cement_areal(box, detector))
    ct = CtVolume(hu=(1000 * volume[::2, ::2, ::2]).astype(np.int16), affine=affine)
    base = patient_shadow(ct, view)

    def frame() -> None:
        with_quantum_noise(xray(ct, view, shadow=base, cement=box).transmission, QUANTA, seed=1)

    timed["complete frame"] = lambda: seconds(frame)
    return timed, pictures


def print_angle(folder: Path, volume: np.ndarray, affine: Affine, view: CArmView, repeats: int) -> None:
    with ExitStack() as stack:
        timed, pictures = works(stack, folder, volume, affine, view)
        first, last = {}, {}
        for name, work in timed.items():
            first[name] = 1000 * work()
            if name in pictures:
                last[name] = pictures[name]()
        times: dict[str, list[float]] = {name: [] for name in timed}
        for turn in range(repeats * QUICK_RUNS):
            for name, work in timed.items():
                if name not in SLOW or turn % QUICK_RUNS == 0:
                    times[name].append(1000 * work())
    own = {name: median(values) for name, values in times.items()}
    start = own.pop("plastimatch start", 0.0)
    own = {name: ms - start if name.startswith("plastimatch") else ms for name, ms in own.items()}
    print(f"\nlao {view.lao_deg:.0f} cranial {view.cranial_deg:.0f}")
    for name, ms in own.items():
        apart = "" if name in PEERS else f"  first call {first[name]:.0f} ms"
        print(f"  {name:20s} {ms:9.1f} ms{apart}")
    print(f"  cement update: required at most {CEMENT_MS} ms; frames per second: {1000 / own['complete frame']:.0f}")
    print(f"  (required {FRAMES_PER_SECOND}; a frame has cement, 65 energies and quantum noise on a base image)")
    for ours, peer, required, goal in PAIRS:
        if peer in own:
            off = np.sqrt(np.mean((last[peer] - last[ours]) ** 2) / np.mean(last[ours] ** 2))
            print(
                f"  {peer} / ours {ours}: {own[peer] / own[ours]:.1f} (required {required:.0f}, goal {goal}); "
                f"pictures {100 * off:.4f} % apart"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--angle", type=float, nargs=2, metavar=("LAO", "CRANIAL"), help="one angle alone, in degrees")
    options = parser.parse_args()
    volume, affine = phantom()
    print(f"{THREADS} threads each")
    if not has_plastimatch():
        print(f"plastimatch: skipped ({PLASTIMATCH_REMEDY})")
    if not diffdrr_python():
        print(f"DiffDRR: skipped ({DIFFDRR_REMEDY})")
    with tempfile.TemporaryDirectory() as name:
        write_mha(Path(name) / "volume.mha", volume, affine)
        for lao, cranial in [options.angle] if options.angle else ANGLES:
            view = CArmView(
                lao_deg=lao,
                cranial_deg=cranial,
                isocentre_lps_mm=np.zeros(3),
                sid_mm=SOURCE_TO_DETECTOR_MM,
                sod_mm=SOURCE_TO_ISOCENTRE_MM,
            )
            print_angle(Path(name), volume, affine, view, options.repeats)


if __name__ == "__main__":
    main()
