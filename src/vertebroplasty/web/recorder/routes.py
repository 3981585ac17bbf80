"""The recorder's pages: the time-out, the big clock, and writing the procedure to the registry."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.product import products
from vertebroplasty.cement.stop_reason import StopReason
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.entering import enter
from vertebroplasty.registry.fields import TEXT
from vertebroplasty.registry.records import Patient, Procedure, Record
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.registry.vocabulary import EventName
from vertebroplasty.web.forms.addresses import address_of_record
from vertebroplasty.web.forms.opening import address_of
from vertebroplasty.web.forms.who import required_who, who_of
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.recorder.recording import Recording, Tap
from vertebroplasty.web.recorder.recordings import Asked
from vertebroplasty.web.recorder.time_out import TimeOutForm, confirmed
from vertebroplasty.web.recorder.to_procedure import procedure_of
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["router"]

router = APIRouter(prefix="/recorder")


class TapForm(BaseModel):
    """One tap as the page sends it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{8,64}$")]
    event: EventName
    level: Annotated[str, StringConstraints(max_length=3)]
    ago_s: Annotated[float, Field(ge=0)]
    injected_ml: Annotated[float, Field(ge=0)] | None = None
    site: LeakSite | None = None
    remark: Annotated[str, StringConstraints(**TEXT)] | None = None


class Undo(BaseModel):
    """The tap to take back."""

    model_config = ConfigDict(extra="forbid")
    key: Annotated[str, StringConstraints(max_length=64)]


class Because(BaseModel):
    """Why a stop was tapped."""

    model_config = ConfigDict(extra="forbid")
    key: Annotated[str, StringConstraints(max_length=64)]
    reason: StopReason


class Save(BaseModel):
    """Write to the registry; with a reason where it looks like a procedure already kept."""

    model_config = ConfigDict(extra="forbid")
    not_a_duplicate: Annotated[str, StringConstraints(**TEXT)] | None = None


@router.get("")
def first_page(request: Request) -> HTMLResponse:
    """The time-out, and recordings that are not in the registry yet."""
    recordings = house_of(request).recordings.all()
    return page(
        request,
        "recorder/time_out.html",
        recordings=recordings,
        products=sorted(products()),
        who=who_of(request),
        today=date.today().isoformat(),
    )


@router.post("/time-outs")
def time_out(request: Request, form: TimeOutForm) -> dict[str, str]:
    """Confirm a time-out and begin to record."""
    recording = house_of(request).recordings.begin(confirmed(form))
    return {"next": f"/recorder/{recording.id}"}


@router.get("/{recording_id}")
def clock(request: Request, recording_id: str) -> HTMLResponse:
    """The big clock and its buttons."""
    house = house_of(request)
    recording = house.recordings.find(recording_id)
    words = texts_in(language_of(request)).under("recorder.")
    told = _told(request, recording)
    return page(
        request, "recorder/clock.html", recording=recording, told=told, words=words, sites=list(LeakSite),
        reasons=list(StopReason), has_registry=house.settings.db is not None, who=who_of(request),
    )  # fmt: skip


@router.get("/{recording_id}/state")
def state(request: Request, recording_id: str) -> dict[str, Any]:
    """Where a recording stands."""
    return _told(request, house_of(request).recordings.find(recording_id))


@router.post("/{recording_id}/taps")
def tap(request: Request, recording_id: str, form: TapForm) -> dict[str, Any]:
    """One tap."""
    return _told(request, house_of(request).recordings.tap(recording_id, Asked(**form.model_dump())))


@router.post("/{recording_id}/reason")
def because(request: Request, recording_id: str, form: Because) -> dict[str, Any]:
    """Why a stop was tapped; the stop itself was written at once."""
    return _told(request, house_of(request).recordings.because(recording_id, form.key, form.reason))


@router.post("/{recording_id}/undo")
def undo(request: Request, recording_id: str, form: Undo) -> dict[str, Any]:
    """Take the last tap back."""
    return _told(request, house_of(request).recordings.undo(recording_id, form.key))


@router.post("/{recording_id}/registry")
def write(request: Request, recording_id: str, form: Save) -> dict[str, Any]:
    """Write the procedure to the registry, and the patient where the registry does not know the pseudonym."""
    house, by = house_of(request), required_who(request)
    recording = house.recordings.find(recording_id)
    if recording.saved_as is not None:
        raise Refused("The procedure is in the registry already: amend it there.", where="recording")
    procedure = procedure_of(recording, by=by)
    with open_registry(address_of(request)) as registry:
        known = _knows(registry, procedure.patient)
        records: list[Record] = [procedure] if known else [Patient(pseudonym=procedure.patient), procedure]
        warnings = enter(
            registry, records, by=by, why="recorded at the procedure", today=date.today(),
            not_a_duplicate_because=form.not_a_duplicate,
        )  # fmt: skip
    house.recordings.saved(recording_id, procedure.procedure_id)
    return {
        "next": f"/recorder/{recording_id}/procedure",
        "saved_as": procedure.procedure_id,
        "warnings": [each.sentence for each in warnings],
    }


@router.get("/{recording_id}/procedure")
def written(request: Request, recording_id: str) -> RedirectResponse:
    """On to the procedure in the registry."""
    recording = house_of(request).recordings.find(recording_id)
    if recording.saved_as is None:
        raise NotFound("The procedure is not in the registry yet: write it there first.", where="recording")
    with open_registry(address_of(request)) as registry, registry.reading() as connection:
        address = address_of_record(connection, Procedure.kind, recording.saved_as)
    return RedirectResponse(f"/registry/record/procedure/{address}", status_code=HTTPStatus.SEE_OTHER)


def _knows(registry: Registry, pseudonym: str) -> bool:
    try:
        registry.get("patient", pseudonym)
    except Refused:
        return False
    return True


def _told(request: Request, recording: Recording) -> dict[str, Any]:
    """What the page shows: the clock now, and by level what was tapped."""
    clock_s = house_of(request).recordings.clock_s(recording)
    levels = {
        level: {
            "injected_ml": recording.injected_ml(level),
            "stopped": recording.stopped(level),
            "started": recording.has(EventName.INJECT_START, level),
            "needle_out": recording.has(EventName.NEEDLE_OUT, level),
            "stylet": recording.has(EventName.STYLET, level),
        }
        for level in recording.time_out.levels
    }
    taps = [
        {
            "key": tap.key, "event": tap.event.value, "level": tap.level, "injected_ml": tap.injected_ml,
            "since_mix_s": _since_mix_s(recording, tap), "clock_s": tap.clock_s,
            "at": tap.at.isoformat(), "site": tap.site, "remark": tap.remark, "reason": tap.reason,
        }
        for tap in recording.taps
    ]  # fmt: skip
    undone = [
        {"level": each.tap.level, "at": each.tap.at.isoformat(), "undone_at": each.undone_at.isoformat()}
        for each in recording.undone_stops
    ]
    told = {
        "clock_s": clock_s, "mixed_s": _mixed_s(recording, clock_s), "levels": levels, "taps": taps, "undone": undone,
    }  # fmt: skip
    return told | {"saved_as": recording.saved_as}


def _mixed_s(recording: Recording, clock_s: float) -> float | None:
    """When the cement in use at a moment was mixed: the big clock counts from there, and so does the list."""
    mixes = [each.clock_s for each in recording.taps if each.event is EventName.MIX_START and each.clock_s <= clock_s]
    return max(mixes, default=None)


def _since_mix_s(recording: Recording, tap: Tap) -> float | None:
    mixed_s = _mixed_s(recording, tap.clock_s)
    return None if mixed_s is None else tap.clock_s - mixed_s
