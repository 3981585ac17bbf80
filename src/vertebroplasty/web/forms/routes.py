"""The registry's pages: reading, entering, follow-up and the series."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms import check_routes, entry_routes, follow_up_routes, record_routes, series_routes
from vertebroplasty.web.forms.opening import opened, shown
from vertebroplasty.web.forms.searching import found, latest
from vertebroplasty.web.forms.who import remember
from vertebroplasty.web.pages import fragment
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["router"]

LONGEST_SEARCH = 64  # [choice] characters, as many as an id may have

router = APIRouter(prefix="/registry")
for room in (record_routes, entry_routes, follow_up_routes, series_routes, check_routes):
    router.include_router(room.router)


class Who(BaseModel):
    """Who acts."""

    model_config = ConfigDict(extra="forbid")
    who: str


class Search(BaseModel):
    """The beginning of an id; sent as a body, so that it stands in no address."""

    model_config = ConfigDict(extra="forbid")
    find: str = Field(max_length=LONGEST_SEARCH)


@router.get("")
def start(request: Request) -> HTMLResponse:
    """The first page: search, the latest entries, and what can be done."""

    def filled(registry: Registry) -> dict[str, object]:
        return {"latest": latest(registry)}

    return shown(request, "forms/start.html", filled)


@router.post("/find")
def find(request: Request, search: Search) -> dict[str, str]:
    """What was found, as a part of the first page."""
    with opened(request) as registry:
        entries, known = found(registry, search.find)
    count = sum(len(each) for each in entries.values())
    html = fragment(request, "forms/found.html", found=entries, addresses=known, count=count)
    return {"html": html, "said": texts_in(language_of(request))("registry.found_count", count=count)}


@router.post("/who")
def who(request: Request, told: Who) -> JSONResponse:
    """Remember who acts."""
    return remember(told.who, secure=request.url.scheme == "https")
