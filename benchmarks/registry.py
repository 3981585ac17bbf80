"""How fast a registry takes in, lists, pages and counts; `registry_killed.py` kills it meanwhile.

python benchmarks/registry.py [--procedures 1000000] [--db registry.db | postgresql://…] [--keep] [--read] [--verify]

`--read` times the questions alone, on what an earlier run with `--keep` left.
"""

import argparse
import os
import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.procedure_parts import AdverseEvent, Cement, Leak, Screening, TreatedLevel
from vertebroplasty.registry.records import FollowUp, ImagedLevel, NewFracture, Patient, Procedure
from vertebroplasty.registry.series.models import series_models
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.registry.store.tables import follow_up, leak, procedure, treated_level
from vertebroplasty.registry.vocabulary import (
    AdverseEventKind,
    Approach,
    FollowUpModality,
    FractureRelation,
    Guidance,
    Improvement,
    Indication,
    LeakModality,
    LeakSeen,
    Window,
)
from vertebroplasty.selection.scores.opiate_relief import ReliefClass

LEVELS = tuple(f"T{i}" for i in range(4, 13)) + tuple(f"L{i}" for i in range(1, 6))
TODAY = date(2026, 11, 20)
WINDOWS = ((Window.DAY_1, 1), (Window.MONTH_1, 30), (Window.MONTH_12, 365))


def level(draw: random.Random, name: str) -> TreatedLevel:
    """A treated level, with a leak in 40 % of them."""
    leaks = ()
    if draw.random() < 0.4:
        leaks = (
            Leak(
                site=draw.choice(list(LeakSite)),
                modality=LeakModality.CT,
                seen=LeakSeen.CT_AFTER,
                symptomatic=draw.random() < 0.02,
            ),
        )
    return TreatedLevel(
        level=name,
        indication=draw.choice(list(Indication)),
        approach=Approach.TRANSPEDICULAR_UNILATERAL,
        gauge=11,
        anterior_height_mm=round(draw.uniform(10, 30), 1),
        cement=Cement(product="PMMA", total_ml=round(draw.uniform(1.5, 6.5), 1)),
        leaks_looked_for_with=(LeakModality.CT,),
        leaks=leaks,
    )


def records(count: int, seed: int = 0) -> Iterator[Patient | Procedure | FollowUp]:
    """So many procedures, each with a patient of its own, 1.3 levels and two or three follow-ups."""
    draw = random.Random(seed)
    for i in range(count):
        done = date(2000, 1, 1) + timedelta(days=draw.randrange(9000))
        patient, own = f"P{i:07d}", f"X{i:07d}"
        yield Patient(pseudonym=patient, birth_year=1930 + i % 50)
        names = draw.sample(LEVELS, 1 + (draw.random() < 0.3))
        yield Procedure(
            procedure_id=own,
            patient=patient,
            performed_on=done,
            operator=f"O{i % 12}",
            age_years=70.0,
            guidance=Guidance.BIPLANE,
            screening=Screening(fired_rules=("S-01",), rule_sets=("founding/1",)),
            levels=tuple(level(draw, name) for name in names),
            adverse_events=(AdverseEvent(kind=AdverseEventKind.NEURALGIA),) if draw.random() < 0.02 else (),
        )
        for j, (window, days) in enumerate(WINDOWS[: 2 + i % 2]):
            yield FollowUp(
                follow_up_id=f"F{i:07d}-{j}",
                procedure=own,
                seen_on=done + timedelta(days=days),
                window=window,
                modality=FollowUpModality.TELEPHONE,
                pain_nrs=float(draw.randrange(11)),
                improvement=draw.choice(list(Improvement)) if j == 1 else None,
                relief_class=draw.choice(list(ReliefClass)) if j == 1 else None,
                imaged_levels=(ImagedLevel(level=names[0], kyphosis_deg=10.0),) if j == 2 else (),
                new_fractures=(NewFracture(level="L1", relation=FractureRelation.ADJACENT),)
                if draw.random() < 0.03
                else (),
            )


def queries() -> dict[str, sa.Select[Any]]:
    """What a series' figures are counted with."""
    level_of, leak_of, after = treated_level.c, leak.c, follow_up.c
    ml = level_of.cement_total_ml
    return {
        "procedures": sa.select(sa.func.count()).where(procedure.c.series == "own"),
        "by indication": sa.select(level_of.indication, sa.func.count())
        .where(level_of.series == "own")
        .group_by(level_of.indication),
        "by leak site": sa.select(leak_of.site, sa.func.count()).where(leak_of.series == "own").group_by(leak_of.site),
        "by improvement": sa.select(after.improvement, sa.func.count())
        .where(after.series == "own", after.improvement.is_not(None))
        .group_by(after.improvement),
        "by relief class": sa.select(after.relief_class, sa.func.count())
        .where(after.series == "own", after.relief_class.is_not(None))
        .group_by(after.relief_class),
        "volume": sa.select(sa.func.sum(ml), sa.func.min(ml), sa.func.max(ml), sa.func.count(ml)).where(
            level_of.series == "own"
        ),
    }


def timed(registry: Registry, count: int) -> None:
    """Print how long lists, pages and counts take: the best and the worst of five."""
    draw = random.Random(1)
    for what, ask in (
        ("list of 100", lambda: registry.find("procedure", series="own", after=f"X{draw.randrange(count):07d}")),
        ("patient's page", lambda: registry.patient_page(f"P{draw.randrange(count):07d}")),
    ):
        print_times(what, ask)
    with registry.reading() as connection:
        for what, query in queries().items():
            print_times(what, lambda query=query: connection.execute(query).all())
        print_times("stats", lambda: series_statistics(connection, today=TODAY))
        begin = time.perf_counter()
        series_models(connection, today=TODAY)
        print(f"stats --models   {time.perf_counter() - begin:9.1f} s more", flush=True)


def print_times(what: str, ask: Any) -> None:
    """Ask five times."""
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - begin))
    print(f"{what:<16} {min(taken):9.1f} to {max(taken):9.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--procedures", type=int, default=100_000)
    parser.add_argument("--db", default="benchmark.db")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--read", action="store_true")
    asked = parser.parse_args()
    print(f"{asked.procedures} procedures; load of the machine {os.getloadavg()[0]:.1f}")
    if asked.read:
        with open_registry(asked.db) as registry:
            timed(registry, asked.procedures)
        return
    begin = time.perf_counter()
    sum(1 for _ in records(min(asked.procedures, 20_000)))
    print(f"making the records takes {1e6 * (time.perf_counter() - begin) / min(asked.procedures, 20_000):.0f} µs each")
    try:
        with open_registry(asked.db, create=True) as registry:
            begin, busy = time.perf_counter(), time.process_time()
            count = registry.add_many(records(asked.procedures), by="benchmark", why="speed")
            wall, busy = time.perf_counter() - begin, time.process_time() - busy
            print(
                f"import: {count} records in {wall:.1f} s, {asked.procedures / wall:.0f} procedures/s "
                f"({asked.procedures / busy:.0f} per second of processor)",
                flush=True,
            )
            timed(registry, asked.procedures)
            if asked.verify:
                begin = time.perf_counter()
                found = registry.verify()
                print(f"verify: {found.rows} rows, intact {found.intact}, {time.perf_counter() - begin:.1f} s")
    finally:
        if not asked.keep and "://" not in asked.db:
            for end in ("", "-wal", "-shm"):
                Path(asked.db + end).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
