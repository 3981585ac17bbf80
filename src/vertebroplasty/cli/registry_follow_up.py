"""`vertebroplasty registry follow-up|due`: what patients said afterwards, and who has to be asked."""

import time
from datetime import date
from typing import Annotated, Literal

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli import registry_options as r
from vertebroplasty.cli.output import answer
from vertebroplasty.errors import WrongUsage

__all__ = ["due", "follow_up"]

SeenOn = Annotated[
    str | None, Parameter(name="--seen-on", help="Day the patient was asked, as 2026-11-20; else today.")
]
Pain = Annotated[float | None, Parameter(name="--pain-nrs", help="Pain, 0 to 10.")]
PainVas = Annotated[float | None, Parameter(name="--pain-vas-mm", help="Pain on the 100 mm scale.")]
Morphine = Annotated[float | None, Parameter(name="--morphine-mg-per-day", help="Oral morphine equivalents a day.")]
Oswestry = Annotated[float | None, Parameter(name="--odi-percent", help="Oswestry index in percent.")]
Grade = Annotated[
    Literal["clear", "moderate", "none"] | None, Parameter(name="--improvement", help="Global improvement as graded.")
]
Fracture = Annotated[
    list[str] | None, Parameter(name="--new-fracture", help="Level of a new fracture; may be repeated.")
]
Asked = Annotated[bool | None, Parameter(name="--adverse-events-asked", help="Whether adverse events were asked for.")]
Died = Annotated[str | None, Parameter(name="--died-on", help="Day of death.")]
Lost = Annotated[str | None, Parameter(name="--lost-because", help="Why the patient is lost to follow-up.")]
Id = Annotated[str | None, Parameter(name="--id", help="Id of this follow-up; else procedure and day.")]


def follow_up(
    procedure: str,
    /,
    *,
    seen_on: SeenOn = None,
    pain_nrs: Pain = None,
    pain_vas_mm: PainVas = None,
    morphine_mg_per_day: Morphine = None,
    odi_percent: Oswestry = None,
    improvement: Grade = None,
    new_fracture: Fracture = None,
    adverse_events_asked: Asked = None,
    died_on: Died = None,
    lost_because: Lost = None,
    follow_up_id: Id = None,
    db: r.Database = None,
    by: r.Author = None,
    common: o.Common = o.COMMON,
) -> None:
    """Enter a follow-up in one line; for everything else there is `registry add`.

    Args:
        procedure: id of the procedure.
    """
    begin = time.perf_counter()
    told = {
        "pain_nrs": pain_nrs,
        "pain_vas_mm": pain_vas_mm,
        "morphine_mg_per_day": morphine_mg_per_day,
        "odi_percent": odi_percent,
        "improvement": improvement,
        "adverse_events_asked": adverse_events_asked,
        "died_on": died_on,
        "lost_because": lost_because,
    }
    if not new_fracture and all(value is None for value in told.values()):
        raise WrongUsage("Say what was found: for example --pain-nrs 3.")
    from vertebroplasty.registry.entry.entering import enter, quick_follow_up

    day = r.day(seen_on, "--seen-on")
    record = quick_follow_up(procedure, day, told, new_fractures=new_fracture or (), follow_up_id=follow_up_id)
    with r.opened(db) as registry:
        found = enter(registry, [record], by=r.author(by), today=date.today())
        r.written(
            "follow-up",
            registry,
            registry.name,
            {"follow-up": 1},
            begin=begin,
            common=common,
            warnings=[f"{one.path}: {one.sentence}" for one in found],
            lines=[f"Entered: follow-up {record.record_id}."],
        )


def due(*, on: r.Today = None, db: r.Database = None, common: o.Common = o.COMMON) -> None:
    """Who has to be asked now, who was missed, and who is lost: 24 h, 1 week, 1, 3, 6 and 12 months after."""
    begin = time.perf_counter()
    asked = r.day(on)
    from vertebroplasty.registry.follow_up.due import due_document, due_lines, standings

    with r.opened(db) as registry:
        document = due_document(
            standings(registry, today=asked), r.provenance(begin, on=on), registry=registry.name, on=asked
        )
    answer(document, due_lines(document), common)
