"""Other programs that project CTs, run as processes of their own: plastimatch, and DiffDRR where torch is.

The interpreter is that of `DIFFDRR_PYTHON`, else this one where diffdrr is installed.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from vertebroplasty.fluoroscopy.detector import Detector
from vertebroplasty.geometry.frame import Affine

PLASTIMATCH_REMEDY = "apt-get install plastimatch"
DIFFDRR_REMEDY = "pip install torch diffdrr, and give that interpreter as DIFFDRR_PYTHON"
PATCH_RAYS = 4096  # DiffDRR handles so many rays at once: bounds its memory

# Reads volume and rays once; then renders for each line "siddon" or "trilinear", saves, and answers with its seconds.
# `patch` as DiffDRR's own `patch_size`: its renderers see the rays in chunks.
DIFFDRR = """
import sys, time
import numpy as np, torch
from diffdrr.renderers import Siddon, Trilinear
given, out, patch = np.load(sys.argv[1]), sys.argv[2], int(sys.argv[3])
volume, source, target, length = (torch.tensor(given[name]) for name in ("volume", "source", "target", "length"))
renderers = {"siddon": Siddon(), "trilinear": Trilinear()}
torch.set_num_threads(int(sys.argv[4]))
print("ready", flush=True)
for line in sys.stdin:
    name, *rest = line.split()
    options = {"n_points": int(rest[0])} if rest else {}
    started = time.perf_counter()
    with torch.no_grad():
        parts = [
            renderers[name](volume, source, t, l, **options)
            for t, l in zip(target.split(patch, dim=1), length.split(patch, dim=-1))
        ]
        picture = torch.cat(parts, dim=-1)
    seconds = time.perf_counter() - started
    np.save(out, picture.numpy().ravel())
    print(seconds, flush=True)
"""


def diffdrr_python() -> str | None:
    """An interpreter with DiffDRR."""
    if named := os.environ.get("DIFFDRR_PYTHON"):
        return named
    return sys.executable if importlib.util.find_spec("diffdrr") else None


class DiffDrr:
    """A running DiffDRR with its volume and rays loaded: only rendering is timed.

    The volume is cut to [i, j, k]; rays go from the source to each pixel in the voxels' own coordinates.
    """

    def __init__(self, folder: Path, volume: np.ndarray, affine: Affine, detector: Detector, *, threads: int) -> None:
        self.size, self.out = detector.size, folder / "diffdrr.npy"
        pixels, source = detector.pixels_lps_mm().reshape(-1, 3), detector.view.source_lps_mm
        np.savez(
            folder / "diffdrr.npz",
            volume=np.ascontiguousarray(volume.transpose(2, 1, 0), np.float32),
            source=affine.to_index(source).reshape(1, 1, 3).astype(np.float32),
            target=affine.to_index(pixels)[None].astype(np.float32),
            length=np.linalg.norm(pixels - source, axis=1)[None, None].astype(np.float32) / 10,
        )
        words = [str(folder / "diffdrr.npz"), str(self.out), str(PATCH_RAYS), str(threads)]
        self.process = subprocess.Popen(
            [diffdrr_python() or "", "-W", "ignore", "-c", DIFFDRR, *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answer()

    def _answer(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("DiffDRR ended: is it installed in the interpreter of DIFFDRR_PYTHON?")
        return line

    def render(self, renderer: str, points: int | None = None) -> float:
        """Seconds of one rendering."""
        self.process.stdin.write(f"{renderer} {points or ''}\n")
        self.process.stdin.flush()
        return float(self._answer())

    def picture(self) -> np.ndarray:
        """Line integrals of the last rendering, as ours: in cm times the volume's unit."""
        return np.load(self.out).reshape(self.size, self.size)

    def __enter__(self) -> "DiffDrr":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def has_plastimatch() -> bool:
    return shutil.which("plastimatch") is not None


def along_patient_axes(volume: np.ndarray, affine: Affine) -> tuple[np.ndarray, Affine]:
    """The same voxels stored along the patient's own axes; only turns by right angles."""
    order = np.abs(affine.directions).argmax(axis=1)  # index axis (i, j, k) along x, y, z
    backwards = affine.directions[range(3), order] < 0
    turned = volume.transpose(2, 1, 0).transpose(order)  # [x, y, z]
    turned = turned[tuple(slice(None, None, -1 if back else 1) for back in backwards)]
    first = np.zeros(3)
    first[order[backwards]] = np.array(volume.shape[::-1])[order[backwards]] - 1
    spacing = affine.spacing_mm[order]
    return np.ascontiguousarray(turned.transpose(2, 1, 0)), Affine.from_parts(
        affine.to_world(first), np.eye(3), spacing
    )


def write_mha(path: Path, volume: np.ndarray, affine: Affine) -> None:
    """The volume as plastimatch reads it; its axes must be those of the patient.

    plastimatch leaves out what lies beyond the outermost voxel centres: give it a rim of zeros.
    """
    assert np.allclose(affine.directions, np.eye(3))
    numbers = {
        "Offset": affine.origin_lps_mm,
        "ElementSpacing": affine.spacing_mm,
        "DimSize": volume.shape[::-1],
    }
    lines = "".join(f"{name} = {' '.join(str(v) for v in values)}\n" for name, values in numbers.items())
    header = (
        f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n{lines}"
        "ElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + np.ascontiguousarray(volume, np.float32).tobytes())


def run_plastimatch(volume_file: Path, detector: Detector, algorithm: str, *, pixels: int | None = None) -> None:
    """One projection as a process; `pixels` other than the detector's own leaves its extent."""
    view, side = detector.view, detector.size * detector.pixel_mm
    count = pixels or detector.size
    words = {
        "-n": -view.to_detector, "--vup": view.detector_axes[1], "-o": view.isocentre_lps_mm,
        "-r": (count, count), "-z": (side, side), "--sad": (view.sod_mm,), "--sid": (view.sid_mm,),
    }  # fmt: skip
    geometry = [word for option, values in words.items() for word in (option, " ".join(str(v) for v in values))]
    fixed = ["-i", algorithm, "-P", "none", "-t", "pfm", "-O", str(volume_file.parent / "plastimatch")]
    command = ["plastimatch", "drr", *fixed, *geometry, str(volume_file)]
    subprocess.run(command, check=True, capture_output=True)


def plastimatch_picture(folder: Path) -> np.ndarray:
    """Line integrals of the last projection in cm times the volume's unit; plastimatch looks from the other side."""
    (file,) = folder.glob("plastimatch*.pfm")
    kind, size, scale, data = file.read_bytes().split(b"\n", 3)
    assert kind == b"Pf"
    columns, rows = (int(v) for v in size.split())
    picture = np.frombuffer(data, "<f4" if float(scale) < 0 else ">f4", rows * columns).reshape(rows, columns)
    return picture[:, ::-1]
