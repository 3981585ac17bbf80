"""Where the follow-up of every own procedure stands, read page by page from the registry, and as a document."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.registry import DueEntry, LostEntry, RegistryDueDocument
from vertebroplasty.registry.follow_up.windows import Planned, Standing, due, lost, overdue, standing
from vertebroplasty.registry.records import OWN_SERIES, FollowUp, Procedure
from vertebroplasty.registry.store.looking import every
from vertebroplasty.registry.store.registry import Registry

__all__ = ["due_document", "due_lines", "standings"]


def standings(registry: Registry, *, today: date) -> tuple[Standing, ...]:
    """Where each procedure of the own series stands on a day; a death told once counts for all of a patient's."""
    of_patient: dict[str, list[FollowUp]] = defaultdict(list)
    with registry.reading() as connection:  # one state: no follow-up of a procedure entered meanwhile
        procedures: list[Procedure] = [one.record for one in every(connection, Procedure.kind, series=OWN_SERIES)]
        of_procedure = {one.procedure_id: one.patient for one in procedures}
        for entry in every(connection, FollowUp.kind, series=OWN_SERIES):
            of_patient[of_procedure[entry.record.procedure]].append(entry.record)
    found = (standing(one, of_patient[one.patient], today=today) for one in procedures)
    return tuple(one for one in found if one is not None)


def due_document(
    standing_of: Sequence[Standing], provenance: Provenance, *, registry: str, on: date
) -> RegistryDueDocument:
    """Who is due, overdue or lost on a day."""
    head = provenance.head("registry-due", sources=("VERTOS-IV",), warnings=(), not_modelled=(), unknown=())
    return RegistryDueDocument(
        **head,
        registry=registry,
        on=on.isoformat(),
        due=[_entry(one) for one in due(standing_of)],
        overdue=[_entry(one) for one in overdue(standing_of)],
        lost=[
            LostEntry(
                procedure=one.procedure,
                patient=one.patient,
                last_seen_on=None if one.last_seen_on is None else one.last_seen_on.isoformat(),
                because=one.lost_because,
            )
            for one in lost(standing_of)
        ],
    )


def due_lines(document: RegistryDueDocument) -> Iterator[str]:
    """The document for people."""
    yield f"On {document.on}: {len(document.due)} due, {len(document.overdue)} overdue, {len(document.lost)} lost."
    for words, planned in (("due", document.due), ("overdue", document.overdue)):
        yield from (f"{words:8s} {one.procedure:24s} {one.window:5s} until {one.last_on}" for one in planned)
    yield from (f"lost     {one.procedure:24s} {one.because}" for one in document.lost)


def _entry(planned: Planned) -> DueEntry:
    return DueEntry(
        procedure=planned.procedure,
        patient=planned.patient,
        window=str(planned.window),
        target_on=planned.target_on.isoformat(),
        first_on=planned.first_on.isoformat(),
        last_on=planned.last_on.isoformat(),
    )
