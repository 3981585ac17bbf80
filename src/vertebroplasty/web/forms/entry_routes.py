"""Entering: new records, further leaks and complications, amendments, signatures and locks."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict

from vertebroplasty.documents.patient_problems import json_path
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.field_tree import record_class
from vertebroplasty.registry.entry.reading import record_json
from vertebroplasty.registry.procedure_parts import AdverseEvent, Leak, TreatedLevel
from vertebroplasty.registry.records import Patient, Procedure
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms import entering
from vertebroplasty.web.forms.addresses import record_id_at
from vertebroplasty.web.forms.fields import every, form_of
from vertebroplasty.web.forms.layout import IMAGING, LEVELS
from vertebroplasty.web.forms.opening import opened, shown, status_of
from vertebroplasty.web.forms.problems import told
from vertebroplasty.web.forms.record_routes import Kind
from vertebroplasty.web.forms.starting import start_of
from vertebroplasty.web.forms.who import required_who, who_of
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["router"]

Form = Literal["patient", "procedure", "follow-up", "imaging"]
Part = Literal["leak", "complication"]
LOOKED = "leaks_looked_for_with"
PARTS: dict[str, tuple[type[Any], str]] = {"leak": (Leak, "leaks"), "complication": (AdverseEvent, "adverse_events")}

router = APIRouter()


class Body(BaseModel):
    """What a form sends."""

    model_config = ConfigDict(extra="forbid")


class NewRecord(Body):
    """A record as JSON has it, and what the command line takes beside it."""

    record: dict[str, Any]
    why: str | None = None
    not_a_duplicate: str | None = None


class Amendment(Body):
    """A whole new record, the version that was shown, and the reason."""

    record: dict[str, Any]
    version: int
    why: str


class NewPart(Body):
    """One more leak at a level, or one more complication."""

    part: dict[str, Any]
    at_level: str | None = None
    looked_for_with: list[str] = []
    version: int
    why: str


class Signature(Body):
    """What a signature says."""

    meaning: str


class Reason(Body):
    """Why a record is closed or opened."""

    why: str


@router.get("/new/{form}")
def new(request: Request, form: Form, patient: str = "", procedure: str = "") -> HTMLResponse:
    """An empty form, with the day and of whom the page before told, by the address of that record."""
    kind = "follow-up" if form == "imaging" else form
    order = IMAGING if form == "imaging" else None

    def filled(registry: Registry) -> dict[str, Any]:
        content = start_of(
            registry,
            kind,
            patient=_told_id(registry, Patient.kind, patient),
            procedure=_told_id(registry, Procedure.kind, procedure),
            who=who_of(request),
            today=date.today(),
        )
        fields = form_of(record_class(kind), language_of(request), order)
        return _form(request, form, fields, content, kind=kind, address=f"/registry/records/{kind}")

    return shown(request, "forms/form.html", filled)


def _told_id(registry: Registry, kind: str, address: str) -> str:
    if not address:
        return ""
    with registry.reading() as connection:
        return record_id_at(connection, kind, address)


@router.get("/amend/{kind}/{address}")
def amend_form(request: Request, kind: Kind, address: str) -> HTMLResponse:
    """The form of a record, filled with what is kept."""

    def filled(registry: Registry) -> dict[str, Any]:
        record_id = _told_id(registry, kind, address)
        entry = registry.get(kind, record_id)
        fields = form_of(record_class(kind), language_of(request))
        target = f"/registry/records/{kind}/{address}/amend"
        plain = {key: value for key, value in record_json(entry.record).items() if key != "kind"}
        return _form(request, kind, fields, plain, kind=kind, address=target, version=entry.version, of=record_id)

    return shown(request, "forms/form.html", filled)


@router.get("/part/{part}/{address}")
def part_form(request: Request, part: Part, address: str) -> HTMLResponse:
    """The form of one more leak or complication of a procedure."""

    def filled(registry: Registry) -> dict[str, Any]:
        record_id = _told_id(registry, Procedure.kind, address)
        entry = registry.get(Procedure.kind, record_id)
        fields = form_of(PARTS[part][0], language_of(request))
        levels = [treated.level for treated in entry.record.levels]
        target = f"/registry/records/procedure/{address}/{part}"
        content = _form(
            request, part, fields, {}, kind=Procedure.kind, address=target, version=entry.version, of=record_id
        )
        if part == "complication":
            return content
        looked = [field for field in every(form_of(TreatedLevel, language_of(request))) if field.name == LOOKED]
        return content | {"at_levels": levels, "beside": looked}

    return shown(request, "forms/form.html", filled)


def _form(
    request: Request,
    name: str,
    groups: Any,
    content: Mapping[str, Any],
    *,
    kind: str,
    address: str,
    version: int = 0,
    of: str = "",
) -> dict[str, Any]:
    """What the page of a form needs; without a version it is a new record's."""
    texts = texts_in(language_of(request)).under("registry.js_")
    return {
        "form": name,
        "kind": kind,
        "of": of,
        "of_version": version,
        "groups": groups,
        "address": address,
        "content": dict(content),
        "levels": LEVELS,
        "at_levels": [],
        "beside": [],
        "js_texts": texts,
    }


@router.post("/records/{kind}")
def add(request: Request, kind: Kind, sent: NewRecord) -> JSONResponse:
    """Keep a new record."""

    def work(registry: Registry, by: str) -> entering.Saved:
        return entering.add(registry, sent.record, kind, by=by, why=sent.why, not_a_duplicate=sent.not_a_duplicate)

    return _answered(request, sent.record, work)


@router.post("/records/{kind}/{address}/amend")
def amend(request: Request, kind: Kind, address: str, sent: Amendment) -> JSONResponse:
    """Keep a new version of a record."""

    def work(registry: Registry, by: str) -> entering.Saved:
        record_id = _told_id(registry, kind, address)
        return entering.amend(registry, sent.record, kind, record_id, by=by, why=sent.why, version=sent.version)

    return _answered(request, sent.record, work)


@router.post("/records/{kind}/{address}/sign")
def sign(request: Request, kind: Kind, address: str, sent: Signature) -> JSONResponse:
    """Sign the present version of a record."""
    with opened(request) as registry:
        record_id = _told_id(registry, kind, address)
        registry.sign(kind, record_id, by=required_who(request), meaning=sent.meaning)
    return JSONResponse({"kind": kind, "id": record_id})


@router.post("/records/{kind}/{address}/lock")
def lock(request: Request, kind: Kind, address: str, sent: Reason) -> JSONResponse:
    """Close a record to amendments."""
    with opened(request) as registry:
        record_id = _told_id(registry, kind, address)
        registry.lock(kind, record_id, by=required_who(request), why=sent.why)
    return JSONResponse({"kind": kind, "id": record_id})


@router.post("/records/{kind}/{address}/unlock")
def unlock(request: Request, kind: Kind, address: str, sent: Reason) -> JSONResponse:
    """Open a locked record again."""
    with opened(request) as registry:
        record_id = _told_id(registry, kind, address)
        registry.unlock(kind, record_id, by=required_who(request), why=sent.why)
    return JSONResponse({"kind": kind, "id": record_id})


@router.post("/records/procedure/{address}/{part}")
def add_part(request: Request, address: str, part: Part, sent: NewPart) -> JSONResponse:
    """Amend a procedure by one more leak or complication."""
    within: list[str] = []

    def work(registry: Registry, by: str) -> entering.Saved:
        record_id = _told_id(registry, Procedure.kind, address)
        kept = registry.get(Procedure.kind, record_id).record
        place = entering.place_of_part(kept, PARTS[part][1], sent.at_level)
        within.append(json_path(place))
        plain = entering.with_part(kept, place, sent.part)
        if part == "leak" and sent.looked_for_with:
            entering.also_looked_for_with(plain, int(place[1]), sent.looked_for_with)
        return entering.amend(registry, plain, Procedure.kind, record_id, by=by, why=sent.why, version=sent.version)

    return _answered(request, sent.part, work, within)


def _answered(
    request: Request,
    plain: Mapping[str, Any],
    work: Callable[[Registry, str], entering.Saved],
    within: list[str] | None = None,
) -> JSONResponse:
    """What was kept, or every problem with its place."""
    try:
        by = required_who(request)
        with opened(request) as registry:
            return JSONResponse(work(registry, by).as_json(registry))
    except Refused as refusal:
        return JSONResponse(told(refusal, plain, within=(within or [""])[0]), status_of(refusal))
