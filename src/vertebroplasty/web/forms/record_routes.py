"""Looking: a list page by page, and one record with everything that happened to it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from vertebroplasty.errors import Refused
from vertebroplasty.registry.describing import list_entry, state_entry
from vertebroplasty.registry.entry.field_tree import record_class
from vertebroplasty.registry.entry.reading import record_json
from vertebroplasty.registry.records import Procedure
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.fields import form_of
from vertebroplasty.web.forms.history import happenings
from vertebroplasty.web.forms.opening import shown
from vertebroplasty.web.forms.record_view import sections
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["Kind", "router"]

Kind = Literal["patient", "procedure", "follow-up"]
A_PAGE = 50  # [choice] records of one page of a list
LONGEST_ID = 64  # [exact] characters of a pseudonym

router = APIRouter()


@router.get("/list/{kind}")
def records(
    request: Request, kind: Kind, after: Annotated[str | None, Query(max_length=LONGEST_ID)] = None
) -> HTMLResponse:
    """A page of records in the order of their ids."""

    def filled(registry: Registry) -> dict[str, Any]:
        entries = registry.find(kind, limit=A_PAGE + 1, after=after or None)
        more = entries[A_PAGE - 1].record.record_id if len(entries) > A_PAGE else None
        listed = [list_entry(entry) for entry in entries[:A_PAGE]]
        return {"kind": kind, "entries": listed, "next_after": more, "first": not after}

    return shown(request, "forms/list.html", filled)


@router.get("/record/{kind}/{record_id}")
def record(request: Request, kind: Kind, record_id: str) -> HTMLResponse:
    """A record as it stands, what belongs to it, and its history."""
    language = language_of(request)
    t = texts_in(language)

    def filled(registry: Registry) -> dict[str, Any]:
        try:
            entry = registry.get(kind, record_id)
        except Refused as refusal:
            raise NotFound(refusal.message, where=refusal.where) from None
        page = registry.patient_page(record_id) if kind == "patient" else None
        form = form_of(record_class(kind), language)
        return {
            "kind": kind,
            "id": record_id,
            "state": state_entry(entry),
            "sections": sections(form, record_json(entry.record), {True: t("common.yes"), False: t("common.no")}),
            "procedures": [list_entry(one) for one in page.procedures] if page else [],
            "follow_ups": [list_entry(one) for one in page.follow_ups] if page else [],
            "of_patient": entry.record.patient if isinstance(entry.record, Procedure) else "",
            "of_procedure": entry.record.procedure if kind == "follow-up" else "",
            "happenings": happenings(registry.history(kind, record_id)),
        }

    return shown(request, "forms/record.html", filled)
