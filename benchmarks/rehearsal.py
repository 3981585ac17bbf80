"""A rehearsal under load: ten thousand random actions, how long a push takes, how large a session grows.

Sessions on the breached synthetic vertebra follow each other until so many actions are done; after each the invariants
are checked (no cement below zero, none without mixing, time forward, what was pushed is found), and every session's log
is replayed.  Then 0.05 ml are pushed again and again on grids of 1.5 and 1.0 mm.
Run with `python benchmarks/rehearsal.py [actions] [seed]`.
"""

import resource
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from random_actions import broken_invariants, random_action
from vertebroplasty.case.rehearsal_cases import BUILT_IN
from vertebroplasty.cement.actions import Mix, MoveNeedle, Push, Wait
from vertebroplasty.rehearsal.case import RehearsalCase, prepared
from vertebroplasty.rehearsal.session import log_lines, replayed, start, step

ACTIONS, FUZZ_GRID_MM = 10_000, 2.0
SESSION_ACTIONS = 150
GRIDS_MM = (1.5, 1.0)
PUSHES, PORTION_ML, MS = 40, 0.05, 1000.0
KIB_PER_MIB = 1024.0


def made(name: str, grid_mm: float) -> RehearsalCase:
    case = BUILT_IN[name]
    return prepared(case.level(), name=name, verdict="indicated", because="Indicated.", grid_mm=grid_mm)


def memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB


def fuzz(actions: int, seed: int) -> None:
    """Random sessions until so many actions are done."""
    case, done, session, events = made("breach", FUZZ_GRID_MM), 0, 0, Counter()
    rng = np.random.default_rng(seed)
    begin = time.perf_counter()
    while done < actions:
        state = start(case, session)
        for _ in range(min(SESSION_ACTIONS, actions - done)):
            action = random_action(rng, case)
            after = step(state, action)
            if broken := broken_invariants(state, after):
                raise SystemExit(f"seed {seed}, session {session}, {action}: {broken}")
            state, done = after, done + 1
            events[after.log[-1].get("event", after.log[-1].get("action"))] += 1
        if replayed(case, session, log_lines(state)).state_sha256 != state.state_sha256:
            raise SystemExit(f"seed {seed}, session {session}: the replay came to another state")
        session += 1
        if session % 10 == 0:
            print(f"  {done} actions, {time.perf_counter() - begin:.0f} s, {memory_mib():.0f} MiB at most", flush=True)
    print(f"seed {seed}: {done} actions in {session} sessions broke no invariant, every log replayed: {dict(events)}")


def pushing(grid_mm: float) -> None:
    """How long small pushes take."""
    case = made("easy", grid_mm)
    path = case.paths[0]
    entry, tip = (tuple(float(x) for x in p) for p in (path.entry_lps_mm, path.tip_lps_mm))
    state = start(case, 0)
    for action in (
        MoveNeedle(needle=1, entry_lps_mm=entry, tip_lps_mm=tip), Mix(product="pmma-medium"), Wait(duration_s=330.0),
    ):  # fmt: skip
        state = step(state, action)
    taken = []
    for _ in range(PUSHES):
        begin = time.perf_counter()
        state = step(state, Push(rate_ml_per_s=0.05, volume_ml=PORTION_ML))
        taken.append(MS * (time.perf_counter() - begin))
    first, rest = taken[0], sorted(taken[1:])
    middle, slow = rest[len(rest) // 2], rest[int(0.95 * len(rest))]
    print(
        f"{grid_mm} mm: {PORTION_ML} ml pushed in {middle:.0f} ms (95 % below {slow:.0f}); the first in {first:.0f} ms"
    )


def main() -> None:
    for grid_mm in GRIDS_MM:
        pushing(grid_mm)
    fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else ACTIONS, int(sys.argv[2]) if len(sys.argv) > 2 else 0)


if __name__ == "__main__":
    main()
