"""A rehearsal under load: frames a second while injecting, ten thousand random actions and messages, a long log.

On grids of 1.5 and 1.0 mm the syringe is held under the beam, fifteen messages a second, and every message is answered
with a live picture of 512 pixels a side from one tube or two: the frames a second that one core can make.  Then a push
is timed in a log of twenty thousand actions.  Then sessions on the breached synthetic vertebra follow each other until
so many random actions, and so many random messages of a paced session, are done; after each the invariants are checked
(no cement below zero, none without mixing, time forward, what was pushed is found), and every session's log replayed.
Times are of the processor, on one core (`taskset -c 0`), so that what else runs does not count.
Run with `python benchmarks/rehearsal.py [actions] [seed]`.
"""

import resource
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from random_actions import broken_invariants, random_action, random_message
from rehearsal_play import MIX, PASTE_S, acted, placed
from vertebroplasty.case.rehearsal_cases import BUILT_IN
from vertebroplasty.cement.actions import CArm, Image, Push, Wait
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.looks import Look
from vertebroplasty.rehearsal.case import RehearsalCase, prepared
from vertebroplasty.rehearsal.monitor import monitor
from vertebroplasty.rehearsal.pacing import Paced, Plunger, begun, paced
from vertebroplasty.rehearsal.session import MOST_ACTIONS, log_lines, made_ready, replayed, start, step
from vertebroplasty.rehearsal.state import RehearsalState
from vertebroplasty.rehearsal.tube import Tube, tube

ACTIONS, FUZZ_GRID_MM = 10_000, 2.0
SESSION_ACTIONS = 150
GRIDS_MM = (1.5, 1.0)
FRAMES, FRAME_S, RATE_ML_PER_S, MS = 60, 1 / 15, 0.05, 1000.0
HELD = Plunger(rate_ml_per_s=RATE_ML_PER_S)
PUSH = Push(rate_ml_per_s=RATE_ML_PER_S, duration_s=FRAME_S)
PUSHES = 60
KIB_PER_MIB = 1024.0


def made(name: str, grid_mm: float) -> RehearsalCase:
    case = BUILT_IN[name]
    return prepared(case.level(), name=name, verdict="indicated", because="Indicated.", grid_mm=grid_mm)


def memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB


def fuzz(actions: int, seed: int, *, by_messages: bool) -> None:
    """Random sessions until so many actions, or messages of a paced session, are done."""
    case, done, session, events, what = made("breach", FUZZ_GRID_MM), 0, 0, Counter(), "actions"
    what = "messages" if by_messages else "actions"
    rng = np.random.default_rng(seed)
    begin = time.perf_counter()
    while done < actions:
        p = begun(start(case, session))
        for _ in range(min(SESSION_ACTIONS, actions - done)):
            asked = random_message(rng, case) if by_messages else random_action(rng, case)
            try:
                after = paced(p, **asked) if by_messages else begun(step(p.state, asked))
            except Refused:
                after = p
            done += 1
            if after is p:
                continue
            if after.now_s < p.now_s or (broken := broken_invariants(p.state, after.state)):
                raise SystemExit(f"seed {seed}, session {session}, {asked}: {broken or 'the clock ran backwards'}")
            p = after
            events[p.state.log[-1].get("event", p.state.log[-1].get("action"))] += 1
        if replayed(case, session, log_lines(p.state)).state_sha256 != p.state.state_sha256:
            raise SystemExit(f"seed {seed}, session {session}: the replay came to another state")
        session += 1
        if session % 10 == 0:
            print(f"  {done} {what}, {time.perf_counter() - begin:.0f} s, {memory_mib():.0f} MiB at most", flush=True)
    print(f"seed {seed}: {done} {what} in {session} sessions broke no invariant, every log replayed: {dict(events)}")


def timed(act, *given, **named):
    """What an act gives, and the milliseconds of processor it took."""
    begin = time.process_time()
    return act(*given, **named), MS * (time.process_time() - begin)


def paste(case: RehearsalCase, *, ready: bool) -> RehearsalState:
    """Needle in, second tube lateral, cement paste."""
    state = acted(start(case, 0), placed(case), CArm(lao_deg=90.0, cranial_deg=0.0, plane=2), MIX)
    return step(made_ready(state) if ready else state, Wait(duration_s=PASTE_S))


def shown(p: Paced, planes: int, tubes: dict[int, Tube], frame: int) -> None:
    """What is answered to one message."""
    for plane in range(1, planes + 1):
        tubes[plane] = tube(p.state, plane, before=tubes.get(plane))
        tubes[plane].seen(p.state, Look.LIVE, frame=frame)
    monitor(p.state, at_s=p.now_s)


def pictures(case: RehearsalCase, planes: int) -> None:
    """Frames a second while the syringe is held under the beam."""
    p, tubes, apart = begun(paste(case, ready=True)), {}, []
    for n in range(FRAMES):
        p, moved_ms = timed(paced, p, elapsed_s=FRAME_S, push=HELD, pedal=True, planes=planes)
        apart.append((moved_ms, timed(shown, p, planes, tubes, n)[1]))
    moved, seen = np.median(np.array(apart[1:]), axis=0)
    grid_mm, slow = case.grid.spacing_mm, np.quantile(np.array(apart[1:]).sum(axis=1), 0.95)
    print(
        f"{grid_mm} mm, {planes} plane{'s' * (planes > 1)}: {MS / (moved + seen):.0f} frames a second; "
        f"a message {moved:.0f} ms, its pictures {seen:.0f} ms, 95 % of both below {slow:.0f} ms; "
        f"the first pictures of a pose {apart[0][1]:.0f} ms"
    )


def first_push(case: RehearsalCase) -> None:
    """The first push, with and without its bed made ready."""
    cold, warm = (min(timed(step, paste(case, ready=ready), PUSH)[1] for _ in range(3)) for ready in (False, True))
    print(f"{case.grid.spacing_mm} mm: the first push {cold:.0f} ms, made ready {warm:.0f} ms")


def long_log(case: RehearsalCase) -> None:
    """A push at the beginning of a log and at its end."""

    def median_ms(state: RehearsalState) -> float:
        taken = []
        for _ in range(PUSHES):
            state, ms = timed(step, state, PUSH)
            taken.append(ms)
        return float(np.median(taken))

    state = acted(paste(case, ready=True), *(PUSH,) * PUSHES)
    short = median_ms(state)
    while state.actions < MOST_ACTIONS - 2 * PUSHES:
        state = step(state, Image(frames=1, live=True))
    print(f"a push: {short:.1f} ms in a log of {PUSHES} actions, {median_ms(state):.1f} ms in one of {state.actions}")


def main() -> None:
    for grid_mm in GRIDS_MM:
        case = made("easy", grid_mm)
        first_push(case)
        for planes in (1, 2):
            pictures(case, planes)
        if grid_mm == GRIDS_MM[0]:
            long_log(case)
    actions, seed = (int(sys.argv[n]) if len(sys.argv) > n else other for n, other in ((1, ACTIONS), (2, 0)))
    for by_messages in (False, True):
        fuzz(actions, seed, by_messages=by_messages)


if __name__ == "__main__":
    main()
