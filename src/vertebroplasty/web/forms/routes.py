"""The registry's pages: reading, entering, follow-up and the series."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict

from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms import check_routes, entry_routes, follow_up_routes, record_routes, series_routes
from vertebroplasty.web.forms.opening import shown
from vertebroplasty.web.forms.searching import found, latest
from vertebroplasty.web.forms.who import remember

__all__ = ["router"]

LONGEST_SEARCH = 64  # [choice] characters, as many as an id may have

router = APIRouter(prefix="/registry")
for room in (record_routes, entry_routes, follow_up_routes, series_routes, check_routes):
    router.include_router(room.router)


class Who(BaseModel):
    """Who acts."""

    model_config = ConfigDict(extra="forbid")
    who: str


@router.get("")
def start(request: Request, find: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "") -> HTMLResponse:
    """The first page: search, the latest entries, and what can be done."""

    def filled(registry: Registry) -> dict[str, object]:
        searched = bool(find.strip())
        return {
            "find": find,
            "searched": searched,
            "found": found(registry, find) if searched else {},
            "latest": () if searched else latest(registry),
        }

    return shown(request, "forms/start.html", filled)


@router.post("/who")
def who(request: Request, told: Who) -> JSONResponse:
    """Remember who acts."""
    return remember(told.who, secure=request.url.scheme == "https")
