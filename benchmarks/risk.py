"""How long `risk` takes from the command line, and what a coarser grid changes: the same draws on each grid.

python benchmarks/risk.py CT SEG LEVEL [--labels verse] [--runs 200] [--grids 1,1.5,2] [--threads 2]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def once(words: list[str]) -> tuple[dict[str, Any], float, float]:
    """The answer, wall-clock seconds and processor seconds of all its processes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "risk.json"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "vertebroplasty", "risk", *words, "-o", str(out)], check=True, capture_output=True
        )
        wall = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return json.loads(out.read_text(encoding="utf-8")), wall, busy


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("ct")
    parser.add_argument("seg")
    parser.add_argument("level")
    parser.add_argument("--labels", default="verse")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--grids", default="1,1.5,2")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    print(f"{asked.runs} runs, {asked.threads} at once; load of the machine {os.getloadavg()[0]:.1f}")
    print("grid mm    wall s   processor s   canal   any leak sites (share of runs, 95th percentile ml)")
    for grid in asked.grids.split(","):
        words = [asked.ct, "-s", asked.seg, "--level", asked.level, "--labels", asked.labels, "--grid-mm", grid]
        body, wall, busy = once([*words, "--runs", str(asked.runs), "--threads", str(asked.threads)])
        sites = [
            f"{s['site']} {s['probability']:.1%} [{s['ci_low']:.1%}, {s['ci_high']:.1%}] {s['ml_p95']:.2f}"
            for s in body["sites"]
            if s["probability"] > 0
        ]
        canal = f"{body['in_canal']['probability']:.1%}"
        print(f"{grid:>7} {wall:9.1f} {busy:13.1f} {canal:>7}   {'; '.join(sites)}", flush=True)


if __name__ == "__main__":
    main()
