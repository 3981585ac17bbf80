"""Same input, same output, on any number of threads: the volumes byte for byte, the documents but for their time."""

import json
import os
import subprocess
import sys

FILES = ("fill.nii.gz", "arrival.nii.gz", "events.jsonl", "injection.webp", "ap_after.png", "lateral_after.png")


def walk(scan, out, threads):
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_NUM_THREADS"}
    words = ["run", *scan, "--volume-ml", "0.6", "-o", str(out), "--threads", str(threads)]
    subprocess.run([sys.executable, "-m", "vertebroplasty", *words], check=True, env=environment, capture_output=True)


def test_one_thread_or_two(patient_files, tmp_path):
    scan = [
        str(patient_files / "ct.nii.gz"),
        "-s",
        str(patient_files / "seg.nii.gz"),
        "--labels",
        "verse",
        "--level",
        "L2",
    ]
    for threads in (1, 2):
        walk(scan, tmp_path / str(threads), threads)
    for name in FILES:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name
    for name in ("measure", "plan", "inject", "strength"):
        one, two = (json.loads((tmp_path / t / f"{name}.json").read_text(encoding="utf-8")) for t in "12")
        assert one | {"duration_s": 0} == two | {"duration_s": 0}
