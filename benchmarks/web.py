"""The web app under load: rehearsals at once, X-ray frames a second of one alone, and memory over time.

A real server runs in a process of its own, with one case open as it starts, and is played over its sockets.

`python benchmarks/web.py` plays 20 rehearsals at once, each with the syringe held under the beam and its next message
sent when the answer has come: frames a second of each and in sum, the time 95 % of the answers took no longer than, and
whether every log on disk replays to the hash of the state the server held.
`python benchmarks/web.py --alone` plays one, with one tube and with both.
`python benchmarks/web.py --soak MINUTES` begins, plays and leaves rehearsals, works out debriefs, opens and closes
cases, uploads and deletes them, and prints once a minute how much memory the server has; at the end how much more it
takes in an hour, by a straight line through what was measured once everything it keeps in bounded number was full.
The load of the machine is printed with every figure, as it decides them.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from theatre_play import HELD, LEVEL, STOP, TheatreServer, Visitor, opened_case, placed
from vertebroplasty.case.demonstration import DEMO_PATIENT
from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.case.rehearsal_cases import BUILT_IN
from vertebroplasty.phantom import write_nifti
from vertebroplasty.rehearsal.session import replayed
from vertebroplasty.web.house import DEBRIEFS_KEPT
from vertebroplasty.web.log_file import read_lines
from vertebroplasty.web.theatre.rehearsals import KEPT

AT_ONCE, PLAYED_S, MS, KIB_PER_MIB, MINUTE_S, HOUR_S = 20, 60.0, 1000.0, 1024.0, 60.0, 3600.0
SHORT_S, AT_A_TIME = 2.0, 4
LATE = 0.95


@contextmanager
def served() -> Iterator[tuple[TheatreServer, OpenedCase]]:
    """A running server in a new folder, and the case that is open in it."""
    case = opened_case()
    with tempfile.TemporaryDirectory() as folder:
        server = TheatreServer(Path(folder))
        server.start()
        try:
            yield server, case
        finally:
            server.stop()
            faults = [line for line in (Path(folder) / "terminal.log").read_text().splitlines() if "ault" in line]
            for line in faults[-3:]:
                print(line, file=sys.stderr)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def played(
    visitor: Visitor, case: OpenedCase, rehearsal: str, seconds: float, *, biplane: bool = False
) -> tuple[int, list[float]]:
    """Syringe and pedal held for a time, then STOP: how many pictures came, and what each answer took in seconds."""
    frames, took = 0, []
    with visitor.window(rehearsal) as window:
        window.prepare(case, biplane=biplane)
        window.say(
            elapsed_s=0.1, pedal=True, planes=1 + biplane
        )  # the first picture of a pose is not a frame of a film
        begin = last = time.monotonic()
        while (now := time.monotonic()) - begin < seconds:
            told = window.say(elapsed_s=now - last, push=HELD, pedal=True, planes=1 + biplane)
            last = now
            took.append(time.monotonic() - now)
            frames += len(told["frames"])
        window.say(STOP)
    return frames, took


def broken(visitor: Visitor, case: OpenedCase, rehearsal: str, seed: int) -> bool:
    """Whether the log on disk comes to another state than the server holds."""
    lines = read_lines(visitor.server.state / "rehearsals" / f"{rehearsal}.jsonl")
    told = visitor.told("GET", f"/hash-of/{rehearsal}")["state_sha256"]
    return replayed(case.rehearsal, seed, lines).state_sha256 != told


def at_once(rehearsals: int, seconds: float) -> bool:
    """Many rehearsals; whether all logs replay to the states that the server held."""
    with served() as (server, case):
        visitor = Visitor(server)
        begun = [visitor.begun(seed) for seed in range(rehearsals)]
        before = load()
        with ThreadPoolExecutor(rehearsals) as players:
            results = list(players.map(lambda each: played(visitor, case, each, seconds), begun))
        rates = np.array([frames / seconds for frames, _ in results])
        took_ms = MS * np.concatenate([took for _, took in results])
        wrong = [seed for seed, each in enumerate(begun) if broken(visitor, case, each, seed)]
    print(
        f"{rehearsals} rehearsals at once, {seconds:g} s each: {rates.sum():.1f} pictures a second in sum, "
        f"{rates.min():.2f} to {rates.max():.2f} each; an answer {np.median(took_ms):.0f} ms, "
        f"95 % below {np.quantile(took_ms, LATE):.0f} ms, all below {took_ms.max():.0f} ms; "
        f"{rehearsals - len(wrong)} of {rehearsals} logs replay to the server's state ({before} before, {load()} after)"
    )
    return not wrong


def alone(seconds: float) -> bool:
    """One rehearsal, with one tube and with both."""
    wrong = []
    with served() as (server, case):
        visitor = Visitor(server)
        for seed, biplane in enumerate((False, True)):
            rehearsal = visitor.begun(seed)
            frames, took = played(visitor, case, rehearsal, seconds, biplane=biplane)
            took_ms = MS * np.array(took)
            wrong += [seed] * broken(visitor, case, rehearsal, seed)
            print(
                f"one rehearsal, {'both tubes' if biplane else 'one tube'}: {frames / seconds / (1 + biplane):.1f} "
                f"pictures a second on each monitor while injecting; an answer {np.median(took_ms):.0f} ms, "
                f"95 % below {np.quantile(took_ms, LATE):.0f} ms ({load()})"
            )
    return not wrong


class Soak:
    """Everything that a server is asked for, over and over; `rounds` counts what was done by kind."""

    def __init__(self, visitor: Visitor, case: OpenedCase, folder: Path) -> None:
        self.visitor, self.case, self.seeds = visitor, case, count()
        self.files = write_nifti(BUILT_IN["easy"].phantom(), folder)
        self.patient = json.dumps(DEMO_PATIENT).encode()
        self.folder, self.done = folder, {"rehearsals": 0, "debriefs": 0, "cases": 0, "uploads": 0}

    def rehearse(self) -> str:
        """Begin a rehearsal, play it a moment with one tube or both, and leave."""
        seed = next(self.seeds)
        rehearsal = self.visitor.begun(seed)
        played(self.visitor, self.case, rehearsal, SHORT_S, biplane=seed % 2 == 1)
        self.done["rehearsals"] += 1
        return rehearsal

    def debrief(self) -> None:
        """Work a debrief out, and look at it."""
        address = f"/debrief/{self.rehearse()}"
        self.visitor.waited(address)
        for part in ("ap/0", "lateral/0", "cement", "bone", "result.json"):
            self.visitor.ask("GET", f"{address}/{part}")
        self.done["debriefs"] += 1

    def look(self, name: str) -> None:
        """Open a case, look at all of it, and ask about a needle."""
        here = f"/cases/{name}/{LEVEL}"
        self.visitor.waited(here)
        for part in ("image", "bone"):
            assert self.visitor.ask("GET", f"{here}/{part}")[0] == 200
        needle = {key: value for key, value in placed(self.case).items() if key.endswith("_mm")}
        assert self.visitor.told("POST", f"{here}/needle", **needle)["path"]
        self.visitor.ask("GET", "/cases")
        self.done["cases"] += 1

    def upload(self) -> None:
        """Send a CT with its labels, open it, and delete it again; and one that is given up half way."""
        self.visitor.told("POST", "/cases/uploads")
        upload = self.visitor.told("POST", "/cases/uploads")["id"]
        for part, name in (("ct", "ct.nii.gz"), ("seg", "seg.nii.gz")):
            assert self.visitor.ask("POST", f"/uploads/{upload}/{part}", (self.folder / name).read_bytes())[0] == 200
        self.visitor.ask("POST", f"/uploads/{upload}/patient", self.patient)
        job = self.visitor.told("POST", f"/cases/uploads/{upload}/done", labels="verse")["job"]
        while (told := self.visitor.told("GET", f"/jobs/{job}"))["state"] in ("waiting", "running"):
            time.sleep(0.2)
        assert told["state"] == "done", told
        self.look(str(upload))
        assert self.visitor.ask("DELETE", f"/cases/{upload}")[0] == 200
        self.done["uploads"] += 1

    @property
    def full(self) -> bool:
        """Whether everything that is kept in bounded number has been filled."""
        done = self.done
        return done["rehearsals"] > KEPT and done["debriefs"] > DEBRIEFS_KEPT and done["cases"] > len(BUILT_IN) + 2


def memory_mib(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / KIB_PER_MIB


def soak(minutes: float) -> bool:
    """Memory over time."""
    with served() as (server, case), tempfile.TemporaryDirectory() as folder:
        work = Soak(Visitor(server), case, Path(folder))
        assert server.process is not None
        begin, told_s, measured = time.monotonic(), -MINUTE_S, []
        names = cycle(BUILT_IN)
        acts = cycle((work.debrief, lambda: work.look(next(names)), work.debrief, work.upload))
        print(f"at the start {memory_mib(server.process.pid):.0f} MiB", flush=True)
        while (gone_s := time.monotonic() - begin) < minutes * MINUTE_S:
            for _ in range(AT_A_TIME):
                work.rehearse()
            next(acts)()
            now_mib = memory_mib(server.process.pid)
            if work.full:
                measured.append((gone_s / HOUR_S, now_mib))
            if gone_s - told_s >= MINUTE_S:
                told_s = gone_s
                print(f"{gone_s / MINUTE_S:5.1f} min: {now_mib:.0f} MiB, {work.done}, {load()}", flush=True)
    if len(measured) < 3:
        print("too short: not everything that is kept in bounded number was filled")
        return False
    hours, mib = np.array(measured).T
    slope = np.polyfit(hours, mib, 1)[0]
    print(
        f"{mib.min():.0f} to {mib.max():.0f} MiB in the last {MINUTE_S * np.ptp(hours):.0f} min, all shelves full; "
        f"{slope:+.0f} MiB in an hour"
    )
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rehearsals", type=int, default=AT_ONCE)
    parser.add_argument("--seconds", type=float, default=PLAYED_S)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--soak", type=float, metavar="MINUTES")
    asked = parser.parse_args()
    if asked.soak is not None:
        fine = soak(asked.soak)
    elif asked.alone:
        fine = alone(asked.seconds)
    else:
        fine = at_once(asked.rehearsals, asked.seconds)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
