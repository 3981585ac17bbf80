"""What stands in a new form before anybody types: the day, who enters, and what the page before told."""

from datetime import date
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.registry.records import FollowUp, Patient
from vertebroplasty.registry.store.registry import Registry

__all__ = ["start_of"]


def start_of(registry: Registry, kind: str, *, patient: str, procedure: str, who: str, today: date) -> dict[str, Any]:
    """The first content of a form; nothing clinical is guessed.

    Args:
        registry: asked for the next number of a procedure.
        kind: patient, procedure or follow-up.
        patient: pseudonym that the page before told, or empty.
        procedure: id of a procedure that it told, or empty.
        who: who enters, or empty.
        today: the day.
    """
    if kind == Patient.kind:
        return {"pseudonym": patient} if patient else {}
    day = today.isoformat()
    if kind == FollowUp.kind:
        return {"procedure": procedure, "seen_on": day} if procedure else {"seen_on": day}
    content: dict[str, Any] = {"performed_on": day, "levels": []}
    if who:
        content["operator"] = who
    if patient:
        content |= {"patient": patient, "procedure_id": next_id(registry, patient)}
    return content


def next_id(registry: Registry, patient: str) -> str:
    """An id for the next procedure of a patient that no other has."""
    try:
        kept = registry.patient_page(patient).procedures
    except Refused:
        return f"{patient}-1"  # the form says that there is no such patient when it is saved
    taken = {entry.record.procedure_id for entry in kept}
    number = len(taken) + 1
    while f"{patient}-{number}" in taken:
        number += 1
    return f"{patient}-{number}"
