"""Digitally reconstructed radiographs: ours against plastimatch, 256³ voxels to 512² pixels, one angle after another.

    python benchmarks/drr.py [--repeats 5]

Source to isocentre 700 mm, to detector 1000 mm.  Prints medians in ms of each, interleaved, and their ratio in the
same run; the first call of ours (compilation or its cache) is shown apart.  plastimatch's own compute time is its
process time less that of a run with one pixel, so that reading the volume is not counted against it.
Peers that are not installed are skipped with a line.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.fluoroscopy.projector import project_exact, project_smooth
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine

VOXELS, PIXELS, PIXEL_MM = 256, 512, 0.7
SOURCE_TO_ISOCENTRE_MM, SOURCE_TO_DETECTOR_MM = 700.0, 1000.0
ANGLES = ((180.0, 0.0), (155.0, 10.0), (90.0, 0.0))
CEMENT_BOX = (50, 40, 60)


def phantom() -> tuple[np.ndarray, Affine]:
    """Smooth random densities around the isocentre."""
    volume = np.random.default_rng(0).random((VOXELS,) * 3, dtype=np.float32)
    return volume, Affine.from_parts(np.full(3, -(VOXELS - 1) / 2), np.eye(3), np.ones(3))


def once(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def plastimatch(volume_file: Path, view: CArmView, algorithm: str, pixels: int) -> Callable[[], object]:
    """One plastimatch run as a process."""
    normal = " ".join(f"{v:.9f}" for v in -view.to_detector)
    side = PIXELS * PIXEL_MM
    command = [
        "plastimatch", "drr", "-i", algorithm, "-P", "none", "-t", "raw", "-n", normal, "--vup", "0 0 1",
        "-o", "0 0 0", "--sad", f"{SOURCE_TO_ISOCENTRE_MM}", "--sid", f"{SOURCE_TO_DETECTOR_MM}",
        "-r", f"{pixels} {pixels}", "-z", f"{side} {side}", "-O", str(volume_file.parent / "out"), str(volume_file),
    ]  # fmt: skip
    return lambda: subprocess.run(command, check=True, capture_output=True)


def write_mha(path: Path, volume: np.ndarray, affine: Affine) -> None:
    offset = " ".join(f"{v}" for v in affine.origin_lps_mm)
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"Offset = {offset}\nElementSpacing = 1 1 1\nDimSize = {VOXELS} {VOXELS} {VOXELS}\n"
        "ElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + volume.tobytes())


def cases(volume: np.ndarray, affine: Affine, view: CArmView, folder: Path) -> dict[str, Callable[[], object]]:
    detector = Detector(view=view, size=PIXELS, pixel_mm=PIXEL_MM)
    box, box_affine = volume[tuple(slice(0, n) for n in CEMENT_BOX)].copy(), affine.shifted((100, 100, 100))
    rows = slice(200, 330)
    found: dict[str, Callable[[], object]] = {
        "ours exact": lambda: project_exact(volume, affine, detector),
        "ours interpolating": lambda: project_smooth(volume, affine, detector),
        "ours cement box": lambda: project_smooth(box, box_affine, detector, rows=rows, columns=rows),
    }
    if shutil.which("plastimatch"):
        for algorithm in ("exact", "uniform"):
            found[f"plastimatch {algorithm}"] = plastimatch(folder / "volume.mha", view, algorithm, PIXELS)
        found["plastimatch start"] = plastimatch(folder / "volume.mha", view, "exact", 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    volume, affine = phantom()
    if not shutil.which("plastimatch"):
        print("plastimatch is not installed: skipped")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_mha(folder / "volume.mha", volume, affine)
        for lao, cranial in ANGLES:
            view = CArmView(
                lao_deg=lao,
                cranial_deg=cranial,
                isocentre_lps_mm=np.zeros(3),
                sid_mm=SOURCE_TO_DETECTOR_MM,
                sod_mm=SOURCE_TO_ISOCENTRE_MM,
            )
            work = cases(volume, affine, view, folder)
            first = {case: once(run) for case, run in work.items()}
            times = {case: median(values) for case, values in _interleaved(work, repeats).items()}
            start = times.get("plastimatch start", 0.0)
            print(f"lao {lao:.0f} cranial {cranial:.0f}")
            for case, value in times.items():
                own = f", computing {value - start:7.1f}" if case.startswith("plastimatch") else ""
                print(f"  {case:22s} {value:8.1f} ms{own} (first call {first[case]:.0f} ms)")
            for ours, peer in (("exact", "exact"), ("interpolating", "uniform")):
                if f"plastimatch {peer}" in times:
                    ratio = (times[f"plastimatch {peer}"] - start) / times[f"ours {ours}"]
                    print(f"  plastimatch {peer} computing / ours {ours}: {ratio:.2f}")


def _interleaved(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {case: [] for case in work}
    for _ in range(repeats):
        for case, run in work.items():
            times[case].append(once(run))
    return times


if __name__ == "__main__":
    main()
