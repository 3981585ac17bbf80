"""Keep a registry and look at a series: 120 invented patients, their statistics, and one page for the quality meeting.

Everything here is invented by a seeded draw; no figure in it says anything about real patients.
"""

import random
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.procedure_parts import AdverseEvent, Cement, Leak, PlannedLevel, TreatedLevel
from vertebroplasty.registry.records import FollowUp, NewFracture, Patient, Procedure, Record
from vertebroplasty.registry.series.page import series_page
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import (
    AdverseEventKind,
    FractureRelation,
    Improvement,
    Indication,
    LeakModality,
    Window,
)
from vertebroplasty.selection.coded_values import Intent

FIRST_DAY, LAST_DAY = date(2023, 1, 9), date(2026, 11, 20)
LEVELS = ("T11", "T12", "L1", "L2", "L3", "L4")
LOOKS = ((Window.DAY_1, 1, 0.95), (Window.MONTH_1, 30, 0.85), (Window.MONTH_12, 365, 0.6))


def treated(draw: random.Random, level: str) -> TreatedLevel:
    """One level: the simulated risk of a leak, and a leak about as often."""
    risk = min(0.95, max(0.02, draw.gauss(0.35, 0.2)))
    site = draw.choice([LeakSite.DISC_ABOVE, LeakSite.DISC_BELOW, LeakSite.SEGMENTAL_VEIN, LeakSite.EPIDURAL])
    leak = Leak(site=site, modality=LeakModality.CT, symptomatic=draw.random() < 0.03)
    return TreatedLevel(
        level=level,
        indication=draw.choice([Indication.OSTEOPOROTIC_FRACTURE] * 3 + [Indication.METASTASIS]),
        cement=Cement(product="pmma-medium", total_ml=round(draw.uniform(1.8, 5.5), 1)),
        leaks_looked_for_with=(LeakModality.CT,),
        leaks=(leak,) if draw.random() < risk else (),
        planned=PlannedLevel(simulated_leak_probability=round(risk, 2)),
    )


def invented(draw: random.Random, patients: int) -> Iterator[Record]:
    """Patients with one procedure each, a look before and three after, some missed, some new fractures, some deaths."""
    for n in range(patients):
        name, day = f"P-{n:03d}", FIRST_DAY + timedelta(days=n * 11)
        yield Patient(pseudonym=name, birth_year=draw.randint(1935, 1965))
        ill = draw.random() < 0.04
        yield Procedure(
            procedure_id=f"{name}-1",
            patient=name,
            performed_on=day,
            operator=draw.choice(["one", "two"]),
            centre="A" if n % 3 else "B",
            intent=Intent.ANALGESIA,
            levels=tuple(treated(draw, level) for level in draw.sample(LEVELS, draw.choice([1, 1, 1, 2]))),
            adverse_events=(AdverseEvent(kind=AdverseEventKind.RADICULOPATHY, transient=True),) if ill else (),
        )
        before, dies = draw.randint(6, 10), draw.random() < 0.08
        yield FollowUp(
            follow_up_id=f"{name}-0", procedure=f"{name}-1", seen_on=day, window=Window.BASELINE, pain_nrs=before
        )
        for window, days, share in LOOKS:
            if draw.random() > share or day + timedelta(days=days) > LAST_DAY:
                continue
            found = NewFracture(level="L5", relation=FractureRelation.ADJACENT, found_on=day + timedelta(days=days - 1))
            yield FollowUp(
                follow_up_id=f"{name}-{days}",
                procedure=f"{name}-1",
                seen_on=day + timedelta(days=days),
                pain_nrs=max(0, before - draw.randint(1, 7)),
                improvement=draw.choice([Improvement.CLEAR] * 3 + [Improvement.MODERATE, Improvement.NONE]),
                new_fractures_looked_for=True,
                new_fractures=(found,) if draw.random() < 0.08 else (),
                died_on=day + timedelta(days=days) if dies and window is Window.MONTH_12 else None,
            )


def main(folder: Path, patients: int = 120) -> dict[str, float]:
    with open_registry(str(folder / "department.db"), create=True) as registry:
        registry.add_many(invented(random.Random(3), patients), by="example", why="invented patients")
        with registry.reading() as connection:
            found = series_statistics(connection, today=LAST_DAY)
            page = series_page(connection, today=LAST_DAY)
        intact = registry.verify().intact
    (folder / "series.html").write_text(page, encoding="utf-8")
    for row in found.leaks:
        share = row.share
        if share.k:
            print(f"{row.site}: {share.k} of {share.n} levels, {share.percent:.1f} %")
    print(f"Page: {folder / 'series.html'}")
    return {"patients": found.patients, "levels": found.levels or 0, "intact": intact}


if __name__ == "__main__":
    main(Path(tempfile.mkdtemp()))
