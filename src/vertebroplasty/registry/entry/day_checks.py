"""Days in their order: nothing in the future, the fracture before the procedure, the age as the year of birth tells."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from vertebroplasty.registry.entry.finding import Finding, error, warning
from vertebroplasty.registry.records import Patient, Procedure

__all__ = ["future", "procedure_days"]

ONE_DAY = timedelta(days=1)
FRACTURE_AGE_TOLERANCE_DAYS = 1.0  # [choice] days counted with or without the first


def future(path: str, day: date | datetime | None, today: date) -> Iterator[Finding]:
    """A finding if a day lies after today; a moment may carry a zone that is a day ahead."""
    if day is None:
        return
    moment = isinstance(day, datetime)
    plain = day.date() if isinstance(day, datetime) else day
    if plain > (today + ONE_DAY if moment else today):
        yield error(path, f"{plain.isoformat()} lies after today ({today.isoformat()}): correct the day.")


def procedure_days(procedure: Procedure, patient: Patient | None, today: date) -> Iterator[Finding]:
    """What is wrong with the days of a procedure."""
    performed = procedure.performed_on
    yield from future("performed_on", performed, today)
    yield from future("discussed_on", procedure.discussed_on, today)
    yield from _moments(procedure, today)
    for n, level in enumerate(procedure.levels):
        if level.fracture_on is not None:
            yield from future(f"levels[{n}].fracture_on", level.fracture_on, today)
    for n, event in enumerate(procedure.adverse_events):
        if event.onset_on is not None:
            yield from future(f"adverse_events[{n}].onset_on", event.onset_on, today)
    if performed is not None:
        yield from _order(procedure, performed)
        if patient is not None and patient.birth_year is not None:
            yield from _age(procedure.age_years, patient.birth_year, performed)


def _moments(procedure: Procedure, today: date) -> Iterator[Finding]:
    """Every moment has its zone, is not in the future, and lies on the procedure's day or next to it."""
    moments = [("started_at", procedure.started_at)]
    moments += [
        (f"levels[{n}].cement.mixed_at", level.cement.mixed_at)
        for n, level in enumerate(procedure.levels)
        if level.cement is not None
    ]
    moments += [(f"events[{n}].at", event.at) for n, event in enumerate(procedure.events)]
    for path, moment in moments:
        if moment is None:
            continue
        if moment.tzinfo is None:
            yield error(path, "the moment has no zone: write it like 2026-11-20T09:30:00+01:00.")
        yield from future(path, moment, today)
        if procedure.performed_on is not None and abs(moment.date() - procedure.performed_on) > ONE_DAY:
            day = procedure.performed_on.isoformat()
            yield error(path, f"{moment.date().isoformat()} is not the day of the procedure, {day}: correct one.")


def _order(procedure: Procedure, performed: date) -> Iterator[Finding]:
    """Discussion and fracture come before the procedure, what happens after it comes after."""
    day = performed.isoformat()
    if procedure.discussed_on is not None and procedure.discussed_on > performed:
        yield error("discussed_on", f"{procedure.discussed_on.isoformat()} lies after the procedure on {day}.")
    for n, level in enumerate(procedure.levels):
        fracture = level.fracture_on
        if fracture is None:
            continue
        if fracture > performed:
            yield error(f"levels[{n}].fracture_on", f"{fracture.isoformat()} lies after the procedure on {day}.")
        elif level.fracture_age_days is not None:
            counted = (performed - fracture).days
            if abs(counted - level.fracture_age_days) > FRACTURE_AGE_TOLERANCE_DAYS:
                yield error(
                    f"levels[{n}].fracture_age_days",
                    f"{level.fracture_age_days:g} days, but {counted} lie between the fracture and the procedure.",
                )
    for n, event in enumerate(procedure.adverse_events):
        if event.onset_on is not None and event.onset_on < performed:
            path = f"adverse_events[{n}].onset_on"
            yield error(path, f"{event.onset_on.isoformat()} lies before the procedure on {day}.")


def _age(age_years: float | None, birth_year: int, performed: date) -> Iterator[Finding]:
    """The age lies within the year that birth in any month of the year of birth leaves open."""
    years = performed.year - birth_year
    if years < 0:
        yield error("performed_on", f"{performed.isoformat()} lies before the patient's birth in {birth_year}.")
    elif age_years is not None and not years - 1 <= age_years < years + 1:
        told = f"born in {birth_year}, the patient was {max(years - 1, 0)} or {years} years old"
        yield error("age_years", f"{age_years:g} years, but {told}: correct one of them.")
    if age_years is None and years == 0:
        yield warning("performed_on", f"The patient was born in {birth_year}, the year of the procedure: check both.")
