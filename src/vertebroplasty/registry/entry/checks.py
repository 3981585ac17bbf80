"""Checks of a record as a whole, and beside the records it belongs to, before it is kept.

The limits of single fields stand in the records; here is what only several fields together can tell.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from vertebroplasty.registry.entry.cement_checks import level_findings
from vertebroplasty.registry.entry.clock_checks import clock_findings
from vertebroplasty.registry.entry.day_checks import procedure_days
from vertebroplasty.registry.entry.finding import Finding, error
from vertebroplasty.registry.entry.follow_up_checks import NOT_ASKED, follow_up_findings
from vertebroplasty.registry.fields import PSEUDONYM
from vertebroplasty.registry.records import OWN_SERIES, FollowUp, Patient, Procedure

__all__ = ["AS_PSEUDONYM", "check_follow_up", "check_patient", "check_procedure"]

AS_PSEUDONYM = re.compile(PSEUDONYM["pattern"])


def check_patient(patient: Patient, *, today: date) -> tuple[Finding, ...]:
    """Everything wrong or unlikely with a patient."""
    if patient.birth_year is not None and patient.birth_year > today.year:
        return (error("birth_year", f"{patient.birth_year} lies after today ({today.isoformat()})."),)
    return ()


def check_procedure(procedure: Procedure, *, patient: Patient | None = None, today: date) -> tuple[Finding, ...]:
    """Everything wrong or unlikely with a procedure.

    Args:
        procedure: the procedure as it would be kept.
        patient: its patient where known, for age and series; without one the procedure counts as the department's own.
        today: nothing lies after this day.
    """
    series = OWN_SERIES if patient is None else patient.series
    return tuple(_procedure(procedure, patient, series, today))


def check_follow_up(
    follow_up: FollowUp,
    *,
    procedure: Procedure | None = None,
    others: Iterable[FollowUp] = (),
    series: str = OWN_SERIES,
    today: date,
) -> tuple[Finding, ...]:
    """Everything wrong or unlikely with a follow-up.

    Args:
        follow_up: the follow-up as it would be kept.
        procedure: its procedure where known, for days and levels.
        others: further follow-ups of the same patient, for death and doses.
        series: series of the patient; only a synthetic one may lack the day.
        today: nothing lies after this day.
    """
    found = list(follow_up_findings(follow_up, procedure, others, today))
    if series == OWN_SERIES and follow_up.seen_on is None:
        found.append(error("seen_on", "The day is missing: a follow-up of the own series needs it."))
    return tuple(found)


def _procedure(procedure: Procedure, patient: Patient | None, series: str, today: date) -> Iterator[Finding]:
    if series == OWN_SERIES and procedure.performed_on is None:
        yield error("performed_on", "The day is missing: a procedure of the own series needs it.")
    if patient is not None and patient.pseudonym != procedure.patient:
        yield error("patient", f"The procedure is of {procedure.patient}, not of {patient.pseudonym}.")
    yield from procedure_days(procedure, patient, today)
    yield from level_findings(procedure.levels)
    yield from clock_findings(procedure)
    yield from _events(procedure)
    if procedure.assistants:
        yield from _operators(procedure)


def _events(procedure: Procedure) -> Iterator[Finding]:
    """Adverse events name treated levels, and were asked for."""
    if procedure.adverse_events and procedure.adverse_events_asked is False:
        yield error("adverse_events_asked", NOT_ASKED)
    for n, event in enumerate(procedure.adverse_events):
        treated = [level.level for level in procedure.levels]
        if event.level is not None and event.level not in treated:
            told = f"{event.level} is not among the treated levels, {', '.join(treated)}."
            yield error(f"adverse_events[{n}].level", told)


def _operators(procedure: Procedure) -> Iterator[Finding]:
    """Everyone is named once, and by a pseudonym."""
    people = [*procedure.assistants, *([] if procedure.operator is None else [procedure.operator])]
    for name, times in Counter(people).items():
        if times > 1:
            yield error("assistants", f"{name} is named {times} times: name each operator once.")
    for n, name in enumerate(procedure.assistants):
        if AS_PSEUDONYM.match(name) is None:
            yield error(
                f"assistants[{n}]", "A pseudonym has letters, digits and . _ : - without blanks; no names here."
            )
