"""How long `run` takes from the command line: warm, and with empty kernel caches.  Whole processes, medians.

python benchmarks/run_real_level.py CT SEG LEVEL [--labels verse] [--runs 3]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def once(words: list[str], cache: str | None) -> float:
    environment = dict(os.environ) | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    with tempfile.TemporaryDirectory() as out:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "vertebroplasty", "run", *words, "-o", str(Path(out) / "out")]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("ct")
    parser.add_argument("seg")
    parser.add_argument("level")
    parser.add_argument("--labels", default="verse")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    words = [asked.ct, "-s", asked.seg, "--level", asked.level, "--labels", asked.labels]
    with tempfile.TemporaryDirectory() as cache:
        cold = once(words, cache)
        warm = [once(words, cache) for _ in range(asked.runs)]
    print(f"cold kernel caches {cold:.1f} s; warm, median of {asked.runs}: {statistics.median(warm):.1f} s")


if __name__ == "__main__":
    main()
