"""One injection of 3 ml at 1 mm into the real L3: seconds, where they go, and memory.

The first run compiles or loads the kernels; the median of the warm ones counts.
Run with `python benchmarks/injection.py FOLDER_OF_REAL_CTS [repetitions]`.
"""

import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rotation import TIPS_MM, spine_of

from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.cement import marrow_flow
from vertebroplasty.cement.injection import inject
from vertebroplasty.geometry.needle_path import NeedlePath

WANTED_S = 3.0
MIB_PER_KIB = 1.0 / 1024.0


def timed(spent: dict[str, float], owner: Any, name: str) -> None:
    """Add the time that a function takes to `spent`."""
    function: Callable[..., Any] = getattr(owner, name)

    def wrapper(*values: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*values, **options)
        finally:
            spent[name] += time.perf_counter() - start

    setattr(owner, name, wrapper)


def main(folder: str, repetitions: int = 5) -> None:
    grid = build_grid(spine_of(Path(folder))["L3"])
    entry, tip = (grid.frame.to_world(np.array(p)) for p in ((-18.0, -34.0, 6.0), TIPS_MM["anterior"]))
    path = NeedlePath(entry_lps_mm=entry, tip_lps_mm=tip)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MIB_PER_KIB
    spent: dict[str, float] = defaultdict(float)
    times, processor = [], []
    for repetition in range(repetitions + 1):
        if repetition == 1:
            timed(spent, marrow_flow, "solve_pressure")
            timed(spent, marrow_flow, "advance_cells")
            timed(spent, marrow_flow.MarrowFlow, "solve")
            timed(spent, marrow_flow.MarrowFlow, "advance")
        start, used = time.perf_counter(), time.process_time()
        run = inject(grid, path)
        times.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MIB_PER_KIB
    samples = sum(event["event"] == "sample" for event in run.events)
    print(f"{run.injected_ml:.2f} ml into {grid.hu.shape} voxels of {grid.spacing_mm:g} mm: {run.stop_reason.value}")
    print(f"first run {times[0]:.2f} s, then {median(times[1:]):.2f} s ({median(processor[1:]):.2f} s of processor)")
    print(f"at most {WANTED_S:g} s wanted; {samples} pressure solutions; per run:")
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {name:16s} {seconds / repetitions:.2f} s")
    print(f"mass balance {run.mass_balance_error:.1e}; memory {before:.0f} MB before, {after:.0f} MB with it")


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:3]))
