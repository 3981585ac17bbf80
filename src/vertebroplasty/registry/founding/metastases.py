"""The series of spinal metastases as records: 37 patients, 40 procedures, 52 levels, and the effect on pain of 33."""

from collections.abc import Iterator, Mapping
from typing import Any

from vertebroplasty.registry.founding.synthetic import LEVEL_NAMES, patient, procedure_id, pseudonym
from vertebroplasty.registry.procedure_parts import AdverseEvent, TreatedLevel
from vertebroplasty.registry.records import FollowUp, Procedure, Record
from vertebroplasty.registry.vocabulary import AdverseEventKind, Improvement, Indication
from vertebroplasty.selection.claims import claim
from vertebroplasty.selection.coded_values import Intent, Sex

__all__ = ["metastases_records"]

FOR_PAIN = (Intent.ANALGESIA, Intent.BOTH)
MADE_UP = "Synthetic: only the margins are those printed."


def metastases_records(table: Mapping[str, Any]) -> tuple[Record, ...]:
    """Patients, procedures and the follow-ups of those procedures that aimed at pain relief."""
    name = table["name"]
    sexes = [Sex.MALE] * table["men"] + [Sex.FEMALE] * table["women"]
    people = [patient(name, number, sex) for number, sex in enumerate(sexes, start=1)]
    procedures = list(_procedures(table))
    return (*people, *procedures, *_follow_ups(procedures, table))


def _counted(rows: list[dict[str, str]]) -> list[str]:
    """Each row's name as often as its claim counts it."""
    return [row["name"] for row in rows for _ in range(claim(row["claim"]).count or 0)]


def _procedures(table: Mapping[str, Any]) -> Iterator[Procedure]:
    """One procedure for each patient, then a second for as many patients as it takes; two levels at the first ones."""
    patients, procedures, levels = table["patients"], table["procedures"], table["levels"]
    events = [event for row in table["finding"] for event in [_event(row)] * (claim(row["claim"]).count or 0)]
    ages = {1: float(table["youngest_years"]), patients: float(table["oldest_years"])}
    for number, intent in enumerate(_counted(table["intent"]), start=1):
        who = number if number <= patients else number - patients
        two = number <= levels - procedures
        yield Procedure(
            procedure_id=procedure_id(table["name"], number),
            patient=pseudonym(table["name"], who),
            age_years=ages.get(number),
            intent=Intent(intent),
            levels=tuple(
                TreatedLevel(level=level, indication=Indication(table["indication"]))
                for level in LEVEL_NAMES[: 2 if two else 1]
            ),
            adverse_events=(events[number - 1],) if number <= len(events) else (),
            remark=MADE_UP,
        )


def _event(row: Mapping[str, Any]) -> AdverseEvent:
    return AdverseEvent(
        kind=AdverseEventKind(row["event"]),
        transient=row["transient"],
        procedure_related=True,
    )


def _follow_ups(procedures: list[Procedure], table: Mapping[str, Any]) -> Iterator[FollowUp]:
    """The grade of improvement; the last procedures for pain are those not evaluated."""
    grades = [Improvement(name) for name in _counted(table["improvement"])]
    for place, procedure in enumerate(each for each in procedures if each.intent in FOR_PAIN):
        evaluated = place < len(grades)
        yield FollowUp(
            follow_up_id=f"{procedure.procedure_id}-F1",
            procedure=procedure.procedure_id,
            improvement=grades[place] if evaluated else None,
            not_evaluated_because=None if evaluated else table["not_evaluated_because"],
        )
