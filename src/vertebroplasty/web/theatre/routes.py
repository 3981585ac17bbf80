"""The theatre's addresses: a rehearsal is begun, its page, and its socket."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Request, WebSocket
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.errors import VertebroplastyError
from vertebroplasty.web.cases.library import CaseKind
from vertebroplasty.web.cases.opening import open_or_wait
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.texts.texts import language_of, texts_in
from vertebroplasty.web.theatre.offered import offered
from vertebroplasty.web.theatre.restoring import restored_or_wait
from vertebroplasty.web.theatre.socket import attended

__all__ = ["router"]

SEEDS = 2**31  # [choice] as many patients' bones and batches of cement can be drawn
POLICY_VIOLATION = 1008  # [exact] RFC 6455 section 7.4.1

router = APIRouter()


class Begin(BaseModel):
    """Which case is practised on; without a seed one is drawn.  `guided`: leaks in view are told at once."""

    model_config = ConfigDict(extra="forbid")
    case: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    level: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,4}$")]
    seed: Annotated[int | None, Field(ge=0, lt=SEEDS)] = None
    guided: bool = False


@router.post("/rehearsals")
def begin(request: Request, wanted: Begin) -> dict[str, Any]:
    """Begin a rehearsal and say where it is played."""
    house = house_of(request)
    house.library.opening(wanted.case, wanted.level)  # refuses a case that is not there
    entry = house.library.find(wanted.case)
    seed = secrets.randbelow(SEEDS) if wanted.seed is None else wanted.seed
    synthetic = entry.kind is CaseKind.BUILT_IN
    made = house.rehearsals.begin(wanted.case, wanted.level, seed, synthetic=synthetic, guided=wanted.guided)
    return {"next": f"/theatre/{made}"}


@router.get("/theatre/{rehearsal_id}")
def theatre(request: Request, rehearsal_id: str) -> Response:
    """The page, once the case is open and the session is taken up."""
    record = house_of(request).rehearsals.find(rehearsal_id)
    case = open_or_wait(request, record.case_id, record.level)
    if not isinstance(case, OpenedCase):
        return case
    found = restored_or_wait(request, record, case)
    if isinstance(found, Response):
        return found
    texts = texts_in(language_of(request)).under("theatre.")
    return page(request, "theatre/theatre.html", record=record, offered=offered(record, case), texts=texts)


@router.websocket("/theatre/{rehearsal_id}/socket")
async def socket(websocket: WebSocket, rehearsal_id: str) -> None:
    """The rehearsal as it is played."""
    house = house_of(websocket)
    try:
        record = house.rehearsals.find(rehearsal_id)
    except VertebroplastyError:
        await websocket.close(POLICY_VIOLATION)
        return
    await attended(websocket, house, record.id)
