"""Entering records by hand: each is checked beside the records it belongs to, then all are kept, or none."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from vertebroplasty.registry.entry.checks import check_follow_up, check_patient, check_procedure
from vertebroplasty.registry.entry.double_entry import double_entry, treated
from vertebroplasty.registry.entry.finding import Finding, refuse_errors
from vertebroplasty.registry.entry.reading import parse_record
from vertebroplasty.registry.records import FollowUp, Patient, Procedure, Record
from vertebroplasty.registry.store.registry import Registry

__all__ = ["enter", "quick_follow_up", "recheck"]

ORDER = (Patient, Procedure, FollowUp)  # parents before their children


def enter(
    registry: Registry,
    records: Sequence[Record],
    *,
    by: str,
    why: str | None = None,
    today: date,
    not_a_duplicate_because: str | None = None,
) -> tuple[Finding, ...]:
    """Keep a few new records in one transaction: all of them or none.

    Args:
        registry: where they go.
        records: patients, procedures and follow-ups in any order; children may name parents of the same call.
        by: who enters them.
        why: a reason, if there is one.
        today: nothing lies after this day.
        not_a_duplicate_because: why a procedure that looks like one already kept is another.

    Returns:
        The warnings.

    Raises:
        Refused: a record is wrong, or the registry cannot keep it; nothing was written then.
    """
    ordered = sorted(records, key=lambda record: ORDER.index(type(record)))
    around = _Around(registry, ordered)
    warnings: list[Finding] = []
    for record in ordered:
        found = around.findings(record, today, not_a_duplicate_because)
        warnings += refuse_errors(found, name=f"{record.kind} {record.record_id}")
    if not_a_duplicate_because:
        why = "; ".join(filter(None, (why, f"not a duplicate: {not_a_duplicate_because}")))
    if len(ordered) == 1:
        registry.add(ordered[0], by=by, why=why)
    else:
        registry.add_many(ordered, by=by, why=why)
    return tuple(warnings)


def recheck(registry: Registry, record: Record, *, today: date) -> tuple[Finding, ...]:
    """The warnings of a record as it would stand after an amendment.

    Raises:
        Refused: it would be wrong.
    """
    found = _Around(registry, [record]).findings(record, today, "amended")
    return refuse_errors(found, name=f"{record.kind} {record.record_id}")


def quick_follow_up(
    procedure: str,
    day: date,
    told: Mapping[str, Any],
    *,
    new_fractures: Sequence[str],
    follow_up_id: str | None = None,
) -> Record:
    """A follow-up from a few answers; its id is that of the procedure and the day unless one is given.

    Raises:
        Refused: an answer is outside its limits, or a level is none.
    """
    plain: dict[str, Any] = {
        "follow_up_id": follow_up_id or f"{procedure}-{day.isoformat()}",
        "procedure": procedure,
        "seen_on": day.isoformat(),
        "new_fractures": [{"level": level} for level in new_fractures],
        **told,
    }
    if new_fractures:
        plain["new_fractures_looked_for"] = True
    return parse_record(plain, kind=FollowUp.kind, name="the follow-up")


class _Around:
    """What surrounds new records: their patients, procedures and follow-ups, kept already or entered with them."""

    def __init__(self, registry: Registry, records: Iterable[Record]) -> None:
        self.patients: dict[str, Patient] = {}
        self.procedures: dict[str, Procedure] = {}
        self.follow_ups: dict[str, FollowUp] = {}
        entered = list(records)
        for record in entered:
            if isinstance(record, FollowUp) and not any(
                isinstance(other, Procedure) and other.procedure_id == record.procedure for other in entered
            ):
                self._remember_page(registry, registry.get("procedure", record.procedure).record.patient)
        for pseudonym in {record.patient for record in entered if isinstance(record, Procedure)}:
            if not any(isinstance(other, Patient) and other.pseudonym == pseudonym for other in entered):
                self._remember_page(registry, pseudonym)
        for record in entered:
            self._remember(record)

    def _remember_page(self, registry: Registry, pseudonym: str) -> None:
        page = registry.patient_page(pseudonym)
        for entry in (page.patient, *page.procedures, *page.follow_ups):
            self._remember(entry.record)

    def _remember(self, record: Record) -> None:
        if isinstance(record, Patient):
            self.patients[record.pseudonym] = record
        elif isinstance(record, Procedure):
            self.procedures[record.procedure_id] = record
        else:
            self.follow_ups[record.follow_up_id] = record

    def findings(self, record: Record, today: date, not_a_duplicate_because: str | None) -> tuple[Finding, ...]:
        """Everything wrong or unlikely with one of the records."""
        if isinstance(record, Patient):
            return check_patient(record, today=today)
        if isinstance(record, Procedure):
            alike = double_entry(
                treated(record),
                [treated(other) for other in self.procedures.values()],
                not_a_duplicate_because=not_a_duplicate_because,
            )
            return check_procedure(record, patient=self.patients[record.patient], today=today) + alike
        procedure = self.procedures[record.procedure]
        patient = self.patients[procedure.patient]
        own = [one for one in self.follow_ups.values() if self.procedures[one.procedure].patient == procedure.patient]
        others = [one for one in own if one.follow_up_id != record.follow_up_id]
        return check_follow_up(record, procedure=procedure, others=others, series=patient.series, today=today)
