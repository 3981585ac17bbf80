"""The list of cases, and uploads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from vertebroplasty.errors import Refused
from vertebroplasty.intake.schemes import SCHEMES
from vertebroplasty.web.cases.folders import HowToRead
from vertebroplasty.web.cases.library import CaseEntry, CaseKind
from vertebroplasty.web.cases.unfinished import Room
from vertebroplasty.web.cases.upload import (
    RAW,
    Part,
    begin,
    discarded,
    looked_at,
    received,
    replace_patient,
    uploaded_folder,
)
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.safety import Conflict, NotFound
from vertebroplasty.web.safety.body_limit import read_and_forget
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["files", "router"]

router = APIRouter(prefix="/cases")
files = APIRouter()
LOOK = "look "  # begins the name of the job that reads an upload
STILL_COMING = "A file of this upload is still on its way: wait until it has arrived."
BEING_READ = "The files of this upload are being read: wait for the end, or cancel that."
NO_PICTURE = "There is no picture of this level: open it first."


class Announced(BaseModel):
    """How much an upload will bring, so that it is refused before it is sent."""

    model_config = ConfigDict(extra="forbid")
    bytes: Annotated[int, Field(ge=0)] = 0


class Stated(BaseModel):
    """What is stated about an upload's images."""

    model_config = ConfigDict(extra="forbid")
    labels: Literal["verse", "tptbox", "totalsegmentator-v1", "totalsegmentator-v2"] | None = None
    series: Annotated[str, Field(max_length=64, pattern=r"^[0-9.]+$")] | None = None
    confirm_level: Annotated[str, Field(max_length=4, pattern=r"^[CTLS][0-9]{1,2}$")] | None = None
    resample_tilt: bool = False


@router.get("")
def cases(request: Request) -> HTMLResponse:
    """All cases."""
    house = house_of(request)
    listed = [_listed(request, number, entry) for number, entry in enumerate(house.library.entries(), start=1)]
    texts = texts_in(language_of(request))
    words = texts.under("common.") | texts.under("cases.")
    return page(request, "cases/list.html", entries=listed, schemes=list(SCHEMES), words=words)


def _listed(request: Request, number: int, entry: CaseEntry) -> dict[str, Any]:
    cards = house_of(request).library.cards
    levels = entry.levels or cards.levels(entry.id)
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "number": number,
        "name": entry.name,
        "levels": [cards.card(entry.id, level) for level in levels],
        "can_go": entry.kind is CaseKind.UPLOAD,
    }


@router.get("/{case_id}/{level}/picture.png")
def picture(request: Request, case_id: str, level: str) -> Response:
    """The small picture of a level that has been opened."""
    library = house_of(request).library
    entry = library.find(case_id)
    known = (*entry.levels, *library.cards.levels(entry.id))
    found = library.cards.picture(entry.id, level) if level in known else None
    if found is None:
        raise NotFound(NO_PICTURE, where="picture")
    return Response(found, media_type="image/png")


@router.post("/uploads")
def begin_upload(request: Request, announced: Announced | None = None) -> dict[str, str]:
    """Begin an upload; its files follow under /uploads, each as a body of its own."""
    coming_bytes = announced.bytes if announced else 0
    return {"id": begin(house_of(request).library.uploads, coming_bytes=coming_bytes, in_use=_in_use(request))}


@router.post("/uploads/{upload_id}/done")
def done(request: Request, upload_id: str, stated: Stated) -> dict[str, str]:
    """All files have been sent: read them in a job."""
    house = house_of(request)
    folder = uploaded_folder(house.library.uploads, upload_id, complete=False)
    if upload_id in house.library.arrivals.uploads():
        raise Conflict(STILL_COMING, where="upload")
    how, room = HowToRead(**stated.model_dump()), _room(request, upload_id)
    job = house.jobs.start(
        looked_at, folder, how, room, then=lambda _: f"/cases#{upload_id}", name=f"{LOOK}{upload_id}"
    )
    return {"job": job.id}


@router.delete("/uploads/{upload_id}")
def cancel(request: Request, upload_id: str) -> dict[str, str]:
    """Throw away an upload that was begun."""
    discarded(uploaded_folder(house_of(request).library.uploads, upload_id, complete=False))
    return {"id": upload_id}


@router.delete("/{case_id}")
def remove(request: Request, case_id: str) -> dict[str, str]:
    """Delete an upload with everything that was made of it; a folder of the user's own is never touched."""
    library = house_of(request).library
    discarded(uploaded_folder(library.uploads, case_id, complete=True))
    library.forget(case_id)
    return {"id": case_id}


@router.post("/{case_id}/patient")
async def patient(request: Request, case_id: str) -> dict[str, str]:
    """Replace the answers about the patient of an upload."""
    library = house_of(request).library
    folder = await run_in_threadpool(uploaded_folder, library.uploads, case_id, complete=True)
    async with _arrived(request, folder, Part.PATIENT):
        await run_in_threadpool(replace_patient, folder, folder / f"{RAW}{Part.PATIENT.value}")
    library.forget(case_id)
    return {"id": case_id}


@files.post("/uploads/{upload_id}/{part}")
async def receive(request: Request, upload_id: str, part: Part) -> dict[str, str]:
    """One file of an upload, as the body."""
    uploads = house_of(request).library.uploads
    folder = await run_in_threadpool(uploaded_folder, uploads, upload_id, complete=False)
    async with _arrived(request, folder, part):
        return {"part": part.value}


@asynccontextmanager
async def _arrived(request: Request, folder: Path, part: Part) -> AsyncIterator[None]:
    """Take in a part, unless another request brings it, it is read, or there is no room; inside it stays as it is."""
    chunks, house = request.stream(), house_of(request)
    try:
        if f"{LOOK}{folder.name}" in house.jobs.names():
            raise Conflict(BEING_READ, where=part.value)
        with house.library.arrivals.of(folder.name, part.value):
            room = _room(request, folder.name)
            await run_in_threadpool(room, _declared_bytes(request))
            await received(folder, part, chunks, room)
            yield
    except Refused:
        await read_and_forget(chunks)
        raise


def _declared_bytes(request: Request) -> int:
    """How long a body says it is, 0 where it does not; what comes is counted all the same."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() else 0


def _in_use(request: Request) -> frozenset[str]:
    """The uploads that are being sent or read now."""
    house = house_of(request)
    read = {name.removeprefix(LOOK) for name in house.jobs.names() if name.startswith(LOOK)}
    return house.library.arrivals.uploads() | read


def _room(request: Request, upload_id: str) -> Room:
    return Room(uploads=house_of(request).library.uploads, kept=_in_use(request) | {upload_id})
