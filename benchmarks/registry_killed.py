"""Kill writers with signal 9 at random points of their work, and see that everything they had acknowledged is there.

python benchmarks/registry_killed.py --db new.db | postgresql://… [--kills 1000] [--writers 2] [--seed 0]

Each round, writers add, import and amend as fast as they can and report each step once it is done.  Then they are
killed.  What they reported has to be in the registry, and the journal since the round before has to be unbroken; after
the last round the whole registry is verified.  Prints one JSON object; exit code 1 if anything was lost.
"""

import argparse
import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa

from vertebroplasty.registry.procedure_parts import Cement, Leak, TreatedLevel
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.journal import JournalRow
from vertebroplasty.registry.store.opening import open_registry

LONGEST_S = 0.15  # seconds of writing before the kill, after the first report
LARGE = 30  # families of one import


def family(name: str) -> tuple[Patient | Procedure | FollowUp, ...]:
    """A patient, a procedure and a follow-up."""
    level = TreatedLevel(level="L1", cement=Cement(total_ml=3.0), leaks=(Leak(site="epidural"),))
    return (
        Patient(pseudonym=f"P{name}"),
        Procedure(procedure_id=f"X{name}", patient=f"P{name}", performed_on=date(2024, 1, 1), levels=(level,)),
        FollowUp(follow_up_id=f"F{name}", procedure=f"X{name}", seen_on=date(2024, 2, 1), pain_nrs=3.0),
    )


def steps(name: str, draw: random.Random) -> Iterator[tuple[str, int]]:
    """Names and kinds of what a writer does, without end."""
    number = 0
    while True:
        number += 1
        yield f"{name}-{number}", draw.choice((1, 1, 2, 2, LARGE))


def write(url: str, name: str, acknowledged: int, seed: int) -> None:
    """Write until killed; every step is reported after it is done: the procedure and its version."""
    with open_registry(url) as registry:
        for record in family(name):
            registry.add(record, by=name)
        os.write(acknowledged, f"X{name} 1\n".encode())
        for own, size in steps(name, random.Random(seed)):
            if size == LARGE:
                registry.add_many((r for i in range(LARGE) for r in family(f"{own}-{i}")), by=name)
                os.write(acknowledged, b"".join(f"X{own}-{i} 1\n".encode() for i in range(LARGE)))
                continue
            for record in family(own):
                registry.add(record, by=name)
            os.write(acknowledged, f"X{own} 1\n".encode())
            if size > 1:
                registry.amend("procedure", f"X{own}", {"age_years": 70}, by=name, why="known now")
                os.write(acknowledged, f"X{own} 2\n".encode())


def killed_round(url: str, number: int, writers: int, draw: random.Random) -> dict[str, int]:
    """Start writers, kill them, and return what they had acknowledged: versions by procedure."""
    children = []
    for i in range(writers):
        reads, writes = os.pipe()
        seed = draw.randrange(1 << 30)
        child = os.fork()
        if child == 0:
            os.close(reads)
            try:
                write(url, f"{number}-{i}", writes, seed)
            finally:
                os._exit(3)
        os.close(writes)
        children.append((child, reads))
    select.select([reads for _, reads in children], [], [], 10)
    time.sleep(draw.uniform(0, LONGEST_S))
    told: dict[str, int] = {}
    for child, reads in children:
        os.kill(child, signal.SIGKILL)
        if os.WIFEXITED(os.waitpid(child, 0)[1]):
            sys.exit("A writer ended by itself.")
        with os.fdopen(reads, "rb") as stream:
            lines = stream.read().decode().splitlines(keepends=True)
        for line in lines:
            if line.endswith("\n"):
                own, version = line.split()
                told[own] = int(version)
    return told


def checked_round(url: str, told: dict[str, int], since: JournalRow | None) -> tuple[JournalRow | None, list[str]]:
    """The last row of the journal now, and what is lost or broken since that row."""
    wrong = []
    with open_registry(url) as registry:
        for row in registry.journal(after=since.seq if since else 0):
            if since and (row.seq, row.previous_hash) != (since.seq + 1, since.hash):
                wrong.append(f"row {row.seq} does not follow")
            if row.recomputed_hash() != row.hash:
                wrong.append(f"row {row.seq} is not what was hashed")
            since = row
        if since and registry.head() != (since.seq, since.hash):
            wrong.append("the head is not the end of the journal")
        with registry.reading() as connection:
            done, seen = tables.procedure.c, tables.follow_up.c
            versions = dict(
                connection.execute(sa.select(done.procedure_id, done.version).where(done.procedure_id.in_(told))).all()
            )
            followed = set(connection.scalars(sa.select(seen.procedure).where(seen.procedure.in_(told))))
    for own, version in told.items():
        if versions.get(own, 0) < version or own not in followed:
            wrong.append(f"{own} was acknowledged and is not there")
    return since, wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", required=True)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=30)
    asked = parser.parse_args()
    draw, begin = random.Random(asked.seed), time.monotonic()
    open_registry(asked.db, create=True).close()
    acknowledged, kills, since, wrong = 0, 0, None, []
    while kills < asked.kills and time.monotonic() - begin < 60 * asked.minutes:
        told = killed_round(asked.db, kills, asked.writers, draw)
        kills += 1
        since, found = checked_round(asked.db, told, since)
        acknowledged += len(told)
        wrong += found
    with open_registry(asked.db) as registry:
        verified = registry.verify()
    wrong += [problem.what for problem in verified.problems]
    counted = {"kills": kills, "acknowledged_procedures": acknowledged, "rows": verified.rows, "wrong": wrong[:20]}
    print(json.dumps(counted | {"seconds": round(time.monotonic() - begin, 1)}))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
