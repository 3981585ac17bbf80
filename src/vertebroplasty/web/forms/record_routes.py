"""Looking: a list page by page, and one record with everything that happened to it."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from vertebroplasty.registry.describing import list_entry, state_entry
from vertebroplasty.registry.entry.field_tree import record_class
from vertebroplasty.registry.entry.reading import record_json
from vertebroplasty.registry.records import FollowUp, Procedure
from vertebroplasty.registry.store.entries import Entry, PatientPage
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.addresses import Addresses, addresses, record_id_at
from vertebroplasty.web.forms.fields import form_of
from vertebroplasty.web.forms.history import happenings
from vertebroplasty.web.forms.opening import shown
from vertebroplasty.web.forms.record_view import sections
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["Kind", "router"]

Kind = Literal["patient", "procedure", "follow-up"]
A_PAGE = 50  # [choice] records of one page of a list

router = APIRouter()


@router.get("/list/{kind}")
def records(request: Request, kind: Kind, after: str = "") -> HTMLResponse:
    """A page of records in the order of their ids; `after` is the address of the last one before."""

    def filled(registry: Registry) -> dict[str, Any]:
        with registry.reading() as connection:
            last = record_id_at(connection, kind, after) if after else None
        entries = registry.find(kind, limit=A_PAGE + 1, after=last)
        listed = [list_entry(entry) for entry in entries[:A_PAGE]]
        with registry.reading() as connection:
            known = addresses(connection, ((kind, entry.id) for entry in listed))
        more = known[kind, listed[-1].id] if len(entries) > A_PAGE else ""
        return {"kind": kind, "entries": listed, "addresses": known, "next_after": more, "first": not after}

    return shown(request, "forms/list.html", filled)


@router.get("/record/{kind}/{address}")
def record(request: Request, kind: Kind, address: str) -> HTMLResponse:
    """A record as it stands, what belongs to it, and its history."""
    language = language_of(request)
    t = texts_in(language)

    def filled(registry: Registry) -> dict[str, Any]:
        with registry.reading() as connection:
            record_id = record_id_at(connection, kind, address)
        entry = registry.get(kind, record_id)
        page = registry.patient_page(record_id) if kind == "patient" else None
        form = form_of(record_class(kind), language)
        return {
            "kind": kind,
            "id": record_id,
            "own_address": address,
            "addresses": _linked(registry, entry, page),
            "state": state_entry(entry),
            "sections": sections(form, record_json(entry.record), {True: t("common.yes"), False: t("common.no")}),
            "procedures": [list_entry(one) for one in page.procedures] if page else [],
            "follow_ups": [list_entry(one) for one in page.follow_ups] if page else [],
            "of_patient": entry.record.patient if isinstance(entry.record, Procedure) else "",
            "of_procedure": entry.record.procedure if isinstance(entry.record, FollowUp) else "",
            "happenings": happenings(registry.history(kind, record_id)),
        }

    return shown(request, "forms/record.html", filled)


def _linked(registry: Registry, entry: Entry, page: PatientPage | None) -> Addresses:
    """Where the pages are that a record's page leads to: those it belongs to, and those that belong to it."""
    record = entry.record
    around = [("patient", record.patient)] if isinstance(record, Procedure) else []
    around += [("procedure", record.procedure)] if isinstance(record, FollowUp) else []
    for each in (*page.procedures, *page.follow_ups) if page else ():
        around.append((each.record.kind, each.record.record_id))
    with registry.reading() as connection:
        return addresses(connection, around)
